"""ELAN annotation files (.eaf) with their recordings: a tier of one or of all speakers."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.parsers import expat

from w2vctc.corpus.annotation.recordings import MediaLink, find_files, has_files
from w2vctc.corpus.annotation.tiers import (
    Annotation,
    Segment,
    Tier,
    choose_tiers,
    gather_segments,
    read_annotations,
    require_files,
)
from w2vctc.corpus.fault import Fault
from w2vctc.corpus.formats import Format, ReadOptions
from w2vctc.corpus.plain_text import read_bytes
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError

SUFFIXES = (".eaf",)


def recognise_elan(place: Path) -> bool:
    """An .eaf file, or a folder with one somewhere below."""
    return has_files(place, SUFFIXES)


def read_elan(place: Path, options: ReadOptions) -> Iterator[Utterance | Fault]:
    """A row per annotation with text, cut by time out of the recording."""
    files = require_files(place, find_files(place, SUFFIXES), "ELAN file (.eaf)")
    yield from read_annotations(place, files, lambda path: parse_eaf(path, tier=options.tier))


def parse_eaf(path: Path, *, tier: str | None = None) -> Annotation:
    """The annotations of the chosen tiers, and where the file says that its recording is.

    Raises DataError: E_ANNOTATION, E_TIER, and those of reading a file.
    """
    _refuse_foreign_xml(path)
    try:
        eaf = _open_eaf(path)
        times = _find_times(eaf)
        tiers = [_make_tier(eaf, name, times) for name in eaf.tiers]
        links = _read_links(eaf.media_descriptors)
    except (LookupError, TypeError, ValueError, OverflowError) as error:
        raise _not_elan(path, f"{type(error).__name__} at {error}") from error
    chosen = choose_tiers(tiers, tier, where=path)
    return Annotation(gather_segments(chosen), links)


def _open_eaf(path: Path) -> Any:
    from pympi import Elan

    eaf = Elan.Eaf()
    eaf.tiers.clear()
    # pympi deletes this key without looking; files of other programs do not have it
    eaf.adocument["{http://www.w3.org/2001/XMLSchema-instance}noNamespaceSchemaLocation"] = ""
    Elan.parse_eaf(str(path.absolute()), eaf, True)
    return eaf


def _refuse_foreign_xml(path: Path) -> None:
    """Raises DataError E_ANNOTATION unless the file is well-formed XML of ELAN without a DOCTYPE.

    ELAN writes none; entities declared there can grow without end or name other files.
    """
    roots: list[str] = []

    def refuse_doctype(*_: object) -> None:
        raise _not_elan(path, "it declares a DOCTYPE, which ELAN never writes")

    def see_element(name: str, _: object) -> None:
        if not roots:
            roots.append(name)

    parser = expat.ParserCreate(namespace_separator="}")  # as strict as what pympi parses with
    parser.StartDoctypeDeclHandler = refuse_doctype
    parser.StartElementHandler = see_element
    try:
        parser.Parse(read_bytes(path), True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise _not_elan(path, f"no well-formed XML: {error}") from error
    if roots != ["ANNOTATION_DOCUMENT"]:
        raise _not_elan(path, f"an XML file of another kind, <{roots[0]}>")


def _not_elan(path: Path, why: str) -> DataError:
    return DataError(
        f"{path}: not an ELAN file that can be read ({why})",
        hint="open it in ELAN and save it again",
        code="E_ANNOTATION",
    )


def _read_links(descriptors: Sequence[dict[str, str]]) -> tuple[MediaLink, ...]:
    """Relative links first: they are right when a folder was moved as a whole."""
    found = []
    for key in ("RELATIVE_MEDIA_URL", "MEDIA_URL"):
        for descriptor in descriptors:
            if url := descriptor.get(key, ""):
                found.append(MediaLink(url, int(descriptor.get("TIME_ORIGIN") or 0) / 1000))
    return tuple(found)


def _make_tier(eaf: Any, name: str, times: Mapping[str, tuple[float, float]]) -> Tier:
    aligned, referring, attributes, _ = eaf.tiers[name]
    texts = {key: values[2] for key, values in aligned.items()}
    texts |= {key: values[1] for key, values in referring.items()}
    segments = (
        Segment(f"{name}:{number}", *times[key], text)
        for number, (key, text) in enumerate(texts.items(), start=1)
    )
    return Tier(
        name=name,
        segments=tuple(segments),
        kind=attributes.get("LINGUISTIC_TYPE_REF", ""),
        speaker=attributes.get("PARTICIPANT", ""),
        has_times=not referring,
    )


def _find_times(eaf: Any) -> dict[str, tuple[float, float]]:
    """(start, end) in seconds of every annotation; annotations of annotations have their parent's.

    Several in a row below one parent share its time evenly: that is all that is known of them.
    """
    times: dict[str, tuple[float, float]] = {}
    for aligned, *_ in eaf.tiers.values():
        slots = _time_slots(eaf, aligned)
        times |= {key: (slots[first], slots[last]) for key, (first, last, *_) in aligned.items()}
    waiting = [referring for _, referring, *_ in eaf.tiers.values() if referring]
    while waiting:
        ready = [tier for tier in waiting if all(values[0] in times for values in tier.values())]
        if not ready:
            raise ValueError("an annotation of an annotation that is not there")
        for tier in ready:
            times |= _share_times(tier, times)
            waiting.remove(tier)
    return times


def _share_times(
    tier: Mapping[str, Sequence[str]], times: Mapping[str, tuple[float, float]]
) -> dict[str, tuple[float, float]]:
    children: dict[str, list[str]] = {}
    for key, (parent, *_) in tier.items():
        children.setdefault(parent, []).append(key)
    shared = {}
    for parent, keys in children.items():
        start_s, end_s = times[parent]
        step_s = (end_s - start_s) / len(keys)
        for number, key in enumerate(keys):
            shared[key] = (start_s + number * step_s, start_s + (number + 1) * step_s)
    return shared


def _time_slots(eaf: Any, aligned: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """The seconds of a tier's time slots; those without a time are evenly spaced between others.

    Annotations that subdivide a parent have a time at its two ends only.
    """
    names = dict.fromkeys(slot for first, last, *_ in aligned.values() for slot in (first, last))
    times: dict[str, float] = {}
    start_s = 0.0
    untimed: list[str] = []
    for slot in names:
        milliseconds = eaf.timeslots[slot]
        if milliseconds is None:
            untimed.append(slot)
            continue
        end_s = milliseconds / 1000
        for number, inner in enumerate(untimed, start=1):
            times[inner] = start_s + (end_s - start_s) * number / (len(untimed) + 1)
        times[slot], start_s, untimed = end_s, end_s, []
    if untimed:
        raise ValueError(f"{untimed[0]}, a time slot without a time")
    return times


FORMAT = Format("elan", "ELAN annotation files", recognise_elan, read_elan, rank=62)
