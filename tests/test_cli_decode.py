"""Many recordings, and long ones, at the command line: files, speakers, broken-off runs."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from deadly_survey import survey_or_die
from speech_material import make_babble, write_wav

from w2vctc.acoustic import long_sound
from w2vctc.cli.decoding import pipeline
from w2vctc.speech import survey

Run = Callable[..., tuple[int, str, str]]

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def decode(run: Run, model_folder: Path) -> Callable[..., tuple[int, str, str]]:
    def type_command(*arguments: str) -> tuple[int, str, str]:
        return run("decode", "--model", str(model_folder), *arguments)

    return type_command


def save_clips(folder: Path, n: int, *, duration_s: float = 0.4) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{number:03}.wav" for number in range(n)]
    for number, path in enumerate(paths):
        write_wav(path, make_babble(duration_s=duration_s + 0.01 * (number % 7), seed=number))
    return paths


def save_speakers(path: Path, *, pause_s: float = 1.5) -> None:
    """First the left channel speaks, then, after a pause, the right one."""
    left, right = make_babble(duration_s=1.0), make_babble(duration_s=1.2, seed=5)
    pause = np.zeros(round(pause_s * 16_000), dtype=np.float32)
    first = np.concatenate([left, pause, 0 * right])
    second = np.concatenate([0 * left, pause, right])
    soundfile.write(path, np.stack([first, second], axis=1), 16_000)


# Files


def test_each_recording_has_its_files(decode: Run) -> None:
    save_clips(Path("in/deep"), 2)
    save_clips(Path("in"), 1)
    code, out, err = decode("in", "--out", "out", "--format", "srt,json")
    assert (code, out) == (0, "")
    files = sorted(str(path) for path in Path("out").rglob("*") if path.is_file())
    assert files == [
        "out/.decode.json",
        *("out/000.json", "out/000.srt"),
        *("out/deep/000.json", "out/deep/000.srt", "out/deep/001.json", "out/deep/001.srt"),
    ]
    assert "wrote 3 recordings" in err
    said = json.loads(Path("out/deep/001.json").read_text(encoding="utf-8"))
    assert said["file"] == "in/deep/001.wav"
    _, text, _ = decode("in/deep/001.wav")
    assert said["text"] == text.strip()
    assert all(0 <= word["confidence"] <= 1 for word in said["words"])


def test_a_format_of_one_recording_goes_to_stdout(decode: Run) -> None:
    save_clips(Path("in"), 2)
    code, out, _ = decode("in/000.wav", "--format", "vtt")
    assert code == 0
    assert out.startswith("WEBVTT\n")
    for wrong in (["in", "--format", "vtt"], ["in/000.wav", "--format", "vtt,srt"]):
        code, out, err = decode(*wrong)
        assert (code, out) == (2, "")
        assert "stdout holds one file only\nhint:  name a folder with --out" in err


def test_subtitles_are_as_the_working_folder_wants_them(decode: Run) -> None:
    save_clips(Path("in"), 1, duration_s=20.0)
    Path("w2vctc.toml").write_text("[subtitles]\nline_width = 20\nn_lines = 1\n", encoding="utf-8")
    code, out, _ = decode("in/000.wav", "--format", "srt")
    assert code == 0
    cues = [cue.split("\n")[2:] for cue in out.strip().split("\n\n")]
    assert len(cues) > 2
    assert {len(lines) for lines in cues} == {1}
    assert all(len(line) <= 20 or " " not in line for (line,) in cues)
    Path("w2vctc.toml").write_text("[subtitles]\nwidth = 20\n", encoding="utf-8")
    code, _, err = decode("in/000.wav", "--format", "srt")
    assert code == 2
    assert "line_width" in err


def test_files_that_are_there_are_never_written_over_unasked(decode: Run) -> None:
    """An ELAN file may have been corrected since."""
    save_clips(Path("in"), 3)
    assert decode("in", "--out", "out", "--format", "eaf")[0] == 0
    corrected = Path("out/001.eaf")
    corrected.write_text("corrected", encoding="utf-8")
    code, _, err = decode("in", "--out", "out", "--format", "eaf")
    assert code == 2
    assert "out/000.eaf and 2 more files are there already [E_EXISTS]" in err
    assert "--resume leaves what is there as it is, --overwrite makes it anew" in err
    Path("out/002.eaf").unlink()
    code, _, err = decode("in", "--out", "out", "--format", "eaf,txt", "--resume")
    assert code == 0
    assert corrected.read_text(encoding="utf-8") == "corrected"
    assert len(list(Path("out").glob("*.txt"))) == 3
    assert Path("out/002.eaf").is_file()
    code, _, err = decode("in", "--out", "out", "--format", "eaf,txt", "--resume")
    assert code == 0
    assert err.endswith("3 recordings had been decoded before: nothing to do\n")
    assert "model " not in err.splitlines()[0]  # nor was it loaded
    assert decode("in", "--out", "out", "--format", "eaf", "--overwrite")[0] == 0
    assert corrected.read_text(encoding="utf-8").startswith("<?xml")


def test_what_was_decoded_in_another_way_is_not_mixed_with(decode: Run) -> None:
    save_clips(Path("in"), 2)
    assert decode("in", "--out", "out")[0] == 0
    Path("out/001.txt").unlink()
    code, _, err = decode("in", "--out", "out", "--resume", "--beam-width", "7")
    assert code == 2
    assert "search: best path then, beam now [E_CHANGED]" in err
    Path("out/.decode.json").unlink()
    code, _, err = decode("in", "--out", "out", "--resume")
    assert code == 2
    assert "out holds files of which nobody knows how they were made [E_CHANGED]" in err


def test_two_recordings_of_one_name_are_refused_before_any_work(decode: Run) -> None:
    clip = save_clips(Path("in"), 1)[0]
    clip.with_suffix(".WAV").write_bytes(clip.read_bytes())
    code, _, err = decode("in", "--out", "out")
    assert code == 2
    assert "E_SAME_OUTPUT" in err
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (["--resume"], "--resume without --out"),
        (["--out", "o", "--resume", "--overwrite"], "--resume with --overwrite"),
        (["--format", "docx"], "no format 'docx'"),
        (["--channels", "left"], "--channels left: no such choice"),
        (["--channels", "0"], "--channels 0: no such choice"),
        (["--speakers", "Ana,Pere"], "--speakers names the channels: they are mixed here"),
        (["--channels", "each", "--speakers", "Ana,Ana"], "each needs a name of its own"),
        (["--raw-rate", "8000"], "tell of stdin only"),
        (["-"], "- beside recordings"),
    ],
)
def test_flags_that_cannot_be(decode: Run, wrong: list[str], message: str) -> None:
    save_clips(Path("in"), 1)
    code, out, err = decode("in/000.wav", *wrong)
    assert (code, out) == (2, "")
    assert message in err
    assert "hint:" in err


# Speakers


def test_each_channel_is_a_speakers(decode: Run) -> None:
    save_speakers(Path("two.wav"))
    code, out, _ = decode("two.wav", "--channels", "each", "--speakers", "Ana", "--json")
    assert code == 0
    (said,) = json.loads(out)
    assert {passage["speaker"] for passage in said["passages"]} <= {"Ana", "channel 2"}
    starts = [passage["start_s"] for passage in said["passages"]]
    assert starts == sorted(starts)
    for number in ("1", "2"):
        _, alone, _ = decode("two.wav", "--channels", number, "--json")
        name = {"1": "Ana", "2": "channel 2"}[number]
        words = [word["text"] for word in said["words"] if word["speaker"] == name]
        assert words == [word["text"] for word in json.loads(alone)[0]["words"]]
    code, _, err = decode("two.wav", "--channels", "3")
    assert code == 3
    assert "two.wav: no channel 3, there are 2 [E_CHANNEL]" in err


def test_other_readings_are_in_the_json(decode: Run) -> None:
    save_clips(Path("in"), 1, duration_s=1.0)
    _, out, _ = decode("in/000.wav", "--nbest", "4", "--beam-width", "20", "--json")
    passages = json.loads(out)[0]["passages"]
    assert passages
    for passage in passages:
        texts = [passage["text"], *(one["text"] for one in passage["alternatives"])]
        assert len(set(texts)) == len(texts) == 4
        scores = [one["score"] for one in passage["alternatives"]]
        assert scores == sorted(scores, reverse=True)


# Recordings that go wrong


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_decoder_that_dies_costs_its_file(decode: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    save_clips(Path("in"), 3)
    Path("in/001.wav").rename("in/deadly.wav")
    monkeypatch.setattr(survey, "survey_in_worker", survey_or_die)
    code, out, err = decode("in", "--jobs", "1")
    assert code == 3
    assert [line.split("\t")[0] for line in out.splitlines()] == ["in/000.wav", "in/002.wav"]
    assert "error: in/deadly.wav: the decoder died (signal 11) [E_DECODE]" in err
    assert "1 of 3 recordings could not be decoded" in err


def test_a_recording_that_changes_meanwhile_is_told(
    decode: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_clips(Path("in"), 2)
    read = long_sound.read_chunks

    def read_and_change(model: Any, found: survey.Survey) -> Iterator[Any]:
        yield from read(model, found)
        if found.path.name == "000.wav":
            write_wav(found.path, make_babble(duration_s=2.0))

    monkeypatch.setattr(pipeline, "read_chunks", read_and_change)
    code, _, err = decode("in", "--out", "out")
    assert code == 3
    assert "error: in/000.wav: was changed meanwhile [E_CHANGED]" in err
    assert not Path("out/000.txt").exists()
    assert Path("out/001.txt").exists()


def test_a_search_that_fails_ends_the_run(decode: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from w2vctc.cli.decoding import searching

    def fail(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError

    save_clips(Path("in"), 40)
    monkeypatch.setattr(searching, "decode_greedy", fail)
    code, _, err = decode("in", "--out", "out")
    assert code == 1
    assert "ZeroDivisionError" in err
    assert not list(Path("out").glob("*.txt"))


# Broken off


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_run_that_was_killed_goes_on_where_it_was(
    tmp_path: Path, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    clips = save_clips(Path("in"), 200, duration_s=2.0)
    command = [sys.executable, "-m", "w2vctc", "decode", "in", "--model", str(model_folder)]
    command += ["--out", "out", "--format", "txt,eaf"]
    child = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    wait_for(lambda: len(list(Path("out").glob("[0-9]*.eaf"))) >= 20, child)
    child.send_signal(signal.SIGKILL)
    child.wait()
    before = {path: stamp(path) for path in Path("out").glob("[0-9]*")}
    assert 20 <= len([path for path in before if path.suffix == ".eaf"]) < 200
    for path in before:  # whole, however it ended
        assert path.suffix == ".txt" or path.read_text(encoding="utf-8").endswith(
            "</ANNOTATION_DOCUMENT>\n"
        )
    done = subprocess.run([*command, "--resume"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in Path("out").iterdir()) == sorted(
        [".decode.json", *(clip.with_suffix(s).name for clip in clips for s in (".txt", ".eaf"))]
    )
    assert {path: stamp(path) for path in before} == before  # none was done twice


def wait_for(is_there: Callable[[], bool], child: "subprocess.Popen[bytes]") -> None:
    while not is_there():
        assert child.poll() is None, "ended too early"
        time.sleep(0.01)


def stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_ino, status.st_mtime_ns


# Long recordings


def test_a_long_recording_says_what_its_windows_say(
    decode: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Words of a recording beyond one window are timed from its start."""
    sound = np.tile(make_babble(duration_s=5.0), 14)
    write_wav(Path("long.wav"), sound)
    _, out, _ = decode("long.wav", "--no-vad", "--json")
    (said,) = json.loads(out)
    starts = [word["start_s"] for word in said["words"]]
    assert starts == sorted(starts)
    assert max(starts) > 60
    assert said["duration_s"] == pytest.approx(70.0)
    monkeypatch.setattr(pipeline, "_POOL_S", {"cpu": 5.0})
    _, again, _ = decode("long.wav", "--no-vad", "--json")
    assert json.loads(again)[0]["words"] == said["words"]
