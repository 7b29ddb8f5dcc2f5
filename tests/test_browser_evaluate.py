"""report.html in a real browser: sortable, its sounds play, nothing leaves the page."""

import html
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from evaluation_material import BEST, GREEDY, REFERENCES, make_evaluation, make_examination
from report_material import HOSTILE, make_tone
from test_browser import find_browser, list_strangers, listen, open_page

from w2vctc.cli.evaluating.page import render_page
from w2vctc.files import save_text

# Drives the page in a frame, as a person would, and writes what it sees as JSON.
HARNESS = """<!DOCTYPE html><meta charset="utf-8"><pre id="seen">nothing</pre>
<iframe id="frame" src="report.html" style="width:100%;height:800px"></iframe>
<script>
const frame = document.getElementById("frame");
function column(page, table, place) {
  const rows = Array.from(page.querySelectorAll(table + " tbody tr"));
  return rows.map((row) => row.cells[place].innerText);
}
frame.onload = async () => {
  const page = frame.contentDocument;
  const steps = { title: page.title, ready: page.documentElement.dataset.ready };
  steps.names = column(page, "#clips", 0).map((name) => name.split("\\n")[0]);
  const heads = Array.from(page.querySelectorAll("#clips th button"));
  steps.heads = heads.map((head) => head.textContent);
  heads[2].click();
  steps.up = column(page, "#clips", 3).map(parseFloat);
  heads[2].click();
  steps.down = column(page, "#clips", 3).map(parseFloat);
  const groups = Array.from(page.querySelectorAll("table.breakdown"))[1];
  groups.querySelector("th button").click();
  steps.chapters = Array.from(groups.tBodies[0].rows).map((row) => row.cells[0].innerText);
  steps.width = page.documentElement.scrollWidth - page.documentElement.clientWidth;
  const players = Array.from(page.querySelectorAll("audio"));
  steps.heard = players.map((player) => Number(player.dataset.heardS));
  steps.images = page.querySelectorAll("img").length;
  steps.visible = getComputedStyle(page.querySelector("h1")).display;
  steps.missed = getComputedStyle(page.querySelector(".aligned .said")).textDecorationLine;
  steps.page = getComputedStyle(page.body).backgroundColor;
  const said = page.querySelector(".substitution .said").getBoundingClientRect();
  const heard = page.querySelector(".substitution .heard").getBoundingClientRect();
  steps.below = heard.top >= said.bottom - 1 && Math.abs(heard.left - said.left) < 2;
  players[0].muted = true;
  try {
    await players[0].play();
    steps.plays = !players[0].paused;
  } catch (error) {
    steps.plays = String(error);
  }
  document.getElementById("seen").textContent = JSON.stringify(steps);
};
</script>"""
N_CLIPS = len(REFERENCES) - 1 + len(HOSTILE)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved report with hostile texts, its harness beside it."""
    find_browser()
    folder = tmp_path_factory.mktemp("evaluated")
    for number in range(len(REFERENCES) + len(HOSTILE)):
        make_tone(folder / f"{number:02}.wav", duration_s=0.5)
    said, heard = (*REFERENCES, *HOSTILE), (*BEST, *HOSTILE[1:], HOSTILE[0])
    evaluation = make_evaluation(said, (*GREEDY, *HOSTILE), heard, folder=folder)
    page = render_page(make_examination(evaluation), title="ca, test", lang="ca", n_jobs=1)
    save_text(folder / "report.html", page)
    save_text(folder / "harness.html", HARNESS)
    return folder / "report.html"


def look(report: Path, *flags: str) -> dict[str, Any]:
    """What the harness saw."""
    document = open_page(
        report.with_name("harness.html"),
        "--allow-file-access-from-files",
        "--autoplay-policy=no-user-gesture-required",
        "--virtual-time-budget=8000",
        *flags,
    )
    found = re.search(r'<pre id="seen">(.*?)</pre>', document, re.DOTALL)
    assert found is not None
    steps = json.loads(html.unescape(found.group(1)))
    assert isinstance(steps, dict)
    return steps


def read_console(path: Path) -> list[str]:
    """What the page and the browser say on its console: errors, and what the policy forbids."""
    command = [
        find_browser(),
        *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
        *("--enable-logging=stderr", "--v=0", f"--user-data-dir={path.parent / 'profile'}"),
        *("--dump-dom", path.as_uri()),
    ]
    done = subprocess.run(command, capture_output=True, timeout=120, check=True)
    lines = done.stderr.decode("utf-8", "replace").splitlines()
    return [line for line in lines if "CONSOLE" in line]


@pytest.fixture(scope="module")
def phone(report: Path) -> dict[str, Any]:
    """In a window as narrow as a browser's can be."""
    return look(report, "--window-size=500,900", "--blink-settings=preferredColorScheme=1")


@pytest.fixture(scope="module")
def desk(report: Path) -> dict[str, Any]:
    """In a wide window, dark."""
    return look(report, "--window-size=1280,900", "--blink-settings=preferredColorScheme=0")


def test_the_page_s_script_runs_and_no_other_does(phone: dict[str, Any]) -> None:
    assert phone["ready"] == "yes"
    assert phone["title"] == "Evaluation of ca, test"
    assert (phone["images"], phone["visible"]) == (0, "block")


def test_the_console_stays_empty(report: Path) -> None:
    assert read_console(report) == []


def test_the_console_is_heard_where_something_is_wrong(tmp_path: Path) -> None:
    save_text(tmp_path / "wrong.html", "<!DOCTYPE html><script>nothing.is.here</script>")
    (line,) = read_console(tmp_path / "wrong.html")
    assert "nothing is not defined" in line


def test_tables_sort_up_and_down_by_number(phone: dict[str, Any]) -> None:
    assert phone["heads"] == ["Utterance", "WER", "CER", "Seconds"]
    assert len(phone["names"]) == N_CLIPS
    assert phone["up"] == sorted(phone["up"])
    assert phone["down"] == sorted(phone["down"], reverse=True)
    assert phone["up"][0] < phone["up"][-1]


def test_parts_sort_in_their_own_order(desk: dict[str, Any]) -> None:
    assert desk["chapters"] == ["(none)", "part2", "part10"]


def test_every_sound_decodes_and_one_plays(phone: dict[str, Any]) -> None:
    assert phone["heard"] == pytest.approx([0.5] * N_CLIPS, abs=0.1)
    assert phone["plays"] is True


def test_what_was_heard_stands_below_what_was_said(
    phone: dict[str, Any], desk: dict[str, Any]
) -> None:
    assert phone["below"] is True
    assert desk["below"] is True
    assert phone["missed"] == "line-through"


def test_neither_screen_scrolls_sideways(phone: dict[str, Any], desk: dict[str, Any]) -> None:
    assert (phone["width"], desk["width"]) == (0, 0)


def test_light_and_dark(phone: dict[str, Any], desk: dict[str, Any]) -> None:
    assert (phone["page"], desk["page"]) == ("rgb(255, 255, 255)", "rgb(21, 24, 28)")


def test_nothing_is_asked_of_the_network(report: Path) -> None:
    with listen() as (port, asked):
        document = open_page(report, f"--proxy-server=http://127.0.0.1:{port}")
    assert "outside.test" in document, "the page does hold an address"
    assert list_strangers(asked) == []
