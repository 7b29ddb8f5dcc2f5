"""Error counts: jiwer's numbers to the last digit, and hand-computed ones."""

import jiwer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2vctc.evaluate.counts import ErrorCounts, count_character_errors, count_word_errors

WORDS = st.lists(st.sampled_from(["sol", "lluna", "mar", "l·l", "ñe", "a"]), max_size=8)
# Letters that NFC leaves alone, so that jiwer, which composes nothing, sees the same text.
LETTERS = st.text(alphabet="abçñ'l· 語", max_size=12)


@pytest.mark.parametrize(
    ("reference", "hypothesis", "counts"),
    [
        ("el sol surt", "el sol surt", ErrorCounts(3, 0, 0, 0)),
        ("el sol surt", "el col surt", ErrorCounts(2, 1, 0, 0)),
        ("el sol surt", "el surt", ErrorCounts(2, 0, 1, 0)),
        ("el sol surt", "el gran sol surt", ErrorCounts(3, 0, 0, 1)),
        ("el sol surt", "", ErrorCounts(0, 0, 3, 0)),
        ("", "tres mots nous", ErrorCounts(0, 0, 0, 3)),
        ("", "", ErrorCounts(0, 0, 0, 0)),
        ("un dos tres quatre", "un tres tres cinc quatre", ErrorCounts(3, 1, 0, 1)),
        ("  un \t dos ", "un dos", ErrorCounts(2, 0, 0, 0)),
    ],
)
def test_word_counts_by_hand(reference: str, hypothesis: str, counts: ErrorCounts) -> None:
    assert count_word_errors(reference, hypothesis) == counts


@pytest.mark.parametrize(
    ("reference", "hypothesis", "counts"),
    [
        ("set", "sec", ErrorCounts(2, 1, 0, 0)),
        ("a b", "ab", ErrorCounts(2, 0, 1, 0)),  # the space between words counts
        ("a  b", " a b ", ErrorCounts(3, 0, 0, 0)),  # but not how many
        ("col·legi", "collegi", ErrorCounts(7, 0, 1, 0)),
        ("", "no", ErrorCounts(0, 0, 0, 2)),
    ],
)
def test_character_counts_by_hand(reference: str, hypothesis: str, counts: ErrorCounts) -> None:
    assert count_character_errors(reference, hypothesis) == counts


def test_composed_and_decomposed_letters_are_the_same() -> None:
    assert count_character_errors("ca\u0301rrega", "c\u00e1rrega") == ErrorCounts(7, 0, 0, 0)
    assert count_word_errors("ca\u0301rrega", "c\u00e1rrega") == ErrorCounts(1, 0, 0, 0)


def test_rate_is_errors_per_reference_word() -> None:
    counts = ErrorCounts(hits=6, substitutions=2, deletions=1, insertions=3)
    assert counts.n_reference == 9
    assert counts.errors == 6
    assert counts.rate == pytest.approx(6 / 9)


def test_rate_against_nothing_counts_insertions() -> None:
    assert ErrorCounts(insertions=3).rate == 3.0
    assert ErrorCounts().rate == 0.0


@given(pairs=st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=4))
def test_pooled_word_counts_equal_jiwers(pairs: list[tuple[list[str], list[str]]]) -> None:
    references = [" ".join(reference) for reference, _ in pairs]
    hypotheses = [" ".join(hypothesis) for _, hypothesis in pairs]
    expected = jiwer.process_words(references, hypotheses)
    pooled = sum(map(count_word_errors, references, hypotheses), ErrorCounts())
    assert pooled == ErrorCounts(
        expected.hits, expected.substitutions, expected.deletions, expected.insertions
    )
    assert pooled.rate == expected.wer


@given(reference=LETTERS, hypothesis=LETTERS)
def test_character_counts_equal_jiwers(reference: str, hypothesis: str) -> None:
    reference, hypothesis = (" ".join(text.split()) for text in (reference, hypothesis))
    expected = jiwer.process_characters(reference, hypothesis)
    counts = count_character_errors(reference, hypothesis)
    assert counts == ErrorCounts(
        expected.hits, expected.substitutions, expected.deletions, expected.insertions
    )
    assert counts.rate == expected.cer


@given(reference=WORDS, hypothesis=WORDS)
def test_counts_account_for_every_word(reference: list[str], hypothesis: list[str]) -> None:
    counts = count_word_errors(" ".join(reference), " ".join(hypothesis))
    assert counts.n_reference == len(reference)
    assert counts.hits + counts.substitutions + counts.insertions == len(hypothesis)
