"""The ways with unknown words: which are tried, in which order, and what is decided."""

from collections.abc import Sequence

import pytest

from w2vctc.decode.options import DecodingOptions
from w2vctc.decode.race import Race
from w2vctc.decode.ways import leave_out_impossible, list_ways, race_ways, start_weights
from w2vctc.decode.weight_search import Trial, Weights
from w2vctc.lm.settings import PLAIN, SearchSettings, Way

CLOSED = Way("closed")
LETTERS = tuple(Way("open", order) for order in (3, 4, 5, 6))
N = 400


def race(errors: dict[Way, int], *, budget: float = 99) -> tuple[Trial | None, list[str]]:
    """The contender, and the ways in the order tried, where each clip has so many errors."""

    def decode(weights: Weights, part: Sequence[int]) -> list[str]:
        return [str(errors[weights.way] + (index % 2)) for index in part]

    held = Race(decode, ["un dos"] * N, lambda _said, heard: (int(heard), 2))
    starts = [start_weights(way, DecodingOptions(), tune_unk=True) for way in errors]
    contender = race_ways(held, starts, budget=budget)
    return contender, [trial.way.name for trial in held.trials]


def test_simplest_way_comes_first_and_what_is_given_is_not_chosen() -> None:
    assert list_ways() == (PLAIN, CLOSED, *LETTERS)
    assert list_ways(vocabulary="open") == (PLAIN, *LETTERS)
    assert list_ways(vocabulary="closed") == (CLOSED,)
    assert list_ways(oov_order=0) == (PLAIN, CLOSED)
    assert list_ways(oov_order=4) == (Way("open", 4),)
    assert list_ways(vocabulary="open", oov_order=0) == (PLAIN,)


@pytest.mark.parametrize(
    ("errors", "tried", "best"),
    [
        ((5, 4, 3, 2), ["letters 5", "letters 6"], 6),
        ((2, 3, 4, 5), ["letters 5", "letters 6", "letters 4", "letters 3"], 3),
        ((4, 2, 3, 4), ["letters 5", "letters 6", "letters 4", "letters 3"], 4),
        ((9, 3, 2, 3), ["letters 5", "letters 6", "letters 4"], 5),
    ],
)
def test_orders_are_climbed(errors: tuple[int, ...], tried: list[str], best: int) -> None:
    contender, names = race({PLAIN: 6, **dict(zip(LETTERS, errors, strict=True))})
    assert names == ["open", *tried]
    assert contender is not None
    assert contender.way.oov_order == best


def test_ways_that_lose_are_given_up_and_none_is_left() -> None:
    contender, names = race({PLAIN: 1, CLOSED: 5, **dict.fromkeys(LETTERS, 3)})
    assert contender is None
    assert names == ["open", "closed", "letters 5"]  # its neighbours are not worth a try


def test_equal_ways_go_to_the_simpler() -> None:
    contender, _ = race({PLAIN: 1, CLOSED: 1, **dict.fromkeys(LETTERS, 1)})
    assert contender is not None
    assert contender.way == CLOSED


def test_small_budget_is_for_the_first_way_alone() -> None:
    contender, names = race({PLAIN: 3, CLOSED: 1}, budget=1)
    assert (contender, names) == (None, ["open"])


@pytest.mark.parametrize(
    ("engine", "words", "left", "reason"),
    [
        ("fast", ["un"], ["open", "closed", "letters 5"], None),
        ("fast", ["un", "dos"], ["open", "closed"], "knows all words of dev"),
        ("fast", [], ["open"], "without a list of its words"),
        ("pyctcdecode", ["un"], ["open"], "pyctcdecode knows no other way"),
    ],
)
def test_ways_that_cannot_be_gone_are_told(
    engine: str, words: list[str], left: list[str], reason: str | None
) -> None:
    news: list[str] = []
    ways = leave_out_impossible(
        (PLAIN, CLOSED, Way("open", 5)),
        engine=engine,
        known_words=words,
        references=["un dos", ""],
        on_news=news.append,
    )
    assert [way.name for way in ways] == left
    assert len(news) == (reason is not None)
    assert reason is None or reason in news[0]


def test_the_only_way_given_is_never_left_out() -> None:
    news: list[str] = []
    ways = leave_out_impossible(
        (CLOSED,), engine="fast", known_words=(), references=["un"], on_news=news.append
    )
    assert (ways, news) == ((CLOSED,), [])


def test_offset_begins_where_it_suits_the_way() -> None:
    start = DecodingOptions(unk_score_offset=-5.0)
    assert start_weights(PLAIN, start, tune_unk=True).unk_score_offset == -5.0
    assert start_weights(LETTERS[0], start, tune_unk=True).unk_score_offset == 0.0
    assert start_weights(LETTERS[0], start, tune_unk=False).unk_score_offset == -5.0


def test_settings_name_their_way() -> None:
    assert SearchSettings().way == PLAIN
    assert SearchSettings(oov_order=4).way.name == "letters 4"
    assert SearchSettings(vocabulary="closed", oov_order=4).way.kind == "closed"
