"""The options that the verbs search with: flags, the language model's weights, engine's limits."""

from pathlib import Path

import pytest

from w2vctc.cli.main import main
from w2vctc.cli.transcribe import search_options
from w2vctc.decode.options import DecodingOptions
from w2vctc.lm.folder import LanguageModelFiles

LM = LanguageModelFiles(Path("lm.arpa"), None, 0.9, 2.5, {})


def test_flags_come_before_the_weights_of_the_folder() -> None:
    assert (search_options(LM).alpha, search_options(LM).beta) == (0.9, 2.5)
    given = search_options(LM, alpha=0.1, beam_width=7)
    assert (given.alpha, given.beta, given.beam_width) == (0.1, 2.5, 7)


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
