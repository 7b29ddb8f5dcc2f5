"""From a table of clips to the first update: w2vctc, which reads headers, and the plain recipe,
which decodes everything.

    python benchmarks/first_step.py --clips 10000 --recipe-clips 1000

`w2vctc finetune` runs as a person runs it, from the start of its process to its first forward pass:
it reads and checks every row and every header, makes the vocabulary and the plan. The recipe is
timed for some of the clips and reckoned for all, which its work grows with; what both have to do
once (the imports, the network) is in neither's share.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from training_material import make_clips, read_clips

PROGRAM = """\
import os, resource, sys, time
from w2vctc.cli.main import main
from w2vctc.acoustic.training.trainer import CtcTrainer

def report(*_, **__):
    used = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = used.ru_utime + used.ru_stime + children.ru_utime + children.ru_stime
    print(time.time() - float(sys.argv[1]), cpu_s, flush=True)
    os._exit(0)

CtcTrainer.compute_loss = report
sys.exit(main(sys.argv[2:]))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else "")
    parser.add_argument("--clips", type=int, default=10_000)
    parser.add_argument("--recipe-clips", type=int, default=1_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "data"
        lay_out(folder, n_clips=options.clips)
        sound_s = sum(row.duration_s or 0.0 for row in read_clips(folder / "all.tsv"))
        print(f"{options.clips:,} clips, {sound_s / 3600:.1f} h\n", flush=True)
        print("| | seconds | CPU seconds | written to disk |\n|---|---:|---:|---:|", flush=True)
        seconds, cpu_s, written = time_ours(Path(scratch))
        print(f"| w2vctc finetune | {seconds:.1f} | {cpu_s:.1f} | {written:.1f} MB |", flush=True)
        share = options.clips / min(options.clips, options.recipe_clips)
        seconds, cpu_s, written = time_recipe(Path(scratch), n_clips=options.recipe_clips)
        print(
            f"| datasets.map of the recipe | {share * seconds:.1f} | {share * cpu_s:.1f}"
            f" | {share * written:,.0f} MB |"
        )


def lay_out(folder: Path, *, n_clips: int) -> None:
    """A working table of train and dev in `folder`; each clip has bytes of its own."""
    table = make_clips(folder, n_clips=n_clips)
    head, *lines = table.read_text(encoding="utf-8").splitlines(keepends=True)
    n_dev = max(2, len(lines) // 100)
    (folder / "dev.tsv").write_text(head + "".join(lines[:n_dev]), encoding="utf-8")
    (folder / "train.tsv").write_text(head + "".join(lines[n_dev:]), encoding="utf-8")


def time_ours(folder: Path) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and megabytes written until the first batch is in the network."""
    (folder / "data" / "all.tsv").rename(folder / "all.tsv")
    before = folder_bytes(folder)
    arguments = ["finetune", "--data", "data", "--out", "model", "--model", "tiny"]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(time.time()), *arguments, "--device", "cpu"],
        cwd=folder,
        env={**os.environ, "W2VCTC_CACHE": str(folder / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stderr)
    seconds, cpu_s = map(float, done.stdout.split())
    return seconds, cpu_s, (folder_bytes(folder) - before) / 1e6


def time_recipe(folder: Path, *, n_clips: int) -> tuple[float, float, float]:
    """The same of the recipe's `datasets.map` for the first `n_clips`."""
    from recipe import decode_all
    from transformers import Wav2Vec2FeatureExtractor

    from w2vctc.vocab import build_vocabulary

    (folder / "all.tsv").rename(folder / "data" / "all.tsv")
    rows = read_clips(folder / "data" / "all.tsv")[:n_clips]
    vocabulary = build_vocabulary([row.text for row in rows])
    before = folder_bytes(folder)
    started, cpu = time.perf_counter(), time.process_time()
    decode_all(rows, vocabulary, Wav2Vec2FeatureExtractor(), cache=folder)
    seconds, cpu_s = time.perf_counter() - started, time.process_time() - cpu
    return seconds, cpu_s, (folder_bytes(folder) - before) / 1e6


def folder_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    main()
