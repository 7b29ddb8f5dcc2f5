"""Seconds, passages, utterances and what does not match, of texts laid along emissions."""

from pathlib import Path

import pytest
from align_material import plain_script, say_text

from w2vctc.align.alignment import Alignment, align_words
from w2vctc.align.cut import CutOptions, cut_utterances
from w2vctc.align.judgement import judge, refuse_misfit
from w2vctc.align.passages import gather_passages
from w2vctc.align.timing import TimedWord, time_words
from w2vctc.align.unmatched import list_unmatched, render_unmatched
from w2vctc.decode.hypothesis import Word
from w2vctc.errors import DataError
from w2vctc.speech.activity import Stretch
from w2vctc.vocab import Vocabulary


def lay(said: str, text: str, vocabulary: Vocabulary) -> Alignment:
    return align_words(say_text(said, vocabulary), plain_script(text, vocabulary), vocabulary)


def at(
    text: str,
    start_s: float,
    end_s: float,
    *,
    score: float = 0.9,
    line: int = 0,
    apart: bool = False,
) -> TimedWord:
    return TimedWord(Word(text, start_s, end_s, score), line, text, apart)


def test_a_word_ends_where_its_sound_does_or_the_next_one_begins(
    tiny_vocabulary: Vocabulary,
) -> None:
    said = "bon dia" + "_" * 50 + "a"
    script = plain_script("bon dia a", tiny_vocabulary)
    alignment = lay(said, "bon dia a", tiny_vocabulary)
    timed = time_words(script, alignment, [Stretch(0.0, 0.35), Stretch(1.0, 2.0)], offset_s=10.0)
    assert [(one.word.start_s, one.word.end_s) for one in timed] == [
        (10.0, 10.16),
        (10.16, 10.35),
        (11.28, 11.6),
    ]
    assert [one.text for one in timed[0].word.characters] == ["b", "o", "n"]
    assert timed[0].word.characters[-1].end_s == timed[0].word.end_s
    assert not any(one.apart for one in timed)


def test_without_a_look_at_the_sound_a_last_word_rings_on_a_little(
    tiny_vocabulary: Vocabulary,
) -> None:
    alignment = lay("bon" + "_" * 50, "bon", tiny_vocabulary)
    (timed,) = time_words(plain_script("bon", tiny_vocabulary), alignment)
    assert (timed.word.start_s, timed.word.end_s) == (0.0, 0.4)


def test_words_stand_apart_where_text_or_sound_is_missing(tiny_vocabulary: Vocabulary) -> None:
    said = "bon dia gent vinguda de per tot arreu cap lluna"
    text = "bon vespre dia cap lluna"
    timed = time_words(plain_script(text, tiny_vocabulary), lay(said, text, tiny_vocabulary))
    assert [(one.word.text, one.apart) for one in timed] == [
        ("bon", False),
        ("dia", True),
        ("cap", True),
        ("lluna", False),
    ]


def test_passages_are_lines_parted_at_pauses_and_where_they_are_long() -> None:
    timed = [
        at("u", 0.0, 1.0),
        at("dos", 1.1, 2.0),
        at("tres", 3.5, 4.0),
        at("quatre", 4.0, 5.0, line=1),
        at("cinc", 5.0, 6.0, line=1, apart=True),
        at("sis", 6.1, 8.0, line=1),
        at("set", 8.3, 10.0, line=1),
    ]
    passages = gather_passages(timed, speaker="Ona", longest_s=4.0)
    assert [(one.hypothesis.text, one.start_s, one.end_s) for one in passages] == [
        ("u dos", 0.0, 2.0),
        ("tres", 3.5, 4.0),
        ("quatre", 4.0, 5.0),
        ("cinc sis", 5.0, 8.0),
        ("set", 8.3, 10.0),
    ]
    assert {one.speaker for one in passages} == {"Ona"}


def test_what_does_not_match_is_told_with_its_place(tiny_vocabulary: Vocabulary) -> None:
    said = "bon dia gent vinguda de per tot arreu cap lluna"
    script = plain_script("bon vespre dia cap lluna nova", tiny_vocabulary)
    alignment = align_words(say_text(said, tiny_vocabulary), script, tiny_vocabulary)
    rows = list_unmatched(script, alignment, duration_s=1.88, offset_s=1.0)
    assert render_unmatched(rows) == (
        "what\tstart_s\tend_s\ttext\n"
        "missing\t1.100\t1.160\tvespre\n"
        "extra\t1.320\t2.460\t\n"
        "missing\t2.860\t2.880\tnova\n"
    )


