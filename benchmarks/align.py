"""How far `align`'s word boundaries are from those of the synthesizer that spoke the words.

    python benchmarks/align.py models/ca [--split test] [--minutes 10] [--out FOLDER]

The sentences of examples/ca-numbers, spoken by espeak-ng's library in the voices of one split, with
its own word events as the truth, one after the other with pauses of 0.1 to 0.6 s. Needs the shared
library libespeak-ng.so.1 (Debian: espeak-ng). With --out the recording, its text and the true times
stay there.
"""

import argparse
import ctypes
import json
import random
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from w2vctc.acoustic.emissions import load_acoustic_model
from w2vctc.align.chain import Tolerance
from w2vctc.cli.aligning.laying import Aligned, AlignOptions, align_recordings
from w2vctc.cli.aligning.tasks import find_tasks
from w2vctc.corpus.formats import ReadOptions
from w2vctc.decode.hypothesis import Word
from w2vctc.text.normalize import normalize_text
from w2vctc.text.profile import load_profile

EXAMPLE = Path(__file__).parent.parent / "examples" / "ca-numbers"
SAMPLE_RATE = 16_000
_SILENCE = 0.008  # of the peak
_LIST_END, _WORD = 0, 1  # espeak_EVENT_TYPE
_RATE, _PITCH = 1, 3  # espeak_PARAMETER
_SYNCHRONOUS, _UTF8 = 2, 1


