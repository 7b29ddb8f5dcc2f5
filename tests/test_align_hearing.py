"""What is heard of recordings and their pieces, several at once, and of those that go wrong."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from deadly_survey import survey_or_die
from speech_material import make_babble, write_wav

from w2vctc.acoustic.emissions import AcousticModel, compute_emissions, load_acoustic_model
from w2vctc.acoustic.long_sound import read_chunks
from w2vctc.cli.aligning import hearing
from w2vctc.cli.aligning.hearing import Sound, hear_rows
from w2vctc.cli.decoding.pipeline import Progress
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError
from w2vctc.speech import survey

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def model(model_folder: Path) -> AcousticModel:
    return load_acoustic_model(model_folder, device="cpu")


def save_rows(folder: Path, *durations_s: float) -> list[Utterance]:
    rows = []
    for number, duration_s in enumerate(durations_s):
        path = folder / f"{number}.wav"
        write_wav(path, make_babble(duration_s=duration_s, seed=number))
        rows.append(Utterance(path.stem, path, "bon dia", source=f"list.tsv:{number + 2}"))
    return rows


def hear(model: AcousticModel, rows: list[Utterance]) -> list[Sound | DataError]:
    return [one for one in hear_rows(model, rows) if not isinstance(one, Progress)]


def sound_of(heard: Sound | DataError) -> Sound:
    assert isinstance(heard, Sound)
    return heard


def test_a_recording_is_heard_whole_or_in_the_piece_that_a_row_names(
    model: AcousticModel, tmp_path: Path
) -> None:
    (row,) = save_rows(tmp_path, 3.0)
    piece = Utterance("piece", row.audio, "bon dia", start_s=1.0, end_s=2.0)
    whole, part = map(sound_of, hear(model, [row, piece]))
    assert whole.duration_s == pytest.approx(3.0)
    assert part.duration_s == pytest.approx(1.0)
    expected = compute_emissions(model, row.load())
    assert np.allclose(whole.emissions, expected, atol=1e-4)
    assert np.allclose(part.emissions, compute_emissions(model, piece.load()), atol=1e-4)
    assert whole.sounding
    assert all(one.end_s <= 3.0 for one in whole.sounding)
    assert all(one.end_s <= 1.0 for one in part.sounding)


@pytest.mark.parametrize("pool_s", [0.1, 2.5, 600.0])
def test_rows_come_in_order_and_are_heard_together_as_if_each_were_alone(
    model: AcousticModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pool_s: float
) -> None:
    """One of them is longer than a window."""
    rows = save_rows(tmp_path, 1.0, 0.6, 33.0, 1.0, 0.8)
    monkeypatch.setattr(hearing, "_POOL_S", {"cpu": pool_s})
    together = [sound_of(one) for one in hear(model, rows)]
    assert [one.duration_s for one in together] == pytest.approx([1.0, 0.6, 33.0, 1.0, 0.8])
    for n in (0, 1, 3, 4):
        expected = compute_emissions(model, rows[n].load())
        assert together[n].emissions.shape == expected.shape
        assert np.allclose(together[n].emissions, expected, atol=1e-4)
    assert len(together[2].emissions) == len(compute_emissions(model, rows[2].load()))
    assert all(one.seconds > 0 for one in together)


def test_progress_goes_up_to_the_seconds_of_all_rows(
    model: AcousticModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = save_rows(tmp_path, 2.0, 2.0, 2.0)
    rows[1] = Utterance("piece", rows[1].audio, "bon dia", start_s=0.5, end_s=1.5)
    monkeypatch.setattr(hearing, "_POOL_S", {"cpu": 0.1})
    told = [one for one in hear_rows(model, rows) if isinstance(one, Progress)]
    done = [one.done_s for one in told]
    assert done == sorted(done)
    assert done[0] < 2.5
    assert told[-1].done_s == pytest.approx(5.0, abs=0.01)
    assert told[-1].expected_s == pytest.approx(5.0, abs=0.01)


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_decoder_that_dies_costs_its_recording_with_all_its_rows(
    model: AcousticModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = save_rows(tmp_path, 1.0, 1.0, 1.0)
    deadly = rows[1].audio.rename(tmp_path / "deadly.wav")
    rows[1:2] = [
        Utterance("a", deadly, "bon dia", end_s=0.5),
        Utterance("b", deadly, "bon dia", start_s=0.5),
    ]
    monkeypatch.setattr(survey, "survey_in_worker", survey_or_die)
    first, *dead, last = hear(model, rows)
    assert isinstance(first, Sound)
    assert isinstance(last, Sound)
    for fault in dead:
        assert isinstance(fault, DataError)
        assert fault.code == "E_DECODE"
        assert "deadly.wav: the decoder died (signal 11)" in fault.message


def test_a_recording_that_changes_meanwhile_is_told(
    model: AcousticModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = save_rows(tmp_path, 1.0, 1.0)

    def read_and_change(model: AcousticModel, found: survey.Survey) -> Iterator[Any]:
        yield from read_chunks(model, found)
        if found.path == rows[0].audio:
            write_wav(found.path, make_babble(duration_s=2.0))

    monkeypatch.setattr(hearing, "read_chunks", read_and_change)
    changed, other = hear(model, rows)
    assert isinstance(changed, DataError)
    assert changed.code == "E_CHANGED"
    assert changed.message == f"{rows[0].audio}: was changed meanwhile"
    assert isinstance(other, Sound)


def test_samples_that_are_no_numbers_cost_the_pieces_that_hold_them(
    model: AcousticModel, tmp_path: Path
) -> None:
    samples = make_babble(duration_s=2.0)
    samples[20_000] = np.nan
    path = tmp_path / "nan.wav"
    soundfile.write(path, samples, 16_000, subtype="FLOAT")
    rows = [
        Utterance("good", path, "bon dia", end_s=1.0),
        Utterance("bad", path, "bon dia", start_s=1.0, end_s=2.0),
        Utterance("whole", path, "bon dia"),
    ]
    good, bad, whole = hear(model, rows)
    assert isinstance(good, Sound)
    for fault in (bad, whole):
        assert isinstance(fault, DataError)
        assert fault.code == "E_NONFINITE"


def test_a_piece_shorter_than_the_model_hears_is_told_and_the_others_heard(
    model: AcousticModel, tmp_path: Path
) -> None:
    rows = save_rows(tmp_path, 1.0, 1.0)
    rows.insert(1, Utterance("short", rows[0].audio, "bon dia", start_s=0.5, end_s=0.51))
    first, short, last = hear(model, rows)
    assert isinstance(short, DataError)
    assert short.code == "E_TOO_SHORT"
    assert isinstance(first, Sound)
    assert isinstance(last, Sound)
