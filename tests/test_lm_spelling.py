"""The n-gram of letters: KenLM's own numbers, letter by letter, and the copy on the disk."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from w2vctc.errors import UsageError
from w2vctc.lm import spelling
from w2vctc.lm.arpa import write_arpa
from w2vctc.lm.estimate import estimate_ngrams
from w2vctc.lm.spelling import WORD_END, SpellingModel, build_spelling, load_spelling

WORDS = ("baba", "bakuna", "kuna", "kunabá", "tuna", "l'una", "d·u", "una")


def find_child(model: SpellingModel, node: int, sign: int) -> int | None:
    """A look into the hash table by reading all of it."""
    slots = (model.keys == (node << 32 | sign)).nonzero()[0].tolist()
    return int(model.values[slots[0]]) if slots else None


def log10_word(model: SpellingModel, word: str) -> float:
    """log10 P(word): back-off by the book (Katz 1987)."""
    node, total = model.start, 0.0
    for sign in (*map(ord, word), WORD_END):
        while (child := find_child(model, node, sign)) is None and node:
            total += float(model.log10[node, 1])
            node = int(model.shorter[node])
        node = child or 0
        total += float(model.log10[node, 0])
    return total


@pytest.mark.parametrize("order", [1, 2, 3, 6])
def test_words_cost_what_kenlm_says_of_their_letters(tmp_path: Path, order: int) -> None:
    import kenlm

    model = build_spelling((*WORDS, "baba"), order=order)
    write_arpa(
        estimate_ngrams([" ".join(word) for word in sorted(WORDS)], order=order),
        tmp_path / "letters.arpa",
    )
    if order == 1:  # KenLM reads no ARPA file of unigrams alone
        unigrams = model.log10[1:, 0]
        assert float((10.0**unigrams).sum()) == pytest.approx(2 - 10 ** float(model.log10[0, 0]))
        return
    theirs = kenlm.Model(str(tmp_path / "letters.arpa"))
    for word in (*WORDS, "kubaku", "xyz", "unax", "á", "na·x·na"):
        assert log10_word(model, word) == pytest.approx(theirs.score(" ".join(word)), abs=1e-5)


@settings(max_examples=40, deadline=None)
@given(
    words=st.lists(st.text("abcç", min_size=1, max_size=7), min_size=1, max_size=12),
    order=st.integers(1, 6),
    context=st.text("abcçx", max_size=6),
)
def test_what_may_follow_any_letters_adds_up_to_one(
    words: list[str], order: int, context: str
) -> None:
    model = build_spelling(words, order=order)
    before = log10_word(model, context) - _log10_end(model, context)
    seen = sorted({letter for word in words for letter in word})
    total = 10.0 ** float(_log10_end(model, context))
    for sign in (*seen, "x"):  # x stands for every letter that no word has
        longer = log10_word(model, context + sign) - _log10_end(model, context + sign)
        total += 10.0 ** (longer - before)
    assert total == pytest.approx(1.0, abs=1e-4)


def _log10_end(model: SpellingModel, word: str) -> float:
    node = model.start
    for sign in map(ord, word):
        while (child := find_child(model, node, sign)) is None and node:
            node = int(model.shorter[node])
        node = child or 0
    total = 0.0
    while (child := find_child(model, node, WORD_END)) is None and node:
        total += float(model.log10[node, 1])
        node = int(model.shorter[node])
    return total + float(model.log10[child or 0, 0])


def test_likely_spellings_cost_less() -> None:
    model = build_spelling(WORDS, order=4)
    assert log10_word(model, "bakunabá") > log10_word(model, "kbnáauab")
    assert math.isfinite(log10_word(model, "жжж"))


def test_the_kept_model_is_the_same_and_a_damaged_one_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("W2VCTC_CACHE", str(tmp_path))
    first = load_spelling(WORDS, order=3)
    (kept,) = (tmp_path / "spellings").iterdir()
    with monkeypatch.context() as patch:
        patch.setattr(spelling, "build_spelling", lambda *_args, **_options: None)
        again = load_spelling(tuple(reversed(WORDS)), order=3)
    for name in ("keys", "values", "log10", "shorter", "start"):
        assert np.array_equal(getattr(again, name), getattr(first, name))
    whole = kept.read_bytes()
    for damage in (b"", whole[:200], whole.replace(b"keys", b"kiys")):
        kept.write_bytes(damage)
        assert log10_word(load_spelling(WORDS, order=3), "kuna") == log10_word(first, "kuna")
        assert kept.read_bytes() != damage


def test_another_order_or_word_is_another_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("W2VCTC_CACHE", str(tmp_path))
    costs = {
        log10_word(load_spelling(words, order=order), "kuna")
        for words, order in ((WORDS, 2), (WORDS, 3), (WORDS[1:], 3))
    }
    assert len(costs) == 3


@pytest.mark.parametrize(("words", "order"), [(("ab",), 0), (("ab",), 7), ((), 3), (("",), 3)])
def test_nothing_to_learn_and_orders_that_there_are_not_are_refused(
    words: tuple[str, ...], order: int
) -> None:
    with pytest.raises(UsageError, match="n-gram of letters"):
        build_spelling(words, order=order)
