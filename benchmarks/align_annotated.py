"""How `align`'s times agree with those that a linguist has set in ELAN or Praat.

    python benchmarks/align_annotated.py models/qu FOLDER [--lang qu]

The folder's recordings, in the order of the numbers in their names, are joined to one, and their
annotations, a line each, are laid along it. Printed are the found words that lie within their own
annotation, and how far the first and last word of an annotation are from its ends. Annotations
reach into the pauses round the speech; so the same is printed for the first and last 10 ms in which
the annotation's sound is at most 20 dB below its loudest.
"""

import argparse
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from w2vctc.acoustic.emissions import load_acoustic_model
from w2vctc.align.chain import Tolerance
from w2vctc.cli.aligning.laying import Aligned, AlignOptions, align_recordings
from w2vctc.cli.aligning.tasks import find_tasks
from w2vctc.corpus.corpus import read_corpus
from w2vctc.corpus.formats import ReadOptions
from w2vctc.corpus.utterance import Utterance
from w2vctc.decode.hypothesis import Word
from w2vctc.speech.audio import SAMPLE_RATE, load_audio
from w2vctc.text.normalize import normalize_text
from w2vctc.text.profile import load_profile

_FRAME = SAMPLE_RATE // 100
_BELOW_DB = 20.0
_TOLERANCE_S = 0.1


@dataclass(frozen=True)
class Annotation:
    """A line of the text, where it was annotated, and where its sound is loud."""

    text: str
    start_s: float
    end_s: float
    loud_start_s: float
    loud_end_s: float


def join(folder: Path) -> tuple[NDArray[np.float32], list[Annotation]]:
    """All recordings as one, and their annotations in its seconds."""
    rows = sorted(read_corpus(folder).utterances, key=_in_order)
    sound: list[NDArray[np.float32]] = []
    annotations, offset_s = [], 0.0
    for audio in dict.fromkeys(row.audio for row in rows):
        sound.append(load_audio(audio))
        for row in (row for row in rows if row.audio == audio):
            start_s = offset_s + row.start_s
            length_s = len(sound[-1]) / SAMPLE_RATE
            end_s = offset_s + min(row.end_s or length_s, length_s)
            first, last = _find_loud(row.load())
            text = " ".join(row.text.split())
            annotations.append(
                Annotation(text, start_s, end_s, start_s + first / 100, start_s + last / 100)
            )
        offset_s += len(sound[-1]) / SAMPLE_RATE
    return np.concatenate(sound), annotations


def _in_order(row: Utterance) -> tuple[list[int], str, float]:
    return [int(digits) for digits in re.findall(r"\d+", row.audio.stem)], row.id, row.start_s


def _find_loud(waveform: NDArray[np.float32]) -> tuple[int, int]:
    frames = waveform[: len(waveform) // _FRAME * _FRAME].reshape(-1, _FRAME)
    power = np.square(frames.astype(np.float64)).mean(axis=1)
    loud = np.flatnonzero(power > power.max() * 10 ** (-_BELOW_DB / 10))
    return int(loud[0]), int(loud[-1]) + 1


def share_out(words: Sequence[Word], annotations: Sequence[Annotation]) -> list[list[Word]]:
    """The words that were found of each annotation; what was not found is left out."""
    found = [(piece, word) for word in words for piece in word.text.split()]
    said = [(piece, n) for n, one in enumerate(annotations) for piece in one.text.split()]
    own: list[list[Word]] = [[] for _ in annotations]
    for step in Levenshtein.opcodes([piece for piece, _ in found], [piece for piece, _ in said]):
        if step.tag == "equal":
            places = said[step.dest_start : step.dest_end]
            for (_, word), (_, n) in zip(found[step.src_start : step.src_end], places, strict=True):
                own[n].append(word)
    return own


def show(what: str, errors_s: Sequence[float]) -> None:
    values = 1000 * np.array(errors_s)
    size = np.abs(values)
    print(
        f"{what:24} n {len(size):5}  median {np.median(size):3.0f} ms"
        f"  90 % {np.percentile(size, 90):3.0f} ms  shift {np.median(values):+4.0f} ms"
    )


def main() -> None:
    """Prints one line for each kind of boundary."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--lang", default="qu")
    arguments = parser.parse_args()
    model, profile = load_acoustic_model(arguments.model), load_profile(arguments.lang)
    with tempfile.TemporaryDirectory() as scratch:
        recording, text = Path(scratch, "all.flac"), Path(scratch, "all.txt")
        sound, annotations = join(arguments.folder)
        soundfile.write(recording, sound, SAMPLE_RATE)
        text.write_text("".join(f"{one.text}\n" for one in annotations), encoding="utf-8")
        results = align_recordings(
            find_tasks([recording, text], ReadOptions()),
            model,
            AlignOptions(Tolerance()),
            normalize=lambda line: normalize_text(line, profile),
        )
        (found,) = (one for one in results if isinstance(one, Aligned))
    pairs = [
        (one, own)
        for one, own in zip(
            annotations, share_out(found.transcript.words, annotations), strict=True
        )
        if own
    ]
    n_inside = sum(
        one.start_s - _TOLERANCE_S <= word.start_s and word.end_s <= one.end_s + _TOLERANCE_S
        for one, own in pairs
        for word in own
    )
    n_words = sum(judgement.n_words for judgement in found.judgements)
    n_found = sum(len(own) for _, own in pairs)
    print(f"{len(annotations)} annotations, {len(sound) / SAMPLE_RATE:.0f} s, {n_words} words")
    print(f"found {n_found}, within {_TOLERANCE_S:g} s of their own annotation {n_inside}")
    show("starts of annotations", [own[0].start_s - one.start_s for one, own in pairs])
    show("ends of annotations", [own[-1].end_s - one.end_s for one, own in pairs])
    show("starts of loud sound", [own[0].start_s - one.loud_start_s for one, own in pairs])
    show("ends of loud sound", [own[-1].end_s - one.loud_end_s for one, own in pairs])


if __name__ == "__main__":
    main()
