"""What the tests of all readers share: folders written from text, rows looked at, any bytes."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from hypothesis import strategies as st

from w2vctc.corpus.corpus import Corpus, read_corpus
from w2vctc.corpus.formats import ReadOptions, find_format
from w2vctc.errors import DataError, W2vctcError


def write_tree(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Writes files by their relative path; returns the folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return folder


def list_rows(corpus: Corpus) -> list[tuple[str, str, str]]:
    """(audio relative to the place, text, split) of each utterance."""
    return [
        (row.audio.relative_to(corpus.place).as_posix(), row.text, row.split)
        for row in corpus.utterances
    ]


def list_faults(corpus: Corpus) -> list[tuple[str, str]]:
    """(code, message) of each fault, each beginning with its source."""
    for fault in corpus.faults:
        assert fault.is_fatal or fault.message.startswith(fault.source)
    return [(fault.code, fault.message) for fault in corpus.faults]


def read_as(place: Path, format_name: str) -> Corpus:
    """The corpus of a place, which is recognised as the format that it is."""
    assert find_format(place).name == format_name
    return read_corpus(place)


def survive(place: Path, format_name: str) -> None:
    """Fails where reading ends in anything but rows, faults with a code, or an error of ours."""
    for name in (format_name, None):
        try:
            corpus = read_corpus(place, ReadOptions(format=name))
        except W2vctcError as error:
            assert isinstance(error, DataError)
            assert error.code and error.message and error.hint
            continue
        assert corpus.utterances or corpus.faults
        assert all(fault.code and fault.message for fault in corpus.faults)
        for row in corpus.utterances:
            row.id.encode("utf-8")
            row.source.encode("utf-8")
            assert row.end_s is None or 0 <= row.start_s < row.end_s


def broken_lines(words: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Any bytes, and lines made of what the format is made of."""
    usual = (
        b"\n",
        b"\r",
        b" ",
        b"\t",
        b"a",
        b"a.wav",
        b"../",
        b"/",
        b"\xc3",
        b"\xff",
        b"\0",
        b"-1",
    )
    pieces = st.sampled_from([*words, *usual])
    return st.binary(max_size=60) | st.lists(pieces, max_size=24).map(b"".join)
