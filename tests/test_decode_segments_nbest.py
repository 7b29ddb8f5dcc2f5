"""Other readings of the segments of a long recording, against pyctcdecode's own."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from decode_material import VOCABULARY, random_emissions, save_toy_lm

from w2vctc.decode.alphabet import decoder_labels
from w2vctc.decode.beam import build_decoder
from w2vctc.decode.fast.decoder import build_fast_decoder
from w2vctc.decode.hypothesis import Hypothesis, Word
from w2vctc.decode.options import DecodingOptions
from w2vctc.decode.segments import Segment, decode_segments, decode_segments_nbest

N = 6


def make_segments() -> list[Segment]:
    emissions = random_emissions(8, n_frames=60)
    return [
        Segment(0, emissions[:25], False),
        Segment(25, emissions[25:40], True),
        Segment(300, emissions[40:], False),
    ]


def search_by_hand(folder: Path) -> list[list[tuple[str, float]]]:
    """Texts and scores of pyctcdecode itself, the language model carried on from the best one."""
    kenlm = pytest.importorskip("kenlm")
    pyctcdecode: Any = pytest.importorskip("pyctcdecode")
    lm = save_toy_lm(folder)
    model = pyctcdecode.LanguageModel(
        kenlm.Model(str(lm.ngram)), lm.unigrams, alpha=0.5, beta=1.5, unk_score_offset=-10.0
    )
    search = pyctcdecode.BeamSearchDecoderCTC(
        pyctcdecode.Alphabet(decoder_labels(VOCABULARY), is_bpe=False), model
    )
    found, state = [], None
    for segment in make_segments():
        beams = search.decode_beams(
            segment.emissions, lm_start_state=state if segment.goes_on else None
        )
        state = beams[0][1]
        found.append([(beam[0], float(beam[4])) for beam in beams[:N]])
    return found


@pytest.mark.parametrize("build", [build_decoder, build_fast_decoder])
def test_readings_and_scores_are_those_of_pyctcdecode(build: Any, tmp_path: Path) -> None:
    options = DecodingOptions(score_empty_word=True)  # as pyctcdecode alone does
    decoder = build(VOCABULARY, lm=save_toy_lm(tmp_path), options=options)
    found = decode_segments_nbest(
        make_segments(),
        lambda emissions, *, start_state: decoder.decode_nbest(
            emissions, N, start_state=start_state
        ),
    )
    told = [[(one.text, one.score) for one in readings] for _, readings in found]
    expected = search_by_hand(tmp_path)
    assert [[text for text, _ in one] for one in told] == [
        [text for text, _ in one] for one in expected
    ]
    np.testing.assert_allclose(
        [score for one in told for _, score in one],
        [score for one in expected for _, score in one],
        rtol=1e-4,
        atol=1e-4,
    )


@pytest.mark.parametrize("build", [build_decoder, build_fast_decoder])
def test_the_best_reading_is_the_one_without_others(build: Any, tmp_path: Path) -> None:
    decoder = build(VOCABULARY, lm=save_toy_lm(tmp_path))
    alone = [found for _, found in decode_segments(make_segments(), decoder.decode)]
    several = decode_segments_nbest(
        make_segments(),
        lambda emissions, *, start_state: decoder.decode_nbest(
            emissions, N, start_state=start_state
        ),
    )
    assert [readings[0] for _, readings in several] == alone


def test_words_and_letters_of_all_readings_are_placed_in_the_recording() -> None:
    letter = Word("a", 0.0, 0.02, 0.5)
    reading = Hypothesis("a", (Word("a", 0.0, 0.02, 0.5, (letter,)),))
    segment = Segment(100, random_emissions(0, n_frames=4), False)
    ((_, found),) = decode_segments_nbest([segment], lambda *_, **__: (reading, reading))
    moved = Word("a", 2.0, 2.02, 0.5)
    assert [one.words for one in found] == [(Word("a", 2.0, 2.02, 0.5, (moved,)),)] * 2
