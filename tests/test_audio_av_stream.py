"""AAC, MP4, WebM, AMR and film: decoded through FFmpeg, with every sample at its own time."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from speech_material import encode_av, make_babble

from w2vctc.errors import DataError
from w2vctc.speech.audio import SAMPLE_RATE, load_audio, probe_audio
from w2vctc.speech.recording import open_recording
from w2vctc.speech.stream import read_samples

RATE = 44_100
# FFmpeg's AAC encoder swaps noise for noise (PNS); the decoder then makes up another one each time.
EXACT_AAC = {"aac_pns": "0"}
WHOLE = 1 << 60


def make_sound(*, duration_s: float = 8.0, rate: int = RATE) -> NDArray[np.float32]:
    """A sound in which each stretch is unlike every other."""
    n_samples = round(duration_s * rate)
    return np.resize(make_babble(duration_s=duration_s * 2.8, seed=3), n_samples)


def read(path: Path, start: int = 0, stop: int = WHOLE) -> NDArray[np.float32]:
    with open_recording(path) as recording:
        return read_samples(recording.stream, start, stop)


def find_delay(decoded: NDArray[np.float32], original: NDArray[np.float32]) -> int:
    """By how many samples the decoded sound lies behind the original one."""
    n_fft = 1 << 20
    product = np.fft.rfft(decoded, n_fft) * np.conj(np.fft.rfft(original, n_fft))
    peak = int(np.fft.irfft(product).argmax())
    return peak if peak < n_fft // 2 else peak - n_fft


KINDS = [
    # container, codec, rate, name of the container here
    ("mp4", "aac", RATE, "MP4"),
    ("mov", "pcm_s16le", RATE, "MP4"),
    ("mp4", "alac", RATE, "MP4"),
    ("mp4", "libopus", 48_000, "MP4"),
    ("webm", "libopus", 48_000, "MATROSKA"),
    ("matroska", "aac", RATE, "MATROSKA"),
    ("adts", "aac", RATE, "AAC"),
    ("mpegts", "aac", RATE, "MPEG-TS"),
    ("flv", "aac", RATE, "FLV"),
    ("avi", "libmp3lame", RATE, "AVI"),
]


@pytest.mark.parametrize(("container", "codec", "rate", "name"), KINDS)
def test_a_piece_is_the_same_slice_of_the_whole(
    tmp_path: Path,
    container: str,
    codec: str,
    rate: int,
    name: str,
) -> None:
    path = encode_av(
        tmp_path / "a",
        make_sound(rate=rate),
        sample_rate=rate,
        container=container,
        codec=codec,
        options=EXACT_AAC if codec == "aac" else None,
    )
    info = probe_audio(path)
    assert (info.container, info.sample_rate, info.n_channels) == (name, rate, 1)
    whole = read(path)
    assert abs(len(whole) - info.n_samples) <= 1
    assert 8.0 <= info.duration_s < 8.1
    for start in (0, 1, 1_023, 40_000, 123_457, 262_144, info.n_samples - 500):
        piece = read(path, start, start + 3_000)
        np.testing.assert_allclose(piece, whole[start : start + 3_000], atol=1e-6)


@pytest.mark.parametrize(("container", "codec", "rate", "name"), KINDS[:6])
def test_the_encoder_s_delay_is_taken_off(
    tmp_path: Path,
    container: str,
    codec: str,
    rate: int,
    name: str,
) -> None:
    sound = make_sound(rate=rate, duration_s=2.0)
    path = encode_av(
        tmp_path / "a",
        sound,
        sample_rate=rate,
        container=container,
        codec=codec,
        options=EXACT_AAC if codec == "aac" else None,
    )
    assert name in ("MP4", "MATROSKA")
    assert abs(find_delay(read(path)[:, 0], sound)) <= 1


@pytest.mark.parametrize("container", ["mp4", "matroska"])
def test_sound_that_starts_after_the_picture_keeps_its_time(tmp_path: Path, container: str) -> None:
    """What is annotated at a time of the film is found at that time."""
    sound = make_sound(duration_s=2.0)
    path = encode_av(
        tmp_path / "film",
        sound,
        sample_rate=RATE,
        container=container,
        codec="pcm_s16le" if container == "matroska" else "aac",
        start_s=0.5,
        picture=True,
    )
    decoded = read(path)[:, 0]
    # an AAC packet cannot begin in the middle: a thousandth of a second off
    assert find_delay(decoded, sound) == pytest.approx(0.5 * RATE, abs=RATE // 40)
    assert np.abs(decoded[: round(0.4 * RATE)]).max() < 1e-3
    # Matroska counts in milliseconds
    assert probe_audio(path).n_samples == pytest.approx(len(decoded), abs=RATE // 1_000)
    np.testing.assert_array_equal(read(path, 100, 2_000), np.zeros((1_900, 1)))


def test_loading_gives_16_khz_and_seconds(tmp_path: Path) -> None:
    sound = make_sound(duration_s=3.0)
    path = encode_av(tmp_path / "a.m4a", sound, sample_rate=RATE, container="mp4", codec="aac")
    assert abs(len(load_audio(path)) - 3 * SAMPLE_RATE) < 1_000
    assert len(load_audio(path, start_s=1.0, end_s=1.5)) == SAMPLE_RATE // 2
    with pytest.raises(DataError) as caught:
        load_audio(path, start_s=5.0)
    assert caught.value.code == "E_NO_SAMPLES"


def test_stereo_of_a_phone_is_mixed(tmp_path: Path) -> None:
    left, right = make_sound(duration_s=1.0), -make_sound(duration_s=1.0)[::-1]
    both = np.stack([left, right], axis=1)
    path = encode_av(
        tmp_path / "a.m4a", both, sample_rate=RATE, container="mp4", codec="aac", options=EXACT_AAC
    )
    info = probe_audio(path)
    assert (info.n_channels, info.codec, info.remarks) == (2, "aac", ())
    decoded = read(path)[: len(left)]
    assert np.corrcoef(decoded[:, 0], left)[0, 1] > 0.95
    assert np.corrcoef(decoded[:, 1], right)[0, 1] > 0.95


def test_eight_channels_are_decoded(tmp_path: Path) -> None:
    """As many as FFmpeg's frames have planes: the binding reads beyond them."""
    sound = make_sound(duration_s=1.0, rate=48_000)
    eight = np.stack([sound * (1 + channel) / 8 for channel in range(8)], axis=1)
    path = encode_av(
        tmp_path / "a.webm", eight, sample_rate=48_000, container="webm", codec="libopus"
    )
    assert probe_audio(path).n_channels == 8
    decoded = read(path)
    assert decoded.shape == (len(sound), 8)
    loudness = np.sqrt(np.square(decoded).mean(axis=0))
    full_range = [0, 1, 2, 4, 5, 6, 7]  # the fourth is for low tones only
    expected = np.sqrt(np.square(eight).mean(axis=0))
    np.testing.assert_allclose(loudness[full_range], expected[full_range], rtol=0.1)


