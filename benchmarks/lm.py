"""Our estimator and lmplz in turn on the same text: CPU seconds, peak memory, largest difference.

    python benchmarks/lm.py corpus.txt                      # orders 2 to 6
    python benchmarks/lm.py corpus.txt --order 5 --prune 0 0 1 --runs 3
    python benchmarks/lm.py corpus.txt --worst              # what a text can cost at most

The text has one normalized sentence per line. Each run is a process of its own, started as
`train-lm` would start it; the two take turns, and the fastest run of each counts. `--worst`
shuffles the words, so that hardly any n-gram comes twice.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from w2vctc.lm.estimate import check_pruning
from w2vctc.lm.lmplz import find_lmplz
from w2vctc.lm.reading import read_arpa

_OWN = """
import sys
from pathlib import Path
from w2vctc.lm.arpa import write_arpa
from w2vctc.lm.estimate import estimate_ngrams
sentences = Path(sys.argv[1]).read_text(encoding="utf-8").split("\\n")[:-1]
pruning = tuple(map(int, sys.argv[4:]))
write_arpa(estimate_ngrams(sentences, order=int(sys.argv[3]), pruning=pruning), Path(sys.argv[2]))
"""


@dataclass(frozen=True)
class Run:
    """CPU seconds, user and system, and peak memory of one process."""

    cpu_s: float
    peak_mib: float


def run(command: list[str]) -> Run:
    """Runs a command to its end; an error of its own ends the benchmark."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert child.stderr is not None
    talk = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit(f"{command[0]} failed: {talk.decode(errors='replace')[-500:]}")
    peak = usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    return Run(usage.ru_utime + usage.ru_stime, peak)


def compare(own: Path, theirs: Path) -> str:
    """ "identical", or the largest difference between two ARPA files' log10 numbers."""
    if own.read_bytes() == theirs.read_bytes():
        return "identical"
    first, second = read_arpa(own, trusted=True), read_arpa(theirs, trusted=True)
    if first.words != second.words or first.ngram_counts != second.ngram_counts:
        return "different n-grams"
    largest = 0.0
    for mine, other in zip(first.tables, second.tables, strict=True):
        for a, b in (
            (mine.log10_prob, other.log10_prob),
            (mine.log10_backoff, other.log10_backoff),
        ):
            if a is not None and b is not None and len(a):
                largest = max(largest, float(np.abs(a - b).max()))
    return f"{largest:.1e}"


def shuffle_words(text: Path, out: Path) -> Path:
    """The same words in an order of no language, twelve to a line."""
    words = text.read_text(encoding="utf-8").split()
    random.Random(0).shuffle(words)
    lines = (" ".join(words[start : start + 12]) for start in range(0, len(words), 12))
    out.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return out


def measure(text: Path, folder: Path, *, order: int, prune: list[int], runs: int) -> str:
    """One row of the table."""
    lmplz = find_lmplz()
    if lmplz is None:
        sys.exit("no lmplz here: w2vctc doctor --install-lmplz")
    own, theirs = folder / "own.arpa", folder / "lmplz.arpa"
    mine = [sys.executable, "-c", _OWN, str(text), str(own), str(order), *map(str, prune)]
    memory_mib = min(4096, max(256, 64 * text.stat().st_size >> 20))
    other = [str(lmplz), "-o", str(order), "-S", f"{memory_mib}M", "-T", str(folder / "tmp")]
    other += ["--discount_fallback", "--text", str(text), "--arpa", str(theirs)]
    if prune:
        other += ["--prune", *map(str, check_pruning(prune, order=order))]
    pairs = [(run(mine), run(other)) for _ in range(runs)]
    first, second = (min(column, key=lambda r: r.cpu_s) for column in zip(*pairs, strict=True))
    return (
        f"| {order} | {' '.join(map(str, prune)) or 'none'} "
        f"| {first.cpu_s:.2f} | {second.cpu_s:.2f} | {first.cpu_s / second.cpu_s:.1f} "
        f"| {first.peak_mib:.0f} | {second.peak_mib:.0f} | {compare(own, theirs)} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("text", type=Path)
    parser.add_argument("--order", type=int, action="append", help="default: 2 to 6")
    parser.add_argument("--prune", type=int, nargs="+", default=[])
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--worst", action="store_true", help="shuffle the words first")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = options.text
        if options.worst:
            text = shuffle_words(text, folder / "text")
        print("| order | pruning | ours, CPU s | lmplz | ratio | ours, MiB | lmplz | difference |")
        print("|---|---|---:|---:|---:|---:|---:|---|")
        for order in options.order or range(2, 7):
            prune = options.prune[:order]
            print(measure(text, folder, order=order, prune=prune, runs=options.runs), flush=True)


if __name__ == "__main__":
    main()