class _Event(ctypes.Structure):
    """espeak_EVENT of espeak-ng's speak_lib.h."""

    _fields_ = [
        ("type", ctypes.c_int),
        ("identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    ]


@dataclass(frozen=True)
class Phrase:
    """A sentence in the recording: its text, when it sounds, and where its words begin.

    words: the number of the word, from 0 on, and its second.
    """

    text: str
    start_s: float
    end_s: float
    words: tuple[tuple[int, float], ...]


class Speaker:
    """espeak-ng's library with the words' events."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL("libespeak-ng.so.1")
        self.rate = int(self._library.espeak_Initialize(_SYNCHRONOUS, 0, None, 0))
        kind = ctypes.CFUNCTYPE(
            ctypes.c_int,
            ctypes.POINTER(ctypes.c_short),
            ctypes.c_int,
            ctypes.POINTER(_Event),
        )
        self._callback = kind(self._hear)
        self._library.espeak_SetSynthCallback(self._callback)
        self._blocks: list[NDArray[np.int16]] = []
        self._events: list[tuple[int, int]] = []

    def say(self, clip: Any, text: str) -> tuple[NDArray[np.float64], list[tuple[int, int]]]:
        """The samples, and (place in the text, sample) of each word."""
        self._blocks, self._events = [], []
        self._library.espeak_SetVoiceByName(f"ca+{clip.speaker}".encode())
        self._library.espeak_SetParameter(_RATE, clip.speed_wpm, 0)
        self._library.espeak_SetParameter(_PITCH, clip.pitch, 0)
        spoken = text.encode()
        self._library.espeak_Synth(spoken, len(spoken) + 1, 0, 1, 0, _UTF8, None, None)
        samples = np.concatenate(self._blocks).astype(np.float64)
        return samples / np.abs(samples).max(), self._events

    def _hear(self, samples: Any, n_samples: int, events: Any) -> int:
        if n_samples > 0:
            self._blocks.append(np.ctypeslib.as_array(samples, (n_samples,)).copy())
        n = 0
        while events[n].type != _LIST_END:
            if events[n].type == _WORD:
                self._events.append((events[n].text_position - 1, events[n].sample))
            n += 1
        return 0


def speak(split: str, minutes: float) -> tuple[NDArray[np.float64], list[Phrase]]:
    """A recording at 16 kHz and its phrases; the same each time with the same espeak-ng."""
    sys.path.insert(0, str(EXAMPLE))
    from make import plan_clips
    from phrases import read_aloud

    speaker, chance = Speaker(), random.Random(1)
    clips = plan_clips()[split]
    chance.shuffle(clips)
    pieces: list[NDArray[np.float64]] = []
    phrases: list[Phrase] = []
    at = 0
    while at < minutes * 60 * speaker.rate:
        clip = clips[len(phrases) % len(clips)]
        pause = np.zeros(int(speaker.rate * chance.uniform(0.1, 0.6)))
        samples, events = speaker.say(clip, read_aloud(clip.text))
        loud = np.flatnonzero(np.abs(samples) > _SILENCE)
        at += len(pause)
        phrases.append(_note(clip.text, at, loud, events, speaker.rate))
        pieces += [pause, 0.6 * samples[: loud[-1] + 1]]
        at += int(loud[-1]) + 1
    recording = soxr.resample(np.concatenate(pieces), speaker.rate, SAMPLE_RATE)
    return recording + np.random.default_rng(0).normal(0, 1e-4, len(recording)), phrases


def _note(
    text: str, at: int, loud: NDArray[np.int64], events: list[tuple[int, int]], rate: int
) -> Phrase:
    """Of a word that espeak-ng speaks in parts (vint-i-dos) the first part's event counts."""
    starts = [n for n, sign in enumerate(text) if sign != " " and text[n - 1 : n] in ("", " ")]
    words: dict[int, float] = {}
    for place, sample in events:
        number = max(sum(start <= place for start in starts) - 1, 0)
        words.setdefault(number, (at + sample) / rate)
    return Phrase(text, (at + loud[0]) / rate, (at + loud[-1] + 1) / rate, tuple(words.items()))


def measure(words: tuple[Word, ...], phrases: list[Phrase]) -> dict[str, list[float]]:
    """Errors in seconds of each kind of boundary; every word must have been found."""
    errors: dict[str, list[float]] = {
        kind: [] for kind in ("phrase starts", "phrase ends", "word starts", "word ends")
    }
    first = 0
    for phrase in phrases:
        own = words[first : first + len(phrase.text.split())]
        assert " ".join(word.text for word in own) == phrase.text, "a word was not found"
        errors["phrase starts"].append(own[0].start_s - phrase.start_s)
        errors["phrase ends"].append(own[-1].end_s - phrase.end_s)
        for number, start_s in phrase.words:
            if number:
                errors["word starts"].append(own[number].start_s - start_s)
                errors["word ends"].append(own[number - 1].end_s - start_s)
        first += len(own)
    return errors


def main() -> None:
    """Prints one line for each kind of boundary."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--split", default="test")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.out or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        recording, phrases = speak(arguments.split, arguments.minutes)
        soundfile.write(folder / "numbers.flac", recording, SAMPLE_RATE)
        text = "".join(f"{phrase.text}\n" for phrase in phrases)
        (folder / "numbers.txt").write_text(text, encoding="utf-8")
        truth = json.dumps([vars(phrase) for phrase in phrases], ensure_ascii=False)
        (folder / "truth.json").write_text(truth, encoding="utf-8")
        tasks = find_tasks([folder / "numbers.flac", folder / "numbers.txt"], ReadOptions())
        model, profile = load_acoustic_model(arguments.model), load_profile("ca")
        results = align_recordings(
            tasks,
            model,
            AlignOptions(Tolerance()),
            normalize=lambda line: normalize_text(line, profile),
        )
        (found,) = (one for one in results if isinstance(one, Aligned))
    errors = measure(found.transcript.words, phrases)
    for kind, values in [*errors.items(), ("all", [e for one in errors.values() for e in one])]:
        size = np.abs(values) * 1000
        print(
            f"{kind:13} n {len(size):5}  median {np.median(size):3.0f} ms"
            f"  90 % {np.percentile(size, 90):3.0f} ms  shift {np.median(values) * 1000:+3.0f} ms"
        )


if __name__ == "__main__":
    main()
