"""Manifests as they are written: read again they give the same rows; nothing else is touched."""

import os
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2vctc.corpus.corpus import Corpus, read_corpus
from w2vctc.corpus.fault import Fault
from w2vctc.corpus.formats import ReadOptions
from w2vctc.corpus.manifest import save_manifests
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import MachineError, UsageError


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An input folder with two recordings; empty ones, since no sound is opened here."""
    folder = tmp_path / "recordings"
    (folder / "clips").mkdir(parents=True)
    for name in ("a.wav", "b.wav"):
        (folder / "clips" / name).touch()
    return folder


def make_row(place: Path, name: str, split: str, text: str = "bon dia") -> Utterance:
    return Utterance(id=name, audio=place / "clips" / name, text=text, split=split, source=name)


def read_table(folder: Path) -> Corpus:
    return read_corpus(folder, ReadOptions(format="table"))


def test_a_table_shows_what_the_rows_have_and_no_empty_columns(place: Path, tmp_path: Path) -> None:
    rows = [
        replace(make_row(place, "a.wav", "train", "Bon\u00a0dia,  «Anna»!"), duration_s=1.23456),
        replace(make_row(place, "b.wav", "train", 'a "quote'), extra={"age": "70", "sex": ""}),
    ]
    saved = save_manifests(tmp_path / "ca", rows, place=place)
    assert (tmp_path / "ca" / "train.tsv").read_text(encoding="utf-8") == (
        "id\tpath\ttext\tduration_s\tage\n"
        "a.wav\tsource/clips/a.wav\tBon\u00a0dia,  «Anna»!\t1.235\t\n"
        'b.wav\tsource/clips/b.wav\ta "quote\t\t70\n'
    )
    assert saved.n_rows == {"train": 2}
    assert os.readlink(tmp_path / "ca" / "source") == "../recordings"  # noqa: PTH115
    assert sorted(path.name for path in (tmp_path / "ca").iterdir()) == ["source", "train.tsv"]


def test_pieces_of_a_recording_keep_their_times_to_the_bit(place: Path, tmp_path: Path) -> None:
    row = make_row(place, "a.wav", "train")
    rows = [
        replace(row, id="1", start_s=0.1 + 0.2, end_s=1.0, duration_s=0.7),
        replace(row, id="2", start_s=0.0, end_s=0.3),
        replace(row, id="3", start_s=2.5, end_s=None, duration_s=9.0),
    ]
    save_manifests(tmp_path / "ca", rows, place=place)
    again = read_table(tmp_path / "ca").utterances
    assert [(r.start_s, r.end_s) for r in again] == [(0.1 + 0.2, 1.0), (0.0, 0.3), (2.5, None)]
    assert [r.extra["duration_s"] for r in again] == ["0.700", "", ""]


@st.composite
def odd_rows(draw: st.DrawFn) -> list[Utterance]:
    cell = st.text(max_size=8)
    name = st.text(min_size=1, max_size=8).map(
        lambda text: unicodedata.normalize("NFC", text.replace("/", "_")) + ".wav"
    )
    column = st.sampled_from(["age", "client_id", "offset", "text ", "note\n", "path", "duration"])
    made = []
    for number in range(draw(st.integers(1, 4))):
        start_s = draw(st.sampled_from([0.0, 1 / 3]))
        made.append(
            Utterance(
                id=f"{number}{draw(cell)}",
                audio=Path("in") / draw(name),
                text=draw(cell),
                start_s=start_s,
                end_s=draw(st.sampled_from([None, 2 / 3])),
                speaker=draw(cell),
                split=draw(st.sampled_from(["train", "dev", "test"])),
                source=f"row {number}",
                extra=draw(st.dictionaries(column, st.sampled_from(["", "1", "2.5"]), max_size=3)),
            )
        )
    return made


@pytest.fixture(scope="module")
def scratch() -> Iterator[Path]:
    with TemporaryDirectory() as name:
        yield Path(name)


@given(rows=odd_rows())
def test_what_is_written_is_read_again_or_refused(scratch: Path, rows: list[Utterance]) -> None:
    place = scratch / "in"
    place.mkdir(exist_ok=True)
    rows = [replace(row, audio=scratch / row.audio) for row in rows]
    saved = save_manifests(scratch / "out", rows, place=place, overwrite=True)
    refused = {id(fault.utterance) for fault in saved.refused}
    assert {fault.code for fault in saved.refused} <= {"E_NAME", "E_CHAR"}
    kept = [row for row in rows if id(row) not in refused]
    again: dict[str, Utterance] = {}
    if kept:
        corpus = read_table(scratch / "out")
        assert not corpus.errors
        again = {row.id: row for row in corpus.utterances}
    assert sorted(again) == sorted(row.id for row in kept)
    blanks = str.maketrans("\t\n\r\0", "    ")
    for row in kept:
        other = again[row.id]
        assert other.text == row.text.translate(blanks)
        assert other.speaker == row.speaker.translate(blanks)
        assert (other.start_s, other.end_s, other.split) == (row.start_s, row.end_s, row.split)
        assert other.audio.resolve() == row.audio.resolve()
        assert other.extra.get("age", "") == row.extra.get("age", "")


@pytest.mark.parametrize("name", ["a\tb.wav", "a\nb.wav", os.fsdecode(b"caf\xe9.wav")])
def test_a_file_name_that_no_table_can_hold_is_refused_with_a_way_out(
    place: Path, tmp_path: Path, name: str
) -> None:
    rows = [make_row(place, "a.wav", "train"), make_row(place, name, "train")]
    saved = save_manifests(tmp_path / "ca", rows, place=place)
    assert [fault.code for fault in saved.refused] == ["E_NAME"]
    assert "--audio flac" in saved.refused[0].hint
    assert [row.id for row in read_table(tmp_path / "ca").utterances] == ["a.wav"]
    assert "E_NAME" in (tmp_path / "ca" / "rejected.tsv").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["-a.wav", "~a.wav", " a b.wav", 'it\'s "a".wav', "ñ ç·.wav"])
def test_file_names_with_signs_and_spaces_stay_what_they_are(
    place: Path, tmp_path: Path, name: str
) -> None:
    (place / "clips" / name).touch()
    save_manifests(tmp_path / "ca", [make_row(place, name, "train")], place=place)
    corpus = read_table(tmp_path / "ca")
    assert not corpus.faults
    assert [row.audio.resolve() for row in corpus.utterances] == [place / "clips" / name]


def test_recordings_inside_of_the_folder_need_no_link(tmp_path: Path, place: Path) -> None:
    row = replace(make_row(place, "a.wav", "dev"), audio=tmp_path / "ca" / "audio" / "a.flac")
    save_manifests(tmp_path / "ca", [row], place=place)
    assert "audio/a.flac" in (tmp_path / "ca" / "dev.tsv").read_text(encoding="utf-8")
    assert not (tmp_path / "ca" / "source").exists()


def test_recordings_outside_of_the_input_are_linked_from_where_they_meet(
    tmp_path: Path, place: Path
) -> None:
    other = replace(make_row(place, "b.wav", "train"), audio=tmp_path / "disk" / "b.wav")
    save_manifests(tmp_path / "ca", [make_row(place, "a.wav", "train"), other], place=place)
    table = (tmp_path / "ca" / "train.tsv").read_text(encoding="utf-8")
    assert "source/recordings/clips/a.wav" in table
    assert "source/disk/b.wav" in table
    assert not read_table(tmp_path / "ca").errors


def test_a_table_as_input_may_have_the_folder_below_it(tmp_path: Path, place: Path) -> None:
    table = tmp_path / "all.tsv"
    table.write_text("path\ttext\n", encoding="utf-8")
    save_manifests(tmp_path / "data" / "ca", [make_row(place, "a.wav", "train")], place=table)
    target = os.readlink(tmp_path / "data" / "ca" / "source")  # noqa: PTH115
    assert target == "../../recordings/clips"  # not ../.., which would lead in circles


def test_recordings_with_only_the_disk_in_common_are_not_linked(
    tmp_path: Path, place: Path
) -> None:
    far = replace(make_row(place, "b.wav", "train"), audio=Path("/elsewhere/b.wav"))
    with pytest.raises(UsageError, match="only / in common") as caught:
        save_manifests(tmp_path / "ca", [make_row(place, "a.wav", "train"), far], place=place)
    assert "--audio flac" in caught.value.hint


def test_where_links_are_impossible_the_hint_says_what_works(
    tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    with pytest.raises(UsageError, match="no symbolic link") as caught:
        save_manifests(tmp_path / "ca", [make_row(place, "a.wav", "train")], place=place)
    assert "--audio flac" in caught.value.hint
    assert not (tmp_path / "ca" / "train.tsv").exists()


def test_manifests_that_are_there_stay_until_they_may_go(tmp_path: Path, place: Path) -> None:
    out = tmp_path / "ca"
    rows = [make_row(place, "a.wav", "train"), make_row(place, "b.wav", "test")]
    save_manifests(out, rows, [Fault("E_EMPTY", "b", source="b")], place=place)
    with pytest.raises(UsageError, match=r"train\.tsv: is there already"):
        save_manifests(out, rows[:1], place=place)
    assert (out / "test.tsv").exists()
    save_manifests(out, rows[:1], place=place, overwrite=True)
    assert sorted(path.name for path in out.iterdir()) == ["source", "train.tsv"]


def test_tables_of_somebody_else_are_never_replaced(tmp_path: Path, place: Path) -> None:
    out = tmp_path / "ca"
    out.mkdir()
    (out / "valid.csv").write_text("path,text\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"valid\.csv: a table that was not written here"):
        save_manifests(out, [make_row(place, "a.wav", "train")], place=place, overwrite=True)


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("recordings", "where the input is"),
        ("recordings/new", "inside of the input"),
        (".", "holds the input"),
    ],
)
def test_the_input_is_never_written_to(tmp_path: Path, place: Path, out: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        save_manifests(tmp_path / out, [make_row(place, "a.wav", "train")], place=place)
    assert sorted(path.name for path in place.iterdir()) == ["clips"]


def test_a_full_disk_leaves_the_old_manifests_whole(
    tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "ca"
    rows = [make_row(place, "a.wav", "train"), make_row(place, "b.wav", "dev")]
    save_manifests(out, rows, place=place)
    before = {path.name: path.read_bytes() for path in out.glob("*.tsv")}
    write = Path.write_text

    def fill_up(path: Path, *arguments: object, **options: object) -> int:
        if "dev.tsv" in path.name:
            raise OSError(28, "No space left on device")
        return write(path, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "write_text", fill_up)
    changed = [replace(row, text="bona nit") for row in rows]
    with pytest.raises(MachineError, match="the disk is full"):
        save_manifests(out, changed, place=place, overwrite=True)
    assert {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()} == before


def test_warnings_reject_no_row(tmp_path: Path, place: Path) -> None:
    row = make_row(place, "a.wav", "train")
    save_manifests(tmp_path / "ca", [row], [Fault("W_NAME", "spelled", row)], place=place)
    assert not (tmp_path / "ca" / "rejected.tsv").exists()
