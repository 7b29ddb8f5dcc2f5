"""KenLM's own programs as the oracle of tests, and a corpus made from a grammar of ours."""

import os
import random
import shutil
import subprocess
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
