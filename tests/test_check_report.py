"""The page about a check: complete, the same each time, and safe whatever the data says."""

import base64
import hashlib
import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from report_material import HOSTILE, make_result

from w2vctc.cli.checking import clips as report_clips
from w2vctc.cli.checking.escapes import show_text
from w2vctc.cli.checking.report import format_duration, render_check_report
from w2vctc.corpus.checks.result import CheckResult, SpeakerStatistics, count_reasons
from w2vctc.corpus.checks.spread import measure_spread
from w2vctc.corpus.fault import Fault
from w2vctc.files import save_text

# Elements that HTML closes by itself.
VOID = {"meta", "link", "br"}
# Elements that are not on one line with what follows.
BLOCKS = {"td", "th", "dt", "dd", "p", "li", "h1", "h2", "figcaption", "caption"}


class Page(HTMLParser):
    """The elements of a page; fails where one is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        if tag in BLOCKS:
            self.handle_data(" ")

    def handle_data(self, data: str) -> None:
        for tag in set(self.open):
            self.texts.setdefault(tag, []).append(data)

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.elements)

    def text(self, tag: str = "body") -> str:
        return " ".join("".join(self.texts.get(tag, [])).split())


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> CheckResult:
    return make_result(tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def rendered(result: CheckResult) -> str:
    return render_check_report(result, title="Recordings <b>of mine</b>", lang="ca")


@pytest.fixture(scope="module")
def page(rendered: str) -> Page:
    return Page(rendered)


@pytest.fixture
def soundless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages without players, which need no processes."""
    monkeypatch.setattr(report_clips, "embed_sounds", lambda *_, **__: [])


def test_the_same_result_gives_the_same_page(result: CheckResult, rendered: str) -> None:
    title = "Recordings <b>of mine</b>"
    assert render_check_report(result, title=title, lang="ca", n_jobs=1) == rendered


def test_it_begins_with_what_is_wrong(page: Page) -> None:
    headings = [heading.strip() for heading in page.texts["h2"]]
    assert headings == [
        *("What is wrong", "What it means for training", "How much there is"),
        *("Clips to listen to", "Is the test a fair one?", "Speakers", "Characters"),
    ]
    body = page.text()
    assert "3 of 17 rows cannot be trained on; 5 of the others are worth a look." in body
    order = [body.index(code) for code in ("E_RESERVED", "E_MISSING", "W_RATE", "W_CHAR")]
    assert order == sorted(order)
    assert "E_MISSING 1 the file is not there find it, mend the path, or take the row out" in body


def test_it_tells_the_figures(page: Page) -> None:
    body = page.text()
    for fact in (
        "usable sound 35.5 s",
        "usable rows 14",
        "train 12 11 28.0 s 0.8 s 2.8 s 4.2 s 3 40 20",
        "36 seconds: record more before you train",
        "sentence train and dev 1 4 <i>bon dia</i>",
        "dev 5 25.0 % 4 40.0 % mai, vist",
        "veu <b>0</b> 6 12.5 s train, dev",
        "U+0436 cyrillic small letter zhe 9 hжla unexpected",
        "lowest 2",
        "from 2 to 30 characters per second",
        "10 clips stand out. 10 can be heard",
    ):
        assert fact in body
    assert page.count("svg") == 4


def test_transcripts_are_text_and_nothing_else(page: Page, rendered: str) -> None:
    assert page.count("script") == page.count("style") == 1
    assert page.count("img") == page.count("b") == page.count("i") == 0
    assert "<script>document" not in rendered
    body = page.text()
    for text in (HOSTILE[0], HOSTILE[1], HOSTILE[6]):
        assert text in body
    assert "\u202e" not in rendered
    assert "U+202E" in body
    assert "U+DC80" in body
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
    assert not any("style" in attributes for _, attributes in page.elements)


def test_it_needs_no_other_file(page: Page) -> None:
    for tag, attributes in page.elements:
        for name in ("src", "href", "srcset", "data", "action", "poster"):
            value = attributes.get(name, "#")
            assert value.startswith(("#", "data:")), (tag, name, value)
    assert page.count("audio") == 10


