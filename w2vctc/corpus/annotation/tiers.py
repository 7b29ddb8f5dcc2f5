"""Annotation files beside long recordings: what their readers share.

A reader parses one file into an Annotation; here its tiers are chosen, its recording is found,
and each piece of speech becomes an Utterance that is cut out of the recording by time.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from w2vctc.config import suggest
from w2vctc.corpus.annotation.recordings import MediaLink, Recordings, find_offset, fold_name
from w2vctc.corpus.columns import clean_name
from w2vctc.corpus.fault import Fault
from w2vctc.corpus.splits import SPLIT_NAMES
from w2vctc.corpus.tree import show_path
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError, MachineError


@dataclass(frozen=True)
class Segment:
    """A stretch of time with what was said in it, in seconds of the annotation's own clock."""

    label: str  # within its file: "default:1", or the line number
    start_s: float
    end_s: float
    text: str
    speaker: str = ""


@dataclass(frozen=True)
class Tier:
    """One line of an annotation file: a speaker's words, a translation, glosses."""

    name: str
    segments: tuple[Segment, ...]
    kind: str = ""  # ELAN's linguistic type
    speaker: str = ""
    has_times: bool = True  # of its own; annotations of annotations have their parents'

    @property
    def n_texts(self) -> int:
        return sum(bool(segment.text.strip()) for segment in self.segments)


@dataclass(frozen=True)
class Annotation:
    """What one annotation file holds of the tiers that were chosen."""

    segments: tuple[Segment, ...]
    links: tuple[MediaLink, ...] = ()
    stems: tuple[str, ...] = ()  # of the recording, where not the annotation's own
    or_only: bool = False  # the only recording beside it will do, whatever its name
    refused: tuple[tuple[str, str], ...] = ()  # (label, why) of what is no segment


def choose_tiers(tiers: Sequence[Tier], wanted: str | None, *, where: Path) -> list[Tier]:
    """The tiers called `wanted`, or of that type; without `wanted` the only one with text.

    Speakers' tiers that are called `name@speaker`, as is usual in ELAN, are all `name`.
    Raises DataError E_TIER that names the tiers with their numbers of annotations.
    """
    if wanted is not None:
        for name_of in (_own_name, _kind, _name_before_speaker):
            chosen = [tier for tier in tiers if clean_name(name_of(tier)) == clean_name(wanted)]
            if chosen:
                return chosen
        near = suggest(wanted, [name for tier in tiers for name in (tier.name, tier.kind) if name])
        raise DataError(
            f"{where}: no tier {wanted!r}{near}; the tiers are {_list_tiers(tiers)}",
            hint="--tier with one of these names",
            code="E_TIER",
        )
    spoken = [tier for tier in tiers if tier.has_times and tier.n_texts]
    if len(spoken) > 1:
        kinds = sorted({tier.kind for tier in spoken} - {""})
        of_type = f", or of a type for all tiers of that type: {', '.join(kinds)}" if kinds else ""
        raise DataError(
            f"{where}: several tiers have text: {_list_tiers(spoken)}",
            hint=f"--tier with the name of the one that says what was spoken{of_type}",
            code="E_TIER",
        )
    return spoken


def gather_segments(tiers: Sequence[Tier]) -> tuple[Segment, ...]:
    """All segments of the tiers, each with its speaker: the tier's name where there are several."""
    return tuple(
        replace(segment, speaker=tier.speaker or (tier.name if len(tiers) > 1 else ""))
        for tier in tiers
        for segment in tier.segments
    )


