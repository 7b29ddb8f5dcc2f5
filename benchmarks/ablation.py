"""What helps on some data: short runs with one thing changed at a time, and what dev says of each.

    cd PROJECT; python ablation.py --lang qu --out runs -- --model models/qu --updates 300

What comes after `--` goes to every `w2vctc finetune`. Runs are made one after the other, each with
the same seed, data and number of updates; one that is in --out already is not made again. Dev is
heard by the best path. The interval of a difference is that of errors on the same utterances,
drawn a thousand times (95 %): where it holds 0, dev cannot tell the run from the plain one.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from w2vctc.acoustic.emissions import compute_emissions, load_acoustic_model
from w2vctc.cli.rows import read_references
from w2vctc.corpus.utterance import Utterance
from w2vctc.decode.greedy import greedy_text
from w2vctc.decode.plateau import Bootstrap, Interval
from w2vctc.evaluate.counts import count_character_errors, count_word_errors
from w2vctc.project import find_project

PLAIN = "plain"
CHANGES: dict[str, tuple[str, ...]] = {
    PLAIN: (),
    "speed": ("--augment", "speed"),
    "room": ("--augment", "room"),
    "phone": ("--augment", "phone"),
    "gain": ("--augment", "gain"),
    "noise": ("--augment", "noise"),
    "all sounds": ("--augment", "speed,room,phone,gain"),
    "twice the masks": ("--mask-time-prob", "0.1"),
    "layer decay 0.7": ("--layer-decay", "0.7"),
    "mean of 3": ("--average", "3"),
    "short first": ("--short-first",),
    "lora": ("--peft", "lora"),
    "adapter": ("--peft", "adapter"),
    "bitfit": ("--peft", "bitfit"),
}
HEADER = """\
| changed | WER % | less than plain | CER % | less than plain | training s |
|---|---:|---:|---:|---:|---:|"""

Counts = npt.NDArray[np.int64]


class Score(NamedTuple):
    """Errors and reference lengths of each dev utterance, and the seconds of training."""

    word_errors: Counts
    words: Counts
    character_errors: Counts
    characters: Counts
    seconds: float


def main() -> None:
    arguments = parse()
    rows = read_references(find_project(lang=arguments.lang), "dev", skip_bad=True)
    names = [PLAIN, *(name for name in arguments.only or CHANGES if name != PLAIN)]
    scores = {}
    for name in names:
        more = list(CHANGES[name])
        if "noise" in more:
            if not arguments.noise_folder:
                continue
            more += ["--noise-folder", arguments.noise_folder]
        folder = Path(arguments.out) / name.replace(" ", "-")
        train(folder, ["--lang", arguments.lang, *arguments.finetune, *more])
        scores[name] = score(folder, rows)
    print_table(scores)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--lang", required=True)
    parser.add_argument("--out", required=True, help="folder for the models")
    parser.add_argument("--only", nargs="+", choices=list(CHANGES), help="default: all")
    parser.add_argument("--noise-folder", help="recordings without speech; else no noise")
    parser.add_argument("finetune", nargs="*", help="after --: options for every run")
    return parser.parse_args()


def train(folder: Path, options: Sequence[str]) -> None:
    """A finished model in `folder`, unless it is there."""
    record = folder / "ablation.json"
    if record.exists():
        return
    began = time.monotonic()
    command = [sys.executable, "-m", "w2vctc", "finetune", *options, "--out", str(folder)]
    subprocess.run([*command, "--skip-bad", "--overwrite"], check=True, stdout=sys.stderr)
    record.write_text(json.dumps({"seconds": time.monotonic() - began, "options": list(options)}))


def score(folder: Path, rows: Sequence[Utterance]) -> Score:
    model = load_acoustic_model(folder)
    heard = [
        greedy_text(compute_emissions(model, row.load(), name=row.id), model.vocabulary)
        for row in rows
    ]
    words = [count_word_errors(row.text, text) for row, text in zip(rows, heard, strict=True)]
    letters = [
        count_character_errors(row.text, text) for row, text in zip(rows, heard, strict=True)
    ]
    return Score(
        np.array([count.errors for count in words]),
        np.array([count.n_reference for count in words]),
        np.array([count.errors for count in letters]),
        np.array([count.n_reference for count in letters]),
        float(json.loads((folder / "ablation.json").read_text())["seconds"]),
    )


def print_table(scores: dict[str, Score]) -> None:
    plain = scores[PLAIN]
    by_word, by_character = Bootstrap(plain.words), Bootstrap(plain.characters)
    print(HEADER)
    for name, found in scores.items():
        cells = [
            show_rate(found.word_errors, found.words, by_word),
            show_gain(plain.word_errors - found.word_errors, found.words, by_word),
            show_rate(found.character_errors, found.characters, by_character),
            show_gain(
                plain.character_errors - found.character_errors, found.characters, by_character
            ),
            f"{found.seconds:.0f}",
        ]
        print(f"| {name} | {' | '.join(cells)} |")


def show_rate(errors: Counts, lengths: Counts, bootstrap: Bootstrap) -> str:
    return f"{100 * errors.sum() / lengths.sum():.1f} {show_interval(bootstrap.rate(errors))}"


def show_gain(fewer: Counts, lengths: Counts, bootstrap: Bootstrap) -> str:
    if not fewer.any():
        return "0"
    return f"{100 * fewer.sum() / lengths.sum():+.1f} {show_interval(bootstrap.rate(fewer))}"


def show_interval(interval: Interval) -> str:
    return f"({100 * interval.low:.1f} to {100 * interval.high:.1f})"


if __name__ == "__main__":
    main()
