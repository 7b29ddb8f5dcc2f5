"""Transcripts as JSON for programs; the schema is told in docs/formats.md."""

import json
import math
from collections.abc import Sequence
from typing import Any

from w2vctc.decode.hypothesis import Hypothesis, Word
from w2vctc.decode.one_line import escape_surrogates
from w2vctc.decode.transcript import Passage, Transcript
from w2vctc.decode.writers.failed import FailedFile
from w2vctc.decode.writers.writer import Setting, Writer

SCHEMA = 1  # one more where a field goes or means something else; new fields change nothing


def render_json(decoded: Sequence[Transcript | FailedFile]) -> str:
    """A JSON array with one object per recording, in the order given: `describe_transcript`."""
    return _dump([_describe(item) for item in decoded])


def render_transcript(transcript: Transcript, _: Setting) -> str:
    """One JSON object: `describe_transcript`."""
    return _dump(describe_transcript(transcript))


def describe_transcript(transcript: Transcript) -> dict[str, Any]:
    """What JSON says about a recording.

    `file` is the name as the program was given it (bytes of a name that are not UTF-8 as escaped
    surrogates U+DC80 to U+DCFF, which is how Python writes them); times are seconds from the
    start of the recording; `score`, the sum of `acoustic_score` and `lm_score`, is in natural
    logarithms, null where it is not finite; `passage` of a word is an index into `passages`.
    """
    passages = transcript.passages
    told_apart = any(passage.speaker for passage in passages)
    return {
        "schema": SCHEMA,
        "file": transcript.file,
        "text": transcript.text,
        "words": [
            _describe_word(word) | {"passage": index} | _speaker(passages[index], told_apart)
            for index, word in _number_words(passages)
        ],
        "passages": [_describe_passage(passage, told_apart) for passage in passages],
        **_describe_scores([passage.hypothesis for passage in passages]),
        "duration_s": _number(transcript.duration_s, 3),
        "seconds": _number(transcript.seconds, 3),
    }


def _describe(item: Transcript | FailedFile) -> dict[str, Any]:
    if isinstance(item, FailedFile):
        error = {"code": item.code, "message": item.message}
        return {"schema": SCHEMA, "file": item.file, "error": error}
    return describe_transcript(item)


def _number_words(passages: Sequence[Passage]) -> list[tuple[int, Word]]:
    """(index of its passage, word), in order of time."""
    words = [
        (index, word) for index, passage in enumerate(passages) for word in passage.hypothesis.words
    ]
    return sorted(words, key=lambda one: one[1].start_s)


def _describe_passage(passage: Passage, told_apart: bool) -> dict[str, Any]:
    described: dict[str, Any] = {
        "start_s": _number(passage.start_s, 3),
        "end_s": _number(passage.end_s, 3),
        **_speaker(passage, told_apart),
        **_describe_reading(passage.hypothesis),
    }
    if passage.alternatives:
        described["alternatives"] = [_describe_reading(one) for one in passage.alternatives]
    return described


def _describe_reading(hypothesis: Hypothesis) -> dict[str, Any]:
    return {"text": hypothesis.text, **_describe_scores([hypothesis])}


def _describe_scores(hypotheses: Sequence[Hypothesis]) -> dict[str, float | None]:
    return {
        "score": _number(sum(one.score for one in hypotheses), 4),
        "acoustic_score": _number(sum(one.acoustic_score for one in hypotheses), 4),
        "lm_score": _number(sum(one.lm_score for one in hypotheses), 4),
    }


def _describe_word(word: Word) -> dict[str, Any]:
    described: dict[str, Any] = {
        "text": word.text,
        "start_s": _number(word.start_s, 3),
        "end_s": _number(word.end_s, 3),
    }
    if word.confidence is not None:
        described["confidence"] = _number(word.confidence, 4)
    if word.characters:
        described["characters"] = [_describe_word(character) for character in word.characters]
    return described


def _speaker(passage: Passage, told_apart: bool) -> dict[str, str]:
    return {"speaker": passage.speaker} if told_apart else {}


def _number(value: float, digits: int) -> float | None:
    """JSON has no infinity."""
    return round(float(value), digits) if math.isfinite(value) else None


def _dump(content: Any) -> str:
    return escape_surrogates(json.dumps(content, ensure_ascii=False, indent=2)) + "\n"


WRITER = Writer("json", ".json", "everything, for programs", render_transcript)
