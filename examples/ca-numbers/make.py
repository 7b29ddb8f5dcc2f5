"""Makes the example again: sentences, voices, audio and the three tables.

    python examples/ca-numbers/make.py            needs espeak-ng 1.51 for the very same audio

A seed fixes everything but the synthesizer's version. The sentences of dev and test occur in no
other split; neither do their voices. Their words do: a sentence with a word that training never
heard twice is drawn again.
"""

import argparse
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random

from ogg import save_opus
from phrases import make_phrase, read_aloud, write_phrase
from voices import SAMPLE_RATE, VOICES, synthesize

SEED = 2026
SIZES = {"train": 840, "dev": 100, "test": 120}
SPEEDS_WPM = (130, 170)
PITCH_SPREAD = 9
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Clip:
    """What one file says and how: `path` is relative to the folder, with `/`."""

    path: str
    text: str
    speaker: str
    speed_wpm: int
    pitch: int


def plan_clips(seed: int = SEED) -> dict[str, list[Clip]]:
    """The clips of each split; the same seed gives the same clips on every machine."""
    rng = Random(seed)
    taken: set[str] = set()
    heard: Counter[str] | None = None
    plan = {}
    for split, size in SIZES.items():
        phrases = [_draw_phrase(rng, taken, heard) for _ in range(size)]
        if heard is None:
            heard = Counter(word for phrase in phrases for word in _words(phrase))
        plan[split] = [_plan_clip(split, i, phrase, rng) for i, phrase in enumerate(phrases)]
    return plan


def _draw_phrase(rng: Random, taken: set[str], heard: Counter[str] | None) -> str:
    """A phrase not yet in `taken` (which it joins), of words that were `heard` at least twice."""
    while True:
        phrase = make_phrase(rng)
        words = _words(phrase)
        known = heard is None or all(heard[word] > 1 for word in words)
        if known and " ".join(words) not in taken:
            taken.add(" ".join(words))
            return phrase


def _words(phrase: str) -> list[str]:
    return re.sub(r"[,?]", "", phrase).split()


def _plan_clip(split: str, index: int, phrase: str, rng: Random) -> Clip:
    speakers = list(VOICES[split])
    speaker = speakers[index % len(speakers)]
    return Clip(
        path=f"audio/{split}/{index + 1:03}-{speaker.lower()}.opus",
        text=write_phrase(phrase, rng),
        speaker=speaker,
        speed_wpm=rng.randint(*SPEEDS_WPM),
        pitch=VOICES[split][speaker] + rng.randint(-PITCH_SPREAD, PITCH_SPREAD),
    )


def save_clip(clip: Clip, folder: Path) -> float:
    """Writes one clip under `folder` and returns its duration in seconds."""
    waveform = synthesize(
        read_aloud(clip.text), voice=clip.speaker, speed_wpm=clip.speed_wpm, pitch=clip.pitch
    )
    save_opus(folder / clip.path, waveform, sample_rate=SAMPLE_RATE)
    return len(waveform) / SAMPLE_RATE


def save_split(split: str, clips: list[Clip], folder: Path, *, n_workers: int = 2) -> float:
    """Writes a split's audio and its table `<split>.tsv`; returns its duration in seconds."""
    with ThreadPoolExecutor(n_workers) as pool:
        durations_s = list(pool.map(lambda clip: save_clip(clip, folder), clips))
    rows = [
        f"{clip.path}\t{clip.text}\t{duration_s:.3f}\t{clip.speaker}"
        for clip, duration_s in zip(clips, durations_s, strict=True)
    ]
    table = "\n".join(["path\ttext\tduration_s\tspeaker", *rows]) + "\n"
    (folder / f"{split}.tsv").write_text(table, encoding="utf-8", newline="\n")
    return sum(durations_s)


def main() -> None:
    """Makes the whole set and prints each split's size."""
    parser = argparse.ArgumentParser(description="make the Catalan numbers example")
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write to")
    parser.add_argument("--seed", type=int, default=SEED)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for split, clips in plan_clips(arguments.seed).items():
        duration_s = save_split(split, clips, arguments.out)
        print(f"{split}: {len(clips)} clips, {duration_s / 60:.1f} minutes")


if __name__ == "__main__":
    main()
