"""The report in a real browser: its script runs, its sounds decode, nothing leaves the page."""

import html
import json
import os
import re
import shutil
import socketserver
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from report_material import HOSTILE, make_result

from w2vctc.cli.checking.report import render_check_report
from w2vctc.files import save_text

BROWSERS = ("google-chrome-stable", "google-chrome", "chromium", "chromium-browser")
# The browser's own talk with its maker, which no page asks for.
MAKERS = ("google.com", "googleapis.com", "gvt1.com", "gstatic.com")

# Drives the page in a frame, as a person would, and writes what it sees as JSON.
HARNESS = """<!DOCTYPE html><meta charset="utf-8"><pre id="seen">nothing</pre>
<iframe id="frame" src="check.html#reason=W_RATE"></iframe>
<script>
const frame = document.getElementById("frame");
function look() {
  const page = frame.contentDocument;
  const rows = Array.from(page.querySelectorAll("#clips tbody tr"));
  return {
    names: rows.map((row) => row.querySelector("bdi").textContent),
    shown: rows.filter((row) => !row.hidden).map((row) => row.querySelector("bdi").textContent),
    status: page.getElementById("shown").textContent,
    choice: page.getElementById("reason").value,
    sorted: Array.from(page.querySelectorAll("#clips th[aria-sort]"))
      .map((head) => head.textContent + " " + head.getAttribute("aria-sort")),
  };
}
frame.onload = () => {
  const page = frame.contentDocument;
  const steps = { start: look() };
  const choice = page.getElementById("reason");
  choice.value = "";
  choice.dispatchEvent(new Event("change"));
  steps.all = look();
  const [name, , seconds] = page.querySelectorAll("#clips th button");
  seconds.click();
  steps.up = look();
  seconds.click();
  steps.down = look();
  name.click();
  steps.byName = look();
  frame.contentWindow.dispatchEvent(new Event("beforeprint"));
  steps.folds = Array.from(page.querySelectorAll("details")).map((fold) => fold.open);
  steps.title = page.title;
  steps.ready = page.documentElement.dataset.ready;
  steps.fails = page.getElementById("clips").textContent.split("cannot play it").length - 1;
  steps.heard = Object.fromEntries(Array.from(page.querySelectorAll("audio")).map(
    (player) => [player.getAttribute("aria-label"), Number(player.dataset.heardS)]));
  steps.images = page.querySelectorAll("img").length;
  steps.visible = getComputedStyle(page.querySelector("h1")).display;
  steps.bar = getComputedStyle(page.querySelector(".bar")).fill;
  steps.directions = Array.from(page.querySelectorAll("#clips td.words > bdi"))
    .map((words) => words.textContent[0] + " " + getComputedStyle(words).direction);
  steps.width = page.documentElement.scrollWidth - page.documentElement.clientWidth;
  document.getElementById("seen").textContent = JSON.stringify(steps);
};
</script>"""


def find_browser() -> str:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("the continuous build needs chromium")
        pytest.skip(f"no browser on the PATH: {', '.join(BROWSERS)}")
    return found


def open_page(path: Path, *flags: str) -> str:
    """The document of a page once it is loaded, sounds included, as the browser writes it."""
    command = [
        find_browser(),
        *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
        *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
        f"--user-data-dir={path.parent / 'profile'}",
        *flags,
        *("--dump-dom", path.as_uri()),
    ]
    done = subprocess.run(command, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout.decode("utf-8")


@contextmanager
def listen() -> Iterator[tuple[int, list[str]]]:
    """(port, hosts asked for so far) of a proxy that answers nothing."""
    asked: list[str] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            line = self.rfile.readline().decode("latin-1")
            found = re.match(r"\w+ (?:http://)?([^/:\s]+)", line)
            asked.append(found.group(1) if found else line)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1], asked
        server.shutdown()


