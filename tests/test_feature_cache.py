"""Kept features: the same training without the convolutions, and nothing damaged is believed."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from acoustic_material import (
    SHORT_SCHEDULE,
    make_data,
    make_network,
    make_rows,
    save_source,
    train_small,
)

from w2vctc.acoustic.clips import feature_cache
from w2vctc.acoustic.clips.dataset import CtcCollator, SpeechDataset
from w2vctc.acoustic.clips.feature_cache import (
    DamagedFeaturesError,
    fingerprint_encoder,
    given_features,
    keep_features,
    read_features,
    trim,
    write_features,
)
from w2vctc.acoustic.training.assembly import make_extractor
from w2vctc.acoustic.training.data import TrainingData
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError, MachineError, UsageError

CPU = torch.device("cpu")


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> TrainingData:
    return make_data(tmp_path_factory.mktemp("data"), n_train=8, n_dev=3)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("W2VCTC_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "features"


def keep(network: Any, rows: Any, notes: list[str] | None = None, **more: Any) -> list[Path]:
    collator = CtcCollator(make_extractor(network.config))
    return keep_features(
        network,
        rows,
        normalize=collator.normalize,
        device=CPU,
        on_note=(notes if notes is not None else []).append,
        **more,
    )


@pytest.mark.parametrize("norm", ["layer", "group"])
def test_a_batch_of_kept_features_is_heard_as_each_clip_alone(
    data: TrainingData, norm: str
) -> None:
    """Whatever its neighbours' lengths; with the group norm a batch of sound is not."""
    network = make_network(data.vocabulary, norm=norm).eval()
    rows = data.train[:3]
    collator = CtcCollator(make_extractor(network.config))
    dataset = SpeechDataset(rows, [[3]] * 3, feature_files=keep(network, rows))
    batch = collator([dataset[row] for row in range(3)])
    with torch.no_grad(), given_features(network, batch["features"]):
        together = network(batch["input_values"], attention_mask=batch["attention_mask"]).logits
    heard = SpeechDataset(rows, [[3]] * 3)
    lengths = set()
    for row in range(3):
        alone = collator([heard[row]])
        with torch.no_grad():
            logits = network(alone["input_values"]).logits[0]
        lengths.add(len(logits))
        np.testing.assert_allclose(together[row, : len(logits)], logits, atol=5e-3)
        assert batch["attention_mask"][row].sum() == alone["attention_mask"].sum()
    assert len(lengths) > 1


@pytest.mark.parametrize("norm", ["layer", "group"])
def test_training_on_kept_features_learns_the_same(
    tmp_path: Path, data: TrainingData, norm: str
) -> None:
    network = make_network(data.vocabulary, norm=norm)
    source = save_source(tmp_path / "source", network, data.vocabulary)
    losses: dict[bool, list[float]] = {}
    for kept in (False, True):
        events: list[Any] = []
        # a clip alone in each batch: no padding, so that the group norm is the same too
        schedule = replace(SHORT_SCHEDULE, batch_s=0.1)
        train_small(
            data,
            tmp_path / f"{kept}",
            source=source,
            schedule=schedule,
            cache_features=kept,
            on_event=events.append,
        )
        losses[kept] = [event.loss for event in events if event.loss is not None]
    assert len(losses[True]) == SHORT_SCHEDULE.updates
    np.testing.assert_allclose(losses[True], losses[False], rtol=2e-3)
    assert losses[True] != losses[False]  # half floats: they were in use


def test_a_resumed_run_hears_the_same_features(
    tmp_path: Path, data: TrainingData, cache: Path
) -> None:
    import os
    import signal

    source = save_source(tmp_path / "source", make_network(data.vocabulary), data.vocabulary)

    def stop(event: Any) -> None:
        if event.step == 6:
            os.kill(os.getpid(), signal.SIGINT)

    train_small(data, tmp_path / "once", source=source, cache_features=True)
    run = train_small(data, tmp_path / "twice", source=source, cache_features=True, on_event=stop)
    assert run.interrupted
    # one is damaged and one lost in between: both are computed anew
    first, second, *_ = sorted(cache.glob("*/*.features"))
    first.write_bytes(first.read_bytes()[:-1])
    second.unlink()
    notes: list[str] = []
    train_small(
        data,
        tmp_path / "twice",
        source=source,
        cache_features=True,
        resume=True,
        on_note=notes.append,
    )
    assert f"computing the features of 2 clips once, into {cache}" in notes
    weights = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("once", "twice")]
    assert weights[0] == weights[1]