def test_its_policy_lets_its_own_script_and_style_run_and_nothing_else(
    page: Page, rendered: str
) -> None:
    (policy,) = (
        attributes["content"]
        for _, attributes in page.elements
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["media-src"] == "data:"
    for tag in ("script", "style"):
        found = re.search(f"<{tag}>(.*?)</{tag}>", rendered, re.DOTALL)
        assert found is not None
        digest = hashlib.sha256(found.group(1).encode()).digest()
        assert rules[f"{tag}-src"] == f"'sha256-{base64.b64encode(digest).decode()}'"


def test_transcripts_say_their_direction_and_language(page: Page) -> None:
    transcripts = [
        attributes for tag, attributes in page.elements if attributes.get("lang") == "ca"
    ]
    assert transcripts
    assert all(found["dir"] == "auto" for found in transcripts)
    assert page.elements[0] == ("html", {"lang": "en"})


def test_tables_have_heads_and_charts_and_players_have_names(page: Page) -> None:
    for tag, attributes in page.elements:
        if tag == "th":
            assert attributes["scope"] in ("col", "row")
        if tag in ("svg", "audio"):
            assert attributes["aria-label"]
    assert page.count("h1") == page.count("main") == 1


def test_the_page_can_be_saved(rendered: str, tmp_path: Path) -> None:
    save_text(tmp_path / "check.html", rendered)
    assert (tmp_path / "check.html").read_text(encoding="utf-8") == rendered


@pytest.mark.usefixtures("soundless")
def test_it_says_that_only_headers_were_read(result: CheckResult) -> None:
    page = Page(render_check_report(replace(result, sound=None), title="mine"))
    assert "w2vctc check --deep" in page.text()
    assert page.count("svg") == 2


@pytest.mark.usefixtures("soundless")
def test_too_few_clips_to_say_what_rate_is_usual(result: CheckResult) -> None:
    assert result.rates is not None
    vague = replace(result.rates, lowest=0.0, highest=math.inf, outliers=())
    body = Page(render_check_report(replace(result, rates=vague), title="mine")).text()
    assert "Speaking rate" in body
    assert "can belong together" not in body
    assert "lowest" not in body


@pytest.mark.usefixtures("soundless")
def test_a_result_without_a_single_usable_row(result: CheckResult) -> None:
    bare = replace(
        result,
        rows=result.rows[-1:],
        n_rows=1,
        splits=(),
        speakers=(),
        lengths=None,
        rates=None,
        characters=(),
        dropped=(),
        overlaps=(),
        sound=None,
        advice=(),
    )
    body = Page(render_check_report(bare, title="mine")).text()
    assert "1 of 1 rows cannot be trained on" in body
    assert "No usable text." in body
    assert "Clips to listen to" not in body


@pytest.mark.usefixtures("soundless")
def test_a_clean_corpus_is_called_clean(result: CheckResult) -> None:
    rows = tuple(replace(row, faults=()) for row in result.rows[:5])
    clean = replace(result, rows=rows, n_rows=5, faults=(), reasons=())
    body = Page(render_check_report(clean, title="mine")).text()
    assert "Nothing is wrong with these 5 rows." in body
    assert "No fault and no warning." in body


@pytest.mark.usefixtures("soundless")
def test_a_clip_of_an_hour_does_not_flatten_the_chart(result: CheckResult) -> None:
    durations = [*range(1, 100), 3600]
    row = result.rows[7]
    rows = tuple(
        replace(row, utterance=replace(row.utterance, id=str(s), duration_s=float(s)))
        for s in durations
    )
    spread = measure_spread([float(s) for s in durations])
    long = replace(result, rows=rows, n_rows=100, lengths=spread, rates=None, sound=None)
    body = Page(render_check_report(long, title="mine")).text()
    assert "1 beyond 362 not drawn; half of them from 25.8 to 75.2, median 50.5" in body


@pytest.mark.usefixtures("soundless")
@pytest.mark.parametrize("name", ["speakers", "characters", "dropped"])
def test_a_table_without_end_is_cut_and_says_so(result: CheckResult, name: str) -> None:
    many = replace(result, **{name: getattr(result, name)[:1] * 1700})
    page = Page(render_check_report(many, title="mine"))
    assert "The table ends here; 1,200 more are in what w2vctc check --json prints." in page.text()
    assert page.count("tr") < 1200


@pytest.mark.usefixtures("soundless")
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    text=st.text(st.characters(codec=None)),
    name=st.text(st.characters(codec=None), min_size=1),
)
def test_any_data_give_a_page(result: CheckResult, text: str, name: str) -> None:
    row = result.rows[1]
    utterance = replace(row.utterance, id=name, text=text, speaker=name, source=name)
    fault = Fault("W_RATE", f"{name}: {text}", utterance)
    odd = replace(
        result,
        place=Path(name.replace("\x00", "")),
        note=text,
        rows=(replace(row, utterance=utterance, faults=(fault,)),),
        reasons=count_reasons([fault]),
        speakers=(SpeakerStatistics(name, 1, 1.0, ("train",)),),
        advice=(text,),
    )
    rendered = render_check_report(odd, title=name)
    rendered.encode("utf-8")
    page = Page(rendered)
    assert page.count("script") == page.count("style") == 1
    assert show_text(text) in rendered


def measure_contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours as WCAG 2 defines it, 1 to 21."""

    def luminance(colour: str) -> float:
        digits = colour * 2 if len(colour) == 3 else colour
        parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_colours_can_be_read_in_light_in_dark_and_on_paper(rendered: str) -> None:
    assert measure_contrast("000000", "ffffff") == pytest.approx(21)
    themes = re.findall(r":root \{(.*?)\}", rendered, re.DOTALL)
    assert len(themes) == 3
    for theme in themes:
        colours = dict(re.findall(r"--(\w+): #(\w+);", theme))
        for text in ("ink", "soft", "mark", "bad", "warn", "link"):
            assert measure_contrast(colours[text], colours["page"]) >= 4.5, (theme, text)
        for text in ("ink", "soft"):
            assert measure_contrast(colours[text], colours["panel"]) >= 4.5, (theme, text)
        assert measure_contrast(colours["bar"], colours["page"]) >= 3


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(5.34, "5.3 s"), (41 * 60, "41 min"), (3 * 3600 + 485, "3 h 08 min"), (3599, "1 h 00 min")],
)
def test_durations_in_words(seconds: float, words: str) -> None:
    assert format_duration(seconds) == words
