import subprocess
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from lmplz_oracle import is_same_arpa, make_corpus, make_natural_text, run_oracle

from w2vctc.errors import DataError, UsageError
from w2vctc.lm.arpa import write_arpa
from w2vctc.lm.counts import split_words
from w2vctc.lm.estimate import check_pruning, estimate_ngrams
from w2vctc.lm.ngram import RESERVED_WORDS, NgramModel
from w2vctc.resources import find_resource

kenlm = pytest.importorskip("kenlm")

WORDS = st.sampled_from(["la", "mar", "sol", "cel", "blau", "ça", "l'illa", "col·lega"])
SENTENCES = st.lists(st.lists(WORDS, max_size=7).map(" ".join), min_size=1, max_size=30).filter(any)
PRUNING = st.lists(st.integers(0, 2), max_size=3).map(lambda limits: (0, *sorted(limits)))


def written(model: NgramModel, folder: Path) -> bytes:
    write_arpa(model, folder / "own.arpa")
    return (folder / "own.arpa").read_bytes()


def loadable(arpa: bytes) -> bytes:
    """lmplz's file with the infinite back-offs put as we put them."""
    return arpa.replace(b"\t-inf\n", b"\t-99\n")


def test_other_platforms_may_round_otherwise_and_nothing_else() -> None:
    arpa = b"\\1-grams:\n-0.5\tla\t-0.3\n-0.25\tmar\n"
    rounded = arpa.replace(b"-0.25", b"-0.2500005")
    assert is_same_arpa(arpa, arpa, platform="linux")
    assert not is_same_arpa(arpa, rounded, platform="linux")
    assert is_same_arpa(arpa, rounded, platform="darwin")
    for other in (arpa.replace(b"-0.3", b"-0.3001"), arpa.replace(b"mar", b"sol"), arpa + b"\n"):
        assert not is_same_arpa(arpa, other, platform="darwin")


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5, 6])
def test_same_bytes_as_lmplz_on_a_grammar_corpus(order: int, tmp_path: Path) -> None:
    sentences = make_corpus(1000, seed=order)
    own = estimate_ngrams(sentences, order=order)
    assert is_same_arpa(written(own, tmp_path), run_oracle(sentences, tmp_path, order=order))


@pytest.mark.parametrize(
    ("order", "pruning"),
    [(1, (2,)), (2, (0, 3)), (3, (0, 0, 1)), (4, (1, 2)), (5, (0, 0, 1)), (6, (0, 1, 1, 2, 3, 5))],
)
def test_same_bytes_as_lmplz_with_pruning(
    order: int, pruning: tuple[int, ...], tmp_path: Path
) -> None:
    sentences = make_corpus(1000, seed=7)
    own = estimate_ngrams(sentences, order=order, pruning=pruning)
    assert is_same_arpa(
        written(own, tmp_path), run_oracle(sentences, tmp_path, order=order, pruning=pruning)
    )


def test_same_bytes_as_lmplz_where_the_newest_word_only_starts_a_sentence(tmp_path: Path) -> None:
    # The last trigram in suffix order (camí acaba aquí) stands twice after the same word, but is
    # no end of the last 5-gram: its adjusted count of 1 goes into the discounts, not its raw 2.
    sentences = [*make_corpus(1000, seed=4), *["el vell camí acaba aquí"] * 2, "nou el nom1"]
    own = estimate_ngrams(sentences, order=5)
    assert 3 not in own.fallback_orders
    assert is_same_arpa(written(own, tmp_path), run_oracle(sentences, tmp_path, order=5))


def test_same_bytes_as_lmplz_without_fallback(tmp_path: Path) -> None:
    sentences = make_corpus(3000, seed=3)
    own = estimate_ngrams(sentences, order=3, discount_fallback=False)
    assert own.fallback_orders == ()
    assert is_same_arpa(
        written(own, tmp_path), run_oracle(sentences, tmp_path, order=3, fallback=False)
    )


