"""Hours, words and speakers of splits."""

import random
from collections import Counter

from check_material import make_row
from hypothesis import given
from hypothesis import strategies as st

from w2vctc.corpus.checks.result import OovRate, SpeakerStatistics
from w2vctc.corpus.checks.statistics import (
    describe_sound,
    describe_speakers,
    describe_splits,
    measure_oov,
)

ROWS = [
    make_row("1", "bon dia bon", split="train", speaker="Anna", duration_s=2.0),
    make_row("2", "bona nit", split="train", speaker="Pere", duration_s=1.0),
    make_row("3", "bon vent bon vent", split="dev", speaker="Anna", duration_s=4.0),
    make_row("4", "bad", split="train", speaker="Joan", duration_s=8.0, code="E_LEAK"),
    make_row("5", "odd", duration_s=1.5, code="W_RATE"),
]


def test_splits_come_in_their_order_with_the_figures_of_usable_rows() -> None:
    train, dev, none = describe_splits(ROWS)
    assert (train.split, dev.split, none.split) == ("train", "dev", "")
    assert (train.n_rows, train.n_usable, train.duration_s, train.n_speakers) == (3, 2, 3.0, 2)
    assert (train.n_words, train.n_word_types) == (5, 4)
    assert train.lengths is not None
    assert (train.lengths.minimum, train.lengths.maximum) == (1.0, 2.0)
    assert (none.n_usable, none.n_speakers) == (1, 0)  # a warning keeps nobody out


def test_words_that_train_never_has_are_counted_as_words_and_as_different_words() -> None:
    train, dev, none = describe_splits(ROWS)
    assert train.oov is None
    assert dev.oov == OovRate(2, 1, 4, 2, ("vent",))
    assert (dev.oov.type_rate, dev.oov.token_rate) == (0.5, 0.5)
    assert none.oov == OovRate(1, 1, 1, 1, ("odd",))


def test_without_train_nothing_is_unseen() -> None:
    (dev,) = describe_splits([row for row in ROWS if row.utterance.split == "dev"])
    assert dev.oov is None


def test_a_split_without_a_usable_row_is_still_told() -> None:
    (dev,) = describe_splits([make_row("1", split="dev", code="E_MISSING")])
    assert (dev.n_rows, dev.n_usable, dev.duration_s, dev.lengths) == (1, 0, 0.0, None)


def test_speakers_come_with_most_sound_first_and_unknown_ones_not() -> None:
    assert describe_speakers(ROWS) == (
        SpeakerStatistics("Anna", 2, 6.0, ("train", "dev")),
        SpeakerStatistics("Pere", 1, 1.0, ("train",)),
    )


def test_no_sound_was_decoded() -> None:
    assert describe_sound(ROWS) is None


@given(st.lists(st.sampled_from("abcd")), st.lists(st.sampled_from("bcdef")))
def test_unseen_words_are_those_of_set_difference(train: list[str], dev: list[str]) -> None:
    rate = measure_oov(Counter(train), Counter(dev))
    unseen = [word for word in dev if word not in train]
    assert (rate.n_unseen_tokens, rate.n_unseen_types) == (len(unseen), len(set(unseen)))
    assert (rate.n_tokens, rate.n_types) == (len(dev), len(set(dev)))


def test_the_order_of_rows_decides_nothing() -> None:
    shuffled = random.Random(3).sample(ROWS, len(ROWS))
    assert describe_splits(shuffled) == describe_splits(ROWS)
    assert describe_speakers(shuffled) == describe_speakers(ROWS)
