"""Parts of a set, and what is mistaken for what: hand-counted."""

from evaluation_material import BEST, KNOWN, REFERENCES, make_rows, score
from hypothesis import given
from hypothesis import strategies as st

from w2vctc.evaluate.breakdown import (
    Breakdown,
    KnownWords,
    break_down,
    break_down_by_length,
    break_down_by_unknown,
    count_known_words,
    list_columns,
)
from w2vctc.evaluate.confusions import Confusion, count_confusions, rank_worst
from w2vctc.evaluate.counts import pool_counts

ROWS = make_rows()
TEXTS = score(REFERENCES, BEST)
CHUNKS = st.lists(st.sampled_from(["a", "b", "c", ""]), min_size=1, max_size=12)


def tell(breakdown: Breakdown) -> dict[str, tuple[int, int, int]]:
    return {
        group.name: (group.n_utterances, group.words.errors, group.words.n_reference)
        for group in breakdown.groups
    }


def test_columns_are_those_that_hold_something() -> None:
    assert list_columns(ROWS) == ["speaker", "chapter"]
    assert list_columns(make_rows(["a"] * 6)[4:]) == []


def test_a_column_s_values_with_rows_that_have_none_as_a_group() -> None:
    found = break_down(ROWS, TEXTS, "speaker")
    assert tell(found) == {"(none)": (1, 1, 2), "anna": (2, 1, 6), "biel": (1, 1, 2)}
    assert [group.duration_s for group in found.groups] == [0.0, 5.5, 2.0]


def test_numbers_in_names_are_in_order_of_size() -> None:
    assert list(tell(break_down(ROWS, TEXTS, "chapter"))) == ["part2", "part10"]


def test_clips_by_length_shortest_first_and_a_bound_belongs_to_the_longer() -> None:
    found = break_down_by_length(ROWS, TEXTS)
    assert tell(found) == {"0 to 2 s": (1, 0, 3), "2 to 5 s": (2, 2, 5), "unknown": (1, 1, 2)}


def test_utterances_by_their_unknown_words() -> None:
    found = break_down_by_unknown(ROWS, TEXTS, KNOWN)
    assert tell(found) == {"none": (1, 1, 2), "1": (3, 2, 8)}


def test_a_single_utterance_has_no_interval() -> None:
    groups = break_down(ROWS, TEXTS, "speaker").groups
    assert [group.interval is None for group in groups] == [True, False, True]


def test_words_that_the_language_model_knows_are_heard_better() -> None:
    found = count_known_words(ROWS, TEXTS, KNOWN)
    # unknown are surt, plou, lluna, of which the last is missed; bon is known and missed
    assert found == KnownWords(7, 1, 3, 1)
    assert (found.known_rate, found.unknown_rate) == (1 / 7, 1 / 3)
    assert KnownWords(0, 0, 0, 0).known_rate == 0.0


@given(names=CHUNKS, heard=CHUNKS)
def test_parts_add_up_to_the_whole(names: list[str], heard: list[str]) -> None:
    n = min(len(names), len(heard))
    rows, texts = make_rows(names[:n]), score(names[:n], heard[:n])
    for found in (
        break_down(rows, texts, "speaker"),
        break_down_by_length(rows, texts),
        break_down_by_unknown(rows, texts, {"a"}),
    ):
        assert sum(group.n_utterances for group in found.groups) == n
        whole = pool_counts(text.words for text in texts)
        assert pool_counts(group.words for group in found.groups) == whole


def test_confusions_with_how_often_it_was_said() -> None:
    found = count_confusions(ROWS, TEXTS)
    assert found.words == (
        Confusion("insertion", "", "la", 1, 0),
        Confusion("substitution", "bon", "bo", 1, 1),
        Confusion("substitution", "lluna", "luna", 1, 1),
    )
    lost = {(one.reference, one.hypothesis): one for one in found.characters}
    assert lost["n", ""] == Confusion("deletion", "n", "", 1, 2)
    assert lost["l", ""].n_reference == 6


def test_the_most_frequent_confusion_is_first() -> None:
    rows = make_rows(["b a", "b a", "a"])
    found = count_confusions(rows, score(["b a", "b a", "a"], ["b c", "b c", "d"]))
    assert [(one.reference, one.hypothesis, one.count) for one in found.words] == [
        ("a", "c", 2),
        ("a", "d", 1),
    ]
    assert found.words[0].n_reference == 3


def test_the_worst_are_those_with_most_wrong_characters() -> None:
    said = ["bon dia", "sol", "la mar", "plou", "u"]
    heard = ["bon dia", "sal", "", "pluja i", "tot de mots"]
    # all of "la mar" and "u" is wrong; of "u" eleven characters, which is more
    assert rank_worst(score(said, heard)) == [4, 2, 3, 1]


def test_equally_bad_ones_stay_in_order() -> None:
    assert rank_worst(score(["ab", "cd"], ["ax", "cx"])) == [0, 1]
