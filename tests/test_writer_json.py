"""JSON: what programs may rely on."""

import json
import math
from typing import Any

from hypothesis import given, settings
from transcript_material import PLAIN, SPELLED, TWO_SPEAKERS, any_transcripts

from w2vctc.decode.hypothesis import Hypothesis, Word
from w2vctc.decode.transcript import Passage, Transcript
from w2vctc.decode.writers import FORMATS, render_json
from w2vctc.decode.writers.json import SCHEMA


def read(transcript: Transcript) -> dict[str, Any]:
    text = FORMATS["json"].render(transcript)
    text.encode("utf-8")
    read: dict[str, Any] = json.loads(text, parse_constant=refuse)
    return read


def refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is not JSON")


def test_a_file_holds_one_object_and_the_screen_a_list_of_the_same() -> None:
    assert json.loads(render_json([PLAIN, SPELLED])) == [read(PLAIN), read(SPELLED)]


def test_words_say_when_how_surely_and_in_which_passage() -> None:
    found = read(PLAIN)
    assert found["schema"] == SCHEMA
    assert found["words"][2] == {
        "text": '"què"',
        "start_s": 2.4,
        "end_s": 3.0,
        "confidence": 1.0,
        "passage": 1,
    }
    assert found["text"] == 'bona tarda "què" diu'
    assert [passage["text"] for passage in found["passages"]] == ["bona tarda", '"què" diu']
    assert "speaker" not in found["words"][0]
    assert "alternatives" not in found["passages"][0]


def test_speakers_are_told_for_words_and_passages() -> None:
    found = read(TWO_SPEAKERS)
    assert [one["speaker"] for one in found["passages"]] == ["left", "right & <co>", "left"]
    assert [one["speaker"] for one in found["words"]] == ["left", "left", "right & <co>", "left"]


def test_letters_are_in_their_words() -> None:
    assert read(SPELLED)["words"][0]["characters"] == [
        {"text": "s", "start_s": 0.5, "end_s": 0.7},
        {"text": "í", "start_s": 0.7, "end_s": 1.0},
    ]


def test_other_readings_come_best_first_with_their_scores() -> None:
    others = (Hypothesis("b", score=-2.0, acoustic_score=-3.0, lm_score=1.0), Hypothesis("c"))
    passage = Passage(0.0, 1.0, Hypothesis("a", (Word("a", 0.0, 1.0),)), alternatives=others)
    found = read(Transcript("a.wav", 1.0, (passage,)))["passages"][0]
    assert found["alternatives"] == [
        {"text": "b", "score": -2.0, "acoustic_score": -3.0, "lm_score": 1.0},
        {"text": "c", "score": 0.0, "acoustic_score": 0.0, "lm_score": 0.0},
    ]


def test_scores_of_passages_are_summed_and_infinity_is_null() -> None:
    def passage(score: float) -> Passage:
        return Passage(0.0, 1.0, Hypothesis("a", score=score, lm_score=1.5))

    assert read(Transcript("a.wav", 1.0, (passage(-1.0), passage(-2.5))))["score"] == -3.5
    impossible = read(Transcript("a.wav", 1.0, (passage(-math.inf),)))
    assert (impossible["score"], impossible["lm_score"]) == (None, 1.5)


@given(any_transcripts())
@settings(deadline=None)
def test_any_transcript_comes_back_whole(transcript: Transcript) -> None:
    found = read(transcript)
    assert found["file"] == transcript.file
    assert found["text"] == transcript.text
    assert [(word["text"], word["start_s"], word["end_s"]) for word in found["words"]] == [
        (word.text, word.start_s, word.end_s) for word in transcript.words
    ]
    texts = [passage["text"] for passage in found["passages"]]
    assert texts == [passage.hypothesis.text for passage in transcript.passages]
    for word in found["words"]:
        words = transcript.passages[word["passage"]].hypothesis.words
        assert any(word["text"] == one.text and word["start_s"] == one.start_s for one in words)
