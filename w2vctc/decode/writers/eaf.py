"""ELAN annotation files (.eaf), format 3.0: http://www.mpi.nl/tools/elan/EAFv3.0.xsd.

Each speaker has a tier of passages, and below it tiers of words, of how sure they are, and of
letters, as far as these are known: made to be corrected by hand and read again.
"""

import itertools
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from xml.sax.saxutils import escape, quoteattr

from w2vctc.decode.one_line import escape_name
from w2vctc.decode.transcript import Transcript
from w2vctc.decode.writers.layout import Span, lay_out, name_speakers, name_tier, words_of
from w2vctc.decode.writers.writer import Setting, Writer

_SCHEMA = {
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xsi:noNamespaceSchemaLocation": "http://www.mpi.nl/tools/elan/EAFv3.0.xsd",
}
_CONSTRAINTS = {
    "Time_Subdivision": "Time subdivision of parent annotation's time interval, "
    "no time gaps allowed within this interval",
    "Symbolic_Subdivision": "Symbolic subdivision of a parent annotation. "
    "Annotations refering to the same parent are ordered",
    "Symbolic_Association": "1-1 association with a parent annotation",
    "Included_In": "Time alignable annotations within the parent annotation's time interval, "
    "gaps are allowed",
}
# the types of the tiers, with the constraint that binds them to the tier above
_TYPES = {
    "passage": "",
    "word": "Included_In",
    "confidence": "Symbolic_Association",
    "character": "Included_In",
}
# as ELAN itself calls them: it has no names for sound but wav
_MEDIA_TYPES = {
    **dict.fromkeys((".wav", ".wave"), "audio/x-wav"),
    **dict.fromkeys((".mpg", ".mpeg"), "video/mpeg"),
    **dict.fromkeys((".mp4", ".m4v"), "video/mp4"),
    **dict.fromkeys((".mov", ".qt"), "video/quicktime"),
    **dict.fromkeys((".avi", ".mkv", ".webm", ".3gp", ".wmv"), "video/*"),
}


@dataclass
class _Tier:
    """A tier and its annotations, each with its number in the document.

    remarks: (number, number of the annotation that it is about, text).
    """

    name: str
    kind: str
    speaker: str
    parent: str = ""
    spans: list[tuple[int, Span]] = field(default_factory=list)
    remarks: list[tuple[int, int, str]] = field(default_factory=list)


def render_eaf(transcript: Transcript, setting: Setting) -> str:
    """The XML document, linked to the recording by its absolute and its relative path."""
    tiers: list[_Tier] = []
    for speaker, name in name_speakers(transcript.speakers).items():
        tiers += _make_tiers(name, lay_out(transcript.said_by(speaker)), _count(tiers))
    slots = _order_slots(tiers)
    made_at = setting.made_at.isoformat(timespec="seconds")
    document = {"AUTHOR": "", "DATE": made_at, "FORMAT": "3.0", "VERSION": "3.0", **_SCHEMA}
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        _open("ANNOTATION_DOCUMENT", document),
        *_render_header(setting, _count(tiers)),
        "    <TIME_ORDER>",
        *(
            f'        <TIME_SLOT TIME_SLOT_ID="ts{number}" TIME_VALUE="{ms}"/>'
            for number, (ms, _, _) in enumerate(slots, start=1)
        ),
        "    </TIME_ORDER>",
    ]
    slot_of = {(annotation, begins): n for n, (_, begins, annotation) in enumerate(slots, start=1)}
    for tier in tiers:
        lines += _render_tier(tier, slot_of)
    return "\n".join([*lines, *_render_types(), "</ANNOTATION_DOCUMENT>"]) + "\n"


def _count(tiers: Sequence[_Tier]) -> int:
    return sum(len(tier.spans) + len(tier.remarks) for tier in tiers)


def _make_tiers(speaker: str, passages: Sequence[Span], n_before: int) -> list[_Tier]:
    """One speaker's tiers; annotations are numbered on from those before."""
    words = words_of(passages)
    names = {layer: name_tier(layer, speaker) for layer in ("passages", "words")}
    numbers = itertools.count(n_before + 1)
    above = _Tier(names["passages"], "passage", speaker)
    above.spans = [(next(numbers), span) for span in passages]
    below = _Tier(names["words"], "word", speaker, above.name)
    below.spans = [(next(numbers), span) for span in words]
    tiers = [above, below]
    if any(word.confidence is not None for word in words):
        tier = _Tier(name_tier("confidence", speaker), "confidence", speaker, below.name)
        tier.remarks = [
            (next(numbers), number, f"{word.confidence:.2f}")
            for number, word in below.spans
            if word.confidence is not None
        ]
        tiers.append(tier)
    if letters := words_of(words):
        tier = _Tier(name_tier("characters", speaker), "character", speaker, below.name)
        tier.spans = [(next(numbers), span) for span in letters]
        tiers.append(tier)
    return tiers


