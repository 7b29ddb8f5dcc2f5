"""Alignments: every word in its place, as few edits as can be, the counts of jiwer."""

from itertools import combinations

import jiwer
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from w2vctc.evaluate.alignment import (
    Step,
    align_characters,
    align_words,
    list_right_words,
)
from w2vctc.evaluate.counts import count_character_errors, count_word_errors

WORDS = st.lists(st.sampled_from(["sol", "lluna", "mar", "l·l", "ñe", "a"]), max_size=8)
LETTERS = st.text(alphabet="abçñ'l· 語", max_size=12)


def kinds(steps: tuple[Step, ...]) -> str:
    return "".join(step.kind[0] for step in steps)


def test_steps_tell_what_stands_for_what() -> None:
    assert align_words("el sol surt ara", "el col gran surt") == (
        Step("hit", "el", "el"),
        Step("substitution", "sol", "col"),
        Step("insertion", "", "gran"),
        Step("hit", "surt", "surt"),
        Step("deletion", "ara", ""),
    )


def test_alike_words_stand_for_one_another() -> None:
    steps = align_words("na yapata ministru", "yapat ministrinchu")
    assert [(step.reference, step.hypothesis) for step in steps] == [
        ("na", ""),
        ("yapata", "yapat"),
        ("ministru", "ministrinchu"),
    ]
    steps = align_words("la lluna", "surt la la llunes blanques")
    assert steps[-2:] == (
        Step("substitution", "lluna", "llunes"),
        Step("insertion", "", "blanques"),
    )


@given(said=WORDS, heard=WORDS)
def test_no_other_pairing_in_order_has_fewer_wrong_characters(
    said: list[str], heard: list[str]
) -> None:
    """Brute force over runs without a word in common."""
    said, heard = [f"{word}x" for word in said[:4]], [f"{word}y" for word in heard[:5]]
    steps = align_words(" ".join(said), " ".join(heard))
    few, many = sorted((said, heard), key=len)
    best = min(
        sum(Levenshtein.distance(*pair) for pair in zip(few, chosen, strict=True))
        for chosen in combinations(many, len(few))
    )
    paired = [step for step in steps if step.kind == "substitution"]
    assert len(paired) == len(few)
    assert best == sum(Levenshtein.distance(step.reference, step.hypothesis) for step in paired)


def test_a_long_text_against_quite_another_one_ends_soon() -> None:
    said = " ".join(f"mot{number}" for number in range(3000))
    heard = " ".join(f"altre{number}" for number in range(2000))
    assert kinds(align_words(said, heard)).count("d") == 1000


def test_nothing_against_nothing_has_no_steps() -> None:
    assert align_words("", "  ") == ()
    assert align_words("", "u dos") == (Step("insertion", "", "u"), Step("insertion", "", "dos"))


def test_a_space_is_a_character() -> None:
    assert align_characters("a  b", "ab") == (
        Step("hit", "a", "a"),
        Step("deletion", " ", ""),
        Step("hit", "b", "b"),
    )


def test_composed_letters_are_one_character_however_they_were_typed() -> None:
    assert align_characters("a\u0301", "\u00e1") == (Step("hit", "\u00e1", "\u00e1"),)


def test_right_words_are_those_of_the_hypothesis() -> None:
    steps = align_words("un dos tres", "un tres tres cinc")
    assert list_right_words(steps) == [True, False, True, False]


@given(reference=WORDS, hypothesis=WORDS)
def test_both_sides_can_be_read_off_again(reference: list[str], hypothesis: list[str]) -> None:
    steps = align_words(" ".join(reference), " ".join(hypothesis))
    assert [step.reference for step in steps if step.reference] == reference
    assert [step.hypothesis for step in steps if step.hypothesis] == hypothesis
    assert all((step.kind == "hit") == (step.reference == step.hypothesis) for step in steps)
    assert len(list_right_words(steps)) == len(hypothesis)


@given(reference=WORDS.filter(bool), hypothesis=WORDS)
def test_word_steps_add_up_to_jiwers_counts(reference: list[str], hypothesis: list[str]) -> None:
    said, heard = " ".join(reference), " ".join(hypothesis)
    found = jiwer.process_words(said, heard)
    shown = kinds(align_words(said, heard))
    assert (shown.count("h"), shown.count("s"), shown.count("d"), shown.count("i")) == (
        found.hits,
        found.substitutions,
        found.deletions,
        found.insertions,
    )


@given(reference=LETTERS, hypothesis=LETTERS)
def test_steps_and_counts_are_of_one_alignment(reference: str, hypothesis: str) -> None:
    for align, count in (
        (align_words, count_word_errors),
        (align_characters, count_character_errors),
    ):
        shown, counts = kinds(align(reference, hypothesis)), count(reference, hypothesis)
        assert shown.count("h") == counts.hits
        assert shown.count("s") == counts.substitutions
        assert shown.count("d") == counts.deletions
        assert shown.count("i") == counts.insertions


@pytest.mark.parametrize("text", ["el sol", "語 語"])
def test_a_text_against_itself_is_all_hits(text: str) -> None:
    assert set(kinds(align_characters(text, text))) == {"h"}
