"""Every verb on a language of tones, learned in seconds, and the same texts from transformers."""

import contextlib
import io
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from acoustic_material import (
    LETTERS,
    SMALL_CONFIG,
    make_sentences,
    make_words,
    write_split,
)

from w2vctc.acoustic.presets import TINY_CONFIG
from w2vctc.cli.main import main
from w2vctc.corpus.corpus import read_corpus
from w2vctc.decode.alphabet import decoder_labels
from w2vctc.speech.audio import load_audio
from w2vctc.vocab import load_vocabulary

MODEL = Path("models/xx")
TRAINING = ["--epochs", "8", "--batch-seconds", "6", "--learning-rate", "4e-3", "--device", "cpu"]


@dataclass(frozen=True)
class Story:
    """A working folder in which every verb has run, and what each wrote to stdout."""

    folder: Path
    training: dict[str, Any]
    tuning: dict[str, Any]
    evaluation: dict[str, Any]
    plain_model: Path  # a copy of the model folder from before train-lm


def run(*arguments: str, capsys: pytest.CaptureFixture[str] | None = None, code: int = 0) -> str:
    """The stdout of one command."""
    if capsys:
        capsys.readouterr()
    assert main(list(arguments)) == code
    return capsys.readouterr().out if capsys else ""


def run_json(*arguments: str) -> Any:
    """What one command writes to stdout with --json."""
    with io.StringIO() as stdout, contextlib.redirect_stdout(stdout):
        run(*arguments, "--json")
        return json.loads(stdout.getvalue())


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("story")
    texts = make_sentences(make_words(20, seed=1), 135, seed=2)
    write_split(folder / "data/xx", "train", texts[:110], seed=1)
    write_split(folder / "data/xx", "dev", texts[110:120], seed=2)
    # é is in no training text, and has no sound: an error that the evaluation must own up to
    write_split(folder / "data/xx", "test", [*texts[120:134], texts[134] + " é"], seed=3)
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    small = {**SMALL_CONFIG, "hidden_size": 64, "intermediate_size": 128}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, value in small.items():
            patch.setitem(TINY_CONFIG, name, value)
        run("build-vocab")
        training = run_json("finetune", "--model", "tiny", *TRAINING)
        shutil.copytree(MODEL, "plain")
        run("train-lm")
        tuning = run_json("tune", "--workers", "1", "--budget", "6")
        yield Story(folder, training, tuning, run_json("evaluate"), folder / "plain")
    torch.set_num_threads(n_threads)


