"""The memory and time of `w2vctc prepare`, for more and more rows.

    python benchmarks/prepare_memory.py
    python benchmarks/prepare_memory.py --layout files --audio flac --rows 1000 10000

Each run is a child process of its own on data made for it in a temporary folder. The memory is the
peak of the largest single process: the command's own, or that of a process that decodes.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import wave
from pathlib import Path

RATE_HZ = 16_000
PIECE_S, STEP_S = 1.0, 0.6  # pieces of a recording overlap a little, as hand-made ones do
LETTERS = "aeioulmnrs"


def make_data(folder: Path, *, n_rows: int, layout: str) -> None:
    """A table of `n_rows` different sentences by 50 speakers, and the sound it names."""
    folder.mkdir()
    lines = ["path\tstart_s\tend_s\ttext\tspeaker\n"]
    if layout == "recording":
        _make_silence(folder / "tape.wav", duration_s=STEP_S * n_rows + 1)
    for number in range(n_rows):
        name, times = "tape.wav", f"{number * STEP_S:.1f}\t{number * STEP_S + PIECE_S:.1f}"
        if layout == "files":
            name, times = f"{number % 100:02}/{number}.wav", "\t"
            _make_click(folder / name, number)
        text = "".join(LETTERS[int(digit)] for digit in f"{number:06}")
        lines.append(f"{name}\t{times}\tla {text}\tspeaker {number * 50 // n_rows}\n")
    (folder / "all.tsv").write_text("".join(lines), encoding="utf-8")


def _make_silence(path: Path, *, duration_s: float) -> None:
    """A long recording that takes no room: a file with a hole."""
    n_bytes = 2 * round(duration_s * RATE_HZ)
    with wave.open(str(path), "wb") as stream:
        stream.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        stream.writeframes(b"")
    header = bytearray(path.read_bytes())
    header[4:8] = (36 + n_bytes).to_bytes(4, "little")
    header[40:44] = n_bytes.to_bytes(4, "little")
    path.write_bytes(header)
    os.truncate(path, 44 + n_bytes)


def _make_click(path: Path, number: int) -> None:
    """A small file that is like no other: its number, then silence."""
    path.parent.mkdir(exist_ok=True)
    with wave.open(str(path), "wb") as stream:
        stream.setparams((1, 2, 8_000, 0, "NONE", ""))
        stream.writeframes(number.to_bytes(4, "little").ljust(12_000, b"\0"))


def measure(folder: Path, *, audio: str, n_jobs: int) -> tuple[float, float, float]:
    """(seconds, CPU seconds, peak MiB) of one run, told by a process with no other child."""
    program = (
        "import resource, subprocess, sys, time\n"
        "started = time.monotonic()\n"
        "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL,"
        " stderr=subprocess.DEVNULL)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(time.monotonic() - started, used.ru_utime + used.ru_stime, used.ru_maxrss)\n"
    )
    command = [sys.executable, "-m", "w2vctc", "prepare", "data", "--out", "out"]
    command += ["--audio", audio, "--jobs", str(n_jobs)]
    done = subprocess.run(
        [sys.executable, "-c", program, *command],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    seconds, cpu, peak = map(float, done.stdout.split())
    return seconds, cpu, peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--layout", choices=("recording", "files"), default="recording")
    parser.add_argument("--audio", choices=("keep", "flac", "opus"), default="keep")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    print("| rows | layout | audio | seconds | CPU seconds | peak MiB |\n|---|---|---|---|---|---|")
    for n_rows in options.rows:
        with tempfile.TemporaryDirectory() as name:
            make_data(Path(name) / "data", n_rows=n_rows, layout=options.layout)
            seconds, cpu, peak = measure(Path(name), audio=options.audio, n_jobs=options.jobs)
        print(
            f"| {n_rows:,} | {options.layout} | {options.audio} | {seconds:.1f} | {cpu:.1f}"
            f" | {peak:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
