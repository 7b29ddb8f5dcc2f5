"""Decoded files as text and JSON, against literal output."""

import json

import pytest

from w2vctc.decode.hypothesis import Hypothesis, Word
from w2vctc.decode.transcript import Passage, Transcript
from w2vctc.decode.writers import FailedFile, escape_name, render_json, render_txt

_SPOKEN = Hypothesis(
    text="bona nit",
    words=(Word("bona", 0.04, 0.3), Word("nit", 0.36, 0.62)),
    score=-1.23456,
    acoustic_score=-3.0,
    lm_score=1.76544,
)
FIRST = Transcript("bona nit.wav", 0.8123456, (Passage(0.0, 0.8123456, _SPOKEN),), seconds=0.0519)
SILENT = Transcript("silence.wav", 2.0, ())

JSON = """[
  {
    "schema": 1,
    "file": "bona nit.wav",
    "text": "bona nit",
    "words": [
      {
        "text": "bona",
        "start_s": 0.04,
        "end_s": 0.3,
        "passage": 0
      },
      {
        "text": "nit",
        "start_s": 0.36,
        "end_s": 0.62,
        "passage": 0
      }
    ],
    "passages": [
      {
        "start_s": 0.0,
        "end_s": 0.812,
        "text": "bona nit",
        "score": -1.2346,
        "acoustic_score": -3.0,
        "lm_score": 1.7654
      }
    ],
    "score": -1.2346,
    "acoustic_score": -3.0,
    "lm_score": 1.7654,
    "duration_s": 0.812,
    "seconds": 0.052
  },
  {
    "schema": 1,
    "file": "página.wav",
    "error": {
      "code": "E_NOT_AUDIO",
      "message": "página.wav: a web page"
    }
  }
]
"""


def test_text_is_one_line_per_file() -> None:
    assert render_txt([FIRST, SILENT], with_names=False) == "bona nit\n\n"


def test_text_with_names_has_two_columns() -> None:
    assert render_txt([FIRST, SILENT], with_names=True) == (
        "bona nit.wav\tbona nit\nsilence.wav\t\n"
    )


def test_no_file_is_no_text() -> None:
    assert render_txt([], with_names=True) == ""
    assert json.loads(render_json([])) == []


def test_json_is_as_documented() -> None:
    failed = FailedFile("página.wav", "E_NOT_AUDIO", "página.wav: a web page")
    assert render_json([FIRST, failed]) == JSON


@pytest.mark.parametrize("name", ["a\tb\nc.wav", "x\u2028y.wav", "caf\udce9.wav", 'quo"te\\.wav'])
def test_odd_names_survive_json_and_stay_on_one_line_in_text(name: str) -> None:
    item = Transcript(name, 1.0, (Passage(0.0, 1.0, Hypothesis("sí")),))
    rendered = render_json([item])
    rendered.encode("utf-8")
    assert json.loads(rendered)[0]["file"] == name
    line = render_txt([item], with_names=True)
    line.encode("utf-8")
    assert line.splitlines() == [f"{escape_name(name)}\tsí"]
    assert line.count("\t") == 1
