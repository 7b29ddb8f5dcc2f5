"""Sounds in a page: the right stretch, the same each time, and no harm from broken files."""

import base64
import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from report_material import make_tone

from w2vctc.cli.checking.players import Player, embed_sounds, encode_sound, find_span
from w2vctc.corpus.utterance import Utterance
from w2vctc.speech.audio import SAMPLE_RATE, load_audio


def decode(player: Player | str) -> NDArray[np.float32]:
    assert isinstance(player, Player), player
    kind, content = player.uri.split(";base64,")
    assert kind == "data:audio/mpeg"
    sound, rate = soundfile.read(io.BytesIO(base64.b64decode(content)), dtype="float32")
    assert rate == SAMPLE_RATE
    return np.asarray(sound, dtype=np.float32)


def embed(audio: Path, **row: float | None) -> Player | str:
    (player,) = embed_sounds([Utterance("a", audio, "", **row)], n_jobs=1)  # type: ignore[arg-type]
    return player


def test_what_is_heard_is_the_clip(tmp_path: Path) -> None:
    audio = make_tone(tmp_path / "a.wav", duration_s=1.25)
    heard = decode(embed(audio, duration_s=1.25))
    assert len(heard) == 1.25 * SAMPLE_RATE
    assert np.corrcoef(heard, load_audio(audio))[0, 1] > 0.99


def test_a_piece_of_a_long_recording_is_that_piece(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    noise = np.cumsum(random.standard_normal(5 * SAMPLE_RATE)) / 500
    soundfile.write(tmp_path / "long.wav", np.tanh(noise), SAMPLE_RATE)
    row = Utterance("a", tmp_path / "long.wav", "", start_s=2.0, end_s=3.5, duration_s=1.5)
    heard = decode(embed_sounds([row], n_jobs=1)[0])
    wanted = load_audio(tmp_path / "long.wav")[2 * SAMPLE_RATE : round(3.5 * SAMPLE_RATE)]
    assert len(heard) == len(wanted)
    assert np.corrcoef(heard, wanted)[0, 1] > 0.95


def test_a_long_clip_is_cut_and_says_so(tmp_path: Path) -> None:
    audio = make_tone(tmp_path / "a.wav", duration_s=21)
    player = embed(audio, duration_s=21.0)
    assert isinstance(player, Player)
    assert player.is_cut
    assert player.heard_s == 20
    assert len(decode(player)) == 20 * SAMPLE_RATE


def test_a_clip_of_just_the_limit_is_whole(tmp_path: Path) -> None:
    player = embed(make_tone(tmp_path / "a.wav", duration_s=20), duration_s=20.0)
    assert isinstance(player, Player)
    assert not player.is_cut


@pytest.mark.parametrize(
    ("start_s", "end_s", "span"),
    [(0, None, (0, 20)), (5, 7, (5, 7)), (5, 70, (5, 25)), (-1, 2, (0, 2))],
)
def test_spans(start_s: float, end_s: float | None, span: tuple[float, float]) -> None:
    assert find_span(Utterance("a", Path("a"), "", start_s=start_s, end_s=end_s)) == span


def test_the_same_sound_gives_the_same_bytes(tmp_path: Path) -> None:
    waveform = load_audio(make_tone(tmp_path / "a.wav", duration_s=0.5))
    assert encode_sound(waveform) == encode_sound(waveform)


def test_samples_beyond_full_scale_do_not_wrap_around(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.full(8000, 1.5), SAMPLE_RATE, subtype="FLOAT")
    assert decode(embed(tmp_path / "a.wav")).min() > -0.9


def test_without_mp3_it_is_a_wav(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soundfile, "available_formats", lambda: {"WAV": ""})
    sound = encode_sound(load_audio(make_tone(tmp_path / "a.wav", duration_s=0.5)))
    assert sound[:4] == b"RIFF"


def test_files_without_sound_cost_only_their_player(tmp_path: Path) -> None:
    (tmp_path / "page.wav").write_text("<html>not found</html>")
    good = make_tone(tmp_path / "good.wav", duration_s=0.5)
    names = ("lost.wav", "page.wav", "good.wav")
    rows = [Utterance(name, tmp_path / name, "", duration_s=0.5) for name in names]
    lost, page, player = embed_sounds(rows, n_jobs=2)
    assert (lost, page) == ("E_MISSING", "E_NOT_AUDIO")
    assert len(decode(player)) == len(load_audio(good))


def test_what_has_no_room_is_left_out_and_says_so(tmp_path: Path) -> None:
    audio = make_tone(tmp_path / "a.wav", duration_s=1)
    rows = [Utterance(str(number), audio, "", duration_s=1.0) for number in range(4)]
    one = embed_sounds(rows[:1], n_jobs=1)[0]
    assert isinstance(one, Player)
    players = embed_sounds(rows, n_jobs=1, max_bytes=2 * len(one.uri))
    assert players == [one, one, *["no room left on this page"] * 2]
