"""Transcripts to write: a plain one, one with everything that a format could trip over, and any."""

from hypothesis import strategies as st

from w2vctc.decode.hypothesis import Hypothesis, Word
from w2vctc.decode.transcript import Passage, Transcript

ODD_TEXTS = (
    *('"', "'", "a-->b", "-->", "&amp;", "<b>", "</v>", "x&y", "a\tb", "a\nb", "a\r\nb", "\x00"),
    *(
        "{\\an8}",
        "\\N",
        "\u2028",
        "a\u00a0b",
        "שלום",
        "مرحبا",
        "नमस्ते",
        "\u200f",
        "e\u0301",
        "日本語",
    ),
    *("\udce9", "\ufffe", "👩‍👩‍👧", "", " ", ";;", "=1", '""', "ŋ", "l·l", "[", "]]>", "%", "#"),
)


def make_word(text: str, start: int, end: int, confidence: float | None = None) -> Word:
    """A word between two frames of 20 ms."""
    return Word(text, round(start * 0.02, 3), round(end * 0.02, 3), confidence)


def make_passage(*words: Word, speaker: str = "") -> Passage:
    """A passage that lasts as long as its words."""
    text = " ".join(word.text for word in words)
    return Passage(words[0].start_s, words[-1].end_s, Hypothesis(text, words), speaker)


PLAIN = Transcript(
    "calls/first call.wav",
    6.0,
    (
        make_passage(make_word("bona", 2, 15, 0.93), make_word("tarda", 18, 40, 0.5)),
        make_passage(make_word('"què"', 120, 150, 1.0), make_word("diu", 150, 170, 0.25)),
    ),
    seconds=0.5,
)

TWO_SPEAKERS = Transcript(
    "talk.wav",
    8.0,
    (
        make_passage(make_word("hola", 5, 40), make_word("mar", 42, 60), speaker="left"),
        make_passage(make_word("hola", 90, 120), speaker="right & <co>"),
        make_passage(make_word("anem", 150, 200), speaker="left"),
    ),
)

SPELLED = Transcript(
    "one.flac",
    2.0,
    (
        make_passage(
            Word(
                "sí", 0.5, 1.0, None, (Word("s", 0.5, 0.7), Word("í", 0.7, 1.0)),
            ),
            Word("no", 1.2, 1.5, None, (Word("n", 1.2, 1.3), Word("o", 1.36, 1.5))),
        ),
    ),
)  # fmt: skip

NOTHING = Transcript("silence.wav", 3.5, ())


@st.composite
def real_transcripts(draw: st.DrawFn) -> Transcript:
    """As decoders make them: words of a frame at least, one behind the other, or two speakers."""
    letters = st.text("abcdeŋé'日שन्", min_size=1, max_size=12).filter(str.strip)
    passages = []
    for speaker in draw(st.sampled_from([("",), ("left", "right")])):
        frame = 0
        for _ in range(draw(st.integers(0, 4))):
            words = []
            frame += draw(st.integers(0, 200))
            for _ in range(draw(st.integers(1, 12))):
                start = frame + draw(st.integers(0, 60))
                frame = start + draw(st.integers(1, 60))
                words.append(make_word(draw(letters), start, frame))
            passages.append(make_passage(*words, speaker=speaker))
    passages.sort(key=lambda passage: passage.start_s)
    end_s = max((passage.end_s for passage in passages), default=0.0)
    return Transcript("some/where.wav", end_s + 0.5, tuple(passages))


@st.composite
def any_transcripts(draw: st.DrawFn) -> Transcript:
    """Whatever the types allow: odd texts, words that overlap, last no time, lie out of place."""
    texts = st.sampled_from(ODD_TEXTS) | st.text(max_size=6)
    moments = st.integers(0, 300)
    passages = []
    for _ in range(draw(st.integers(0, 4))):
        words = []
        for _ in range(draw(st.integers(0, 6))):
            start = draw(moments)
            words.append(make_word(draw(texts), start, start + draw(st.integers(0, 40))))
        start = draw(moments)
        text = " ".join(word.text for word in words) if words else draw(texts)
        passage = Passage(
            start * 0.02,
            (start + draw(st.integers(0, 90))) * 0.02,
            Hypothesis(text, tuple(words)),
            draw(st.sampled_from(["", "left", "a\tb", "a b", "<v>"])),
        )
        passages.append(passage)
    passages.sort(key=lambda passage: passage.start_s)
    file = draw(st.sampled_from(["a.wav", "caf\udce9 1.wav", "a\nb.wav", "-", ";;x.wav"]))
    return Transcript(file, draw(st.integers(0, 400)) * 0.02, tuple(passages))
