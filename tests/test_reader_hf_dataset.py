"""Data sets of Hugging Face: what `datasets` saves, the hub's repositories, audiofolders."""

import hashlib
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from w2vctc.cache import CACHE_VARIABLE
from w2vctc.corpus.corpus import Corpus, read_corpus
from w2vctc.corpus.datasets import hub
from w2vctc.corpus.datasets.hub import HubId, open_stream, read_hub_id
from w2vctc.corpus.datasets.packed_sound import unpack_sound
from w2vctc.corpus.fault import Fault
from w2vctc.corpus.formats import ReadOptions, find_format
from w2vctc.corpus.readers.hf_dataset import read_streams
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError, MachineError, W2vctcError

TEXTS = ("la son", "ve de lluny", "i torna")


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    import datasets

    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv(CACHE_VARIABLE, str(folder))
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", folder / "datasets")
    return folder


def encode(number: int, *, kind: str = "FLAC") -> bytes:
    stream = io.BytesIO()
    sound = np.random.default_rng(number).integers(-900, 900, 1600).astype(np.int16)
    soundfile.write(stream, sound, 16_000, format=kind)
    return stream.getvalue()


def make_table(
    texts: Sequence[str] = TEXTS, *, sound: str = "audio", text: str = "sentence"
) -> Any:
    """An Arrow table with packed sounds, with the features that `datasets` writes beside them."""
    import datasets
    import pyarrow

    string = datasets.Value("string")
    features = datasets.Features(
        {sound: datasets.Audio(), text: string, "speaker_id": datasets.Value("int64")}
    )
    columns = {
        sound: [{"bytes": encode(at), "path": "clip.flac"} for at in range(len(texts))],
        text: list(texts),
        "speaker_id": [7] * len(texts),
    }
    return pyarrow.table(columns, schema=features.arrow_schema)


def save_parquet(path: Path, table: Any = None) -> Path:
    from pyarrow import parquet

    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(make_table() if table is None else table, path)
    return path


def save_to_disk(folder: Path, **splits: Any) -> Path:
    import datasets

    parts = {name: datasets.Dataset(table) for name, table in splits.items()}
    whole = parts.get("only") or datasets.DatasetDict(parts)
    whole.save_to_disk(str(folder))
    return folder


def read(place: Path) -> Corpus:
    return read_corpus(place, ReadOptions("hf_dataset"))


def refusal(place: Path) -> W2vctcError:
    with pytest.raises((DataError, MachineError)) as caught:
        read(place)
    assert caught.value.hint
    return caught.value


def fingerprint(folder: Path) -> dict[str, str]:
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def spoken(corpus: Corpus) -> list[tuple[str, str]]:
    return [(row.split, row.text) for row in corpus.utterances]


# --- saved with save_to_disk


