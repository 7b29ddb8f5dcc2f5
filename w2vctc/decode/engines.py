"""Which engine decodes: the compiled search where it can, pyctcdecode where it must."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

import numpy.typing as npt

from w2vctc.decode.beam import build_decoder
from w2vctc.decode.hypothesis import Hypothesis
from w2vctc.decode.options import DecodingOptions
from w2vctc.errors import MachineError, ModelError, UsageError
from w2vctc.lm.folder import LanguageModelFiles
from w2vctc.lm.loading import is_binary
from w2vctc.lm.table import GAPS
from w2vctc.vocab import Vocabulary

Engine = Literal["auto", "fast", "pyctcdecode"]
ENGINES: tuple[Engine, ...] = get_args(Engine)


class Decoder(Protocol):
    """What both engines are; see `decode.beam.BeamDecoder` for the methods.

    engine: "fast" or "pyctcdecode"; of the fast one several threads may decode at once.
    """

    vocabulary: Vocabulary
    options: DecodingOptions
    warnings: tuple[str, ...]

    @property
    def engine(self) -> str: ...

    def decode(self, emissions: npt.NDArray[Any], *, start_state: Any = None) -> Hypothesis: ...

    def decode_nbest(
        self, emissions: npt.NDArray[Any], n: int, *, start_state: Any = None
    ) -> tuple[Hypothesis, ...]: ...

    def set_weights(self, *, alpha: float, beta: float) -> None: ...


def open_decoder(
    vocabulary: Vocabulary,
    *,
    lm: LanguageModelFiles | None = None,
    options: DecodingOptions | None = None,
    fallback: DecodingOptions | None = None,
    engine: Engine = "auto",
    on_news: Callable[[str], None] | None = None,
) -> Decoder:
    """A decoder of the engine asked for; "auto" is the compiled one unless that cannot be.

    fallback: the options where "auto" has to take pyctcdecode, which knows fewer of them and has
    no time for labels as unlikely; else `options`. `on_news` hears which engine it is, down to
    which label it searches and why, and what takes a while the first time. Both give the same
    hypotheses. Raises UsageError for an engine that there is not, ModelError and
    MachineError as `build_decoder` does, and where "fast" is asked for and cannot be.
    """
    if engine not in ENGINES:
        raise UsageError(f"no decoding engine {engine!r}", hint=f"choose {', '.join(ENGINES)}")
    tell = on_news or (lambda _news: None)
    reason = "" if engine == "pyctcdecode" else _obstacle(vocabulary, lm)
    if engine == "fast" and reason:
        raise MachineError(
            f"the fast engine cannot decode here: {reason}",
            hint="decode with --engine pyctcdecode",
            code="E_ENGINE",
        )
    if engine != "pyctcdecode" and not reason:
        try:
            return _open_fast(vocabulary, lm, options, tell)
        except ModelError as error:
            if engine == "fast" or error.code != GAPS:
                raise
            reason = error.message
    options = (fallback if reason and fallback else options) or DecodingOptions()
    limit = f"decoding with pyctcdecode, labels down to {options.token_min_logp:g}"
    tell(limit + (f": {reason}" if reason else ""))
    return build_decoder(vocabulary, lm=lm, options=options)


def _open_fast(
    vocabulary: Vocabulary,
    lm: LanguageModelFiles | None,
    options: DecodingOptions | None,
    tell: Callable[[str], None],
) -> Decoder:
    from w2vctc.decode.fast.decoder import build_fast_decoder

    decoder = build_fast_decoder(vocabulary, lm=lm, options=options, on_news=tell)
    tell("decoding with the fast engine")
    return decoder


def _obstacle(vocabulary: Vocabulary, lm: LanguageModelFiles | None) -> str:
    """What keeps the compiled search from decoding, "" where nothing does."""
    if find_spec("numba") is None:
        return "numba is not installed"
    for label in vocabulary.labels:
        if any(sign.isspace() for sign in label) and label != vocabulary.word_delimiter:
            return f"the label {label!r} holds a space"
    if lm is not None and _is_binary(lm.ngram):
        return f"{lm.ngram} is a KenLM binary, which only kenlm reads"
    return ""


def _is_binary(path: Path) -> bool:
    try:
        return is_binary(path)
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}", hint="check the path", code="E_LM") from error
