"""Cues: nothing lost, nothing longer or wider than it may be, cut where people breathe."""

import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from transcript_material import (
    NOTHING,
    TWO_SPEAKERS,
    any_transcripts,
    make_passage,
    make_word,
    real_transcripts,
)

from w2vctc.decode.hypothesis import Hypothesis, Word
from w2vctc.decode.line_breaks import text_width
from w2vctc.decode.one_line import clean_text
from w2vctc.decode.subtitles import (
    Cue,
    SubtitleOptions,
    make_cues,
    spread_words,
)
from w2vctc.decode.transcript import Passage, Transcript
from w2vctc.errors import UsageError

OPTIONS = SubtitleOptions()
TOLERANCE_S = 1e-6


def say(*words: Word, duration_s: float = 600.0) -> tuple[Cue, ...]:
    return make_cues(Transcript("a.wav", duration_s, (make_passage(*words),)))


def speak(text: str, *, start: int = 0, length: int = 15, pause: int = 1) -> list[Word]:
    """The words in frames of 20 ms, each as long, with the same pause between them."""
    words = []
    for number, word in enumerate(text.split()):
        first = start + number * (length + pause)
        words.append(make_word(word, first, first + length))
    return words


@given(real_transcripts())
@settings(deadline=None)
def test_what_is_said_is_shown_when_it_is_said(transcript: Transcript) -> None:
    cues = make_cues(transcript)
    for speaker in transcript.speakers:
        words = [word for one in transcript.said_by(speaker) for word in one.hypothesis.words]
        own = [cue for cue in cues if cue.speaker == speaker]
        shown = [word for cue in own for line in cue.lines for word in line.split()]
        assert shown == [part for word in words for part in word.text.split()]
        starts = {word.start_s for word in words}
        assert all(cue.start_s in starts for cue in own)


@given(real_transcripts())
@settings(deadline=None)
def test_cues_keep_within_the_limits(transcript: Transcript) -> None:
    cues = make_cues(transcript)
    for cue in cues:
        assert 0 < cue.end_s - cue.start_s <= OPTIONS.longest_s + TOLERANCE_S
        assert len(cue.lines) <= OPTIONS.n_lines
        for number, line in enumerate(cue.lines):
            dash = 2 if cue.turn and number == 0 else 0
            assert text_width(line) + dash <= OPTIONS.line_width or " " not in line
        assert cue.end_s <= transcript.duration_s + TOLERANCE_S
    for speaker in transcript.speakers:
        own = [cue for cue in cues if cue.speaker == speaker]
        for cue, after in pairwise(own):
            # a cue of a word or two that is cut at once may need the gap to be seen at all
            assert cue.end_s <= max(after.start_s - OPTIONS.gap_s, cue.start_s) + 0.0011


@given(any_transcripts())
@settings(deadline=None)
def test_no_transcript_is_too_odd(transcript: Transcript) -> None:
    cues = make_cues(transcript)
    assert all(cue.end_s > cue.start_s for cue in cues)
    starts = [cue.start_s for cue in cues]
    assert starts == sorted(starts)
    shown = sorted(part for cue in cues for line in cue.lines for part in line.split())
    words = [word for passage in transcript.passages for word in spread_words(passage)]
    assert shown == sorted(part for word in words for part in clean_text(word.text).split())
    assert all(line for cue in cues for line in cue.lines)


def test_cues_are_cut_at_pauses_and_not_where_they_are_full() -> None:
    before = "la gent del poble ja ho sap tot"
    after = "i ara tothom calla una mica mentre escolta les campanes de la nit"
    words = [*speak(before), *speak(after, start=8 * 16 + 30)]
    assert text_width(f"{before} {after}") > 84
    assert [" ".join(cue.lines) for cue in say(*words)] == [before, after]


def test_a_sentence_that_ends_is_a_better_cut_than_a_comma_and_that_than_none() -> None:
    words = speak("un dos tres, quatre cinc sis. set vuit nou deu onze dotze", length=30)
    cues = say(*words)
    assert [cue.lines[-1].split()[-1] for cue in cues] == ["sis.", "dotze"]


