"""KenLM models loaded so that a broken file ends in a message, not in a dead process."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from stat import S_ISREG
from typing import Any

from w2vctc.errors import ModelError
from w2vctc.files import hash_file
from w2vctc.lm.arpa import check_arpa
from w2vctc.lm.folder import read_lm_info

_BINARY_MAGIC = b"mmap lm http://kheafield.com/code"
_HINT = "build it again with: w2vctc train-lm"
# The child takes the parent's module path as it is, and nothing from the working directory.
_TRY_TO_LOAD = """
import sys
sys.path[:] = sys.argv[2:]
import kenlm
config = kenlm.Config()
config.show_progress = False
config.arpa_complain = kenlm.ARPALoadComplain.NONE
model = kenlm.Model(sys.argv[1], config)
model.score("a", bos=True, eos=True)
"""

LEAST_SPELLABLE = 0.5
GOOD_SPELLABLE = 0.95

# Files that a child process has loaded, and whether KenLM had something to say about them.
_verified: dict[tuple[str, int, int, str], bool] = {}


def is_binary(path: Path) -> bool:
    """Whether a file begins as KenLM's binaries do. Raises OSError."""
    if not S_ISREG(path.stat().st_mode):  # opening a named pipe would wait for ever
        return False
    with path.open("rb") as stream:
        return stream.read(len(_BINARY_MAGIC)) == _BINARY_MAGIC


def load_kenlm(path: Path) -> Any:
    """A kenlm.Model of an ARPA file or a KenLM binary, loaded without a word on stderr.

    The first load of a file that lm.json does not vouch for happens in a child process, since
    KenLM can end the process that loads a broken one. Raises ModelError E_LM that names the file
    (and the line of an ARPA).
    """
    path = Path(path)
    talkative = _verify(path)
    import kenlm

    config = kenlm.Config()
    config.show_progress = False
    config.arpa_complain = kenlm.ARPALoadComplain.NONE
    try:
        with _silent_stderr() if talkative else nullcontext():
            return kenlm.Model(str(path), config)
    except OSError as error:
        raise ModelError(f"{path}: kenlm cannot read it: {error}", hint=_HINT, code="E_LM") from (
            error
        )


@contextmanager
def _silent_stderr() -> Iterator[None]:
    """Sends what C++ writes to stderr nowhere.

    Only for files that KenLM speaks about whatever its settings (an ARPA without <unk>): other
    threads' messages would be lost for that time as well.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _verify(path: Path) -> bool:
    """Looks at a file once per process and content; true when KenLM talks while it loads."""
    try:
        stat = path.stat()
        if not S_ISREG(stat.st_mode):  # opening a named pipe would wait for ever
            raise ModelError(f"{path}: not a regular file", hint="check the path", code="E_LM")
        binary = is_binary(path)
        digest = hash_file(path)
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}", hint="check the path", code="E_LM") from error
    key = (str(path.resolve()), stat.st_size, stat.st_mtime_ns, digest)
    if key in _verified:
        return _verified[key]
    if _check_digest(path, digest, binary=binary):
        return False
    if not binary and check_arpa(path).order < 2:
        raise ModelError(
            f"{path}: order 1; kenlm reads n-grams of two words and more",
            hint="build it again with --order 2 or higher",
            code="E_LM",
        )
    _verified[key] = _load_in_child(path)
    return _verified[key]


def _check_digest(path: Path, digest: str, *, binary: bool) -> bool:
    """Whether lm.json beside the file recorded this very content when it was built.

    Then it needs no further look. A binary with other content is refused: most damaged binaries
    load, some of them with other scores. An ARPA file may have been edited and is looked at anew.
    """
    info = read_lm_info(path.parent)
    if info.get("ngram") != path.name or "sha256" not in info:
        return False
    if info["sha256"] != digest and binary:
        raise ModelError(
            f"{path}: its content is not what lm.json beside it recorded (SHA-256 differs)",
            hint=_HINT,
            code="E_LM",
        )
    return bool(info["sha256"] == digest)


def _load_in_child(path: Path) -> bool:
    command = [sys.executable, "-I", "-c", _TRY_TO_LOAD, str(path.absolute()), *sys.path]
    child = subprocess.run(command, check=False, capture_output=True, stdin=subprocess.DEVNULL)
    if child.returncode == 0:
        return bool(child.stderr.strip())
    talk = child.stderr.decode("utf-8", errors="replace").strip().splitlines()
    if child.returncode < 0:
        reason = f"kenlm dies of it ({signal.Signals(-child.returncode).name})"
    else:
        reason = f"kenlm cannot read it: {talk[-1] if talk else 'no message'}"
    raise ModelError(f"{path}: {reason}", hint=_HINT, code="E_LM")


def check_spelling(
    unigrams: Collection[str], can_spell: Callable[[str], bool]
) -> tuple[float, str]:
    """The share of the words that the model's letters can spell, and a warning ("" when fine).

    Raises ModelError E_LM when it is under half: another script, or upper against lower case.
    """
    words = list(unigrams)
    if not words:
        raise ModelError("the language model has no words", hint=_HINT, code="E_LM")
    unspellable = [word for word in words if not can_spell(word)]
    share = 1 - len(unspellable) / len(words)
    examples = ", ".join(unspellable[:5])
    if share < LEAST_SPELLABLE:
        raise ModelError(
            f"the model's letters can spell only {share:.0%} of the language model's"
            f" {len(words)} words; not, for instance: {examples}",
            hint="build the language model from text normalized for this model"
            " (same language, letters and case)",
            code="E_LM",
        )
    if share < GOOD_SPELLABLE:
        return share, (
            f"the model's letters can spell {share:.1%} of the language model's words;"
            f" never found: {examples}"
        )
    return share, ""
