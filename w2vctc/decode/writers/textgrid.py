"""Praat's TextGrid, the long text format: Praat's manual, "TextGrid file formats"."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from w2vctc.decode.transcript import Transcript
from w2vctc.decode.writers.clock import to_ms
from w2vctc.decode.writers.layout import (
    Span,
    end_of,
    lay_out,
    name_speakers,
    name_tier,
    words_of,
)
from w2vctc.decode.writers.writer import Setting, Writer


def render_textgrid(transcript: Transcript, _: Setting) -> str:
    """An interval tier of passages and one of words for each speaker, and of letters if known.

    The intervals fill the recording without gaps; where nobody speaks their text is empty.
    """
    names = name_speakers(transcript.speakers)
    tiers: list[tuple[str, tuple[Span, ...]]] = []
    for speaker, name in names.items():
        passages = lay_out(transcript.said_by(speaker))
        words = words_of(passages)
        tiers += [(name_tier("passages", name), passages), (name_tier("words", name), words)]
        if letters := words_of(words):
            tiers.append((name_tier("characters", name), letters))
    end_ms = end_of(transcript, [span for _, spans in tiers for span in spans])
    show = partial(_show_seconds, end_ms=end_ms, duration_s=transcript.duration_s)
    lines = [
        'File type = "ooTextFile"',
        'Object class = "TextGrid"',
        "",
        "xmin = 0",
        f"xmax = {show(end_ms)}",
        "tiers? <exists>",
        f"size = {len(tiers)}",
        "item []:",
    ]
    for number, (title, spans) in enumerate(tiers, start=1):
        lines += [f"    item [{number}]:", *_render_tier(title, _fill(spans, end_ms), show)]
    return "\n".join(lines) + "\n"


def _render_tier(
    title: str, intervals: Sequence[Span], show: Callable[[int], str]
) -> Iterator[str]:
    yield from (
        '        class = "IntervalTier"',
        f"        name = {_quote(title)}",
        "        xmin = 0",
        f"        xmax = {show(intervals[-1].end_ms)}",
        f"        intervals: size = {len(intervals)}",
    )
    for number, span in enumerate(intervals, start=1):
        yield from (
            f"        intervals [{number}]:",
            f"            xmin = {show(span.start_ms)}",
            f"            xmax = {show(span.end_ms)}",
            f"            text = {_quote(span.text)}",
        )


def _fill(spans: Sequence[Span], end_ms: int) -> list[Span]:
    """The spans and the silences between them, from 0 to the end."""
    filled = []
    until = 0
    for span in spans:
        if span.start_ms > until:
            filled.append(Span(until, span.start_ms, ""))
        filled.append(span)
        until = span.end_ms
    if until < end_ms:
        filled.append(Span(until, end_ms, ""))
    return filled


def _show_seconds(ms: int, *, end_ms: int, duration_s: float) -> str:
    """Three digits at most, but the recording's end to the sample: Praat compares it."""
    exact = ms == end_ms == to_ms(duration_s)
    text = f"{duration_s:.7f}" if exact else f"{ms / 1000:.3f}"
    return text.rstrip("0").rstrip(".")


def _quote(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


WRITER = Writer("TextGrid", ".TextGrid", "intervals for Praat", render_textgrid)
