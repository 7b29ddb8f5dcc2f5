"""`w2vctc prepare` from end to end: what it writes, says and refuses, and what it leaves alone."""

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile
from speech_material import make_babble, write_wav

from w2vctc.corpus.corpus import read_corpus
from w2vctc.errors import INTERRUPTED, DataError, MachineError, UsageError

EXAMPLE = Path(__file__).parent.parent / "examples" / "ca-numbers"
WORDS = (
    "lluna",
    "sol",
    "vall",
    "riu",
    "mar",
    "neu",
    "vent",
    "boira",
    "foc",
    "terra",
    "cel",
    "pluja",
)
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """A table of twelve good rows and three bad ones, each a WAV of a second."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    lines = ["path\ttext\tspeaker\tage"]
    for number, word in enumerate(WORDS):
        write_wav(folder / f"{number}.wav", make_babble(duration_s=1.0, seed=number))
        lines.append(f"{number}.wav\tLa {word},  la «{word}»!\t{'AB'[number % 2]}\t{30 + number}")
    (folder / "empty.wav").touch()
    write_wav(folder / "blank.wav", make_babble(duration_s=1.0, seed=50))
    lines += ["empty.wav\tres\tA\t", "gone.wav\tres\tA\t", "blank.wav\t...\tA\t"]
    (folder / "all.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def hash_tree(folder: Path) -> dict[str, str]:
    """The content and time of change of everything below a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        + str(path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def read_outputs(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


def test_the_screen_says_what_was_read_kept_and_made(run: Run, recordings: Path) -> None:
    before = hash_tree(recordings)
    code, out, err = run("prepare", "recordings", "--out", "data/ca", "--jobs", "1")
    assert code == 0
    assert [line.split() for line in out.splitlines() if line.strip(" ─")] == [
        ["split", "rows", "minutes", "speakers"],
        ["train", "10", "0.2", "2"],
        ["dev", "1", "0.0", "1"],
        ["test", "1", "0.0", "1"],
    ]
    assert re.sub(r"in \d+:\d\d", "in M:SS", err) == (
        "divided into train, dev and test (a tenth each for dev and test, at most 60 min);"
        " no sentence is shared, 2 of 2 speakers are\n"
        "kept 12 of 15 rows, 12 seconds of 13 seconds; 3 left out: E_EMPTY 1, E_MISSING 1,"
        " E_EMPTY_TEXT 1 (rejected.tsv says why)\n"
        "made data/ca in M:SS\n"
        "next: w2vctc build-vocab --lang ca\n"
    )
    assert hash_tree(recordings) == before


def test_what_is_written_is_what_the_other_verbs_read(
    run: Run, recordings: Path, tmp_path: Path
) -> None:
    assert run("prepare", "recordings", "--out", "data/ca")[0] == 0
    out = tmp_path / "data" / "ca"
    assert sorted(path.name for path in out.iterdir()) == [
        *("dev.tsv", "prepare.json", "rejected.tsv", "source", "test.tsv", "train.tsv")
    ]
    corpus = read_corpus(out)
    assert corpus.splits == ("train", "dev", "test")
    assert not corpus.faults
    row = next(row for row in corpus.utterances if row.id == "3.wav")
    assert row.text == "La riu,  la «riu»!"  # as it was written
    assert row.extra == {"duration_s": "1.000", "age": "33"}
    assert row.audio.resolve() == recordings / "3.wav"
    rejected = (out / "rejected.tsv").read_text(encoding="utf-8").splitlines()
    assert [line.split("\t")[2] for line in rejected[1:]] == [
        *("E_EMPTY", "E_MISSING", "E_EMPTY_TEXT")
    ]
    assert run("build-vocab", "--lang", "ca")[0] == 0
    assert run("check", "--lang", "ca")[0] == 0


def test_facts_as_json_are_those_of_the_record(run: Run, recordings: Path, tmp_path: Path) -> None:
    del recordings
    code, out, _ = run(
        *("prepare", "recordings", "--out", "qu", "--json", "--dev-minutes", "0.05", "--seed", "3")
    )
    assert code == 0
    facts = json.loads(out)
    assert facts == json.loads((tmp_path / "qu" / "prepare.json").read_text(encoding="utf-8"))
    assert facts["input"] == "recordings"
    assert facts["format"] == "table"
    assert facts["options"]["dev_minutes"] == 0.05
    assert (facts["rows_read"], facts["rows_kept"]) == (15, 12)
    assert facts["left_out"] == {"E_EMPTY": 1, "E_MISSING": 1, "E_EMPTY_TEXT": 1}
    assert facts["splits"]["dev"] == {"rows": 3, "hours": 0.0008, "speakers": 2}
    assert str(tmp_path) not in out


@pytest.mark.parametrize(("audio", "subtype"), [("flac", "PCM_16"), ("opus", "OPUS")])
def test_converted_data_stands_by_itself(
    run: Run, recordings: Path, tmp_path: Path, audio: str, subtype: str
) -> None:
    assert run("prepare", "recordings", "--out", "data/ca", "--audio", audio)[0] == 0
    shutil.rmtree(recordings)
    (tmp_path / "data" / "ca").rename(tmp_path / "moved")
    corpus = read_corpus(tmp_path / "moved")
    assert not corpus.faults
    assert len(corpus.utterances) == 12
    assert {soundfile.info(row.audio).subtype for row in corpus.utterances} == {subtype}
    assert not (tmp_path / "moved" / "source").exists()


def test_one_process_or_two_write_the_same_bytes(
    run: Run, recordings: Path, tmp_path: Path
) -> None:
    del recordings
    for n_jobs in ("1", "2"):
        arguments = ("--out", f"out{n_jobs}", "--audio", "flac", "--jobs", n_jobs)
        assert run("prepare", "recordings", *arguments)[0] == 0
    assert read_outputs(tmp_path / "out1") == read_outputs(tmp_path / "out2")


def test_a_kill_in_the_middle_leaves_no_manifest_and_the_next_run_goes_on(
    run: Run, recordings: Path, tmp_path: Path
) -> None:
    del recordings
    arguments = ["prepare", "recordings", "--audio", "flac", "--jobs", "1", "--out"]
    child = subprocess.Popen(
        [sys.executable, "-m", "w2vctc", *arguments, "data/ca"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    audio = tmp_path / "data" / "ca" / "audio"
    while child.poll() is None and not list(audio.glob("*/[!.]*.flac")):
        os.sched_yield()
    child.send_signal(signal.SIGKILL)
    child.wait()
    finished = {path: path.stat().st_ino for path in audio.glob("*/[!.]*.flac")}
    assert finished
    if len(finished) < len(WORDS):
        assert not (tmp_path / "data" / "ca" / "train.tsv").exists()
    code, _, err = run(*arguments, "data/ca", "--overwrite")
    assert code == 0
    assert "more were there already" in err
    assert all(path.stat().st_ino == inode for path, inode in finished.items())
    assert not list(audio.glob("*/.*"))
    assert run(*arguments, "fresh")[0] == 0
    assert read_outputs(tmp_path / "fresh") == read_outputs(tmp_path / "data" / "ca")


def test_ctrl_c_amid_the_conversion_leaves_what_is_finished_and_nothing_else(
    run: Run, recordings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del recordings
    from w2vctc.cli import prepare_data

    def interrupt(*_: object, on_done: Callable[[int], None], **options: object) -> None:
        del on_done, options
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(prepare_data, "convert_rows", interrupt)
    code, _, err = run("prepare", "recordings", "--out", "ca", "--audio", "flac")
    assert code == INTERRUPTED
    assert err == "error: interrupted\n"
    assert not (tmp_path / "ca").exists()


def test_the_bundled_example_keeps_its_own_splits(run: Run) -> None:
    before = hash_tree(EXAMPLE)
    code, out, err = run("prepare", str(EXAMPLE), "--out", "data/ca", "--json")
    assert code == 0
    assert json.loads(out)["left_out"] == {}
    assert "kept the data's own splits train, dev, test\n" in err
    assert "kept 1,060 of 1,060 rows" in err
    assert hash_tree(EXAMPLE) == before


def test_the_bundled_example_can_be_divided_by_speaker(run: Run, tmp_path: Path) -> None:
    arguments = ("--out", "data/ca", "--resplit", "--split-by", "speaker", "--json")
    code, out, err = run("prepare", str(EXAMPLE), *arguments)
    assert code == 0
    assert "no sentence and no speaker is shared" in err
    speakers: dict[str, str] = {}
    for row in read_corpus(tmp_path / "data" / "ca").utterances:
        assert speakers.setdefault(row.speaker, row.split) == row.split
    assert json.loads(out)["splits"]["dev"]["rows"] > 0


def test_pieces_of_one_recording_are_kept_by_their_times_or_cut(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "tape"
    folder.mkdir()
    write_wav(folder / "tape.wav", make_babble(duration_s=24.0))
    lines = [f"tape.wav\t{2 * n}\t{2 * n + 1.5}\tla {word}" for n, word in enumerate(WORDS)]
    (folder / "all.tsv").write_text(
        "\n".join(["path\tstart\tend\ttext", *lines]) + "\n", encoding="utf-8"
    )
    assert run("prepare", "tape", "--out", "kept")[0] == 0
    assert run("prepare", "tape", "--out", "cut", "--audio", "flac")[0] == 0
    kept, cut = read_corpus(tmp_path / "kept"), read_corpus(tmp_path / "cut")
    assert {row.end_s is None for row in kept.utterances} == {False}
    assert {(row.start_s, row.end_s) for row in cut.utterances} == {(0.0, None)}
    for one, other in zip(kept.utterances, cut.utterances, strict=True):
        assert (one.id, one.text, one.split) == (other.id, other.text, other.split)
        assert (one.load() == other.load()).all()


def test_names_that_no_table_can_hold_are_left_out_or_given_files_of_their_own(
    run: Run, tmp_path: Path
) -> None:
    folder = tmp_path / "phone"
    folder.mkdir()
    names = (b"caf\xe9", b"new\nline", b"-rf", b" sp ", b"~x", b"it's")
    for number, name in enumerate(map(os.fsdecode, names)):
        write_wav(folder / f"{name}.wav", make_babble(duration_s=1.0, seed=number))
        (folder / f"{name}.txt").write_text(f"la {WORDS[number]}", encoding="utf-8")
    code, out, err = run("prepare", "phone", "--out", "kept", "--json")
    assert code == 0
    assert "kept 4 of 6 rows" in err
    assert json.loads(out)["left_out"] == {"E_NAME": 2}
    assert json.loads(out)["splits"].keys() == {"train", "dev", "test"}
    assert "cannot be written into a table" in (tmp_path / "kept" / "rejected.tsv").read_text(
        encoding="utf-8"
    )
    code, _, err = run("prepare", "phone", "--out", "made", "--audio", "flac", "--jobs", "1")
    assert code == 0
    assert "kept 6 of 6 rows" in err
    for folder_name, n_rows in (("kept", 4), ("made", 6)):
        corpus = read_corpus(tmp_path / folder_name)
        assert not corpus.faults
        assert len(corpus.utterances) == n_rows
        assert all(row.audio.is_file() for row in corpus.utterances)


def test_sound_in_the_cache_is_linked_and_that_it_may_go_is_said(
    run: Run, recordings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("W2VCTC_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cache" / "audio").mkdir(parents=True)
    lines = ["path\ttext"]
    for number in range(3):
        path = tmp_path / "cache" / "audio" / f"{number}.wav"
        (recordings / f"{number}.wav").rename(path)
        lines.append(f"{path}\tla {WORDS[number]}")
    (recordings / "all.tsv").write_text("\n".join(lines), encoding="utf-8")
    code, _, err = run("prepare", "recordings", "--out", "ca")
    assert code == 0
    assert "--audio flac makes files that stay when the cache is emptied" in err
    assert (tmp_path / "ca" / "source").resolve() == tmp_path / "cache" / "audio"
    assert len(read_corpus(tmp_path / "ca").utterances) == 3


def test_a_table_in_the_working_folder_may_have_its_manifests_below_it(
    run: Run, recordings: Path, tmp_path: Path
) -> None:
    rows = (recordings / "all.tsv").read_text(encoding="utf-8").splitlines()[1:]
    table = ["path\ttext\tspeaker\tage", *(f"recordings/{row}" for row in rows)]
    (tmp_path / "all.tsv").write_text("\n".join(table), encoding="utf-8")
    code, _, err = run("prepare", "all.tsv", "--out", "data/ca")
    assert code == 0
    assert "kept 12 of 15 rows" in err
    assert (tmp_path / "data" / "ca" / "source").resolve() == recordings
    assert not read_corpus(tmp_path / "data" / "ca").errors


def test_a_language_elsewhere_is_named_in_the_next_command(run: Run, recordings: Path) -> None:
    del recordings
    _, _, err = run("prepare", "recordings", "--out", "my data", "--lang", "ca")
    assert "next: w2vctc build-vocab --lang ca --data 'my data'" in err
    _, _, err = run("prepare", "recordings", "--out", "unnamed")
    assert "next: w2vctc build-vocab --data unnamed" in err


def test_manifests_are_replaced_only_when_that_is_asked_for(
    run: Run, recordings: Path, tmp_path: Path
) -> None:
    del recordings
    assert run("prepare", "recordings", "--out", "ca")[0] == 0
    before = read_outputs(tmp_path / "ca")
    code, _, err = run("prepare", "recordings", "--out", "ca", "--seed", "1")
    assert code == UsageError.exit_code
    assert "--overwrite" in err
    assert read_outputs(tmp_path / "ca") == before
    assert run("prepare", "recordings", "--out", "ca", "--seed", "1", "--overwrite")[0] == 0
    assert read_outputs(tmp_path / "ca") != before


@pytest.mark.parametrize("out", ["recordings", "recordings/clean", "."])
def test_the_input_is_no_place_to_write_to(run: Run, recordings: Path, out: str) -> None:
    before = hash_tree(recordings.parent)
    code, _, err = run("prepare", "recordings", "--out", out)
    assert code == UsageError.exit_code
    assert "input" in err
    assert hash_tree(recordings.parent) == before


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (("--audio", "flaq"), "did you mean 'flac'"),
        (("--split-by", "speakers"), "did you mean 'speaker'"),
        (("--max-duration", "0"), "must be above 0"),
        (("--format", "tabel"), "did you mean 'table'"),
    ],
)
def test_a_flag_with_a_wrong_value_is_refused_before_anything_is_made(
    run: Run, recordings: Path, tmp_path: Path, flags: tuple[str, str], told: str
) -> None:
    del recordings
    code, _, err = run("prepare", "recordings", "--out", "ca", *flags)
    assert code == UsageError.exit_code
    assert told in err
    assert not (tmp_path / "ca").exists()


def test_data_without_one_usable_row_is_refused_with_its_reasons(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "all.tsv").write_text("path\ttext\ngone.wav\tbon dia\n", encoding="utf-8")
    code, _, err = run("prepare", "bad", "--out", "ca")
    assert code == DataError.exit_code
    assert "1 of 1 row cannot be used (E_MISSING 1)" in err
    assert not (tmp_path / "ca").exists()


def test_speakers_that_nobody_named_cannot_be_demanded_apart(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "tape"
    folder.mkdir()
    write_wav(folder / "a.wav", make_babble(duration_s=2.0))
    (folder / "all.tsv").write_text("path\ttext\na.wav\tbon dia\n", encoding="utf-8")
    code, _, err = run("prepare", "tape", "--out", "ca", "--split-by", "speaker")
    assert code == DataError.exit_code
    assert "no row names a speaker" in err
    assert "[E_SPLIT]" in err


def test_a_folder_nobody_may_write_to_is_refused_before_any_work(
    run: Run, recordings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    (recordings / "all.tsv").write_text("", encoding="utf-8")  # what reading would complain about
    if os.access(tmp_path / "locked", os.W_OK):  # root may write everywhere
        monkeypatch.setattr(os, "access", lambda _path, mode: not mode & os.W_OK)
    code, _, err = run("prepare", "recordings", "--out", "locked/ca")
    assert code == MachineError.exit_code
    assert "locked: no permission to write [E_PERM]" in err


def test_a_file_where_the_folder_should_be_is_refused(
    run: Run, recordings: Path, tmp_path: Path
) -> None:
    del recordings
    (tmp_path / "ca").touch()
    code, _, err = run("prepare", "recordings", "--out", "ca/clean")
    assert code == MachineError.exit_code
    assert "[E_NOT_FOLDER]" in err
