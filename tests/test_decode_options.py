"""Decoding options: pyctcdecode's defaults, and no value that a search cannot use."""

import math

import pytest

from w2vctc.decode.options import DecodingOptions
from w2vctc.errors import UsageError


def test_defaults_are_those_of_pyctcdecode() -> None:
    # A folder decoded by transformers has no other choice than these.
    from pyctcdecode import constants

    options = DecodingOptions()
    assert options.alpha == constants.DEFAULT_ALPHA
    assert options.beta == constants.DEFAULT_BETA
    assert options.unk_score_offset == constants.DEFAULT_UNK_LOGP_OFFSET
    assert options.beam_width == constants.DEFAULT_BEAM_WIDTH
    assert options.beam_prune_logp == constants.DEFAULT_PRUNE_LOGP
    assert options.token_min_logp == constants.DEFAULT_MIN_TOKEN_LOGP


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("alpha", math.nan),
        ("alpha", math.inf),
        ("alpha", -0.5),
        ("beta", math.nan),
        ("beta", -math.inf),
        ("unk_score_offset", math.nan),
        ("beam_prune_logp", math.nan),
        ("beam_prune_logp", 1.0),
        ("token_min_logp", math.nan),
        ("token_min_logp", 0.5),
        ("beam_width", 0),
        ("beam_width", -3),
    ],
)
def test_unusable_value_is_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(UsageError) as caught:
        DecodingOptions(**{name: value})  # type: ignore[arg-type]
    assert name in caught.value.message
    assert str(value) in caught.value.message
    assert caught.value.hint
    assert caught.value.exit_code == 2


def test_limits_may_be_switched_off() -> None:
    DecodingOptions(alpha=0.0, beta=-7.5, beam_prune_logp=-math.inf, token_min_logp=-math.inf)
