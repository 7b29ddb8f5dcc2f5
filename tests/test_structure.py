"""The rooms of the package: who may import whom, who may print, what a cheap start costs."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import w2vctc
from w2vctc.cli.main import app, main

PACKAGE = Path(w2vctc.__file__).parent
GROUND = ("__init__", "errors", "config", "files", "resources", "project", "cache", "words")
ROOMS = (
    *("ground", "speech", "text", "corpus", "vocab"),
    *("acoustic", "lm", "decode", "align", "evaluate", "cli"),
)
WITHOUT_TORCH = ("text", "corpus", "vocab", "lm", "decode", "align", "evaluate")
TORCH = {"torch", "transformers", "accelerate"}
VERBS = sorted(command.name or "" for command in app.registered_commands)


def list_modules() -> list[str]:
    """The dotted names of all modules of the package."""
    paths = (path.relative_to(PACKAGE.parent).with_suffix("") for path in PACKAGE.rglob("*.py"))
    return sorted(".".join(path.parts).removesuffix(".__init__") for path in paths)


def room_of(module: str) -> str:
    parts = module.split(".")
    name = parts[1] if len(parts) > 1 else "__init__"
    if name in GROUND:
        return "ground"
    return "cli" if name == "__main__" else name


def parse_module(module: str) -> ast.Module:
    path = PACKAGE.parent.joinpath(*module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return ast.parse(path.read_text(encoding="utf-8"))


def find_imports(module: str) -> Iterator[str]:
    """The dotted names that a module imports anywhere, inside its functions too."""
    for node in ast.walk(parse_module(module)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: relative import"
            yield from (f"{node.module}.{name.name}" for name in node.names)


@pytest.mark.parametrize("module", list_modules())
def test_imports_point_down(module: str) -> None:
    assert room_of(module) in ROOMS, f"{module}: a room that the order does not know"
    allowed = ROOMS[: ROOMS.index(room_of(module)) + 1]
    upward = [
        name
        for name in find_imports(module)
        if name.split(".")[0] == "w2vctc"
        and room_of(name) not in allowed
        # `from w2vctc import __version__`: a name of the package itself
        and name != "w2vctc.__version__"
    ]
    assert not upward


@pytest.mark.parametrize("module", [name for name in list_modules() if room_of(name) != "cli"])
def test_only_the_command_line_prints(module: str) -> None:
    used = {name.split(".")[0] for name in find_imports(module)}
    assert not used & {"typer", "rich", "click"}
    calls = [node.func for node in ast.walk(parse_module(module)) if isinstance(node, ast.Call)]
    assert not [call for call in calls if isinstance(call, ast.Name) and call.id == "print"]


@pytest.mark.parametrize(
    "module", [name for name in list_modules() if room_of(name) in WITHOUT_TORCH]
)
def test_most_rooms_never_import_torch(module: str) -> None:
    assert not {name.split(".")[0] for name in find_imports(module)} & TORCH


def test_rooms_without_torch_do_not_load_it_by_a_detour() -> None:
    names = [name for name in list_modules() if room_of(name) in WITHOUT_TORCH]
    loaded = load_in_child(
        f"import importlib\nfor name in {names!r}: importlib.import_module(name)"
    )
    assert set(names) <= loaded  # the child did import them
    assert not loaded & TORCH


def test_help_starts_without_heavy_libraries() -> None:
    loaded = load_in_child(
        "import contextlib, io\n"
        "from w2vctc.cli.main import main\n"
        "with contextlib.redirect_stdout(io.StringIO()) as out: code = main(['--help'])\n"
        "assert code == 0 and 'finetune' in out.getvalue()"
    )
    assert "w2vctc.cli.finetune" in loaded
    assert not loaded & {*TORCH, "numpy", "kenlm", "pyctcdecode", "librosa", "soundfile"}


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_shows_an_example_of_itself(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([verb, "--help"]) == 0
    shown = capsys.readouterr().out
    assert f"Example: w2vctc {verb}" in " ".join(shown.split())
    assert "Usage: w2vctc " + verb in shown


def test_the_verbs_are_those_that_the_overview_lists(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert [
        *(
            "align",
            "build-vocab",
            "check",
            "decode",
            "demo",
            "doctor",
            "evaluate",
            "finetune",
            "lm-info",
            "prepare",
            "train-lm",
            "tune",
        )
    ] == VERBS
    assert all(f"  {verb} " in shown for verb in VERBS)


def test_version_is_the_package_s(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"w2vctc {w2vctc.__version__}\n"


def load_in_child(code: str) -> set[str]:
    """The modules that are loaded in a fresh interpreter after `code`."""
    tail = "\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code + tail],
        capture_output=True,
        text=True,
        check=False,
        cwd=PACKAGE.parent,
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))
