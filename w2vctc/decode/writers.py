"""Decoded recordings as text for people and as JSON for programs."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from w2vctc.decode.hypothesis import Hypothesis

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True)
class DecodedFile:
    """A recording and its transcript; `seconds` is what the decoding took."""

    file: str
    hypothesis: Hypothesis
    duration_s: float
    seconds: float


@dataclass(frozen=True)
class FailedFile:
    """A recording that could not be decoded, with the error's code and message."""

    file: str
    code: str
    message: str


def render_txt(decoded: Sequence[DecodedFile], *, with_names: bool) -> str:
    """One line per recording: the transcript, or with names `file<TAB>transcript`.

    Control characters in a file's name are written as escapes, so that lines and columns hold
    whatever the name is.
    """
    return "".join(
        f"{escape_name(item.file)}\t{item.hypothesis.text}\n"
        if with_names
        else f"{item.hypothesis.text}\n"
        for item in decoded
    )


def render_json(decoded: Sequence[DecodedFile | FailedFile]) -> str:
    """A JSON array with one object per recording, in the order given.

    Each object has `file`, the name as the program was given it (bytes of a name that are not
    UTF-8 as escaped surrogates U+DC80 to U+DCFF, which is how Python writes them), and either

    - `text`; `words`, a list of `{"text", "start_s", "end_s"}` in seconds from the start of the
      recording; `score`, `acoustic_score` and `lm_score` in natural logarithms, the first the sum
      of the others; `duration_s` of the recording; `seconds` that decoding took; or
    - `error`: `{"code", "message"}`.
    """
    text = json.dumps([_to_json(item) for item in decoded], ensure_ascii=False, indent=2)
    return _SURROGATE.sub(_escape, text) + "\n"


def escape_name(name: str) -> str:
    """The name on one line and in valid UTF-8, control characters and odd bytes as escapes."""
    return _SURROGATE.sub(_escape, _CONTROL.sub(_escape, name))


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match.group()):04x}"


def _to_json(item: DecodedFile | FailedFile) -> dict[str, Any]:
    if isinstance(item, FailedFile):
        return {"file": item.file, "error": {"code": item.code, "message": item.message}}
    hypothesis = item.hypothesis
    return {
        "file": item.file,
        "text": hypothesis.text,
        "words": [
            {"text": word.text, "start_s": word.start_s, "end_s": word.end_s}
            for word in hypothesis.words
        ],
        "score": round(hypothesis.score, 4),
        "acoustic_score": round(hypothesis.acoustic_score, 4),
        "lm_score": round(hypothesis.lm_score, 4),
        "duration_s": round(item.duration_s, 3),
        "seconds": round(item.seconds, 3),
    }
