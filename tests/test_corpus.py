"""What is settled for all formats in one place: paths, names, ids, and which format it is."""

import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reader_material import list_faults, list_rows, write_tree

from w2vctc.corpus.corpus import Corpus, read_corpus
from w2vctc.corpus.formats import Format, ReadOptions, find_format, list_formats
from w2vctc.corpus.tables import write_rows
from w2vctc.errors import DataError, UsageError, W2vctcError

EVERYWHERE = ReadOptions(allow_outside=True)


def read_paths(folder: Path, *paths: str, options: ReadOptions | None = None) -> Corpus:
    """The corpus of a train.tsv with these paths."""
    rows = "".join(f"{path}\tx\n" for path in paths)
    return read_corpus(write_tree(folder, {"train.tsv": f"path\ttext\n{rows}"}), options)


# --- a path that climbs out of its data folder


@pytest.mark.parametrize(
    "path", ["../a.wav", "clips/../../a.wav", "/etc/passwd", "../data-2/a.wav", "..", "/"]
)
def test_a_path_that_climbs_out_of_its_folder_is_refused(tmp_path: Path, path: str) -> None:
    data = tmp_path / "data"
    corpus = read_paths(data, path, "b.wav")
    assert [row.audio.name for row in corpus.utterances] == ["b.wav"]
    assert list_faults(corpus) == [
        (
            "E_OUTSIDE",
            f"train.tsv:2: {data / path} lies outside of {data} (--allow-outside permits it)",
        )
    ]
    assert corpus.faults[0].utterance is not None


@pytest.mark.parametrize("path", ["../a.wav", "{}/a.wav"])
def test_a_path_outside_is_read_where_it_is_permitted(tmp_path: Path, path: str) -> None:
    write_tree(tmp_path, {"a.wav": ""})
    corpus = read_paths(tmp_path / "data", path.format(tmp_path), options=EVERYWHERE)
    assert not corpus.faults
    assert corpus.utterances[0].audio.samefile(tmp_path / "a.wav")


@pytest.mark.parametrize("path", ["clips/../a.wav", "./a.wav", "{}/a.wav", "..a/b.wav"])
def test_a_path_that_comes_back_is_inside(tmp_path: Path, path: str) -> None:
    assert not read_paths(tmp_path, path.format(tmp_path)).faults


def test_a_link_in_the_folder_leads_where_its_owner_wanted(tmp_path: Path) -> None:
    write_tree(tmp_path / "disk", {"a.wav": "sound"})
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "clips").symlink_to(tmp_path / "disk")
    corpus = read_paths(tmp_path / "data", "clips/a.wav")
    assert not corpus.faults
    assert corpus.utterances[0].audio.read_text() == "sound"


def test_a_folder_given_relatively_has_the_same_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_paths(tmp_path / "data", "a.wav", "../b.wav")
    monkeypatch.chdir(tmp_path)
    for place in (Path("data"), Path("data/train.tsv"), Path("data/../data")):
        corpus = read_corpus(place)
        assert (len(corpus.utterances), [fault.code for fault in corpus.faults]) == (
            1,
            ["E_OUTSIDE"],
        )
    monkeypatch.chdir(tmp_path / "data")
    assert len(read_corpus(Path("train.tsv")).utterances) == 1


# --- names that shells stumble over


def test_odd_names_are_taken_literally(tmp_path: Path) -> None:
    names = ["a b.wav", "it's.wav", 'say "x".wav', "-rf.wav", "~", "~/a.wav", "$HOME.wav", "*.wav"]
    corpus = read_paths(tmp_path, *names)
    assert [row.audio for row in corpus.utterances] == [tmp_path / name for name in names]
    assert not corpus.faults


def test_a_name_with_a_newline_is_one_name(tmp_path: Path) -> None:
    write_tree(tmp_path, {"two\nlines.wav": "", "a.csv": 'path,text\n"two\nlines.wav",x\n'})
    (row,) = read_corpus(tmp_path / "a.csv").utterances
    assert row.audio == tmp_path / "two\nlines.wav"
    assert row.audio.exists()