@pytest.mark.parametrize(
    "sentences",
    [
        ["sol"],
        ["sol", "sol mar"],
        ["sol", "", "sol"],
        ["a b c d e f g h"],
        ["un dos"] * 9,
        ["sol  mar\tcel\rblau", " sol\x0bmar sol\x0cmar sol\u00a0mar sol\u2028mar "],
        ["nul\0la", "cometes \" ' \\ / \\data\\ -1.5"],
        ["BZh comença com un fitxer comprimit"],
        ["😀 ṩ ṩ ஃ", "ʼokina x̣"],
    ],
)
@pytest.mark.parametrize("order", [2, 4])
def test_same_bytes_as_lmplz_on_odd_texts(sentences: list[str], order: int, tmp_path: Path) -> None:
    own = estimate_ngrams(sentences, order=order)
    assert is_same_arpa(written(own, tmp_path), run_oracle(sentences, tmp_path, order=order))


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sentences=SENTENCES, order=st.integers(1, 6), pruning=PRUNING)
def test_same_bytes_as_lmplz_on_random_texts(
    sentences: list[str], order: int, pruning: tuple[int, ...]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pruning = pruning[:order]
        own = estimate_ngrams(sentences, order=order, pruning=pruning)
        oracle = run_oracle(sentences, folder, order=order, pruning=pruning)
        assert is_same_arpa(written(own, folder), loadable(oracle))


# What divides words for lmplz (NUL, tab, return, space) and what does not, though Python may think
# so (vertical tab, form feed, U+0085, U+2028, no-break space); marks, signs and other planes.
NASTY = st.text(
    st.one_of(
        st.sampled_from("ab\0\t\r \x0b\x0c\x1c\x85\xa0\u2028\u200d\ufeff\\\"'#|</>"),
        st.characters(exclude_categories=["Cs"], exclude_characters="\n"),
    ),
    max_size=12,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    sentences=st.lists(NASTY, min_size=1, max_size=8).filter(
        lambda lines: any(line.strip("\0\t\r ") for line in lines)
    ),
    order=st.integers(1, 6),
)
def test_same_bytes_as_lmplz_on_nasty_texts(sentences: list[str], order: int) -> None:
    words = {word for line in sentences for word in split_words(line)}
    assume(words.isdisjoint(RESERVED_WORDS))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        own = written(estimate_ngrams(sentences, order=order), folder)
        assert is_same_arpa(own, loadable(run_oracle(sentences, folder, order=order)))


@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    order=st.integers(1, 6),
    pruning=st.sampled_from([(), (0, 1), (0, 0, 1), (1, 1, 2), (0, 2, 2, 3)]),
    fallback=st.booleans(),
    n_unseen=st.integers(0, 500),
)
def test_same_bytes_as_lmplz_with_everything_at_once(
    seed: int, order: int, pruning: tuple[int, ...], fallback: bool, n_unseen: int
) -> None:
    sentences = make_corpus(400, seed=seed)
    size = len({word for line in sentences for word in line.split()}) + 3 + n_unseen
    pruning = pruning[:order]
    flags = ("--vocab_pad", str(size - 1))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            oracle = run_oracle(
                sentences, folder, order=order, pruning=pruning, fallback=fallback, flags=flags
            )
        except subprocess.CalledProcessError:
            # Too regular to give discounts: both refuse.
            with pytest.raises(DataError, match="too small or too regular"):
                estimate_ngrams(sentences, order=order, pruning=pruning, discount_fallback=False)
            return
        own = estimate_ngrams(
            sentences,
            order=order,
            pruning=pruning,
            discount_fallback=fallback,
            vocabulary_size=size,
        )
        assert is_same_arpa(written(own, folder), loadable(oracle))


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("pruning", [(), (0, 0, 1)])
def test_same_bytes_as_lmplz_on_the_bundled_example(
    order: int, pruning: tuple[int, ...], tmp_path: Path
) -> None:
    table = find_resource("examples", "ca-numbers", "train.tsv")
    assert table is not None
    rows = [line.split("\t") for line in table.read_text(encoding="utf-8").splitlines()]
    column = rows[0].index("text")
    sentences = [row[column] for row in rows[1:]]
    own = estimate_ngrams(sentences, order=order, pruning=pruning[:order])
    oracle = run_oracle(sentences, tmp_path, order=order, pruning=pruning[:order])
    assert is_same_arpa(written(own, tmp_path), oracle)


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("pruning", [(), (0, 0, 1), (0, 1, 1, 2, 2, 3)])
def test_same_bytes_as_lmplz_on_a_text_like_that_of_a_language(
    order: int, pruning: tuple[int, ...], tmp_path: Path
) -> None:
    sentences = list(make_natural_text())
    pruning, fallback = pruning[:order], order == 6
    own = estimate_ngrams(sentences, order=order, pruning=pruning, discount_fallback=fallback)
    assert own.n_tokens >= 40_000
    assert own.fallback_orders == ()  # large enough for discounts of its own
    oracle = run_oracle(sentences, tmp_path, order=order, pruning=pruning, fallback=fallback)
    assert is_same_arpa(written(own, tmp_path), oracle)


def test_that_text_is_counted_like_one_of_a_language() -> None:
    counts = Counter(word for line in make_natural_text() for word in line.split())
    ranked = sorted(counts.values(), reverse=True)
    slope, _ = np.polyfit(np.log(range(1, 1001)), np.log(ranked[:1000]), 1)
    assert -1.3 < slope < -0.7  # Zipf's law: -1
    assert len(ranked) > 3500
    assert 0.4 < ranked.count(1) / len(ranked) < 0.7


