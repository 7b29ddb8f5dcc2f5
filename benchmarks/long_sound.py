"""Long recordings: decode beside the transformers pipeline in chunks, and beside one pass.

    python benchmarks/long_sound.py --lang ca                    # in a working folder
    python benchmarks/long_sound.py --lang ca --hours 1 3        # its memory alone

The clips of a split, half a second of faint noise behind each, make one recording of --minutes.
Each way to transcribe it runs in a process of its own, one after the other, --rounds times; the
table shows medians of wall and CPU seconds (child processes included, model and imports not) and
the highest peak of memory. `whole` hears all of it in one pass and searches it in one piece:
where `decode` says something else is listed, with the distance to the edges of its windows.
--hours measures the peak memory of decode for recordings of one minute and of so many hours.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from w2vctc.acoustic.long_sound import Chunking
from w2vctc.cli.decode import decode as decode_recordings
from w2vctc.cli.decoding.request import Hearing, Request
from w2vctc.cli.rows import make_normalizer, open_corpus, open_profile
from w2vctc.cli.transcribe import find_lm, search_options
from w2vctc.decode.engines import open_decoder
from w2vctc.decode.greedy import decode_greedy
from w2vctc.decode.hypothesis import Word
from w2vctc.decode.transcript import Transcript
from w2vctc.evaluate.counts import count_word_errors
from w2vctc.project import Project, find_project
from w2vctc.speech.activity import ActivityOptions
from w2vctc.speech.audio import SAMPLE_RATE, load_audio
from w2vctc.speech.survey import SurveyOptions

WAYS = ("decode", "decode --no-vad", "pipeline", "whole")
_PAUSE_S = 0.5
_MIB = 1 << 20


def main() -> None:
    arguments = parse()
    if arguments.only:
        print(json.dumps(run_one(arguments)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        sound = Path(scratch) / "long.flac"
        if arguments.hours:
            compare_memory(arguments, sound)
            return
        reference = make_recording(arguments, sound, 60 * arguments.minutes)
        for greedy in (True,) if arguments.greedy else (True, False):
            compare_ways(arguments, sound, reference, greedy=greedy)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--lang", required=True)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--lm", type=Path)
    parser.add_argument("--split", default="test")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--hours", type=float, nargs="*")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ways", nargs="*", choices=WAYS, default=list(WAYS))
    parser.add_argument("--only", choices=WAYS, help="transcribe --sound and print JSON")
    parser.add_argument("--sound", type=Path)
    parser.add_argument("--greedy", action="store_true", help="the best path only")
    return parser.parse_args()


def make_recording(arguments: argparse.Namespace, path: Path, duration_s: float) -> str:
    """Writes clips one after the other until there is sound enough; what they say."""
    project = find_project(lang=arguments.lang, model=arguments.model)
    normalize = make_normalizer(open_profile(project))
    rows = open_corpus(project).rows(arguments.split)
    noise = 1e-4 * np.random.default_rng(0).standard_normal(round(_PAUSE_S * SAMPLE_RATE))
    texts: list[str] = []
    n_samples = 0
    with soundfile.SoundFile(path, "w", SAMPLE_RATE, 1) as sound:
        while n_samples < duration_s * SAMPLE_RATE:
            row = rows[len(texts) % len(rows)]
            texts.append(normalize(row.text))
            for part in (row.load(), noise):
                sound.write(part)
                n_samples += len(part)
    return " ".join(texts)


def compare_ways(
    arguments: argparse.Namespace, sound: Path, reference: str, *, greedy: bool
) -> None:
    rounds = [
        {way: measure(arguments, sound, way, greedy=greedy) for way in arguments.ways}
        for _ in range(arguments.rounds)
    ]
    print("best path" if greedy else "language model")
    print(
        "| way | s | CPU s | times real time | peak MiB | WER % |\n|---|---:|---:|---:|---:|---:|"
    )
    for way in arguments.ways:
        answers = [one[way] for one in rounds]
        wall, cpu = (statistics.median(a[name] for a in answers) for name in ("wall_s", "cpu_s"))
        peak = max(answer["peak_mib"] for answer in answers)
        errors = count_word_errors(reference, answers[0]["text"])
        figures = f"{wall:.1f} | {cpu:.1f} | {answers[0]['duration_s'] / wall:.0f} | {peak:.0f}"
        print(f"| {way} | {figures} | {100 * (errors.rate or 0):.2f} |")
    first = rounds[0]
    for way in ("decode", "decode --no-vad"):
        if way in first and "whole" in first:
            compare_texts(way, first[way]["words"], first["whole"]["words"])
    print(flush=True)


def compare_texts(way: str, chunked: Sequence[Any], whole: Sequence[Any]) -> None:
    """Tells what of the words is other than in one pass, and how far from the nearest edge."""
    from rapidfuzz.distance import Levenshtein

    ours, theirs = [word[0] for word in chunked], [word[0] for word in whole]
    edits = Levenshtein.editops(theirs, ours)
    print(f"{way}: {len(edits)} of {len(theirs)} words are other than in one pass")
    edges = np.arange(0, 1e5, Chunking().chunk_s)
    for edit in edits:
        one = theirs[edit.src_pos] if edit.tag != "insert" else "-"
        other = ours[edit.dest_pos] if edit.tag != "delete" else "-"
        at = whole[min(edit.src_pos, len(whole) - 1)][1]
        away_s = np.abs(edges - at).min()
        print(f"  {at:8.2f} s: {one} -> {other}; {away_s:.1f} s from an edge")


def compare_memory(arguments: argparse.Namespace, sound: Path) -> None:
    peaks = {}
    for hours in (1 / 60, *arguments.hours):
        make_recording(arguments, sound, 3600 * hours)
        answer = measure(arguments, sound, "decode", greedy=arguments.greedy)
        peaks[hours] = answer["peak_mib"]
        print(
            f"{60 * hours:6.0f} minutes: peak {answer['peak_mib']:.0f} MiB"
            f" ({answer['peak_mib'] - peaks[1 / 60]:+.0f}),"
            f" {answer['duration_s'] / answer['wall_s']:.0f} times real time",
            flush=True,
        )


def measure(
    arguments: argparse.Namespace, sound: Path, way: str, *, greedy: bool
) -> dict[str, Any]:
    command = [sys.executable, __file__, "--lang", arguments.lang, "--only", way]
    command += ["--sound", str(sound), *(["--greedy"] if greedy else [])]
    for flag in ("model", "lm"):
        if value := getattr(arguments, flag):
            command += [f"--{flag}", str(value)]
    environment = {**os.environ, "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")}
    child = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    answer: dict[str, Any] = json.loads(child.stdout.splitlines()[-1])
    return answer


def run_one(arguments: argparse.Namespace) -> dict[str, Any]:
    """One way at work in this process; the model is loaded and the search made ready before."""
    from w2vctc.acoustic.emissions import load_acoustic_model

    project = find_project(lang=arguments.lang, model=arguments.model)
    if arguments.only == "pipeline":
        transcribe = open_pipeline(project, greedy=arguments.greedy)
    else:
        model = load_acoustic_model(project.model, device="cpu")
        lm = None if arguments.greedy else find_lm(project, arguments.lm)
        open_way = open_whole if arguments.only == "whole" else open_decode
        transcribe = open_way(model, lm, keep_pauses=arguments.only.endswith("no-vad"))
    info = soundfile.info(arguments.sound)
    before, cpu = time.perf_counter(), cpu_seconds()
    words = transcribe(arguments.sound)
    return {
        "wall_s": time.perf_counter() - before,
        "cpu_s": cpu_seconds() - cpu,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / _MIB,
        "duration_s": info.duration,
        "text": " ".join(text for text, _ in words),
        "words": words,
    }


def open_decode(model: Any, lm: Any, *, keep_pauses: bool) -> Callable[[Path], list[Any]]:
    request = Request(lm, search_options(lm), greedy=lm is None, jobs=len(os.sched_getaffinity(0)))
    hearing = Hearing(SurveyOptions(activity=None if keep_pauses else ActivityOptions()))

    def transcribe(sound: Path) -> list[Any]:
        results = decode_recordings(model, [sound], request, hearing)
        (transcript,) = (one for one in results if isinstance(one, Transcript))
        return pairs(transcript.words)

    return transcribe


def open_whole(model: Any, lm: Any, *, keep_pauses: bool) -> Callable[[Path], list[Any]]:
    from w2vctc.acoustic.emissions import compute_emissions

    assert not keep_pauses
    decoder = lm and open_decoder(model.vocabulary, lm=lm, options=search_options(lm))

    def transcribe(sound: Path) -> list[Any]:
        emissions = compute_emissions(model, load_audio(sound))
        found = decoder.decode(emissions) if lm else decode_greedy(emissions, model.vocabulary)
        return pairs(found.words)

    return transcribe


def open_pipeline(project: Project, *, greedy: bool) -> Callable[[Path], list[Any]]:
    """The pipeline as its documentation has it for long files, with the folder's own decoder."""
    from transformers import Wav2Vec2ForCTC, pipeline
    from transformers.models.auto import AutoFeatureExtractor, AutoTokenizer

    task = "automatic-speech-recognition"
    if greedy:  # without the decoder that the folder may hold
        recogniser = pipeline(
            task,
            model=Wav2Vec2ForCTC.from_pretrained(project.model),
            tokenizer=AutoTokenizer.from_pretrained(project.model),
            feature_extractor=AutoFeatureExtractor.from_pretrained(project.model),
            chunk_length_s=30,
            device="cpu",
        )
    else:
        recogniser = pipeline(task, model=str(project.model), chunk_length_s=30, device="cpu")

    def transcribe(sound: Path) -> list[Any]:
        waveform: NDArray[np.float32] = load_audio(sound)
        found = recogniser({"raw": waveform, "sampling_rate": SAMPLE_RATE})
        return [(word, 0.0) for word in found["text"].split()]

    return transcribe


def pairs(words: Sequence[Word]) -> list[Any]:
    return [(word.text, word.start_s) for word in words]


def cpu_seconds() -> float:
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in spent)


if __name__ == "__main__":
    main()
