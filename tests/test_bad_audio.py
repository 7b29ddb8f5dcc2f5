"""Faulty sound files, made for real and met by the commands that a person types."""

import os
import signal
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from bad_material import Shown, check, hash_tree, line_of, type_in, write_clips, write_rows
from numpy.typing import NDArray
from speech_material import encode_av, make_babble

from w2vctc.speech import inspection

SECOND = make_babble(duration_s=1.0)
HTML = b"<!DOCTYPE html>\n<html><body>404 not found</body></html>\n" * 20
LFS = (
    b"version https://git-lfs.github.com/spec/v1\n"
    b"oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\n"
    b"size 12345\n"
)
NOISE = np.random.default_rng(3).bytes(4_000)

Make = Callable[[Path], object]


def save(samples: NDArray[Any], *, rate: int = 16_000, kind: str = "PCM_16") -> Make:
    """Writes samples of shape (n,) or (n, n_channels) in the format of the name."""
    return lambda path: soundfile.write(path, samples, rate, subtype=kind)


def save_as(container: str, samples: NDArray[Any], kind: str) -> Make:
    """Writes a format that the name does not tell."""
    return lambda path: soundfile.write(path, samples, 16_000, kind, format=container)


def put(content: bytes) -> Make:
    return lambda path: path.write_bytes(content)


def cut(make: Make, *, share: float) -> Make:
    """The first part of what `make` writes, as a copy that broke off leaves it."""

    def write(path: Path) -> None:
        make(path)
        whole = path.read_bytes()
        path.write_bytes(whole[: int(len(whole) * share)])

    return write


def extend(make: Make, tail: bytes) -> Make:
    def write(path: Path) -> None:
        make(path)
        path.write_bytes(path.read_bytes() + tail)

    return write


def patch(make: Make, place: int, content: bytes) -> Make:
    """What `make` writes with other bytes at one place of its header."""

    def write(path: Path) -> None:
        make(path)
        whole = path.read_bytes()
        path.write_bytes(whole[:place] + content + whole[place + len(content) :])

    return write


def write_phone(path: Path) -> None:
    """AAC in MP4, as telephones record."""
    encode_av(path, SECOND, sample_rate=16_000, container="mp4", codec="aac")


def place(sample: float, *, at: int = 4_000) -> NDArray[np.float32]:
    """A second of babble with one other sample in it."""
    samples = SECOND.copy()
    samples[at] = sample
    return samples


LONG = make_babble(duration_s=4.0)
MP3 = save(LONG, kind="MPEG_LAYER_III")
RATE_FIELD, DATA_SIZE_FIELD = 24, 40  # bytes from the start of a plain WAV
STEREO = np.stack([SECOND, SECOND], axis=1)
LOUD = np.clip(SECOND * 8, -1, 1)