def _order_slots(tiers: Sequence[_Tier]) -> list[tuple[int, bool, int]]:
    """(milliseconds, whether the annotation begins there, its number), two for each, in order.

    At the same time what ends comes before what begins.
    """
    return sorted(
        slot
        for tier in tiers
        for number, span in tier.spans
        for slot in ((span.start_ms, True, number), (span.end_ms, False, number))
    )


def _render_header(setting: Setting, n_annotations: int) -> Iterator[str]:
    yield '    <HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">'
    if setting.media is not None:
        link = link_media(setting.media, setting.folder)
        yield f"        {_open('MEDIA_DESCRIPTOR', link, close='/')}"
    yield f'        <PROPERTY NAME="lastUsedAnnotationId">{n_annotations}</PROPERTY>'
    yield "    </HEADER>"


def _render_tier(tier: _Tier, slot_of: Mapping[tuple[int, bool], int]) -> Iterator[str]:
    attributes = {
        "LINGUISTIC_TYPE_REF": tier.kind,
        "PARENT_REF": tier.parent,
        "PARTICIPANT": tier.speaker,
        "TIER_ID": tier.name,
    }
    opened = _open("TIER", {name: value for name, value in attributes.items() if value})
    yield f"    {opened}"
    for number, span in tier.spans:
        first, last = slot_of[number, True], slot_of[number, False]
        times = f'TIME_SLOT_REF1="ts{first}" TIME_SLOT_REF2="ts{last}"'
        yield from _render_annotation("ALIGNABLE_ANNOTATION", number, times, span.text)
    for number, about, text in tier.remarks:
        reference = f'ANNOTATION_REF="a{about}"'
        yield from _render_annotation("REF_ANNOTATION", number, reference, text)
    yield "    </TIER>"


def _render_annotation(kind: str, number: int, attributes: str, text: str) -> Iterator[str]:
    yield "        <ANNOTATION>"
    yield f'            <{kind} ANNOTATION_ID="a{number}" {attributes}>'
    yield f"                <ANNOTATION_VALUE>{escape(text)}</ANNOTATION_VALUE>"
    yield f"            </{kind}>"
    yield "        </ANNOTATION>"


def link_media(media: Path, folder: Path | None) -> dict[str, str]:
    """The attributes of a link to a recording from an annotation file in `folder`.

    Paths stand there as they are, spaces too: ELAN takes `file:` off and opens the rest.
    """
    absolute = Path(os.path.abspath(media))  # noqa: PTH100  (links are not resolved)
    kind = _MEDIA_TYPES.get(absolute.suffix.lower(), "audio/*")
    url = "file:///" + escape_name(absolute.as_posix()).lstrip("/")
    found = {"MEDIA_URL": url, "MIME_TYPE": kind}
    if folder is not None and (relative := _relative(absolute, folder)):
        found["RELATIVE_MEDIA_URL"] = relative
    return found


def _relative(media: Path, folder: Path) -> str:
    try:
        found = PurePath(os.path.relpath(media, folder)).as_posix()
    except ValueError:  # another drive
        return ""
    return escape_name(found if found.startswith("../") else f"./{found}")


def _render_types() -> Iterator[str]:
    for name, constraint in _TYPES.items():
        attributes = {"CONSTRAINTS": constraint} if constraint else {}
        attributes |= {"GRAPHIC_REFERENCES": "false", "LINGUISTIC_TYPE_ID": name}
        attributes["TIME_ALIGNABLE"] = str(constraint in ("", "Included_In")).lower()
        yield f"    {_open('LINGUISTIC_TYPE', attributes, close='/')}"
    for name, description in _CONSTRAINTS.items():
        attributes = {"DESCRIPTION": description, "STEREOTYPE": name}
        yield f"    {_open('CONSTRAINT', attributes, close='/')}"


def _open(name: str, attributes: Mapping[str, str], *, close: str = "") -> str:
    told = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f"<{name}{told}{close}>"


WRITER = Writer("eaf", ".eaf", "tiers for ELAN, linked to the recording", render_eaf)