def test_a_telephone_s_amr_is_decoded(tmp_path: Path) -> None:
    """AMR has no timestamps and no length in its header."""
    # Silence is the one AMR-NB sound that needs no encoder: frames of mode 0 with all bits 0.
    (tmp_path / "a.amr").write_bytes(b"#!AMR\n" + (b"\x04" + bytes(12)) * 100)
    info = probe_audio(tmp_path / "a.amr")
    assert (info.container, info.codec, info.sample_rate) == ("AMR", "amrnb", 8_000)
    assert info.n_samples == 16_000
    assert [remark.code for remark in info.remarks] == ["W_LOW_RATE"]
    assert len(load_audio(tmp_path / "a.amr")) == 32_000


def test_a_video_without_sound_is_refused(tmp_path: Path) -> None:
    import av

    path = tmp_path / "film.mp4"
    with av.open(str(path), "w", format="mp4") as file:
        film = file.add_stream("mpeg4", rate=10)
        film.width = film.height = 16
        film.pix_fmt = "yuv420p"
        black = av.VideoFrame.from_ndarray(np.zeros((24, 16), dtype=np.uint8), "yuv420p")
        file.mux(film.encode(black))
        file.mux(film.encode(None))
    with pytest.raises(DataError) as caught:
        probe_audio(path)
    assert caught.value.code == "E_NOT_AUDIO"
    assert caught.value.message == f"{path}: a video without sound"