def test_short_passages_close_together_share_a_cue_but_long_silence_parts_them() -> None:
    near = (make_passage(*speak("sí")), make_passage(*speak("sí", start=25)))
    far = (near[0], make_passage(*speak("sí", start=200)))
    assert len(make_cues(Transcript("a.wav", 60.0, near))) == 1
    assert len(make_cues(Transcript("a.wav", 60.0, far))) == 2


def test_a_word_alone_stays_long_enough_to_be_read() -> None:
    (cue,) = say(make_word("sí", 50, 55))
    assert (cue.start_s, cue.end_s) == (1.0, 2.0)


def test_a_long_text_stays_until_it_is_read() -> None:
    words = speak("extraordinariament desproporcionades circumstàncies", length=20, pause=0)
    (cue,) = say(*words)
    assert cue.end_s == pytest.approx(sum(map(text_width, cue.lines)) / 17 + 1 / 17)
    assert cue.end_s > words[-1].end_s


def test_no_cue_outlasts_the_recording() -> None:
    (cue,) = say(make_word("sí", 50, 55), duration_s=1.4)
    assert cue.end_s == 1.4


def test_short_gaps_are_closed_to_two_frames() -> None:
    first = speak("una cosa que es diu a poc a poc", length=30)
    second = speak("i una altra que ve", start=8 * 31 + 30, length=30)
    one, two = say(*first, *second)
    assert two.start_s - one.end_s == pytest.approx(0.08)


def test_a_word_longer_than_a_line_is_not_cut() -> None:
    word = "llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"
    cues = say(*speak(f"a {word} b", length=60))
    assert any(word in cue.lines for cue in cues)


def test_a_word_that_is_held_for_long_is_shown_for_seven_seconds() -> None:
    (cue,) = say(make_word("ooo", 0, 1000))
    assert cue.end_s - cue.start_s == 7.0


def test_speakers_have_cues_of_their_own_and_turns_are_marked() -> None:
    cues = make_cues(TWO_SPEAKERS)
    assert [(cue.speaker, cue.lines, cue.turn) for cue in cues] == [
        ("left", ("hola mar",), False),
        ("right & <co>", ("hola",), True),
        ("left", ("anem",), True),
    ]


def test_a_cue_makes_room_for_the_next_speaker() -> None:
    left = make_passage(*speak("no", start=0), speaker="left")
    right = make_passage(*speak("sí", start=30), speaker="right")
    first, second = make_cues(Transcript("a.wav", 60.0, (left, right)))
    assert second.start_s - first.end_s == pytest.approx(0.08)


def test_who_is_interrupted_goes_on_being_shown() -> None:
    left = make_passage(*speak("una dos tres quatre cinc sis"), speaker="left")
    right = make_passage(*speak("no", start=30), speaker="right")
    first, second = make_cues(Transcript("a.wav", 60.0, (left, right)))
    assert first.end_s == left.end_s > second.start_s


def test_text_without_times_is_spread_over_its_passage() -> None:
    passage = Passage(10.0, 14.0, Hypothesis("aaa b"))
    assert spread_words(passage) == (Word("aaa", 10.0, 13.0), Word("b", 13.0, 14.0))


def test_silence_has_no_cues() -> None:
    assert make_cues(NOTHING) == ()


def test_chinese_fills_a_line_with_half_the_letters() -> None:
    (cue,) = say(*speak("汉字 " * 8))
    assert [text_width(line) for line in cue.lines] == [19, 19] or len(cue.lines) == 1
    assert all(text_width(line) <= 42 for line in cue.lines)


@pytest.mark.parametrize(
    "wrong",
    [{"line_width": 0}, {"letters_per_s": -1.0}, {"gap_s": math.nan}, {"longest_s": 0.5}],
)
def test_options_that_no_subtitle_could_have_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        SubtitleOptions(**wrong)


def test_narrow_single_lines_are_held_too() -> None:
    options = SubtitleOptions(line_width=16, n_lines=1)
    words = speak("la gent del poble ja ho sap tot i ara tothom calla", length=25)
    cues = make_cues(Transcript("a.wav", 60.0, (make_passage(*words),)), options)
    assert all(len(cue.lines) == 1 and text_width(cue.lines[0]) <= 16 for cue in cues)
