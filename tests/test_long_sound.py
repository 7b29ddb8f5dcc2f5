"""Emissions of long recordings, heard in chunks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from acoustic_material import make_network, sing
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from w2vctc.acoustic.emissions import AcousticModel, compute_emissions
from w2vctc.acoustic.listening import listen
from w2vctc.acoustic.long_sound import (
    Chunking,
    cut_chunks,
    read_chunks,
)
from w2vctc.acoustic.training.assembly import make_extractor
from w2vctc.errors import DataError
from w2vctc.speech.activity import ActivityOptions
from w2vctc.speech.audio import load_audio
from w2vctc.speech.sound_statistics import measure_sound
from w2vctc.speech.survey import SurveyOptions, survey_recording
from w2vctc.vocab import build_vocabulary

VOCABULARY = build_vocabulary(["aeioksmt"])
CHUNKS = Chunking(chunk_s=1.0, context_s=0.5, whole_s=2.0)

pytestmark = pytest.mark.usefixtures("one_thread")


Pieces = Iterator[tuple[int, NDArray[np.float32]]]


def stream_emissions(model: AcousticModel, *known: Any, **options: Any) -> Pieces:
    """Each chunk's frames that are kept, heard one chunk after the other."""
    for chunk in cut_chunks(model, *known, **options):
        yield from chunk.cut(listen(model, [chunk.window])[0])


def hear_recording(
    model: AcousticModel,
    path: Path,
    *,
    chunking: Chunking | None = None,
    activity: ActivityOptions | None = None,
) -> tuple[float, Pieces]:
    (survey,) = survey_recording(path, SurveyOptions(activity=activity))
    chunks = read_chunks(model, survey, chunking)
    heard = (piece for one in chunks for piece in one.cut(listen(model, [one.window])[0]))
    return survey.duration_s, heard


def make_model(norm: str, *, normalizes: bool = True, hears_far: bool = False) -> AcousticModel:
    """A model; without `hears_far` what is further than its convolutions reach means nothing."""
    torch.manual_seed(5)
    network = make_network(VOCABULARY, norm=norm).eval()
    if not hears_far:
        for layer in network.wav2vec2.encoder.layers:
            torch.nn.init.zeros_(layer.attention.out_proj.weight)
    extractor = make_extractor(network.config)
    extractor.do_normalize = normalizes
    return AcousticModel(network, extractor, VOCABULARY, torch.device("cpu"), Path("model"))


def make_recording(duration_s: float, *, seed: int = 1) -> NDArray[np.float32]:
    """A song that gets louder and has an offset: its parts differ from the whole."""
    song = np.tile(sing("aeio ksmt tia", seed=seed), 30)[: round(duration_s * 16_000)]
    return np.asarray(song * np.linspace(0.1, 1.0, len(song)) + 0.05, dtype=np.float32)


def in_blocks(waveform: NDArray[np.float32], size: int) -> Any:
    def blocks() -> Iterator[NDArray[np.float32]]:
        for start in range(0, len(waveform), size):
            yield waveform[start : start + size]

    return blocks


def hear(
    model: AcousticModel,
    waveform: NDArray[np.float32],
    chunking: Chunking = CHUNKS,
    size: int = 700,
) -> NDArray[np.float32]:
    blocks = in_blocks(waveform, size)
    parts = list(stream_emissions(model, blocks, measure_sound(blocks), chunking=chunking))
    assert chunking != CHUNKS or (len(parts) > 1) == (len(waveform) > 2.0 * 16_000)
    assert [first for first, _ in parts] == [
        sum(len(part) for _, part in parts[:n]) for n in range(len(parts))
    ]
    return np.concatenate([part for _, part in parts])


@pytest.mark.parametrize("norm", ["group", "layer"])
@pytest.mark.parametrize("normalizes", [True, False])
@pytest.mark.parametrize("duration_s", [1.9, 2.011, 5.0, 7.3])
def test_chunks_give_what_the_whole_gives(norm: str, normalizes: bool, duration_s: float) -> None:
    model = make_model(norm, normalizes=normalizes)
    waveform = make_recording(duration_s)
    whole = compute_emissions(model, waveform)
    np.testing.assert_allclose(hear(model, waveform), whole, atol=2e-4)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(2_000, 80_000),
    st.integers(100, 30_000),
    st.floats(0.1, 3.0),
    st.sampled_from(["group", "layer"]),
)
def test_no_frame_is_lost_or_heard_twice(n: int, size: int, chunk_s: float, norm: str) -> None:
    model = MODELS[norm]
    waveform = make_recording(n / 16_000)
    whole = compute_emissions(model, waveform)
    heard = hear(model, waveform, Chunking(chunk_s, 0.4, whole_s=0.0), size)
    np.testing.assert_allclose(heard, whole, atol=2e-4)


