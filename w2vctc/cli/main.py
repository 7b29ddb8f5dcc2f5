"""The command line's entry: the list of verbs and the one place where errors become exit codes."""

import os
import sys
from typing import Any

import typer

from w2vctc import __version__
from w2vctc.acoustic.parallel.processes import find_processes
from w2vctc.cli.align import align_cli
from w2vctc.cli.build_vocab import build_vocab_cli
from w2vctc.cli.check import check_cli
from w2vctc.cli.decode import decode_cli
from w2vctc.cli.demo import demo_cli
from w2vctc.cli.doctor import doctor_cli
from w2vctc.cli.evaluate import evaluate_cli
from w2vctc.cli.finetune import finetune_cli
from w2vctc.cli.interruption import Interrupted, interruptible
from w2vctc.cli.lm_info import lm_info_cli
from w2vctc.cli.prepare import prepare_cli
from w2vctc.cli.screen import ReaderGone
from w2vctc.cli.train_lm import train_lm_cli
from w2vctc.cli.tune import tune_cli
from w2vctc.errors import INTERRUPTED, MachineError, W2vctcError

DEBUG_VARIABLE = "W2VCTC_DEBUG"  # set to 1 to see the traceback of an error

app = typer.Typer(
    name="w2vctc",
    help="From a folder of transcribed speech to a speech recogniser of your own.",
    epilog="In this order: check, build-vocab, finetune, train-lm, tune, evaluate, decode, align.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: starts in two thirds of the time, and shows [default]
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"w2vctc {__version__}")
        raise typer.Exit


@app.callback()
def start(
    version: bool = typer.Option(
        False, "--version", help="Show the version.", callback=_show_version, is_eager=True
    ),
) -> None:
    """From a folder of transcribed speech to a speech recogniser of your own."""
    del version


def _add(name: str, verb: Any, example: str) -> None:
    app.command(name, epilog=f"Example:  {example}")(verb)


_add("check", check_cli, "w2vctc check recordings/ --lang ca --report check.html")
_add("prepare", prepare_cli, "w2vctc prepare recordings/ --out data/ca --audio flac")
_add("build-vocab", build_vocab_cli, "w2vctc build-vocab --lang ca")
_add("finetune", finetune_cli, "w2vctc finetune --lang ca --model xlsr-53")
_add("train-lm", train_lm_cli, "w2vctc train-lm --lang ca --text corpus.txt --order 3")
_add("lm-info", lm_info_cli, "w2vctc lm-info lm/ca --text dev.txt --model models/ca")
_add("tune", tune_cli, "w2vctc tune --lang ca")
_add("decode", decode_cli, "w2vctc decode --lm lm.arpa file.wav")
_add("align", align_cli, "w2vctc align --lang ca talk.wav talk.txt --out times --format eaf")
_add("evaluate", evaluate_cli, "w2vctc evaluate --lang ca --split test")
_add("demo", demo_cli, "w2vctc demo")
_add("doctor", doctor_cli, "w2vctc doctor")


def main(arguments: list[str] | None = None) -> int:
    """Runs one command and returns its exit code; a person's mistake is never a traceback."""
    try:
        with interruptible():
            app(arguments, prog_name="w2vctc")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except Interrupted as end:
        if find_processes().leads:
            _complain("interrupted", end.hint)
        return INTERRUPTED
    except ReaderGone:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:  # the one boundary: everything becomes a message
        if os.environ.get(DEBUG_VARIABLE):
            raise
        return _explain(error)
    return 0


def _explain(error: Exception) -> int:
    """Tells the person what happened and what to do; the exit code."""
    if isinstance(error, W2vctcError):
        told = not error.code or error.code in error.message  # a list of rows names its codes
        code = "" if told else f" [{error.code}]"
        _complain(f"{error.message}{code}", error.hint)
        return error.exit_code
    if isinstance(error, MemoryError) or "out of memory" in str(error).lower():
        _complain(
            "out of memory", "halve --batch-seconds and double --accumulation, or --device cpu"
        )
        return MachineError.exit_code
    if isinstance(error, OSError):
        _complain(f"the machine refuses: {error}", "mend that and run it again")
        return MachineError.exit_code
    _complain(
        f"a fault of w2vctc itself: {type(error).__name__}: {error}",
        f"please report it with what {DEBUG_VARIABLE}=1 shows",
    )
    return 1


def _complain(message: str, hint: str = "") -> None:
    sys.stderr.write(f"error: {message}\n" + (f"hint:  {hint}\n" if hint else ""))
