"""KenLM's own programs: where they are, and running them."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from w2vctc.cache import cache_folder
from w2vctc.errors import DataError, MachineError, ModelError, UsageError
from w2vctc.files import staged_file
from w2vctc.lm.counts import refuse_reserved
from w2vctc.lm.estimate import check_pruning
from w2vctc.lm.ngram import Discount
from w2vctc.lm.recipe import LmRecipe

BUILD_HINT = "build it with: w2vctc doctor --install-lmplz (needs g++, cmake and Boost)"

_MIB = 1 << 20
_OUT_OF_MEMORY = re.compile(r"bad_alloc|MallocException|Cannot allocate memory|conservative -S")
_TOKENS = re.compile(r"^Unigram tokens (\d+) types (\d+)$", re.MULTILINE)
_DISCOUNTS = re.compile(r"^\d+ \d+(?:/\d+)? D1=(\S+) D2=(\S+) D3\+=(\S+)$", re.MULTILINE)
_FALLBACK = re.compile(r"^Substituting fallback discounts for order (\d+):", re.MULTILINE)


@dataclass(frozen=True)
class LmplzReport:
    """What lmplz says about its text: sizes, discounts per order, orders that got the fallback."""

    n_sentences: int
    n_tokens: int
    n_types: int
    discounts: tuple[Discount, ...]
    fallback_orders: tuple[int, ...]


def programs_folder() -> Path:
    """Where `w2vctc doctor --install-lmplz` puts what it builds."""
    return cache_folder() / "bin"


def find_lmplz() -> Path | None:
    """The path of lmplz, or None: W2VCTC_LMPLZ, the PATH, the user's cache, in this order.

    Raises UsageError when W2VCTC_LMPLZ names something that cannot be run.
    """
    named = os.environ.get("W2VCTC_LMPLZ")
    if named:
        if _is_program(Path(named)):
            return Path(named)
        raise UsageError(
            f"W2VCTC_LMPLZ={named}: no program there", hint="mend the variable, or unset it"
        )
    return _find_program("lmplz")


def find_build_binary() -> Path | None:
    """The path of build_binary, beside lmplz or where lmplz would be looked for, or None."""
    lmplz = find_lmplz()
    if lmplz is not None and _is_program(beside := lmplz.with_name("build_binary")):
        return beside
    return _find_program("build_binary")


def run_lmplz(
    sentences: Iterable[str],
    *,
    recipe: LmRecipe,
    arpa_path: Path,
    vocabulary_size: int = 0,
    memory_bytes: int = 4 << 30,
) -> LmplzReport:
    """Runs lmplz over the sentences, writes `arpa_path` in one atomic step, returns its report.

    vocabulary_size: as `estimate_ngrams` takes it. memory_bytes: lmplz sorts on disk what does not
    fit; under 256 MiB it does nothing.

    Raises MachineError when lmplz is not there or the machine gives out, ModelError E_LM with
    lmplz's last line when it fails, DataError E_EMPTY_TEXT for text without a word.
    """
    program = find_lmplz()
    if program is None:
        raise MachineError("lmplz is not on this machine", hint=BUILD_HINT, code="E_LMPLZ")
    with (
        tempfile.TemporaryDirectory(prefix="w2vctc-lmplz-") as folder,
        staged_file(arpa_path) as staging,
    ):
        text = Path(folder, "text")
        n_sentences = _write_text(sentences, text)
        arguments = _arguments(
            recipe, text=text, arpa=staging, folder=folder, memory_mib=memory_bytes // _MIB
        )
        if vocabulary_size:  # lmplz does not count <s> among them
            arguments += ["--vocab_pad", str(vocabulary_size - 1)]
        talk = _run([str(program), *arguments])
    tokens = _TOKENS.search(talk)
    if tokens is None:
        raise ModelError(
            f"{program}: its report has no count of words", hint=BUILD_HINT, code="E_LM"
        )
    return LmplzReport(
        n_sentences=n_sentences,
        n_tokens=int(tokens[1]),
        n_types=int(tokens[2]) - 3,  # lmplz counts <unk>, <s> and </s> as types
        discounts=tuple((float(a), float(b), float(c)) for a, b, c in _DISCOUNTS.findall(talk)),
        fallback_orders=tuple(int(order) + 1 for order in _FALLBACK.findall(talk)),
    )


def run_build_binary(arpa_path: Path, binary_path: Path) -> None:
    """Writes KenLM's binary form (probing) of an ARPA file in one atomic step."""
    program = find_build_binary()
    if program is None:
        raise MachineError("build_binary is not on this machine", hint=BUILD_HINT, code="E_LMPLZ")
    with staged_file(binary_path) as staging:
        _run([str(program), "probing", str(arpa_path.absolute()), str(staging.absolute())])