# name of the file: what makes it, the reason, a part of the message
REFUSED: dict[str, tuple[Make, str, str]] = {
    "zero-bytes.wav": (put(b""), "E_EMPTY", "empty"),
    "header-only.wav": (save(SECOND[:0]), "E_NO_SAMPLES", "not one sample of sound"),
    "truncated.wav": (
        cut(save(SECOND), share=0.5),
        "E_TRUNCATED",
        "cut off: 15978 of 32000 bytes of sound are there",
    ),
    "html-page.wav": (put(HTML), "E_NOT_AUDIO", "a web page, not a sound file"),
    "lfs-pointer.wav": (put(LFS), "E_NOT_AUDIO", "git-lfs pointer"),
    "random-bytes.wav": (put(b"\1" + NOISE), "E_NOT_AUDIO", ""),
    "random-bytes.mp3": (put(b"\1" + NOISE), "E_NOT_AUDIO", ""),
    "rate-0.wav": (patch(save(SECOND), RATE_FIELD, struct.pack("<I", 0)), "E_HEADER", "0 Hz"),
    "rate-absurd.wav": (
        patch(save(SECOND), RATE_FIELD, struct.pack("<I", 2_000_000_000)),
        "E_HEADER",
        "2000000000 Hz",
    ),
    "65-channels.wav": (save(np.tile(SECOND[:, None], 65)), "E_HEADER", "65 channels"),
    "nan.wav": (
        save(place(np.nan), kind="FLOAT"),
        "E_NONFINITE",
        "1 sample is no finite number, the first is sample 4000 (0.250 s)",
    ),
    "infinite.wav": (save(place(-np.inf), kind="DOUBLE"), "E_NONFINITE", "sample 4000"),
    "other-scale.wav": (save(SECOND * 32768, kind="FLOAT"), "E_RANGE", "samples reach"),
    "silence.wav": (save(np.zeros(16_000)), "E_SILENT", "digital silence"),
    "constant.wav": (save(np.full(16_000, 0.25)), "E_SILENT", "one constant value"),
    "half-a-frame.wav": (save(SECOND[:300]), "E_TOO_SHORT", "0.019 s is shorter than one"),
    "half-a-minute-more.wav": (
        save(np.tile(SECOND, 60)[: 30 * 16_000 + 1600]),
        "E_TOO_LONG",
        "30.10 s is over the limit of 30 s",
    ),
    "truncated.flac": (cut(save(LONG), share=0.5), "E_DECODE", ""),
    "headerless.raw": (put(NOISE), "E_CODEC", "samples without a header"),
}
NOTED: dict[str, tuple[Make, str, str]] = {
    "streamed.wav": (
        patch(save(SECOND), DATA_SIZE_FIELD, b"\xff\xff\xff\xff"),
        "W_STREAMING",
        "the header does not say how long the sound is",
    ),
    "odd-byte.wav": (extend(save(SECOND), b"\0"), "W_TRAILING", "1 byte behind the sound"),
    "garbage-behind.wav": (extend(save(SECOND), NOISE), "W_TRAILING", "4,000 bytes behind"),
    "really-mp3.wav": (
        save_as("MP3", LONG, "MPEG_LAYER_III"),
        "W_EXTENSION",
        "MP3 sound under the name .wav",
    ),
    "telephone.wav": (save(SECOND[::2], rate=8_000), "W_LOW_RATE", "recorded at 8000 Hz"),
    "one-channel-silent.wav": (
        save(np.stack([SECOND, 0 * SECOND], axis=1)),
        "W_ONE_CHANNEL",
        "1 of 2 channels are silent",
    ),
    "antiphase.wav": (
        save(np.stack([SECOND, -SECOND], axis=1)),
        "W_ANTIPHASE",
        "the channels cancel each other",
    ),
    "clipped.wav": (save(LOUD), "W_CLIPPED", "at full scale"),
    "truncated.mp3": (cut(MP3, share=0.5), "W_LENGTH", ""),
    "truncated.opus": (
        cut(save_as("OGG", LONG, "OPUS"), share=0.5),
        "W_LENGTH",
        "the end of the file is missing",
    ),
}
FINE: dict[str, Make] = {
    **{f"{kind}.wav": save(SECOND, kind=kind) for kind in ("PCM_U8", "PCM_24", "PCM_32")},
    **{f"{kind}.wav": save(SECOND, kind=kind) for kind in ("FLOAT", "DOUBLE")},
    **{f"{kind}.wav": save(SECOND, kind=kind) for kind in ("ULAW", "ALAW")},
    **{f"{kind}.wav": save(SECOND, kind=kind) for kind in ("IMA_ADPCM", "MS_ADPCM")},
    **{f"{rate}-Hz.wav": save(SECOND, rate=rate) for rate in (22_050, 44_100, 48_000, 96_000)},
    "stereo.wav": save(STEREO),
    "64-channels.wav": save(np.tile(SECOND[:, None], 64)),
    "shorter-than-a-mask.wav": save(SECOND[:2_000]),
    "telephone.m4a": write_phone,
    "telephone.mp4": write_phone,
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a row for each of the files, faulty and fine."""
    folder = tmp_path_factory.mktemp("audio") / "clips"
    folder.mkdir()
    for name, make in _makers().items():
        make(folder / name)
    write_rows(folder / "train.tsv", [(name, "a") for name in _makers()])
    return folder


@pytest.fixture(scope="module")
def checked(data: Path) -> Shown:
    return check(data, "--deep", "--jobs", "1")


def _makers() -> dict[str, Make]:
    named = {name: make for name, (make, _, _) in (REFUSED | NOTED).items()}
    return named | FINE


@pytest.mark.parametrize("name", REFUSED | NOTED)
def test_a_fault_is_told_with_its_file_and_line(checked: Shown, data: Path, name: str) -> None:
    _, code, part = (REFUSED | NOTED)[name]
    line = line_of(data / "train.tsv", name)
    found = checked.faults_at(line)
    assert code in found, found
    assert found[code].startswith(f"{line}: ")
    assert part in found[code]


@pytest.mark.parametrize("name", FINE)
def test_every_sound_that_people_have_is_taken(checked: Shown, data: Path, name: str) -> None:
    found = checked.faults_at(line_of(data / "train.tsv", name))
    assert set(found) <= {"W_DUP_AUDIO"}, found  # many of them are one sound


def test_the_check_counts_each_row_once(checked: Shown) -> None:
    assert checked.code == 3
    assert checked.facts["n_rows"] == len(_makers())
    assert checked.facts["n_usable"] == len(NOTED | FINE)


def test_a_sound_is_the_same_through_every_way_to_write_it(checked: Shown, data: Path) -> None:
    """Samples of 32 bits or of floats, equal channels, bytes behind the sound, no stated length."""
    names = ("streamed.wav", "odd-byte.wav", "garbage-behind.wav", "one-channel-silent.wav")
    for name in (*names, "stereo.wav"):
        line = line_of(data / "train.tsv", name)
        assert checked.faults_at(line)["W_DUP_AUDIO"] == f"{line}: the same sound as " + (
            line_of(data / "train.tsv", "64-channels.wav")
        )
    for name in ("PCM_32.wav", "FLOAT.wav"):
        assert "W_DUP_AUDIO" in checked.faults_at(line_of(data / "train.tsv", name))


def test_a_recording_of_three_hours_is_too_long_to_train_on(tmp_path: Path) -> None:
    table = write_clips(tmp_path / "clips", {"short.wav": "la lluna"})
    hours = tmp_path / "clips" / "hours.wav"
    size = 3 * 3_600 * 2_000
    patch(save(SECOND, rate=2_000, kind="PCM_U8"), DATA_SIZE_FIELD, struct.pack("<I", size))(hours)
    os.truncate(hours, 44 + size)  # a hole in the file: it takes no disk
    write_rows(table, [("short.wav", "la lluna"), ("hours.wav", "el sol")])
    shown = check(tmp_path / "clips")
    assert shown.code == 3
    assert shown.messages("E_TOO_LONG") == ["train.tsv:3: 10800.00 s is over the limit of 30 s"]
    longer = check(tmp_path / "clips", "--max-duration", "10800")
    assert longer.messages("E_TOO_LONG") == []


def inspect_or_die(path: Path, spans: Any, report: Any) -> None:
    """A decoder that one of the files kills, as damaged files have killed decoders in C."""
    if path.name == "deadly.wav":
        os.kill(os.getpid(), signal.SIGSEGV)
    inspection.inspect_pieces(path, spans, report)


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_decoder_that_dies_costs_one_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {"a.wav": "la lluna", "deadly.wav": "el sol", "z.wav": "bon dia"}
    write_clips(tmp_path / "clips", texts)
    monkeypatch.setattr(inspection, "inspect_pieces", inspect_or_die)
    shown = check(tmp_path / "clips", "--deep", "--jobs", "1")
    assert shown.code == 3
    assert shown.faults_at("train.tsv:3") == {
        "E_DECODE": "train.tsv:3: clips/deadly.wav: the decoder died (signal 11)"
    }
    assert shown.facts["n_usable"] == 2


HEADERS_TELL = [
    name
    for name, (_, code, _) in REFUSED.items()
    if code not in ("E_SILENT", "E_DECODE")  # decoding alone tells these
]


@pytest.fixture(scope="module")
def project(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder: the files whose headers are faulty, good rows among them, and dev."""
    folder = tmp_path_factory.mktemp("project")
    clips = folder / "data" / "xx"
    clips.mkdir(parents=True)
    for name in HEADERS_TELL:
        (clips / name).symlink_to(data / name)
    good = {f"good-{number}.wav": "la lluna" for number in range(3)}
    write_clips(clips, {"dev.wav": "la lluna"}, split="dev")
    write_clips(clips, good)
    tiny = {"shorter-than-a-mask.wav": "a"}
    for name in tiny:
        (clips / name).symlink_to(data / name)
    bad = dict.fromkeys(HEADERS_TELL, "a")
    write_rows(clips / "train.tsv", (good | tiny | bad).items())
    return folder


def test_training_refuses_faulty_sound_before_any_work(project: Path) -> None:
    before = hash_tree(project / "data")
    shown = type_in(project, "finetune", "--lang", "xx", "--model", "tiny", "--out", "first")
    n_bad, n_all = len(HEADERS_TELL), len(HEADERS_TELL) + 4
    assert (shown.code, shown.out) == (3, "")
    assert f"error: {n_bad} of {n_all} rows cannot be used (" in shown.err
    assert "train.tsv:6: data/xx/zero-bytes.wav: the file is empty (0 bytes) [E_EMPTY]" in shown.err
    assert shown.err.endswith("hint:  mend those rows, or leave them out with --skip-bad\n")
    assert not (project / "first" / "training").exists()
    assert hash_tree(project / "data") == before


def test_training_goes_on_without_the_faulty_rows_when_told_so(project: Path) -> None:
    """And a clip that is shorter than one masked span is trained on like any other."""
    before = hash_tree(project / "data")
    shown = type_in(
        *(project, "finetune", "--lang", "xx", "--model", "tiny", "--device", "cpu"),
        *("--skip-bad", "--updates", "1", "--out", "second", "--mask-time-prob", "0.5"),
    )
    assert shown.code == 0, shown.err
    assert f"train: kept 4 of {len(HEADERS_TELL) + 4} rows, 3 seconds of " in shown.err
    assert "the others are in second/training/rejected-train.tsv" in shown.err
    rejected = (project / "second" / "training" / "rejected-train.tsv").read_text(encoding="utf-8")
    told = {row.split("\t")[1]: row.split("\t")[2] for row in rejected.splitlines()[1:]}
    assert told == {name: REFUSED[name][1] for name in HEADERS_TELL}
    assert hash_tree(project / "data") == before


def test_converting_leaves_out_exactly_the_faulty_rows(data: Path, tmp_path: Path) -> None:
    """What decoding alone tells is known here, since all of it is decoded."""
    before = hash_tree(data)
    shown = type_in(
        *(tmp_path, "prepare", str(data), "--out", "out", "--audio", "flac", "--jobs", "1"),
        *("--dev-minutes", "0", "--test-minutes", "0"),
    )
    assert shown.code == 0, shown.err
    n_good = len(NOTED | FINE)
    assert f"kept {n_good} of {len(_makers())} rows, " in shown.err
    rejected = (tmp_path / "out" / "rejected.tsv").read_text(encoding="utf-8").splitlines()
    told = {row.split("\t")[1]: row.split("\t")[2] for row in rejected[1:]}
    assert told == {name: code for name, (_, code, _) in REFUSED.items()}
    assert hash_tree(data) == before
    again = check(tmp_path / "out", "--deep", "--jobs", "1")
    assert (again.code, again.facts["n_usable"]) == (0, n_good)


def test_scoring_refuses_sound_that_cannot_be_read(project: Path, model_folder: Path) -> None:
    evaluate = ("evaluate", "--lang", "xx", "--split", "train", "--model", str(model_folder))
    shown = type_in(project, *evaluate)
    assert (shown.code, shown.out) == (3, "")
    assert "data/xx/lfs-pointer.wav: a git-lfs pointer, not the sound itself" in shown.err or (
        "E_NOT_AUDIO" in shown.err
    )
    left_out = type_in(project, *evaluate, "--skip-bad", "--json")
    assert left_out.code == 0
    assert "train: left out" in left_out.err


def test_decoding_tells_each_file_that_fails_and_transcribes_the_others(
    data: Path, model_folder: Path, tmp_path: Path
) -> None:
    heard = ("telephone.m4a", "ULAW.wav", "streamed.wav", "really-mp3.wav", "antiphase.wav")
    failed = [name for name, (_, code, _) in REFUSED.items() if code != "E_TOO_LONG"]
    failed = [
        name for name in failed if name not in ("headerless.raw", "silence.wav", "constant.wav")
    ]
    clips = tmp_path / "clips"
    clips.mkdir()
    for name in (*heard, *failed):
        (clips / name).symlink_to(data / name)
    shown = type_in(tmp_path, "decode", "clips", "--model", str(model_folder), "--json")
    assert shown.code == 3
    told = {Path(one["file"]).name: one.get("error", {}).get("code") for one in shown.facts}
    assert told == dict.fromkeys(heard) | {name: REFUSED[name][1] for name in failed}
    n_all = len(heard) + len(failed)
    assert f"\n{len(failed)} of {n_all} recordings could not be decoded\n" in shown.err
    for name in failed:
        assert f"error: clips/{name}: " in shown.err
