"""The same twenty clips, laid out in every way that people keep recordings and transcripts."""

import csv
import io
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

RATE = 16_000  # Hz, so that nothing is resampled and waveforms can be compared
PAUSE_S = 0.25  # between clips of a long recording
WORDS = ("aigua", "col·legi", "l'àvia", "pingüí", "cançó", "blat", "nit", "vent-i-sec", "mà")


@dataclass(frozen=True)
class Clip:
    """One clip of the set; `speaker` and `split` are empty where a layout cannot say them."""

    name: str
    text: str
    speaker: str
    split: str
    sound: NDArray[np.int16]

    @property
    def duration_s(self) -> float:
        return len(self.sound) / RATE


def make_clips(n_clips: int = 20) -> list[Clip]:
    """Clips of 0.5 to 1 s of noise under a tone, each with its own sentence."""
    chance = random.Random(7)
    clips = []
    for number in range(n_clips):
        n_samples = 8_000 + 160 * chance.randrange(50)
        noise = np.random.default_rng(number).normal(0, 800, n_samples)
        tone = 6_000 * np.sin(2 * np.pi * (150 + 20 * number) * np.arange(n_samples) / RATE)
        words = chance.sample(WORDS, 3)
        clips.append(
            Clip(
                name=f"{101 + number % 4}-7-{number:04}",
                text=f"{' '.join(words)} {WORDS[number % len(WORDS)]} {'ta' * (number + 1)}",
                speaker=str(101 + number % 4),
                split="train" if number < 16 else "dev" if number < 18 else "test",
                sound=(noise + tone).astype(np.int16),
            )
        )
    return clips


Layout = Callable[[Path, list[Clip]], list[Clip]]
"""Writes the clips into a folder; returns them with what the layout can say of them."""


def by_split(clips: list[Clip]) -> Iterator[tuple[str, list[Clip]]]:
    for split, members in groupby(clips, key=lambda clip: clip.split):
        yield split, list(members)


def save_sound(path: Path, sound: NDArray[np.int16]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, sound, RATE)


def save_lines(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def anonymous(clips: list[Clip], *, speaker: bool = True, split: bool = True) -> list[Clip]:
    """The clips without what a layout has no place for."""
    return [
        replace(clip, speaker=clip.speaker if speaker else "", split=clip.split if split else "")
        for clip in clips
    ]


def join_sounds(clips: list[Clip]) -> tuple[NDArray[np.int16], list[tuple[float, float]]]:
    """One long recording of the clips with pauses between, and each clip's start and end (s)."""
    pieces: list[NDArray[np.int16]] = []
    times, at = [], 0
    pause = np.zeros(round(PAUSE_S * RATE), np.int16)
    for clip in clips:
        pieces += [pause, clip.sound]
        start = at + len(pause)
        at = start + len(clip.sound)
        times.append((start / RATE, at / RATE))
    return np.concatenate([*pieces, pause]), times


# --- a file for each clip


def lay_sidecars(folder: Path, clips: list[Clip], *, suffix: str = ".txt") -> list[Clip]:
    for clip in clips:
        save_sound(folder / f"{clip.name}.wav", clip.sound)
        save_lines(folder / f"{clip.name}{suffix}", [clip.text])
    return anonymous(clips, speaker=False, split=False)


def lay_labs(folder: Path, clips: list[Clip]) -> list[Clip]:
    return lay_sidecars(folder, clips, suffix=".lab")


def lay_tsv(folder: Path, clips: list[Clip]) -> list[Clip]:
    for split, members in by_split(clips):
        rows = [f"audio/{clip.name}.wav\t{clip.text}\t{clip.speaker}" for clip in members]
        save_lines(folder / f"{split}.tsv", ["path\ttext\tspeaker", *rows])
    for clip in clips:
        save_sound(folder / "audio" / f"{clip.name}.wav", clip.sound)
    return clips


def lay_csv(folder: Path, clips: list[Clip]) -> list[Clip]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "recordings.csv").open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, delimiter=";")
        writer.writerow(["file", "transcription"])
        writer.writerows([f"{clip.name}.flac", clip.text] for clip in clips)
    for clip in clips:
        save_sound(folder / f"{clip.name}.flac", clip.sound)
    return anonymous(clips, speaker=False, split=False)


def lay_common_voice(folder: Path, clips: list[Clip]) -> list[Clip]:
    heading = "client_id\tpath\tsentence\tup_votes\tdown_votes\tage\tlocale"
    rows = {
        clip.name: f"{clip.speaker}\t{clip.name}.wav\t{clip.text}\t2\t0\t\tca" for clip in clips
    }
    for split, members in by_split(clips):
        save_lines(folder / f"{split}.tsv", [heading, *(rows[clip.name] for clip in members)])
    save_lines(folder / "validated.tsv", [heading, *rows.values()])
    save_lines(folder / "invalidated.tsv", [heading])
    for clip in clips:
        save_sound(folder / "clips" / f"{clip.name}.wav", clip.sound)
    return clips


