"""Material that several tests share: a profile, a vocabulary, an untrained model, short sounds."""

import string
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from speech_material import DEV_TEXTS, TEST_TEXTS, TRAIN_TEXTS, make_babble, write_wav

from w2vctc.cli.main import main
from w2vctc.text.profile import LanguageProfile, load_profile
from w2vctc.vocab import BLANK, UNKNOWN, WORD_DELIMITER, Vocabulary


@pytest.fixture(scope="session")
def ca_profile() -> LanguageProfile:
    """The shipped Catalan profile."""
    return load_profile("ca")


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """torch on one thread: small networks are slower on more, and sums are added up otherwise."""
    import torch

    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(n_threads)


@pytest.fixture(scope="session")
def tiny_vocabulary() -> Vocabulary:
    """The letters a to z, ç and three word signs, in code-point order behind the special labels."""
    letters = sorted([*string.ascii_lowercase, "ç", "·", "'", "-"])
    return Vocabulary((BLANK, UNKNOWN, WORD_DELIMITER, *letters))


@pytest.fixture(scope="session")
def model_folder(tiny_vocabulary: Vocabulary, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained model of 20 ms frames in Hugging Face layout. Not to be modified: copy it."""
    import torch
    from transformers import Wav2Vec2Config, Wav2Vec2ForCTC

    from w2vctc.acoustic.export import save_model

    config = Wav2Vec2Config(
        vocab_size=len(tiny_vocabulary.labels),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        conv_dim=(16, 16, 16),
        conv_kernel=(400, 3, 3),
        conv_stride=(160, 2, 1),
        num_conv_pos_embeddings=8,
        num_conv_pos_embedding_groups=4,
        feat_extract_norm="layer",
        do_stable_layer_norm=True,
        conv_bias=True,
        pad_token_id=tiny_vocabulary.blank_id,
        bos_token_id=None,
        eos_token_id=None,
    )
    with torch.random.fork_rng():
        torch.manual_seed(7)
        network = Wav2Vec2ForCTC(config)
    folder = tmp_path_factory.mktemp("models") / "untrained"
    save_model(network, tiny_vocabulary, folder)
    return folder


@pytest.fixture
def speech_rows(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes data/xx with train.tsv, dev.tsv, test.tsv and a WAV per row.

    Each split takes its transcripts; None leaves the split out. The folder data/LANG is returned.
    """

    def write(
        *,
        lang: str = "xx",
        train: Sequence[str] | None = TRAIN_TEXTS,
        dev: Sequence[str] | None = DEV_TEXTS,
        test: Sequence[str] | None = TEST_TEXTS,
    ) -> Path:
        data = tmp_path / "data" / lang
        data.mkdir(parents=True, exist_ok=True)
        for split, texts in (("train", train), ("dev", dev), ("test", test)):
            if texts is not None:
                _write_split(data, split, texts)
        return data

    return write


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """A function that types a command in the working folder: exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)

    def type_command(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(list(arguments))
        shown = capsys.readouterr()
        assert "Traceback" not in shown.err
        return code, shown.out, shown.err

    return type_command


def _write_split(data: Path, split: str, texts: Sequence[str]) -> None:
    lines = ["path\ttext\n"]
    for number, text in enumerate(texts, start=1):
        name = f"{split}-{number}.wav"
        # 60 ms a letter: three frames, enough for any text with its blanks
        write_wav(data / name, make_babble(duration_s=0.2 + 0.06 * len(text), seed=number))
        lines.append(f"{name}\t{text}\n")
    (data / f"{split}.tsv").write_text("".join(lines), encoding="utf-8")
