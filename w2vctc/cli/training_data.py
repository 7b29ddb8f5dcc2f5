"""What a training run is made of: rows, vocabulary and schedule, after every check."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from w2vctc.words import numbered

if TYPE_CHECKING:
    from w2vctc.acoustic.presets import Schedule
    from w2vctc.acoustic.training.data import TrainingData
    from w2vctc.acoustic.training.options import FinetuneOptions
    from w2vctc.cli.datasets import Datasets
    from w2vctc.corpus.checks.rows import CheckedRows
    from w2vctc.corpus.corpus import Corpus
    from w2vctc.project import Project
    from w2vctc.vocab import Vocabulary


def prepare_training(
    project: "Project",
    options: "FinetuneOptions",
    *,
    resume: bool,
    overwrite: bool,
    writes: bool = True,
) -> "tuple[TrainingData, Schedule]":
    """What is trained on, and how, after everything that a person can get wrong was looked at.

    writes: whether a vocabulary and lists of bad rows may be written.
    """
    from w2vctc.acoustic.monitoring.loggers import check_logger
    from w2vctc.acoustic.training.options import apply_options, check_options
    from w2vctc.acoustic.training.run import RUN_FOLDER
    from w2vctc.acoustic.training.stopping import refuse_locked
    from w2vctc.cli.datasets import describe_shares, open_datasets
    from w2vctc.cli.screen import say
    from w2vctc.files import refuse_unwritable

    check_options(options)
    check_logger(options.logger)
    changes = describe_augmentation(options)
    refuse_unwritable(project.model / RUN_FOLDER)
    refuse_locked(project.model / RUN_FOLDER)
    if not (resume or overwrite):
        _refuse_to_lose(project.model)
    datasets = open_datasets(project, options.more_data)
    vocabulary = _open_vocabulary(project, datasets.joined(), say, save=writes)
    from w2vctc.acoustic.model import load_config
    from w2vctc.acoustic.presets import choose_schedule

    config = load_config(options.model, allow_pickle=options.allow_pickle)
    data = _check_data(project, datasets, options, vocabulary, config, writes=writes)
    minutes = sum(row.duration_s or 0.0 for row in data.train) / 60
    schedule = apply_options(
        choose_schedule(
            model=options.model,
            hidden_size=config.hidden_size,
            minutes=minutes,
            preset=options.preset,
            peft=options.peft,
        ),
        options,
    )
    n_train, n_dev = numbered(len(data.train), "clip"), numbered(len(data.dev), "clip")
    say(f"{minutes:.0f} minutes in {n_train}; dev has {n_dev}")
    if data.parts:
        say(describe_shares(data.shares(options.sampling_exponent)))
    say(_describe(schedule, options))
    if changes:
        say(changes)
    return data, schedule


def _refuse_to_lose(folder: Path) -> None:
    """Raises UsageError where a finished model or hours of an unfinished run would go."""
    from w2vctc.acoustic.source import is_trained
    from w2vctc.acoustic.training.checkpoints import list_checkpoints
    from w2vctc.acoustic.training.run import RUN_FOLDER
    from w2vctc.errors import UsageError

    if list_checkpoints(folder / RUN_FOLDER):
        raise UsageError(
            f"{folder / RUN_FOLDER}: a run that was broken off is there",
            hint="go on with it with --resume, or begin anew with --overwrite",
        )
    if is_trained(folder):
        raise UsageError(
            f"{folder}: a finished model is there",
            hint="give --out another folder, or train over it with --overwrite",
        )


def _open_vocabulary(
    project: "Project", corpus: "Corpus", say: Callable[[str], None], *, save: bool
) -> "Vocabulary":
    from w2vctc.cli.build_vocab import build_vocab
    from w2vctc.vocab import load_vocabulary

    if (project.model / "vocab.json").exists():
        return load_vocabulary(project.model)
    if save:
        say(f"no vocabulary in {project.model} yet: building it (w2vctc build-vocab shows it)")
    return build_vocab(project, corpus=corpus, save=save).vocabulary


def _check_data(
    project: "Project",
    datasets: "Datasets",
    options: "FinetuneOptions",
    vocabulary: "Vocabulary",
    config: Any,
    *,
    writes: bool,
) -> "TrainingData":
    """The checked rows of train and dev."""
    from w2vctc.acoustic.clips.sampling import DatasetPart
    from w2vctc.acoustic.monitoring.guards import check_spelling
    from w2vctc.acoustic.training.data import TrainingData
    from w2vctc.cli.datasets import join_checked
    from w2vctc.cli.rows import take_rows
    from w2vctc.cli.screen import say
    from w2vctc.errors import DataError

    check = _make_check(project, options, vocabulary, config)
    splits = {}
    for split in ("train", "dev"):
        checked = [check(corpus, split) for corpus in datasets.of_split(split)]
        reject_to = project.model / "training" if writes else None
        take_rows(join_checked(checked), split, skip_bad=options.skip_bad, reject_to=reject_to)
        for place, part in zip(datasets.name_split(split), checked, strict=True):
            if not part.kept:
                raise DataError(f"{place}: no row can be used", hint="see the reasons above")
        splits[split] = [part.kept for part in checked]
    for rows in splits["train"]:  # one by one: a small one of another script would not stand out
        check_spelling(rows, vocabulary, on_note=say)
    sizes = map(len, splits["train"])
    return TrainingData(
        [row for rows in splits["train"] for row in rows],
        splits["dev"][0],
        vocabulary,
        [DatasetPart(*part) for part in zip(datasets.names, sizes, strict=False)],
    )


def _make_check(
    project: "Project", options: "FinetuneOptions", vocabulary: "Vocabulary", config: Any
) -> "Callable[[Corpus, str], CheckedRows]":
    """What sorts the rows of a split: every dataset's by the rules of the project's language."""
    from w2vctc.acoustic.model import count_model_frames
    from w2vctc.cli.rows import make_normalizer, open_profile, rows_of_split
    from w2vctc.corpus.checks.rows import check_rows

    profile = open_profile(project)

    def check(corpus: "Corpus", split: str) -> "CheckedRows":
        rows, faults = rows_of_split(corpus, split)
        return check_rows(
            rows,
            normalize=make_normalizer(profile),
            encode=vocabulary.encode,
            count_frames=lambda n_samples: count_model_frames(config, n_samples),
            max_duration_s=options.max_duration,
            profile=profile,
        ).with_faults(faults)

    return check


def _describe(schedule: "Schedule", options: "FinetuneOptions") -> str:
    length = f"{schedule.updates:,} updates" if schedule.updates else f"{schedule.epochs:g} epochs"
    frozen = (
        f", the encoder frozen for the first {schedule.freeze_encoder_updates:,}"
        if schedule.freeze_encoder_updates
        else ""
    )
    seconds = schedule.batch_s * schedule.accumulation
    own_rate = options.peft != "full" and options.learning_rate is None
    return (
        f"schedule '{schedule.name}': {length} of {seconds:g} s,"
        f" learning rate {schedule.learning_rate:g}"
        + (f" (the one for --peft {options.peft})" if own_rate else "")
        + frozen
    )


def describe_augmentation(options: "FinetuneOptions") -> str:
    """What happens to clips before they are heard, "" for nothing.

    Raises UsageError or DataError for a noise folder that cannot be used.
    """
    from w2vctc.acoustic.clips.augmentation import open_augmentation, parse_kinds

    augmentation = open_augmentation(
        parse_kinds(options.augment), seed=options.seed, noise_folder=options.noise_folder
    )
    if augmentation is None:
        return ""
    kinds = ", ".join(augmentation.kinds)
    noises = augmentation.noises
    heard = f" ({numbered(len(noises.paths), 'recording')} of noise)" if noises else ""
    ramp = options.augment_ramp
    growing = (
        f"; more and more of them in the first {100 * ramp:g} % of the updates" if ramp else ""
    )
    return f"each hearing of a clip differs: {kinds}{heard}{growing}"
