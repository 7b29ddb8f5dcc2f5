"""What the headers of recordings tell about rows."""

import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile
from speech_material import make_babble, write_wav

from w2vctc.corpus.checks import durations
from w2vctc.corpus.checks.durations import measure_rows, probe_files
from w2vctc.corpus.utterance import Utterance
from w2vctc.speech.audio import AudioInfo, probe_audio


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A recording of two seconds."""
    write_wav(tmp_path / "a.wav", make_babble(duration_s=2.0))
    return tmp_path / "a.wav"


def row_of(path: Path, **fields: object) -> Utterance:
    return Utterance("a", path, "x", source="train.tsv:2", **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("declared", ["2", "1.9", "2.1", "", "two"])
def test_a_declared_duration_within_a_tenth_of_a_second_is_right(clip: Path, declared: str) -> None:
    assert measure_rows([row_of(clip, extra={"duration": declared})])[0].faults == ()


@pytest.mark.parametrize("column", ["duration", "duration_s"])
def test_a_declared_duration_that_is_not_the_real_one_is_warned_of(clip: Path, column: str) -> None:
    measured = measure_rows([row_of(clip, extra={column: "3.5"})])[0]
    assert measured.utterance.duration_s == 2.0
    assert measured.error is None
    assert [(fault.code, fault.message) for fault in measured.faults] == [
        ("W_DURATION", f"train.tsv:2: {clip}: 2.00 s, where the table says 3.50 s")
    ]


def test_what_a_header_remarks_is_the_row_s_warning(clip: Path) -> None:
    renamed = clip.with_suffix(".mp3")
    shutil.copy(clip, renamed)
    measured = measure_rows([row_of(renamed)])[0]
    assert [fault.code for fault in measured.faults] == ["W_EXTENSION"]
    assert measured.faults[0].message.startswith(f"train.tsv:2: {renamed}: ")
    assert measured.faults[0].hint


def test_a_recording_of_many_pieces_is_opened_once(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []

    def probe(path: Path) -> AudioInfo:
        opened.append(path)
        return probe_audio(path)

    monkeypatch.setattr(durations, "probe_audio", probe)
    rows = [row_of(clip, start_s=i / 10, end_s=i / 10 + 0.1) for i in range(20)]
    assert all(row.error is None for row in measure_rows(rows))
    assert opened == [clip]


def test_progress_counts_files(clip: Path) -> None:
    done: list[int] = []
    measure_rows([row_of(clip), row_of(clip), row_of(clip.parent / "b.wav")], on_done=done.append)
    assert done == [1, 2]


@pytest.mark.parametrize(("waiting", "with_threads"), [(0.0, True), (1e9, False)])
def test_threads_open_the_files_of_a_disk_that_keeps_us_waiting_in_the_same_order(
    clip: Path, monkeypatch: pytest.MonkeyPatch, waiting: float, with_threads: bool
) -> None:
    monkeypatch.setattr(durations, "_WAITING", waiting)
    monkeypatch.setattr(durations, "_PROBED_AT_ONCE", 8)
    threads = []

    def probe(path: Path) -> AudioInfo:
        threads.append(threading.current_thread())
        return probe_audio(path)

    monkeypatch.setattr(durations, "probe_audio", probe)
    files = [clip, *(clip.parent / f"{number}.wav" for number in range(30)), clip]
    found = probe_files(files)
    assert [isinstance(one, AudioInfo) for one in found] == [path == clip for path in files]
    assert all(str(path) in str(one) for path, one in zip(files[1:-1], found[1:-1], strict=True))
    here = [thread is threading.main_thread() for thread in threads]
    assert here == [True] * 8 + [not with_threads] * 24


def test_only_the_piece_with_a_sample_that_is_no_number_is_refused(tmp_path: Path) -> None:
    waveform = make_babble(duration_s=2.0)
    waveform[24_000] = np.nan
    path = tmp_path / "float.wav"
    soundfile.write(path, waveform, 16_000, subtype="FLOAT")
    first, second = measure_rows([row_of(path, end_s=1.0), row_of(path, start_s=1.0)])
    assert first.error is None
    assert second.error is not None
    assert second.error.code == "E_NONFINITE"


def test_whole_numbers_saved_as_floats_are_refused_without_deep(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", make_babble(duration_s=1.0) * 32768, 16_000, "FLOAT")
    error = measure_rows([row_of(tmp_path / "a.wav")])[0].error
    assert error is not None
    assert error.code == "E_RANGE"