def _find_program(name: str) -> Path | None:
    on_path = shutil.which(name)
    if on_path:
        return Path(on_path)
    cached = programs_folder() / name
    return cached if _is_program(cached) else None


def _is_program(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)


def _write_text(sentences: Iterable[str], path: Path) -> int:
    n_sentences, n_words = 0, 0
    with path.open("w", encoding="utf-8", newline="\n") as out:
        # Leading space means nothing to lmplz, but keeps it from taking text that starts with
        # "BZh" for a compressed file.
        out.write(" ")
        for sentence in sentences:
            if "<" in sentence:
                words = sentence.split()
                refuse_reserved(words, where=f"sentence {n_sentences + 1}", line=sentence)
            out.write(sentence + "\n")
            n_sentences += 1 + sentence.count("\n")
            n_words += bool(sentence.strip("\0\t\n\r "))
    if not n_words:
        # With --discount_fallback lmplz would make a valid-looking model of nothing.
        raise DataError(
            f"no text for the language model: {n_sentences} sentences without a word",
            hint="give a text file with --text, or transcripts that are not empty",
            code="E_EMPTY_TEXT",
        )
    return n_sentences


def _arguments(
    recipe: LmRecipe, *, text: Path, arpa: Path, folder: str, memory_mib: int
) -> list[str]:
    thresholds = check_pruning(recipe.pruning, order=recipe.order)
    # lmplz clears the memory that it may use, so its default of 80 % of the machine takes seconds
    # on any text. What does not fit is sorted on disk.
    memory_mib = max(256, min(4096, memory_mib, 64 * text.stat().st_size // _MIB))
    arguments = ["-o", str(recipe.order), "-S", f"{memory_mib}M", "-T", str(Path(folder, "tmp"))]
    arguments += ["--text", str(text), "--arpa", str(arpa.absolute())]
    if any(thresholds):
        arguments += ["--prune", *map(str, thresholds)]
    if recipe.discount_fallback:
        arguments += ["--discount_fallback"]
    return arguments


def _run(command: Sequence[str]) -> str:
    """The child's stderr. Raises ModelError or MachineError with its own last line."""
    try:
        child = subprocess.run(command, check=False, capture_output=True, stdin=subprocess.DEVNULL)
    except OSError as error:
        raise MachineError(
            f"{command[0]}: {error.strerror}", hint=BUILD_HINT, code="E_LMPLZ"
        ) from error
    talk = child.stderr.decode("utf-8", errors="replace")
    if child.returncode == 0:
        return talk
    last = next((line for line in reversed(talk.splitlines()) if line.strip()), "no message")
    message = f"{Path(command[0]).name} failed: {last.strip()}"
    if "No space left on device" in talk:
        raise MachineError(message, hint="free some disk space (TMPDIR moves it)", code="E_DISK")
    if child.returncode == -signal.SIGKILL or _OUT_OF_MEMORY.search(talk):
        raise MachineError(message, hint="prune, or build a lower order", code="E_MEMORY")
    raise ModelError(message, hint="--engine builtin estimates without lmplz", code="E_LM")
