"""`w2vctc doctor`: what is here, what is missing, and the command that brings it."""

from dataclasses import asdict, dataclass
from typing import Annotated

import typer

from w2vctc.cli import flags

_PACKAGES = (
    *("torch", "transformers", "datasets", "pyarrow", "pyctcdecode", "kenlm", "numba", "librosa"),
    *("soundfile", "av", "numpy"),
)


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report."""

    what: str
    state: str
    ok: bool
    command: str = ""  # brings what is missing


def doctor_cli(
    install_lmplz: Annotated[
        bool,
        typer.Option("--install-lmplz", help="Build KenLM's lmplz and build_binary from source."),
    ] = False,
    json: flags.Json = False,
) -> None:
    """Show what is installed, the GPU, lmplz and the decoder, and how to get what is missing."""
    from w2vctc.cli.screen import print_table, write_json

    if install_lmplz:
        bring_lmplz()
    findings = examine()
    if json:
        write_json([asdict(finding) for finding in findings])
        return
    print_table(
        [("", "left"), ("what", "left"), ("state", "left"), ("to get it", "left")],
        [("✓" if f.ok else "–", f.what, f.state, f.command) for f in findings],
    )


def bring_lmplz() -> None:
    """Builds lmplz into the user's cache, where train-lm finds it."""
    from w2vctc.cli.lm_screen import show_step
    from w2vctc.cli.screen import Stopwatch, format_time, say
    from w2vctc.lm.install import install_lmplz
    from w2vctc.lm.lmplz import programs_folder

    watch = Stopwatch()
    say("building lmplz takes a few minutes where it is not there yet")
    with show_step("building lmplz from its source"):
        programs = install_lmplz(programs_folder())
    for program in programs:
        say(f"made {program}")
    say(f"it took {format_time(watch.seconds)}; train-lm finds them by itself")


def examine() -> list[Finding]:
    """Everything that w2vctc uses on this machine."""
    return [
        *(_examine_package(name) for name in _PACKAGES),
        _examine_gpu(),
        _examine_decoder(),
        _warm_decoder(),
        _examine_lmplz(),
        _examine_sound(),
    ]


def _examine_package(name: str) -> Finding:
    from importlib import metadata  # costs 0.08 s, which --help must not pay

    try:
        return Finding(name, metadata.version(name), ok=True)
    except metadata.PackageNotFoundError:
        return Finding(name, "missing", ok=False, command=f"pip install {name}")


def _examine_gpu() -> Finding:
    import torch

    if torch.cuda.is_available():
        memory = torch.cuda.get_device_properties(0).total_memory / 2**30
        precision = "bf16" if torch.cuda.is_bf16_supported() else "fp16"
        name = torch.cuda.get_device_name(0)
        return Finding("GPU", f"{name}, {memory:.0f} GB, {precision}", ok=True)
    return Finding(
        "GPU",
        f"none that torch sees; {torch.get_num_threads()} CPU threads",
        ok=False,
        command="not needed for tiny models and decoding; else rent one",
    )


def _examine_decoder() -> Finding:
    try:
        import kenlm  # noqa: F401
        import pyctcdecode  # noqa: F401
    except ImportError as error:
        return Finding("beam search", str(error), ok=False, command="pip install pyctcdecode kenlm")
    return Finding("beam search", "pyctcdecode with KenLM", ok=True)


def _warm_decoder() -> Finding:
    """Compiles the decoding engine where that was not done yet, so that no decode has to wait."""
    from w2vctc.cli.screen import say
    from w2vctc.lm.compiled import compiled_folder

    try:
        from w2vctc.decode.fast.decoder import warm

        warm(on_news=say)
    except ImportError as error:
        return Finding("fast decoder", str(error), ok=False, command="pip install numba")
    folder = compiled_folder()
    if folder is None:
        return Finding(
            "fast decoder",
            "compiled anew at each start: the cache cannot be written",
            ok=False,
            command="set W2VCTC_CACHE to a folder of yours",
        )
    return Finding("fast decoder", "compiled", ok=True)


def _examine_lmplz() -> Finding:
    from w2vctc.lm.lmplz import BUILD_HINT, find_lmplz

    found = find_lmplz()
    if found:
        return Finding("lmplz", str(found), ok=True)
    return Finding(
        "lmplz", "not found: the builtin estimator writes the same n-gram", ok=True,
        command=BUILD_HINT,
    )  # fmt: skip


def _examine_sound() -> Finding:
    import soundfile

    formats = [
        name for name in ("WAV", "FLAC", "MP3", "OGG") if name in soundfile.available_formats()
    ]
    return Finding("sound", f"{soundfile.__libsndfile_version__}: {', '.join(formats)}", ok=True)
