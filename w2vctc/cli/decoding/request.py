"""What is asked of `w2vctc decode`: how to listen, how to search."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from w2vctc.speech.survey import SurveyOptions

if TYPE_CHECKING:
    from w2vctc.decode.engines import Engine
    from w2vctc.decode.options import DecodingOptions
    from w2vctc.lm.folder import LanguageModelFiles


@dataclass(frozen=True)
class Hearing:
    """How recordings are gone through.

    speakers: names for the channels where each is a speaker of its own; beyond them they are
    numbered.
    """

    survey: SurveyOptions = SurveyOptions()  # noqa: RUF009 - frozen
    speakers: tuple[str, ...] = ()
    n_jobs: int = 1  # processes that look through recordings beforehand


@dataclass(frozen=True)
class Request:
    """How emissions are to be searched: with what language model, options and engine.

    fallback: the options where pyctcdecode has to search. n_best: readings of each passage.
    confident: each word with its confidence. jobs: threads that search.
    """

    lm: "LanguageModelFiles | None"
    options: "DecodingOptions"
    greedy: bool
    fallback: "DecodingOptions | None" = None
    engine: "Engine" = "auto"
    n_best: int = 1
    confident: bool = False
    jobs: int = 1
