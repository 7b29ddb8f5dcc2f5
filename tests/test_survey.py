"""What is found out about a recording before it is transcribed."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from deadly_survey import survey_or_die
from speech_material import make_babble, write_wav

from w2vctc.errors import DataError
from w2vctc.speech import survey
from w2vctc.speech.activity import ActivityOptions
from w2vctc.speech.remark import Remark
from w2vctc.speech.survey import Survey, SurveyOptions, Surveys, survey_recording
from w2vctc.speech.workers import Limits


def save_stereo(path: Path) -> tuple[Any, Any]:
    left, right = make_babble(duration_s=1.0), 0.3 * make_babble(duration_s=1.0, seed=2)
    soundfile.write(path, np.stack([left, right], axis=1), 16_000, subtype="FLOAT")
    return left, right


def test_a_mix_has_the_statistics_of_what_is_heard(tmp_path: Path) -> None:
    left, right = save_stereo(tmp_path / "a.wav")
    (found,) = survey_recording(tmp_path / "a.wav", SurveyOptions())
    mix = (left + right) / 2
    assert found.channel is None
    assert found.stretches is None
    assert found.duration_s == 1.0
    assert found.statistics.mean == pytest.approx(mix.mean(), abs=1e-7)
    assert found.statistics.variance == pytest.approx(mix.var(), rel=1e-4)


def test_each_channel_is_a_speaker_of_its_own(tmp_path: Path) -> None:
    waveforms = save_stereo(tmp_path / "a.wav")
    found = survey_recording(tmp_path / "a.wav", SurveyOptions("each", ActivityOptions()))
    assert [one.channel for one in found] == [0, 1]
    for one, waveform in zip(found, waveforms, strict=True):
        assert one.statistics.variance == pytest.approx(waveform.var(), rel=1e-4)
        assert one.stretches


def test_one_channel_is_asked_for_by_its_number(tmp_path: Path) -> None:
    save_stereo(tmp_path / "a.wav")
    (found,) = survey_recording(tmp_path / "a.wav", SurveyOptions(2))
    assert found.channel == 1
    for number in (0, 3):
        with pytest.raises(DataError, match=f"no channel {number}, there are 2") as caught:
            survey_recording(tmp_path / "a.wav", SurveyOptions(number))
        assert caught.value.code == "E_CHANNEL"


def test_a_mono_recording_is_one_speaker_whatever_is_asked_for(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", make_babble(duration_s=0.3))
    for channels in ("mix", "each"):
        (found,) = survey_recording(tmp_path / "a.wav", SurveyOptions(channels))
        assert found.channel == 0


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_decoder_that_dies_hangs_or_eats_memory_costs_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["a.wav", "deadly.wav", "hanging.wav", "greedy.wav", "z.wav", "gone.wav"]
    for name in names[:-1]:
        write_wav(tmp_path / name, make_babble(duration_s=0.3))
    monkeypatch.setattr(survey, "survey_in_worker", survey_or_die)
    paths = [tmp_path / name for name in names]
    with Surveys(paths, SurveyOptions(), n_jobs=1, limits=Limits(silence_s=3.0)) as surveys:
        found = [surveys.wait(number) for number in range(len(paths))]
    told = {
        path.name: one.code
        for path, one in zip(paths, found, strict=True)
        if isinstance(one, Remark)
    }
    assert told == {
        "deadly.wav": "E_DECODE",
        "hanging.wav": "E_DECODE",
        "greedy.wav": "E_DECODE",
        "gone.wav": "E_MISSING",
    }
    for number in (0, 4):
        (one,) = found[number]  # type: ignore[misc]
        assert isinstance(one, Survey)


def test_surveys_that_nobody_waits_for_are_given_up(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", make_babble(duration_s=0.3))
    with Surveys([tmp_path / "a.wav"] * 10_000, SurveyOptions(), n_jobs=1) as surveys:
        assert not isinstance(surveys.wait(0), Remark)


def test_how_much_sound_there_will_be_is_judged_by_what_is_known(tmp_path: Path) -> None:
    for name, duration_s in (("a.wav", 1.0), ("b.wav", 3.0)):
        write_wav(tmp_path / name, make_babble(duration_s=duration_s))
    paths = [tmp_path / "a.wav", tmp_path / "b.wav", tmp_path / "gone.wav"]
    surveys = Surveys(paths, SurveyOptions(), n_jobs=1)
    assert surveys.expected_s() == 0
    with surveys:
        for number in range(3):
            surveys.wait(number)
        assert surveys.expected_s() == pytest.approx(4.0)
