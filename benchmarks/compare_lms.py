"""Language models by what they are worth to a decoder: perplexity and WER side by side.

    python benchmarks/compare_lms.py --emissions dev.npz --lm lm/qu2 lm/qu3 lm/qu4

The perplexity is of the references. WER is of the fast engine at its default weights, and with
alpha and beta tuned: on each half for the other one, so that no recording is decoded with weights
that were tuned on it. benchmarks/save_emissions.py makes the file of emissions.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from material import Material, count, measure_wer, open_material, warm_up
from tuner import tune

from w2vctc.decode.engines import open_decoder
from w2vctc.decode.options import ACCURATE_MIN_LOGP, DecodingOptions
from w2vctc.lm.arpa import read_header
from w2vctc.lm.perplexity import measure_text

HEADER = """\
| n-gram | order | n-grams | perplexity | unknown % | WER % | WER %, tuned | weights |
|---|---:|---:|---:|---:|---:|---:|---|"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--emissions", type=Path, required=True)
    parser.add_argument("--lm", type=Path, nargs="+", required=True)
    parser.add_argument("--budget", type=int, default=24, help="decodes for the tuning of a half")
    parser.add_argument("--vocabulary", choices=("open", "closed"), default="open")
    arguments = parser.parse_args()
    options = DecodingOptions(token_min_logp=ACCURATE_MIN_LOGP, vocabulary=arguments.vocabulary)
    print(HEADER)
    for path in arguments.lm:
        material = open_material(path, arguments.emissions)
        warm_up(material.lm.ngram)
        print(render_row(path.name, material, options, budget=arguments.budget), flush=True)


def render_row(name: str, material: Material, options: DecodingOptions, *, budget: int) -> str:
    ngram = material.lm.ngram
    counts = read_header(ngram).counts
    text = measure_text(ngram, material.references)
    decoder = open_decoder(material.vocabulary, lm=material.lm, options=options, engine="fast")
    plain = measure_wer(material, decoder.decode)
    halves = (material.half(0), material.half(1))
    weights, errors = [], 0
    for dev, other in (halves, halves[::-1]):
        alpha, beta = tune(decoder, dev, budget=budget)
        weights.append(f"{alpha:g}, {beta:g}")
        errors += count_errors(other.references, [decoder.decode(e).text for e in other.emissions])
    return (
        f"| {name} | {len(counts)} | {sum(counts):,} | {text.perplexity:.1f}"
        f" | {100 * text.oov_rate:.1f} | {100 * plain:.1f} | {100 * errors / material.n_words:.1f}"
        f" | {'; '.join(weights)} |"
    )


def count_errors(references: Sequence[str], texts: Sequence[str]) -> int:
    return sum(count(*pair)[0] for pair in zip(references, texts, strict=True))


if __name__ == "__main__":
    main()
