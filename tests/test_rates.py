"""Speaking rate, and the transcripts that cannot belong to their sound."""

import math
import random

import pytest
from check_material import make_row

from w2vctc.corpus.checks.rates import MIN_ROWS, judge_rates, measure_rate, tell_rate
from w2vctc.corpus.checks.result import CheckedRow


def make_talk(n_rows: int = 40) -> list[CheckedRow]:
    """Clips of 5 s with 9 to 11 characters a second."""
    return [make_row(str(i), "a" * (45 + i % 11), duration_s=5.0) for i in range(n_rows)]


def test_the_rate_counts_characters_without_spaces() -> None:
    assert make_row("a", "la lluna", duration_s=2.0).rate == 3.5


@pytest.mark.parametrize(("text", "duration_s"), [("", 1.0), ("x", 0.0)])
def test_without_text_or_sound_there_is_no_rate(text: str, duration_s: float) -> None:
    row = make_row("a", text, duration_s=duration_s)
    assert row.rate is None
    assert measure_rate(row) is row


def test_no_rows_have_no_rates() -> None:
    assert judge_rates([]) is None
    assert judge_rates([make_row("a", "")]) is None


def test_ordinary_talk_has_no_outliers() -> None:
    rates = judge_rates(make_talk())
    assert rates is not None
    assert rates.outliers == ()
    assert rates.lowest < 9 < rates.spread.median < 11 < rates.highest


def test_a_transcript_of_another_clip_is_out_of_place_the_worst_first() -> None:
    long_text = make_row("long text", "a" * 150, duration_s=5.0)
    short_text = make_row("short text", "a" * 5, duration_s=5.0)
    rates = judge_rates([*make_talk(), long_text, short_text])
    assert rates is not None
    assert rates.outliers == (short_text, long_text)
    fault = tell_rate(short_text, rates)
    assert (fault.code, fault.utterance) == ("W_RATE", short_text.utterance)
    assert fault.message == (
        "short text:1: 1.0 characters a second, where 9.9 are usual: too few for 5.00 s"
    )
    assert "too many" in tell_rate(long_text, rates).message


def test_a_short_word_with_a_pause_around_it_is_not_out_of_place() -> None:
    rates = judge_rates([*make_talk(), make_row("yes", "si", duration_s=1.0)])
    assert rates is not None
    assert rates.outliers == ()


def test_with_few_clips_nobody_knows_what_is_usual() -> None:
    rates = judge_rates([*make_talk(MIN_ROWS - 2), make_row("odd", "a", duration_s=9.0)])
    assert rates is not None
    assert (rates.outliers, rates.lowest, rates.highest) == ((), 0.0, math.inf)


def test_clips_that_are_all_alike_do_not_make_their_neighbours_odd() -> None:
    alike = [make_row(str(i), "a" * 50, duration_s=5.0) for i in range(30)]
    rates = judge_rates([*alike, make_row("slower", "a" * 30, duration_s=5.0)])
    assert rates is not None
    assert rates.outliers == ()


def test_the_order_of_rows_decides_nothing() -> None:
    rows = [*make_talk(), make_row("x", "a" * 300, duration_s=5.0), make_row("y", duration_s=9.0)]
    shuffled = random.Random(2).sample(rows, len(rows))
    assert judge_rates(shuffled) == judge_rates(rows)
