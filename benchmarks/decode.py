"""Beam search engines side by side: the same emissions, the same n-gram, each in its own process.

    python benchmarks/decode.py --text lines.txt            # simulated utterances of its lines
    python benchmarks/decode.py --lm lm/ca --emissions dev.npz

--text builds an n-gram of the lines (a tenth left out) and simulates recordings of lines left out:
frames of a label at 50 per second, one in seven with another label louder than it. An .npz holds
arrays `0`, `1`, ... (n_frames, n_labels), and `labels` and `references` as text. Every engine is
started anew in each round, one after the other; the table shows medians over the rounds.
"""

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from w2vctc.decode.options import DecodingOptions
from w2vctc.evaluate.counts import count_word_errors
from w2vctc.lm.folder import LanguageModelFiles, find_language_model
from w2vctc.vocab import Vocabulary

FRAMES_PER_SECOND = 50
ENGINES = (
    "pyctcdecode",
    "pyctcdecode, pool of two",
    "transformers' processor",
    "flashlight-text",
    "fast",
    "fast, two threads",
)

Texts = list[str]
Decode = Callable[[Sequence[Any]], Texts]


def main() -> None:
    arguments = _parse()
    if arguments.only:
        measure(arguments)
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        lm, emissions = arguments.lm, arguments.emissions
        if arguments.text:
            lm, emissions = make_material(arguments, folder)
        rounds = [run_round(arguments, lm, emissions) for _ in range(arguments.rounds)]
        print_table(rounds, emissions)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--text", type=Path)
    parser.add_argument("--lm", type=Path)
    parser.add_argument("--emissions", type=Path)
    parser.add_argument("--order", type=int, default=5)
    parser.add_argument("--utterances", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--beam-width", type=int, default=100)
    parser.add_argument("--token-min-logp", type=float, default=-5.0)
    parser.add_argument("--engines", nargs="*", default=list(ENGINES))
    parser.add_argument("--only", help="decode with this engine and print JSON")
    return parser.parse_args()


def make_material(arguments: argparse.Namespace, folder: Path) -> tuple[Path, Path]:
    """An n-gram of nine tenths of the lines, and simulated recordings of the others."""
    from w2vctc.lm.arpa import write_arpa
    from w2vctc.lm.estimate import estimate_ngrams

    lines = [" ".join(line.split()) for line in arguments.text.read_text("utf-8").splitlines()]
    lines = [line for line in lines if line]
    random.Random(1).shuffle(lines)
    held_out = lines[: len(lines) // 10]
    write_arpa(estimate_ngrams(lines[len(held_out) :], order=arguments.order), folder / "lm.arpa")
    letters = sorted(set("".join(lines)) - {" "})
    vocabulary = Vocabulary(("<pad>", "<unk>", "|", *letters))
    chosen = [line for line in held_out if 15 < len(line) < 120][: arguments.utterances]
    draw = np.random.default_rng(2)
    arrays = {str(k): speak(line, vocabulary, draw) for k, line in enumerate(chosen)}
    labels, references = np.array(vocabulary.labels), np.array(chosen)
    np.savez(folder / "emissions.npz", labels=labels, references=references, **arrays)
    return folder / "lm.arpa", folder / "emissions.npz"


def speak(text: str, vocabulary: Vocabulary, draw: np.random.Generator) -> Any:
    """Log-probabilities of a recording of the text by a model that is often unsure."""
    frames: list[int] = []
    for label in vocabulary.encode(text):
        frames += [label] * draw.integers(1, 3) + [vocabulary.blank_id] * draw.integers(1, 4)
    logits = draw.normal(0, 1, (len(frames), len(vocabulary.labels)))
    logits[:, vocabulary.blank_id] += 1.5
    for frame, label in enumerate(frames):
        logits[frame, label] += draw.normal(6, 1.5)
        if draw.random() < 1 / 7:
            logits[frame, draw.integers(0, logits.shape[1])] += draw.normal(6, 1.5)
    normalized = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return normalized.astype(np.float32)


def read_emissions(path: Path) -> tuple[Vocabulary, list[str], list[Any]]:
    with np.load(path) as file:
        references = [str(text) for text in file["references"]]
        arrays = [file[str(k)] for k in range(len(references))]
        return Vocabulary(tuple(str(label) for label in file["labels"])), references, arrays


def run_round(arguments: argparse.Namespace, lm: Path, emissions: Path) -> dict[str, Any]:
    """What each engine answered, in a process of its own; None where it is not installed."""
    answers = {}
    for engine in arguments.engines:
        command = [sys.executable, __file__, "--only", engine, "--lm", str(lm)]
        command += ["--emissions", str(emissions), "--beam-width", str(arguments.beam_width)]
        command += ["--token-min-logp", str(arguments.token_min_logp)]
        child = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        answers[engine] = json.loads(child.stdout) if child.returncode == 0 else None
        if child.returncode:
            print(f"{engine}: {child.stderr.strip().splitlines()[-1]}", file=sys.stderr)
    return answers


def measure(arguments: argparse.Namespace) -> None:
    """Loads one engine, decodes everything, prints what came out as JSON."""
    vocabulary, _, emissions = read_emissions(arguments.emissions)
    options = DecodingOptions(
        beam_width=arguments.beam_width,
        token_min_logp=arguments.token_min_logp,
        score_empty_word=True,  # as the others do
    )
    started = time.perf_counter()
    decode = LOADERS[arguments.only](vocabulary, find_language_model(arguments.lm), options)
    loaded = time.perf_counter()
    decode(emissions[:1])  # whatever is made at the first call
    before, cpu = time.perf_counter(), time.process_time()
    texts = decode(emissions)
    answer = {
        "load_s": loaded - started,
        "seconds": time.perf_counter() - before,
        "cpu_s": time.process_time() - cpu,
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "texts": texts,
    }
    print(json.dumps(answer))


def load_stock(vocabulary: Vocabulary, lm: LanguageModelFiles, options: DecodingOptions) -> Any:
    from pyctcdecode import build_ctcdecoder

    from w2vctc.decode.alphabet import decoder_labels

    return build_ctcdecoder(
        decoder_labels(vocabulary),
        str(lm.ngram),
        list(lm.unigrams or ()),
        alpha=options.alpha,
        beta=options.beta,
    )


def stock_one(vocabulary: Vocabulary, lm: LanguageModelFiles, options: DecodingOptions) -> Decode:
    decoder = load_stock(vocabulary, lm, options)
    limits = {"beam_width": options.beam_width, "token_min_logp": options.token_min_logp}
    return lambda items: [decoder.decode_beams(item, **limits)[0][0] for item in items]


def stock_two(vocabulary: Vocabulary, lm: LanguageModelFiles, options: DecodingOptions) -> Decode:
    import multiprocessing

    decoder = load_stock(vocabulary, lm, options)
    pool = multiprocessing.get_context("fork").Pool(2)
    limits = {"beam_width": options.beam_width, "token_min_logp": options.token_min_logp}

    def decode(items: Sequence[Any]) -> Texts:
        return [beams[0][0] for beams in decoder.decode_beams_batch(pool, list(items), **limits)]

    return decode


def processor(vocabulary: Vocabulary, lm: LanguageModelFiles, options: DecodingOptions) -> Decode:
    from transformers import (
        Wav2Vec2CTCTokenizer,
        Wav2Vec2FeatureExtractor,
        Wav2Vec2ProcessorWithLM,
    )

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vocab.json"
        ids = {label: index for index, label in enumerate(vocabulary.labels)}
        path.write_text(json.dumps(ids), encoding="utf-8")
        tokenizer = Wav2Vec2CTCTokenizer(str(path), bos_token=None, eos_token=None)
    whole = Wav2Vec2ProcessorWithLM(
        feature_extractor=Wav2Vec2FeatureExtractor(),
        tokenizer=tokenizer,
        decoder=load_stock(vocabulary, lm, options),
    )
    limits = {"beam_width": options.beam_width, "token_min_logp": options.token_min_logp}
    return lambda items: [whole.decode(item, **limits).text for item in items]


def flashlight(vocabulary: Vocabulary, lm: LanguageModelFiles, options: DecodingOptions) -> Decode:
    """The lexicon-constrained search of flashlight-text: another search, with its own scores."""
    from flashlight.lib.text.decoder import (
        CriterionType,
        LexiconDecoder,
        LexiconDecoderOptions,
        SmearingMode,
        Trie,
    )
    from flashlight.lib.text.decoder.kenlm import KenLM
    from flashlight.lib.text.dictionary import Dictionary

    words = [word for word in lm.unigrams or () if not vocabulary.unspellable(word)]
    dictionary = Dictionary()
    for word in [*words, "<unk>"]:
        dictionary.add_entry(word)
    model = KenLM(str(lm.ngram), dictionary)
    trie = Trie(len(vocabulary.labels), vocabulary.delimiter_id)
    for word in words:
        index = dictionary.get_index(word)
        _, score = model.score(model.start(False), index)
        trie.insert([*vocabulary.encode(word), vocabulary.delimiter_id], index, score)
    trie.smear(SmearingMode.MAX)
    limits = LexiconDecoderOptions(
        beam_size=options.beam_width,
        beam_size_token=len(vocabulary.labels),
        beam_threshold=-options.beam_prune_logp * 2.5,
        lm_weight=options.alpha * 2.3,
        word_score=options.beta,
        unk_score=-np.inf,
        sil_score=0.0,
        log_add=False,
        criterion_type=CriterionType.CTC,
    )
    search = LexiconDecoder(
        limits,
        trie,
        model,
        vocabulary.delimiter_id,
        vocabulary.blank_id,
        dictionary.get_index("<unk>"),
        [],
        False,
    )

    def decode_one(item: Any) -> str:
        found = search.decode(np.ascontiguousarray(item).ctypes.data, *item.shape)
        return " ".join(dictionary.get_entry(w) for w in found[0].words if w >= 0) if found else ""

    return lambda items: [decode_one(item) for item in items]


def fast_one(vocabulary: Vocabulary, lm: LanguageModelFiles, options: DecodingOptions) -> Decode:
    from w2vctc.decode.engines import open_decoder

    decoder = open_decoder(vocabulary, lm=lm, options=options, engine="fast")
    return lambda items: [decoder.decode(item).text for item in items]


def fast_two(vocabulary: Vocabulary, lm: LanguageModelFiles, options: DecodingOptions) -> Decode:
    from w2vctc.decode.engines import open_decoder

    decoder = open_decoder(vocabulary, lm=lm, options=options, engine="fast")
    pool = ThreadPoolExecutor(2)
    return lambda items: [found.text for found in pool.map(decoder.decode, items)]


LOADERS = dict(
    zip(ENGINES, (stock_one, stock_two, processor, flashlight, fast_one, fast_two), strict=True)
)


def print_table(rounds: Sequence[dict[str, Any]], path: Path) -> None:
    _, references, emissions = read_emissions(path)
    audio_s = sum(len(item) for item in emissions) / FRAMES_PER_SECOND
    print(f"{len(emissions)} utterances, {audio_s:.0f} s; medians of {len(rounds)} rounds\n")
    print("| engine | load s | decode s | RTF | times as fast | WER % | same texts | MB |")
    print("|---|---|---|---|---|---|---|---|")
    stock = rounds[0].get("pyctcdecode")
    for engine in rounds[0]:
        answers = [answer for one in rounds if (answer := one[engine])]
        if not answers:
            print(f"| {engine} | not installed | | | | | | |")
            continue
        names = ("load_s", "seconds", "memory_mb")
        load_s, seconds, memory = (statistics.median(a[name] for a in answers) for name in names)
        texts = answers[0]["texts"]
        counts = [count_word_errors(*pair) for pair in zip(references, texts, strict=True)]
        errors = sum(c.errors for c in counts)
        wer = 100 * errors / sum(c.n_reference for c in counts)
        speed = same = "-"
        if stock:
            pairs = [(one["pyctcdecode"], one[engine]) for one in rounds]
            ratio = statistics.median(a["seconds"] / b["seconds"] for a, b in pairs if a and b)
            speed = f"{ratio:.1f}"
            n_same = sum(a == b for a, b in zip(stock["texts"], texts, strict=True))
            same = f"{n_same} of {len(texts)}"
        print(
            f"| {engine} | {load_s:.2f} | {seconds:.2f} | {seconds / audio_s:.5f} | {speed}"
            f" | {wer:.1f} | {same} | {memory:.0f} |"
        )


if __name__ == "__main__":
    main()
