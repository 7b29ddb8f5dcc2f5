"""`w2vctc decode -`: what is said into a pipe, as text."""

import io
import itertools
import json
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from live_material import make_header, split, to_pcm16
from speech_material import make_babble

from w2vctc.acoustic.emissions import AcousticModel, load_acoustic_model
from w2vctc.acoustic.live_sound import LiveChunking
from w2vctc.cli.interruption import Interrupted
from w2vctc.cli.live import (
    Pace,
    decode_live,
    hear_live,
    open_live_input,
    raw_format,
)
from w2vctc.decode.live import Final, Partial
from w2vctc.errors import DataError, UsageError
from w2vctc.speech.live import LiveSound
from w2vctc.speech.live_header import LiveFormat

pytestmark = pytest.mark.usefixtures("one_thread")

CHUNKS = LiveChunking(hop_s=0.5, context_s=1.0, ahead_s=0.2)
_QUIET = np.zeros(16_000, np.float32)
SPEECH = np.concatenate([make_babble(duration_s=1.3), _QUIET, make_babble(duration_s=0.9, seed=3)])
STREAM = make_header() + to_pcm16(SPEECH)


class Source:
    """A pipe whose reads are given; at the one numbered `signal_at` somebody types Ctrl-C."""

    def __init__(self, reads: list[bytes], *, signal_at: int | None = None) -> None:
        self.first_at_s = 0.0
        self._left = iter(reads)
        self._numbers = itertools.count()
        self._signal_at = signal_at
        self._stopped = False
        self.n_waiting = 0

    def take(self) -> bytes:
        if next(self._numbers) == self._signal_at:
            signal.raise_signal(signal.SIGINT)
        return b"" if self._stopped else next(self._left, b"")

    def stop(self) -> None:
        self._stopped = True


@pytest.fixture(scope="module")
def model(model_folder: Path) -> AcousticModel:
    return load_acoustic_model(model_folder, device="cpu")


def listen(
    model: AcousticModel, data: bytes, sizes: list[int], clock: Callable[[], float] = lambda: 0.0
) -> list[Any]:
    source = Source(split(data, sizes))
    sound = LiveSound(source.take)
    return list(hear_live(model, None, sound, source, chunking=CHUNKS, clock=clock))


def finals(events: list[Any]) -> list[Final]:
    return [event for event in events if isinstance(event, Final)]


def type_live(model: AcousticModel, source: Source, **given: Any) -> None:
    decode_live(model, None, source, chunking=CHUNKS, clock=lambda: 0.0, **given)  # type: ignore[arg-type]


@settings(max_examples=12, deadline=None)
@given(sizes=st.lists(st.integers(300, 60_000), min_size=1, max_size=5))
def test_how_the_bytes_come_changes_nothing_that_is_final(
    model: AcousticModel, sizes: list[int]
) -> None:
    found = finals(listen(model, STREAM, sizes))
    assert found and found == finals(listen(model, STREAM, [len(STREAM)]))


def test_text_comes_before_the_sound_ends(model: AcousticModel) -> None:
    def endless() -> Iterator[bytes]:
        yield make_header()
        while True:
            yield to_pcm16(SPEECH)

    source = Source([])
    source._left = endless()
    sound = LiveSound(source.take)
    events = hear_live(model, None, sound, source, chunking=CHUNKS, clock=lambda: 0.0)
    first = [next(events) for _ in range(8)]
    assert any(isinstance(event, Partial) for event in first)


def test_a_pipe_gets_finals_only(model: AcousticModel, capsys: pytest.CaptureFixture[str]) -> None:
    type_live(model, Source(split(STREAM, [9_999])))
    found = finals(listen(model, STREAM, [9_999]))
    assert capsys.readouterr().out == "".join(final.text + "\n" for final in found)


def test_json_lines_hold_partials_too(
    model: AcousticModel, capsys: pytest.CaptureFixture[str]
) -> None:
    type_live(model, Source(split(STREAM, [9_999])), as_json=True)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["type"] for line in lines} == {"partial", "final"}
    final = next(line for line in lines if line["type"] == "final")
    assert " ".join(word["text"] for word in final["words"]) == final["text"]
    assert final["start_s"] == final["words"][0]["start_s"] < final["end_s"]


def test_ctrl_c_ends_with_all_that_was_heard_as_final(
    model: AcousticModel, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Interrupted):
        type_live(model, Source(split(STREAM, [32_000]), signal_at=2))
    heard = finals(listen(model, STREAM[:64_000], [32_000]))
    assert heard and capsys.readouterr().out == "".join(final.text + "\n" for final in heard)


def test_a_second_ctrl_c_ends_at_once(
    model: AcousticModel, capsys: pytest.CaptureFixture[str]
) -> None:
    source = Source(split(STREAM, [32_000]), signal_at=0)
    source.stop = lambda: signal.raise_signal(signal.SIGINT)  # type: ignore[method-assign]
    with pytest.raises(Interrupted):
        type_live(model, source)
    assert capsys.readouterr().out == ""


