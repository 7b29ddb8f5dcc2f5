"""Passages of a recording and what they say together."""

from w2vctc.decode.hypothesis import Hypothesis, Word
from w2vctc.decode.transcript import Passage, Transcript

_LEFT = Passage(0.0, 2.0, Hypothesis("ab ba", (Word("ab", 0.1, 0.5), Word("ba", 1.0, 1.4))), "left")
_RIGHT = Passage(0.6, 0.9, Hypothesis("aa", (Word("aa", 0.6, 0.8),)), "right")
_NOTHING = Passage(3.0, 4.0, Hypothesis(""), "left")


def test_words_of_speakers_who_interrupt_each_other_are_in_order_of_time() -> None:
    transcript = Transcript("a.wav", 4.0, (_LEFT, _RIGHT, _NOTHING))
    assert [word.text for word in transcript.words] == ["ab", "aa", "ba"]
    assert transcript.text == "ab ba aa"


def test_speakers_are_named_as_they_are_first_heard() -> None:
    transcript = Transcript("a.wav", 4.0, (_LEFT, _RIGHT, _NOTHING))
    assert transcript.speakers == ("left", "right")
    assert transcript.said_by("left") == (_LEFT, _NOTHING)


def test_a_recording_without_speech_has_one_nameless_speaker() -> None:
    assert Transcript("a.wav", 4.0, ()).speakers == ("",)
