"""What the benchmarks of decoding work on: recordings as a model hears them, and an n-gram.

Either simulated recordings of the lines of a text (--text), or real ones of a file (--emissions)
with the n-gram that belongs to them (--lm). Such a file is an .npz with the arrays `0`, `1`, ...
(n_frames, n_labels) of log-probabilities, and `labels` and `references` as text;
benchmarks/save_emissions.py makes one of a project.
"""

import argparse
import random
import resource
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from w2vctc.evaluate.counts import count_word_errors
from w2vctc.lm.arpa import write_arpa
from w2vctc.lm.estimate import estimate_ngrams
from w2vctc.lm.folder import LanguageModelFiles, find_language_model
from w2vctc.lm.text import clean_sentences, read_text_files
from w2vctc.text.normalize import normalize_text
from w2vctc.text.profile import load_profile
from w2vctc.vocab import Vocabulary

FRAMES_PER_SECOND = 50
CONFUSED = 1 / 7
"""How often another label is as loud as the one that was said."""
HELD_OUT = 1 / 10
"""The share of a text that is spoken; the n-gram is made of the rest."""


class Material(NamedTuple):
    vocabulary: Vocabulary
    lm: LanguageModelFiles
    references: Sequence[str]
    emissions: Sequence[Any]

    @property
    def audio_s(self) -> float:
        return sum(map(len, self.emissions)) / FRAMES_PER_SECOND

    @property
    def n_words(self) -> int:
        return sum(len(reference.split()) for reference in self.references)

    def half(self, first: int) -> "Material":
        """Every other recording."""
        return self._replace(
            references=self.references[first::2], emissions=self.emissions[first::2]
        )

    def describe(self) -> str:
        words = [word for reference in self.references for word in reference.split()]
        known = frozenset(self.lm.unigrams or ())
        unknown = sum(word not in known for word in words) / len(words)
        return (
            f"{len(self.emissions)} utterances, {self.audio_s:.0f} s, {len(words)} words,"
            f" {unknown:.1%} of them unknown to the n-gram"
        )


def add_arguments(parser: argparse.ArgumentParser, *, order: int, utterances: int) -> None:
    parser.add_argument("--text", type=Path, nargs="+", help="files or folders of lines to speak")
    parser.add_argument("--lang", help="normalize the lines as in this language")
    parser.add_argument("--lm", type=Path)
    parser.add_argument("--emissions", type=Path)
    parser.add_argument("--order", type=int, default=order, help="of the n-gram of --text")
    parser.add_argument("--utterances", type=int, default=utterances, help="of --text")
    parser.add_argument("--confused", type=float, default=CONFUSED, help="share of frames")
    parser.add_argument(
        "--known-words", action="store_true", help="speak only lines whose words the n-gram knows"
    )


def locate(arguments: argparse.Namespace, folder: Path) -> tuple[Path, Path]:
    """The n-gram and the .npz that the arguments name, made in `folder` where they name a text."""
    if arguments.text:
        lines = read_lines(arguments.text, lang=arguments.lang)
        return simulate(
            lines,
            folder,
            order=arguments.order,
            n_utterances=arguments.utterances,
            confused=arguments.confused,
            known_words=arguments.known_words,
        )
    if not (arguments.lm and arguments.emissions):
        sys.exit("name a --text, or an --lm and its --emissions")
    return arguments.lm, arguments.emissions


def open_material(lm: Path, emissions: Path) -> Material:
    vocabulary, references, arrays = read_emissions(emissions)
    return Material(vocabulary, find_language_model(lm), references, arrays)


def read_lines(paths: Iterable[Path], *, lang: str | None) -> list[str]:
    """The different lines of the files, in their order, normalized where a language is named."""
    if lang is None:
        plain = (" ".join(line.split()) for line in read_text_files(paths))
        return list(dict.fromkeys(line for line in plain if line))
    profile = load_profile(lang)
    letters = frozenset("".join((*profile.letters, *profile.word_signs, " ")))
    lines = clean_sentences(read_text_files(paths), lambda line: normalize_text(line, profile))
    return list(dict.fromkeys(line for line in lines if letters.issuperset(line)))


