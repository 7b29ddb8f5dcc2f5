"""Which distortions a clip meets: decided by seed, row and hearing, and by nothing else."""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from acoustic_material import SHORT_SCHEDULE, make_data, make_network, save_source, train_small
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from speech_material import SAMPLE_RATE_HZ, make_babble, write_wav
from torch.utils.data import DataLoader

from w2vctc.acoustic.clips.augmentation import (
    KINDS,
    Augmentation,
    change_speed,
    count_needed_frames,
    open_augmentation,
    parse_kinds,
)
from w2vctc.acoustic.clips.augmented import (
    LONGEST_JOINED_S,
    AugmentedDataset,
    make_training_set,
    number_hearings,
)
from w2vctc.acoustic.clips.batches import PlannedBatches
from w2vctc.acoustic.clips.dataset import SpeechDataset
from w2vctc.acoustic.clips.noise import add_noise, find_noises
from w2vctc.acoustic.model import count_model_frames
from w2vctc.acoustic.training.data import TrainingData
from w2vctc.acoustic.training.options import FinetuneOptions, check_options
from w2vctc.cli.main import main
from w2vctc.cli.training_data import describe_augmentation
from w2vctc.errors import DataError, UsageError

FITS: Callable[[int], bool] = lambda _: True  # noqa: E731


@pytest.fixture
def noises(tmp_path: Path) -> Path:
    random = np.random.default_rng(1)
    folder = tmp_path / "noises"
    (folder / "streets").mkdir(parents=True)
    for name, duration_s in (("fan", 0.3), ("streets/rain", 4.0)):
        hiss = 0.1 * random.standard_normal(round(duration_s * SAMPLE_RATE_HZ))
        write_wav(folder / f"{name}.wav", hiss.astype(np.float32))
    (folder / "readme.txt").write_text("not a sound")
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> TrainingData:
    return make_data(tmp_path_factory.mktemp("data"), n_train=10, n_dev=3)


def hear(
    augmentation: Augmentation, *, row: int = 3, visit: int = 1, seed: int = 0
) -> NDArray[np.float32]:
    return augmentation.apply(
        make_babble(duration_s=1.5, seed=seed), row=row, visit=visit, fits=FITS
    )


# The kinds


def test_kinds_are_read_in_any_order_and_kept_in_one() -> None:
    assert parse_kinds("gain, speed") == ("speed", "gain")
    assert parse_kinds("") == ()
    assert parse_kinds(",".join(reversed(KINDS))) == KINDS
    with pytest.raises(UsageError) as caught:
        parse_kinds("speed,echo,flange")
    assert caught.value.message == "--augment speed,echo,flange: no kind 'echo', 'flange'"
    assert "phone" in caught.value.hint


def test_a_clip_sounds_the_same_at_the_same_hearing_and_differently_at_others(
    noises: Path,
) -> None:
    augmentation = open_augmentation(KINDS, seed=7, noise_folder=str(noises))
    assert augmentation is not None
    np.testing.assert_array_equal(hear(augmentation), hear(augmentation))
    others = [hear(augmentation, visit=2), hear(augmentation, row=4)]
    others.append(hear(replace(augmentation, seed=8)))
    assert all(not np.array_equal(hear(augmentation), other) for other in others)


def test_a_kind_draws_the_same_whether_others_are_on_or_off() -> None:
    """So that runs that differ in one kind differ in nothing else."""
    alone, among = (Augmentation(kinds, 1) for kinds in (("speed",), ("speed", "gain")))
    lengths = [[len(hear(a, visit=visit)) for visit in range(12)] for a in (alone, among)]
    assert lengths[0] == lengths[1]
    assert len(set(lengths[0])) == 3


def test_every_kind_meets_some_clips_and_spares_others() -> None:
    clean = make_babble(duration_s=1.5)
    for kind in ("pauses", "room", "phone", "gain"):
        changed = [
            not np.array_equal(hear(Augmentation((kind,), 1), visit=visit), clean)
            for visit in range(60)
        ]
        assert 5 < sum(changed) < 50, kind


def test_a_share_of_full_strength_changes_that_share_of_hearings_as_full_strength_does() -> None:
    for kind, full_share in (("speed", 2 / 3), ("room", 0.3), ("gain", 0.5)):
        changed = []
        for visit in range(300):
            voice = make_babble(duration_s=0.05)
            clean, half, full = (
                Augmentation((kind,), 1).apply(
                    voice, row=0, visit=visit, fits=FITS, strength=strength
                )
                for strength in (0.0, 0.5, 1.0)
            )
            np.testing.assert_array_equal(clean, voice)
            changed.append([not np.array_equal(heard, voice) for heard in (half, full)])
            if changed[-1][0]:
                np.testing.assert_array_equal(half, full)
        shares = np.mean(changed, axis=0)
        assert shares == pytest.approx([full_share / 2, full_share], abs=0.1), kind


