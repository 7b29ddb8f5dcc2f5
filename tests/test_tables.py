"""Manifests as spreadsheets, scripts and Common Voice write them."""

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from w2vctc.corpus.corpus import read_corpus
from w2vctc.corpus.fault import Fault
from w2vctc.corpus.formats import ReadOptions
from w2vctc.corpus.tables import write_rows
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError, MachineError, W2vctcError

TABLE = "path\ttext\na.wav\tla lluna\nb.wav\tel sol\n"
PAIRS = [("a.wav", "la lluna"), ("b.wav", "el sol")]


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return path


def read_manifest(path: Path) -> list[Utterance]:
    corpus = read_corpus(path, ReadOptions(format="table"))
    assert not corpus.errors
    return list(corpus.utterances)


def faults_of(path: Path) -> list[Fault]:
    return list(read_corpus(path, ReadOptions(format="table")).faults)


def pairs_of(path: Path) -> list[tuple[str, str]]:
    return [(row.audio.name, row.text) for row in read_manifest(path)]


def refusal(path: Path) -> DataError:
    with pytest.raises(DataError) as caught:
        read_corpus(path, ReadOptions(format="table"))
    assert caught.value.message.startswith(str(path))
    assert caught.value.hint
    return caught.value


# --- what is read


def test_a_row_becomes_an_utterance(tmp_path: Path) -> None:
    path = write(
        tmp_path / "train.tsv",
        "id\tclient_id\tpath\tage\tsentence\nu1\tanna\tclips/a.wav\t40\tLa lluna.\n",
    )
    assert read_manifest(path) == [
        Utterance(
            id="u1",
            audio=tmp_path / "clips" / "a.wav",
            text="La lluna.",
            speaker="anna",
            source="train.tsv:2",
            extra={"age": "40"},
        )
    ]


def test_without_an_id_the_path_is_it(tmp_path: Path) -> None:
    rows = read_manifest(write(tmp_path / "a.tsv", "id\tpath\ttext\n\ta.wav\tx\nu\tb.wav\ty\n"))
    assert [row.id for row in rows] == ["a.wav", "u"]


@pytest.mark.parametrize(
    "content",
    [
        TABLE,
        "\ufeff" + TABLE,
        TABLE.replace("\n", "\r\n"),
        TABLE.replace("\n", "\r"),
        TABLE.removesuffix("\n"),
        TABLE + "\n\n",
        TABLE.replace("\nb", "\n\n \t \nb"),
        TABLE.replace("path\ttext", " path \ttext "),
    ],
    ids=["plain", "BOM", "CRLF", "CR", "no end", "empty end", "empty between", "spaced header"],
)
def test_every_way_to_end_lines_reads_the_same(tmp_path: Path, content: str) -> None:
    assert pairs_of(write(tmp_path / "a.tsv", content)) == PAIRS


def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", "path\ttext\r\n\r\na.wav\tx\u2028y\x0b\r\nb.wav\tz\r\n")
    assert [row.source for row in read_manifest(path)] == ["a.tsv:3", "a.tsv:4"]


def test_quotes_in_tsv_are_part_of_the_text(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", 'path\ttext\na.wav\t"Vine, digué\nb.wav\tun "sol" gran"\n')
    assert pairs_of(path) == [("a.wav", '"Vine, digué'), ("b.wav", 'un "sol" gran"')]


def test_csv_follows_rfc_4180(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.csv",
        'path,text\r\n"a, b.wav","un ""sol"", gran"\r\nc.wav,"dues\r\nlínies"\r\nd.wav,fi\r\n',
    )
    assert pairs_of(path) == [
        ("a, b.wav", 'un "sol", gran'),
        ("c.wav", "dues\nlínies"),
        ("d.wav", "fi"),
    ]
    assert [row.source for row in read_manifest(path)] == ["a.csv:2", "a.csv:4", "a.csv:5"]


@pytest.mark.parametrize("name", ["file_name", "audio", "wav", "audio_filepath"])
def test_other_projects_names_of_columns_are_known(tmp_path: Path, name: str) -> None:
    assert pairs_of(write(tmp_path / "a.tsv", TABLE.replace("path", name))) == PAIRS


# --- what is refused


@pytest.mark.parametrize("content", ["", "\n\n", "path\ttext\n", "path\ttext", "\ufeff"])
def test_a_table_without_rows_is_refused(tmp_path: Path, content: str) -> None:
    error = refusal(write(tmp_path / "a.tsv", content))
    assert (error.message, error.code) == (f"{tmp_path / 'a.tsv'}: no rows", "E_EMPTY_MANIFEST")


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (
            "pth\ttext",
            "no column for the recording's path; the columns are pth, text (did you mean 'path'?)",
        ),
        (
            "path\tsentense",
            "no column for the transcript; the columns are path, sentense"
            " (did you mean 'sentence'?)",
        ),
        ("path\tzzz", "no column for the transcript; the columns are path, zzz"),
        ("path\ttext\ttext", "two columns are called 'text'"),
    ],
)
def test_columns_are_named_when_they_do_not_fit(tmp_path: Path, header: str, message: str) -> None:
    error = refusal(write(tmp_path / "a.tsv", f"{header}\na.wav\tx\n"))
    assert (error.message, error.code) == (f"{tmp_path / 'a.tsv'}: {message}", "E_COLUMNS")


