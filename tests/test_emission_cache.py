"""Kept emissions: the same numbers, found by content, mended when damaged, never too many."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from speech_material import make_babble, write_wav

from w2vctc.acoustic.emission_cache import (
    DamagedEmissionsError,
    EmissionCache,
    fingerprint_model,
    read_emissions,
    write_emissions,
)
from w2vctc.acoustic.emissions import AcousticModel, compute_emissions, load_acoustic_model
from w2vctc.corpus.utterance import Utterance


@pytest.fixture(scope="module")
def model(model_folder: Path) -> AcousticModel:
    return load_acoustic_model(model_folder, device="cpu")


@pytest.fixture
def row(tmp_path: Path) -> Utterance:
    write_wav(tmp_path / "one.wav", make_babble(duration_s=0.5))
    return Utterance("one", tmp_path / "one.wav", "bon dia")


def open_cache(
    model: AcousticModel, tmp_path: Path, *, limit_bytes: int = 1 << 20
) -> EmissionCache:
    return EmissionCache(model, folder=tmp_path / "kept", limit_bytes=limit_bytes)


def test_kept_emissions_are_those_computed(
    model: AcousticModel, row: Utterance, tmp_path: Path
) -> None:
    fresh = compute_emissions(model, row.load())
    first, second = open_cache(model, tmp_path), open_cache(model, tmp_path)
    for cache in (first, second):
        found = cache.compute(row)
        assert found.dtype == np.float32
        assert np.array_equal(found, fresh)
    assert (first.n_made, first.n_kept) == (1, 0)
    assert (second.n_made, second.n_kept) == (0, 1)


def test_names_do_not_matter_but_sound_and_piece_do(
    model: AcousticModel, row: Utterance, tmp_path: Path
) -> None:
    cache = open_cache(model, tmp_path)
    cache.compute(row)
    shutil.copy(row.audio, tmp_path / "other name.wav")
    cache.compute(replace(row, id="two", audio=tmp_path / "other name.wav", text="adeu"))
    assert (cache.n_made, cache.n_kept) == (1, 1)
    piece = replace(row, start_s=0.1, end_s=0.4)
    assert len(cache.compute(piece)) < len(cache.compute(row))
    write_wav(tmp_path / "third.wav", make_babble(duration_s=0.5, seed=3))
    cache.compute(replace(row, audio=tmp_path / "third.wav"))
    assert cache.n_made == 3


def test_other_weights_labels_or_device_are_another_model(
    model_folder: Path, tmp_path: Path
) -> None:
    base = fingerprint_model(model_folder, device="cpu")
    assert fingerprint_model(model_folder, device="cuda") != base
    copy = Path(shutil.copytree(model_folder, tmp_path / "copy"))
    (copy / "training").mkdir()
    (copy / "language_model").mkdir()
    (copy / "language_model" / "attrs.json").write_text("{}", encoding="utf-8")
    assert fingerprint_model(copy, device="cpu") == base
    for name in ("model.safetensors", "vocab.json", "config.json", "preprocessor_config.json"):
        content = (copy / name).read_bytes()
        (copy / name).write_bytes(content + b" ")
        assert fingerprint_model(copy, device="cpu") != base, name
        (copy / name).write_bytes(content)


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "other file"])
def test_a_damaged_cache_is_noticed_said_and_rebuilt(
    model: AcousticModel, row: Utterance, tmp_path: Path, damage: str
) -> None:
    fresh = open_cache(model, tmp_path).compute(row)
    news: list[str] = []
    cache = EmissionCache(model, folder=tmp_path / "kept", on_news=news.append)
    path = cache.path_of(row)
    content = path.read_bytes()
    flipped = bytearray(content)
    flipped[-3] ^= 4
    wrong = {"cut": content[:-8], "flip": bytes(flipped), "empty": b"", "other file": b"RIFF" * 50}
    path.write_bytes(wrong[damage])
    assert np.array_equal(cache.compute(row), fresh)
    assert news == [f"{path}: damaged; computed anew"]
    assert path.read_bytes() == content


def test_the_oldest_go_when_there_is_too_much(
    model: AcousticModel, row: Utterance, tmp_path: Path
) -> None:
    size = 0
    rows = [replace(row, end_s=0.3 + 0.01 * n) for n in range(4)]
    cache = open_cache(model, tmp_path)
    for number, one in enumerate(rows):
        cache.compute(one)
        os.utime(cache.path_of(one), (1000 + number, 1000 + number))
        size = max(size, cache.path_of(one).stat().st_size)
    cache.compute(rows[0])  # asked for again: no longer the oldest
    assert open_cache(model, tmp_path).trim() == 0
    assert open_cache(model, tmp_path, limit_bytes=2 * size).trim() == 2
    assert [cache.path_of(one).exists() for one in rows] == [True, False, False, True]


def test_a_cache_that_cannot_be_written_costs_only_time(
    model: AcousticModel, row: Utterance, tmp_path: Path
) -> None:
    (tmp_path / "kept").write_text("a file", encoding="utf-8")
    news: list[str] = []
    cache = EmissionCache(model, folder=tmp_path / "kept", on_news=news.append)
    for _ in range(2):
        assert len(cache.compute(row)) > 0
    assert cache.n_made == 2
    assert len([line for line in news if "not kept" in line]) == 1


@given(n_frames=st.integers(0, 5), n_labels=st.integers(1, 4), cut=st.integers(0, 200))
def test_no_part_of_a_file_is_taken_for_the_whole(
    tmp_path_factory: pytest.TempPathFactory, n_frames: int, n_labels: int, cut: int
) -> None:
    path = tmp_path_factory.mktemp("cut") / "one.emissions"
    values = np.arange(n_frames * n_labels, dtype=np.float32).reshape(n_frames, n_labels)
    write_emissions(path, values)
    assert np.array_equal(read_emissions(path), values)
    content = path.read_bytes()
    if cut < len(content):
        path.write_bytes(content[:cut])
        with pytest.raises(DamagedEmissionsError):
            read_emissions(path)
