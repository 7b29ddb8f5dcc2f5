"""`tune` against a grid of pyctcdecode runs: the same emissions, the same n-gram, in turn.

    python benchmarks/tune.py --text lines.txt --utterances 60
    python benchmarks/tune.py --lm lm/ca --emissions dev.npz

benchmarks/material.py says what --text and --emissions are. The grid decodes with every
pair of alpha and beta, one after the other, as people do by hand; --sample N times only N of its
columns and says what all of it takes at that pace. Half of the utterances are dev, the other half
tells what the weights are worth. CPU seconds count, of all threads, loading included.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from material import Material, add_arguments, count, locate, measure_wer, open_material, warm_up

from w2vctc.decode.engines import open_decoder
from w2vctc.decode.options import ACCURATE_MIN_LOGP, DecodingOptions
from w2vctc.decode.tune import tune_weights

ALPHAS = np.linspace(0.0, 1.75, 8)
BETAS = np.linspace(-2.0, 5.0, 8)
HEADER = """\
| weights | alpha | beta | decodes | CPU s | times less | WER %, tuned on | WER %, other half |
|---|---:|---:|---:|---:|---:|---:|---:|"""


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
        material = open_material(*locate(arguments, Path(scratch)))
        dev, other = material.half(0), material.half(1)
        warm_up(material.lm.ngram)
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
    add_arguments(parser, order=4, utterances=60)
    parser.add_argument("--budget", type=int, default=24)
    parser.add_argument("--sample", type=int, default=8, help="columns of the grid to be timed")
    return parser.parse_args()


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
    print(f"tuned on {dev.describe()}\n")
    print(HEADER)
    grid = next(one for one in found if one.name.startswith("grid"))
    for one in found:
        decoder = open_decoder(dev.vocabulary, lm=dev.lm, options=one.options, engine="fast")
        decoder.set_weights(alpha=one.alpha, beta=one.beta)
        here, there = (100 * measure_wer(half, decoder.decode) for half in (dev, other))
        times = f"{grid.cpu_s / one.cpu_s:.0f}" if one.cpu_s else "-"
        print(
            f"| {one.name} | {one.alpha:.3f} | {one.beta:.2f} | {one.n_decodes:.1f}"
            f" | {one.cpu_s:.1f} | {times} | {here:.1f} | {there:.1f} |"
        )


if __name__ == "__main__":
    main()
