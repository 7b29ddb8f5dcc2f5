"""Which utterances train, which choose, which judge: no sentence twice, no voice where possible."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from w2vctc.corpus.fault import Fault
from w2vctc.corpus.groups import Cell, Placement, Weights, connect, place_by_voice, place_whole
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError
from w2vctc.words import numbered

SPLITS = ("train", "dev", "test")
SPLIT_NAMES = {  # what other people call them, the usual name first
    "train": ("train",),
    "dev": ("dev", "validation", "valid", "val", "devel", "development"),
    "test": ("test", "eval"),
}
SplitBy = Literal["auto", "sentence", "speaker", "both"]
SPLIT_WAYS: tuple[str, ...] = get_args(SplitBy)
SHARE = 0.1  # of the sound, for dev and for test
MAX_HELD_OUT_S = 3600.0  # more dev or test than an hour tells hardly more, and trains nothing
MAX_LOST = 0.2  # of the sound: a higher price is not paid for speakers kept apart
MIN_RECORDINGS = 10  # from so many on, a recording stands for its unknown speaker
_MAX_SHARE = 0.25  # of the sound, for dev and for test, whatever is asked for
_CHARACTERS_PER_S = 14.0  # of unhurried speech in an alphabet: only shares depend on it


def name_split(name: str) -> str:
    """The split that a file or folder name means (`train-clean-100`, `dev_other`), or ""."""
    first = name.lower().replace("_", "-").split("-")[0]
    return next((split for split, names in SPLIT_NAMES.items() if first in names), "")


@dataclass(frozen=True)
class Division:
    """Rows with their split, those left out to keep the splits apart, and how it was done."""

    rows: tuple[Utterance, ...]
    left_out: tuple[Fault, ...]
    note: str
    parts_speakers: bool = False  # whether no speaker (or recording) is on two sides


def split_rows(
    rows: Sequence[Utterance],
    *,
    normalize: Callable[[str], str],
    wanted: Sequence[str] = ("dev", "test"),
    seed: int = 0,
    by: SplitBy = "auto",
    minutes: Mapping[str, float] | None = None,
    weigh: Callable[[Utterance], float] | None = None,
) -> Division:
    """The rows divided so that no sentence stands in two splits, nor a speaker where possible.

    `auto` keeps groups together that share sentences or speakers; where those are too large it
    divides by speaker and leaves out the rows whose sentence another split has; where that would
    cost more than a fifth of the sound, it divides by sentence alone. `sentence`, `speaker`
    (whatever it costs) and `both` (nothing left out) can be demanded. `minutes` are the sizes of
    wanted splits; a tenth each, at most 60 minutes, where it is silent. `weigh` gives a row's
    seconds; without it they are guessed from times and texts, so that the result is the same
    before and after sound was opened. Rows keep their order, which decides nothing.
    Raises DataError E_SPLIT where a demanded way leaves no row for dev.
    """
    sentences = [normalize(row.text) or f"\0{row.id}" for row in rows]  # blank ones are not alike
    cells = list(zip(sentences, _name_voices(rows, sentences), strict=True))
    weights: Counter[Cell] = Counter()
    for row, cell in zip(rows, cells, strict=True):
        seconds = weigh(row) if weigh else _guess_seconds(row, cell[0])
        weights[cell] += max(round(1000 * seconds), 1)
    targets = _choose_targets(weights, wanted, minutes or {})
    if not rows or not targets:
        return Division(tuple(replace(row, split="train") for row in rows), (), "all rows train")
    way, placement = _place(weights, targets, seed=seed, by=by)
    placed = [(row, cell, placement.splits[cell]) for row, cell in zip(rows, cells, strict=True)]
    kept = tuple(replace(row, split=split) for row, _, split in placed if split)
    left_out = tuple(_leave_out(row, cell[0]) for row, cell, split in placed if split is None)
    return Division(
        kept,
        left_out,
        _describe(kept, left_out, way, targets, _Sizing(minutes or {}, sum(weights.values()))),
        parts_speakers=way != "sentence",
    )


def _name_voices(rows: Sequence[Utterance], sentences: Sequence[str]) -> list[str]:
    """Who speaks in each row: the speaker, else the recording where there are many, else unknown.

    A row of an unknown voice is a voice of its own, told by its sentence.
    """
    if any(row.speaker for row in rows):
        return [
            f"s{row.speaker}" if row.speaker else f"?{sentence}"
            for row, sentence in zip(rows, sentences, strict=True)
        ]
    first: dict[str, str] = {}  # a recording is called after its texts: folders move
    for row, sentence in zip(rows, sentences, strict=True):
        path = str(row.audio)
        first[path] = min(first.get(path, sentence), sentence)
    if not MIN_RECORDINGS <= len(first) < len(rows):
        return [f"?{sentence}" for sentence in sentences]
    return [f"r{row.audio.name}\0{first[str(row.audio)]}" for row in rows]


def _guess_seconds(row: Utterance, sentence: str) -> float:
    if row.end_s is not None:
        return row.end_s - row.start_s
    return 0.5 + len(sentence) / _CHARACTERS_PER_S


def _choose_targets(
    weights: Weights, wanted: Sequence[str], minutes: Mapping[str, float]
) -> dict[str, int]:
    """Milliseconds for each wanted split; none of more than a quarter."""
    total = sum(weights.values())
    targets = {}
    for split in wanted:
        size = min(SHARE * total, 1000 * MAX_HELD_OUT_S)
        if split in minutes:
            size = min(60_000 * minutes[split], _MAX_SHARE * total)
        if size > 0:
            targets[split] = max(round(size), 1)
    return targets


def _place(
    weights: Weights, targets: Mapping[str, int], *, seed: int, by: SplitBy
) -> tuple[str, Placement]:
    """(`both`, `speaker` or `sentence`, where each cell goes)."""
    knows_voices = any(not voice.startswith("?") for _, voice in weights)
    if by == "sentence" or (by == "auto" and not knows_voices):
        return "sentence", place_whole(weights, targets, group_of=lambda c: c[0], seed=seed)
    if by in ("auto", "both"):
        groups = connect(weights)
        whole = place_whole(weights, targets, group_of=groups.__getitem__, seed=seed)
        if by == "both":
            return "both", _demand(whole, targets, by, knows_voices=knows_voices)
        if whole.fits(targets):
            return "both", whole
    by_voice = place_by_voice(weights, targets, seed=seed)
    if by == "speaker":
        return "speaker", _demand(by_voice, targets, by, knows_voices=knows_voices)
    if by_voice.fits(targets) and by_voice.lost <= MAX_LOST * sum(weights.values()):
        return "speaker", by_voice
    return "sentence", place_whole(weights, targets, group_of=lambda c: c[0], seed=seed)


def _demand(
    placement: Placement, targets: Mapping[str, int], by: str, *, knows_voices: bool
) -> Placement:
    """The placement; raises DataError where the demanded way is none for this data."""
    first = next(iter(targets))
    if knows_voices and placement.sizes.get(first, 0) and placement.sizes.get("train", 0):
        return placement
    why = "all rows hang together by speakers and sentences" if by == "both" else "there is but one"
    raise DataError(
        f"the rows cannot be divided by {'speaker' if by == 'speaker' else 'speaker and sentence'}:"
        f" {why if knows_voices else 'no row names a speaker'}",
        hint="--split-by sentence, or auto",
        code="E_SPLIT",
    )


def _leave_out(row: Utterance, sentence: str) -> Fault:
    message = f"{row.source}: {sentence!r} is said in another split too"
    return Fault("E_SPLIT_OVERLAP", message, row)


@dataclass(frozen=True)
class _Sizing:
    minutes: Mapping[str, float]
    total_ms: int


def _describe(
    rows: Sequence[Utterance],
    left_out: Sequence[Fault],
    way: str,
    targets: Mapping[str, int],
    sizing: _Sizing,
) -> str:
    """One sentence on how the rows were divided and what the splits share."""
    return (
        f"divided into {_describe_sizes(targets, sizing)}; "
        + _describe_sharing(rows, way)
        + (
            f"; left out {numbered(len(left_out), 'row')} whose sentence stands in another split"
            if left_out
            else ""
        )
    )


def _describe_sizes(targets: Mapping[str, int], sizing: _Sizing) -> str:
    listed = " and ".join(", ".join(["train", *targets]).rsplit(", ", 1))
    if not set(targets) & set(sizing.minutes):
        each = "a tenth each" if len(targets) > 1 else "a tenth"
        return f"{listed} ({each} for {' and '.join(targets)}, at most 60 min)"
    capped = [
        split
        for split in targets
        if 60_000 * sizing.minutes.get(split, 0) > _MAX_SHARE * sizing.total_ms
    ]
    sizes = ", ".join(f"{split} {targets[split] / 60_000:.3g} min" for split in targets)
    more = f"; no more than a quarter of the sound for {' and '.join(capped)}" if capped else ""
    return f"{listed} ({sizes} wanted{more})"


def _describe_sharing(rows: Sequence[Utterance], way: str) -> str:
    named = any(row.speaker for row in rows)
    what = "speaker" if named else "recording"
    if way != "sentence":
        unnamed = sum(not row.speaker for row in rows) if named else 0
        tail = f" (of {unnamed:,} rows nobody knows who speaks)" if unnamed else ""
        return f"no sentence and no {what} is shared{tail}"
    if not named:
        return "no sentence is shared; who speaks is not known"
    sides: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row.speaker:
            sides[row.speaker].add(row.split)
    n_shared = sum(len(splits) > 1 for splits in sides.values())
    return f"no sentence is shared, {n_shared:,} of {len(sides):,} speakers are"
