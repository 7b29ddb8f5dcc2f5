"""KenLM's own programs built from source, for people who do not want to do it by hand."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from w2vctc.errors import MachineError

PROGRAMS = ("lmplz", "build_binary", "query")

_SCRIPT = Path(__file__).with_name("build_lmplz.sh")
_HINT = "train-lm needs no lmplz: --engine builtin writes the same n-gram"


def install_lmplz(folder: Path) -> list[Path]:
    """The paths of lmplz, build_binary and query, built where they are not in `folder` yet.

    Takes about two minutes, a C++ compiler, cmake, Boost and a way to the package index. Raises
    MachineError E_LMPLZ that says what of these is missing, and how to get it.
    """
    bash = shutil.which("bash")
    if bash is None:
        raise MachineError("building lmplz needs bash", hint=_HINT, code="E_LMPLZ")
    done = subprocess.run(
        [bash, str(_SCRIPT), str(folder.absolute())],
        env={**os.environ, "PYTHON": sys.executable},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        talk = done.stderr.decode("utf-8", errors="replace").strip().splitlines()
        found = [line for line in talk if line.startswith(("cannot ", "kenlm "))]
        advice = [line for line in talk if "apt-get" in line]
        raise MachineError(
            "\n".join(found or talk[-3:] or ["building lmplz failed"]),
            hint="; or ".join([*advice, _HINT]),
            code="E_LMPLZ",
        )
    return [folder / name for name in PROGRAMS]