def test_a_saved_data_set_is_read_and_left_as_it_is(
    tmp_path: Path, cache: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = save_to_disk(tmp_path / "data", train=make_table(), validation=make_table(["nit"]))
    before = fingerprint(folder)
    capfd.readouterr()
    corpus = read_corpus(folder)
    assert capfd.readouterr() == ("", "")
    assert (corpus.format.name, corpus.faults) == ("hf_dataset", ())
    assert spoken(corpus) == [*(("train", text) for text in TEXTS), ("dev", "nit")]
    first = corpus.utterances[0]
    assert first.id == first.source == "train/data-00000-of-00001.arrow:1"
    assert (first.speaker, first.extra["packed_name"]) == ("7", "clip.flac")
    assert first.audio.read_bytes() == encode(0)
    digest = hashlib.sha256(encode(0)).hexdigest()
    assert first.audio == cache / "audio" / digest[:2] / f"{digest}.flac"
    assert fingerprint(folder) == before


def test_a_data_set_saved_without_splits_has_none(tmp_path: Path) -> None:
    assert read(save_to_disk(tmp_path / "data", only=make_table())).splits == ()


def test_splits_of_other_kinds_are_left_out_beside_ours_and_said(tmp_path: Path) -> None:
    corpus = read(save_to_disk(tmp_path / "d", train=make_table(), invalidated=make_table()))
    assert len(corpus.utterances) == 3
    (fault,) = corpus.faults
    assert (fault.code, fault.message) == (
        "W_SPLIT",
        "d:invalidated: a split of another kind, left out",
    )


@pytest.mark.parametrize(
    ("state", "why"),
    [
        ("{", "no JSON"),
        ("[]", "no JSON object"),
        ("{}", "it does not name the data's files"),
        ('{"_data_files": [{"filename": "../../a.arrow"}]}', "is no name of a file beside it"),
    ],
)
def test_a_saved_data_set_without_its_list_of_files_is_refused(
    tmp_path: Path, state: str, why: str
) -> None:
    folder = save_to_disk(tmp_path / "data", only=make_table())
    (folder / "state.json").write_text(state, encoding="utf-8")
    error = refusal(folder)
    assert error.code == "E_DATASET"
    assert error.message.startswith(str(folder / "state.json"))
    assert why in error.message


@pytest.mark.parametrize("names", ['"train"', '[".."]', '["a/b"]', "[7]", '["x\\u0000"]'])
def test_splits_that_are_no_folders_inside_are_refused(tmp_path: Path, names: str) -> None:
    folder = save_to_disk(tmp_path / "data", train=make_table())
    (folder / "dataset_dict.json").write_text(f'{{"splits": {names}}}', encoding="utf-8")
    error = refusal(folder)
    assert (error.code, "it does not name the splits" in error.message) == ("E_DATASET", True)


def test_a_table_beside_parquet_files_wins(tmp_path: Path) -> None:
    save_parquet(tmp_path / "old" / "x.parquet")
    assert find_format(tmp_path).name == "hf_dataset"
    (tmp_path / "train.tsv").write_text("path\ttext\na.wav\tu\n", encoding="utf-8")
    assert find_format(tmp_path).name == "table"


def test_a_file_of_a_saved_data_set_that_is_gone_is_named(tmp_path: Path) -> None:
    folder = save_to_disk(tmp_path / "data", train=make_table(), test=make_table())
    (folder / "test" / "data-00000-of-00001.arrow").unlink()
    corpus = read(folder)
    assert len(corpus.utterances) == 3
    assert [(fault.code, fault.is_fatal) for fault in corpus.faults] == [("E_MISSING", True)]


# --- Parquet


def test_a_repository_of_the_hub_on_disk_is_read_by_its_file_names(tmp_path: Path) -> None:
    save_parquet(tmp_path / "data" / "train-00000-of-00002.parquet")
    save_parquet(tmp_path / "data" / "train-00001-of-00002.parquet", make_table(["més"]))
    save_parquet(tmp_path / "data" / "validation-00000-of-00001.parquet", make_table(["sí"]))
    (tmp_path / "README.md").write_text("---\nlicense: cc0\n---\n", encoding="utf-8")
    corpus = read_corpus(tmp_path)
    assert corpus.format.name == "hf_dataset"
    assert spoken(corpus) == [*(("train", text) for text in (*TEXTS, "més")), ("dev", "sí")]


def test_splits_may_be_folders_as_the_hub_converts_them(tmp_path: Path) -> None:
    save_parquet(tmp_path / "default" / "train" / "0000.parquet")
    save_parquet(tmp_path / "default" / "test" / "0000.parquet")
    assert read(tmp_path).splits == ("train", "test")


def test_several_configurations_need_a_choice(tmp_path: Path) -> None:
    save_parquet(tmp_path / "ca" / "train-00000-of-00001.parquet")
    save_parquet(tmp_path / "oc" / "train-00000-of-00001.parquet")
    error = refusal(tmp_path)
    assert (error.code, error.message) == ("E_CONFIG", f"{tmp_path}: several data sets: ca, oc")
    assert error.hint == f"name one of them: --data {tmp_path / 'ca'}"
    assert len(read(tmp_path / "ca").utterances) == 3


def test_a_single_file_is_read_and_the_sound_s_column_may_be_called_anything(
    tmp_path: Path,
) -> None:
    path = save_parquet(tmp_path / "x.parquet", make_table(sound="speech", text="transcription"))
    corpus = read_corpus(path)
    assert corpus.format.name == "hf_dataset"
    assert [row.text for row in corpus.utterances] == list(TEXTS)


def test_a_data_set_without_transcripts_is_refused_with_its_columns(tmp_path: Path) -> None:
    path = save_parquet(tmp_path / "x.parquet", make_table(text="sentense"))
    error = refusal(path)
    assert error.code == "E_COLUMNS"
    assert "the columns are path, sentense, speaker_id (did you mean 'sentence'?)" in error.message


def test_sound_that_lies_beside_is_used_where_it_is(tmp_path: Path) -> None:
    import pyarrow

    sounds = [{"bytes": None, "path": name} for name in ("a.wav", "../b.wav")]
    sounds += [{"bytes": None, "path": None}]
    table = pyarrow.table({"audio": sounds, "text": ["u", "dos", "tres"]})
    corpus = read(save_parquet(tmp_path / "d" / "x.parquet", table))
    assert [row.audio for row in corpus.utterances] == [tmp_path / "d" / "a.wav"]
    assert [fault.code for fault in corpus.faults] == ["E_OUTSIDE", "E_ROW"]


def test_one_file_that_is_cut_off_leaves_the_others(tmp_path: Path) -> None:
    whole = save_parquet(tmp_path / "train-00000-of-00002.parquet")
    cut = tmp_path / "train-00001-of-00002.parquet"
    cut.write_bytes(whole.read_bytes()[:-20])
    corpus = read(tmp_path)
    assert len(corpus.utterances) == 3
    (fault,) = corpus.faults
    assert (fault.code, fault.is_fatal) == ("E_DATASET", True)
    assert fault.message.startswith(f"{cut}: not a data set's file that can be read (")
    assert refusal(cut).code == "E_DATASET"


def test_memory_holds_a_part_of_a_large_file_at_a_time(tmp_path: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    noise = np.random.default_rng(1).bytes(50_000)
    sounds = [{"bytes": bytes([at]) + noise, "path": "a.wav"} for at in range(200)]
    table = pyarrow.table({"audio": sounds, "text": ["u"] * 200})
    path = tmp_path / "x.parquet"
    parquet.write_table(table, path, row_group_size=10, use_dictionary=False)
    assert path.stat().st_size > 9_000_000
    program = (  # the highest mark of Arrow's memory is one of a process
        "import sys; from pathlib import Path; from pyarrow import default_memory_pool;"
        "from w2vctc.corpus.corpus import read_corpus;"
        "print(len(read_corpus(Path(sys.argv[1])).utterances), default_memory_pool().max_memory())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True
    )
    n_rows, most_bytes = map(int, done.stdout.split())
    assert n_rows == 200
    assert most_bytes < 5_000_000


def test_a_column_whose_name_is_no_text_is_refused(tmp_path: Path) -> None:
    folder = save_to_disk(tmp_path / "data", only=make_table())
    path = folder / "data-00000-of-00001.arrow"
    path.write_bytes(path.read_bytes().replace(b"sentence", b"sente\xacce"))
    assert refusal(folder).code == "E_DATASET"


# --- the cache


@pytest.mark.parametrize("damage", [b"", b"fLaC cut", None])
def test_a_damaged_or_stale_file_in_the_cache_is_found_and_written_anew(
    tmp_path: Path, damage: bytes | None
) -> None:
    path = save_parquet(tmp_path / "x.parquet", make_table(["u"]))
    audio = read(path).utterances[0].audio
    whole = audio.read_bytes()
    audio.write_bytes(whole[:-1] + b"\0" if damage is None else damage)
    corpus = read(path)
    assert audio.read_bytes() == whole == encode(0)
    assert len(corpus.utterances) == 1
    (fault,) = corpus.faults
    assert (fault.code, fault.message) == (
        "W_CACHE",
        "x.parquet:1: its file in the cache was damaged and is written anew",
    )
    assert read(path).faults == ()


def test_a_file_in_the_cache_is_written_once_and_named_by_its_content(cache: Path) -> None:
    data = encode(1, kind="OGG")
    path, was_damaged = unpack_sound(data)
    assert (path.suffix, was_damaged) == (".ogg", False)
    stamp = path.stat().st_mtime_ns
    assert unpack_sound(data) == (path, False)
    assert path.stat().st_mtime_ns == stamp
    assert unpack_sound(b"no sound at all")[0].suffix == ".bin"
    assert not list(cache.rglob(".*"))  # what a write began is gone


def test_a_cache_that_cannot_be_written_ends_the_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "file" / "cache"))
    error = refusal(save_parquet(tmp_path / "x.parquet"))
    assert (error.code, error.exit_code) == ("E_NOT_FOLDER", 5)