def read_annotations(
    place: Path, files: Sequence[Path], parse: Callable[[Path], Annotation]
) -> Iterator[Utterance | Fault]:
    """The rows of all `files` of `place`; a file that cannot be read leaves the others.

    Recordings of a folder that no file belongs to are told as E_NO_TEXT. Raises the parser's
    DataError for a single file, E_TIER where no file's tier could be chosen.
    """
    recordings = Recordings(place)
    used: list[Path] = list(files)
    refused: list[DataError] = []
    n_faults = 0
    for path in files:
        name = _name_in(path, place)
        try:
            annotation = parse(path)
            recording = recordings.find(
                path,
                links=annotation.links,
                stems=annotation.stems,
                or_only=annotation.or_only,
            )
        except (DataError, MachineError) as error:
            if place.is_file():
                raise
            n_faults += 1
            if isinstance(error, DataError) and error.code == "E_TIER":
                refused.append(error)
            if error.code == "E_NO_AUDIO":  # as good as a row whose sound is missing
                yield Fault(error.code, error.message, source=name, hint=error.hint)
            else:
                yield Fault.of_file(error, name)
            continue
        used.append(recording)
        yield from _make_rows(annotation, recording, name, split=_find_split(path, place))
    if refused and n_faults == len(files) == len(refused):
        raise _sum_up_tiers(place, refused)
    if place.is_dir():
        yield from _find_untold(recordings, used)


def require_files(place: Path, files: Iterable[Path], what: str) -> list[Path]:
    """The files; raises DataError E_MISSING where there are none. `what`: "ELAN file (.eaf)"."""
    found = list(files)
    if not found:
        raise DataError(
            f"{place}: no {what} here", hint="check --data and --format", code="E_MISSING"
        )
    return found


def _make_rows(
    annotation: Annotation, recording: Path, name: str, *, split: str
) -> Iterator[Utterance | Fault]:
    for label, why in annotation.refused:
        yield Fault("E_ROW", f"{name}:{label}: {why}", source=f"{name}:{label}")
    told = [segment for segment in annotation.segments if segment.text.strip()]
    offset_s = find_offset(recording, annotation.links)
    for segment in told:
        source = f"{name}:{segment.label}"
        start_s, end_s = segment.start_s + offset_s, segment.end_s + offset_s
        if not (math.isfinite(end_s) and 0 <= start_s < end_s):
            message = f"{source}: from {start_s:g} to {end_s:g} s is no stretch of time"
            yield Fault("E_ROW", message, source=source)
            continue
        yield Utterance(
            id=source,
            audio=recording,
            text=" ".join(segment.text.split("\n")).strip(),
            start_s=start_s,
            end_s=end_s,
            speaker=segment.speaker,
            split=split,
            source=source,
        )
    n_empty = len(annotation.segments) - len(told)
    if not told:
        yield Fault("E_NO_TEXT", f"{name}: no annotation has text", source=name)
    elif n_empty:
        message = f"{name}: {n_empty} of {len(annotation.segments)} annotations have no text"
        yield Fault("W_EMPTY", message, source=name)


def _find_untold(recordings: Recordings, used: Sequence[Path]) -> Iterator[Fault]:
    """E_NO_TEXT for each recording that nothing was said about; copies in other kinds count."""
    stems = {fold_name(path.stem) for path in used}
    for path in recordings.paths:
        if path not in used and fold_name(path.stem) not in stems:
            name = show_path(path.relative_to(recordings.root))
            yield Fault("E_NO_TEXT", f"{name}: no transcript belongs to it", source=name)


def _sum_up_tiers(place: Path, refused: Sequence[DataError]) -> DataError:
    first, others = refused[0], len(refused) - 1
    more = f"; and so in {others} more of {place}" if others else ""
    return DataError(first.message + more, hint=first.hint, code="E_TIER")


def _name_in(path: Path, place: Path) -> str:
    return show_path(Path(path.name) if path == place else path.relative_to(place))


def _find_split(path: Path, place: Path) -> str:
    """The split that the folder below `place` is called after; "" where it is not."""
    folder = path.relative_to(place if path != place else path.parent).parts[0].lower()
    return next((split for split, names in SPLIT_NAMES.items() if folder in names), "")


def _own_name(tier: Tier) -> str:
    return tier.name


def _kind(tier: Tier) -> str:
    return tier.kind


def _name_before_speaker(tier: Tier) -> str:
    return tier.name.partition("@")[0]


def _list_tiers(tiers: Sequence[Tier]) -> str:
    return ", ".join(f"{tier.name!r} ({tier.n_texts})" for tier in tiers) or "none at all"