def test_a_name_that_is_not_utf8_in_a_table_is_named_by_its_byte(tmp_path: Path) -> None:
    write_tree(tmp_path, {"train.tsv": b"path\ttext\nlli\xe7.wav\tx\n"})
    corpus = read_corpus(tmp_path)
    assert [fault.code for fault in corpus.faults] == ["E_ENCODING"]
    assert "byte 13 (0xe7)" in corpus.faults[0].message


# --- names that differ only by case or by normal form


@pytest.mark.parametrize(
    ("written", "on_disk"),
    [
        ("cançó.wav", unicodedata.normalize("NFD", "cançó.wav")),
        (unicodedata.normalize("NFD", "cançó.wav"), "cançó.wav"),
        ("Clip.WAV", "clip.wav"),
        ("Clips/A.wav", "clips/a.wav"),
        ("ÇA/b.wav", unicodedata.normalize("NFD", "ça/B.wav")),
    ],
)
def test_names_in_another_spelling_are_matched_and_told(
    tmp_path: Path, written: str, on_disk: str
) -> None:
    write_tree(tmp_path, {on_disk: ""})
    corpus = read_paths(tmp_path, written)
    assert list_rows(corpus) == [(on_disk, "x", "train")]
    there = Path(on_disk).name
    assert list_faults(corpus) == [
        ("W_NAME", f"train.tsv:2: {Path(written).name!r} is {there!r} on the disk")
    ]
    assert not corpus.errors


def test_two_names_that_could_be_meant_are_left_alone(tmp_path: Path) -> None:
    write_tree(tmp_path, {"CLIP.wav": "", "clip.wav": ""})
    corpus = read_paths(tmp_path, "Clip.wav")
    assert corpus.utterances[0].audio == tmp_path / "Clip.wav"
    assert not corpus.faults


def test_a_composition_wins_over_a_case(tmp_path: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "ça.wav")
    write_tree(tmp_path, {decomposed: "", "Ça.wav": ""})
    assert list_rows(read_paths(tmp_path, "ça.wav"))[0][0] == decomposed


def test_a_name_longer_than_the_disk_allows_is_only_missing(tmp_path: Path) -> None:
    deep = "/".join(["a"] * 3000)
    corpus = read_paths(tmp_path, f"{'x' * 5000}.wav", f"{'y' * 300}/a.wav", deep)
    assert len(corpus.utterances) == 3


def test_a_folder_that_was_mended_is_read_anew(tmp_path: Path) -> None:
    assert not read_paths(tmp_path, "Clip.wav").faults
    write_tree(tmp_path, {"clip.wav": ""})
    assert [fault.code for fault in read_paths(tmp_path, "Clip.wav").faults] == ["W_NAME"]


# --- ids


def test_an_id_may_come_again_in_another_split(tmp_path: Path) -> None:
    table = "path\ttext\na.wav\tx\n"
    corpus = read_corpus(write_tree(tmp_path, {"train.tsv": table, "dev.tsv": table}))
    assert (corpus.splits, corpus.faults) == (("train", "dev"), ())


# --- which format it is

SAMPLES = {
    "common_voice": {"train.tsv": "client_id\tpath\tsentence\nc\ta.mp3\tx\n", "clips/a.mp3": ""},
    "jsonl": {"train.jsonl": '{"audio": "a.wav", "text": "x"}\n', "a.wav": ""},
    "kaldi": {"train/wav.scp": "a a.wav\n", "train/text": "a x\n", "train/a.wav": ""},
    "ljspeech": {"metadata.csv": "a|x\n", "wavs/a.wav": ""},
    "librispeech": {"dev-clean/1/2/1-2.trans.txt": "1-2-3 X\n", "dev-clean/1/2/1-2-3.flac": ""},
    "sidecar": {"train/a.wav": "", "train/a.txt": "x"},
    "table": {"train.tsv": "path\ttext\na.wav\tx\n", "a.wav": ""},
    "audacity": {"a.wav": "", "a.txt": "0.000\t1.500\tx\n1.500\t2.000\ty\n"},
}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_folder_is_recognised_as_what_it_is(tmp_path: Path, name: str) -> None:
    write_tree(tmp_path, SAMPLES[name])
    claims = [format.name for format in list_formats() if format.recognise(tmp_path)]
    assert claims[0] == name
    assert read_corpus(tmp_path).utterances


