"""The folder of `--out`: report.json, report.md and report.html, each whole or not there."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from w2vctc.evaluate.examination import Examination
    from w2vctc.project import Project

JSON_NAME, MARKDOWN_NAME, PAGE_NAME = "report.json", "report.md", "report.html"


def check_folder(folder: Path) -> None:
    """Refuses, before any work, a folder that cannot be written or holds somebody's own report.

    Raises UsageError, MachineError.
    """
    from w2vctc.errors import UsageError
    from w2vctc.files import refuse_unwritable

    refuse_unwritable(folder)
    names = [name for name in (JSON_NAME, MARKDOWN_NAME, PAGE_NAME) if (folder / name).exists()]
    if names and not _is_ours(folder / JSON_NAME):
        raise UsageError(
            f"--out {folder}: {names[0]} there is not of an earlier evaluation",
            hint="choose another folder",
        )


def save_report(folder: Path, examination: "Examination", project: "Project") -> None:
    """Writes the three files and says so; the same names of an earlier evaluation are replaced."""
    from w2vctc.cli.checking.escapes import make_printable
    from w2vctc.cli.evaluating.page import render_page
    from w2vctc.cli.screen import say
    from w2vctc.evaluate.as_json import examination_to_json
    from w2vctc.evaluate.as_markdown import render_markdown
    from w2vctc.files import save_text

    language = "" if project.lang == "und" else project.lang
    title = f"{language or project.data.resolve().name}, {examination.split}"
    values = json.dumps(examination_to_json(examination), ensure_ascii=False, indent=1)
    # A file name's odd byte is a lone surrogate, which UTF-8 has not; its escape is JSON too.
    values = values.encode("utf-8", "backslashreplace").decode("utf-8")
    save_text(folder / JSON_NAME, f"{values}\n")
    save_text(folder / MARKDOWN_NAME, render_markdown(examination, title=make_printable(title)))
    save_text(folder / PAGE_NAME, render_page(examination, title=title, lang=language))
    say(f"made {folder / PAGE_NAME}: open it in a browser; {MARKDOWN_NAME} and {JSON_NAME} too")


def _is_ours(path: Path) -> bool:
    from w2vctc.evaluate.as_json import SCHEMA_NAME

    try:
        with path.open(encoding="utf-8") as stream:
            return f'"schema": "{SCHEMA_NAME}' in stream.read(200)
    except (OSError, UnicodeDecodeError):
        return False
