"""Training by the plain recipe and by w2vctc, in turn, each time in a process of its own.

    python benchmarks/train.py --shape tiny --clips 240 --epochs 3
    python benchmarks/train.py --shape base --clips 64 --updates 6
    python benchmarks/train.py --shape tiny --example --epochs 8     # dev WER of both

benchmarks/recipe.py is the recipe, benchmarks/training_material.py makes the clips. Both sides
begin with the same random weights and hear the same clips equally often, in as many updates.
The speed is the sound that was trained on after the first update, without its padding, by the CPU
seconds of all threads that it took (wall seconds on a GPU); memory is the peak of the process.
"""

import argparse
import functools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from material import peak_mib, rate
from training_material import add_arguments, make_clips, make_source, read_clips

from w2vctc.corpus.utterance import Utterance

SIDES = ("recipe", "ours")
LEARNING_RATE = {"tiny": 2e-3, "base": 5e-5, "xlsr-53": 3e-5}
CLIPS_PER_UPDATE = 8
EXAMPLE = Path(__file__).parent.parent / "examples" / "ca-numbers"
# Figures of the makers for dense bf16 arithmetic without sparsity, in FLOP per second.
PEAK_FLOPS = {"H200": 989e12, "H100": 989e12, "A100": 312e12, "A10G": 70e12, "L4": 121e12}
HEADER = """\
| side | to first update s | sound s per s | times as fast | peak MiB | dev WER % |
|---|---:|---:|---:|---:|---:|"""


