"""What decode tells about recordings: what is odd about them, what is wrong, how to go on."""

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from speech_material import make_babble

from w2vctc.cli.decoding import pipeline
from w2vctc.cli.decoding.outputs import Outputs
from w2vctc.cli.decoding.talking import Talk
from w2vctc.cli.interruption import Interrupted
from w2vctc.cli.screen import SoundBar
from w2vctc.decode.hypothesis import Hypothesis
from w2vctc.decode.transcript import Passage, Transcript
from w2vctc.speech.survey import SurveyOptions, survey_recording

Run = Callable[..., tuple[int, str, str]]

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def decode(run: Run, model_folder: Path) -> Run:
    def type_command(*arguments: str) -> tuple[int, str, str]:
        return run("decode", "--model", str(model_folder), *arguments)

    return type_command


def save_clips(*names: str, sample_rate: int = 16_000) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(name, make_babble(duration_s=0.5), sample_rate)


def test_a_telephone_recording_is_decoded_with_a_warning(decode: Run) -> None:
    """Of many that are alike, the first is told and the others are counted."""
    save_clips("in/a.wav", "in/b.wav", "in/c.wav", sample_rate=8_000)
    code, out, err = decode("in")
    assert (code, out.count("\n")) == (0, 3)
    assert (
        "warning: in/a.wav: recorded at 8000 Hz: nothing above 4 kHz is in it [W_LOW_RATE]\n"
        "hint:  used as it is" in err
    )
    assert err.count("W_LOW_RATE") == 2
    assert "warning: the same of 2 more recordings [W_LOW_RATE]\n" in err


def test_a_wrong_ending_is_decoded_with_a_warning(decode: Run) -> None:
    save_clips("a.flac")
    Path("a.flac").rename("a.wav")
    code, out, err = decode("a.wav")
    assert (code, out.count("\n")) == (0, 1)
    assert "warning: a.wav: " in err
    assert "[W_EXTENSION]" in err


@pytest.mark.skipif(
    "MP3" not in soundfile.available_formats(), reason="this libsndfile writes no MP3"
)
def test_a_truncated_mp3_is_decoded_as_far_as_it_goes_with_a_warning(tmp_path: Path) -> None:
    """The header's length is held against what can be decoded."""
    path = tmp_path / "a.mp3"
    soundfile.write(path, make_babble(duration_s=20.0), 16_000)
    whole = path.read_bytes()
    assert survey_recording(path, SurveyOptions())[0].remarks == ()
    path.write_bytes(whole[: len(whole) // 2])
    (survey,) = survey_recording(path, SurveyOptions())
    (remark,) = survey.remarks
    assert remark.code == "W_LENGTH"
    assert 5 < survey.duration_s < 15
    assert f"{survey.duration_s:.2f} s can be decoded" in remark.message


@pytest.mark.parametrize(("right", "heard"), [(0.0, 1), (-0.9, 1), (2.0, None), (0.5, None)])
def test_a_silent_channel_or_opposite_phase_is_told(
    tmp_path: Path, right: float, heard: int | None
) -> None:
    left = 0.3 * make_babble(duration_s=1.0)
    path = tmp_path / "a.wav"
    soundfile.write(path, np.stack([left, right * left], axis=1), 16_000)
    (survey,) = survey_recording(path, SurveyOptions("mix"))
    assert [(one.code, f"only channel {heard} of 2 " in one.message) for one in survey.remarks] == (
        [("W_ONE_CHANNEL", True)] if heard else []
    )
    for one in survey_recording(path, SurveyOptions("each")):
        assert one.remarks == ()


def test_what_to_do_about_a_failure_is_told_once_for_each_kind(decode: Run) -> None:
    for name in ("a.wav", "b.wav"):
        Path(name).write_bytes(b"<html>")
    Path("c.wav").touch()
    code, _, err = decode("a.wav", "b.wav", "c.wav")
    assert code == 3
    lines = err.splitlines()
    kinds = [line.split(":")[0] for line in lines if line.startswith(("error", "hint"))]
    assert kinds == ["error", "hint", "error", "error", "hint"]
    assert lines[-1] == "3 of 3 recordings could not be decoded"


@pytest.mark.parametrize(
    ("n", "named"),
    [(1, "0\\u000a.wav"), (2, "0\\u000a.wav and 1 more recording")],
)
def test_recordings_without_a_word_are_named(
    capsys: pytest.CaptureFixture[str], n: int, named: str
) -> None:
    """An empty line alone could be a fault as well as silence."""
    with SoundBar("decoding") as bar:
        talk = Talk(bar)
        said = Hypothesis("casa", (), 0.0, 0.0, 0.0, None)
        talk.finish(Transcript("said.wav", 1.0, (Passage(0.0, 1.0, said),)))
        for number in range(n):
            talk.finish(Transcript(f"{number}\n.wav", 2.0, ()))
        talk.end()
    assert capsys.readouterr().err == f"no words were found in {named}\n"
    assert (talk.n_done, talk.heard_s) == (n + 1, 1.0 + 2.0 * n)


def test_a_run_that_is_broken_off_says_how_to_go_on(
    decode: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_clips("in/a.wav", "in/b.wav", "in/c.wav")
    save = Outputs.save

    def save_two(outputs: Outputs, transcript: Any) -> tuple[Path, ...]:
        if Path(transcript.file).name == "c.wav":
            signal.raise_signal(signal.SIGTERM)
        return save(outputs, transcript)

    monkeypatch.setattr(Outputs, "save", save_two)
    code, _, err = decode("in", "--out", "out")
    assert code == 130
    assert err.endswith(
        "error: interrupted\n"
        "hint:  2 of 3 recordings are in out; with --resume it goes on behind them\n"
    )


def test_json_of_a_run_that_is_broken_off_can_be_read(
    decode: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_clips("in/a.wav", "in/b.wav")
    take = pipeline._Recording.result

    def take_one(recording: Any) -> Any:
        if recording.path.name == "b.wav":
            raise Interrupted
        return take(recording)

    monkeypatch.setattr(pipeline._Recording, "result", take_one)
    code, out, _ = decode("in", "--json")
    assert code == 130
    assert [item["file"] for item in json.loads(out)] == ["in/a.wav"]
