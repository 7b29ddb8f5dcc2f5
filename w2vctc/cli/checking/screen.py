"""The result of a check as one screen of text: the worst first, what to do at the end."""

import math
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from w2vctc.cli.screen import format_amount, format_share
from w2vctc.words import numbered

if TYPE_CHECKING:
    from w2vctc.corpus.checks.result import CheckResult, Overlap, ReasonCount, SplitStatistics
    from w2vctc.text.characters import CharacterCount

_MOST_CHARACTERS = 20
_MOST_SPEAKERS = 5
_MIN_WIDTH = 60
_CODE_WIDTH = 16  # the longest code


def render_check(result: "CheckResult", *, width: int) -> str:
    """The screen's text, lines no longer than `width` where words allow it."""
    width = max(width, _MIN_WIDTH)
    errors = [reason for reason in result.reasons if reason.is_error]
    warnings = [reason for reason in result.reasons if not reason.is_error]
    digits = max((len(f"{reason.count:,}") for reason in result.reasons), default=0)
    sections = (
        _render_head(result, width),
        _render_reasons("Cannot be trained on", errors, digits, width),
        _render_reasons("Can be used; to look at", warnings, digits, width),
        _render_splits(result.splits),
        _render_facts(result, width),
        _render_advice(result, width),
    )
    return "\n".join("\n".join(lines) + "\n" for lines in sections if lines)


def _render_head(result: "CheckResult", width: int) -> list[str]:
    n_usable = len(result.usable)
    amount = format_amount(result.duration_s)
    told = numbered(result.n_rows, "row")
    share = f"{n_usable:,} of " if n_usable < result.n_rows else "all " * (n_usable > 1)
    lines = [
        f"{result.place} ({result.format}): {share}{told} can be trained on, {amount} of speech"
    ]
    if not result.n_rows:
        lines = [f"{result.place} ({result.format}): no row can be read"]
    if result.note:
        lines.append(result.note)
    return [piece for line in lines for piece in _wrap(line, width)]


def _render_reasons(
    title: str, reasons: Sequence["ReasonCount"], digits: int, width: int
) -> list[str]:
    lines = [line for reason in reasons for line in _render_reason(reason, digits, width)]
    return [title, *lines] if lines else []


def _render_reason(reason: "ReasonCount", digits: int, width: int) -> list[str]:
    """Code, count and what it means; below the first example, and what to do."""
    head = f"  {reason.code:<{_CODE_WIDTH}}  {reason.count:>{digits},}  "
    indent = " " * len(head)
    lines = _wrap(f"{reason.title}; {reason.remedy}", width, first=head, later=indent)
    return [*lines, *_wrap(reason.examples[0], width, first=f"{indent}| ", later=f"{indent}| ")]


def _render_splits(splits: Sequence["SplitStatistics"]) -> list[str]:
    rows = [
        ("split", "rows", "speech", "shortest", "median", "longest", "words", "new", "speakers")
    ]
    for split in splits:
        lengths = split.lengths
        rows.append(
            (
                split.split or "(none)",
                f"{split.n_usable:,}",
                _shorten_amount(split.duration_s),
                *(
                    (f"{seconds:.1f} s" for seconds in _shortest_to_longest(split))
                    if lengths
                    else ("-", "-", "-")
                ),
                f"{split.n_words:,}",
                format_share(split.oov.token_rate if split.oov else None),
                f"{split.n_speakers:,}" if split.n_speakers else "-",
            )
        )
    return ["Splits (new: words that train never has)", *_align(rows)] if splits else []


def _shorten_amount(seconds: float) -> str:
    """`3.14 h`, `41 min` or `25 s`."""
    number, unit = format_amount(seconds).split()
    return f"{number} {'min' if unit.startswith('min') else unit[0]}"


def _shortest_to_longest(split: "SplitStatistics") -> Iterable[float]:
    assert split.lengths is not None
    return split.lengths.minimum, split.lengths.median, split.lengths.maximum