def test_a_text_that_is_said_is_not_refused(tiny_vocabulary: Vocabulary) -> None:
    script = plain_script("bon dia", tiny_vocabulary)
    judged = judge(script, lay("bon dia", "bon dia", tiny_vocabulary))
    assert (judged.n_letters, judged.n_heard, judged.n_missing) == (6, 6, 0)
    assert judged.confidence == pytest.approx(0.9, abs=1e-4)
    refuse_misfit(judged, recording="a.wav", text="a.txt")


def test_a_text_that_nobody_says_is_refused(tiny_vocabulary: Vocabulary) -> None:
    text = "fum vell cruix"
    judged = judge(
        plain_script(text, tiny_vocabulary), lay("bon dia a tothom", text, tiny_vocabulary)
    )
    with pytest.raises(DataError, match=r"a\.wav: this is not what a\.txt says: 0%") as caught:
        refuse_misfit(judged, recording="a.wav", text="a.txt")
    assert caught.value.code == "E_ALIGN"
    assert caught.value.exit_code == 3


def test_a_text_in_another_script_is_told_as_such(tiny_vocabulary: Vocabulary) -> None:
    text = "δύο τρία bo"
    script = plain_script(text, tiny_vocabulary)
    judged = judge(script, lay("quatre gats fora", text, tiny_vocabulary))
    with pytest.raises(DataError, match=r"a\.txt: the model has no label for 7 of its 9 letters"):
        refuse_misfit(judged, recording="a.wav", text="a.txt")


def test_utterances_are_cut_at_pauses_and_joined_up_to_a_length() -> None:
    timed = [
        at("u", 0.5, 1.5),
        at("dos", 1.6, 2.5),  # no pause before it
        at("tres", 2.9, 4.0),
        at("quatre", 4.5, 8.0),
        at("cinc", 11.0, 13.5),  # too long a silence to be inside
    ]
    cuts = cut_utterances(
        timed, Path("talk.wav"), duration_s=13.6, options=CutOptions(longest_s=4.0)
    )
    assert [(row.id, row.start_s, row.end_s, row.text) for row in cuts.rows] == [
        ("talk-00000350", 0.35, 4.15, "u dos tres"),
        ("talk-00004350", 4.35, 8.15, "quatre"),
        ("talk-00010850", 10.85, 13.55, "cinc"),
    ]
    assert cuts.rows[0].extra == {"score": "0.900"}
    assert not cuts.faults


def test_what_nobody_should_learn_from_is_rejected_with_its_reason() -> None:
    timed = [
        at("bé", 0.5, 3.0),
        at("mal", 3.5, 6.0, score=0.2),
        at("curt", 7.5, 8.0),
        at("llarg", 10.0, 30.0),
        at("bé", 33.0, 35.0),
        at("enganxat", 35.01, 38.0, apart=True),
    ]
    cuts = cut_utterances(timed, Path("talk.wav"), duration_s=40.0)
    assert [row.text for row in cuts.rows] == ["bé"]
    assert [(fault.code, fault.utterance.text) for fault in cuts.faults if fault.utterance] == [
        ("E_ALIGN", "mal"),
        ("E_TOO_SHORT", "curt"),
        ("E_TOO_LONG", "llarg"),
        ("E_ALIGN", "bé"),
        ("E_ALIGN", "enganxat"),
    ]
    assert "score 0.20, the least is 0.5" in cuts.faults[0].message
    assert cuts.faults[0].message.startswith("talk.wav 3.50-6.00 s: ")


def test_a_line_s_end_ends_an_utterance_that_is_long_enough() -> None:
    timed = [at("u", 0.0, 3.0), at("dos", 3.3, 6.5, line=1), at("tres", 7.0, 9.0, line=2)]
    cuts = cut_utterances(timed, Path("talk.wav"), duration_s=9.0)
    assert [row.text for row in cuts.rows] == ["u dos", "tres"]
