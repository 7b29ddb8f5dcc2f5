"""How long `w2vctc check` takes for many small clips: wall and CPU seconds, and peak memory.

    python benchmarks/check_speed.py                      # 10,000 WAV clips of 2 s
    python benchmarks/check_speed.py --format flac --count 1000 --deep

The clips are made once, in a temporary folder, and are read by a child process as a person would
start it. The folder goes at the end.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

SAMPLE_RATE = 16_000
SUBTYPES = {"wav": "PCM_16", "flac": "PCM_16", "ogg": "OPUS", "mp3": None}
SYLLABLES = ("ba", "ke", "li", "mo", "nu", "pa", "re", "si", "to", "vu")


def make_corpus(folder: Path, *, count: int, suffix: str, duration_s: float) -> None:
    """Writes clips of noise, all different, and tables for train (nine tenths) and dev."""
    random = np.random.default_rng(0)
    lines = {"train": ["path\ttext\tspeaker\n"], "dev": ["path\ttext\tspeaker\n"]}
    (folder / "clips").mkdir()
    for number in range(count):
        name = f"clips/{number:06}.{suffix}"
        n_samples = round(duration_s * SAMPLE_RATE) + int(random.integers(SAMPLE_RATE // 4))
        sound = random.integers(-3000, 3000, n_samples, dtype=np.int16)
        soundfile.write(folder / name, sound, SAMPLE_RATE, subtype=SUBTYPES[suffix])
        words = ["".join(random.choice(SYLLABLES, 3)) for _ in range(max(1, int(2 * duration_s)))]
        split = "dev" if number % 10 == 9 else "train"
        lines[split].append(f"{name}\t{' '.join(words)}\t{split}{number % 40}\n")
    for split, rows in lines.items():
        (folder / f"{split}.tsv").write_text("".join(rows), encoding="utf-8")


def time_check(folder: Path, *, deep: bool) -> tuple[float, float]:
    """(wall, CPU) seconds of one check; its children's CPU counts too."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    command = [sys.executable, "-m", "w2vctc", "check", str(folder), "--json"]
    done = subprocess.run(
        [*command, *(["--deep"] if deep else [])],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    wall_s = time.perf_counter() - started
    assert done.returncode == 0, f"exit code {done.returncode}"
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def peak_mib() -> float:
    """The most memory that any child process has had so far."""
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--format", choices=SUBTYPES, default="wav")
    parser.add_argument("--duration", type=float, default=2.0, help="seconds of a clip, at least")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--deep", action="store_true", help="decode all sound too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_corpus(folder, count=options.count, suffix=options.format, duration_s=options.duration)
        runs = [time_check(folder, deep=options.deep) for _ in range(options.runs)]
    wall_s, cpu_s = (statistics.median(values) for values in zip(*runs, strict=True))
    what = f"{options.count:,} clips, {options.format}{', --deep' if options.deep else ''}"
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print(
        f"{what}: {wall_s:.1f} s wall, {cpu_s:.1f} s CPU, {peak_mib():.0f} MiB peak"
        f" (median of {options.runs} runs, {cores} cores)"
    )


if __name__ == "__main__":
    main()