@settings(max_examples=25, deadline=None)
@given(sentences=SENTENCES, order=st.integers(2, 5), pruning=PRUNING, data=st.data())
def test_each_history_sums_to_one(
    sentences: list[str], order: int, pruning: tuple[int, ...], data: st.DataObject
) -> None:
    model = estimate_ngrams(sentences, order=order, pruning=pruning[:order])
    with tempfile.TemporaryDirectory() as name:
        written(model, Path(name))
        query = silent_model(Path(name, "own.arpa"))
    history = data.draw(st.lists(st.one_of(WORDS, st.just("unseen")), max_size=order))
    for start in (True, False):
        total = sum_over_vocabulary(query, model.words, history, start=start)
        assert total == pytest.approx(1, abs=2e-6)


def test_histories_of_a_pruned_corpus_sum_to_one(tmp_path: Path) -> None:
    sentences = make_corpus(800, seed=11)
    model = estimate_ngrams(sentences, order=4, pruning=(0, 1, 2))
    written(model, tmp_path)
    query = silent_model(tmp_path / "own.arpa")
    for sentence in sentences[:40]:
        words = sentence.split()
        for end in range(len(words) + 1):
            total = sum_over_vocabulary(query, model.words, words[:end], start=True)
            assert total == pytest.approx(1, abs=5e-6)


def silent_model(path: Path) -> Any:
    config = kenlm.Config()
    config.show_progress = False
    config.arpa_complain = kenlm.ARPALoadComplain.NONE
    return kenlm.Model(str(path), config)


def sum_over_vocabulary(
    query: Any, words: tuple[str, ...], history: list[str], *, start: bool
) -> float:
    """The probability of any word, </s> or <unk> after the history, through KenLM's own query."""
    state, after = kenlm.State(), kenlm.State()
    (query.BeginSentenceWrite if start else query.NullContextWrite)(state)
    for word in history:
        query.BaseScore(state, word, after)
        state, after = after, kenlm.State()
    predicted = [word for word in words if word != "<s>"]
    return float(sum(10 ** query.BaseScore(state, word, after) for word in predicted))


def test_unigrams_alone_sum_to_one() -> None:
    model = estimate_ngrams(make_corpus(500, seed=1), order=1)
    probs = 10.0 ** model.tables[0].log10_prob.astype(np.float64)
    assert probs.sum() - probs[model.words.index("<s>")] == pytest.approx(1, abs=1e-5)


def test_sizes_and_fallback_are_told() -> None:
    model = estimate_ngrams(["la mar", "la mar", "sol"], order=2)
    assert (model.n_sentences, model.n_tokens, model.n_types) == (3, 5, 3)
    assert model.ngram_counts == (6, 5)
    assert model.fallback_orders == (1, 2)
    assert model.discounts == ((0.5, 1.0, 1.5),) * 2


def test_discounts_of_a_larger_text_are_its_own() -> None:
    model = estimate_ngrams(make_corpus(3000, seed=3), order=3)
    assert model.fallback_orders == ()
    for discount in model.discounts:
        assert all(0 < amount < level for level, amount in enumerate(discount, start=1))


def test_backoff_of_nothing_left_over_is_finite(tmp_path: Path) -> None:
    # D2 comes out as 0 here, and the only bigram after b is counted twice. lmplz then writes a
    # back-off of -inf, which KenLM's own reader refuses.
    sentences = ["c", "a b c", "b c"]
    own = written(estimate_ngrams(sentences, order=2), tmp_path)
    assert b"\tb\t-99\n" in own
    assert is_same_arpa(own, loadable(run_oracle(sentences, tmp_path, order=2)))
    assert silent_model(tmp_path / "own.arpa").order == 2


def test_no_fallback_on_a_small_text_is_refused() -> None:
    with pytest.raises(DataError, match="too small or too regular") as caught:
        estimate_ngrams(["la mar"], order=2, discount_fallback=False)
    assert caught.value.code == "E_DISCOUNT"
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("sentences", [[], [""], ["", " \t "]])
def test_text_without_a_word_is_refused(sentences: list[str]) -> None:
    with pytest.raises(DataError, match="no text for the language model") as caught:
        estimate_ngrams(sentences, order=3)
    assert caught.value.code == "E_EMPTY_TEXT"


@pytest.mark.parametrize("word", ["<s>", "</s>", "<unk>", "<UNK>"])
def test_reserved_words_are_refused_with_their_sentence(word: str) -> None:
    with pytest.raises(DataError, match="sentence 2: ") as caught:
        estimate_ngrams(["la mar", f"la {word} mar"], order=2)
    assert caught.value.code == "E_RESERVED"


def test_pruning_thresholds_are_padded_with_the_last() -> None:
    assert check_pruning((), order=3) == (0, 0, 0)
    assert check_pruning((0, 1), order=4) == (0, 1, 1, 1)


@pytest.mark.parametrize(("pruning", "order"), [((1, 0), 2), ((0, 0, 0), 2), ((-1,), 2), ((), 7)])
def test_impossible_pruning_and_orders_are_refused(pruning: tuple[int, ...], order: int) -> None:
    with pytest.raises(UsageError):
        check_pruning(pruning, order=order)
    with pytest.raises(UsageError):
        estimate_ngrams(["la mar"], order=order, pruning=pruning)
