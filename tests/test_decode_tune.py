"""Tuning: real decodes, never worse than the start, the same with any number of processes."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from decode_material import VOCABULARY, random_emissions, save_toy_lm

from w2vctc.decode import workers
from w2vctc.decode.beam import build_decoder
from w2vctc.decode.engines import Engine
from w2vctc.decode.greedy import greedy_text
from w2vctc.decode.options import DecodingOptions
from w2vctc.decode.tune import Tuning, tune_weights
from w2vctc.decode.weight_search import Trial
from w2vctc.errors import UsageError

REFERENCES = ("ab ba", "ab", "ba ab ba", "", "ab ba ab", "ba")


def make_emissions() -> list[npt.NDArray[np.float32]]:
    return [random_emissions(seed, n_frames=6 + 2 * seed) for seed in range(len(REFERENCES))]


def count_errors(reference: str, hypothesis: str) -> tuple[int, int]:
    """Wrong places, and the difference in length: any count will do for the search."""
    said, heard = reference.split(), hypothesis.split()
    wrong = sum(one != other for one, other in zip(said, heard, strict=False))
    return wrong + abs(len(said) - len(heard)), len(said)


def tune(
    tmp_path: Path, *, n_workers: int = 1, budget: int = 10, engine: Engine = "auto"
) -> Tuning:
    return tune_weights(
        make_emissions(),
        REFERENCES,
        VOCABULARY,
        save_toy_lm(tmp_path),
        count_errors=count_errors,
        start=DecodingOptions(beam_width=20),
        n_workers=n_workers,
        budget=budget,
        engine=engine,
    )


def test_trials_are_true_decodes(tmp_path: Path) -> None:
    tuning = tune(tmp_path)
    for trial in tuning.trials:
        options = DecodingOptions(alpha=trial.alpha, beta=trial.beta, beam_width=20)
        decoder = build_decoder(VOCABULARY, lm=save_toy_lm(tmp_path), options=options)
        counted = [
            count_errors(reference, decoder.decode(emissions).text)
            for reference, emissions in zip(REFERENCES, make_emissions(), strict=True)
        ]
        assert trial.word_errors == sum(errors for errors, _ in counted)
        assert trial.n_words == 10


def test_best_is_never_worse_than_the_start(tmp_path: Path) -> None:
    tuning = tune(tmp_path)
    assert tuning.default == tuning.trials[0]
    assert (tuning.default.alpha, tuning.default.beta) == (0.5, 1.5)
    assert tuning.best.word_errors == min(trial.word_errors for trial in tuning.trials)
    assert tuning.best.word_errors < tuning.default.word_errors  # these data have room
    assert (tuning.alpha, tuning.beta) == (tuning.best.alpha, tuning.best.beta)
    assert len(tuning.trials) <= 10


def test_greedy_is_counted_beside(tmp_path: Path) -> None:
    texts = [greedy_text(emissions, VOCABULARY) for emissions in make_emissions()]
    counted = [count_errors(*pair) for pair in zip(REFERENCES, texts, strict=True)]
    tuning = tune(tmp_path, budget=1)
    assert tuning.greedy_errors == sum(errors for errors, _ in counted)
    assert tuning.greedy_wer == tuning.greedy_errors / 10
    assert tuning.best == tuning.default


@pytest.mark.skipif(not workers.can_fork(), reason="this system cannot fork")
def test_processes_change_nothing_but_the_time(tmp_path: Path) -> None:
    alone, together = tune(tmp_path), tune(tmp_path, n_workers=2)
    assert together.n_workers == 2
    assert together.notes == ()
    assert (together.trials, together.best) == (alone.trials, alone.best)


def test_system_without_fork_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "can_fork", lambda: False)
    tuning = tune(tmp_path, n_workers=4, budget=1, engine="pyctcdecode")
    assert tuning.n_workers == 1
    assert "fork" in tuning.notes[0]


def test_each_decode_is_heard_of_at_once(tmp_path: Path) -> None:
    heard: list[Trial] = []
    tuning = tune_weights(
        make_emissions(),
        REFERENCES,
        VOCABULARY,
        save_toy_lm(tmp_path),
        count_errors=count_errors,
        budget=3,
        on_trial=heard.append,
    )
    assert tuple(heard) == tuning.trials


def test_nothing_to_tune_on_is_refused(tmp_path: Path) -> None:
    lm = save_toy_lm(tmp_path)
    with pytest.raises(UsageError, match="no utterances"):
        tune_weights([], [], VOCABULARY, lm, count_errors=count_errors)
    with pytest.raises(UsageError, match="budget = 0"):
        tune(tmp_path, budget=0)


def test_offset_of_unknown_words_is_searched_with_the_others(tmp_path: Path) -> None:
    plain, tuning = (
        tune(tmp_path),
        tune_weights(
            make_emissions(),
            REFERENCES,
            VOCABULARY,
            save_toy_lm(tmp_path),
            count_errors=count_errors,
            start=DecodingOptions(beam_width=20, unk_score_offset=-5.0),
            budget=30,
            tune_unk=True,
        ),
    )
    assert {trial.unk_score_offset for trial in plain.trials} == {-10.0}
    assert len({trial.unk_score_offset for trial in tuning.trials}) > 2
    for trial in tuning.trials:
        options = DecodingOptions(*trial.weights[:3], beam_width=20)
        decoder = build_decoder(VOCABULARY, lm=save_toy_lm(tmp_path), options=options)
        texts = [decoder.decode(item).text for item in make_emissions()]
        pairs = zip(REFERENCES, texts, strict=True)
        assert trial.word_errors == sum(count_errors(*pair)[0] for pair in pairs)


def test_intervals_hold_what_they_are_of(tmp_path: Path) -> None:
    tuning = tune(tmp_path, budget=24)
    for interval, rate in (
        (tuning.greedy_interval, tuning.greedy_wer),
        (tuning.default_interval, tuning.default.wer),
        (tuning.best_interval, tuning.best.wer),
        (tuning.gain, tuning.default.wer - tuning.best.wer),
    ):
        assert interval.low <= rate <= interval.high
    assert [span.name for span in tuning.plateau] == ["alpha", "beta"]
    for span, here in zip(tuning.plateau, tuning.best.weights[:2], strict=True):
        assert span.low <= here <= span.high
    assert tuning.n_decodes == len(tuning.trials) <= 24
