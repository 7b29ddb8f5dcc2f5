"""ELAN annotation files (.eaf), format 3.0: http://www.mpi.nl/tools/elan/EAFv3.0.xsd.

Each speaker has a tier of passages, and below it tiers of words, of how sure they are, and of
letters, as far as these are known: made to be corrected by hand and read again.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath
from xml.etree import ElementTree

from w2vctc.decode.one_line import escape_name
from w2vctc.decode.transcript import Transcript
from w2vctc.decode.writers.layout import Span, lay_out, name_speakers, name_tier, words_of
from w2vctc.decode.writers.writer import Setting, Writer

Element = ElementTree.Element

_SCHEMA = "http://www.mpi.nl/tools/elan/EAFv3.0.xsd"
_SCHEMA_KEY = "{http://www.w3.org/2001/XMLSchema-instance}noNamespaceSchemaLocation"
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


def render_eaf(transcript: Transcript, setting: Setting) -> str:
    """The XML document, linked to the recording by its absolute and its relative path."""
    pages = _Pages()
    for speaker, name in name_speakers(transcript.speakers).items():
        _add_speaker(pages, name, lay_out(transcript.said_by(speaker)))
    made_at = setting.made_at.isoformat(timespec="seconds")
    root = Element(
        "ANNOTATION_DOCUMENT",
        {"AUTHOR": "", "DATE": made_at, "FORMAT": "3.0", "VERSION": "3.0", _SCHEMA_KEY: _SCHEMA},
    )
    root.append(_make_header(setting, pages.n_annotations))
    root.append(pages.make_time_order())
    root.extend(pages.tiers)
    root.extend(_make_types())
    ElementTree.indent(root, space="    ")
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


class _Pages:
    """The tiers so far; annotations and time slots are numbered through the whole document."""

    def __init__(self) -> None:
        self.tiers: list[Element] = []
        self.n_annotations = 0
        self._slots: list[tuple[int, str, Element]] = []  # time, which end, the annotation

    def add_tier(self, name: str, kind: str, *, speaker: str, parent: str = "") -> Element:
        attributes = {"LINGUISTIC_TYPE_REF": kind, "TIER_ID": name}
        if parent:
            attributes["PARENT_REF"] = parent
        if speaker:
            attributes["PARTICIPANT"] = speaker
        self.tiers.append(Element("TIER", attributes))
        return self.tiers[-1]

    def add_spans(self, tier: Element, spans: Sequence[Span]) -> list[str]:
        """The ids of the annotations."""
        ids = []
        for span in spans:
            one = self._add(tier, "ALIGNABLE_ANNOTATION", span.text)
            self._slots.append((span.start_ms, "TIME_SLOT_REF1", one))
            self._slots.append((span.end_ms, "TIME_SLOT_REF2", one))
            ids.append(one.attrib["ANNOTATION_ID"])
        return ids

    def add_remark(self, tier: Element, annotation_id: str, text: str) -> None:
        """A text about an annotation of the tier above."""
        self._add(tier, "REF_ANNOTATION", text).set("ANNOTATION_REF", annotation_id)

    def make_time_order(self) -> Element:
        """The time slots in order of time, two for each annotation, which learn their names."""
        order = Element("TIME_ORDER")
        # at the same time, what ends comes before what begins
        self._slots.sort(key=lambda slot: (slot[0], slot[1] == "TIME_SLOT_REF1"))
        for number, (ms, end, annotation) in enumerate(self._slots, start=1):
            annotation.set(end, f"ts{number}")
            slot = {"TIME_SLOT_ID": f"ts{number}", "TIME_VALUE": str(ms)}
            ElementTree.SubElement(order, "TIME_SLOT", slot)
        return order

    def _add(self, tier: Element, kind: str, text: str) -> Element:
        self.n_annotations += 1
        outer = ElementTree.SubElement(tier, "ANNOTATION")
        inner = ElementTree.SubElement(outer, kind, {"ANNOTATION_ID": f"a{self.n_annotations}"})
        ElementTree.SubElement(inner, "ANNOTATION_VALUE").text = text
        return inner


def _add_speaker(pages: _Pages, speaker: str, passages: Sequence[Span]) -> None:
    above = name_tier("passages", speaker)
    pages.add_spans(pages.add_tier(above, "passage", speaker=speaker), passages)
    words = words_of(passages)
    name = name_tier("words", speaker)
    ids = pages.add_spans(pages.add_tier(name, "word", speaker=speaker, parent=above), words)
    if any(word.confidence is not None for word in words):
        sure = name_tier("confidence", speaker)
        tier = pages.add_tier(sure, "confidence", speaker=speaker, parent=name)
        for word, annotation_id in zip(words, ids, strict=True):
            if word.confidence is not None:
                pages.add_remark(tier, annotation_id, f"{word.confidence:.2f}")
    if letters := words_of(words):
        below = name_tier("characters", speaker)
        tier = pages.add_tier(below, "character", speaker=speaker, parent=name)
        pages.add_spans(tier, letters)


def _make_header(setting: Setting, n_annotations: int) -> Element:
    header = Element("HEADER", {"MEDIA_FILE": "", "TIME_UNITS": "milliseconds"})
    if setting.media is not None:
        ElementTree.SubElement(
            header, "MEDIA_DESCRIPTOR", link_media(setting.media, setting.folder)
        )
    last = ElementTree.SubElement(header, "PROPERTY", {"NAME": "lastUsedAnnotationId"})
    last.text = str(n_annotations)
    return header


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


def _make_types() -> Iterator[Element]:
    for name, constraint in _TYPES.items():
        attributes = {"GRAPHIC_REFERENCES": "false", "LINGUISTIC_TYPE_ID": name}
        attributes["TIME_ALIGNABLE"] = str(constraint in ("", "Included_In")).lower()
        if constraint:
            attributes["CONSTRAINTS"] = constraint
        yield Element("LINGUISTIC_TYPE", attributes)
    for name, description in _CONSTRAINTS.items():
        yield Element("CONSTRAINT", {"DESCRIPTION": description, "STEREOTYPE": name})


WRITER = Writer("eaf", ".eaf", "tiers for ELAN, linked to the recording", render_eaf)
