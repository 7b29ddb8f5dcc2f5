"""report.html: an evaluation as one page for a browser, with the worst clips to listen to."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from w2vctc import __version__
from w2vctc.cli.checking.charts import draw_histogram
from w2vctc.cli.checking.escapes import make_printable, show_text
from w2vctc.cli.checking.players import MAX_HEARD_S, Player, embed_sounds
from w2vctc.cli.checking.report import Chart, make_policy, open_template, read_part
from w2vctc.cli.evaluating.plots import Point, Rate, draw_rates, draw_reliability
from w2vctc.corpus.utterance import Utterance
from w2vctc.evaluate.alignment import Step, align_words
from w2vctc.evaluate.breakdown import Breakdown
from w2vctc.evaluate.calibration import CalibrationTable
from w2vctc.evaluate.examination import Examination
from w2vctc.evaluate.scored import ScoredText
from w2vctc.evaluate.sentences import (
    describe_calibration,
    describe_comparison,
    describe_known_words,
    format_interval,
    format_rate,
)

if TYPE_CHECKING:
    import jinja2

_TEMPLATES = Path(__file__).parent / "templates"
MAX_WORST = 100  # utterances that are listed
MAX_PLAYERS = 30  # of them can be heard
MAX_CONFUSIONS = 100  # lines of a table
_MAX_GROUPS_DRAWN = 24
_MAX_GROUPS = 500  # lines of a table
_HISTOGRAM_EDGES = tuple(10 * step for step in range(11))  # percent; what is worse counts as 100


@dataclass(frozen=True)
class WorstClip:
    """An utterance that went badly, aligned; its sound, or why it cannot be heard."""

    row: Utterance
    text: ScoredText
    steps: tuple[Step, ...]
    player: Player | None
    silence: str = ""


def render_page(examination: Examination, *, title: str, lang: str = "", n_jobs: int = 2) -> str:
    """An HTML document, the same for the same examination and sounds; it needs no other file.

    `lang` is the BCP 47 tag of the transcripts' language, for fonts and screen readers.
    """
    style = read_part("check.css") + read_part("evaluate.css", folder=_TEMPLATES)
    script = read_part("check.js")
    return _template().render(
        title=title,
        lang=lang,
        examination=examination,
        evaluation=examination.evaluation,
        main=examination.main,
        charts=draw_charts(examination),
        clips=list_worst(examination, n_jobs=n_jobs),
        max_players=MAX_PLAYERS,
        max_heard_s=MAX_HEARD_S,
        max_confusions=MAX_CONFUSIONS,
        max_groups=_MAX_GROUPS,
        style=style,
        script=script,
        policy=make_policy(style, script),
        version=__version__,
    )


@cache
def _template() -> "jinja2.Template":
    return open_template(
        "evaluate.html.j2",
        folder=_TEMPLATES,
        rate=format_rate,
        interval=format_interval,
        comparison=describe_comparison,
        known=describe_known_words,
        calibration=describe_calibration,
        sentence=lambda text: f"{text[:1].upper()}{text[1:]}.",
        named=name_unit,
    )


def name_unit(text: str, lang: str = "") -> Markup:
    """A word or character of a confusion; nothing and a space have names."""
    if text in ("", " "):
        return Markup('<span class="soft">{}</span>').format("space" if text else "nothing")
    return show_text(text, lang=lang)


def list_worst(examination: Examination, *, n_jobs: int = 2) -> list[WorstClip]:
    """The utterances of the page, the most misheard first; the first of them with their sound."""
    places = examination.worst[:MAX_WORST]
    heard = [examination.rows[place] for place in places[:MAX_PLAYERS]]
    sounds: list[Player | str] = list(embed_sounds(heard, n_jobs=n_jobs)) if heard else []
    sounds += [""] * (len(places) - len(heard))
    clips = []
    for place, sound in zip(places, sounds, strict=True):
        row, text = examination.rows[place], examination.main.texts[place]
        clips.append(
            WorstClip(
                row=row,
                text=text,
                steps=align_words(row.text, text.text),
                player=sound if isinstance(sound, Player) else None,
                silence=sound if isinstance(sound, str) else "",
            )
        )
    return clips


def draw_charts(examination: Examination) -> list[Chart]:
    """Systems, how errors spread over utterances, each breakdown, and the calibration."""
    systems = [
        Rate(system.name, system.words.rate, bounds.words)
        for system, bounds in zip(examination.evaluation.systems, examination.bounds, strict=True)
    ]
    title = "Systems"
    charts = [Chart(title, draw_rates(systems, title=title), "lines are 95 % intervals")]
    charts.append(_draw_spread(examination.main.texts))
    charts += [_draw_groups(one) for one in examination.breakdowns if len(one.groups) > 1]
    if examination.calibration is not None:
        charts.append(_draw_calibration(examination.calibration))
    return charts


def _draw_spread(texts: Sequence[ScoredText]) -> Chart:
    rates = [min(100 * text.words.rate, 100.0) for text in texts]
    counts = [0] * (len(_HISTOGRAM_EDGES) - 1)
    for rate in rates:
        counts[min(int(rate // 10), len(counts) - 1)] += 1
    title = "Utterances by their errors"
    n_exact = sum(text.words.errors == 0 for text in texts)
    drawing = draw_histogram(
        _HISTOGRAM_EDGES,
        counts,
        title=title,
        x_name="word error rate in %",
        y_name="utterances",
    )
    note = f"{n_exact:,} of {len(texts):,} without an error"
    n_beyond = sum(text.words.rate > 1 for text in texts)
    return Chart(title, drawing, f"{note}; {n_beyond:,} above 100" if n_beyond else note)


def _draw_groups(breakdown: Breakdown) -> Chart:
    groups = breakdown.groups[:_MAX_GROUPS_DRAWN]
    rates = [Rate(make_printable(one.name), one.words.rate, one.interval) for one in groups]
    title = f"By {make_printable(breakdown.by)}"
    n_beyond = len(breakdown.groups) - len(groups)
    note = f"{n_beyond:,} more are in the table" if n_beyond else ""
    return Chart(title, draw_rates(rates, title=title), note)


def _draw_calibration(table: CalibrationTable) -> Chart:
    points = [Point(one.confidence, one.right, one.n_words) for one in table.bins]
    title = "Confidence against what was right"
    return Chart(title, draw_reliability(points, title=title), "on the dashes it holds")