@pytest.mark.parametrize("norm", ["group", "layer"])
def test_only_the_wanted_frames_are_heard(norm: str) -> None:
    model = make_model(norm)
    waveform = make_recording(8.0)
    blocks = in_blocks(waveform, 3_000)
    spans = [(30, 40), (45, 190), (300, 10_000)]
    whole = compute_emissions(model, waveform)
    heard = stream_emissions(model, blocks, measure_sound(blocks), chunking=CHUNKS, spans=spans)
    frames: list[int] = []
    for first, part in heard:
        np.testing.assert_allclose(part, whole[first : first + len(part)], atol=2e-4)
        frames += range(first, first + len(part))
    assert frames == [*range(30, 40), *range(45, 190), *range(300, len(whole))]


def test_spans_close_to_each_other_share_a_window() -> None:
    model = make_model("layer")
    blocks = in_blocks(make_recording(8.0), 3_000)
    spans = [(30, 40), (45, 60), (80, 100), (200, 210)]
    chunks = list(cut_chunks(model, blocks, measure_sound(blocks), chunking=CHUNKS, spans=spans))
    assert [chunk.kept for chunk in chunks] == [((30, 40), (45, 60)), ((80, 100),), ((200, 210),)]


@pytest.mark.parametrize("norm", ["group", "layer"])
def test_a_recording_that_fits_is_heard_at_once(norm: str) -> None:
    model = make_model(norm, hears_far=True)
    waveform = make_recording(1.95)
    np.testing.assert_allclose(hear(model, waveform), compute_emissions(model, waveform), atol=2e-5)


def test_the_network_is_as_it_was_afterwards() -> None:
    model = make_model("group")
    short = make_recording(1.0)
    before = compute_emissions(model, short)
    hear(model, make_recording(4.0, seed=2))
    np.testing.assert_array_equal(compute_emissions(model, short), before)


def test_a_recording_without_a_frame_is_refused() -> None:
    model = make_model("layer")
    blocks = in_blocks(np.zeros(300, np.float32), 100)
    with pytest.raises(DataError, match=r"a\.wav: 300 samples at 16 kHz") as caught:
        list(stream_emissions(model, blocks, measure_sound(blocks), name="a.wav"))
    assert caught.value.code == "E_TOO_SHORT"


def test_no_more_than_a_chunk_and_its_context_is_held() -> None:
    model = make_model("group")
    waveform = make_recording(20.0)
    heard_at_once = []
    listen = model.network.forward

    def record(values: torch.Tensor, **known: Any) -> Any:
        heard_at_once.append(values.shape[1])
        return listen(values, **known)

    model.network.forward = record
    hear(model, waveform)
    assert max(heard_at_once) <= 2.0 * 16_000 + 1_360  # and what the last frame reaches


def save_pauses(path: Path) -> NDArray[np.float32]:
    """Song, five seconds of hiss, song, at 24 kHz; what `load_audio` makes of it."""
    hiss = 1e-4 * np.random.default_rng(0).standard_normal(5 * 16_000).astype(np.float32)
    sound = np.concatenate([make_recording(4.0), hiss, make_recording(3.0)])
    soundfile.write(path, resample_to(sound, 24_000), 24_000, subtype="FLOAT")
    return load_audio(path)


def resample_to(waveform: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    import soxr

    return np.asarray(soxr.resample(waveform, 16_000, rate), dtype=np.float32)


@pytest.mark.parametrize("norm", ["group", "layer"])
def test_pauses_of_a_long_file_are_not_heard(tmp_path: Path, norm: str) -> None:
    model = make_model(norm)
    whole = compute_emissions(model, save_pauses(tmp_path / "a.wav"))
    duration_s, pieces = hear_recording(
        model, tmp_path / "a.wav", chunking=CHUNKS, activity=ActivityOptions()
    )
    assert duration_s == pytest.approx(12.0, abs=1e-3)
    frames: list[int] = []
    for first, part in pieces:
        np.testing.assert_allclose(part, whole[first : first + len(part)], atol=5e-4)
        frames += range(first, first + len(part))
    assert frames == sorted(set(frames))
    left_out = set(range(len(whole))) - set(frames)
    assert set(range(220, 435)) <= left_out  # 4.4 to 8.7 s
    assert left_out <= set(range(195, 455))


def test_all_of_a_long_file_is_heard_where_pauses_are_wanted_too(tmp_path: Path) -> None:
    model = make_model("layer")
    whole = compute_emissions(model, save_pauses(tmp_path / "a.wav"))
    _, found = hear_recording(model, tmp_path / "a.wav", chunking=CHUNKS)
    pieces = [part for _, part in found]
    np.testing.assert_allclose(np.concatenate(pieces), whole, atol=5e-4)


def test_a_short_file_is_heard_as_it_was_trained_on(tmp_path: Path) -> None:
    model = make_model("group", hears_far=True)
    waveform = save_pauses(tmp_path / "a.wav")
    _, found = hear_recording(model, tmp_path / "a.wav", activity=ActivityOptions())
    ((first, heard),) = found
    assert first == 0
    np.testing.assert_allclose(heard, compute_emissions(model, waveform), atol=2e-5)


MODELS = {norm: make_model(norm) for norm in ("group", "layer")}