# --- audiofolder


def test_an_audiofolder_has_its_metadata_in_the_splits_folders(tmp_path: Path) -> None:
    for split, name in (("train", "metadata.csv"), ("validation", "metadata.jsonl")):
        (tmp_path / split).mkdir()
        row = "file_name,text\na.wav,vine\n"
        if name.endswith("jsonl"):
            row = json.dumps({"file_name": "a.wav", "text": "vés", "age": 3}) + "\n"
        (tmp_path / split / name).write_text(row, encoding="utf-8")
    corpus = read_corpus(tmp_path)
    assert (corpus.format.name, corpus.faults) == ("hf_dataset", ())
    assert [(row.split, row.text, row.audio, row.source) for row in corpus.utterances] == [
        ("train", "vine", tmp_path / "train" / "a.wav", "train/metadata.csv:2"),
        ("dev", "vés", tmp_path / "validation" / "a.wav", "validation/metadata.jsonl:1"),
    ]


def test_an_audiofolder_with_one_metadata_file_has_splits_by_path(tmp_path: Path) -> None:
    (tmp_path / "metadata.csv").write_text(
        "file_name,text\ntrain/a.wav,u\ntest/b.wav,dos\nc.wav,tres\n/d.wav,x\n", encoding="utf-8"
    )
    corpus = read_corpus(tmp_path)
    assert corpus.format.name == "hf_dataset"
    assert spoken(corpus) == [("train", "u"), ("test", "dos"), ("", "tres")]
    assert [fault.code for fault in corpus.faults] == ["E_OUTSIDE"]


