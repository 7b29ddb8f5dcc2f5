"""Reports: pooled rates, silence, and characters that the model cannot write."""

import json

import pytest

from w2vctc.evaluate.counts import ErrorCounts, pool_counts
from w2vctc.evaluate.report import (
    SystemResult,
    count_unseen,
    evaluate_system,
    evaluate_systems,
    to_json,
)
from w2vctc.vocab import Vocabulary

REFERENCES = ["dos mil tres", "vint", ""]
HYPOTHESES = ["dos mil", "vint", "u"]
VOCABULARY = Vocabulary(("<pad>", "<unk>", "|", *"dilmnorstuv"))


def test_counts_are_pooled_over_the_set() -> None:
    result = evaluate_system("greedy", REFERENCES, HYPOTHESES, audio_s=8.0, seconds=2.0)
    assert result.words == ErrorCounts(hits=3, substitutions=0, deletions=1, insertions=1)
    assert result.words.rate == pytest.approx(2 / 4)
    # " tres" missing, "u" too many
    assert result.characters == ErrorCounts(hits=11, substitutions=0, deletions=5, insertions=1)
    assert (result.n_utterances, result.n_exact) == (3, 1)


def test_real_time_factor_needs_sound() -> None:
    assert evaluate_system("x", ["a"], ["a"], audio_s=8.0, seconds=2.0).real_time_factor == 0.25
    assert SystemResult("x", ErrorCounts(), ErrorCounts()).real_time_factor is None


def test_sides_of_different_length_are_our_own_mistake() -> None:
    with pytest.raises(ValueError, match="shorter"):
        evaluate_system("x", ["a", "b"], ["a"])


def test_characters_without_a_label_are_errors_and_listed() -> None:
    references = ["tres", "çò ç", "ve"]
    result = evaluate_system("x", references, ["trs", "o", "v"])
    assert result.words.n_reference == 4
    assert result.words.errors == 4
    assert count_unseen(references, VOCABULARY) == {"e": 2, "ç": 2, "ò": 1}
    assert list(count_unseen(references, VOCABULARY)) == ["e", "ç", "ò"]


def test_empty_set_divides_by_nothing() -> None:
    result = evaluate_system("x", [], [])
    assert result.words.rate == 0.0
    assert pool_counts([]) == ErrorCounts()


def test_json_is_plain_and_complete() -> None:
    greedy = evaluate_system("greedy", REFERENCES, HYPOTHESES, audio_s=8.0, seconds=2.0)
    values = to_json(evaluate_systems([greedy], REFERENCES, VOCABULARY))
    assert json.loads(json.dumps(values)) == values
    assert values == {
        "systems": [
            {
                "name": "greedy",
                "settings": "",
                "wer": 0.5,
                "cer": 6 / 16,
                "words": {
                    "n_reference": 4,
                    "hits": 3,
                    "substitutions": 0,
                    "deletions": 1,
                    "insertions": 1,
                },
                "characters": {
                    "n_reference": 16,
                    "hits": 11,
                    "substitutions": 0,
                    "deletions": 5,
                    "insertions": 1,
                },
                "n_utterances": 3,
                "n_exact": 1,
                "audio_s": 8.0,
                "seconds": 2.0,
                "real_time_factor": 0.25,
            }
        ],
        "unseen_characters": {"e": 1},
        "n_empty_references": 1,
    }
