"""Trials that end when they have lost: what is decoded, what is counted, what is estimated."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2vctc.decode.race import Race
from w2vctc.decode.weight_search import Trial, Weights
from w2vctc.lm.settings import Way


def count_errors(reference: str, hypothesis: str) -> tuple[int, int]:
    return int(hypothesis), len(reference.split())


class Decoded:
    """Answers with as many errors as beta says, and remembers what was asked for."""

    def __init__(self) -> None:
        self.asked: dict[float, list[int]] = {}

    def __call__(self, weights: Weights, part: Sequence[int]) -> list[str]:
        self.asked.setdefault(weights.beta, []).extend(part)
        return [str(round(weights.beta) + index % 2) for index in part]


def start_race(n: int) -> tuple[Race, Decoded]:
    decode = Decoded()
    return Race(decode, ["un dos tres quatre"] * n, count_errors), decode


def test_a_clear_loser_is_given_up_after_the_first_part() -> None:
    race, decode = start_race(400)
    best = race.measure(Weights(0.5, 1.0))
    worse = race.measure(Weights(0.5, 2.0))
    assert best == Trial(0.5, 1.0, 600, 1600)
    assert worse == Trial(0.5, 2.0, 1000, 1600, share=1 / 8)  # one more in each, as in the part
    assert len(decode.asked[2.0]) == 50
    assert set(race.errors) == {Weights(0.5, 1.0)}


def test_a_better_one_is_decoded_to_the_end_and_each_utterance_once() -> None:
    race, decode = start_race(400)
    race.measure(Weights(0.5, 2.0))
    better = race.measure(Weights(0.5, 1.0))
    assert better == Trial(0.5, 1.0, 600, 1600)
    assert sorted(decode.asked[1.0]) == list(range(400))
    assert race.errors[better.weights].tolist() == [1, 2] * 200


@given(n=st.integers(1, 39))
def test_few_utterances_are_always_decoded_to_the_end(n: int) -> None:
    race, _ = start_race(n)
    race.measure(Weights(0.5, 0.0))
    assert race.measure(Weights(0.5, 9.0)).share == 1


def test_an_equal_one_is_decoded_to_the_end() -> None:
    race, _ = start_race(400)
    race.measure(Weights(0.5, 1.0))
    assert race.measure(Weights(0.7, 1.0)) == Trial(0.7, 1.0, 600, 1600)


@pytest.mark.parametrize("n", [40, 41, 47, 331])
def test_parts_add_up_to_dev(n: int) -> None:
    race, decode = start_race(n)
    race.measure(Weights(0.5, 1.0))
    race.measure(Weights(0.6, 1.0))
    assert sorted(decode.asked[1.0]) == sorted([*range(n), *range(n)])


def test_each_trial_is_heard_of() -> None:
    heard: list[Trial] = []
    race = Race(Decoded(), ["un"] * 5, count_errors, on_trial=heard.append)
    assert [race.measure(Weights(0.5, beta)) for beta in (1.0, 2.0)] == heard


def test_each_way_has_its_own_best_and_a_rival_may_be_another() -> None:
    race, _ = start_race(400)
    best = race.measure(Weights(0.5, 1.0))
    letters = Weights(0.5, 3.0, 0.0, Way("open", 4))
    assert race.measure(letters).share == 1
    lost = race.measure(Weights(0.7, 3.1, 0.0, Way("open", 4)), rival=race.errors[best.weights])
    assert (lost.share, lost.way.oov_order, lost.word_errors) == (1 / 8, 4, 1400)
    assert race.n_decodes == 2.125
    assert [trial.weights.beta for trial in race.trials] == [1.0, 3.0, 3.1]
