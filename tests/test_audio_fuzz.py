"""Damaged files of every container are read or refused: no error but ours, whatever the damage."""

import warnings
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from speech_material import encode_av, make_babble

from w2vctc.errors import DataError
from w2vctc.speech.audio import load_audio, probe_audio
from w2vctc.speech.inspection import inspect_audio

KINDS = [
    *(("WAV", "PCM_16"), ("WAV", "IMA_ADPCM"), ("RF64", "PCM_16"), ("W64", "PCM_16")),
    *(("AIFF", "PCM_16"), ("AU", "PCM_16"), ("CAF", "PCM_16"), ("FLAC", "PCM_16")),
    *(("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III"), ("NIST", "PCM_16")),
    *(("mp4", "aac"), ("webm", "libopus"), ("adts", "aac"), ("mpegts", "aac"), ("avi", "aac")),
]
# of a head: where the fields are that decide everything
PLACES = st.one_of(st.integers(0, 120), st.integers(0, 20_000))
DAMAGE = st.lists(st.tuples(PLACES, st.binary(min_size=1, max_size=6)), max_size=8)


@pytest.fixture(scope="module")
def intact(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The bytes of a second of sound in each kind of file."""
    sound = make_babble(duration_s=1.0)
    folder = tmp_path_factory.mktemp("intact")
    contents = {}
    for container, codec in KINDS:
        path = folder / f"{container}-{codec}"
        if container.isupper():
            soundfile.write(path, sound, 16_000, format=container, subtype=codec)
        else:
            encode_av(
                path, np.resize(sound, 48_000), sample_rate=48_000, container=container, codec=codec
            )
        contents[path.name] = path.read_bytes()
    return contents


def survive(path: Path) -> None:
    """Opens, inspects and loads the file; fails on any error but DataError."""
    try:
        probe_audio(path)
        found = inspect_audio(path)
    except DataError as error:
        assert error.code
        assert str(path) in error.message
        with pytest.raises(DataError):
            load_audio(path)
        return
    assert all(remark.code and str(path) in remark.message for remark in found.faults)
    try:
        waveform = load_audio(path)
    except DataError as error:
        assert error.code in [remark.code for remark in found.faults]
    else:
        assert np.isfinite(waveform).all()
        assert waveform.size


@pytest.mark.parametrize("name", [f"{container}-{codec}" for container, codec in KINDS])
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(damage=DAMAGE, cut=st.one_of(st.none(), st.integers(0, 20_000)))
def test_damaged_files_are_read_or_refused(
    tmp_path: Path,
    intact: dict[str, bytes],
    name: str,
    damage: list[tuple[int, bytes]],
    cut: int | None,
) -> None:
    content = bytearray(intact[name])
    for place, noise in damage:
        at = place % len(content)
        content[at : at + len(noise)] = noise
    path = tmp_path / "damaged"
    path.write_bytes(bytes(content[:cut]))
    survive(path)


@pytest.mark.parametrize("name", ["noise.wav", "noise.mp4", "noise.mp3", "noise.webm", "noise"])
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(content=st.binary(max_size=600), start=st.sampled_from([b"", b"ID3", b"\xff\xfb", b"OggS"]))
def test_random_bytes_are_read_or_refused(
    tmp_path: Path, name: str, content: bytes, start: bytes
) -> None:
    (tmp_path / name).write_bytes(start + content)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        survive(tmp_path / name)
