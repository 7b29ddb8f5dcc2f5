"""What a check found, as one page for a browser: no network, no other file, safe with any text."""

import base64
import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from w2vctc import __version__
from w2vctc.cli.checking.charts import Mark, draw_histogram
from w2vctc.cli.checking.clips import MAX_OF_ONE_REASON, MAX_PLAYERS, list_clips
from w2vctc.cli.checking.escapes import make_printable, show_commands, show_text
from w2vctc.cli.checking.players import MAX_HEARD_S
from w2vctc.corpus.checks.corpus_check import Report
from w2vctc.corpus.checks.rates import MIN_SECONDS_OFF
from w2vctc.corpus.checks.result import CheckResult, RateStatistics
from w2vctc.corpus.checks.spread import Histogram, Spread, make_histogram

if TYPE_CHECKING:
    import jinja2

_TEMPLATES = Path(__file__).parent / "templates"
_MAX_LINES = 500  # of a table of speakers or characters
_TAIL = 3.0  # a chart ends where this many times the width of its middle 90 % is passed


def render_check_report(
    result: CheckResult,
    *,
    title: str,
    lang: str = "",
    n_jobs: int = 2,
    report: Report | None = None,
) -> str:
    """An HTML document with all that `result` tells, the same for the same result and sounds.

    `lang` is the BCP 47 tag of the transcripts' language, for fonts and screen readers. Sounds of
    suspicious clips are read from their files, in `n_jobs` processes, and embedded; `report` hears
    how many are.
    """
    style, script = (read_part(name) for name in ("check.css", "check.js"))
    return _template().render(
        title=title,
        lang=lang,
        result=result,
        found=_count_rows(result),
        charts=_draw_charts(result),
        judges_rates=result.rates is not None and math.isfinite(result.rates.highest),
        seconds_off=MIN_SECONDS_OFF,
        listed=list_clips(result, n_jobs=n_jobs, report=report),
        max_lines=_MAX_LINES,
        max_players=MAX_PLAYERS,
        max_of_one_reason=MAX_OF_ONE_REASON,
        max_heard_s=MAX_HEARD_S,
        style=style,
        script=script,
        policy=make_policy(style, script),
        version=__version__,
    )


@cache
def _template() -> "jinja2.Template":
    return open_template("check.html.j2", commands=show_commands, share=format_percent)


def open_template(
    name: str, *, folder: Path = _TEMPLATES, **filters: Callable[..., object]
) -> "jinja2.Template":
    """A page's template: all is escaped, a name that is not there is an error.

    Beside the filters given there are `words`, text in the language of the transcripts, and what
    every page has: `show` and `printable` for somebody's text, `time`.
    """
    import jinja2

    @jinja2.pass_context
    def show_words(context: jinja2.runtime.Context, text: str) -> Markup:
        return show_text(text, lang=context["lang"])

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([folder, _TEMPLATES]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        words=show_words,
        show=show_text,
        printable=make_printable,
        time=format_duration,
        **filters,
    )
    return environment.get_template(name)


@dataclass(frozen=True)
class RowCounts:
    """The rows by what has to be done about them."""

    n_usable: int
    n_refused: int
    n_warned: int  # usable, yet worth a look


def _count_rows(result: CheckResult) -> RowCounts:
    n_usable = len(result.usable)
    n_warned = sum(bool(row.faults) for row in result.usable)
    return RowCounts(n_usable, result.n_rows - n_usable, n_warned)


def read_part(name: str, *, folder: Path = _TEMPLATES) -> Markup:
    """A style or script of a page, as it is; those of check's serve every page."""
    return Markup((folder / name).read_text(encoding="utf-8"))


def make_policy(style: str, script: str) -> str:
    """A content security policy: this style, this script, sounds in the page, and nothing else.

    Should a transcript ever get through the escaping, it still runs nothing and fetches nothing.
    """
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src '{_hash_source(style)}'",
            f"script-src '{_hash_source(script)}'",
            "media-src data:",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _hash_source(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


@dataclass(frozen=True)
class Chart:
    """A drawing with its heading, and a sentence on what is not in it."""

    title: str
    drawing: Markup
    note: str = ""


def _draw_charts(result: CheckResult) -> list[Chart]:
    charts = []
    usable = result.usable
    if result.lengths is not None:
        lengths = [row.utterance.duration_s or 0.0 for row in usable]
        charts.append(_draw_spread("Clip lengths", result.lengths, lengths, "length in seconds"))
    if result.rates is not None:
        rates = [row.rate for row in usable if row.rate is not None]
        name, marks = "characters per second", _mark_bounds(result.rates)
        charts.append(_draw_spread("Speaking rate", result.rates.spread, rates, name, marks))
    if result.sound is not None and result.sound.levels_dbfs is not None:
        charts.append(_draw_spread("Loudness", result.sound.levels_dbfs, (), "level in dBFS"))
    if result.sound is not None and result.sound.silent_share is not None:
        silence = result.sound.silent_share
        charts.append(_draw_spread("Silence in a clip", silence, (), "share in %", scale=100))
    return charts


def _mark_bounds(rates: RateStatistics) -> tuple[Mark, ...]:
    """The rates beyond which a clip is odd; none where too few clips say what is usual."""
    if not math.isfinite(rates.highest):
        return ()
    return (
        Mark(rates.lowest, f"lowest {rates.lowest:.3g}"),
        Mark(rates.highest, f"highest {rates.highest:.3g}"),
    )


def _draw_spread(
    title: str,
    spread: Spread,
    values: Sequence[float],
    x_name: str,
    marks: Sequence[Mark] = (),
    *,
    scale: float = 1.0,
) -> Chart:
    histogram, n_beyond, limit = _cut_tail(spread, values)
    edges = [round(edge * scale, 6) for edge in histogram.edges]
    drawing = draw_histogram(edges, histogram.counts, title=title, x_name=x_name, marks=marks)
    note = f"{n_beyond:,} beyond {limit:.3g} not drawn; " if n_beyond else ""
    note += f"half of them from {spread.p25 * scale:.3g} to {spread.p75 * scale:.3g}"
    note += f", median {spread.median * scale:.3g}"
    return Chart(title, drawing, note)


def _cut_tail(spread: Spread, values: Sequence[float]) -> tuple[Histogram, int, float]:
    """(histogram, values beyond it, its limit): one clip of an hour must not flatten the rest."""
    limit = spread.p95 + _TAIL * (spread.p95 - spread.p5)
    within = sorted(value for value in values if value <= limit)
    n_beyond = len(values) - len(within)
    if spread.maximum <= limit or not within or not n_beyond:
        return spread.histogram, 0, limit
    return make_histogram(within), n_beyond, limit


def format_duration(seconds: float) -> str:
    """`3 h 08 min`, `41 min` or `5.3 s`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min"


def format_percent(share: float) -> str:
    """`12.3 %`."""
    return f"{100 * share:.1f} %"