def list_strangers(asked: list[str]) -> list[str]:
    return [host for host in asked if not host.endswith(MAKERS)]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved report on hostile data, with its harness beside it."""
    find_browser()
    folder = tmp_path_factory.mktemp("browser")
    page = render_check_report(make_result(folder), title="Recordings", lang="ca")
    save_text(folder / "check.html", page)
    save_text(folder / "harness.html", HARNESS)
    return folder / "check.html"


@pytest.fixture(scope="module")
def seen(report: Path) -> dict[str, Any]:
    """What the harness saw, in a window as narrow as a phone's."""
    document = open_page(
        report.with_name("harness.html"), "--allow-file-access-from-files", "--window-size=500,900"
    )
    found = re.search(r'<pre id="seen">(.*?)</pre>', document, re.DOTALL)
    assert found is not None
    steps = json.loads(html.unescape(found.group(1)))
    assert isinstance(steps, dict)
    return steps


def test_the_script_of_the_page_runs_and_no_other(seen: dict[str, Any]) -> None:
    assert seen["ready"] == "yes"
    assert seen["title"] == "Recordings"
    assert seen["images"] == 0


def test_the_style_of_the_page_holds_and_no_other(seen: dict[str, Any]) -> None:
    assert seen["visible"] == "block"
    assert seen["bar"] in ("rgb(43, 108, 176)", "rgb(110, 168, 230)")


def test_transcripts_run_in_their_own_direction(seen: dict[str, Any]) -> None:
    assert "ש rtl" in seen["directions"]
    assert "l ltr" in seen["directions"]


def test_a_narrow_screen_does_not_scroll_sideways(seen: dict[str, Any]) -> None:
    assert seen["width"] == 0


def test_every_sound_decodes_to_its_length(seen: dict[str, Any]) -> None:
    # The material's clip number n lasts 0.5 s and n quarters of a second.
    wanted = {f"clip clip-{n:02}": 0.5 + n / 4 for n in (0, 10, 2, 15, 1, 6, 3, 4, 14, 13)}
    assert seen["heard"] == pytest.approx(wanted, abs=0.1)
    assert seen["fails"] == 0


def test_a_sound_that_cannot_be_played_says_so(report: Path) -> None:
    page = report.read_text(encoding="utf-8")
    sound = re.search(r"data:audio/mpeg;base64,([^\"]+)", page)
    assert sound is not None
    broken = report.with_name("broken.html")
    save_text(broken, page.replace(sound.group(1), "bm90IGEgc291bmQ="))
    document = open_page(broken)
    assert document.count("</audio>this browser cannot play it") == 1
    assert document.count("data-heard-s") == 9


def test_an_address_with_a_reason_shows_its_clips(seen: dict[str, Any]) -> None:
    assert seen["start"]["choice"] == "W_RATE"
    assert seen["start"]["shown"] == ["clip-10", "clip-01", "clip-03"]
    assert seen["start"]["status"] == "3 of 10 shown"


def test_all_reasons_bring_all_clips_back(seen: dict[str, Any]) -> None:
    assert seen["all"]["shown"] == seen["all"]["names"]
    assert seen["all"]["status"] == "10 of 10 shown"


def test_columns_sort_up_and_down(seen: dict[str, Any]) -> None:
    by_length = sorted(seen["all"]["names"])  # the material's clips are longer from one to the next
    assert seen["up"]["names"] == by_length
    assert seen["up"]["sorted"] == ["Seconds ascending"]
    assert seen["down"]["names"] == by_length[::-1]
    assert seen["down"]["sorted"] == ["Seconds descending"]
    assert seen["byName"]["names"] == by_length
    assert seen["byName"]["sorted"] == ["Clip ascending"]


def test_paper_has_no_folds(seen: dict[str, Any]) -> None:
    assert seen["folds"]
    assert all(seen["folds"])


def test_nothing_is_asked_of_the_network(report: Path) -> None:
    with listen() as (port, asked):
        document = open_page(report, f"--proxy-server=http://127.0.0.1:{port}")
    assert "outside.test" in document, "the page does hold an address"
    assert list_strangers(asked) == []


def test_the_listener_hears_a_page_that_does_ask(tmp_path: Path) -> None:
    find_browser()
    save_text(tmp_path / "leak.html", f"<!DOCTYPE html><p>{HOSTILE[1]}</p>")
    with listen() as (port, asked):
        open_page(tmp_path / "leak.html", f"--proxy-server=http://127.0.0.1:{port}")
    assert "outside.test" in list_strangers(asked)
