"""report.html as text: all that was found is there, and nobody's text acts on it."""

import html
import re
from pathlib import Path

import pytest
from evaluation_material import BEST, GREEDY, REFERENCES, make_evaluation, make_examination
from report_material import HOSTILE, make_tone

from w2vctc.cli.evaluating.page import MAX_PLAYERS, MAX_WORST, list_worst, render_page
from w2vctc.cli.evaluating.plots import Point, Rate, draw_rates, draw_reliability
from w2vctc.evaluate.examination import Examination
from w2vctc.evaluate.intervals import Interval


@pytest.fixture(scope="module")
def examination(tmp_path_factory: pytest.TempPathFactory) -> Examination:
    """Four utterances with sounds, and one each of the hostile texts."""
    folder = tmp_path_factory.mktemp("clips")
    for number in range(4 + len(HOSTILE)):
        make_tone(folder / f"{number:02}.wav", duration_s=0.5)
    said = (*REFERENCES, *HOSTILE)
    heard = (*BEST, *HOSTILE[1:], HOSTILE[0])
    greedy = (*GREEDY, *HOSTILE)
    return make_examination(make_evaluation(said, greedy, heard, folder=folder))


@pytest.fixture(scope="module")
def page(examination: Examination) -> str:
    return render_page(examination, title="ca, test", lang="ca", n_jobs=1)


def test_the_same_evaluation_gives_the_same_page(examination: Examination, page: str) -> None:
    assert render_page(examination, title="ca, test", lang="ca", n_jobs=1) == page


def test_systems_comparisons_choices_and_parts_are_there(page: str) -> None:
    for wanted in (
        "LM, tuned",
        "alpha 0.70, beta 1.50",
        "errors in 100 words",
        "Nothing was chosen on test",
        "holds 1 of the 12 sentences",
        "By speaker",
        "By chapter",
        "By length",
        "By unknown words",
        "Confidence against what was right",
    ):
        assert wanted in page


def test_words_are_aligned_with_what_was_heard_instead(page: str) -> None:
    assert '<span class="substitution"><bdi class="said">lluna</bdi>' in page
    assert '<bdi class="heard">luna</bdi>' in page
    assert '<span class="insertion"><bdi class="none">+</bdi><bdi class="heard">la</bdi>' in page


def test_no_text_becomes_a_tag(page: str) -> None:
    for text in HOSTILE[:2]:
        assert text not in page
    assert len(re.findall(r"<script\b", page)) == 1
    assert len(re.findall(r"<style\b", page)) == 1
    assert "<img" not in page
    assert "\u202e" not in page
    page.encode("utf-8")


def test_nothing_is_fetched(page: str) -> None:
    addresses = re.findall(r'(?:src|href)="([^"]{0,40})', page)
    assert addresses
    assert all(address.startswith(("data:", "#")) for address in addresses)
    assert "default-src 'none'" in html.unescape(page)


def test_the_worst_have_players_and_a_lost_sound_says_so(tmp_path: Path) -> None:
    make_tone(tmp_path / "01.wav", duration_s=0.5)
    clips = list_worst(make_examination(make_evaluation(folder=tmp_path)), n_jobs=1)
    assert [clip.row.id for clip in clips] == ["clip-1", "clip-2", "clip-3"]
    assert [clip.silence for clip in clips] == ["", "E_MISSING", "E_MISSING"]
    assert clips[0].player is not None


def test_a_big_set_is_listed_and_heard_in_part() -> None:
    said = ["bon dia"] * (MAX_WORST + 50)
    wrong = ["bo dia"] * len(said)
    clips = list_worst(make_examination(make_evaluation(said, wrong, wrong)), n_jobs=1)
    assert len(clips) == MAX_WORST
    assert sum(clip.silence != "" for clip in clips) == MAX_PLAYERS


def test_a_set_without_an_error_has_no_worst() -> None:
    said = ["bon dia", "la mar"]
    page = render_page(make_examination(make_evaluation(said, said, said)), title="x")
    assert "Worst utterances" not in page
    assert "Words: none." in page


def test_no_utterance_at_all_is_a_page_too() -> None:
    assert "0.0 %" in render_page(make_examination(make_evaluation([], [], [])), title="x")


def test_rates_lie_where_their_numbers_say() -> None:
    drawing = draw_rates(
        [Rate("a", 0.1, Interval(0.05, 0.2)), Rate("<b>", 0.2, None)], title="Systems"
    )
    a, b = (float(x) for x in re.findall(r'circle class="dot" cx="([\d.]+)"', drawing))
    zero = float(re.findall(r'class="axis" x1="([\d.]+)"', drawing)[0])
    assert b - zero == pytest.approx(2 * (a - zero), abs=0.2)
    low, high = re.findall(r'class="whisker" x1="([\d.]+)" y1="[\d.]+" x2="([\d.]+)"', drawing)[0]
    assert float(low) - zero == pytest.approx((a - zero) / 2, abs=0.2)
    assert float(high) == pytest.approx(b, abs=0.2)
    assert "<b>" not in drawing
    assert 'aria-label="Systems: a 10.0 %; &lt;b&gt; 20.0 %"' in drawing


def test_a_true_confidence_lies_on_the_dashes() -> None:
    drawing = draw_reliability([Point(0.5, 0.5, 10), Point(0.9, 0.2, 40)], title="C")
    x1, y1, x2, y2 = map(
        float,
        re.findall(
            r'class="mark" x1="([\d.]+)" y1="([\d.]+)" x2="([\d.]+)" y2="([\d.]+)"', drawing
        )[0],
    )
    dots = re.findall(r'cx="([\d.]+)" cy="([\d.]+)" r="([\d.]+)"', drawing)
    assert (float(dots[0][0]), float(dots[0][1])) == ((x1 + x2) / 2, (y1 + y2) / 2)
    assert float(dots[1][1]) > float(dots[0][1])
    assert float(dots[1][2]) == pytest.approx(2 * float(dots[0][2]), abs=0.1)
