"""--resume goes on with what is of the same recordings, and with nothing else."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from speech_material import make_babble, write_wav

from w2vctc.cli.decoding.origins import Origin, note_origins, read_origins
from w2vctc.cli.decoding.outputs import Outputs
from w2vctc.cli.interruption import Interrupted

Run = Callable[..., tuple[int, str, str]]

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def decode(run: Run, model_folder: Path) -> Run:
    def type_command(*arguments: str) -> tuple[int, str, str]:
        return run("decode", "--model", str(model_folder), *arguments)

    return type_command


def save_clip(name: str, *, duration_s: float = 0.5) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    write_wav(Path(name), make_babble(duration_s=duration_s))


def said_of(path: str) -> float:
    return float(json.loads(Path(path).read_text(encoding="utf-8"))["duration_s"])


@pytest.mark.parametrize("formats", ["json", "json,srt"])
def test_another_recording_of_the_same_name_is_not_taken_for_finished(
    decode: Run, formats: str
) -> None:
    """Recorders call the first file of every day the same."""
    save_clip("monday/rec1.wav", duration_s=0.5)
    save_clip("tuesday/rec1.wav", duration_s=0.8)
    assert decode("monday/rec1.wav", "--out", "out", "--format", "json")[0] == 0
    code, _, err = decode("tuesday/rec1.wav", "--out", "out", "--format", formats, "--resume")
    assert code == 2
    n_bytes = Path("monday/rec1.wav").stat().st_size
    assert (
        "error: out/rec1.* was made of another recording than tuesday/rec1.wav:"
        f" of rec1.wav, {n_bytes} bytes [E_SAME_OUTPUT]\nhint:  write into another folder" in err
    )
    assert said_of("out/rec1.json") == 0.5


def test_folders_may_be_moved_before_going_on(decode: Run) -> None:
    save_clip("in/a.wav")
    save_clip("in/b.wav")
    assert decode("in/a.wav", "--out", "out")[0] == 0
    Path("in").rename("moved")
    Path("out").rename("texts")
    code, _, err = decode("moved", "--out", "texts", "--resume")
    assert code == 0
    assert "1 recording had been decoded before" in err
    assert Path("texts/b.txt").is_file()


def test_what_an_interrupted_overwrite_left_is_made_anew(
    decode: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_clip("in/a.wav", duration_s=0.5)
    save_clip("in/b.wav", duration_s=0.5)
    assert decode("in", "--out", "out", "--format", "json")[0] == 0
    save_clip("in/a.wav", duration_s=0.9)
    save_clip("in/b.wav", duration_s=0.9)
    save = Outputs.save

    def save_once(outputs: Outputs, transcript: object) -> tuple[Path, ...]:
        monkeypatch.setattr(Outputs, "save", refuse)
        return save(outputs, transcript)  # type: ignore[arg-type]

    def refuse(*_: object) -> None:
        raise Interrupted

    monkeypatch.setattr(Outputs, "save", save_once)
    assert decode("in", "--out", "out", "--format", "json", "--overwrite")[0] == 130
    monkeypatch.setattr(Outputs, "save", save)
    assert [said_of(f"out/{name}.json") for name in "ab"] == [0.9, 0.5]
    corrected = json.dumps({"duration_s": 7})
    Path("out/a.json").write_text(corrected, encoding="utf-8")
    assert decode("in", "--out", "out", "--format", "json", "--resume")[0] == 0
    assert [said_of(f"out/{name}.json") for name in "ab"] == [7, 0.9]


def test_a_recording_of_an_earlier_run_keeps_its_own_settings(decode: Run) -> None:
    """The folder's last run tells nothing of the run before it."""
    save_clip("in/a.wav")
    save_clip("in/b.wav")
    assert decode("in/a.wav", "--out", "out", "--beam-width", "5")[0] == 0
    assert decode("in/b.wav", "--out", "out", "--beam-width", "7")[0] == 0
    code, _, err = decode("in", "--out", "out", "--beam-width", "7", "--resume")
    assert code == 2
    assert "error: out/a.* was made in another way [E_CHANGED]" in err


def test_what_is_noted_comes_back() -> None:
    origins = {"deep/a\udcff": Origin("a\udcff.wav", 7, "0f", 9)}
    assert read_origins(json.loads(json.dumps(note_origins(origins)))) == origins
    others: list[Any] = [None, [], {"a": 1}, {"a": {"odd": 1}}]
    for other in others:
        assert read_origins(other) == {}
