"""Confidences fitted on dev: what is found, and what is refused."""

import numpy as np
import pytest
from decode_material import VOCABULARY, random_emissions, spell_frames

from w2vctc.decode.calibrating import (
    FEWEST_WORDS,
    ClipEvidence,
    calibrate,
    examine_clip,
    fit_weights,
)
from w2vctc.decode.confidence import Calibration, Weights, add_confidence
from w2vctc.decode.greedy import decode_greedy
from w2vctc.decode.hypothesis import Hypothesis
from w2vctc.evaluate.calibration import tabulate_confidences


def draw_words(
    weights: Weights, *, n_clips: int, n_words: int = 8, seed: int = 0, compared: bool = True
) -> list[ClipEvidence]:
    """Clips whose words are right as often as the weights say."""
    draw = np.random.default_rng(seed)
    clips = []
    for _ in range(n_clips):
        logps = -draw.gamma(1.0, 2.0, n_words)
        evidence = np.column_stack(
            [-np.sqrt(-logps), draw.random(n_words) < 0.6, draw.normal(0, 3, n_words)]
        )
        is_right = draw.random(n_words) < weights.judge(evidence)
        clips.append(ClipEvidence(evidence, logps, is_right, compared))
    return clips


def test_the_weights_that_made_the_words_are_found_again() -> None:
    true = Weights(0.5, 1.2, 0.8, 0.3)
    clips = draw_words(true, n_clips=2_000)
    evidence = np.concatenate([clip.evidence for clip in clips])
    found = fit_weights(evidence, np.concatenate([clip.is_right for clip in clips]))
    assert found == pytest.approx(true, abs=0.1)


def test_calibrated_confidences_hold_on_words_that_were_not_fitted() -> None:
    found = calibrate(draw_words(Weights(2.0, 1.0, 0.5, 0.4), n_clips=400))
    assert found is not None
    held_out = tabulate_confidences(found.held_out, found.is_right)
    raw = tabulate_confidences(found.raw, found.is_right)
    assert held_out.error < 2 * held_out.chance
    assert raw.error > 5 * held_out.error


def test_held_out_confidences_are_no_memory_of_the_clip() -> None:
    """Right and wrong without any reason: whoever was fitted on a word would know better."""
    draw = np.random.default_rng(1)
    clips = []
    for clip in draw_words(Weights(0.0, 0.0), n_clips=12, n_words=6):
        flags = draw.random(6) < 0.5
        clips.append(ClipEvidence(clip.evidence, clip.logps, flags, clip.compared))
    found = calibrate(clips)
    assert found is not None
    auc = tabulate_confidences(found.held_out, found.is_right).auc
    assert auc is not None
    assert auc < 0.6


def test_evidence_that_never_varies_or_speaks_the_wrong_way_counts_for_nothing() -> None:
    clips = draw_words(Weights(0.5, 1.2, -2.0, 0.0), n_clips=500)
    evidence = np.concatenate([clip.evidence for clip in clips])
    evidence[:, 2] = 3.0
    found = fit_weights(evidence, np.concatenate([clip.is_right for clip in clips]))
    assert (found.known, found.agreed) == (0.0, 0.0)
    assert found.clear > 0.8


def test_where_all_evidence_is_the_same_confidence_is_the_share_of_right_words() -> None:
    found = fit_weights(np.ones((40, 3)), np.arange(40) < 30)
    assert found.judge(np.ones((1, 3))) == pytest.approx([0.75])


@pytest.mark.parametrize("is_right", [True, False])
def test_too_few_words_of_a_kind_give_no_calibration(is_right: bool) -> None:
    clips = draw_words(Weights(0.0, 0.0), n_clips=1, n_words=100)
    flags = np.full(100, is_right)
    flags[: FEWEST_WORDS - 1] = not is_right
    clip = clips[0]
    assert calibrate([ClipEvidence(clip.evidence, clip.logps, flags, clip.compared)]) is None
    assert calibrate([]) is None


def test_only_clips_that_were_searched_count_for_what_is_compared() -> None:
    weights = Weights(0.5, 1.2, 0.8, 0.3)
    alone = calibrate(draw_words(weights, n_clips=100, compared=False))
    assert alone is not None
    assert alone.calibration.compared is None
    assert alone.calibration.alone.agreed == 0.0
    both = calibrate(draw_words(weights, n_clips=100))
    assert both is not None
    assert both.calibration.compared is not None
    assert both.calibration.compared.agreed > 0.2


def test_dev_and_decode_judge_a_word_alike() -> None:
    """What tuning measures is what a person sees: the same evidence in both places."""
    weights = Weights(0.7, 0.9, 0.4, 0.2)
    emissions = random_emissions(11, n_frames=40)
    best = decode_greedy(emissions, VOCABULARY)
    readings = [best, Hypothesis("a", best.words[:1], score=best.score - 1.0)]
    clip = examine_clip(
        readings, emissions, [True] * len(best.words), VOCABULARY, known_words={"ab", "a"}
    )
    shown = add_confidence(
        best,
        emissions,
        VOCABULARY,
        Calibration(Weights(0.0, 0.0), weights),
        alternatives=readings[1:],
        known_words={"ab", "a"},
    )
    expected = np.where(np.isneginf(clip.logps), 0.0, weights.judge(clip.evidence))
    assert [word.confidence for word in shown.words] == pytest.approx(expected.tolist())


def test_a_clip_in_which_nothing_was_heard_has_no_words() -> None:
    emissions = spell_frames("____")
    clip = examine_clip([decode_greedy(emissions, VOCABULARY)], emissions, [], VOCABULARY)
    assert clip.evidence.shape == (0, 3)
    more = draw_words(Weights(0.5, 1.2), n_clips=100)
    found = calibrate([clip, *more, clip])
    assert found is not None
    assert len(found.is_right) == 800
