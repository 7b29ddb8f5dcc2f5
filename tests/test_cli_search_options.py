"""The options that the verbs search with: flags, the language model's settings, engine's limits."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from w2vctc.cli.main import main
from w2vctc.cli.transcribe import search_options
from w2vctc.decode.options import DecodingOptions
from w2vctc.errors import UsageError
from w2vctc.lm.folder import LanguageModelFiles
from w2vctc.lm.settings import SearchSettings, Way

LM = LanguageModelFiles(Path("lm.arpa"), None, 0.9, 2.5, {})


def test_flags_come_before_the_weights_of_the_folder() -> None:
    assert (search_options(LM).alpha, search_options(LM).beta) == (0.9, 2.5)
    given = search_options(LM, alpha=0.1, beam_width=7)
    assert (given.alpha, given.beta, given.beam_width) == (0.1, 2.5, 7)


LETTERS = SearchSettings(0.75, 2.0, 3.0, oov_order=6, oov_weight=0.5)
CLOSED = SearchSettings(1.0, 4.0, vocabulary="closed")


def with_tuned(tuned: SearchSettings) -> LanguageModelFiles:
    return replace(LM, unk_score_offset=-6.0, tuned=tuned)


def test_what_dev_decided_holds_without_a_flag() -> None:
    options = search_options(with_tuned(LETTERS))
    assert options.settings == LETTERS
    options = search_options(with_tuned(CLOSED))
    assert (options.alpha, options.beta, options.way) == (1.0, 4.0, Way("closed"))


def test_pyctcdecode_gets_what_was_tuned_without_letters() -> None:
    options = search_options(with_tuned(LETTERS), engine="pyctcdecode")
    assert options == DecodingOptions(alpha=0.9, beta=2.5, unk_score_offset=-6.0)


@pytest.mark.parametrize(
    ("tuned", "flags", "way", "weights"),
    [
        (LETTERS, {"oov_order": 4}, Way("open", 4), (0.75, 2.0, 3.0)),
        (LETTERS, {"oov_order": 0}, Way(), (0.9, 2.5, -6.0)),
        (LETTERS, {"vocabulary": "open"}, Way("open", 6), (0.75, 2.0, 3.0)),
        (LETTERS, {"vocabulary": "closed"}, Way("closed"), (0.9, 2.5, -6.0)),
        (LETTERS, {"unk_score_offset": 1.0}, Way("open", 6), (0.75, 2.0, 1.0)),
        (CLOSED, {"vocabulary": "open"}, Way(), (0.9, 2.5, -6.0)),
        (CLOSED, {"oov_order": 5}, Way("open", 5), (0.9, 2.5, 0.0)),
        (CLOSED, {"oov_order": 0}, Way("closed"), (1.0, 4.0, -10.0)),
    ],
)
def test_weights_stay_with_the_way_that_they_were_tuned_for(
    tuned: SearchSettings,
    flags: dict[str, Any],
    way: Way,
    weights: tuple[float, float, float],
) -> None:
    options = search_options(with_tuned(tuned), **flags)
    assert options.way == way
    assert (options.alpha, options.beta, options.unk_score_offset) == weights


def test_there_are_two_kinds_of_vocabulary() -> None:
    with pytest.raises(UsageError, match="no vocabulary 'ajar'") as caught:
        search_options(LM, vocabulary="ajar")
    assert "open, closed" in caught.value.hint


def test_verbs_try_less_likely_labels_than_pyctcdecode_does_by_itself() -> None:
    assert search_options(None).token_min_logp == -8.0
    assert search_options(None, engine="fast").token_min_logp == -8.0
    assert search_options(None, engine="pyctcdecode") == DecodingOptions()
    assert search_options(None, token_min_logp=-5.0) == DecodingOptions()
    both = search_options(None, token_min_logp=-6.5, engine="pyctcdecode")
    assert both.token_min_logp == -6.5


def test_limit_above_zero_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decode", "x.wav", "--token-min-logp", "0.5"]) == 2
    assert "--token-min-logp" in capsys.readouterr().err
