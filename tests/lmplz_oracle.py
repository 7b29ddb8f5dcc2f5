"""KenLM's own programs as the oracle of tests, and a corpus made from a grammar of ours."""

import itertools
import os
import random
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

_BUILT = Path(__file__).parent.parent / ".tools" / "bin"


def find_oracle(name: str) -> Path:
    """The program on the PATH or in .tools/bin. Without it the test is skipped, in CI it fails."""
    on_path = shutil.which(name)
    if on_path:
        return Path(on_path)
    if (_BUILT / name).is_file():
        return _BUILT / name
    reason = f"{name} is not here; tools/build_lmplz.sh builds it"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def run_oracle(
    sentences: list[str],
    folder: Path,
    *,
    order: int,
    pruning: tuple[int, ...] = (),
    fallback: bool = True,
    flags: tuple[str, ...] = (),
) -> bytes:
    """The ARPA file that the real lmplz makes of the sentences, called without our own code."""
    text, arpa = folder / "oracle.txt", folder / "oracle.arpa"
    text.write_text("".join(f" {sentence}\n" for sentence in sentences), encoding="utf-8")
    command = [str(find_oracle("lmplz")), "-o", str(order), "-S", "64M", "-T", str(folder / "tmp")]
    command += ["--text", str(text), "--arpa", str(arpa)]
    command += ["--prune", *map(str, pruning)] if pruning else []
    command += ["--discount_fallback"] if fallback else []
    command += flags
    subprocess.run(command, check=True, capture_output=True)
    return arpa.read_bytes()


def is_same_arpa(own: bytes, oracle: bytes, *, platform: str = sys.platform) -> bool:
    """Whether two ARPA files are the same: byte for byte on Linux, where both ask one libm.

    Another platform's log10 may round otherwise; there each number may differ by 1e-6.
    """
    if own == oracle or platform == "linux":
        return own == oracle
    pairs = zip(own.split(b"\n"), oracle.split(b"\n"), strict=False)
    return own.count(b"\n") == oracle.count(b"\n") and all(
        mine == theirs or _is_near(mine.split(b"\t"), theirs.split(b"\t")) for mine, theirs in pairs
    )


def _is_near(mine: list[bytes], theirs: list[bytes]) -> bool:
    if len(mine) != len(theirs) or len(mine) < 2 or mine[1] != theirs[1]:
        return False
    numbers = zip(mine[::2], theirs[::2], strict=True)
    return all(abs(float(one) - float(other)) <= 1e-6 for one, other in numbers)


def make_corpus(n_sentences: int, *, seed: int) -> list[str]:
    """Sentences of a small grammar whose words are as unevenly frequent as those of a language."""
    draw = random.Random(seed)

    def pick(stem: str) -> str:
        return f"{stem}{min(int(draw.paretovariate(0.8)), 5000)}"

    def noun_phrase() -> str:
        return f"{draw.choice(['el', 'la', 'un'])} {pick('nom')}"

    sentences = []
    for _ in range(n_sentences):
        parts = [noun_phrase(), pick("fa")]
        if draw.random() < 0.6:
            parts.append(noun_phrase())
        if draw.random() < 0.5:
            parts.append(f"a {pick('lloc')}")
        sentences.append(" ".join(parts))
    return sentences


@cache
def make_natural_text(n_words: int = 40_000, *, seed: int = 5) -> tuple[str, ...]:
    """Sentences that are counted like those of a language.

    The r-th word is about 1/r as frequent as the first, half of the words are there once, each word
    has followers of its own, sentences have 1 to 40 words, and set phrases come again and again.
    """
    draw = random.Random(seed)
    syllables = ("ca", "l·l", "de", "ny", "ó", "tre", "qui", "sa", "ç", "l'", "un", "mar", "і")
    words = list(dict.fromkeys(_spell(syllables, number) for number in range(12_000)))
    ranks = {word: rank for rank, word in enumerate(words)}
    weights = list(itertools.accumulate(1 / rank for rank in range(1, len(words) + 1)))
    phrases = [draw.choices(words, cum_weights=weights, k=draw.randint(3, 9)) for _ in range(300)]
    sentences, n_made = [], 0
    while n_made < n_words:
        line = [draw.choices(words, cum_weights=weights)[0]]
        while len(line) < 40 and draw.random() < 0.88:
            if draw.random() < 0.08:
                line += phrases[min(int(draw.paretovariate(0.7)), len(phrases)) - 1]
            elif draw.random() < 0.5:
                step = min(int(draw.paretovariate(0.6)), len(words))
                line.append(words[(7 * ranks[line[-1]] + step) % 900])
            else:
                line.append(draw.choices(words, cum_weights=weights)[0])
        sentences.append(" ".join(line))
        n_made += len(line)
    return tuple(sentences)


def _spell(syllables: tuple[str, ...], number: int) -> str:
    """Another word for each number; frequent ones are short."""
    spelled = syllables[number % len(syllables)]
    while number := number // len(syllables):
        spelled += syllables[(number - 1) % len(syllables)]
    return spelled