def test_recordings_that_metadata_does_not_name_are_listed(tmp_path: Path) -> None:
    (tmp_path / "metadata.csv").write_text("file_name,text\na.wav,u\n", encoding="utf-8")
    for name in ("A.wav", "sub/b.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [(fault.code, fault.message) for fault in read(tmp_path).errors] == [
        ("E_NO_TEXT", "sub/b.wav: no transcript in metadata.csv")
    ]


@pytest.mark.parametrize(
    "content", ["file_name,text\na.wav,x\n", '{"file_name": "a.wav", "text": "x"}\n']
)
def test_metadata_of_other_kinds_is_left_to_other_formats(tmp_path: Path, content: str) -> None:
    path = tmp_path / ("metadata.jsonl" if content.startswith("{") else "metadata.csv")
    path.write_text(content, encoding="utf-8")
    assert find_format(tmp_path).name == "hf_dataset"
    path.write_text(content.replace("file_name", "file"), encoding="utf-8")
    assert find_format(tmp_path).name != "hf_dataset"


# --- the hub


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("owner/name", HubId("owner/name")),
        ("owner/common_voice_17.0", HubId("owner/common_voice_17.0")),
        ("hf:owner/name", HubId("owner/name")),
        ("hf:owner/name:ca-ES", HubId("owner/name", "ca-ES")),
        ("hf:data/ca", HubId("data/ca")),
        ("data/ca", None),
        ("old/train.tsv", None),
        ("here/name", None),
        ("name", None),
        ("a/b/c", None),
        ("/owner/name", None),
        ("../name", None),
        ("owner/na me", None),
        ("x\0/y", None),
    ],
)
def test_names_of_the_hub_are_told_from_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, expected: HubId | None
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here").mkdir()
    assert read_hub_id(Path(place)) == expected


def test_a_hub_that_cannot_be_reached_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    import huggingface_hub

    def refuse(*_: object, **__: object) -> None:
        raise ConnectionError("Name or service not known")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(huggingface_hub.HfApi, "dataset_info", refuse)
    with pytest.raises(MachineError) as caught:
        read_corpus(Path("owner/name"))
    assert (caught.value.code, caught.value.exit_code) == ("E_HUB", 5)
    assert caught.value.message == (
        "owner/name: no file or folder here, and the hub cannot be reached"
        " (Name or service not known)"
    )
    assert capfd.readouterr() == ("", "")


