"""Text while somebody speaks."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from w2vctc.decode.beam import build_decoder
from w2vctc.decode.greedy import decode_greedy, greedy_text
from w2vctc.decode.hypothesis import Hypothesis
from w2vctc.decode.live import Event, Final, LiveOptions, LiveText, Partial
from w2vctc.vocab import build_vocabulary

VOCABULARY = build_vocabulary(["ab"])
BLANK, SPACE = VOCABULARY.blank_id, VOCABULARY.delimiter_id
LABELS = dict(zip("ab_ ", [*VOCABULARY.encode("ab"), BLANK, SPACE], strict=True))
# 10, 50, 75, 20 and 5 frames
SHORT = LiveOptions(pause_s=0.2, longest_s=1.0, patience_s=1.5, sentence_pause_s=0.4, lead_s=0.1)


def emit(frames: str) -> NDArray[np.float32]:
    """Emissions of which each frame's best label is given: a letter, a space or _ for blank."""
    emissions = np.full((len(frames), len(VOCABULARY.labels)), -9.0, dtype=np.float32)
    emissions[np.arange(len(frames)), [LABELS[sign] for sign in frames]] = -0.01
    return emissions


def greedy(emissions: NDArray[np.float32], *, start_state: Any) -> Hypothesis:  # noqa: ARG001
    return decode_greedy(emissions, VOCABULARY)


def tell(frames: str, sizes: list[int] | None = None, decode: Any = greedy) -> list[Event]:
    text, events, at, n = LiveText(VOCABULARY, decode, options=SHORT), [], 0, 0
    emissions = emit(frames)
    while at < len(frames):
        size = sizes[n % len(sizes)] if sizes else 6
        events += text.add(emissions[at : at + size])
        at, n = at + size, n + 1
    return [*events, *text.finish()]


def finals(events: list[Event]) -> list[Final]:
    return [event for event in events if isinstance(event, Final)]


def texts(events: list[Event]) -> list[str]:
    return [event.text for event in finals(events)]


def test_a_pause_makes_what_was_said_final() -> None:
    events = tell("__aa_b_ _" + "_" * 10 + "bb" + "_" * 12, [3])
    assert texts(events) == ["ab", "b"]
    assert [(one.passage.start_s, one.passage.end_s) for one in finals(events)] == [
        (0.04, 0.12),
        (0.38, 0.42),
    ]


def test_a_word_is_final_as_soon_as_the_pause_is_long_enough() -> None:
    text = LiveText(VOCABULARY, greedy, options=SHORT)
    assert not finals(text.add(emit("aa" + "_" * 9)))
    assert texts(text.add(emit("_"))) == ["a"]


def test_partials_say_what_is_open_and_go_when_it_is_final() -> None:
    events = tell("a_ b_" + "_" * 12, [1])
    shown = [(type(event).__name__, event.text) for event in events]
    assert shown == [("Partial", "a"), ("Partial", "a b"), ("Final", "a b")]
    assert isinstance(events[0], Partial) and events[0].start_s == 0.0


def test_a_partial_that_comes_to_nothing_is_taken_back() -> None:
    def decode(_: NDArray[np.float32], **__: Any) -> Hypothesis:
        return Hypothesis("")

    sketched = iter(["so", ""])
    text = LiveText(VOCABULARY, decode, options=SHORT, sketch=lambda _, **__: next(sketched))
    events = [*text.add(emit("a")), *text.add(emit("b")), *text.add(emit("_" * 10))]
    assert [event.text for event in events] == ["so", ""]
    assert not finals(events)


def test_silence_says_nothing_and_is_not_kept() -> None:
    text = LiveText(VOCABULARY, greedy, options=SHORT)
    for _ in range(100):
        assert text.add(emit("_" * 9 + " ")) == []
    assert len(text._held) <= 5
    assert text.finish() == []


def test_who_never_pauses_is_cut_between_words() -> None:
    events = tell("ababa_ " * 20)
    assert all(set(text.split()) == {"ababa"} for text in texts(events))
    assert len(" ".join(texts(events)).split()) == 20
    assert all(one.passage.end_s - one.passage.start_s <= 1.0 for one in finals(events))


def test_a_word_without_end_is_final_when_patience_is() -> None:
    events = tell("ab" * 300, [1])
    assert all(one.passage.end_s - one.passage.start_s < 1.53 for one in finals(events))
    assert "".join(texts(events)) == "ab" * 300


speech = st.lists(
    st.tuples(st.text("ab_", min_size=1, max_size=30), st.text("_ ", max_size=25)), max_size=12
).map(lambda parts: "".join(word + gap for word, gap in parts))


@settings(max_examples=150, deadline=None)
@given(speech, st.lists(st.integers(1, 90), min_size=1, max_size=6))
def test_what_is_final_does_not_depend_on_the_pieces(frames: str, sizes: list[int]) -> None:
    assert finals(tell(frames, sizes)) == finals(tell(frames, [1]))


@settings(max_examples=100, deadline=None)
@given(speech, st.lists(st.integers(1, 90), min_size=1, max_size=6), st.integers(0, 400))
def test_what_is_final_never_changes(frames: str, sizes: list[int], n_frames: int) -> None:
    """The finals of a beginning that goes on are the first ones of the whole."""
    text = LiveText(VOCABULARY, greedy, options=SHORT)
    early = [event for event in text.add(emit(frames[:n_frames])) if isinstance(event, Final)]
    assert finals(tell(frames, sizes))[: len(early)] == early


@settings(max_examples=100, deadline=None)
@given(speech)
def test_no_letter_is_lost(frames: str) -> None:
    whole = greedy_text(emit(frames), VOCABULARY)
    heard = "".join("".join(texts(tell(frames))).split())
    # Where a cut falls within a run of one letter, the run is written twice.
    assert len(heard) - len("".join(whole.split())) <= frames.count("a") // 50 + frames.count("b")
    assert len(heard) >= len("".join(whole.split()))


@pytest.mark.parametrize(("pause", "goes_on"), [(12, True), (19, True), (20, False), (90, False)])
def test_the_language_model_goes_on_within_a_sentence(pause: int, goes_on: bool) -> None:
    heard: list[Any] = []

    def decode(emissions: NDArray[np.float32], *, start_state: Any) -> Hypothesis:
        heard.append(start_state)
        found = decode_greedy(emissions, VOCABULARY)
        return Hypothesis(found.text, found.words, state=f"after {found.text}")

    tell("a" + "_" * pause + "b", decode=decode)
    assert heard == [None, "after a" if goes_on else None]


def test_words_lie_where_they_were_said() -> None:
    events = tell("_" * 100 + "aa_ bb" + "_" * 20)
    (final,) = finals(events)
    assert [(word.text, word.start_s, word.end_s) for word in final.words] == [
        ("a", 2.0, 2.04),
        ("b", 2.08, 2.12),
    ]


def test_a_search_finds_the_same_in_pieces_as_in_one() -> None:
    search = build_decoder(VOCABULARY)

    def decode(emissions: NDArray[np.float32], *, start_state: Any) -> Hypothesis:
        return search.decode(emissions, start_state=start_state)

    frames = "a_b_ b_a" + "_" * 15 + "ba"
    assert texts(tell(frames, [4], decode)) == texts(tell(frames, [40], decode)) == ["ab ba", "ba"]


def test_nothing_is_nothing() -> None:
    assert tell("") == []