def lay_jsonl(folder: Path, clips: list[Clip]) -> list[Clip]:
    for split, members in by_split(clips):
        rows: list[dict[str, Any]] = [
            {"file_name": f"{clip.name}.wav", "sentence": clip.text, "speaker_id": clip.speaker}
            for clip in members
        ]
        save_lines(folder / f"{split}.jsonl", [json.dumps(row) for row in rows])
    for clip in clips:
        save_sound(folder / f"{clip.name}.wav", clip.sound)
    return clips


def lay_nemo(folder: Path, clips: list[Clip]) -> list[Clip]:
    sound, times = join_sounds(clips)
    save_sound(folder / "long.wav", sound)
    rows = [
        {
            "audio_filepath": "long.wav",
            "text": clip.text,
            "offset": start_s,
            "duration": end_s - start_s,
        }
        for clip, (start_s, end_s) in zip(clips, times, strict=True)
    ]
    save_lines(folder / "manifest.json", [json.dumps(row, ensure_ascii=False) for row in rows])
    return anonymous(clips, speaker=False, split=False)


def lay_kaldi(folder: Path, clips: list[Clip]) -> list[Clip]:
    for split, members in by_split(clips):
        there = folder / split
        names = [(f"{clip.speaker}-{clip.name}", clip) for clip in members]
        save_lines(there / "wav.scp", [f"{name} wav/{clip.name}.wav" for name, clip in names])
        save_lines(there / "text", [f"{name} {clip.text}" for name, clip in names])
        save_lines(there / "utt2spk", [f"{name} {clip.speaker}" for name, clip in names])
        for clip in members:
            save_sound(there / "wav" / f"{clip.name}.wav", clip.sound)
    return clips


def lay_kaldi_segments(folder: Path, clips: list[Clip]) -> list[Clip]:
    sound, times = join_sounds(clips)
    save_sound(folder / "rec1.wav", sound)
    save_lines(folder / "wav.scp", ["rec1 rec1.wav"])
    save_lines(folder / "text", [f"{clip.name} {clip.text}" for clip in clips])
    save_lines(folder / "utt2spk", [f"{clip.name} {clip.speaker}" for clip in clips])
    pairs = zip(clips, times, strict=True)
    save_lines(folder / "segments", [f"{clip.name} rec1 {a:.4f} {b:.4f}" for clip, (a, b) in pairs])
    return anonymous(clips, split=False)


def lay_ljspeech(folder: Path, clips: list[Clip]) -> list[Clip]:
    rows = [f"{clip.name}|{clip.text}|{clip.text}" for clip in clips]
    save_lines(folder / "metadata.csv", rows)
    for clip in clips:
        save_sound(folder / "wavs" / f"{clip.name}.wav", clip.sound)
    return anonymous(clips, speaker=False, split=False)


def lay_librispeech(folder: Path, clips: list[Clip]) -> list[Clip]:
    names = {"train": "train-clean-100", "dev": "dev-clean", "test": "test-clean"}
    for split, members in by_split(clips):
        for speaker in sorted({clip.speaker for clip in members}):
            there = folder / names[split] / speaker / "7"
            own = [clip for clip in members if clip.speaker == speaker]
            save_lines(there / f"{speaker}-7.trans.txt", [f"{c.name} {c.text}" for c in own])
            for clip in own:
                save_sound(there / f"{clip.name}.flac", clip.sound)
    return clips


def lay_mls(folder: Path, clips: list[Clip]) -> list[Clip]:
    for split, members in by_split(clips):
        lines = []
        for clip in members:
            name = clip.name.replace("-", "_")
            lines.append(f"{name}\t{clip.text}")
            save_sound(folder / split / "audio" / clip.speaker / "7" / f"{name}.flac", clip.sound)
        save_lines(folder / split / "transcripts.txt", lines)
    return clips


# --- Hugging Face


def lay_saved_dataset(folder: Path, clips: list[Clip]) -> list[Clip]:
    import datasets

    parts = {
        {"dev": "validation"}.get(split, split): datasets.Dataset(_pack(members))
        for split, members in by_split(clips)
    }
    datasets.DatasetDict(parts).save_to_disk(str(folder))
    return clips


def _pack(clips: list[Clip]) -> Any:
    """An Arrow table with the encoded sounds inside, as `datasets` keeps them."""
    import datasets
    import pyarrow

    def encode(clip: Clip) -> bytes:
        stream = io.BytesIO()
        soundfile.write(stream, clip.sound, RATE, format="FLAC")
        return stream.getvalue()

    text = datasets.Value("string")
    features = datasets.Features({"audio": datasets.Audio(), "sentence": text, "speaker_id": text})
    return pyarrow.table(
        {
            "audio": [{"bytes": encode(clip), "path": f"{clip.name}.flac"} for clip in clips],
            "sentence": [clip.text for clip in clips],
            "speaker_id": [clip.speaker for clip in clips],
        },
        schema=features.arrow_schema,
    )


