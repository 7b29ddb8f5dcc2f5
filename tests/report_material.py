"""A checked corpus to render: small, with sounds, every kind of fact, and hostile texts."""

from pathlib import Path

import numpy as np
import soundfile

from w2vctc.corpus.checks.result import (
    CheckedRow,
    CheckResult,
    OovRate,
    Overlap,
    RateStatistics,
    SoundStatistics,
    SpeakerStatistics,
    SplitStatistics,
    count_reasons,
)
from w2vctc.corpus.checks.spread import Spread, measure_spread
from w2vctc.corpus.fault import Fault
from w2vctc.corpus.utterance import Utterance
from w2vctc.text.characters import CharacterCount, name_character, name_code_points

HOSTILE = (
    "<script>document.title = 'broken'</script>",
    '"><img src="http://outside.test/x.png" onerror="document.title = \'broken\'">',
    "abans \u202e enrere",
    "mitja \udc80 lletra",
    "שלום וברכה",
    "می\u200cخواهم",
    "</script><style>*{display:none}</style>",
    "{{ 7 * 7 }} {% raw %} &amp; \x00\x1b[31m",
)


def make_tone(path: Path, *, duration_s: float, rate: int = 16_000) -> Path:
    """A sine of 440 Hz as 16-bit WAV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    times = np.arange(round(duration_s * rate)) / rate
    soundfile.write(path, 0.3 * np.sin(2 * np.pi * 440 * times), rate, subtype="PCM_16")
    return path


def make_rows(folder: Path, n_rows: int = 16) -> list[CheckedRow]:
    """Rows of 0.5 s, 0.75 s, ..., some with faults; hostile texts first, one file that is noise."""
    rows = []
    for number in range(n_rows):
        text = HOSTILE[number] if number < len(HOSTILE) else f"la frase número {'u' * number}"
        duration_s = 0.5 + number / 4
        audio = make_tone(folder / "clips" / f"{number:02}.wav", duration_s=duration_s)
        row = Utterance(
            f"clip-{number:02}",
            audio,
            text,
            speaker=f"veu {number % 3}",
            split="dev" if number % 4 == 0 else "train",
            duration_s=duration_s,
            source=f"train.tsv:{number + 2}",
        )
        rows.append(CheckedRow(row, text, _find_faults(number, row), len(text) / duration_s))
    return rows


def _find_faults(number: int, row: Utterance) -> tuple[Fault, ...]:
    faults = []
    if number in (0, 6):
        faults.append(Fault("E_RESERVED", f"{row.source}: a token in {row.text!r}", row))
    if number in (1, 3, 10):
        faults.append(Fault("W_RATE", f"{row.source}: {number} letters per second", row))
    if number in (2, 4):
        faults.append(Fault("W_CHAR", f"{row.source}: look at {row.text}", row))
    return tuple(faults)


def make_result(folder: Path, n_rows: int = 16) -> CheckResult:
    """A result whose every list holds something."""
    rows = make_rows(folder, n_rows)
    missing = Utterance("lost", folder / "lost.wav", "perduda", source="dev.tsv:2", split="dev")
    fault = Fault("E_MISSING", "dev.tsv:2: lost.wav: no such file", missing)
    rows.append(CheckedRow(missing, "perduda", (fault,)))
    usable = [row for row in rows if row.is_usable]
    lengths = [row.utterance.duration_s or 0.0 for row in usable]
    rates = [row.rate for row in usable if row.rate is not None]
    faults = [fault for row in rows for fault in row.faults]
    return CheckResult(
        place=folder,
        format="tables of paths and texts",
        language="Català",
        note="",
        n_rows=len(rows),
        rows=tuple(rows),
        faults=tuple(faults),
        reasons=count_reasons(faults),
        splits=tuple(_sum_split(rows, split) for split in ("train", "dev")),
        speakers=(
            SpeakerStatistics("veu <b>0</b>", 6, 12.5, ("train", "dev")),
            SpeakerStatistics("veu 1", 5, 10.0, ("train",)),
        ),
        lengths=measure_spread(lengths),
        rates=RateStatistics(_spread(rates), 2.0, 30.0, (rows[10], rows[3], rows[1])),
        characters=(_count("a", 120), _count("\u0301", 2, "rare"), _count("ж", 9, "unexpected")),
        dropped=(_count("!", 4),),
        overlaps=(Overlap("sentence", ("train", "dev"), 1, 4, ("<i>bon dia</i>",)),),
        sound=SoundStatistics(_spread([-30.0, -20.0, -10.5]), _spread([0.1, 0.4]), 1, 0),
        advice=("36 seconds: record more before you train",),
    )


def _sum_split(rows: list[CheckedRow], split: str) -> SplitStatistics:
    own = [row for row in rows if row.utterance.split == split]
    lengths = [row.utterance.duration_s or 0.0 for row in own if row.is_usable]
    oov = OovRate(10, 4, 20, 5, ("mai", "vist")) if split == "dev" else None
    return SplitStatistics(
        split, len(own), len(lengths), sum(lengths), measure_spread(lengths), 40, 20, 3, oov
    )


def _spread(values: list[float]) -> Spread:
    spread = measure_spread(values)
    assert spread is not None
    return spread


def _count(character: str, count: int, mark: str = "") -> CharacterCount:
    return CharacterCount(
        character=character,
        code_points=name_code_points(character),
        name=name_character(character),
        count=count,
        example=f"h{character}la",
        mark=mark,
    )