def main() -> None:
    arguments = parse()
    if arguments.only:
        print(json.dumps(measure(arguments, arguments.folder)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        table = EXAMPLE / "train.tsv"
        if not arguments.example:
            table = make_clips(Path(scratch) / "clips", n_clips=arguments.clips)
        arguments.table = table
        sound_s = sum(row.duration_s or 0 for row in read_rows(table))
        print(f"{len(read_rows(table))} clips, {sound_s:.0f} s, {arguments.shape}\n", flush=True)
        rounds = [
            {side: run_child(arguments, side, Path(scratch)) for side in arguments.sides}
            for _ in range(arguments.rounds)
        ]
        print(render(rounds))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    add_arguments(parser, clips=64)
    parser.add_argument("--epochs", type=float, default=1.0)
    parser.add_argument("--updates", type=int, default=-1, help="fewer than the epochs have")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--example", action="store_true", help="the bundled speech, with its dev")
    parser.add_argument("--batch-seconds", type=float, help="of ours; else as many updates")
    parser.add_argument("--cache-features", action="store_true", help="ours keeps the features")
    parser.add_argument("--sides", nargs="+", choices=SIDES, default=list(SIDES))
    parser.add_argument("--only", choices=SIDES, help="train by this side and print JSON")
    parser.add_argument("--table", type=Path, default=EXAMPLE / "train.tsv")
    parser.add_argument("--folder", type=Path, help="where --only writes")
    return parser.parse_args()


def run_child(arguments: argparse.Namespace, side: str, scratch: Path) -> dict[str, Any]:
    """What one side measured of itself."""
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        command = [sys.executable, __file__, "--only", side, "--folder", folder]
        for name in ("shape", "device", "epochs", "updates", "table", "batch_seconds"):
            value = getattr(arguments, name)
            command += [f"--{name.replace('_', '-')}={value}"] if value is not None else []
        command += [f"--{name}" for name in ("example",) if getattr(arguments, name)]
        command += ["--cache-features"] if arguments.cache_features else []
        environment = {"OMP_NUM_THREADS": "1", **os.environ, "W2VCTC_CACHE": folder}
        done = subprocess.run(
            command, stdout=subprocess.PIPE, env=environment, text=True, check=True
        )
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        print(f"{side}: {json.dumps(answer)}", file=sys.stderr, flush=True)
        return answer


class Watch:
    """Seconds and CPU seconds at each update."""

    def __init__(self) -> None:
        self.began = time.perf_counter()
        self.first_s = 0.0
        self.marks: list[tuple[int, float, float, float]] = []

    def mark(self, step: int, heard_s: float) -> None:
        if step == 0:
            self.first_s = time.perf_counter() - self.began
        elif not self.marks or self.marks[-1][0] < step:
            self.marks.append((step, heard_s, time.perf_counter(), time.process_time()))

    def answer(self, device: str) -> dict[str, Any]:
        (first, heard_before, *before), (last, heard, *after) = self.marks[0], self.marks[-1]
        wall_s, cpu_s = (b - a for a, b in zip(before, after, strict=True))
        return {
            "first_s": self.first_s,
            "updates": last - first + 1,
            "heard_s": heard - heard_before,
            "wall_s": wall_s,
            "cpu_s": cpu_s,
            "speed": (heard - heard_before) / (cpu_s if device == "cpu" else wall_s),
            "peak_mib": peak_mib(),
        }


def measure(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    watch = Watch()
    rows = read_rows(arguments.table)
    source, vocabulary = make_source(folder / "source", arguments.shape, rows)
    dev = read_rows(EXAMPLE / "dev.tsv") if arguments.example else rows[:2]
    train = {"recipe": by_recipe, "ours": by_ours}[arguments.only]
    watch.began = time.perf_counter()
    model = train(arguments, rows, dev, source=source, vocabulary=vocabulary, watch=watch)
    answer = watch.answer(arguments.device)
    answer |= measure_gpu(arguments, model) if arguments.device == "cuda" else {}
    return answer | ({"wer": score(model, dev)} if arguments.example else {})


def by_recipe(
    arguments: argparse.Namespace,
    rows: Sequence[Utterance],
    _dev: Sequence[Utterance],
    *,
    source: Path,
    vocabulary: Any,
    watch: Watch,
) -> Path:
    from recipe import train_plainly

    from w2vctc.acoustic.export import save_model

    network = train_plainly(
        source,
        vocabulary,
        rows,
        folder=arguments.folder,
        epochs=arguments.epochs,
        max_steps=arguments.updates,
        learning_rate=LEARNING_RATE[arguments.shape],
        freeze=arguments.shape != "tiny",
        device=arguments.device,
        on_step=watch.mark,
    )
    save_model(network, vocabulary, arguments.folder / "model")
    folder: Path = arguments.folder
    return folder / "model"


def by_ours(
    arguments: argparse.Namespace,
    rows: Sequence[Utterance],
    dev: Sequence[Utterance],
    *,
    source: Path,
    vocabulary: Any,
    watch: Watch,
) -> Path:
    from w2vctc.acoustic.monitoring.metrics import Scoring
    from w2vctc.acoustic.monitoring.progress import ProgressCallback
    from w2vctc.acoustic.training.data import TrainingData
    from w2vctc.acoustic.training.finetuning import finetune
    from w2vctc.acoustic.training.options import FinetuneOptions
    from w2vctc.cli.finetune import pair_counts
    from w2vctc.evaluate.counts import count_character_errors, count_word_errors

    def watch_first(_: Any, __: Any, state: Any, ___: Any, **____: Any) -> None:
        if state.global_step == 0:
            watch.mark(0, 0.0)

    ProgressCallback.on_step_begin = watch_first
    total_s = sum(row.duration_s or 0.0 for row in rows)
    schedule = make_schedule(arguments, rows)
    finetune(
        TrainingData(rows, dev, vocabulary),
        schedule=schedule,
        options=make_options(arguments, source, FinetuneOptions),
        folder=arguments.folder / "model",
        scoring=Scoring(pair_counts(count_word_errors), pair_counts(count_character_errors)),
        resume=False,
        on_event=lambda event: watch.mark(event.step, event.epoch * total_s),
        on_note=functools.partial(print, file=sys.stderr),
    )
    folder: Path = arguments.folder
    return folder / "model"


def make_options(arguments: argparse.Namespace, source: Path, options: Any) -> Any:
    """Dev is heard once, after the last update."""
    more = {"cache_features": True} if arguments.cache_features else {}
    return options(
        model=str(source), device=arguments.device, eval_every=1_000_000, patience=0, **more
    )


def make_schedule(arguments: argparse.Namespace, rows: Sequence[Utterance]) -> Any:
    """The recipe's masks and dropout, and batches that make as many updates as it makes."""
    from w2vctc.acoustic.clips.batches import plan_epochs
    from w2vctc.acoustic.presets import TINY_SCHEDULE

    tiny = arguments.shape == "tiny"
    durations_s = [row.duration_s or 0.0 for row in rows]
    batch_s = arguments.batch_seconds or CLIPS_PER_UPDATE * statistics.mean(durations_s)
    schedule = replace(
        TINY_SCHEDULE,
        name="benchmark",
        learning_rate=LEARNING_RATE[arguments.shape],
        freeze_feature_encoder=not tiny,
        mask_time_prob=0.05,
        activation_dropout=0.0 if tiny else 0.1,
        epochs=arguments.epochs,
        updates=max(arguments.updates, 0),
        weight_decay=0.0,
    )
    wanted = -(-len(rows) // CLIPS_PER_UPDATE)
    while not arguments.batch_seconds and wanted < len(
        plan_epochs(durations_s, epochs=1, batch_s=batch_s, seed=1, short_first=True)
    ):
        batch_s *= 1.01
    return replace(schedule, batch_s=batch_s)


def read_rows(table: Path) -> list[Utterance]:
    """The rows of made clips, or of the bundled example with what their headers say."""
    if table.parent != EXAMPLE:
        return read_clips(table)
    from w2vctc.corpus.corpus import read_corpus
    from w2vctc.speech.audio import probe_audio
    from w2vctc.text.normalize import normalize_text
    from w2vctc.text.profile import load_profile

    profile = load_profile("ca")
    return [
        replace(
            row,
            text=normalize_text(row.text, profile),
            duration_s=probe_audio(row.audio).duration_s,
        )
        for row in read_corpus(EXAMPLE).rows(table.stem)
    ]


def score(model: Path, dev: Sequence[Utterance]) -> float:
    """WER of greedy decoding, a clip at a time."""
    from w2vctc.acoustic.emissions import compute_emissions, load_acoustic_model
    from w2vctc.decode.greedy import greedy_text

    loaded = load_acoustic_model(model, device="cpu")
    texts = [greedy_text(compute_emissions(loaded, row.load()), loaded.vocabulary) for row in dev]
    return float(rate([row.text for row in dev], texts))


def measure_gpu(arguments: argparse.Namespace, model: Path) -> dict[str, Any]:
    import torch
    from transformers import Wav2Vec2Config

    name = torch.cuda.get_device_name()
    peak = next((flops for key, flops in PEAK_FLOPS.items() if key in name), None)
    needed = count_flops(Wav2Vec2Config.from_pretrained(model), frozen=arguments.shape != "tiny")
    return {
        "gpu": name,
        "gpu_peak_mib": torch.cuda.max_memory_allocated() / (1 << 20),
        "flops_per_sound_s": needed,
        "peak_flops": peak,
    }


def count_flops(config: Any, *, frozen: bool) -> float:
    """Floating-point operations to train on a second of sound: forward once, backward twice.

    A frozen feature encoder runs forward only; attention's own products are left out (1 to 2 %
    for such clips).
    """
    front, channels, rate_hz = 0.0, 1, 16_000.0
    for width, kernel, stride in zip(
        config.conv_dim, config.conv_kernel, config.conv_stride, strict=True
    ):
        rate_hz /= stride
        front += rate_hz * width * channels * kernel
        channels = width
    hidden = config.hidden_size
    position = hidden * hidden // config.num_conv_pos_embedding_groups
    layer = 4 * hidden * hidden + 2 * hidden * config.intermediate_size
    rest = rate_hz * (
        channels * hidden
        + position * config.num_conv_pos_embeddings
        + config.num_hidden_layers * layer
        + hidden * config.vocab_size
    )
    return float(2 * (front * (1 if frozen else 3) + 3 * rest))


def render(rounds: Sequence[dict[str, dict[str, Any]]]) -> str:
    return "\n".join([HEADER, *(render_side(side, rounds) for side in rounds[0])])


def render_side(side: str, rounds: Sequence[dict[str, dict[str, Any]]]) -> str:
    answers = [one[side] for one in rounds]
    first_s, speed, memory = (
        statistics.median(answer[name] for answer in answers)
        for name in ("first_s", "speed", "peak_mib")
    )
    times = "-"
    if "recipe" in rounds[0]:
        ratios = [one[side]["speed"] / one["recipe"]["speed"] for one in rounds]
        times = f"{statistics.median(ratios):.2f}"
    wer = f"{100 * answers[0]['wer']:.1f}" if "wer" in answers[0] else "-"
    line = f"| {side} | {first_s:.1f} | {speed:.2f} | {times} | {memory:.0f} | {wer} |"
    if "gpu" in answers[0]:
        used = answers[0]["flops_per_sound_s"] * speed / (answers[0]["peak_flops"] or float("nan"))
        line += (
            f"\n{answers[0]['gpu']}: {speed:.0f} hours of sound per hour, {used:.0%} of its"
            f" arithmetic in use, {answers[0]['gpu_peak_mib']:.0f} MiB of its memory"
        )
    return line


if __name__ == "__main__":
    main()