@pytest.mark.parametrize("name", ["concat:a.m4a", "http:a.m4a", "-i.m4a", "a b'\".m4a"])
def test_names_are_no_orders_to_ffmpeg(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    encode_av(
        tmp_path / "plain",
        make_sound(duration_s=1.0),
        sample_rate=RATE,
        container="mp4",
        codec="aac",
    ).rename(tmp_path / name)
    assert probe_audio(Path(name)).codec == "aac"


def test_playlists_do_not_open_other_files(tmp_path: Path) -> None:
    """An HLS playlist or a concat script under an audio name reads nothing but itself."""
    encode_av(
        tmp_path / "a.ts",
        make_sound(duration_s=1.0),
        sample_rate=RATE,
        container="mpegts",
        codec="aac",
    )
    playlist = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1.0,\na.ts\n#EXT-X-ENDLIST\n"
    (tmp_path / "b.m4a").write_text(playlist, encoding="utf-8")
    (tmp_path / "c.m4a").write_text("ffconcat version 1.0\nfile a.ts\n", encoding="utf-8")
    for name in ("b.m4a", "c.m4a"):
        with pytest.raises(DataError) as caught:
            probe_audio(tmp_path / name)
        assert caught.value.code == "E_NOT_AUDIO"


@pytest.mark.parametrize("fast_start", [False, True])
def test_a_cut_m4a_is_refused_from_its_header(tmp_path: Path, *, fast_start: bool) -> None:
    """A copy that broke off: the index at the end is missing, or the sound behind the index."""
    path = tmp_path / "a.m4a"
    encode_av(
        path,
        make_sound(),
        sample_rate=RATE,
        container="mp4",
        codec="aac",
        options=None,
    )
    content = path.read_bytes()
    if fast_start:
        at = content.index(b"moov") - 4
        content = content[:28] + content[at:] + content[28:at]
    path.write_bytes(content[: len(content) * 2 // 3])
    with pytest.raises(DataError) as caught:
        probe_audio(path)
    assert caught.value.code == "E_TRUNCATED"
    assert "bytes of the file are there" in caught.value.message


def test_an_m4a_that_was_never_finished_is_refused(tmp_path: Path) -> None:
    """A recorder without power: the box of the sound is open-ended and there is no index."""
    path = encode_av(
        tmp_path / "a.m4a", make_sound(), sample_rate=RATE, container="mp4", codec="aac"
    )
    content = path.read_bytes()
    at = content.index(b"mdat") - 4
    path.write_bytes(content[:at] + bytes(4) + content[at + 4 : content.index(b"moov") - 4])
    with pytest.raises(DataError) as caught:
        probe_audio(path)
    assert caught.value.code == "E_TRUNCATED"
    assert caught.value.message == f"{path}: an MP4 file whose index is missing or damaged"


def test_damage_inside_is_an_error_of_the_decoder(tmp_path: Path) -> None:
    path = encode_av(
        tmp_path / "a.aac", make_sound(), sample_rate=RATE, container="adts", codec="aac"
    )
    content = bytearray(path.read_bytes())
    half = len(content) // 2
    path.write_bytes(bytes(content[: half + 100]))
    with pytest.raises(DataError) as caught:
        load_audio(path)
    assert caught.value.code == "E_DECODE"
    assert caught.value.message.startswith(f"{path}: cannot be decoded: ")
