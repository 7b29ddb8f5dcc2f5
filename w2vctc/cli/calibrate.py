"""Confidences calibrated on dev: for the best path and for the search, kept in the model folder."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from w2vctc.acoustic.emissions import AcousticModel
    from w2vctc.decode.calibrating import Calibrated, ClipEvidence
    from w2vctc.decode.engines import Engine
    from w2vctc.decode.hypothesis import Hypothesis
    from w2vctc.decode.options import DecodingOptions
    from w2vctc.lm.folder import LanguageModelFiles
    from w2vctc.project import Project
    from w2vctc.vocab import Vocabulary


@dataclass(frozen=True)
class DevConfidence:
    """How sure decoding is of its words on dev; None where dev has too few, or nothing searched."""

    greedy: "Calibrated | None"
    search: "Calibrated | None" = None


def calibrate_project(
    project: "Project",
    model: "AcousticModel",
    *,
    max_minutes: float | None = None,
    n_workers: int = 1,
    skip_bad: bool = False,
    use_cache: bool = True,
    engine: "Engine" = "auto",
    **given: Any,
) -> DevConfidence:
    """Calibrates confidences for decoding as it is, writes them into the model folder.

    given: fields of DecodingOptions that flags ask for. Without a language model it is done for
    the best path alone.
    """
    from w2vctc.cli.dev_sound import hear_dev
    from w2vctc.cli.rows import texts_of
    from w2vctc.cli.transcribe import find_lm, search_options

    lm = find_lm(project, None)
    rows, emissions = hear_dev(
        project, model, lm, max_minutes=max_minutes, skip_bad=skip_bad, use_cache=use_cache
    )
    found = calibrate_on_dev(
        emissions,
        texts_of(rows),
        model.vocabulary,
        lm=lm,
        options=search_options(lm, engine=engine, **given),
        engine=engine,
        n_workers=n_workers,
    )
    keep_calibrations(project, found, lm)
    return found


def calibrate_on_dev(
    emissions: Sequence[Any],
    references: Sequence[str],
    vocabulary: "Vocabulary",
    *,
    lm: "LanguageModelFiles | None" = None,
    options: "DecodingOptions | None" = None,
    engine: "Engine" = "auto",
    n_workers: int = 1,
) -> DevConfidence:
    """The calibrations of the best path and, with a language model, of the search with it."""
    from w2vctc.decode.calibrating import calibrate

    greedy = calibrate(examine_best_paths(emissions, references, vocabulary))
    if lm is None:
        return DevConfidence(greedy)
    searched = examine_search(
        emissions, references, vocabulary, lm, options, engine=engine, n_workers=n_workers
    )
    return DevConfidence(greedy, calibrate(searched))


def keep_calibrations(
    project: "Project", found: DevConfidence, lm: "LanguageModelFiles | None"
) -> None:
    """Writes them where decode looks, and says so; without `lm` the search's stays as it was."""
    from w2vctc.cli.screen import say
    from w2vctc.decode.calibrating import FEWEST_WORDS
    from w2vctc.decode.confidence_file import (
        KeptCalibrations,
        forget_calibrations,
        hash_ngram,
        read_calibrations,
        save_calibrations,
    )

    if found.greedy is None or (lm is not None and found.search is None):
        say(
            "dev has too few words, right or wrong, to calibrate all confidences:"
            f" it takes {FEWEST_WORDS} of each"
        )
    greedy = found.greedy.calibration if found.greedy else None
    if lm is None:
        kept = replace(read_calibrations(project.model), greedy=greedy)
    else:
        search = found.search.calibration if found.search else None
        kept = KeptCalibrations(greedy, search, hash_ngram(lm) if search else "")
    if kept.greedy is None and kept.search is None:
        forget_calibrations(project.model)
        return
    say(f"confidence: saved in {save_calibrations(project.model, kept)}")


def examine_best_paths(
    emissions: Sequence[Any], references: Sequence[str], vocabulary: "Vocabulary"
) -> "list[ClipEvidence]":
    """What is known of the words of each clip, decoded without a search."""
    from w2vctc.decode.calibrating import examine_clip
    from w2vctc.decode.greedy import decode_greedy

    clips = []
    for heard, reference in zip(emissions, references, strict=True):
        found = decode_greedy(heard, vocabulary)
        right = _mark(reference, found)
        clips.append(examine_clip([found], heard, right, vocabulary, searched=False))
    return clips


def examine_search(
    emissions: Sequence[Any],
    references: Sequence[str],
    vocabulary: "Vocabulary",
    lm: "LanguageModelFiles",
    options: "DecodingOptions | None",
    *,
    engine: "Engine" = "auto",
    n_workers: int = 1,
) -> "list[ClipEvidence]":
    """The same of each clip searched, in threads where the compiled search does it."""
    from w2vctc.decode.calibrating import examine_clip
    from w2vctc.decode.confidence import N_READINGS
    from w2vctc.decode.engines import open_decoder

    decoder = open_decoder(vocabulary, lm=lm, options=options, engine=engine)
    known = frozenset(lm.unigrams or ())

    def examine(number: int) -> "ClipEvidence":
        heard = emissions[number]
        readings = decoder.decode_nbest(heard, N_READINGS)
        right = _mark(references[number], readings[0])
        return examine_clip(readings, heard, right, vocabulary, known_words=known)

    numbers = range(len(references))
    if decoder.engine != "fast" or n_workers < 2:
        return [examine(number) for number in numbers]
    with ThreadPoolExecutor(n_workers) as threads:
        return list(threads.map(examine, numbers))


def _mark(reference: str, found: "Hypothesis") -> list[bool]:
    from w2vctc.evaluate.alignment import align_words, list_right_words

    return list_right_words(align_words(reference, found.text))
