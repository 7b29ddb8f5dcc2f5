"""Beam search engines side by side: the same emissions, the same n-gram, each in its own process.

    python benchmarks/decode.py --text lines.txt            # simulated utterances of its lines
    python benchmarks/decode.py --lm lm/ca --emissions dev.npz

benchmarks/material.py says what --text and --emissions are. Every engine is started anew in each
round, one after the other; the table shows medians over the rounds, of wall seconds and of the CPU
seconds of all threads and processes. Memory is the peak of the process, and for the pool what its
two processes have for themselves in addition.
"""

import argparse
import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engines import LOADERS
from material import Material, add_arguments, locate, open_material, peak_mib, rate, warm_up

from w2vctc.decode.options import DecodingOptions

psutil: Any = importlib.import_module("psutil")  # a package without types
REFERENCE = "pyctcdecode"
HEADER = """\
| engine | load s | decode s | RTF | times as fast | by CPU | WER % | same texts | MiB |
|---|---:|---:|---:|---:|---:|---:|---:|---:|"""


def main() -> None:
    arguments = parse()
    if arguments.only:
        print(json.dumps(measure(arguments)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        lm, emissions = locate(arguments, Path(scratch))
        material = open_material(lm, emissions)
        print(f"{material.describe()}; medians of {arguments.rounds} rounds\n", flush=True)
        warm_up(material.lm.ngram)
        rounds = [run_round(arguments, lm, emissions) for _ in range(arguments.rounds)]
        print(render_table(rounds, material))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    add_arguments(parser, order=5, utterances=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--beam-width", type=int, default=100)
    parser.add_argument("--token-min-logp", type=float, default=-5.0)
    parser.add_argument("--engines", nargs="*", choices=LOADERS, default=list(LOADERS))
    parser.add_argument("--only", choices=LOADERS, help="decode with this engine and print JSON")
    return parser.parse_args()


def run_round(arguments: argparse.Namespace, lm: Path, emissions: Path) -> dict[str, Any]:
    """What each engine answered, in a process of its own; None where it is not installed."""
    answers = {}
    for engine in arguments.engines:
        command = [sys.executable, __file__, "--only", engine, "--lm", str(lm)]
        command += ["--emissions", str(emissions), "--beam-width", str(arguments.beam_width)]
        command += ["--token-min-logp", str(arguments.token_min_logp)]
        child = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        answers[engine] = json.loads(child.stdout) if child.returncode == 0 else None
        if child.returncode:
            print(f"{engine}: {child.stderr.strip().splitlines()[-1]}", file=sys.stderr)
    return answers


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """What one engine took to load and to decode everything, and its texts."""
    options = DecodingOptions(
        beam_width=arguments.beam_width,
        token_min_logp=arguments.token_min_logp,
        score_empty_word=True,  # as the others do
    )
    material = open_material(arguments.lm, arguments.emissions)
    started = time.perf_counter()
    decode = LOADERS[arguments.only](material.vocabulary, material.lm, options)
    loaded = time.perf_counter()
    decode(material.emissions[:1])  # whatever is made at the first call
    before, cpu = time.perf_counter(), cpu_seconds()
    texts = decode(material.emissions)
    seconds, cpu_s = time.perf_counter() - before, cpu_seconds() - cpu
    own = sum(child.memory_full_info().uss for child in psutil.Process().children()) / (1 << 20)
    return {
        "load_s": loaded - started,
        "seconds": seconds,
        "cpu_s": cpu_s,
        "memory_mib": peak_mib() + own,
        "texts": texts,
    }


def cpu_seconds() -> float:
    """Of all threads of this process and of the processes that it has started."""
    spent = [child.cpu_times() for child in psutil.Process().children()]
    return time.process_time() + float(sum(one.user + one.system for one in spent))


def render_table(rounds: Sequence[dict[str, Any]], material: Material) -> str:
    rows = [render_row(engine, rounds, material) for engine in rounds[0]]
    return "\n".join([HEADER, *rows])


def render_row(engine: str, rounds: Sequence[dict[str, Any]], material: Material) -> str:
    answers = [answer for one in rounds if (answer := one[engine])]
    if not answers:
        return f"| {engine} | not installed |" + " |" * 7
    names = ("load_s", "seconds", "memory_mib")
    load_s, seconds, memory = (statistics.median(a[name] for a in answers) for name in names)
    texts = answers[0]["texts"]
    wall = cpu = same = "-"
    pairs = [(one.get(REFERENCE), one[engine]) for one in rounds]
    if stock := pairs[0][0]:
        wall, cpu = (
            f"{statistics.median(a[name] / b[name] for a, b in pairs if a and b):.1f}"
            for name in ("seconds", "cpu_s")
        )
        n_same = sum(a == b for a, b in zip(stock["texts"], texts, strict=True))
        same = f"{n_same} of {len(texts)}"
    return (
        f"| {engine} | {load_s:.2f} | {seconds:.2f} | {seconds / material.audio_s:.5f} | {wall}"
        f" | {cpu} | {100 * rate(material.references, texts):.1f} | {same} | {memory:.0f} |"
    )


if __name__ == "__main__":
    main()