def test_the_hub_is_not_asked_where_people_are_offline_by_choice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub.constants

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(MachineError, match="offline mode is enabled"):
        read_corpus(Path("hf:owner/name"))


def test_rows_come_streamed_as_from_the_hub(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    # the hub's own way through `datasets`, over a repository that lies on the disk
    save_parquet(tmp_path / "repo" / "data" / "train-00000-of-00001.parquet")
    save_parquet(tmp_path / "repo" / "data" / "other-00000-of-00001.parquet")
    rows = list(read_streams("owner/name", open_stream(str(tmp_path / "repo"))))
    faults = [row for row in rows if isinstance(row, Fault)]
    utterances = [row for row in rows if isinstance(row, Utterance)]
    assert [fault.code for fault in faults] == ["W_SPLIT"]
    assert [(row.split, row.text, row.speaker) for row in utterances] == [
        ("train", text, "7") for text in TEXTS
    ]
    assert utterances[0].source == "owner/name:train:1"
    assert utterances[0].audio.read_bytes() == encode(0)
    assert capfd.readouterr() == ("", "")


def test_a_configuration_of_the_hub_is_chosen_by_name(tmp_path: Path) -> None:
    names = ("ca", "oc")
    for name in names:
        save_parquet(tmp_path / name / "train-00000-of-00001.parquet", make_table([name]))
    configs = "".join(f"- config_name: {it}\n  data_files: {it}/*.parquet\n" for it in names)
    (tmp_path / "README.md").write_text(f"---\nconfigs:\n{configs}---\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        open_stream(str(tmp_path))
    assert caught.value.code == "E_HUB"
    assert "['ca', 'oc']" in caught.value.message
    assert "hf:owner/name:CONFIGURATION" in caught.value.hint
    rows = list(read_streams("owner/name", open_stream(str(tmp_path), config="oc")))
    assert [row.text for row in rows if isinstance(row, Utterance)] == ["oc"]


def test_a_streamed_repository_that_cannot_be_read_is_an_error_of_the_hub(tmp_path: Path) -> None:
    (tmp_path / "train.parquet").write_bytes(b"PAR1 but no more")
    with pytest.raises(DataError) as caught:
        list(read_streams("owner/name", open_stream(str(tmp_path))))
    assert caught.value.code == "E_HUB"


def test_sound_that_is_an_address_is_downloaded() -> None:
    import fsspec  # type: ignore[import-untyped]

    with fsspec.open("memory://clips/a.flac", "wb") as stream:
        stream.write(encode(5))
    records = [{"audio": {"bytes": None, "path": "memory://clips/a.flac"}, "text": "x"}]
    (record,) = hub.iterate_stream("owner/name", records)
    assert record["audio"]["bytes"] == encode(5)


# --- any bytes at all


@pytest.fixture(scope="module")
def whole_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("whole")
    parquet = save_parquet(folder / "x.parquet", make_table(["u", "dos"])).read_bytes()
    saved = save_to_disk(folder / "saved", only=make_table(["u", "dos"]))
    arrow = (saved / "data-00000-of-00001.arrow").read_bytes()
    return {"x.parquet": parquet, "data-00000-of-00001.arrow": arrow}


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from(["x.parquet", "data-00000-of-00001.arrow"]),
    st.tuples(st.floats(0, 1), st.binary(max_size=8), st.booleans()),
)
def test_a_damaged_file_is_read_or_refused(
    whole_files: dict[str, bytes],
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    change: tuple[float, bytes, bool],
) -> None:
    at, piece, cut = change
    whole = whole_files[name]
    first = round(at * len(whole))
    changed = whole[:first] + piece + (b"" if cut else whole[first + len(piece) :])
    folder = tmp_path_factory.getbasetemp() / "damaged"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / name).write_bytes(changed)
    if name.endswith("arrow"):
        state = {"_data_files": [{"filename": name}]}
        (folder / "state.json").write_text(json.dumps(state), encoding="utf-8")
        (folder / "dataset_info.json").write_text("{}", encoding="utf-8")
    try:
        corpus = read(folder)
    except W2vctcError as error:
        assert error.code in ("E_DATASET", "E_COLUMNS", "E_EMPTY_MANIFEST")
    else:
        assert corpus.utterances or corpus.faults