def test_what_was_kept_is_found_by_sound_and_weights(data: TrainingData) -> None:
    network = make_network(data.vocabulary)
    notes: list[str] = []
    first = keep(network, data.train, notes)
    assert notes[-1].endswith("; 0 were kept")
    renamed = [replace(row, id=f"x{row.id}", text="k") for row in data.train]
    assert keep(network, renamed, notes) == first
    assert notes[-1].startswith("features of 8 clips, ")
    assert notes[-1].endswith("; 8 were kept")
    piece = [replace(data.train[0], end_s=0.5)]
    assert not set(keep(network, piece)) & set(first)
    encoder = make_network(data.vocabulary)
    with torch.no_grad():
        encoder.lm_head.weight.add_(1)  # no part of the feature encoder
    assert fingerprint_encoder(encoder) == fingerprint_encoder(network)
    with torch.no_grad():
        encoder.wav2vec2.feature_extractor.conv_layers[1].conv.weight[0, 0, 0] += 1e-6
    assert not set(keep(encoder, data.train)) & set(first)


def test_features_that_are_damaged_while_it_trains_stop_the_run(data: TrainingData) -> None:
    (path,) = keep(make_network(data.vocabulary), data.train[:1])
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)
    with pytest.raises(DamagedFeaturesError):
        read_features(path)
    with pytest.raises(DataError) as caught:
        SpeechDataset(data.train[:1], [[3]], feature_files=[path])[0]
    assert caught.value.code == "E_CHANGED"
    assert caught.value.message == f"{path}: kept features cannot be read: damaged"
    assert "--resume" in caught.value.hint


def test_no_work_is_begun_for_features_that_have_no_room(
    data: TrainingData, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = [replace(row, duration_s=3600.0) for row in data.train]
    monkeypatch.setattr(feature_cache, "encode", pytest.fail)
    with pytest.raises(MachineError) as caught:
        keep(make_network(data.vocabulary), long, limit_bytes=1_000_000)
    assert caught.value.code == "E_DISK"
    assert caught.value.message == (
        f"{cache}: the features would take 0.1 GB, 0.0 GB at most are for them"
    )
    assert not cache.exists()


def test_a_recording_that_is_gone_is_named(data: TrainingData, tmp_path: Path) -> None:
    gone = Utterance(id="x", audio=tmp_path / "x.wav", text="k", duration_s=1.0)
    with pytest.raises(DataError) as caught:
        keep(make_network(data.vocabulary), [gone])
    assert caught.value.code == "E_CHANGED"
    assert caught.value.message == f"{tmp_path}/x.wav: no such file or directory"


def test_what_was_not_used_for_longest_makes_room(tmp_path: Path) -> None:
    import os

    values = np.zeros((10, 4), np.float16)
    paths = [tmp_path / "aa" / f"{number}.features" for number in range(4)]
    for age, path in enumerate(paths):
        write_features(path, values, 4_000)
        os.utime(path, (1_000_000 - age, 1_000_000 - age))
    size = paths[0].stat().st_size
    assert trim(tmp_path, limit_bytes=2 * size, keep=frozenset(paths[3:])) == 2
    assert [path.exists() for path in paths] == [True, False, False, True]
    found = read_features(paths[0])
    assert found.n_samples == 4_000
    assert found.values.shape == (10, 4)


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"model": "tiny"}, "learns"), ({"augment": "speed"}, "sounds different")],
)
def test_features_that_change_cannot_be_kept(change: dict[str, str], reason: str) -> None:
    from w2vctc.acoustic.training.options import FinetuneOptions, check_options

    options = FinetuneOptions(**{"model": "base", "cache_features": True, **change})  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=f"--cache-features: .*{reason}"):
        check_options(options)


def test_rows_of_one_recording_are_hashed_once(
    data: TrainingData, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hashed: list[Path] = []

    def hash_file(path: Path) -> str:
        hashed.append(path)
        return "0"

    monkeypatch.setattr(feature_cache, "hash_file", hash_file)
    (row,) = make_rows(tmp_path, ["kas mot"], split="x", seed=1)
    pieces = [replace(row, start_s=0.1 * n, end_s=0.1 * n + 0.4) for n in range(3)]
    assert len(set(keep(make_network(data.vocabulary), pieces))) == 3
    assert hashed == [row.audio]
