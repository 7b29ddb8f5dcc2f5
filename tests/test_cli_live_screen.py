"""Live text on the screen."""

import sys

import pytest

from w2vctc.cli.live_screen import LiveScreen, fit_tail, render_event
from w2vctc.decode.hypothesis import Hypothesis, Word
from w2vctc.decode.live import Final, Partial
from w2vctc.decode.transcript import Passage


def make_final(text: str) -> Final:
    words = tuple(Word(word, n / 10, n / 10 + 0.25) for n, word in enumerate(text.split()))
    return Final(Passage(0.0, 0.5, Hypothesis(text, words)))


def test_a_line_of_json_is_this() -> None:
    assert render_event(make_final("bon dia")) == (
        '{"type": "final", "text": "bon dia", "start_s": 0.0, "end_s": 0.5, "words":'
        ' [{"text": "bon", "start_s": 0.0, "end_s": 0.25},'
        ' {"text": "dia", "start_s": 0.1, "end_s": 0.35}]}\n'
    )
    assert render_event(Partial("bò", 0.5, 1.0)) == (
        '{"type": "partial", "text": "bò", "start_s": 0.5, "end_s": 1.0}\n'
    )


def test_on_a_terminal_the_partial_is_rewritten(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    with LiveScreen(as_json=False) as screen:
        screen.show(Partial("bon", 0.0, 0.5))
        screen.show(Partial("bo", 0.0, 1.0))
        screen.show(make_final("bon dia"))
        screen.show(Partial("a", 2.0, 2.5))
    assert capsys.readouterr().out == ("\rbon\rbo \b\r  \rbon dia\n\ra\r \r")


def test_a_long_partial_shows_its_end() -> None:
    assert fit_tail("bon dia a tots", 8) == "… a tots"
    assert fit_tail("bon dia", 7) == "bon dia"
    assert fit_tail("今日は晴れ", 7) == "…は晴れ"
