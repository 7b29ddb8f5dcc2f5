"""Open and closed vocabulary, ours and of others: the same emissions and n-gram, WER of each.

    python benchmarks/vocabulary.py --text lines.txt --utterances 500
    python benchmarks/vocabulary.py --lm lm/ca --emissions dev.npz

benchmarks/material.py says what --text and --emissions are. Each search decodes at the same weights
first, then with alpha and beta tuned on half of the recordings, in the same way for all of them;
the other half tells what that is worth. CPU seconds are of one decode of everything at the first
weights. pyctcdecode is tuned by the fast engine, which finds the same texts.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from lexicon_search import LexiconSearch
from material import Material, add_arguments, locate, measure_wer, open_material, warm_up
from tuner import tune

from w2vctc.decode.engines import Engine, open_decoder
from w2vctc.decode.greedy import greedy_text
from w2vctc.decode.options import ACCURATE_MIN_LOGP, DecodingOptions
from w2vctc.evaluate.counts import ErrorCounts, count_character_errors

Open = Callable[[Material], Any]


class Search(NamedTuple):
    name: str
    open: Open
    tuner: Open | None = None
    """What tunes in its place, where that gives the same texts in less time."""


def ours(engine: Engine = "fast", **limits: Any) -> Open:
    options = DecodingOptions(**limits)
    return lambda given: open_decoder(given.vocabulary, lm=given.lm, options=options, engine=engine)


def theirs(threshold: float) -> Open:
    return lambda given: LexiconSearch(
        given.vocabulary, given.lm, DecodingOptions(), beam_threshold=threshold
    )


STOCK: dict[str, Any] = {"score_empty_word": True}
SEARCHES = (
    Search("pyctcdecode", ours("pyctcdecode", **STOCK), ours(**STOCK)),
    Search("open, labels to e^-5", ours()),
    Search("open, labels to e^-8", ours(token_min_logp=ACCURATE_MIN_LOGP)),
    Search("closed, labels to e^-5", ours(vocabulary="closed")),
    Search("closed, labels to e^-8", ours(vocabulary="closed", token_min_logp=ACCURATE_MIN_LOGP)),
    Search(
        "closed, labels to e^-12, readings to e^-25",
        ours(vocabulary="closed", token_min_logp=-12.0, beam_prune_logp=-25.0),
    ),
    Search("flashlight-text, readings to e^-10", theirs(10.0)),
    Search("flashlight-text, readings to e^-25", theirs(25.0)),
)
HEADER = """\
| search | CPU s | WER % | alpha | beta | WER %, tuned on | WER %, other half | untuned there |
|---|---:|---:|---:|---:|---:|---:|---:|"""


def main() -> None:
    arguments = parse()
    with tempfile.TemporaryDirectory() as scratch:
        material = open_material(*locate(arguments, Path(scratch)))
        print(f"{material.describe()}, {describe_greedy(material)}\n\n{HEADER}", flush=True)
        warm_up(material.lm.ngram)
        for search in SEARCHES:
            if any(name in search.name for name in arguments.only or [""]):
                print(render_row(search, material, budget=arguments.budget), flush=True)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    add_arguments(parser, order=4, utterances=200)
    parser.add_argument("--budget", type=int, default=16, help="decodes to tune each; 0 tunes none")
    parser.add_argument("--only", nargs="*", help="searches whose name holds one of these")
    return parser.parse_args()


def describe_greedy(material: Material) -> str:
    """How unsure the recordings are."""
    texts = [greedy_text(item, material.vocabulary) for item in material.emissions]
    pairs = zip(material.references, texts, strict=True)
    counts = sum((count_character_errors(*pair) for pair in pairs), start=ErrorCounts())
    return f"greedy CER {counts.rate:.1%}"


def render_row(search: Search, material: Material, *, budget: int) -> str:
    try:
        decoder = search.open(material)
    except ImportError as error:
        print(f"{search.name}: {error}", file=sys.stderr)
        return f"| {search.name} | not installed |" + " |" * 6
    decoder.decode(material.emissions[0])  # whatever is made at the first call
    started = time.process_time()
    before = measure_wer(material, decoder.decode)
    cpu_s = time.process_time() - started
    row = f"| {search.name} | {cpu_s:.2f} | {100 * before:.1f} |"
    if not budget:
        return row + " |" * 5
    tuner = search.tuner(material) if search.tuner else decoder
    dev, other = material.half(0), material.half(1)
    untuned = measure_wer(other, tuner.decode)
    alpha, beta = tune(tuner, dev, budget=budget)
    here, there = (measure_wer(half, tuner.decode) for half in (dev, other))
    return (
        f"{row} {alpha:.3f} | {beta:.2f}"
        f" | {100 * here:.1f} | {100 * there:.1f} | {100 * untuned:.1f} |"
    )


if __name__ == "__main__":
    main()