@pytest.mark.parametrize(
    ("name", "content", "line", "words"),
    [
        ("a.tsv", TABLE + "c.wav\n", 4, "1 column where the heading has 2"),
        ("a.tsv", TABLE + "c.wav\tx\ty\n", 4, "3 columns where the heading has 2"),
        ("a.tsv", TABLE + "\tx\n", 4, "no path in the column 'path'"),
        ("a.csv", "path,text\na.wav,x\nb.wav,y,z\n", 3, "3 columns where the heading has 2"),
        ("a.csv", 'path,text\na.wav,"open\n', 2, "unexpected end of data"),
        ("a.csv", 'path,text\na.wav,"x"y\n', 2, "',' expected after '\"'"),
        ("a.csv", f"path,text\na.wav,{'x' * 200_000}\n", 2, "field larger than field limit"),
    ],
)
def test_a_broken_row_is_named_by_its_line(
    tmp_path: Path, name: str, content: str, line: int, words: str
) -> None:
    (fault,) = faults_of(write(tmp_path / name, content))
    assert fault.message.startswith(f"{name}:{line}: {words}")
    assert (fault.code, fault.source) == ("E_ROW", f"{name}:{line}")


def test_rows_around_a_broken_one_are_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", 'path,text\na.wav,x\nb.wav,"y"z\nc.wav,u,v\nd.wav,w\n')
    corpus = read_corpus(path)
    assert [row.text for row in corpus.utterances] == ["x", "w"]
    assert [fault.source for fault in corpus.faults] == ["a.csv:3", "a.csv:4"]


def test_a_nul_byte_is_named_by_its_line(tmp_path: Path) -> None:
    error = refusal(write(tmp_path / "a.tsv", TABLE + "c.wav\tx\0y\n"))
    assert (error.message, error.code) == (f"{tmp_path / 'a.tsv'}:4: a NUL byte", "E_ROW")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (TABLE.encode() + b"c.wav\tlli\xe7\xf3\n", "byte 47 (0xe7) is not UTF-8"),
        (b"\xef\xbb\xbfpath\ttext\na.wav\t\xf3\n", "byte 19 (0xf3) is not UTF-8"),
        (TABLE.encode("utf-16"), "UTF-16"),
        (b"\xfe\xff" + TABLE.encode("utf-16-be"), "UTF-16"),
    ],
)
def test_other_encodings_are_named_and_never_guessed(
    tmp_path: Path, content: bytes, message: str
) -> None:
    error = refusal(write(tmp_path / "a.tsv", content))
    assert (error.message, error.code) == (f"{tmp_path / 'a.tsv'}: {message}", "E_ENCODING")


def test_utf16_without_a_mark_is_refused_too(tmp_path: Path) -> None:
    assert refusal(write(tmp_path / "a.tsv", TABLE.encode("utf-16-le"))).code == "E_ROW"


@pytest.mark.parametrize(
    ("content", "name", "first", "second"),
    [
        (TABLE + "a.wav\tuna altra\n", "a.wav", 2, 4),
        ("id\tpath\ttext\nu\ta.wav\tx\nu\tb.wav\ty\n", "u", 2, 3),
    ],
)
def test_a_name_given_twice_is_told_with_both_lines(
    tmp_path: Path, content: str, name: str, first: int, second: int
) -> None:
    (fault,) = faults_of(write(tmp_path / "a.tsv", content))
    assert fault.code == "E_DUP_ID"
    assert fault.message == f"a.tsv:{second}: the id {name!r} stands in a.tsv:{first} already"