def test_nothing_asked_for_is_nothing_done() -> None:
    assert open_augmentation((), seed=1, noise_folder=None) is None


# Speed


@pytest.mark.parametrize(("speed", "n_samples"), [(0.9, 17_778), (1.0, 16_000), (1.1, 14_546)])
def test_speed_changes_length_and_pitch_together(speed: float, n_samples: int) -> None:
    time_s = np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    waveform = np.sin(2 * np.pi * 1_000 * time_s).astype(np.float32)
    heard = change_speed(waveform, speed=speed, fits=FITS)
    assert len(heard) == pytest.approx(n_samples, abs=2)
    pitch_hz = np.abs(np.fft.rfft(heard)).argmax() * SAMPLE_RATE_HZ / len(heard)
    assert pitch_hz == pytest.approx(1_000 * speed, abs=2)


@given(
    n_samples=st.integers(1_400, 30_000),
    seed=st.integers(0, 50),
    share=st.floats(0.5, 1.0),
)
def test_a_clip_that_fits_its_labels_fits_them_still(
    n_samples: int, seed: int, share: float
) -> None:
    """CTC needs a frame for each label: such a clip is not made faster."""
    config = type(
        "Config", (), {"conv_kernel": (400, 3, 3), "conv_stride": (160, 2, 1)}
    )  # the tiny model's
    needed = int(count_model_frames(config, n_samples) * share)
    waveform = np.ones(n_samples, np.float32)
    for visit in range(4):
        heard = Augmentation(("speed",), seed).apply(
            waveform,
            row=0,
            visit=visit,
            fits=lambda n: count_model_frames(config, n) >= needed,
        )
        assert count_model_frames(config, len(heard)) >= needed


def test_a_doubled_letter_needs_a_frame_between() -> None:
    assert count_needed_frames([1, 2, 2, 2, 3]) == 7
    assert count_needed_frames([]) == 0


# Noise


def test_noise_lies_3_to_20_db_below_the_voice(noises: Path) -> None:
    voice = make_babble(duration_s=2.0)
    found = find_noises(noises)
    ratios_db = []
    for seed in range(40):
        noise = add_noise(voice, found, np.random.default_rng(seed)) - voice
        assert len(noise) == len(voice)
        ratios_db.append(10 * np.log10(np.square(voice).mean() / np.square(noise).mean()))
    assert 3 <= min(ratios_db) < 6
    assert 17 < max(ratios_db) <= 20.01


def test_noises_are_found_in_subfolders_and_nothing_else_is(noises: Path) -> None:
    assert [path.name for path in find_noises(noises).paths] == ["fan.wav", "rain.wav"]
    assert find_noises(noises).durations_s == (0.3, 4.0)


def test_a_noise_folder_without_sounds_or_with_a_broken_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        find_noises(tmp_path / "gone")
    (tmp_path / "text.txt").write_text("x")
    with pytest.raises(UsageError, match="no sounds in it"):
        find_noises(tmp_path)
    (tmp_path / "broken.wav").write_bytes(b"RIFF....")
    with pytest.raises(DataError):
        find_noises(tmp_path)


def test_a_noise_that_is_gone_later_is_named(noises: Path) -> None:
    found = find_noises(noises)
    for path in found.paths:
        path.unlink()
    with pytest.raises(DataError, match=r"^noise folder: .*\.wav"):
        add_noise(make_babble(duration_s=1.0), found, np.random.default_rng(1))


def test_silent_noise_adds_nothing(tmp_path: Path) -> None:
    write_wav(tmp_path / "silence.wav", np.zeros(8_000, np.float32))
    voice = make_babble(duration_s=1.0)
    heard = add_noise(voice, find_noises(tmp_path), np.random.default_rng(1))
    np.testing.assert_array_equal(heard, voice)


# The dataset


