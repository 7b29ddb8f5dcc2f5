"""report.md: an examination as tables that read well as plain text too."""

import unicodedata
from collections.abc import Iterable, Sequence

from w2vctc.evaluate.alignment import Step, align_words
from w2vctc.evaluate.breakdown import Breakdown
from w2vctc.evaluate.confusions import Confusion
from w2vctc.evaluate.examination import Examination
from w2vctc.evaluate.sentences import (
    describe_calibration,
    describe_comparison,
    describe_known_words,
    format_interval,
    format_rate,
)

_MAX_CONFUSIONS = 20
_MAX_WORST = 20
_SPECIAL = frozenset("\\`*_{}[]<>|~&$")
_NOTHING = "(nothing)"


def render_markdown(examination: Examination, *, title: str) -> str:
    """The report as GitHub-flavoured Markdown; somebody's texts are escaped."""
    known, table = examination.known_words, examination.calibration
    parts = [
        f"# Evaluation of {escape(title)}",
        _say_amount(examination),
        _table_of_systems(examination),
        _list(map(describe_comparison, examination.comparisons)),
        "## What was chosen where",
        _sentence(examination.verdict),
        _say_shared(examination),
        _table(
            ["what", "chosen", "on"],
            [(one.what, one.value, one.chosen_on) for one in examination.choices],
        ),
        f"## Parts, with {escape(examination.main.name)}",
        *map(_table_of_groups, examination.breakdowns),
        _sentence(describe_known_words(known)) if known else "",
        _sentence(describe_calibration(table)) if table else "",
        "## What is mistaken for what",
        _table_of_confusions("character", examination.confusions.characters),
        _table_of_confusions("word", examination.confusions.words),
        _say_unseen(examination),
        "## Worst utterances",
        "~~Words said and missed~~ are struck through, **words heard instead** are bold.",
        _table_of_worst(examination),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def escape(text: str) -> str:
    """Text in which no sign means anything to Markdown and none is a line break or unseen."""
    return "".join(f"\\{sign}" if sign in _SPECIAL else _show(sign) for sign in text)


def mark_steps(steps: Iterable[Step]) -> str:
    """Reference and hypothesis in one line: missed words struck through, others' in bold."""
    words = []
    for step in steps:
        if step.kind == "hit":
            words.append(escape(step.reference))
            continue
        if step.reference:
            words.append(f"~~{escape(step.reference)}~~")
        if step.hypothesis:
            words.append(f"**{escape(step.hypothesis)}**")
    return " ".join(words)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _say_amount(examination: Examination) -> str:
    minutes = examination.main.audio_s / 60
    return (
        f"{examination.main.n_utterances:,} utterances of {escape(examination.split)},"
        f" {minutes:,.1f} minutes, {examination.main.words.n_reference:,} words."
    )


def _table_of_systems(examination: Examination) -> str:
    head = ["system", "WER", "95 %", "CER", "95 %", "sub", "del", "ins", "exact", "RTF"]
    rows = []
    for system, bounds in zip(examination.evaluation.systems, examination.bounds, strict=True):
        speed = system.real_time_factor
        rows.append(
            (
                f"{system.name} ({system.settings})" if system.settings else system.name,
                format_rate(system.words.rate),
                format_interval(bounds.words),
                format_rate(system.characters.rate),
                format_interval(bounds.characters),
                f"{system.words.substitutions:,}",
                f"{system.words.deletions:,}",
                f"{system.words.insertions:,}",
                f"{system.n_exact:,}",
                "-" if speed is None else f"{speed:.3f}",
            )
        )
    return _table(head, rows)


def _say_shared(examination: Examination) -> str:
    if not examination.n_shared:
        return ""
    n_rows = len(examination.rows)
    return (
        f"The language model's text holds {examination.n_shared:,} of the {n_rows:,} sentences:"
        " its rates are too good."
    )


def _table_of_groups(breakdown: Breakdown) -> str:
    return _table(
        [breakdown.by, "utterances", "words", "WER", "95 %", "CER"],
        [
            (
                group.name,
                f"{group.n_utterances:,}",
                f"{group.words.n_reference:,}",
                format_rate(group.words.rate),
                format_interval(group.interval),
                format_rate(group.characters.rate),
            )
            for group in breakdown.groups
        ],
    )


def _table_of_confusions(what: str, confusions: Sequence[Confusion]) -> str:
    if not confusions:
        return f"No {what} was mistaken."
    return _table(
        [f"{what} said", "heard", "times", "of"],
        [
            (
                _name(one.reference),
                _name(one.hypothesis),
                f"{one.count:,}",
                f"{one.n_reference:,}" if one.reference else "-",
            )
            for one in confusions[:_MAX_CONFUSIONS]
        ],
    )


def _say_unseen(examination: Examination) -> str:
    unseen = examination.evaluation.unseen
    if not unseen:
        return ""
    shown = ", ".join(f"{escape(sign)} {count:,} times" for sign, count in unseen.items())
    return f"The model has no label for {shown}: they count as errors."


def _table_of_worst(examination: Examination) -> str:
    lines = ["| utterance | WER | CER | said and heard |", "| --- | ---: | ---: | --- |"]
    for index in examination.worst[:_MAX_WORST]:
        row, text = examination.rows[index], examination.main.texts[index]
        marked = mark_steps(align_words(row.text, text.text))
        rates = f"{format_rate(text.words.rate)} | {format_rate(text.characters.rate)}"
        lines.append(f"| {escape(row.id)} | {rates} | {marked} |")
    return "\n".join(lines)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns of numbers are those behind the first, which name what they are about."""
    lines = [[escape(cell) for cell in row] for row in rows]
    are_numbers = [all(_is_number(line[place]) for line in lines) for place in range(len(head))]
    marks = ["---:" if is_number and lines else "---" for is_number in are_numbers]
    return "\n".join(f"| {' | '.join(line)} |" for line in (map(escape, head), marks, *lines))


def _is_number(cell: str) -> bool:
    return cell[:1] in "0123456789-"


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {escape(line)}" for line in lines)


def _name(text: str) -> str:
    return {"": _NOTHING, " ": "(space)"}.get(text, text)


def _show(sign: str) -> str:
    """Controls, line ends and lone surrogates as code points: they would break out or not save."""
    is_hidden = sign != " " and unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp")
    return f"U+{ord(sign):04X}" if is_hidden else sign
