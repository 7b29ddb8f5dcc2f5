"""docs/formats.md says what the writers write."""

import json
from pathlib import Path

from transcript_material import PLAIN

from w2vctc.decode.writers import FORMATS

PAGE = (Path(__file__).parent.parent / "docs" / "formats.md").read_text(encoding="utf-8")


def list_cells(heading: str) -> list[list[str]]:
    """The cells of the table under a line that begins with `heading`."""
    lines = PAGE[PAGE.index(heading) :].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def test_every_format_is_described_as_on_the_screen() -> None:
    wanted = [[f"`{one.name}`", f"`{one.suffix}`", one.what] for one in FORMATS.values()]
    assert list_cells("| format |") == wanted


def test_every_field_of_the_json_is_described() -> None:
    described = [cells[0].strip("`") for cells in list_cells("| field |")]
    assert described == list(json.loads(FORMATS["json"].render(PLAIN)))
