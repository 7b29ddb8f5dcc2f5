"""How long the fast engine takes to load an n-gram: the first time, and every other time.

    python benchmarks/load.py lm/ca/lm.arpa
    python benchmarks/load.py --text corpus.txt --order 5 --prune 0 0 1

Each load is a process of its own, with a cache of n-grams that is empty for the first one and is
left as it is for the others. Start is what Python, numba and the compiled search take before any
n-gram, once per process. The words are the unigrams, which an ARPA file alone has inside and a
folder of train-lm in a file; the table is what the engine reads the n-gram from; the decoder is
made with all of that, its second load of the table included.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from material import read_lines

from w2vctc.cache import CACHE_VARIABLE, cache_folder
from w2vctc.lm.arpa import check_arpa, write_arpa
from w2vctc.lm.estimate import estimate_ngrams

LOAD = """
import json, sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[2])
started = time.perf_counter()
import numpy
from w2vctc.decode.fast.decoder import build_fast_decoder, warm
from w2vctc.lm.folder import find_language_model
from w2vctc.lm.table import load_table
from w2vctc.vocab import Vocabulary
from material import peak_mib
warm()
quarters = numpy.full((1, 4), -numpy.log(4))
build_fast_decoder(Vocabulary(("<pad>", "<unk>", "|", "a"))).decode(quarters)
times = [("start_s", time.perf_counter() - started)]
def measure(name, action):
    started = time.perf_counter()
    answer = action()
    times.append((name, time.perf_counter() - started))
    return answer
path = Path(sys.argv[1])
if path.is_file():
    lm = measure("words_s", lambda: find_language_model(path))
    measure("table_s", lambda: load_table(path))
    letters = sorted(set("".join(lm.unigrams)) - {"|"})
    vocabulary = Vocabulary(("<pad>", "<unk>", "|", *letters))
    measure("decoder_s", lambda: build_fast_decoder(vocabulary, lm=lm))
    times.append(("peak_mib", peak_mib()))
    print(json.dumps(dict(times)))
"""
NAMES = ("start_s", "words_s", "table_s", "decoder_s")


def main() -> None:
    arguments = parse()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = arguments.arpa or make_arpa(arguments, folder / "lm.arpa")
        share_machine_code(folder / "cache")
        run(folder, Path("nothing"))  # compiles
        first = run(folder, path)
        later = [run(folder, path) for _ in range(arguments.runs)]
        size_mb = path.stat().st_size / 1e6
        counts = check_arpa(path).counts
    print(f"{size_mb:.1f} MB, {sum(counts):,} n-grams of order 1 to {len(counts)}\n")
    print("| load | start s | words s | table s | decoder s | peak MiB |")
    print("|---|---:|---:|---:|---:|---:|")
    print(render_row("first", [first]))
    print(render_row(f"later, median of {len(later)}", later))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("arpa", type=Path, nargs="?")
    parser.add_argument("--text", type=Path, nargs="+", help="files or folders of lines")
    parser.add_argument("--lang", help="normalize the lines as in this language")
    parser.add_argument("--order", type=int, default=5)
    parser.add_argument("--prune", type=int, nargs="*", default=[])
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    if not (arguments.arpa or arguments.text):
        parser.error("name an ARPA file or a --text")
    return arguments


def make_arpa(arguments: argparse.Namespace, path: Path) -> Path:
    lines = read_lines(arguments.text, lang=arguments.lang)
    write_arpa(estimate_ngrams(lines, order=arguments.order, pruning=arguments.prune), path)
    return path


def share_machine_code(cache: Path) -> None:
    """An empty cache, but for what the compiler has made."""
    made = cache_folder() / "compiled"
    made.mkdir(parents=True, exist_ok=True)
    cache.mkdir()
    (cache / "compiled").symlink_to(made, target_is_directory=True)


def run(folder: Path, path: Path) -> dict[str, Any]:
    """What one load took, {} where there is no such file."""
    child = subprocess.run(
        [sys.executable, "-c", LOAD, str(path), str(Path(__file__).parent)],
        env={**os.environ, CACHE_VARIABLE: str(folder / "cache"), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(child.stdout) if child.stdout else {}
    return answer


def render_row(name: str, runs: "list[dict[str, Any]]") -> str:
    seconds = [f"{statistics.median(run[name] for run in runs):.2f}" for name in NAMES]
    mib = statistics.median(run["peak_mib"] for run in runs)
    return f"| {name} | {' | '.join(seconds)} | {mib:.0f} |"


if __name__ == "__main__":
    main()
