"""Intervals that Praat and ELAN take: apart, within one another, where the words are."""

from collections.abc import Sequence

from hypothesis import given, settings
from transcript_material import any_transcripts, make_word, real_transcripts

from w2vctc.decode.hypothesis import Hypothesis, Word
from w2vctc.decode.one_line import clean_text
from w2vctc.decode.transcript import Passage, Transcript
from w2vctc.decode.writers.clock import word_ms
from w2vctc.decode.writers.layout import Span, end_of, lay_out, name_speakers, words_of


def assert_apart(spans: Sequence[Span], first_ms: int, last_ms: int) -> None:
    until = first_ms
    for span in spans:
        assert until <= span.start_ms < span.end_ms
        until = span.end_ms
        assert_apart(span.parts, span.start_ms, span.end_ms)
    assert until <= last_ms


@given(any_transcripts())
@settings(deadline=None)
def test_nothing_overlaps_sticks_out_or_is_lost(transcript: Transcript) -> None:
    for speaker in transcript.speakers:
        passages = transcript.said_by(speaker)
        spans = lay_out(passages)
        assert_apart(spans, 0, end_of(transcript, spans))
        texts = [word.text for one in passages for word in one.hypothesis.words]
        found = sorted(span.text for span in words_of(spans))
        assert found == sorted(filter(None, map(clean_text, texts)))


@given(real_transcripts())
@settings(deadline=None)
def test_words_of_a_real_decoding_stay_where_they_are(transcript: Transcript) -> None:
    for speaker in transcript.speakers:
        words = [word for one in transcript.said_by(speaker) for word in one.hypothesis.words]
        spans = words_of(lay_out(transcript.said_by(speaker)))
        assert [(span.start_ms, span.end_ms) for span in spans] == [*map(word_ms, words)]


def test_a_word_that_overlaps_the_next_ends_where_that_begins() -> None:
    words = (Word("a", 0.0, 1.0), Word("b", 0.5, 1.5))
    (passage,) = lay_out([Passage(0.0, 1.5, Hypothesis("a b", words))])
    assert [(part.start_ms, part.end_ms) for part in passage.parts] == [(0, 500), (500, 1500)]


def test_words_without_length_get_a_millisecond_each_at_the_very_end_too() -> None:
    words = tuple(make_word(text, 50, 50) for text in "abc")
    (passage,) = lay_out([Passage(0.0, 1.0, Hypothesis("a b c", words))])
    assert passage.end_ms >= passage.start_ms + 3
    assert [part.end_ms - part.start_ms for part in passage.parts] == [1, 1, 1]


def test_passages_that_overlap_are_parted_between_their_words() -> None:
    first = Passage(0.0, 5.2, Hypothesis("a", (Word("a", 1.0, 5.1),)))
    second = Passage(5.0, 9.0, Hypothesis("b", (Word("b", 5.3, 6.0),)))
    spans = lay_out([first, second])
    assert [(span.start_ms, span.end_ms) for span in spans] == [(0, 5100), (5100, 9000)]
    assert [(word.start_ms, word.end_ms) for word in words_of(spans)] == [
        *((1000, 5100), (5300, 6000))
    ]


def test_speakers_keep_names_of_their_own() -> None:
    assert name_speakers(["", "a\n", "a", "\t"]) == {"": "", "a\n": "a", "a": "a (2)", "\t": "(2)"}
