"""Times as files show them: whole milliseconds, which every format can hold."""

from w2vctc.decode.hypothesis import Word


def to_ms(seconds: float) -> int:
    """Whole milliseconds, never less than none."""
    return max(round(seconds * 1000), 0)


def word_ms(word: Word) -> tuple[int, int]:
    """A word's start and end in milliseconds; it never ends before it starts."""
    start_ms = to_ms(word.start_s)
    return start_ms, max(to_ms(word.end_s), start_ms)


def show_clock(seconds: float, *, point: str) -> str:
    """`HH:MM:SS`, the point (srt has a comma, vtt a full stop) and three digits."""
    whole_s, ms = divmod(to_ms(seconds), 1000)
    minutes, whole_s = divmod(whole_s, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{whole_s:02d}{point}{ms:03d}"
