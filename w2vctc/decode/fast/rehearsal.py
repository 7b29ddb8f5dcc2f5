"""A decoding of nothing in particular that passes through every compiled function once."""

import tempfile
from pathlib import Path

import numpy as np

_ARPA = """\\data\\
ngram 1=4
ngram 2=2

\\1-grams:
-1\t<unk>\t0
0\t<s>\t-0.3
-0.7\t</s>\t0
-0.8\ta\t-0.3

\\2-grams:
-0.2\t<s> a
-0.3\ta </s>

\\end\\
"""


def rehearse() -> None:
    """Compiles what is not compiled yet, by decoding two frames with a language model."""
    from w2vctc.decode.fast.arena import N_BEAMS, grow_arena
    from w2vctc.decode.fast.decoder import FastDecoder, _start_state
    from w2vctc.decode.fast.rules import build_rules
    from w2vctc.decode.options import DecodingOptions
    from w2vctc.lm.table import build_table
    from w2vctc.vocab import Vocabulary

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rehearsal.arpa"
        path.write_text(_ARPA, encoding="utf-8")
        table = build_table(path)
    options = DecodingOptions()
    rules = build_rules(["", " ", "a"], options=options, table=table, unigrams=("a",))
    vocabulary = Vocabulary(("<pad>", "|", "a"))
    decoder = FastDecoder(rules, vocabulary, options, _start_state(table))
    decoder.decode(np.full((2, 3), -1.1, dtype=np.float32))
    arena = decoder._search(np.full((2, 3), -1.1, dtype=np.float32), _start_state(table))
    arena.counts[N_BEAMS] = 1 << 13  # as if so many readings were kept: everything has to grow
    grow_arena(arena, rules)
