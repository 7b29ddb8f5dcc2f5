"""Made-up sentences, an n-gram of them, and noisy emissions: a recogniser that is often unsure."""

import random
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from w2vctc.lm.arpa import write_arpa
from w2vctc.lm.estimate import estimate_ngrams
from w2vctc.lm.folder import LanguageModelFiles, find_language_model
from w2vctc.vocab import Vocabulary

LETTERS = "abdeiklmnorstu'"
VOCABULARY = Vocabulary(("<pad>", "<unk>", "|", *LETTERS))
_SYLLABLES = ("ba", "de", "ki", "lo", "mu", "na", "ri", "sto", "tan", "el", "un", "d'")


@cache
def make_sentences(n: int, *, seed: int = 7) -> tuple[str, ...]:
    """Sentences of two to seven words, each word tending to follow certain others."""
    choose = random.Random(seed)
    words = [
        "".join(choose.choices(_SYLLABLES, k=choose.choice((1, 1, 2, 2, 3, 4)))) for _ in range(120)
    ]
    followers = {word: choose.sample(words, 4) for word in words}

    def walk() -> str:
        line = [choose.choice(words)]
        while len(line) < 2 or choose.random() < 0.75:
            line.append(choose.choice(followers[line[-1]]))
        return " ".join(line[:7])

    return tuple(walk() for _ in range(n))


def save_lm(folder: Path, *, order: int = 3, pruning: tuple[int, ...] = ()) -> LanguageModelFiles:
    """An n-gram of 600 of the sentences as an ARPA file."""
    path = folder / f"lm{order}.arpa"
    write_arpa(estimate_ngrams(make_sentences(600), order=order, pruning=pruning), path)
    return find_language_model(path)


def speak(
    text: str, *, seed: int, noise: float = 1.0, vocabulary: Vocabulary = VOCABULARY
) -> npt.NDArray[np.float32]:
    """Log-probabilities of an utterance in which one label in six sounds more like another."""
    draw = np.random.default_rng(seed)
    frames: list[int] = []
    for label in vocabulary.encode(text):
        frames += [label] * draw.integers(1, 3) + [vocabulary.blank_id] * draw.integers(1, 4)
    logits = draw.normal(0, noise, (len(frames), len(vocabulary.labels)))
    logits[:, vocabulary.blank_id] += 1.5
    for frame, label in enumerate(frames):
        logits[frame, label] += draw.normal(5, 1.5)
        if draw.random() < 1 / 6:
            logits[frame, draw.integers(0, logits.shape[1])] += draw.normal(5, 1.5)
    normalized = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return np.asarray(normalized, dtype=np.float32)
