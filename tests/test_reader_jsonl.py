"""JSON lines as NeMo and Hugging Face write them."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reader_material import broken_lines, list_faults, list_rows, read_as, survive, write_tree

from w2vctc.corpus.corpus import read_corpus
from w2vctc.corpus.formats import ReadOptions, find_format
from w2vctc.errors import DataError

GOOD = '{"audio_filepath": "a.wav", "text": "la lluna"}\n'


def write_lines(path: Path, *lines: str | dict[str, Any]) -> Path:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    write_tree(path.parent, {path.name: "".join(f"{text}\n" for text in texts)})
    return path


def test_a_manifest_of_nemo(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "all.manifest",
        {"audio_filepath": "wav/a.wav", "text": "la lluna", "duration": 3.5, "lang": "ca"},
        {"audio_filepath": "wav/b.wav", "text": "el sol", "offset": 1.5, "duration": 2},
    )
    corpus = read_as(path, "jsonl")
    whole, piece = corpus.utterances
    assert (whole.audio, whole.text) == (tmp_path / "wav" / "a.wav", "la lluna")
    assert (whole.start_s, whole.end_s, whole.source) == (0.0, None, "all.manifest:1")
    assert whole.extra == {"duration": "3.5", "lang": "ca"}
    assert (piece.start_s, piece.end_s) == (1.5, 3.5)
    assert not corpus.faults


@pytest.mark.parametrize(
    "sound", [{"audio": "a.wav"}, {"audio": {"path": "a.wav"}}, {"file_name": "a.wav"}]
)
def test_rows_of_hugging_face(tmp_path: Path, sound: dict[str, Any]) -> None:
    row = {**sound, "sentence": "la lluna", "speaker_id": 12, "checked": True, "accent": None}
    (found,) = read_as(write_lines(tmp_path / "a.jsonl", row), "jsonl").utterances
    assert (found.audio, found.text, found.speaker) == (tmp_path / "a.wav", "la lluna", "12")
    assert found.extra == {"checked": "true", "accent": ""}


@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".ndjson", ".manifest"])
def test_a_folder_with_a_file_for_each_split(tmp_path: Path, suffix: str) -> None:
    for name in ("train", "validation", "test"):
        write_lines(tmp_path / f"{name}{suffix}", GOOD)
    write_tree(tmp_path, {"dataset_info.json": '{"features": {}}'})
    assert list_rows(read_as(tmp_path, "jsonl")) == [
        ("a.wav", "la lluna", split) for split in ("train", "dev", "test")
    ]


def test_the_only_manifest_of_a_folder_is_taken_whatever_its_name(tmp_path: Path) -> None:
    write_lines(tmp_path / "recordings.json", "", GOOD)
    write_tree(tmp_path, {"settings.json": '{\n  "a": 1\n}', "list.json": "[1]"})
    assert list_rows(read_as(tmp_path, "jsonl")) == [("a.wav", "la lluna", "")]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"text": "x"', "no JSON at character 13: Expecting ',' delimiter"),
        ("[1, 2]", "'[1, 2]' is no object in braces"),
        ('"a.wav"', "'\"a.wav\"' is no object in braces"),
        ('{"audio": "b.wav", "text": "x", "snr": NaN}', "NaN is no number that JSON knows"),
        ('{"audio": "b.wav", "text": "x", "duration": Infinity}', "Infinity is no number"),
        ('{"audio": "b.wav", "text": "x", "snr": 1e999}', "'snr' is a number too large"),
        ('{"audio": "b.wav", "text": "x", "text": "y"}', "the key 'text' stands there twice"),
        ('{"audio": "b.wav", "text": "x", " text": "y"}', "the key 'text' stands there twice"),
        ('{"audio": "b.wav", "text": "x", "words": ["x"]}', "'words' is nested"),
        ('{"audio": "b.wav", "text": 5}', "'text' is 5, where text in quotes is wanted"),
        ('{"audio": "b.wav", "text": null}', "'text' is null, where text in quotes is wanted"),
        ('{"audio": ["b.wav"], "text": "x"}', "'audio' is [\"b.wav\"], where text in quotes"),
        ('{"audio": {"bytes": "Zm8="}, "text": "x"}', "no path in 'audio'"),
        ('{"audio": "", "text": "x"}', "no path in the column 'audio'"),
        ('{"audio": "b.wav", "text": "x", "duration": "long"}', "duration is 'long', which is no"),
        ('{"audio": "b.wav", "text": "x", "offset": true}', "offset is 'true', which is no time"),
        ('{"audio": "b\\u0000.wav", "text": "x"}', "U+0000 is no character of a text"),
        ('{"audio": "b.wav", "text": "\\ud83d"}', "U+D83D is no character of a text"),
        ('{"text": "x"}', "no column for the recording's path; the columns are text"),
        ("[" * 50_000, "brackets within brackets without end"),
        (json.dumps({"audio": "b.wav", "text": "x" * 200_000}), "a line of 200,"),
    ],
    ids=lambda value: value[:40],
)
def test_a_line_that_cannot_be_used_is_named_and_the_others_are_read(
    tmp_path: Path, line: str, words: str
) -> None:
    path = write_lines(tmp_path / "train.jsonl", GOOD.strip(), line, GOOD.replace("a.wav", "c.wav"))
    corpus = read_corpus(path)
    assert [row.audio.name for row in corpus.utterances] == ["a.wav", "c.wav"]
    ((code, message),) = list_faults(corpus)
    assert code == "E_ROW"
    assert message.startswith(f"train.jsonl:2: {words}")


def test_escapes_of_json_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    write_lines(path, '{"audio": "a.wav", "text": "cel\\u00b7la \\ud83d\\ude00 \\"x\\""}')
    assert read_corpus(path).utterances[0].text == 'cel·la 😀 "x"'


def test_keys_that_nobody_knows_are_told_with_the_nearest(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", {"audio_path": "a.wav", "texts": "x"})
    with pytest.raises(DataError) as caught:
        read_corpus(path)
    assert caught.value.code == "E_COLUMNS"
    assert caught.value.message.startswith(
        "a.jsonl:1: no column for the recording's path; the columns are audio_path, texts"
    )


def test_a_row_given_twice_is_told_with_both_lines(tmp_path: Path) -> None:
    corpus = read_corpus(write_lines(tmp_path / "a.jsonl", GOOD.strip(), GOOD.strip()))
    assert list_faults(corpus) == [
        ("E_DUP_ID", "a.jsonl:2: the id 'a.wav' stands in a.jsonl:1 already")
    ]


@pytest.mark.parametrize("content", ["", "\n \n", "\ufeff"])
def test_a_file_without_rows_is_refused(tmp_path: Path, content: str) -> None:
    write_tree(tmp_path, {"a.jsonl": content})
    with pytest.raises(DataError) as caught:
        read_corpus(tmp_path / "a.jsonl")
    assert caught.value.code == "E_EMPTY_MANIFEST"


def test_one_file_that_cannot_be_read_leaves_the_others(tmp_path: Path) -> None:
    write_tree(tmp_path, {"train.jsonl": GOOD, "dev.jsonl": GOOD.encode() + b"\xff\n"})
    corpus = read_as(tmp_path, "jsonl")
    assert len(corpus.rows("train")) == 1
    assert [(fault.code, fault.is_fatal) for fault in corpus.faults] == [("E_ENCODING", True)]


def test_a_folder_without_manifest(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_corpus(tmp_path, ReadOptions(format="jsonl"))
    assert (caught.value.code, caught.value.message) == (
        "E_MISSING",
        f"{tmp_path}: no train.jsonl in this folder",
    )
    assert find_format(write_lines(tmp_path / "x.jsonl", "{")).name == "jsonl"


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["path", "bytes", "x"]), inner, max_size=2)
    ),
    max_leaves=4,
)
keys = st.sampled_from(["audio", "text", "offset", "duration", "end", "id", "speaker", "x"])
objects = st.dictionaries(keys, values, max_size=6).map(lambda found: json.dumps(found).encode())
lines = broken_lines([GOOD.encode(), b"{", b"}", b'"', b":", b'"audio"', b'"text"', b"\\ud800"])


@settings(deadline=None, max_examples=150)
@given(st.lists(lines | objects, max_size=4).map(b"\n".join))
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    place = tmp_path_factory.getbasetemp() / "fuzzed-jsonl"
    survive(write_tree(place, {"train.jsonl": content}) / "train.jsonl", "jsonl")
