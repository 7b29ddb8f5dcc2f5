"""`tune` against a grid of pyctcdecode runs: the same emissions, the same n-gram, in turn.

    python benchmarks/tune.py --text lines.txt --utterances 60
    python benchmarks/tune.py --lm lm/ca --emissions dev.npz

--text and --emissions mean what they mean in benchmarks/decode.py. The grid decodes with every
pair of alpha and beta, one after the other, as people do by hand; --sample N times only N of its
columns and says what all of it takes at that pace. Half of the utterances are dev, the other half
tells what the weights are worth. CPU seconds count, of all threads, loading included.
"""

import argparse
import contextlib
import io
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import decode as engines
import numpy as np

from w2vctc.decode.engines import open_decoder
from w2vctc.decode.options import ACCURATE_MIN_LOGP, DecodingOptions
from w2vctc.decode.tune import tune_weights
from w2vctc.evaluate.counts import count_word_errors
from w2vctc.lm.folder import LanguageModelFiles, find_language_model
from w2vctc.vocab import Vocabulary

ALPHAS = np.linspace(0.0, 1.75, 8)
BETAS = np.linspace(-2.0, 5.0, 8)


class Material(NamedTuple):
    vocabulary: Vocabulary
    lm: LanguageModelFiles
    references: Sequence[str]
    emissions: Sequence[Any]

    def half(self, first: int) -> "Material":
        return self._replace(
            references=self.references[first::2], emissions=self.emissions[first::2]
        )


class Found(NamedTuple):
    name: str
    alpha: float
    beta: float
    n_decodes: float
    cpu_s: float
    options: DecodingOptions


def main() -> None:
    arguments = parse()
    with tempfile.TemporaryDirectory() as scratch:
        lm, emissions = arguments.lm, arguments.emissions
        if arguments.text:
            lm, emissions = engines.make_material(arguments, Path(scratch))
        vocabulary, references, arrays = engines.read_emissions(emissions)
        material = Material(vocabulary, find_language_model(lm), references, arrays)
        dev, other = material.half(0), material.half(1)
        warm_up(dev)
        plain, wide = DecodingOptions(), DecodingOptions(token_min_logp=ACCURATE_MIN_LOGP)
        found = [
            Found("default", plain.alpha, plain.beta, 0, 0.0, plain),
            Found("default, as tune decodes", wide.alpha, wide.beta, 0, 0.0, wide),
            run_grid(dev, plain, n_columns=arguments.sample),
            run_tune(dev, plain, "tune, pyctcdecode's limits", arguments.budget),
            run_tune(dev, wide, "tune", arguments.budget),
        ]
        print_table(found, dev, other)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--text", type=Path)
    parser.add_argument("--lm", type=Path)
    parser.add_argument("--emissions", type=Path)
    parser.add_argument("--order", type=int, default=4)
    parser.add_argument("--utterances", type=int, default=60, help="simulated, dev is half")
    parser.add_argument("--budget", type=int, default=24)
    parser.add_argument("--sample", type=int, default=8, help="columns of the grid to be timed")
    return parser.parse_args()


def warm_up(dev: Material) -> None:
    """Compiles, and makes the n-gram's table, in another process: done once per machine."""
    code = (
        "import sys; from pathlib import Path; from w2vctc.lm.folder import find_language_model;"
        "from w2vctc.lm.table import load_table; from w2vctc.decode.fast.decoder import warm;"
        "warm(); load_table(Path(sys.argv[1]))"
    )
    subprocess.run([sys.executable, "-c", code, str(dev.lm.ngram)], check=True)


def count(reference: str, hypothesis: str) -> tuple[int, int]:
    counts = count_word_errors(reference, hypothesis)
    return counts.errors, counts.n_reference


def measure_wer(material: Material, decode: Callable[[Any], Any]) -> float:
    pairs = zip(material.references, material.emissions, strict=True)
    counted = [count(reference, decode(item).text) for reference, item in pairs]
    return sum(errors for errors, _ in counted) / sum(words for _, words in counted)


def run_grid(dev: Material, options: DecodingOptions, *, n_columns: int) -> Found:
    """The best pair of the grid, each decoded by pyctcdecode.

    The weights are found on the whole grid in any case: where only some columns are timed, the
    fast engine, which gives the same texts, decodes the others.
    """
    started = time.process_time()
    slow = open_decoder(dev.vocabulary, lm=dev.lm, options=options, engine="pyctcdecode")
    load_s, column_s = time.process_time() - started, []
    rates = {}
    timed = [(2 * n + 1) * len(ALPHAS) // (2 * n_columns) for n in range(n_columns)]
    fast = open_decoder(dev.vocabulary, lm=dev.lm, options=options, engine="fast")
    for column, alpha in enumerate(ALPHAS.tolist()):
        decoder = slow if column in timed else fast
        started = time.process_time()
        for beta in BETAS.tolist():
            decoder.set_weights(alpha=alpha, beta=beta)
            rates[alpha, beta] = measure_wer(dev, decoder.decode)
        if column in timed:
            column_s.append(time.process_time() - started)
    cpu_s = load_s + sum(column_s) * len(ALPHAS) / len(column_s)
    alpha, beta = min(rates, key=lambda pair: rates[pair])
    part = "" if n_columns == len(ALPHAS) else f", {n_columns} of {len(ALPHAS)} columns timed"
    return Found(f"grid of pyctcdecode{part}", alpha, beta, len(rates), cpu_s, options)


def run_tune(dev: Material, options: DecodingOptions, name: str, budget: int) -> Found:
    started = time.process_time()
    with contextlib.redirect_stdout(io.StringIO()):
        tuning = tune_weights(
            dev.emissions,
            dev.references,
            dev.vocabulary,
            dev.lm,
            count_errors=count,
            start=options,
            budget=budget,
            engine="fast",
        )
    cpu_s = time.process_time() - started
    return Found(name, tuning.alpha, tuning.beta, tuning.n_decodes, cpu_s, options)


def print_table(found: Sequence[Found], dev: Material, other: Material) -> None:
    n_words = sum(len(reference.split()) for reference in dev.references)
    audio_s = sum(map(len, dev.emissions)) / engines.FRAMES_PER_SECOND
    print(f"dev: {len(dev.emissions)} utterances, {n_words} words, {audio_s:.0f} s\n")
    print("| weights | alpha | beta | decodes | CPU s | times less | dev WER % | other half % |")
    print("|---|---|---|---|---|---|---|---|")
    grid = next(one for one in found if one.name.startswith("grid"))
    for one in found:
        decoder = open_decoder(dev.vocabulary, lm=dev.lm, options=one.options, engine="fast")
        decoder.set_weights(alpha=one.alpha, beta=one.beta)
        here, there = (100 * measure_wer(half, decoder.decode) for half in (dev, other))
        times = f"{grid.cpu_s / one.cpu_s:.0f}" if one.cpu_s else "-"
        print(
            f"| {one.name} | {one.alpha:.3f} | {one.beta:.2f} | {one.n_decodes:.1f}"
            f" | {one.cpu_s:.2f} | {times} | {here:.1f} | {there:.1f} |"
        )


if __name__ == "__main__":
    main()