def test_a_table_that_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal(tmp_path / "none.tsv").code == "E_MISSING"
    assert refusal(tmp_path).code == "E_MISSING"
    (tmp_path / "a.tsv").touch()

    def refuse(_path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(MachineError) as caught:
        read_manifest(tmp_path / "a.tsv")
    assert (caught.value.code, caught.value.hint) == ("E_PERM", f"chmod +r {tmp_path / 'a.tsv'}")


# --- splits


@pytest.mark.parametrize(
    ("name", "split"),
    [("train.tsv", "train"), ("dev.csv", "dev"), ("validation.tsv", "dev"), ("test.csv", "test")],
)
def test_a_split_is_found_by_its_usual_names(tmp_path: Path, name: str, split: str) -> None:
    separator = "," if name.endswith("csv") else "\t"
    write(tmp_path / name, TABLE.replace("\t", separator))
    corpus = read_corpus(tmp_path)
    assert corpus.splits == (split,)
    assert [row.text for row in corpus.rows(split)] == ["la lluna", "el sol"]


def test_one_table_that_cannot_be_read_leaves_the_others(tmp_path: Path) -> None:
    write(tmp_path / "train.tsv", TABLE)
    write(tmp_path / "dev.tsv", TABLE.encode() + b"c.wav\tlli\xe7\n")
    corpus = read_corpus(tmp_path)
    assert len(corpus.rows("train")) == 2
    assert [(fault.code, fault.is_fatal) for fault in corpus.faults] == [("E_ENCODING", True)]


def test_the_only_table_of_a_folder_is_taken_whatever_its_name(tmp_path: Path) -> None:
    write(tmp_path / "llista.csv", "file;transcription\na.wav;la lluna, diu\n")
    write(tmp_path / "notes.csv", "day,weather\n1,rain\n")
    (row,) = read_corpus(tmp_path).utterances
    assert (row.text, row.split) == ("la lluna, diu", "")


def test_a_piece_of_a_recording_has_a_start_and_an_end(tmp_path: Path) -> None:
    rows = read_manifest(
        write(
            tmp_path / "a.tsv",
            "path\ttext\toffset\tduration\na.wav\tx\t1.5\t2\na.wav\ty\t\t9\n",
        )
    )
    assert [(row.start_s, row.end_s) for row in rows] == [(1.5, 3.5), (0.0, None)]
    assert rows[0].id == "a.wav:1.500-3.500"


@pytest.mark.parametrize("times", ["x\t2", "-1\t2", "nan\t2", "3\t2", "0\tinf"])
def test_times_that_are_none_are_named(tmp_path: Path, times: str) -> None:
    (fault,) = faults_of(write(tmp_path / "a.tsv", f"path\ttext\tstart\tend\na.wav\tx\t{times}\n"))
    assert fault.code == "E_ROW"


# --- any bytes at all

bytes_like = st.binary(max_size=200) | st.lists(
    st.sampled_from(
        [b"path", b"text", b"\t", b",", b"\n", b"\r", b'"', b"a", b"\xc3", b"\xef", b"\0"]
    )
).map(b"".join)


@settings(deadline=None)
@given(bytes_like, st.sampled_from(["a.tsv", "a.csv", "a.txt"]))
@example(b"path\ttext\n\xff", "a.tsv")
@example(b'path,text\n"a\0",', "a.csv")
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str
) -> None:
    path = write(tmp_path_factory.getbasetemp() / name, content)
    try:
        corpus = read_corpus(path, ReadOptions(format="table"))
    except W2vctcError as error:
        assert error.code
        assert error.exit_code == 3
    else:
        assert corpus.utterances or corpus.faults
        assert len({row.id for row in corpus.utterances}) == len(corpus.utterances)


cells = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=5))
def test_written_rows_are_read_as_one_line_each(rows: list[tuple[str, str]]) -> None:
    lines = write_rows(rows).removesuffix("\n").split("\n")
    assert [line.split("\t") for line in lines] == [
        [" ".join(cell.split()) for cell in row] for row in rows
    ]
