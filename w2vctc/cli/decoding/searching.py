"""How emissions become readings: the best path, or a search with what there is for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from w2vctc.cli.decoding.request import Request
from w2vctc.cli.screen import say
from w2vctc.cli.transcribe import open_search
from w2vctc.decode.confidence import Calibration, add_confidence, confident_search
from w2vctc.decode.confidence_file import choose_calibration, read_calibrations
from w2vctc.decode.greedy import decode_greedy
from w2vctc.decode.hypothesis import Hypothesis
from w2vctc.decode.options import describe_options
from w2vctc.decode.tracks import Find

if TYPE_CHECKING:
    from w2vctc.acoustic.emissions import AcousticModel
    from w2vctc.decode.engines import Decoder


@dataclass(frozen=True)
class Searching:
    """Emissions to readings; `n_threads` may do so at once. decoder: None for the best path."""

    find: Find
    decoder: "Decoder | None"
    n_threads: int


def open_searching(model: "AcousticModel", request: Request) -> Searching:
    """The best path, or the search that flags and folders ask for; said on stderr."""
    kept = read_calibrations(model.folder)
    calibration, remark = choose_calibration(kept, None if request.greedy else request.lm)
    if request.confident and remark:
        say(remark)
    if request.greedy:
        return Searching(_best_path(model, request, calibration), None, 1)
    decoder = open_search(
        model, request.lm, request.options, fallback=request.fallback, engine=request.engine
    )
    say(describe_options(decoder.options))
    # pyctcdecode is Python, of which only one thread runs at a time
    n_threads = request.jobs if decoder.engine == "fast" else 1
    return Searching(_search(decoder, request, calibration), decoder, n_threads)


def _best_path(model: "AcousticModel", request: Request, calibration: Calibration | None) -> Find:
    def find(
        emissions: NDArray[np.float32],
        *,
        start_state: Any = None,  # noqa: ARG001 - there is no state to start from
    ) -> Sequence[Hypothesis]:
        found = decode_greedy(emissions, model.vocabulary)
        if request.confident:
            found = add_confidence(found, emissions, model.vocabulary, calibration)
        return (found,)

    return find


def _search(decoder: "Decoder", request: Request, calibration: Calibration | None) -> Find:
    if request.confident:
        return confident_search(
            decoder.decode_nbest,
            decoder.vocabulary,
            calibration,
            n=request.n_best,
            known_words=frozenset(request.lm.unigrams or ()) if request.lm else frozenset(),
        )

    def find(emissions: NDArray[np.float32], *, start_state: Any = None) -> Sequence[Hypothesis]:
        return decoder.decode_nbest(emissions, request.n_best, start_state=start_state)

    return find
