"""Which clips somebody should listen to: a few of every reason, the worst of each first."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice, zip_longest

from w2vctc.cli.checking.players import Player, embed_sounds
from w2vctc.corpus.checks.corpus_check import Report
from w2vctc.corpus.checks.result import CheckedRow, CheckResult

MAX_CLIPS = 120  # listed on the page
MAX_OF_ONE_REASON = 20
MAX_PLAYERS = 40  # of them can be heard
_N_EXTREMES = 3  # longest and shortest clips, which no fault speaks of

LONGEST, SHORTEST = "longest", "shortest"


@dataclass(frozen=True)
class Clip:
    """A clip that is listed: why, and its sound or a word on why there is none."""

    row: CheckedRow
    reasons: tuple[str, ...]  # codes, LONGEST, SHORTEST
    messages: tuple[tuple[str, str], ...]  # (reason, what was found in this clip)
    player: Player | None
    silence: str = ""  # why it cannot be heard


@dataclass(frozen=True)
class ClipList:
    """The clips of the page; `n_suspicious` counts those beyond it too."""

    clips: tuple[Clip, ...]
    n_suspicious: int

    @property
    def n_heard(self) -> int:
        return sum(clip.player is not None for clip in self.clips)

    @property
    def n_cut(self) -> int:
        return sum(clip.player is not None and clip.player.is_cut for clip in self.clips)

    def count_reasons(self) -> dict[str, int]:
        """How many of the clips stand there for each reason, most frequent first."""
        counts: dict[str, int] = {}
        for reason in chain.from_iterable(clip.reasons for clip in self.clips):
            counts[reason] = counts.get(reason, 0) + 1
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def list_clips(result: CheckResult, *, n_jobs: int = 2, report: Report | None = None) -> ClipList:
    """The suspicious clips whose file can be opened, reason by reason in turn, with sounds."""
    queues = _make_queues(result)
    reasons_of: dict[tuple[str, str], list[str]] = {}
    for reason, rows in queues.items():
        for row in rows:
            reasons_of.setdefault(_name(row), []).append(reason)
    heads = [rows[:MAX_OF_ONE_REASON] for rows in queues.values()]
    chosen = list(islice(_take_turns(heads), MAX_CLIPS))
    heard = [row.utterance for row in chosen[:MAX_PLAYERS]]
    on_done = partial(_tell, report, len(heard)) if report else None
    sounds = embed_sounds(heard, n_jobs=n_jobs, on_done=on_done)
    clips = [
        _make_clip(row, tuple(reasons_of[_name(row)]), sound)
        for row, sound in zip_longest(chosen, sounds, fillvalue="")
        if isinstance(row, CheckedRow)
    ]
    return ClipList(tuple(clips), len(reasons_of))


def _tell(report: Report, n_all: int, n_done: int) -> None:
    report("players", n_done, n_all)


def _make_queues(result: CheckResult) -> dict[str, list[CheckedRow]]:
    """For each reason the rows that it was found in, in the order in which to listen to them."""
    rows = [row for row in result.rows if row.utterance.duration_s is not None]
    queues: dict[str, list[CheckedRow]] = {}
    for reason in result.reasons:
        queues[reason.code] = []
    for row in rows:
        for code in dict.fromkeys(fault.code for fault in row.faults):
            queues.setdefault(code, []).append(row)
    if result.rates is not None and result.rates.outliers:
        worst = {_name(row): place for place, row in enumerate(result.rates.outliers)}
        queues.get("W_RATE", []).sort(key=lambda row: worst.get(_name(row), len(worst)))
    usable = [row for row in rows if row.is_usable]
    # Of a handful of clips, the longest says nothing.
    if len(usable) > 4 * _N_EXTREMES:
        by_length = sorted(usable, key=lambda row: row.utterance.duration_s or 0.0)
        queues[LONGEST] = by_length[: -_N_EXTREMES - 1 : -1]
        queues[SHORTEST] = by_length[:_N_EXTREMES]
    return {reason: found for reason, found in queues.items() if found}


def _name(row: CheckedRow) -> tuple[str, str]:
    """What tells a row from all others: objects change while faults are added to them."""
    return row.utterance.split, row.utterance.id


def _take_turns(queues: Iterable[list[CheckedRow]]) -> Iterator[CheckedRow]:
    """The first of each queue, then the second of each, ...; every row once."""
    seen: set[tuple[str, str]] = set()
    for rank in zip_longest(*queues):
        for row in rank:
            if row is not None and _name(row) not in seen:
                seen.add(_name(row))
                yield row


def _make_clip(row: CheckedRow, reasons: tuple[str, ...], sound: Player | str) -> Clip:
    source = f"{row.utterance.source}: "
    messages = [(fault.code, fault.message.removeprefix(source)) for fault in row.faults]
    for extreme in (LONGEST, SHORTEST):
        if extreme in reasons:
            messages.append((extreme, f"one of the {_N_EXTREMES} {extreme} that can be used"))
    player = sound if isinstance(sound, Player) else None
    return Clip(row, reasons, tuple(messages), player, "" if isinstance(sound, Player) else sound)
