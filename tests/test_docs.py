"""The documentation says what the program does: its tables are held against the code."""

import re
from pathlib import Path

import pytest

from w2vctc.corpus.formats import list_formats
from w2vctc.corpus.reasons import REASONS

ROOT = Path(__file__).parent.parent
DATA = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")


def list_rows(page: str, heading: str) -> list[list[str]]:
    """The cells of the table under a line that begins with `heading`."""
    lines = page[page.index(heading) :].splitlines()[2:]
    table = lines[: next((n for n, line in enumerate(lines) if not line), len(lines))]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table]


def test_every_format_is_described() -> None:
    rows = [row[:2] for row in list_rows(DATA, "| `--format`")]
    assert rows == sorted([f"`{format.name}`", format.title] for format in list_formats())


def test_every_code_is_described_in_the_words_of_the_screen() -> None:
    rows = list_rows(DATA, "| code |")
    assert rows == [[f"`{code}`", why.title, why.remedy] for code, why in REASONS.items()]


@pytest.mark.parametrize("page", [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))])
def test_links_to_files_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []
