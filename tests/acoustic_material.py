"""A language of tones that a small network learns in seconds, and small networks to teach it to."""

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from speech_material import SAMPLE_RATE_HZ, write_wav

from w2vctc.acoustic.clips.dataset import CtcCollator, SpeechDataset
from w2vctc.acoustic.model import adapt_config, quiet_transformers
from w2vctc.acoustic.monitoring.metrics import Scoring
from w2vctc.acoustic.monitoring.progress import TrainingEvent
from w2vctc.acoustic.presets import Schedule
from w2vctc.acoustic.training.assembly import make_extractor
from w2vctc.acoustic.training.data import TrainingData
from w2vctc.acoustic.training.finetuning import FinetuneResult, finetune
from w2vctc.acoustic.training.options import FinetuneOptions
from w2vctc.corpus.utterance import Utterance
from w2vctc.evaluate.counts import count_character_errors, count_word_errors
from w2vctc.vocab import Vocabulary, build_vocabulary

LETTERS = "aeioksmt"
_LETTER_S = 0.08
_PAUSE_S = 0.04  # between letters, so that a doubled letter is two tones
_SPACE_S = 0.08

SMALL_CONFIG: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "conv_dim": (32, 32, 32),
    "num_conv_pos_embeddings": 8,
    "num_conv_pos_embedding_groups": 4,
}

# Enough of everything to see it at work: a frozen start, masks, dropout, a decay.
SHORT_SCHEDULE = Schedule(
    name="short",
    learning_rate=3e-3,
    updates=12,
    batch_s=4.0,
    freeze_encoder_updates=3,
    mask_time_prob=0.3,
    mask_feature_prob=0.1,
)


def sing(text: str, *, seed: int) -> NDArray[np.float32]:
    """The sound of a text, shape (n_samples,): one tone per letter, a hiss for a space."""
    random = np.random.default_rng(seed)
    pieces = [_silence(_PAUSE_S)]
    for letter in text:
        if letter == " ":
            pieces += [
                0.1 * random.standard_normal(round(_SPACE_S * SAMPLE_RATE_HZ)),
                _silence(_PAUSE_S),
            ]
            continue
        frequency_hz = 300 * 1.4 ** LETTERS.index(letter) * random.uniform(0.98, 1.02)
        n_samples = round(_LETTER_S * random.uniform(0.9, 1.1) * SAMPLE_RATE_HZ)
        time_s = np.arange(n_samples) / SAMPLE_RATE_HZ
        tone = random.uniform(0.2, 0.4) * np.sin(2 * np.pi * frequency_hz * time_s)
        pieces += [tone * np.hanning(len(tone)), _silence(_PAUSE_S)]
    waveform = np.concatenate(pieces)
    return np.asarray(waveform + 0.003 * random.standard_normal(len(waveform)), dtype=np.float32)


def _silence(duration_s: float) -> NDArray[np.float64]:
    return np.zeros(round(duration_s * SAMPLE_RATE_HZ))


def make_words(n_words: int, *, seed: int) -> list[str]:
    """Different words of three to six letters."""
    random = np.random.default_rng(seed)
    words: dict[str, None] = {}
    while len(words) < n_words:
        letters = random.choice(list(LETTERS), size=random.integers(3, 7))
        words["".join(letters)] = None
    return list(words)


def make_sentences(words: Sequence[str], n: int, *, seed: int, n_words: int = 3) -> list[str]:
    """Different sentences of up to `n_words` words."""
    random = np.random.default_rng(seed)
    sentences: dict[str, None] = {}
    while len(sentences) < n:
        size = random.integers(1, n_words + 1)
        sentences[" ".join(random.choice(words, size=size))] = None
    return list(sentences)


def write_split(data: Path, split: str, texts: Sequence[str], *, seed: int) -> None:
    """Writes SPLIT.tsv and a WAV per row into the folder `data`."""
    data.mkdir(parents=True, exist_ok=True)
    lines = ["path\ttext\n"]
    for number, text in enumerate(texts):
        name = f"{split}{number:03}.wav"
        letters = "".join(c for c in text if c in LETTERS + " ")
        write_wav(data / name, sing(letters, seed=1000 * seed + number))
        lines.append(f"{name}\t{text}\n")
    (data / f"{split}.tsv").write_text("".join(lines), encoding="utf-8")


