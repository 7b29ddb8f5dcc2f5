"""Decoding in processes that may die, hang or eat memory: the file is reported, the run goes on."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from speech_material import make_babble, write_wav

from w2vctc.errors import MachineError
from w2vctc.speech.inspection import AudioFindings, inspect_audio, inspect_many
from w2vctc.speech.remark import Remark
from w2vctc.speech.workers import Limits, run_in_workers

Report = Callable[[Any], None]
PATIENT = Limits(silence_s=60.0, memory_bytes=256 << 20)
HASTY = Limits(silence_s=2.0)


def decode_oddly(subject: str, items: Sequence[str], report: Report) -> None:
    """A decoder that does to each item what the item says. Runs in a child process."""
    for item in items:
        if item == "die":
            os.kill(os.getpid(), signal.SIGSEGV)
        if item == "exit":
            os._exit(7)
        if item == "hang":
            threading.Event().wait()
        if item == "live long":
            for _ in range(5):
                threading.Event().wait(HASTY.silence_s / 4)
                report(None)
        if item == "eat":
            held = [bytearray(64 << 20) for _ in range(1_000)]
            report(len(held))
        if item == "shout":
            os.write(1, b"mpg123: warning: " * 100)
            os.write(2, b"mpg123: warning: " * 100_000)
        report(f"{subject} {item}")


def run(
    jobs: Sequence[tuple[str, Sequence[str]]], *, n_jobs: int = 2, limits: Limits = PATIENT
) -> list[list[Any]]:
    """The results of each job."""
    results: list[list[Any]] = [[None] * len(items) for _, items in jobs]

    def keep(job: int, position: int, result: Any) -> None:
        assert threading.current_thread() is threading.main_thread()
        assert results[job][position] is None
        results[job][position] = result

    run_in_workers(decode_oddly, jobs, n_jobs=n_jobs, limits=limits, on_result=keep)
    return results


def died(subject: str, why: str) -> Remark:
    return Remark(
        "E_DECODE",
        f"{subject}: the decoder died ({why})",
        "take it out, or convert it with another program",
    )


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_decoder_that_dies_costs_what_it_had_not_finished() -> None:
    jobs = [("a", ["x"]), ("b", ["y", "die", "z"]), ("c", ["exit"]), ("d", ["v", "w"])]
    for n_jobs in (1, 3):
        assert run(jobs, n_jobs=n_jobs) == [
            ["a x"],
            ["b y", died("b", "signal 11"), died("b", "signal 11")],
            [died("c", "exit code 7")],
            ["d v", "d w"],
        ]


def test_a_decoder_that_hangs_is_ended() -> None:
    assert run([("a", ["x", "hang"]), ("b", ["y"])], limits=HASTY) == [
        ["a x", died("a", "no sign of life for 2 s")],
        ["b y"],
    ]


def test_a_long_file_that_shows_signs_of_life_is_waited_for() -> None:
    assert run([("a", ["live long"])], limits=HASTY) == [["a live long"]]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="address space is capped on Linux")
def test_a_decoder_that_eats_memory_is_stopped() -> None:
    (eaten, fine) = run([("a", ["x", "eat", "y"]), ("b", ["z"])])
    message = "a: the decoder ran out of memory (its limit is 0.25 GiB)"
    assert eaten[0] == "a x"
    assert [(remark.code, remark.message) for remark in eaten[1:]] == [("E_DECODE", message)] * 2
    assert fine == ["b z"]


def test_what_decoders_print_goes_nowhere(capfd: pytest.CaptureFixture[str]) -> None:
    assert run([("a", ["shout", "x"])]) == [["a shout", "a x"]]
    assert capfd.readouterr() == ("", "")


def test_no_jobs_start_no_process() -> None:
    assert run([]) == []
    assert inspect_many([], n_jobs=4) == []


def test_an_error_of_the_listener_ends_the_children() -> None:
    def refuse(*_: object) -> None:
        raise KeyboardInterrupt

    before = set(threading.enumerate())
    jobs = [("a", ["x", "hang"]), ("b", ["hang"])]
    with pytest.raises(KeyboardInterrupt):
        run_in_workers(decode_oddly, jobs, n_jobs=2, limits=PATIENT, on_result=refuse)
    for thread in set(threading.enumerate()) - before:
        thread.join(timeout=10)  # who reads a child's last words may still be at it
        assert not thread.is_alive()


def test_a_process_that_cannot_start_is_the_machine_s_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("w2vctc.speech.workers._CHILD", "raise SystemExit(3)")
    with pytest.raises(MachineError) as caught:
        run([("a", ["x"])])
    assert caught.value.code == "E_WORKER"
    assert "(exit code 3)" in caught.value.message


# --- inspect_many


def test_many_pieces_come_back_in_order_whatever_the_number_of_processes(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.wav" for number in range(6)]
    for number, path in enumerate(paths):
        write_wav(path, make_babble(duration_s=1 + number / 10, seed=number))
    (tmp_path / "page.wav").write_bytes(b"<!DOCTYPE html>")
    pieces: list[tuple[Path, float, float | None]] = [(path, 0.0, None) for path in paths]
    pieces += [(paths[2], 0.25, 0.5), (tmp_path / "page.wav", 0.0, None), (paths[0], 0.5, None)]
    pieces += [(tmp_path / "none.wav", 0.0, 1.0), (paths[2], 0.25, 0.5)]
    counts: list[int] = []
    one = inspect_many(pieces, n_jobs=1, on_done=counts.append)
    assert counts == list(range(1, len(pieces) + 1))
    assert inspect_many(pieces, n_jobs=3) == one
    for (path, start_s, end_s), found in zip(pieces, one, strict=True):
        if isinstance(found, AudioFindings):
            assert found == inspect_audio(path, start_s=start_s, end_s=end_s)
    assert isinstance(one[7], Remark)
    assert (one[7].code, one[7].message) == (
        "E_NOT_AUDIO",
        f"{tmp_path / 'page.wav'}: a web page, not a sound file",
    )
    assert isinstance(one[9], Remark)
    assert one[9].code == "E_MISSING"


def test_hundreds_of_pieces_of_one_recording(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", make_babble(duration_s=3.0))
    pieces = [(tmp_path / "a.wav", index / 100, index / 100 + 0.1) for index in range(200)]
    found = inspect_many(pieces, n_jobs=2)
    assert [item.start_s for item in found if isinstance(item, AudioFindings)] == [
        start_s for _, start_s, _ in pieces
    ]
