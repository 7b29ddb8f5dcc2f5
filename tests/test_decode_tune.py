"""Tuning: real decodes, never worse than the start, the same with any number of processes."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from decode_material import VOCABULARY, random_emissions, save_toy_lm, spell_frames

from w2vctc.decode import workers
from w2vctc.decode.beam import build_decoder
from w2vctc.decode.engines import Engine, open_decoder
from w2vctc.decode.greedy import greedy_text
from w2vctc.decode.options import DecodingOptions
from w2vctc.decode.tune import Tuning, tune_weights
from w2vctc.decode.weight_search import Trial
from w2vctc.errors import UsageError
from w2vctc.lm.settings import PLAIN, Way

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


WAYS = (PLAIN, Way("closed"), Way("open", 2), Way("open", 3))
N_MANY = 120
WORDS = ("ab", "ba", "aab", "bab")  # the n-gram knows the first two


def tune_ways(tmp_path: Path, *, n_workers: int = 1, budget: int = 24) -> Tuning:
    """Tuned on made-up speech, clear enough to be heard, half of whose words are unknown."""
    draw = np.random.default_rng(5)
    said = [" ".join(draw.choice(WORDS, 3)) for _ in range(N_MANY)]
    return tune_weights(
        [hear_noisily(text, seed) for seed, text in enumerate(said)],
        said,
        VOCABULARY,
        save_toy_lm(tmp_path),
        count_errors=count_errors,
        start=DecodingOptions(beam_width=20),
        n_workers=n_workers,
        budget=budget,
        tune_unk=True,
        ways=WAYS,
    )


def hear_noisily(text: str, seed: int) -> npt.NDArray[np.float32]:
    frames = "".join(f"{sign}_" for sign in text.replace(" ", "|"))
    noise = random_emissions(seed, n_frames=len(frames))
    mixed = np.logaddexp(spell_frames(frames, peak=0.97), noise)
    return np.asarray(mixed, np.float32)


def test_each_way_is_a_true_decode_with_all_its_settings(tmp_path: Path) -> None:
    tuning = tune_ways(tmp_path, budget=12)
    lm = save_toy_lm(tmp_path)
    draw = np.random.default_rng(5)
    said = [" ".join(draw.choice(WORDS, 3)) for _ in range(N_MANY)]
    assert {trial.way.kind for trial in tuning.ways} == {"open", "closed", "letters"}
    for trial in (trial for trial in tuning.ways if trial.share == 1):
        options = DecodingOptions(
            *trial.weights[:3],
            vocabulary=trial.way.vocabulary,
            oov_order=trial.way.oov_order,
            beam_width=20,
        )
        decoder = open_decoder(VOCABULARY, lm=lm, options=options)
        texts = [decoder.decode(hear_noisily(text, seed)).text for seed, text in enumerate(said)]
        pairs = zip(said, texts, strict=True)
        assert trial.word_errors == sum(count_errors(*pair)[0] for pair in pairs)


def test_another_way_is_taken_where_dev_is_sure_of_it(tmp_path: Path) -> None:
    tuning = tune_ways(tmp_path)
    assert tuning.default.way == PLAIN
    assert tuning.plain is not None
    assert tuning.plain.word_errors <= tuning.default.word_errors
    assert tuning.way_gain is not None
    assert (tuning.best.way != PLAIN) == (tuning.way_gain.low > 0)
    assert tuning.best.way.kind == "letters"  # half of the words are unknown
    assert tuning.options.way == tuning.best.way
    assert tuning.best.word_errors < tuning.plain.word_errors
    assert tuning.n_decodes <= 24


def test_ways_do_not_depend_on_the_number_of_workers(tmp_path: Path) -> None:
    alone, together = tune_ways(tmp_path, budget=12), tune_ways(tmp_path, n_workers=3, budget=12)
    assert together.trials == alone.trials
    assert (together.best, together.ways) == (alone.best, alone.ways)


def test_simplest_way_stays_where_chance_may_do_as_much(tmp_path: Path) -> None:
    tuning = tune_weights(
        make_emissions(),
        REFERENCES,
        VOCABULARY,
        save_toy_lm(tmp_path),
        count_errors=count_errors,
        start=DecodingOptions(beam_width=20),
        budget=24,
        ways=(PLAIN, Way("closed")),
    )
    assert tuning.way_gain is not None  # six utterances cannot be sure of anything
    assert tuning.best.way == PLAIN


def test_closed_vocabulary_alone_is_tuned_in_alpha_and_beta(tmp_path: Path) -> None:
    tuning = tune_weights(
        make_emissions(),
        REFERENCES,
        VOCABULARY,
        save_toy_lm(tmp_path),
        count_errors=count_errors,
        start=DecodingOptions(beam_width=20, vocabulary="closed"),
        budget=12,
        tune_unk=True,
    )
    assert {trial.way.name for trial in tuning.trials} == {"closed"}
    assert {trial.unk_score_offset for trial in tuning.trials} == {-10.0}
    assert (tuning.plain, tuning.way_gain) == (None, None)
    assert [span.name for span in tuning.plateau] == ["alpha", "beta"]
