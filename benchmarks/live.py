"""How long text takes to come while somebody speaks: latency, real-time factor and memory.

    python benchmarks/live.py models/ca recording.wav --lm lm/ca

The recording is sent as a microphone would, a block of 60 ms when its sound is over. A partial's
latency is counted from the end of the sound that it covers, a final's from the end of its last
word: so the pause that closes it is in it. The real-time factor is that of a pass before, in which
the same work is done on sound that is all there.
"""

import argparse
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from material import peak_mib

from w2vctc.acoustic.emissions import AcousticModel, load_acoustic_model
from w2vctc.acoustic.live_sound import LiveChunking
from w2vctc.cli.live import hear_live
from w2vctc.cli.transcribe import open_search, search_options
from w2vctc.decode.live import Final, Partial
from w2vctc.lm.folder import find_language_model
from w2vctc.speech.audio import SAMPLE_RATE, load_audio
from w2vctc.speech.byte_queue import ByteQueue
from w2vctc.speech.live import LiveSound
from w2vctc.speech.live_header import LiveFormat

BLOCK_S = 0.06


def main() -> None:
    import torch

    arguments = parse()
    torch.set_num_threads(arguments.threads)
    model = load_acoustic_model(arguments.model, device=arguments.device)
    search = None
    if arguments.lm:
        lm = find_language_model(arguments.lm)
        search = open_search(model, lm, search_options(lm))
    chunking = LiveChunking(arguments.hop_s, arguments.context_s, arguments.ahead_s)
    waveform = load_audio(arguments.recording)[: round(arguments.seconds * SAMPLE_RATE)]
    data = (waveform * 32767).clip(-32768, 32767).astype("<i2").tobytes()
    listen(model, search, chunking, data[: 5 * 2 * SAMPLE_RATE])  # warm
    seconds = listen(model, search, chunking, data)
    partials, finals, notes = speak(model, search, chunking, data)
    duration_s = len(waveform) / SAMPLE_RATE
    print(f"{duration_s:.0f} s of sound, {chunking}")
    print(f"real-time factor {seconds / duration_s:.3f}, peak memory {peak_mib():.0f} MiB")
    show("partials", partials)
    show("finals", finals)
    print(*notes, sep="\n")


def parse() -> argparse.Namespace:
    defaults = LiveChunking()
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("recording", type=Path)
    parser.add_argument("--lm", type=Path)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=120.0, help="of the recording")
    parser.add_argument("--hop-s", type=float, default=defaults.hop_s)
    parser.add_argument("--context-s", type=float, default=defaults.context_s)
    parser.add_argument("--ahead-s", type=float, default=defaults.ahead_s)
    return parser.parse_args()


def listen(model: AcousticModel, search: Any, chunking: LiveChunking, data: bytes) -> float:
    """The seconds that it takes to hear sound that is all there, hop by hop."""
    started_s = time.monotonic()
    source = ByteQueue(_reads(data, lambda _: None))
    sound = LiveSound(source.take, raw=LiveFormat(SAMPLE_RATE))
    for _ in hear_live(model, search, sound, source, chunking=chunking, clock=lambda: 0.0):
        pass
    return time.monotonic() - started_s


def speak(
    model: AcousticModel, search: Any, chunking: LiveChunking, data: bytes
) -> tuple[list[float], list[float], list[str]]:
    """Latencies of partials and of finals in seconds, and what was said about falling behind."""
    started_s = time.monotonic()
    pause = threading.Event()  # never set: a clock that other threads may run beside

    def wait(until_s: float) -> None:
        pause.wait(max(started_s + until_s - time.monotonic(), 0.0))

    source = ByteQueue(_reads(data, wait))
    sound = LiveSound(source.take, raw=LiveFormat(SAMPLE_RATE))
    partials: list[float] = []
    finals: list[float] = []
    notes: list[str] = []
    for event in hear_live(model, search, sound, source, chunking=chunking):
        now_s = time.monotonic() - started_s
        if isinstance(event, Partial):
            partials.append(now_s - event.end_s)
        elif isinstance(event, Final):
            finals.append(now_s - event.passage.end_s)
        else:
            notes.append(event)
    return partials, finals, notes


def _reads(data: bytes, wait: Callable[[float], None]) -> Callable[[int], bytes]:
    """Reads of a pipe into which a microphone writes."""
    size = 2 * round(BLOCK_S * SAMPLE_RATE)

    def blocks() -> Iterator[bytes]:
        for start in range(0, len(data), size):
            wait((start + size) / 2 / SAMPLE_RATE)
            yield data[start : start + size]

    left = blocks()
    return lambda _: next(left, b"")


def show(name: str, latencies_s: Sequence[float]) -> None:
    if latencies_s:
        median, high = statistics.median(latencies_s), float(np.percentile(latencies_s, 95))
        print(
            f"{name}: {len(latencies_s)}, latency median {median:.2f} s, 95 % {high:.2f} s,"
            f" worst {max(latencies_s):.2f} s"
        )


if __name__ == "__main__":
    main()
