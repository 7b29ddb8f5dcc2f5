"""Histograms: bars are as high as their counts say, axes have round numbers and units."""

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2vctc.cli.checking.charts import Mark, draw_histogram, list_ticks


def parse(drawing: str) -> ET.Element:
    return ET.fromstring(drawing)


def find(drawing: str, kind: str) -> list[ET.Element]:
    return [element for element in parse(drawing).iter() if element.get("class") == kind]


def draw(counts: list[int], **options: object) -> str:
    edges = [float(edge) for edge in range(len(counts) + 1)]
    return draw_histogram(
        edges,
        counts,
        title="Lengths",
        x_name="length in seconds",
        **options,  # type: ignore[arg-type]
    )


def test_a_bar_is_as_high_as_its_count() -> None:
    bars = find(draw([1, 4, 0, 2]), "bar")
    heights = [float(bar.get("height", "")) for bar in bars]
    assert len(heights) == 3, "an empty bin has no bar"
    assert heights[1] == pytest.approx(4 * heights[0], rel=0.01)
    assert heights[2] == pytest.approx(2 * heights[0], rel=0.01)
    floors = {float(bar.get("y", "")) + float(bar.get("height", "")) for bar in bars}
    assert max(floors) - min(floors) <= 0.11, "all stand on one axis"


def test_one_clip_among_thousands_can_be_seen() -> None:
    bars = find(draw([1, 100_000]), "bar")
    assert float(bars[0].get("height", "")) >= 1


def test_every_bar_says_its_range_unit_and_count() -> None:
    titles = [element.text for element in parse(draw([3, 1200])).iter() if element.tag == "title"]
    assert titles == ["0 to 1 seconds: 3 clips", "1 to 2 seconds: 1,200 clips"]


def test_who_cannot_see_it_is_told() -> None:
    label = parse(draw([3, 9, 1])).get("aria-label")
    assert label == "Lengths: 13 clips from 0 to 3 seconds; most, 9, from 1 to 2"


def test_axes_are_named() -> None:
    names = [element.text for element in find(draw([3]), "name")]
    assert sorted(filter(None, names)) == ["clips", "length in seconds"]


def test_a_mark_stands_where_its_value_is_and_none_beyond_the_chart() -> None:
    drawing = draw([1, 1, 1, 1], marks=(Mark(2.0, "half"), Mark(9.0, "far")))
    (mark,) = find(drawing, "mark")
    ticks = {tick.text: tick.get("x") for tick in find(drawing, "tick")}
    assert mark.get("x1") == ticks["2"]
    assert "far" not in drawing


def test_names_are_escaped() -> None:
    drawing = draw_histogram([0, 1], [1], title='"<b>', x_name="<i>", marks=(Mark(0.5, "&"),))
    assert not re.search("<[bi]>", drawing)
    assert (parse(drawing).get("aria-label") or "").startswith('"<b>: ')


def test_edges_and_counts_must_fit() -> None:
    with pytest.raises(ValueError, match="2 edges for 2 bars"):
        draw_histogram([0, 1], [1, 2], title="", x_name="")


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 10, [0, 2, 4, 6, 8, 10]),
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (3.1, 28, [0, 5, 10, 15, 20, 25, 30]),
        (-62, -3, [-70, -60, -50, -40, -30, -20, -10, 0]),
    ],
)
def test_ticks_are_round(low: float, high: float, ticks: list[float]) -> None:
    assert list_ticks(low, high) == pytest.approx(ticks)


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6))
def test_ticks_cover_any_range(low: float, width: float) -> None:
    ticks = list_ticks(low, low + width)
    slack = 1e-6 * max(abs(low), width, 1.0)
    assert ticks[0] <= low + slack
    assert ticks[-1] >= low + width - slack
    assert 2 <= len(ticks) <= 9
    assert ticks == sorted(set(ticks))


@given(st.integers(1, 10**7))
def test_ticks_of_counts_are_whole(high: int) -> None:
    assert all(tick == int(tick) for tick in list_ticks(0, high, whole=True))
