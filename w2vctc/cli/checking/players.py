"""Short sounds that live inside a page: MP3 in `data:` addresses, as the model will hear them."""

import base64
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError
from w2vctc.speech.audio import SAMPLE_RATE, load_audio
from w2vctc.speech.remark import Remark
from w2vctc.speech.workers import DEFAULT_LIMITS, run_in_workers

MAX_HEARD_S = 20.0  # of one clip
MAX_PAGE_BYTES = 10_000_000  # of all sounds of a page, as base64
_BLOCK_SAMPLES = 1 << 15  # encoders in libsndfile put each block on the stack
_ROUNDING_S = 0.05  # compressed headers err by some samples

Span = tuple[float, float]


@dataclass(frozen=True)
class Player:
    """A sound for an `<audio>` element; `is_cut` where only its beginning is there."""

    uri: str
    heard_s: float
    is_cut: bool


def embed_sounds(
    rows: Sequence[Utterance],
    *,
    n_jobs: int = 2,
    max_bytes: int = MAX_PAGE_BYTES,
    on_done: Callable[[int], None] | None = None,
) -> list[Player | str]:
    """For each row its player, or why there is none: in words, as the decoder said it.

    Sounds are decoded in processes of their own, which broken files may kill. Those behind the
    first `max_bytes` of base64 are left out. `on_done` hears how many are finished.
    """
    jobs = [(row.audio, [find_span(row)]) for row in rows]
    sounds: list[bytes | Remark | None] = [None] * len(rows)

    def keep(job: int, _: int, sound: bytes | Remark) -> None:
        sounds[job] = sound
        if on_done:
            on_done(sum(one is not None for one in sounds))

    run_in_workers(encode_spans, jobs, n_jobs=n_jobs, limits=DEFAULT_LIMITS, on_result=keep)
    players: list[Player | str] = []
    for row, sound in zip(rows, sounds, strict=True):
        player = _make_player(row, sound) if isinstance(sound, bytes) else _explain(sound)
        if isinstance(player, Player):
            max_bytes -= len(player.uri)
            players.append("no room left on this page" if max_bytes < 0 else player)
        else:
            players.append(player)
    return players


def find_span(row: Utterance) -> Span:
    """The first seconds of a row's sound that a page has room for, (start_s, end_s)."""
    start_s = max(row.start_s, 0.0)
    limit_s = start_s + MAX_HEARD_S
    return start_s, limit_s if row.end_s is None else min(row.end_s, limit_s)


def encode_spans(
    path: Path, spans: Sequence[Span], report: Callable[[bytes | Remark], None]
) -> None:
    """Reports each span of a file as MP3, or what is wrong with it; runs in a child process."""
    for start_s, end_s in spans:
        try:
            report(encode_sound(load_audio(path, start_s=start_s, end_s=end_s)))
        except DataError as error:
            report(Remark.from_error(error))


def encode_sound(waveform: NDArray[np.float32]) -> bytes:
    """A 16 kHz waveform as MP3, or as WAV where libsndfile was built without MP3.

    Every browser plays MP3, and the same sound always gives the same bytes: Ogg streams carry a
    random number, and not every browser plays Opus inside Ogg.
    """
    import soundfile

    has_mp3 = "MP3" in soundfile.available_formats()
    kind = {"format": "MP3"} if has_mp3 else {"format": "WAV", "subtype": "PCM_16"}
    with io.BytesIO() as stream:
        with soundfile.SoundFile(stream, "w", samplerate=SAMPLE_RATE, channels=1, **kind) as file:
            for first in range(0, len(waveform), _BLOCK_SAMPLES):
                file.write(np.clip(waveform[first : first + _BLOCK_SAMPLES], -1, 1))
        return stream.getvalue()


def _make_player(row: Utterance, sound: bytes) -> Player:
    kind = "audio/wav" if sound[:4] == b"RIFF" else "audio/mpeg"
    uri = f"data:{kind};base64,{base64.b64encode(sound).decode('ascii')}"
    start_s, end_s = find_span(row)
    known_s = row.duration_s if row.duration_s is not None else end_s - start_s
    return Player(uri, min(known_s, MAX_HEARD_S), known_s > MAX_HEARD_S + _ROUNDING_S)


def _explain(sound: Remark | None) -> str:
    return sound.code if sound is not None else "not decoded"