@pytest.mark.parametrize("name", SAMPLES)
def test_the_particular_formats_do_not_claim_each_other(tmp_path: Path, name: str) -> None:
    write_tree(tmp_path, SAMPLES[name])
    claims = {format.name for format in list_formats() if format.recognise(tmp_path)}
    # a release's train.tsv is a table too, and labels in a .txt are a text beside a recording
    assert claims - {name} <= {"table", "sidecar"}


@pytest.mark.parametrize("format", list_formats(), ids=lambda format: format.name)
def test_recognising_never_raises(tmp_path: Path, format: Format) -> None:
    odd = tmp_path / "odd"
    write_tree(odd, {"empty.tsv": "", "metadata.csv": b"\xff|\0", "train.json": "[" * 9999})
    (odd / "loop.wav").symlink_to(odd / "loop.wav")
    (odd / "gone").symlink_to(tmp_path / "nowhere")
    os.mkfifo(odd / "train.jsonl")
    os.mkfifo(odd / "test.tsv")
    places = [tmp_path, odd, odd / "none", odd / "loop.wav", odd / "gone", odd / "train.jsonl"]
    for place in (*places, odd / "train.json", tmp_path / ("x" * 300)):
        assert format.recognise(place) in (True, False)


@pytest.mark.parametrize("format", [None, *(format.name for format in list_formats())])
@pytest.mark.parametrize("name", ["none", "x" * 300])
def test_a_place_that_cannot_be_is_an_error_of_ours(
    tmp_path: Path, format: str | None, name: str
) -> None:
    with pytest.raises(W2vctcError) as caught:
        read_corpus(tmp_path / name, ReadOptions(format=format))
    assert caught.value.exit_code == 3
    assert caught.value.code
    assert caught.value.hint


def test_a_place_that_is_not_there_and_one_that_nobody_knows(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        find_format(tmp_path / "none")
    assert (caught.value.code, caught.value.message) == (
        "E_MISSING",
        f"{tmp_path / 'none'}: no such file or folder",
    )
    write_tree(tmp_path, {"a.docx": "", "b.docx": "", "c.wav": ""})
    with pytest.raises(DataError) as caught:
        find_format(tmp_path)
    assert (caught.value.code, caught.value.message) == (
        "E_FORMAT",
        f"{tmp_path}: no format is recognised here (2 .docx, 1 .wav)",
    )


def test_a_format_that_nobody_has_is_answered_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        find_format(tmp_path, "kadli")
    assert caught.value.message == "no format 'kadli' (did you mean 'kaldi'?)"


cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
odd_cells = st.sampled_from(["..", "/", "~", "a" * 300, "a/" * 600, ".", "./..", "//x", "\u2028"])


@settings(deadline=None, max_examples=80)
@given(st.lists(st.tuples(cells | odd_cells, cells), min_size=1, max_size=5))
def test_any_path_is_settled_or_refused(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    place = tmp_path_factory.getbasetemp() / "any-path"
    write_tree(place, {"train.tsv": write_rows([("path", "text"), *rows])})
    try:
        corpus = read_corpus(place)
    except W2vctcError as error:
        assert error.code
        return
    inside = os.path.abspath(place)  # noqa: PTH100
    for row in corpus.utterances:
        plain = os.path.abspath(row.audio)  # noqa: PTH100
        assert os.path.commonpath([plain, inside]) == inside