def make_rows(folder: Path, texts: Sequence[str], *, split: str, seed: int) -> list[Utterance]:
    """Checked rows, as training takes them, with their sounds in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, text in enumerate(texts):
        waveform = sing(text, seed=1000 * seed + number)
        name = f"{split}{number:03}"
        write_wav(folder / f"{name}.wav", waveform)
        rows.append(
            Utterance(
                id=name,
                audio=folder / f"{name}.wav",
                text=text,
                duration_s=len(waveform) / SAMPLE_RATE_HZ,
                source=f"{split}.tsv:{number + 2}",
            )
        )
    return rows


def make_data(folder: Path, *, n_train: int = 24, n_dev: int = 5) -> TrainingData:
    """A few seconds of the tone language with its vocabulary."""
    words = make_words(12, seed=1)
    texts = make_sentences(words, n_train + n_dev, seed=2)
    train = make_rows(folder, texts[:n_train], split="train", seed=1)
    dev = make_rows(folder, texts[n_train:], split="dev", seed=2)
    return TrainingData(train, dev, build_vocabulary([row.text for row in train]))


def make_network(
    vocabulary: Vocabulary, *, norm: str = "layer", seed: int = 3, **changes: Any
) -> Any:
    """A small Wav2Vec2ForCTC with random weights; `norm` is "layer" or "group"."""
    import torch
    from transformers import Wav2Vec2Config, Wav2Vec2ForCTC

    settings = {
        **SMALL_CONFIG,
        "conv_kernel": (400, 3, 3),
        "conv_stride": (160, 2, 1),
        "feat_extract_norm": norm,
        "do_stable_layer_norm": norm == "layer",
        "conv_bias": norm == "layer",
        **changes,
    }
    config = adapt_config(Wav2Vec2Config(**settings), vocabulary, SHORT_SCHEDULE)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return Wav2Vec2ForCTC(config)


def save_source(folder: Path, network: Any, vocabulary: Vocabulary | None) -> Path:
    """A folder to fine-tune from: weights, configuration and, if given, a tokenizer."""
    from w2vctc.vocab import save_feature_extractor, save_tokenizer

    with quiet_transformers():
        network.save_pretrained(folder)
    save_feature_extractor(
        folder, return_attention_mask=network.config.feat_extract_norm == "layer"
    )
    if vocabulary is not None:
        save_tokenizer(vocabulary, folder)
    return folder


def make_batch(rows: Sequence[Utterance], vocabulary: Vocabulary, config: Any) -> dict[str, Any]:
    """The rows as one padded batch."""
    dataset = SpeechDataset(rows, [vocabulary.encode(row.text) for row in rows])
    return CtcCollator(make_extractor(config))([dataset[row] for row in range(len(rows))])


def _pair(count: Callable[[str, str], Any], reference: str, hypothesis: str) -> tuple[int, int]:
    counts = count(reference, hypothesis)
    return counts.errors, counts.n_reference


SCORING = Scoring(
    functools.partial(_pair, count_word_errors), functools.partial(_pair, count_character_errors)
)


def train_small(
    data: TrainingData,
    folder: Path,
    *,
    source: Path,
    schedule: Schedule = SHORT_SCHEDULE,
    resume: bool = False,
    on_event: Callable[[TrainingEvent], None] = lambda _: None,
    on_note: Callable[[str], None] = lambda _: None,
    scoring: Scoring | None = None,
    **options: Any,
) -> FinetuneResult:
    """One short run of `finetune` from the folder `source`."""
    settings = {"eval_every": 4, "device": "cpu", **options}
    return finetune(
        data,
        schedule=schedule,
        options=FinetuneOptions(model=str(source), **settings),
        folder=folder,
        scoring=scoring or SCORING,
        resume=resume,
        on_event=on_event,
        on_note=on_note,
    )
