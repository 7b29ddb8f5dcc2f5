"""Error rates on dev from the best label of each frame."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from acoustic_material import SCORING
from hypothesis import given
from hypothesis import strategies as st

from w2vctc.acoustic.clips.dataset import IGNORED_LABEL
from w2vctc.acoustic.monitoring.metrics import make_metrics, spell_frames
from w2vctc.decode.greedy import greedy_text
from w2vctc.vocab import Vocabulary

VOCABULARY = Vocabulary(("<pad>", "<unk>", "|", "a", "b", "c"))
BLANK_LAST = Vocabulary(("a", "b", "c", "|", "<unk>", "<pad>"))


def frames(text: str, vocabulary: Vocabulary = VOCABULARY, *, width: int = 0) -> list[int]:
    """Label ids for a string of labels, one per frame: `_` is the blank, ` ` the delimiter."""
    names = {"_": vocabulary.blank, " ": vocabulary.word_delimiter}
    ids = [vocabulary.labels.index(names.get(c, c)) for c in text]
    return ids + [IGNORED_LABEL] * (width - len(ids))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("aab_b", "abb"),
        ("_a_a__ _b", "aa b"),
        ("  a   b  ", "a b"),
        ("a _ b", "a b"),  # two delimiters around a blank are one space
        ("____", ""),
        ("", ""),
    ],
)
def test_frames_spell_what_ctc_means(path: str, text: str) -> None:
    for vocabulary in (VOCABULARY, BLANK_LAST):
        assert spell_frames(frames(path, vocabulary, width=12), vocabulary) == text


def test_padding_is_no_frame_even_where_the_blank_is_not_label_zero() -> None:
    assert spell_frames([0, 0, IGNORED_LABEL, IGNORED_LABEL], BLANK_LAST) == "a"
    assert spell_frames([IGNORED_LABEL] * 3, VOCABULARY) == ""


@given(st.text(alphabet="_ abc", max_size=30))
def test_words_agree_with_greedy_decoding(path: str) -> None:
    ids = frames(path)
    emissions = np.full((len(ids), 6), -9.0, dtype=np.float32)
    emissions[np.arange(len(ids)), ids] = -0.01
    decoded = greedy_text(emissions, VOCABULARY)
    assert spell_frames(ids, VOCABULARY).split() == decoded.split()


def test_rates_are_pooled_over_the_references_in_order() -> None:
    predictions = np.array(
        [frames("a_b c", width=8), frames("b", width=8), frames("____ a", width=8)]
    )
    compute = make_metrics(["ab c", "a", "b a a"], VOCABULARY, SCORING)
    metrics = compute(SimpleNamespace(predictions=predictions))
    assert metrics["wer"] == pytest.approx((0 + 1 + 2) / 6)
    assert metrics["cer"] == pytest.approx((0 + 1 + 4) / (4 + 1 + 5))
    assert metrics["blank_share"] == pytest.approx((1 + 0 + 4) / (5 + 1 + 6))
    assert metrics["score"] == pytest.approx(metrics["wer"] + metrics["cer"] / 1000)


def test_a_model_that_says_nothing_has_every_word_wrong() -> None:
    compute = make_metrics(["ab", "c"], VOCABULARY, SCORING)
    metrics = compute(SimpleNamespace(predictions=np.array([frames("__"), frames("__")])))
    assert metrics["wer"] == metrics["cer"] == metrics["blank_share"] == 1.0


def test_references_without_a_word_divide_nothing_by_zero() -> None:
    compute = make_metrics([""], VOCABULARY, SCORING)
    assert compute(SimpleNamespace(predictions=np.array([frames("a")])))["wer"] == 1.0


def test_with_a_search_its_word_errors_choose_and_greedy_ones_are_told_too() -> None:
    """Each clip's emissions reach the search without their padding, as float32."""
    ids = np.array([frames("aa_b", width=5), frames("c", width=5)])
    emissions = np.full((2, 5, 6), -100.0, dtype=np.float16)
    emissions[0, :4] = -1
    emissions[1, :1] = -2
    heard: list[tuple[tuple[int, ...], float]] = []

    def search(matrix: np.ndarray[tuple[int, int], np.dtype[np.float32]]) -> str:
        assert matrix.dtype == np.float32
        heard.append((matrix.shape, float(matrix.min())))
        return "ab" if len(matrix) == 4 else "a"

    compute = make_metrics(["ab", "b"], VOCABULARY, replace(SCORING, search=search))
    looks = compute(SimpleNamespace(predictions=(ids, emissions)))
    assert heard == [((4, 6), -1.0), ((1, 6), -2.0)]
    assert looks["wer"] == 0.5
    assert looks["lm_wer"] == 0.5
    assert looks["score"] == pytest.approx(0.5 + 1e-3 * looks["cer"])

    better = make_metrics(["ab", "b"], VOCABULARY, replace(SCORING, search=lambda _: "ab"))
    assert better(SimpleNamespace(predictions=(ids, emissions)))["lm_wer"] == 0.5
    worse = make_metrics(["ab", "b"], VOCABULARY, replace(SCORING, search=lambda _: "x"))
    looks = worse(SimpleNamespace(predictions=(ids, emissions)))
    assert (looks["wer"], looks["lm_wer"]) == (0.5, 1.0)
    assert looks["score"] > 1