@pytest.fixture(autouse=True)
def here(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(story.folder)


def clips() -> list[Path]:
    return [row.audio for row in read_corpus(Path("data/xx")).rows("test")]


def decode(*arguments: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The texts of all test clips, by one `w2vctc decode`."""
    out = run("decode", *arguments, *map(str, clips()), capsys=capsys)
    names, texts = zip(*(line.split("\t") for line in out.splitlines()), strict=True)
    assert list(names) == list(map(str, clips()))
    return list(texts)


# What was learned


def test_the_model_has_learned_the_language_and_the_lm_helps(story: Story) -> None:
    greedy, default, tuned = story.evaluation["systems"]
    assert greedy["wer"] < 0.3
    assert tuned["wer"] <= default["wer"] < 0.15
    assert tuned["wer"] < greedy["wer"]
    assert story.tuning["dev_wer"] <= story.tuning["default_dev_wer"]


def test_the_error_rates_of_training_are_those_of_the_finished_model(story: Story) -> None:
    """Each dev hypothesis met its own reference, and the best checkpoint became the model."""
    greedy = run_json("evaluate", "--split", "dev", "--beam-width", "2")["systems"][0]
    assert story.training["dev_wer"] == pytest.approx(greedy["wer"])
    assert story.training["dev_cer"] == pytest.approx(greedy["cer"])
    assert greedy["cer"] < 0.1


def test_the_counts_of_the_evaluation_add_up(story: Story) -> None:
    n_words = sum(len(row.text.split()) for row in read_corpus(Path("data/xx")).rows("test"))
    for system in story.evaluation["systems"]:
        words = system["words"]
        assert words["n_reference"] == n_words
        errors = words["substitutions"] + words["deletions"] + words["insertions"]
        assert system["wer"] == pytest.approx(errors / n_words)
        assert words["hits"] + words["substitutions"] + words["deletions"] == n_words


def test_a_character_that_training_never_saw_is_an_error_and_listed(
    story: Story, capsys: pytest.CaptureFixture[str]
) -> None:
    assert story.evaluation["unseen_characters"] == {"é": 1}
    for system in story.evaluation["systems"]:
        assert system["words"]["deletions"] + system["words"]["substitutions"] >= 1
    capsys.readouterr()
    assert main(["evaluate", "--split", "test"]) == 0
    assert "the model has no label for 'é' 1 times: they count as errors" in capsys.readouterr().err


def test_tuned_weights_are_saved_where_decoding_finds_them(story: Story) -> None:
    wanted = (story.tuning["alpha"], story.tuning["beta"])
    for path in (Path("lm/xx/lm.json"), MODEL / "language_model/attrs.json"):
        saved = json.loads(path.read_text(encoding="utf-8"))
        assert (saved["alpha"], saved["beta"]) == wanted


# decode in its ways


def test_one_file_gives_its_text_alone(capsys: pytest.CaptureFixture[str]) -> None:
    texts = decode(capsys=capsys)
    assert run("decode", str(clips()[0]), capsys=capsys) == texts[0] + "\n"


def test_a_folder_is_decoded_in_the_order_of_names(capsys: pytest.CaptureFixture[str]) -> None:
    texts = decode(capsys=capsys)
    out = run("decode", "data/xx", capsys=capsys).splitlines()
    found = dict(line.split("\t") for line in out)
    assert list(found) == sorted(found)
    assert len(found) == 135
    assert [found[str(clip)] for clip in clips()] == texts


def test_json_holds_the_same_texts_with_words_inside_the_recording(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for flags in ((), ("--greedy",)):
        texts = decode(*flags, capsys=capsys)
        out = run("decode", "--json", *flags, *map(str, clips()), capsys=capsys)
        items = json.loads(out)
        assert [item["text"] for item in items] == texts
        for item in items:
            assert " ".join(word["text"] for word in item["words"]) == " ".join(
                item["text"].split()
            )
            times_s = [t for word in item["words"] for t in (word["start_s"], word["end_s"])]
            assert times_s == sorted(times_s)
            assert all(0 <= t <= item["duration_s"] + 0.02 for t in times_s)


def test_a_language_model_by_its_file_is_the_one_that_is_used(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    weights = json.loads(Path("lm/xx/lm.json").read_text(encoding="utf-8"))
    same = ["--alpha", str(weights["alpha"]), "--beta", str(weights["beta"])]
    assert decode("--lm", "lm/xx/lm.arpa", *same, capsys=capsys) == decode(capsys=capsys)
    # a language of one word: with all the weight on it, little else is heard
    (tmp_path / "one.txt").write_text("kaa kaa kaa\n" * 3, encoding="utf-8")
    run("train-lm", "--text", str(tmp_path / "one.txt"), "--data", "data/none",
        "--out", str(tmp_path / "one.arpa"), "--order", "2")  # fmt: skip
    other = decode("--lm", str(tmp_path / "one.arpa"), "--alpha", "3", capsys=capsys)
    assert other != decode(capsys=capsys)


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (("--beam-width", "0"), "beam_width = 0: at least one reading must be kept"),
        (("--beam-width", "-3"), "beam_width = -3"),
        (("--alpha", "nan"), "alpha = nan: not a finite number"),
        (("--beta", "inf"), "beta = inf: not a finite number"),
        (("--alpha", "-1"), "alpha = -1.0"),
    ],
)
@pytest.mark.parametrize("verb", ["decode", "evaluate"])
def test_weights_that_no_search_can_use_are_refused(
    verb: str, flags: tuple[str, str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [str(clips()[0])] if verb == "decode" else []
    assert run(verb, *flags, *files, capsys=capsys, code=2) == ""
    assert main([verb, *flags, *files]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert "Traceback" not in error


# transformers on the same folder


def pipeline_texts(folder: Path) -> list[str]:
    from transformers import pipeline

    recogniser = pipeline("automatic-speech-recognition", model=str(folder), device="cpu")
    return [
        recogniser({"raw": load_audio(clip), "sampling_rate": 16_000})["text"] for clip in clips()
    ]


def test_the_pipeline_says_what_decode_says_without_a_language_model(
    story: Story, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = decode("--model", str(story.plain_model), capsys=capsys)
    # the pipeline leaves two spaces where the best path has two delimiters
    assert [" ".join(text.split()) for text in pipeline_texts(story.plain_model)] == ours
    assert ours == decode("--greedy", capsys=capsys)
    assert len(set(ours)) > 10


def test_the_pipeline_says_what_decode_says_with_the_language_model(
    story: Story, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = decode(capsys=capsys)
    assert pipeline_texts(MODEL) == ours
    assert ours != decode("--model", str(story.plain_model), capsys=capsys)


def test_the_folder_opens_unedited_and_all_sizes_agree(story: Story) -> None:
    from transformers import AutoModelForCTC, Wav2Vec2Processor, Wav2Vec2ProcessorWithLM

    n_labels = len(LETTERS) + 3
    for folder in (story.plain_model, MODEL):
        network = AutoModelForCTC.from_pretrained(folder)
        processor = Wav2Vec2Processor.from_pretrained(folder)
        vocabulary = load_vocabulary(folder)
        assert network.config.vocab_size == network.lm_head.out_features == n_labels
        assert len(processor.tokenizer) == len(vocabulary.labels) == n_labels
        assert (
            processor.tokenizer.pad_token_id == vocabulary.blank_id == network.config.pad_token_id
        )
        assert processor.feature_extractor.return_attention_mask is True
    with_lm = Wav2Vec2ProcessorWithLM.from_pretrained(MODEL)
    alphabet = with_lm.decoder._alphabet.labels
    assert len(alphabet) == n_labels
    assert alphabet == decoder_labels(load_vocabulary(MODEL))
    with pytest.raises((OSError, ValueError, TypeError, AttributeError)):
        Wav2Vec2ProcessorWithLM.from_pretrained(story.plain_model)


def test_training_over_the_model_takes_the_language_model_out_and_puts_it_in_again(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("data", "models", "lm"):
        shutil.copytree(story.folder / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    run("finetune", "--model", "tiny", *TRAINING, "--epochs", "0.2", "--overwrite")
    settings = json.loads((MODEL / "preprocessor_config.json").read_text(encoding="utf-8"))
    assert settings["processor_class"] == "Wav2Vec2ProcessorWithLM"
    assert (MODEL / "language_model/attrs.json").exists()