def test_the_handlers_of_signals_are_as_they_were(model: AcousticModel) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    type_live(model, Source(split(STREAM, [32_000])))
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_what_came_before_a_fault_is_final(
    model: AcousticModel, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = make_header(n_bytes=200_000) + to_pcm16(SPEECH)
    with pytest.raises(DataError, match="cut off") as caught:
        type_live(model, Source(split(whole, [32_000])))
    assert caught.value.code == "E_TRUNCATED"
    found = finals(listen(model, STREAM, [32_000]))
    assert capsys.readouterr().out == "".join(final.text + "\n" for final in found)


def test_sound_shorter_than_a_frame_is_refused(model: AcousticModel) -> None:
    with pytest.raises(DataError, match="standard input: 20 samples") as caught:
        type_live(model, Source([make_header() + bytes(40)]))
    assert caught.value.code == "E_TOO_SHORT"


def test_a_fault_in_the_first_moment_is_told_as_it_is(model: AcousticModel) -> None:
    with pytest.raises(DataError) as caught:
        type_live(model, Source([make_header(n_bytes=100) + bytes(40)]))
    assert caught.value.code == "E_TRUNCATED"


def test_remarks_about_the_stream_are_said(
    model: AcousticModel, capsys: pytest.CaptureFixture[str]
) -> None:
    type_live(model, Source([make_header(rate=8_000) + to_pcm16(SPEECH)]))
    assert "note: standard input: 8000 Hz" in capsys.readouterr().err


def test_a_machine_that_is_too_slow_hears_more_at_a_time_and_says_so(
    model: AcousticModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    n_windows = 0
    forward = model.network.forward

    def count(*given: Any, **named: Any) -> Any:
        nonlocal n_windows
        n_windows += 1
        return forward(*given, **named)

    monkeypatch.setattr(model.network, "forward", count)
    long = make_header() + 4 * to_pcm16(SPEECH)  # 12.8 s
    on_time = listen(model, long, [len(long)])
    n_windows, n_on_time = 0, n_windows
    late = listen(model, long, [len(long)], clock=itertools.count(0, 6).__next__)
    assert n_windows <= 5
    assert n_on_time > 20
    (note,) = [event for event in late if isinstance(event, str)]
    assert note.endswith(
        " s behind: this machine is slower than the sound with this model; it listens in longer"
        " chunks now, and partial text is rarer"
    )
    assert not [event for event in on_time if isinstance(event, str)]


def test_what_came_while_the_model_was_loaded_is_caught_up_with_without_a_word(
    model: AcousticModel,
) -> None:
    events = listen(model, make_header() + 4 * to_pcm16(SPEECH), [10**6], clock=lambda: 100.0)
    assert finals(events) and not [event for event in events if isinstance(event, str)]


def test_what_is_overdue_is_counted_from_the_first_byte() -> None:
    source = Source([])
    source.first_at_s = 50.0
    pace = Pace(CHUNKS, source, LiveFormat(16_000), iter([50.7, 51.0, 53.7]).__next__)
    assert [pace.late_s(0.0), pace.late_s(1.0), pace.late_s(1.5)] == pytest.approx([0, 0, 1.5])


def test_samples_without_a_header_are_described_by_flags() -> None:
    assert raw_format(None, None) is None
    assert raw_format(8_000, None) == LiveFormat(8_000, 1)
    assert raw_format(48_000, 2) == LiveFormat(48_000, 2)


@pytest.mark.parametrize(
    ("rate", "n_channels", "words"),
    [(None, 2, "--raw-channels without"), (0, 1, "--raw-rate 0"), (16_000, 65, "65")],
)
def test_flags_that_describe_no_sound_are_refused(
    rate: int | None, n_channels: int, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        raw_format(rate, n_channels)


def test_the_keyboard_is_no_microphone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    with pytest.raises(UsageError, match="the keyboard") as caught:
        open_live_input()
    assert "arecord" in caught.value.hint


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Stdin(b"abc"))
    source = open_live_input()
    assert source.take() == b"abc" and source.take() == b""


class Stdin:
    """A standard input that holds these bytes."""

    def __init__(self, data: bytes) -> None:
        self.buffer = io.BytesIO(data)

    def isatty(self) -> bool:
        return False

    def fileno(self) -> int:
        raise io.UnsupportedOperation


@pytest.fixture
def pipe(
    run: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch, model_folder: Path
) -> Callable[..., tuple[int, str, str]]:
    """A function that pipes bytes into `w2vctc decode -`: exit code, stdout, stderr."""

    def type_command(data: bytes, *flags: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", Stdin(data))
        return run("decode", "-", "--model", str(model_folder), "--device", "cpu", *flags)

    return type_command


def test_a_wav_stream_becomes_lines_of_text(pipe: Callable[..., tuple[int, str, str]]) -> None:
    code, out, _ = pipe(STREAM)
    assert code == 0 and out.strip()
    # The same sound without its header
    assert pipe(to_pcm16(SPEECH), "--raw-rate", "16000")[:2] == (0, out)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "standard input: nothing arrived (0 bytes) [E_EMPTY]"),
        (make_header(), "standard input: not one sample of sound arrived [E_NO_SAMPLES]"),
        (STREAM[:30], "standard input: the WAV header stops after 30 bytes [E_TRUNCATED]"),
        (b"<html>" * 20, "standard input: a web page, not a sound file [E_NOT_AUDIO]"),
        (
            make_header(tag=3, bits=32) + np.full(8_000, np.nan, "<f4").tobytes(),
            "standard input: sample 0 (0.000 s) is not a finite number [E_NONFINITE]",
        ),
    ],
)
def test_a_stream_that_cannot_be_used_ends_in_one_message(
    pipe: Callable[..., tuple[int, str, str]], data: bytes, words: str
) -> None:
    code, out, err = pipe(data)
    assert (code, out) == (3, "")
    assert f"error: {words}\nhint:  " in err