def _align(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns, the first to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  "
        + "  ".join(
            cell.rjust(wide) if place else cell.ljust(wide)
            for place, (cell, wide) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]


def _render_facts(result: "CheckResult", width: int) -> list[str]:
    """A line for each of speakers, rate, letters, sound and what splits share."""
    facts = [
        *_tell_speakers(result),
        *_tell_rates(result),
        *_tell_sound(result),
        *_tell_characters(result),
        *(_tell_overlap(overlap) for overlap in result.overlaps),
        *_tell_unseen(result.splits),
    ]
    return [line for fact in facts for line in _wrap(fact, width, later="  ")]


def _tell_speakers(result: "CheckResult") -> list[str]:
    if not result.speakers:
        return ["Speakers: the data names none"] if result.rows else []
    most = ", ".join(
        f"{_show(speaker.speaker)} {format_amount(speaker.duration_s)}"
        for speaker in result.speakers[:_MOST_SPEAKERS]
    )
    more = len(result.speakers) - _MOST_SPEAKERS
    return [f"Speakers: {len(result.speakers):,}: {most}" + (f", {more:,} more" * (more > 0))]


def _tell_rates(result: "CheckResult") -> list[str]:
    rates = result.rates
    if rates is None:
        return []
    spread = rates.spread
    told = (
        f"Rate: {spread.median:.1f} characters a second,"
        f" {spread.p5:.1f} to {spread.p95:.1f} in nine clips of ten"
    )
    if not math.isfinite(rates.highest):
        return [told]
    n_out = len(rates.outliers)
    return [
        f"{told}; below {rates.lowest:.1f} or above {rates.highest:.1f}"
        f" and more than a second off: {n_out:,}"
    ]


def _tell_sound(result: "CheckResult") -> list[str]:
    sound = result.sound
    if sound is None or sound.levels_dbfs is None or sound.silent_share is None:
        return []
    return [
        f"Sound: level {sound.levels_dbfs.median:.0f} dBFS"
        f" ({sound.levels_dbfs.minimum:.0f} to {sound.levels_dbfs.maximum:.0f}),"
        f" {100 * sound.silent_share.median:.0f} % of a clip is silence,"
        f" {sound.n_clipped:,} clipped, {sound.n_silent:,} silent throughout"
    ]


def _tell_characters(result: "CheckResult") -> list[str]:
    kinds = {
        f"Letters that the profile of {result.language} does not have": "unexpected",
        "Rare letters": "rare",
    }
    lines = [
        _tell_counts(title, [one for one in result.characters if one.mark == mark])
        for title, mark in kinds.items()
    ]
    lines.append(_tell_counts("Dropped by normalization", result.dropped))
    return [line for line in lines if line]


def _tell_counts(title: str, counts: Sequence["CharacterCount"]) -> str:
    if not counts:
        return ""
    most = counts[:_MOST_CHARACTERS]
    shown = "; ".join(f"{_show_character(one)} {one.count:,}" for one in most)
    more = len(counts) - len(most)
    return f"{title}: {shown}" + (f"; {more:,} more" if more else "")


def _show_character(one: "CharacterCount") -> str:
    """The character where it can be seen by itself, else its code point."""
    is_mark = unicodedata.category(one.character)[0] == "M"
    is_plain = one.character.isprintable() and not one.character.isspace() and not is_mark
    return f"{one.character} {one.code_points}" if is_plain else one.code_points


def _tell_overlap(overlap: "Overlap") -> str:
    first, second = overlap.splits
    what = {
        "id": f"ids of {second} stand in {first} too",
        "sentence": f"rows of {second} have a sentence of {first}",
        "speaker": f"speakers of {second} are heard in {first}",
        "audio": f"rows of {second} have sound of {first}",
    }[overlap.kind]
    shown = ", ".join(map(_show, overlap.examples))
    return f"Shared: {overlap.count:,} of {overlap.total:,} {what}: {shown}"


def _tell_unseen(splits: Sequence["SplitStatistics"]) -> list[str]:
    return [
        f"New words of {split.split}: {split.oov.n_unseen_types:,} of {split.oov.n_types:,}"
        f" different ones ({format_share(split.oov.type_rate)}),"
        f" such as {', '.join(map(_show, split.oov.examples[:5]))}"
        for split in splits
        if split.oov and split.oov.n_unseen_types
    ]


def _render_advice(result: "CheckResult", width: int) -> list[str]:
    if not result.advice:
        return []
    items = [_wrap(item, width, first="- ", later="  ") for item in result.advice]
    return ["For training", *(line for lines in items for line in lines)]


def _show(text: str) -> str:
    """A name or word as it is, unless a terminal would not show it so."""
    return text if text.isprintable() and text else repr(text)


def _wrap(text: str, width: int, *, first: str = "", later: str = "") -> list[str]:
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    return textwrap.wrap(
        shown,
        width,
        initial_indent=first,
        subsequent_indent=later,
        break_long_words=False,
        break_on_hyphens=False,
    )
