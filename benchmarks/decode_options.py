"""What the options of the search are worth: WER and CPU seconds of the fast engine for each.

    python benchmarks/decode_options.py --lm lm/ca --emissions dev.npz
    python benchmarks/decode_options.py --text lines.txt --utterances 100

Three tables: how many labels are tried in each frame against how many readings are kept; open
against closed vocabulary with what unknown words cost; and how far from the best a reading may be.
The last one matters with a large alpha, since the n-gram counts only when a word is complete: until
then the readings that put that off look better. benchmarks/material.py says what --text and
--emissions are. alpha and beta are those of the folder of the n-gram, where they were tuned, or
the defaults; --alpha and --beta set them.
"""

import argparse
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from material import Material, add_arguments, locate, open_material, rate, warm_up

from w2vctc.config import override
from w2vctc.decode.engines import open_decoder
from w2vctc.decode.greedy import greedy_text
from w2vctc.decode.options import ACCURATE_MIN_LOGP, DecodingOptions

MIN_LOGPS = (-5.0, -8.0, -10.0)
BEAM_WIDTHS = (25, 100, 400)
OFFSETS = (-10.0, -5.0, -2.0, 0.0)
OOV_ORDERS = (3, 5)
OOV_OFFSETS = (-2.0, 0.0)
PRUNES = (-10.0, -15.0, -25.0)
TABLES = ("limits", "vocabulary", "pruning")


class Row(NamedTuple):
    name: str
    options: DecodingOptions


def limit_rows(base: DecodingOptions) -> list[Row]:
    """Every limit of labels with every number of readings."""
    return [
        Row(f"{limit:g}, {width}", replace(base, token_min_logp=limit, beam_width=width))
        for limit in MIN_LOGPS
        for width in BEAM_WIDTHS
    ]


def vocabulary_rows(base: DecodingOptions) -> list[Row]:
    """pyctcdecode's scores, what an unknown word costs, letters that price it, and closed."""
    rows = [Row("as pyctcdecode scores it", replace(base, score_empty_word=True))]
    rows += [Row(f"open, {offset:g}", replace(base, unk_score_offset=offset)) for offset in OFFSETS]
    rows += [
        Row(
            f"open, {offset:g}, letters of order {order}",
            replace(base, unk_score_offset=offset, oov_order=order),
        )
        for order in OOV_ORDERS
        for offset in OOV_OFFSETS
    ]
    return [*rows, Row("closed", replace(base, vocabulary="closed"))]


def pruning_rows(base: DecodingOptions) -> list[Row]:
    """Each kind of vocabulary with readings further and further from the best."""
    kinds = {
        "open": base,
        "open, letters of order 5": replace(base, unk_score_offset=0.0, oov_order=5),
        "closed": replace(base, vocabulary="closed"),
    }
    return [
        Row(f"{name}, {prune:g}", replace(options, beam_prune_logp=prune))
        for name, options in kinds.items()
        for prune in PRUNES
    ]


def main() -> None:
    arguments = parse()
    with tempfile.TemporaryDirectory() as scratch:
        material = open_material(*locate(arguments, Path(scratch)))
        warm_up(material.lm.ngram)
        base = override(
            DecodingOptions(token_min_logp=ACCURATE_MIN_LOGP),
            alpha=material.lm.alpha if arguments.alpha is None else arguments.alpha,
            beta=material.lm.beta if arguments.beta is None else arguments.beta,
        )
        greedy = [greedy_text(item, material.vocabulary) for item in material.emissions]
        print(f"{material.describe()}; alpha {base.alpha:g}, beta {base.beta:g}")
        print(f"greedy WER {100 * rate(material.references, greedy):.1f} %")
        if "limits" in arguments.tables:
            print_table("token_min_logp, beam", limit_rows(base), material)
        if "vocabulary" in arguments.tables:
            print_table("vocabulary, unk_score_offset", vocabulary_rows(base), material)
        if "pruning" in arguments.tables:
            print_table("vocabulary, beam_prune_logp", pruning_rows(base), material)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    add_arguments(parser, order=4, utterances=60)
    parser.add_argument("--alpha", type=float)
    parser.add_argument("--beta", type=float)
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=TABLES)
    return parser.parse_args()


def print_table(title: str, rows: Iterable[Row], material: Material) -> None:
    print(f"\n| {title} | CPU s | WER % |\n|---|---:|---:|")
    for row in rows:
        cpu_s, texts = decode(material, row.options)
        wer = rate(material.references, texts)
        print(f"| {row.name} | {cpu_s:.2f} | {100 * wer:.1f} |", flush=True)


def decode(material: Material, options: DecodingOptions) -> tuple[float, Sequence[str]]:
    """The CPU seconds of the decoding alone, and the texts."""
    decoder = open_decoder(material.vocabulary, lm=material.lm, options=options, engine="fast")
    decoder.decode(material.emissions[0])  # whatever is made at the first call
    started = time.process_time()
    texts = [decoder.decode(item).text for item in material.emissions]
    return time.process_time() - started, texts


if __name__ == "__main__":
    main()