def simulate(
    lines: Sequence[str],
    folder: Path,
    *,
    order: int,
    n_utterances: int,
    confused: float = CONFUSED,
    known_words: bool = False,
) -> tuple[Path, Path]:
    """An n-gram of nine tenths of the lines, and recordings of some of the others."""
    lines = list(lines)
    random.Random(1).shuffle(lines)
    n_held_out = int(len(lines) * HELD_OUT)
    held_out, learned = lines[:n_held_out], lines[n_held_out:]
    write_arpa(estimate_ngrams(learned, order=order), folder / "lm.arpa")
    vocabulary = Vocabulary(("<pad>", "<unk>", "|", *sorted(set("".join(lines)) - {" "})))
    chosen = [line for line in held_out if 15 < len(line) < 120]
    if known_words:
        known = frozenset(word for line in learned for word in line.split())
        chosen = [line for line in chosen if known.issuperset(line.split())]
    chosen = chosen[:n_utterances]
    draw = np.random.default_rng(2)
    spoken = [speak(line, vocabulary, draw, confused=confused) for line in chosen]
    save_emissions(folder / "emissions.npz", vocabulary.labels, chosen, spoken)
    return folder / "lm.arpa", folder / "emissions.npz"


def speak(
    text: str, vocabulary: Vocabulary, draw: np.random.Generator, *, confused: float = CONFUSED
) -> Any:
    """Log-probabilities of a recording of the text by a model that is often unsure."""
    frames: list[int] = []
    for label in vocabulary.encode(text):
        frames += [label] * draw.integers(1, 3) + [vocabulary.blank_id] * draw.integers(1, 4)
    logits = draw.normal(0, 1, (len(frames), len(vocabulary.labels)))
    logits[:, vocabulary.blank_id] += 1.5
    for frame, label in enumerate(frames):
        logits[frame, label] += draw.normal(6, 1.5)
        if draw.random() < confused:
            logits[frame, draw.integers(0, logits.shape[1])] += draw.normal(6, 1.5)
    normalized = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return normalized.astype(np.float32)


def save_emissions(
    path: Path, labels: Sequence[str], references: Sequence[str], emissions: Sequence[Any]
) -> None:
    arrays = {str(number): item for number, item in enumerate(emissions)}
    np.savez(path, labels=np.array(labels), references=np.array(references), **arrays)


def read_emissions(path: Path) -> tuple[Vocabulary, list[str], list[Any]]:
    with np.load(path) as file:
        references = [str(text) for text in file["references"]]
        arrays = [file[str(number)] for number in range(len(references))]
        return Vocabulary(tuple(str(label) for label in file["labels"])), references, arrays


def warm_up(ngram: Path) -> None:
    """Compiles, and makes the n-gram's table, in another process: done once per machine."""
    code = (
        "import sys; from pathlib import Path; from w2vctc.lm.table import load_table;"
        "from w2vctc.decode.fast.decoder import warm; warm(); load_table(Path(sys.argv[1]))"
    )
    subprocess.run([sys.executable, "-c", code, str(ngram)], check=True)


def count(reference: str, hypothesis: str) -> tuple[int, int]:
    """Word errors and words, as `tune_weights` wants them."""
    counts = count_word_errors(reference, hypothesis)
    return counts.errors, counts.n_reference


def rate(references: Sequence[str], texts: Sequence[str]) -> float:
    """The word error rate over all texts."""
    counted = [count(*pair) for pair in zip(references, texts, strict=True)]
    return sum(errors for errors, _ in counted) / sum(words for _, words in counted)


def measure_wer(material: Material, decode: Callable[[Any], Any]) -> float:
    texts = [decode(item).text for item in material.emissions]
    return rate(material.references, texts)


def peak_mib() -> float:
    """The most memory that this process has had so far."""
    status = Path("/proc/self/status")
    if status.exists():  # Linux begins ru_maxrss with what the process had that started this one
        return int(status.read_text("utf-8").split("VmHWM:")[1].split()[0]) / (1 << 10)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)
