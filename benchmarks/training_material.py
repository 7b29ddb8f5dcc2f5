"""What the benchmarks of training work on: clips as long as those of Common Voice, and networks.

The lengths are drawn from a log-normal distribution with a median of 4.8 s and a sigma of 0.35, and
drawn again outside of 2 to 10 s: 5.1 s in the mean. The sound is noise in syllables, kept as MP3
of 32 kHz, as Common Voice keeps it; the texts are random words, 12 letters and spaces per second.
"""

import argparse
import csv
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from w2vctc.acoustic.presets import TINY_CONFIG
from w2vctc.corpus.utterance import Utterance
from w2vctc.vocab import Vocabulary, build_vocabulary

RATE_HZ = 32_000
MEDIAN_S, SIGMA, SHORTEST_S, LONGEST_S = 4.8, 0.35, 2.0, 10.0
LETTERS_PER_S = 12
LETTERS = "aeioubcdfglmnprst"
SHAPES: dict[str, dict[str, Any]] = {
    "tiny": TINY_CONFIG,
    "base": {},  # the defaults of Wav2Vec2Config
    "xlsr-53": {
        "hidden_size": 1024,
        "num_hidden_layers": 24,
        "num_attention_heads": 16,
        "intermediate_size": 4096,
        "feat_extract_norm": "layer",
        "do_stable_layer_norm": True,
        "conv_bias": True,
    },
}


def add_arguments(parser: argparse.ArgumentParser, *, clips: int) -> None:
    parser.add_argument("--shape", choices=SHAPES, default="tiny")
    parser.add_argument("--clips", type=int, default=clips)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")


def make_clips(folder: Path, *, n_clips: int, n_sounds: int = 400, seed: int = 1) -> Path:
    """Writes the clips and a table `all.tsv` of path, text and seconds; the table's path.

    After `n_sounds` clips the sounds come again, in files of their own: making them is slow.
    """
    random = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["path\ttext\tduration_s\n"]
    durations_s = [draw_duration_s(random) for _ in range(min(n_clips, n_sounds))]
    for number in range(n_clips):
        duration_s = durations_s[number % n_sounds]
        name = f"{number:06}.mp3"
        if number < n_sounds:
            waveform = babble(duration_s, random)
            soundfile.write(folder / name, waveform, RATE_HZ, format="MP3")
        else:
            shutil.copyfile(folder / f"{number % n_sounds:06}.mp3", folder / name)
        lines.append(f"{name}\t{draw_text(duration_s, random)}\t{duration_s:.3f}\n")
    table = folder / "all.tsv"
    table.write_text("".join(lines), encoding="utf-8")
    return table


def draw_duration_s(random: np.random.Generator) -> float:
    while True:
        duration_s = float(random.lognormal(np.log(MEDIAN_S), SIGMA))
        if SHORTEST_S <= duration_s <= LONGEST_S:
            return duration_s


def draw_text(duration_s: float, random: np.random.Generator) -> str:
    words: list[str] = []
    while len(" ".join(words)) < LETTERS_PER_S * duration_s:
        words.append("".join(random.choice(list(LETTERS), size=random.integers(2, 9))))
    return " ".join(words)


def babble(duration_s: float, random: np.random.Generator) -> Any:
    """Noise that swells and fades some four times a second."""
    n_samples = round(duration_s * RATE_HZ)
    time_s = np.arange(n_samples) / RATE_HZ
    loudness = 0.1 + np.square(np.sin(2 * np.pi * (4 * time_s + random.uniform()) / 2))
    return (0.1 * loudness * random.standard_normal(n_samples)).astype(np.float32)


def read_clips(table: Path) -> list[Utterance]:
    """The rows of a table that `make_clips` wrote, with their durations."""
    with table.open(encoding="utf-8", newline="") as stream:
        return [
            Utterance(
                id=row["path"],
                audio=table.parent / row["path"],
                text=row["text"],
                duration_s=float(row["duration_s"]),
            )
            for row in csv.DictReader(stream, delimiter="\t")
        ]


def make_source(folder: Path, shape: str, rows: Sequence[Utterance]) -> tuple[Path, Vocabulary]:
    """A folder with a network of that shape and random weights, for both sides to start from."""
    import torch
    from transformers import Wav2Vec2Config, Wav2Vec2ForCTC

    from w2vctc.acoustic.export import save_model
    from w2vctc.acoustic.filterbank import make_filterbank

    vocabulary = build_vocabulary([row.text for row in rows])
    torch.manual_seed(1)
    network = Wav2Vec2ForCTC(
        Wav2Vec2Config(
            **SHAPES[shape],
            vocab_size=len(vocabulary.labels),
            pad_token_id=vocabulary.blank_id,
            bos_token_id=None,
            eos_token_id=None,
            layerdrop=0.0,
            ctc_loss_reduction="mean",
            ctc_zero_infinity=True,
            mask_time_prob=0.05,
            mask_feature_prob=0.0,
        )
    )
    if shape == "tiny":
        weight = network.wav2vec2.feature_extractor.conv_layers[0].conv.weight
        filters = make_filterbank(weight.shape[0], weight.shape[2], sample_rate=16_000)
        weight.data.copy_(filters)
    save_model(network, vocabulary, folder)
    return folder, vocabulary
