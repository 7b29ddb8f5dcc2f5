"""The flags of `w2vctc finetune` that say how to train; its options have the same names."""

from pathlib import Path
from typing import Annotated

import typer

# Where it begins and where it goes

Source = Annotated[
    str | None,
    typer.Option(
        help="base, 960h-lv60-self, xlsr-53, tiny or small (from scratch), a hub id or folder."
        "  [default: xlsr-53]"
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(readable=False, help="Where the trained model goes.  [default: models/LANG]"),
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with the run that was broken off.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Train anew over a finished model.")]

Plan = Annotated[
    bool,
    typer.Option("--plan", help="Only show what the run would take and what to expect of it."),
]
PushToHub = Annotated[
    str | None,
    typer.Option(
        metavar="REPO", help="Put the finished model into this repository of the hub, privately."
    ),
]
Logger = Annotated[
    str | None,
    typer.Option(
        help="none, tensorboard, wandb or trackio: draws the run while it trains.  [default: none]"
    ),
]

# Several datasets

Data = Annotated[
    list[Path] | None,
    typer.Option(
        readable=False,
        help="Folder, file or hub id of the data; its format is recognised. Given again: further"
        " datasets, for their training rows alone.  [default: data/LANG]",
    ),
]
SamplingExponent = Annotated[
    float | None,
    typer.Option(
        help="Of several datasets: 1 hears every clip as often as any other, 0 every dataset as"
        " much as any other, 0.5 lies between.  [default: 1]"
    ),
]

# How long and how hard

Preset = Annotated[
    str | None,
    typer.Option(help="auto, 10min, 1h, 10h or 100h: the schedule.  [default: auto]"),
]
Epochs = Annotated[float | None, typer.Option(help="Passes over the data.")]
Updates = Annotated[int | None, typer.Option(help="Updates, instead of epochs.")]
LearningRate = Annotated[float | None, typer.Option(help="The peak.")]
BatchSeconds = Annotated[float | None, typer.Option(help="Seconds of sound in one forward pass.")]
Accumulation = Annotated[int | None, typer.Option(help="Forward passes in one update.")]
FreezeEncoderUpdates = Annotated[
    int | None, typer.Option(help="Updates in which only the head learns.")
]
MaskTimeProb = Annotated[
    float | None, typer.Option(help="SpecAugment: share of the frames in masked spans.")
]
MaskFeatureProb = Annotated[
    float | None, typer.Option(help="SpecAugment: share of the features masked.")
]
Dropout = Annotated[
    float | None,
    typer.Option(help="Of every kind, 0 to 1.  [default: as the schedule and the checkpoint say]"),
]
EvalEvery = Annotated[
    int | None, typer.Option(help="Updates between two looks at dev (and checkpoints).")
]
Patience = Annotated[
    int | None,
    typer.Option(help="Stop after so many looks at dev without a better one; 0: never."),
]
MaxDuration = Annotated[float | None, typer.Option(help="Longest clip to train on, in seconds.")]
Seed = Annotated[int | None, typer.Option(help="For weights and batches.")]

# Better models from little data

Augment = Annotated[
    str | None,
    typer.Option(
        help="What to do to clips before each hearing: speed, pauses, room, noise, phone, gain,"
        " with commas between.  [default: nothing]"
    ),
]
NoiseFolder = Annotated[
    str | None, typer.Option(help="Recordings without speech, for --augment noise.")
]
AugmentRamp = Annotated[
    float | None,
    typer.Option(
        help="Share of the updates in which --augment grows from nothing to all.  [default: 0]"
    ),
]
Peft = Annotated[
    str | None,
    typer.Option(
        help="full, or what of the encoder is learned: lora, adapter or bitfit.  [default: full]"
    ),
]
LayerDecay = Annotated[
    float | None,
    typer.Option(help="Each layer learns at this share of the next one's rate.  [default: 1]"),
]
ShortFirst = Annotated[
    bool | None,
    typer.Option(
        "--short-first/--no-short-first", help="The first epoch goes from short clips to long ones."
    ),
]
Average = Annotated[
    int | None,
    typer.Option(help="Try the mean of so many last checkpoints too.  [default: 0]"),
]
Select = Annotated[
    str | None,
    typer.Option(
        help="greedy or lm: whose dev WER says which checkpoint is best.  [default: greedy]"
    ),
]

# On which machine

Precision = Annotated[str | None, typer.Option(help="auto, fp32, bf16 or fp16.  [default: auto]")]
Workers = Annotated[int | None, typer.Option(help="Processes that read audio.")]
CacheFeatures = Annotated[
    bool | None,
    typer.Option(
        "--cache-features",
        help="Keep what the frozen convolutions make of each clip on disk, 184 MB per hour.",
    ),
]
StepTimes = Annotated[
    bool | None,
    typer.Option("--step-times", help="Show in the end where the time of the updates went."),
]
