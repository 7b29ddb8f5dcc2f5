"""Praat's TextGrid files, long and short, in the encodings that Praat writes."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from w2vctc.corpus.corpus import Corpus, read_corpus
from w2vctc.corpus.formats import ReadOptions
from w2vctc.errors import DataError, W2vctcError

Interval = tuple[float, float, str]
WORDS = [(0.0, 0.5, ""), (0.5, 1.25, "la neu"), (1.25, 2.0, 'diu "fosa"')]


def quote(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def long_grid(**tiers: Sequence[Interval]) -> str:
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0 ", "xmax = 2 "]
    lines += ["tiers? <exists> ", f"size = {len(tiers) + 1} ", "item []: "]
    for number, (name, intervals) in enumerate(tiers.items(), start=1):
        lines += [f"    item [{number}]:", '        class = "IntervalTier" ']
        lines += [f"        name = {quote(name)} ", "        xmin = 0 ", "        xmax = 2 "]
        lines += [f"        intervals: size = {len(intervals)} "]
        for at, (start, end, text) in enumerate(intervals, start=1):
            lines += [f"        intervals [{at}]:", f"            xmin = {start} "]
            lines += [f"            xmax = {end} ", f"            text = {quote(text)} "]
    lines += [f"    item [{len(tiers) + 1}]:", '        class = "TextTier" ']
    lines += ['        name = "clicks" ', "        xmin = 0 ", "        xmax = 2 "]
    lines += ["        points: size = 1 ", "        points [1]:", "            number = 0.5 "]
    return "\n".join([*lines, '            mark = "tap" ', ""])


def short_grid(**tiers: Sequence[Interval]) -> str:
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "0", "2", "<exists>"]
    lines += [str(len(tiers))]
    for name, intervals in tiers.items():
        lines += ['"IntervalTier"', quote(name), "0", "2", str(len(intervals))]
        for start, end, text in intervals:
            lines += [str(start), str(end), quote(text)]
    return "\n".join(lines)


def save(path: Path, content: str | bytes, *, sound: bool = True) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    if sound:
        path.with_suffix(".wav").touch()
    return path


def read(place: Path, tier: str | None = None) -> Corpus:
    return read_corpus(place, ReadOptions("textgrid", tier))


def refusal(place: Path) -> DataError:
    with pytest.raises(DataError) as caught:
        read(place)
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize("grid", [long_grid, short_grid])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_intervals_with_text_become_pieces_of_the_recording(
    tmp_path: Path, grid: object, encoding: str, line_end: str
) -> None:
    assert callable(grid)
    content = grid(wörter=WORDS).replace("\n", line_end).encode(encoding)
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    path = save(tmp_path / "tape.TextGrid", mark + content)
    corpus = read_corpus(path)
    assert (corpus.format.name, corpus.faults) == ("textgrid", ())
    assert [(row.text, row.start_s, row.end_s, row.id) for row in corpus.utterances] == [
        ("la neu", 0.5, 1.25, "tape.TextGrid:wörter:2"),
        ('diu "fosa"', 1.25, 2.0, "tape.TextGrid:wörter:3"),
    ]
    assert {row.audio for row in corpus.utterances} == {tmp_path / "tape.wav"}


def test_points_of_old_files_are_left_out_too(tmp_path: Path) -> None:
    grid = long_grid(words=WORDS).replace("number = 0.5", "time = 0.5")
    assert len(read(save(tmp_path / "a.TextGrid", grid)).utterances) == 2


def test_several_tiers_with_text_need_a_choice(tmp_path: Path) -> None:
    grid = long_grid(anna=WORDS, boris=[(0.0, 2.0, "sí")], notes=[(0.0, 2.0, "")])
    path = save(tmp_path / "a.TextGrid", grid)
    error = refusal(path)
    assert error.message == f"{path}: several tiers have text: 'anna' (2), 'boris' (1)"
    assert error.hint == "--tier with the name of the one that says what was spoken"
    assert error.code == "E_TIER"
    assert [row.text for row in read(path, "boris").utterances] == ["sí"]


def test_texts_without_recording_and_recordings_without_text_are_both_listed(
    tmp_path: Path,
) -> None:
    save(tmp_path / "a.TextGrid", long_grid(w=WORDS), sound=False)
    save(tmp_path / "b.TextGrid", long_grid(w=[(0.0, 2.0, " ")]))
    (tmp_path / "c.wav").touch()
    assert [(fault.code, fault.source) for fault in read(tmp_path).faults] == [
        ("E_NO_AUDIO", "a.TextGrid"),
        ("E_NO_TEXT", "b.TextGrid"),
        ("E_NO_TEXT", "c.wav"),
    ]


@pytest.mark.parametrize(
    ("content", "code", "why"),
    [
        (b"", "E_ANNOTATION", "its first two lines do not say so"),
        (b"{}", "E_ANNOTATION", "its first two lines do not say so"),
        (b"ooBinaryFile\x08TextGrid", "E_ANNOTATION", "a binary one"),
        (short_grid(w=WORDS)[:-12], "E_ANNOTATION", "3 intervals are declared and 2 there"),
        (long_grid(w=WORDS)[:500], "E_ANNOTATION", "not a TextGrid that can be read"),
        (long_grid(w=WORDS).replace("0.5", "half"), "E_ANNOTATION", "ParsingError"),
        (long_grid(w=[(0, 2, "intervals [")]), "E_ANNOTATION", "ParsingError"),
        (long_grid(w=WORDS).replace("ne", "\xe8").encode("latin-1"), "E_ENCODING", "(0xe8)"),
        (long_grid(w=WORDS).encode("utf-16")[:-1], "E_ENCODING", "is not UTF-16"),
    ],
)
def test_what_is_no_whole_grid_is_refused_with_the_reason(
    tmp_path: Path, content: str | bytes, code: str, why: str
) -> None:
    path = save(tmp_path / "a.TextGrid", content)
    error = refusal(path)
    assert error.code == code
    assert error.message.startswith(str(path))
    assert why in error.message


def test_one_file_that_cannot_be_read_leaves_the_others(tmp_path: Path) -> None:
    save(tmp_path / "a.TextGrid", b"oh")
    save(tmp_path / "b.textgrid", short_grid(w=WORDS))
    corpus = read(tmp_path)
    assert len(corpus.utterances) == 2
    assert [(fault.code, fault.is_fatal) for fault in corpus.faults] == [("E_ANNOTATION", True)]


# --- what is written is read, and any bytes at all

texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters="["), max_size=12
)


@settings(deadline=None)
@given(st.lists(texts, min_size=1, max_size=4), st.sampled_from([long_grid, short_grid]))
def test_every_text_comes_back(
    tmp_path_factory: pytest.TempPathFactory, labels: list[str], grid: object
) -> None:
    assert callable(grid)
    intervals = [(float(at), at + 1.0, label) for at, label in enumerate(labels)]
    path = save(tmp_path_factory.getbasetemp() / "back" / "a.TextGrid", grid(w=intervals))
    told = [label.strip() for label in labels if label.strip()]
    assert [row.text for row in read(path).utterances] == told


def survive(folder: Path, content: bytes) -> None:
    try:
        corpus = read(save(folder / "a.TextGrid", content))
    except W2vctcError as error:
        assert error.code
    else:
        assert corpus.utterances or corpus.faults


@settings(deadline=None)
@given(st.binary(max_size=80), st.sampled_from([b"", long_grid(w=WORDS)[:60].encode()]))
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, head: bytes
) -> None:
    survive(tmp_path_factory.getbasetemp() / "bytes", head + content)


@settings(deadline=None)
@given(
    st.sampled_from([long_grid(w=WORDS, v=WORDS), short_grid(w=WORDS)]),
    st.integers(60, 400),
    st.integers(0, 40),
    st.sampled_from(["", "[", '"', "\n", "9", "IntervalTier", "size = 7"]),
)
def test_a_grid_with_a_piece_changed_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, grid: str, at: int, length: int, piece: str
) -> None:
    changed = grid[:at] + piece + grid[at + length :]
    survive(tmp_path_factory.getbasetemp() / "changed", changed.encode())