@given(
    st.lists(st.lists(st.integers(0, 6), min_size=1, max_size=4), max_size=12), st.integers(0, 15)
)
def test_visits_and_the_ramp_are_counted_row_by_row(plan: list[list[int]], n_ramp: int) -> None:
    seen: dict[int, int] = {}
    numbered = number_hearings(plan, n_rows=7, n_ramp_batches=n_ramp)
    for number, (batch, indices) in enumerate(zip(plan, numbered, strict=True)):
        assert [index % 7 for index in indices] == batch
        places = [divmod(index // 7, n_ramp + 1) for index in indices]
        assert places == [(seen.get(row, 0), min(number, n_ramp)) for row in batch]
        for row in batch:
            seen[row] = seen.get(row, 0) + 1


def make_dataset(
    data: TrainingData,
    *,
    n_ramp_batches: int = 0,
    kinds: tuple[str, ...] = ("speed", "room", "gain"),
) -> AugmentedDataset:
    dataset = make_training_set(
        data.train,
        data.vocabulary,
        Augmentation(kinds, 1),
        count_frames=partial(count_model_frames, make_network(data.vocabulary).config),
        n_ramp_batches=n_ramp_batches,
        memory=None,
        feature_files=None,
    )
    assert isinstance(dataset, AugmentedDataset)
    return dataset


@pytest.mark.parametrize("n_ramp_batches", [0, 3])
@pytest.mark.parametrize("kinds", [("speed", "room", "gain"), ("speed", "pauses")], ids=len)
def test_readers_and_their_number_change_nothing(
    data: TrainingData, n_ramp_batches: int, kinds: tuple[str, ...]
) -> None:
    dataset = make_dataset(data, n_ramp_batches=n_ramp_batches, kinds=kinds)
    plan = [[0, 1, 2], [3, 4], [2, 0], [1, 5], [0, 6]]
    batches = [
        [
            [example.waveform for example in batch]
            for batch in DataLoader(
                dataset,
                batch_sampler=PlannedBatches(list(dataset.index_plan(plan))),
                collate_fn=list,
                num_workers=n_workers,
            )
        ]
        for n_workers in (0, 2)
    ]
    for here, there in zip(*batches, strict=True):
        for one, other in zip(here, there, strict=True):
            np.testing.assert_array_equal(one, other)
    assert not np.array_equal(batches[0][0][0], batches[0][4][0])  # row 0, at other times
    assert dataset[4 * len(dataset) + 3].row == 3


# Clips in pairs


def test_a_third_of_the_batches_is_heard_in_pairs_and_every_clip_once(data: TrainingData) -> None:
    dataset = make_dataset(data, kinds=("pauses",))
    plan = [[0, 1, 2, 3, 4], [5, 6], [7]] * 50
    n_paired = 0
    for batch, indices in zip(plan, dataset.index_plan(plan), strict=True):
        heard = [dataset[index].labels for index in indices]
        if len(heard) == len(batch):
            assert heard == [dataset.labels[row] for row in batch]
            continue
        n_paired += 1
        pairs = [batch[place : place + 2] for place in range(0, len(batch), 2)]
        words = [[*dataset.between, *dataset.labels[row]] for row in batch]
        assert len(heard) == len(pairs)
        assert [label for labels in heard for label in [*dataset.between, *labels]] == [
            label for labels in words for label in labels
        ]
        assert [dataset[index].row for index in indices] == [pair[0] for pair in pairs]
    assert n_paired / 100 == pytest.approx(1 / 3, abs=0.15)  # a batch of one clip has no pair


def test_a_pair_says_one_clip_after_the_other_with_a_pause_between(data: TrainingData) -> None:
    dataset = make_dataset(data, kinds=("pauses",))
    plan = [[0, 1]] * 30
    paired = [batch[0] for batch in dataset.index_plan(plan) if len(batch) == 1]
    texts = {data.vocabulary.spell(dataset[index].labels) for index in paired}
    assert texts == {f"{data.train[0].text} {data.train[1].text}"}
    own = sum(len(dataset.read(row).waveform) for row in (0, 1))
    added_s = [(len(dataset[index].waveform) - own) / SAMPLE_RATE_HZ for index in paired]
    assert 0.1 <= min(added_s) < max(added_s) <= 2.0


def test_clips_stay_alone_where_two_would_be_long_or_nothing_asks_for_pairs(
    data: TrainingData,
) -> None:
    plan = [[0, 1, 2, 3]] * 40
    long = [replace(row, duration_s=LONGEST_JOINED_S / 2 + 0.1) for row in data.train]
    alone = [
        make_dataset(replace(data, train=long), kinds=("pauses",)),
        make_dataset(data, kinds=("speed",)),
    ]
    for dataset in alone:
        assert {len(batch) for batch in dataset.index_plan(plan)} == {4}


def test_pairs_come_with_the_ramp(data: TrainingData) -> None:
    dataset = make_dataset(data, n_ramp_batches=400, kinds=("pauses",))
    paired = [len(batch) == 1 for batch in dataset.index_plan([[0, 1]] * 800)]
    assert not paired[0]
    assert sum(paired[:200]) < 30 < sum(paired[200:400])
    full = make_dataset(data, kinds=("pauses",)).index_plan([[0, 1]] * 800)
    assert paired[400:] == [len(batch) == 1 for batch in full[400:]]


@pytest.mark.parametrize("ramp", [0.0, 0.7], ids=["full", "growing"])
def test_a_run_with_augmentation_is_learned_from_and_resumes_bit_for_bit(
    tmp_path: Path, data: TrainingData, noises: Path, ramp: float
) -> None:
    from test_finetuning import raise_signal_at

    torch.set_num_threads(1)
    source = save_source(tmp_path / "source", make_network(data.vocabulary), data.vocabulary)
    options: dict[str, Any] = {"augment": ",".join(KINDS), "noise_folder": str(noises)}
    options["augment_ramp"] = ramp
    weights = []
    for name, watch in (("once", raise_signal_at()), ("twice", raise_signal_at(5))):
        folder = tmp_path / name
        run = train_small(data, folder, source=source, on_event=watch, **options)
        if run.interrupted:
            train_small(data, folder, source=source, resume=True, **options)
        weights.append((folder / "model.safetensors").read_bytes())
    assert weights[0] == weights[1]
    plain = tmp_path / "plain"
    train_small(data, plain, source=source, schedule=SHORT_SCHEDULE)
    assert (plain / "model.safetensors").read_bytes() != weights[0]


def test_a_ramp_goes_from_clean_clips_to_those_of_a_run_without_one(data: TrainingData) -> None:
    """By the place in the plan, not by how often a clip was heard."""
    climbing, full = (make_dataset(data, n_ramp_batches=n) for n in (40, 0))
    plan = [[number % 10] for number in range(60)]
    share = []
    for batch, one, other in zip(
        plan, climbing.index_plan(plan), full.index_plan(plan), strict=True
    ):
        heard, hard = climbing[one[0]].waveform, full[other[0]].waveform
        share.append(np.array_equal(heard, hard))
        if not share[-1]:
            assert not np.array_equal(hard, full.read(batch[0]).waveform)
    first = [climbing[index[0]].waveform for index in climbing.index_plan(plan)[:1]]
    np.testing.assert_array_equal(first[0], full.read(0).waveform)
    assert sum(share[:20]) < sum(share[20:40]) < 20
    assert all(share[40:])


@pytest.mark.parametrize(("ramp", "n_batches"), [(0.0, 0), (0.5, 8), (1.0, 16)])
def test_the_ramp_is_a_share_of_the_updates_whatever_an_update_is_made_of(
    tmp_path: Path,
    data: TrainingData,
    monkeypatch: pytest.MonkeyPatch,
    ramp: float,
    n_batches: int,
) -> None:
    seen: list[int] = []

    def record(*known: Any, **named: Any) -> SpeechDataset:
        seen.append(named["n_ramp_batches"])
        return make_training_set(*known, **named)

    monkeypatch.setattr("w2vctc.acoustic.training.assembly.make_training_set", record)
    source = save_source(tmp_path / "source", make_network(data.vocabulary), data.vocabulary)
    schedule = replace(SHORT_SCHEDULE, updates=8, accumulation=2, batch_s=2.0)
    train_small(
        data,
        tmp_path / "out",
        source=source,
        schedule=schedule,
        augment="gain",
        augment_ramp=ramp,
    )
    assert seen == [n_batches]


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"augment": "gain", "augment_ramp": 1.5}, "--augment-ramp 1.5 must be from 0 to 1"),
        ({"augment": "gain", "augment_ramp": -0.1}, "--augment-ramp -0.1 must be from 0 to 1"),
        ({"augment": "gain", "augment_ramp": math.nan}, "--augment-ramp nan must be from 0 to 1"),
        ({"augment_ramp": 0.5}, "--augment-ramp is for --augment"),
    ],
)
def test_a_ramp_out_of_range_or_of_nothing_is_refused(options: dict[str, Any], fault: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_options(FinetuneOptions(**options))
    assert caught.value.message == fault


def test_finetune_says_what_happens_to_clips_and_looks_at_the_noises_first(
    noises: Path, speech_rows: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = FinetuneOptions(augment="noise,speed", noise_folder=str(noises))
    assert describe_augmentation(options) == (
        "each hearing of a clip differs: speed, noise (2 recordings of noise)"
    )
    assert describe_augmentation(FinetuneOptions(augment="gain")).endswith(": gain")
    assert describe_augmentation(FinetuneOptions(augment="gain", augment_ramp=0.25)).endswith(
        ": gain; more and more of them in the first 25 % of the updates"
    )
    assert describe_augmentation(FinetuneOptions()) == ""
    arguments = ["--augment", "noise", "--noise-folder", str(tmp_path / "gone")]
    assert main(["finetune", "--data", str(speech_rows()), "--model", "base", *arguments]) == 2
    error, hint = capsys.readouterr().err.splitlines()
    assert error == f"error: --noise-folder {tmp_path / 'gone'}: no such folder"
    assert hint.startswith("hint:  name a folder of recordings without speech")