def lay_parquet(folder: Path, clips: list[Clip]) -> list[Clip]:
    from pyarrow import parquet

    for split, members in by_split(clips):
        name = {"dev": "validation"}.get(split, split)
        path = folder / "data" / f"{name}-00000-of-00001.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        parquet.write_table(_pack(members), path)
    return clips


def lay_audiofolder(folder: Path, clips: list[Clip]) -> list[Clip]:
    for split, members in by_split(clips):
        rows = [f"{clip.name}.wav,{clip.text}" for clip in members]
        save_lines(folder / split / "metadata.csv", ["file_name,transcription", *rows])
        for clip in members:
            save_sound(folder / split / f"{clip.name}.wav", clip.sound)
    return anonymous(clips, speaker=False)


# --- annotations beside long recordings


def lay_elan(folder: Path, clips: list[Clip]) -> list[Clip]:
    from pympi.Elan import Eaf

    sound, times = join_sounds(clips)
    save_sound(folder / "session.wav", sound)
    eaf = Eaf(author="")
    eaf.add_linguistic_type("utterance")
    for speaker in sorted({clip.speaker for clip in clips}):
        eaf.add_tier(speaker, ling="utterance", part=speaker)
    for clip, (start_s, end_s) in zip(clips, times, strict=True):
        eaf.add_annotation(clip.speaker, round(start_s * 1000), round(end_s * 1000), clip.text)
    eaf.remove_tier("default")
    eaf.add_linked_file("file:///elsewhere/session.wav", "./gone/session.wav", "audio/x-wav")
    eaf.to_file(str(folder / "session.eaf"))
    return anonymous(clips, split=False)


def lay_textgrid(folder: Path, clips: list[Clip]) -> list[Clip]:
    from praatio import textgrid

    sound, times = join_sounds(clips)
    save_sound(folder / "session.wav", sound)
    entries = [(a, b, clip.text) for clip, (a, b) in zip(clips, times, strict=True)]
    grid = textgrid.Textgrid()
    grid.addTier(textgrid.IntervalTier("utterances", entries, 0, len(sound) / RATE))
    grid.save(str(folder / "session.TextGrid"), "long_textgrid", includeBlankSpaces=True)
    return anonymous(clips, speaker=False, split=False)


def _stamp(seconds: float, point: str) -> str:
    ms = round(seconds * 1000)
    clock = f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}"
    return f"{clock}{point}{ms % 1000:03}"


def lay_srt(folder: Path, clips: list[Clip]) -> list[Clip]:
    sound, times = join_sounds(clips)
    save_sound(folder / "session.wav", sound)
    lines = []
    for number, (clip, (a, b)) in enumerate(zip(clips, times, strict=True), start=1):
        lines += [str(number), f"{_stamp(a, ',')} --> {_stamp(b, ',')}", clip.text, ""]
    save_lines(folder / "session.srt", lines)
    return anonymous(clips, speaker=False, split=False)


def lay_vtt(folder: Path, clips: list[Clip]) -> list[Clip]:
    sound, times = join_sounds(clips)
    save_sound(folder / "session.flac", sound)
    lines = ["WEBVTT", ""]
    for clip, (a, b) in zip(clips, times, strict=True):
        stamps = f"{_stamp(a, '.')} --> {_stamp(b, '.')}"
        lines += [stamps, f"<v {clip.speaker}>{clip.text}", ""]
    save_lines(folder / "session.vtt", lines)
    return anonymous(clips, split=False)


def lay_audacity(folder: Path, clips: list[Clip]) -> list[Clip]:
    sound, times = join_sounds(clips)
    save_sound(folder / "session.wav", sound)
    pairs = zip(clips, times, strict=True)
    save_lines(folder / "session.txt", [f"{a:.6f}\t{b:.6f}\t{c.text}" for c, (a, b) in pairs])
    return anonymous(clips, speaker=False, split=False)


LAYOUTS: dict[str, tuple[str, Layout]] = {  # name: (the format that it is, who writes it)
    "txt beside wav": ("sidecar", lay_sidecars),
    "lab beside wav": ("sidecar", lay_labs),
    "tsv": ("table", lay_tsv),
    "csv of a spreadsheet": ("table", lay_csv),
    "common voice": ("common_voice", lay_common_voice),
    "jsonl": ("jsonl", lay_jsonl),
    "jsonl with offsets": ("jsonl", lay_nemo),
    "kaldi": ("kaldi", lay_kaldi),
    "kaldi with segments": ("kaldi", lay_kaldi_segments),
    "ljspeech": ("ljspeech", lay_ljspeech),
    "librispeech": ("librispeech", lay_librispeech),
    "mls": ("librispeech", lay_mls),
    "saved dataset": ("hf_dataset", lay_saved_dataset),
    "parquet": ("hf_dataset", lay_parquet),
    "audiofolder": ("hf_dataset", lay_audiofolder),
    "elan": ("elan", lay_elan),
    "textgrid": ("textgrid", lay_textgrid),
    "srt": ("subtitles", lay_srt),
    "vtt": ("subtitles", lay_vtt),
    "audacity": ("audacity", lay_audacity),
}
