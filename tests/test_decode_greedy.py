"""Greedy decoding: the transformers tokenizer's text and offsets, from the best path alone."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from decode_material import VOCABULARY, random_emissions, spell_frames
from hypothesis import given
from hypothesis import strategies as st

from w2vctc.decode.greedy import decode_greedy, greedy_text, greedy_words
from w2vctc.decode.hypothesis import Word
from w2vctc.errors import ModelError
from w2vctc.vocab import Vocabulary, save_tokenizer

DIGRAPHS = Vocabulary(("<pad>", "<unk>", "|", "a", "ch", "h"))


@pytest.mark.parametrize(
    ("frames", "text"),
    [
        ("ab", "ab"),
        ("aab_bb", "abb"),
        ("_ab|||ba_", "ab ba"),
        ("|ab|", "ab"),
        ("ab|_|ba", "ab  ba"),  # as transformers has it; words are not affected
        ("a?b", "a<unk>b"),
        ("____", ""),
        ("|_|", ""),
        ("", ""),
    ],
)
def test_best_path_is_collapsed(frames: str, text: str) -> None:
    assert greedy_text(spell_frames(frames), VOCABULARY) == text


def test_words_carry_their_seconds() -> None:
    words = greedy_words(spell_frames("__aab_|_|bb_a__"), VOCABULARY)
    assert words == (Word("ab", 0.04, 0.1), Word("ba", 0.18, 0.26))


@pytest.mark.parametrize(("n_blank", "text"), [(19, "abba"), (20, "ab ba")])
def test_a_word_ends_at_a_pause_without_a_delimiter(n_blank: int, text: str) -> None:
    hypothesis = decode_greedy(spell_frames("ab" + n_blank * "_" + "ba"), VOCABULARY)
    assert hypothesis.text == text
    assert [word.text for word in hypothesis.words] == text.split()


def test_score_is_the_best_paths_log_probability() -> None:
    hypothesis = decode_greedy(spell_frames("ab_a", peak=0.5), VOCABULARY)
    assert hypothesis.text == "aba"
    assert hypothesis.score == pytest.approx(4 * np.log(0.5))
    assert hypothesis.acoustic_score == hypothesis.score
    assert hypothesis.lm_score == 0.0


def test_zero_frames_are_an_empty_text() -> None:
    hypothesis = decode_greedy(np.zeros((0, 5), dtype=np.float32), VOCABULARY)
    assert (hypothesis.text, hypothesis.words, hypothesis.score) == ("", (), 0.0)


def test_emissions_are_checked() -> None:
    with pytest.raises(ModelError):
        greedy_text(random_emissions(1, n_frames=3, n_labels=6), VOCABULARY)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    from transformers import Wav2Vec2CTCTokenizer

    folder: Path = tmp_path_factory.mktemp("tokenizer")
    save_tokenizer(DIGRAPHS, folder)
    return Wav2Vec2CTCTokenizer.from_pretrained(folder)


@given(ids=st.lists(st.integers(0, 5), max_size=21))  # no pause long enough to end a word
def test_text_and_words_equal_the_tokenizers(tokenizer: Any, ids: list[int]) -> None:
    # What the pipeline does without a language model: argmax, then decode with specials kept.
    expected = tokenizer.decode(ids, skip_special_tokens=False, output_word_offsets=True)
    emissions = _one_hot(ids)
    assert greedy_text(emissions, DIGRAPHS) == expected.text
    offsets = expected.word_offsets or []
    assert greedy_words(emissions, DIGRAPHS) == tuple(
        Word(
            item["word"].strip(),
            round(item["start_offset"] * 0.02, 3),
            round(item["end_offset"] * 0.02, 3),
        )
        for item in offsets
        if item["word"].strip()
    )


def _one_hot(ids: list[int]) -> npt.NDArray[np.float32]:
    emissions = np.full((len(ids), 6), -9.0, dtype=np.float32)
    emissions[np.arange(len(ids)), ids] = -0.1
    return emissions
