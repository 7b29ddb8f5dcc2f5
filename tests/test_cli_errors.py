"""What a person sees when something is wrong: the message, the hint, the exit code."""

import json
import os
import signal
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
import soundfile
from speech_material import make_babble, write_wav

from w2vctc.errors import DataError, MachineError, ModelError, UsageError

Run = Callable[..., tuple[int, str, str]]
Rows = Callable[..., Path]


def spoil(path: Path, kind: str) -> None:
    """Writes a broken recording."""
    write_wav(path, make_babble(duration_s=0.5))
    content = path.read_bytes()
    if kind == "nan":
        waveform = make_babble(duration_s=0.5)
        waveform[4_000] = np.nan
        soundfile.write(path, waveform, 16_000, format="WAV", subtype="FLOAT")
    elif kind == "short":
        write_wav(path, make_babble(duration_s=0.5)[:399])
    else:
        header_only = content[:40] + struct.pack("<I", 0)
        path.write_bytes(
            {
                "empty": b"",
                "header": header_only,
                "cut": content[:8_044],
                "page": b"<!DOCTYPE html><title>404</title>",
                "pointer": b"version https://git-lfs.github.com/spec/v1\n",
                "noise": bytes(range(1, 200)),
            }[kind]
        )


FILE_FAULTS = {
    "empty": ("E_EMPTY", "the file is empty (0 bytes)"),
    "header": ("E_NO_SAMPLES", "a header, but not one sample of sound"),
    "cut": ("E_TRUNCATED", "cut off: 8000 of 16000 bytes of sound are there"),
    "page": ("E_NOT_AUDIO", "a web page, not a sound file"),
    "pointer": ("E_NOT_AUDIO", "a git-lfs pointer, not the sound itself"),
    "noise": (
        "E_NOT_AUDIO",
        "not a sound file that can be read"
        " (its first bytes are b'\\x01\\x02\\x03\\x04\\x05\\x06\\x07\\x08')",
    ),
    "nan": ("E_NONFINITE", "sample 4000 (0.250 s) is not a finite number"),
}


# --- decode


@pytest.mark.parametrize("kind", [*FILE_FAULTS, "short", "none"])
def test_decode_names_the_broken_file_and_why(run: Run, model_folder: Path, kind: str) -> None:
    faults = {
        **FILE_FAULTS,
        "short": ("E_TOO_SHORT", "399 samples at 16 kHz, the model needs at least 1360"),
        "none": ("E_MISSING", "no such file or directory"),
    }
    if kind != "none":
        spoil(Path("a.wav"), kind)
    code, out, err = run("decode", "--model", str(model_folder), "a.wav")
    reason, message = faults[kind]
    assert code == 3
    assert out == ""
    *_, error, hint, last = err.splitlines()
    assert error == f"error: a.wav: {message} [{reason}]"
    assert hint.startswith("hint:  ")
    assert last == "1 of 1 recording could not be decoded"


def test_decode_goes_on_behind_a_broken_file(run: Run, model_folder: Path) -> None:
    for name in ("a.wav", "c.wav"):
        write_wav(Path(name), make_babble(duration_s=0.5))
    spoil(Path("b.wav"), "cut")
    model = ("--model", str(model_folder))
    code, out, err = run("decode", *model, "a.wav", "b.wav", "none.wav", "c.wav")
    assert code == 3
    assert [line.split("\t")[0] for line in out.splitlines()] == ["a.wav", "c.wav"]
    assert "error: b.wav: cut off" in err
    assert err.endswith("2 of 4 recordings could not be decoded\n")


def test_decode_json_holds_every_file_and_nothing_else(run: Run, model_folder: Path) -> None:
    write_wav(Path("a.wav"), make_babble(duration_s=0.5))
    spoil(Path("b.wav"), "empty")
    code, out, _ = run("decode", "--model", str(model_folder), "--json", "a.wav", "b.wav")
    assert code == 3
    heard, failed = json.loads(out)
    assert list(heard) == [
        *("schema", "file", "text", "words", "passages", "score", "acoustic_score", "lm_score"),
        *("duration_s", "seconds"),
    ]
    assert (heard["file"], heard["duration_s"]) == ("a.wav", 0.5)
    assert [word["text"] for word in heard["words"]] == heard["text"].split()
    assert failed == {
        "schema": heard["schema"],
        "file": "b.wav",
        "error": {"code": "E_EMPTY", "message": "b.wav: the file is empty (0 bytes)"},
    }


def test_decode_writes_text_alone_to_stdout(run: Run, model_folder: Path) -> None:
    write_wav(Path("a.wav"), make_babble(duration_s=0.5))
    code, out, err = run("decode", "--model", str(model_folder), "a.wav")
    n_labels = 33
    assert code == 0
    assert out.count("\n") == 1
    assert err == f"no language model\nmodel {model_folder} on cpu, {n_labels} labels\n"


def test_decode_takes_the_recordings_of_a_folder(run: Run, model_folder: Path) -> None:
    Path("in/deep").mkdir(parents=True)
    for name in ("in/b.WAV", "in/a.wav", "in/deep/c.wav", "in/._a.wav"):
        write_wav(Path(name), make_babble(duration_s=0.5))
    Path("in/notes.txt").touch()
    code, out, _ = run("decode", "--model", str(model_folder), "in")
    assert code == 0
    assert [line.split("\t")[0] for line in out.splitlines()] == [
        *("in/a.wav", "in/b.WAV", "in/deep/c.wav")
    ]
    Path("none").mkdir()
    code, out, err = run("decode", "--model", str(model_folder), "none")
    assert (code, out) == (3, "")
    assert err.startswith("error: none: no recordings in this folder [E_MISSING]")


@pytest.mark.parametrize("name", [":smile:.wav", "[red]a.wav", "-a.wav", os.fsdecode(b"\xe9.wav")])
def test_names_are_shown_as_they_are(run: Run, model_folder: Path, name: str) -> None:
    code, out, err = run("decode", "--model", str(model_folder), "--", name, "none.wav")
    assert (code, out) == (3, "")
    shown = name.encode("utf-8", "backslashreplace").decode()
    assert f"error: {shown}: no such file or directory [E_MISSING]\n" in err
    write_wav(Path(name), make_babble(duration_s=0.5))
    code, out, _ = run("decode", "--model", str(model_folder), "--", name, "none.wav")
    assert out.split("\t")[0] == shown


def test_decode_needs_a_model(run: Run) -> None:
    Path("a.wav").touch()
    assert run("decode", "--lang", "xx", "a.wav") == (
        4,
        "",
        "no language model\n"
        "error: models/xx: no model here (config.json is missing) [E_MODEL]\n"
        "hint:  train one with `w2vctc finetune`, or give --model another folder\n",
    )


def test_decode_needs_the_language_model_that_was_named(run: Run, model_folder: Path) -> None:
    assert run("decode", "--model", str(model_folder), "--lm", "none.arpa", "a.wav") == (
        4,
        "",
        "error: none.arpa: no such language model [E_LM]\nhint:  build one with: w2vctc train-lm\n",
    )


# --- finetune


@pytest.mark.parametrize("kind", FILE_FAULTS)
def test_finetune_refuses_a_broken_recording_before_training(
    run: Run, speech_rows: Rows, kind: str
) -> None:
    data = speech_rows()
    spoil(data / "train-2.wav", kind)
    reason, message = FILE_FAULTS[kind]
    if kind == "nan":  # here all samples are looked at
        message = "1 sample is no finite number, the first is sample 4000 (0.250 s)"
    code, out, err = run("finetune", "--model", "tiny")
    assert (code, out) == (3, "")
    assert err == (
        "no vocabulary in models/xx yet: building it (w2vctc build-vocab shows it)\n"
        f"error: 1 of 4 rows cannot be used ({reason} 1):\n"
        f"  train.tsv:3: data/xx/train-2.wav: {message} [{reason}]\n"
        "hint:  mend those rows, or leave them out with --skip-bad\n"
    )
    assert not list(Path("models/xx").glob("**/*.safetensors"))


def test_finetune_tells_all_reasons_at_once(run: Run, speech_rows: Rows) -> None:
    data = speech_rows(train=["bon dia", "...", "un <s> dos", "s" * 40, "a la una"])
    write_wav(data / "train-4.wav", make_babble(duration_s=0.5))
    spoil(data / "train-5.wav", "short")
    (data / "train-1.wav").unlink()
    code, out, err = run("finetune", "--model", "tiny")
    assert (code, out) == (3, "")
    assert err.split("\n", 2)[2] == (
        "error: 5 of 5 rows cannot be used"
        " (E_MISSING 1, E_EMPTY_TEXT 1, E_RESERVED 1, E_INFEASIBLE 1, E_TOO_SHORT 1):\n"
        "  train.tsv:2: data/xx/train-1.wav: no such file or directory [E_MISSING]\n"
        "  train.tsv:3: nothing is left of the transcript '...' once it is normalized"
        " [E_EMPTY_TEXT]\n"
        "  train.tsv:4: the transcript holds the literal '<s>' [E_RESERVED]\n"
        "  train.tsv:5: the transcript needs 79 frames, its 0.50 s of sound give 21"
        " [E_INFEASIBLE]\n"
        "  train.tsv:6: 0.025 s is shorter than one encoder frame [E_TOO_SHORT]\n"
        "hint:  mend those rows, or leave them out with --skip-bad\n"
    )


def test_finetune_refuses_bad_dev_rows_too(run: Run, speech_rows: Rows) -> None:
    data = speech_rows()
    spoil(data / "dev-1.wav", "cut")
    code, _, err = run("finetune", "--model", "tiny")
    assert code == 3
    assert "\n  dev.tsv:2: data/xx/dev-1.wav: cut off" in err


def test_finetune_lists_what_it_leaves_out(run: Run, speech_rows: Rows) -> None:
    data = speech_rows(train=["bon dia", "..."])
    (data / "train-1.wav").unlink()
    code, _, err = run("finetune", "--model", "tiny", "--skip-bad")
    rejected = Path("models/xx/training/rejected-train.tsv")
    assert code == 3
    assert "train: kept 0 of 2 rows" in err
    assert err.endswith("error: train: no row can be used\nhint:  see the reasons above\n")
    assert rejected.read_text(encoding="utf-8") == (
        "source\tid\tcode\tmessage\ttext\n"
        "train.tsv:2\ttrain-1.wav\tE_MISSING\ttrain.tsv:2: data/xx/train-1.wav:"
        " no such file or directory\tbon dia\n"
        "train.tsv:3\ttrain-2.wav\tE_EMPTY_TEXT\ttrain.tsv:3: nothing is left of the transcript"
        " '...' once it is normalized\t...\n"
    )


def test_finetune_tells_all_impossible_values(run: Run, speech_rows: Rows) -> None:
    speech_rows()
    code, _, err = run("finetune", "--epochs", "0", "--learning-rate", "-1", "--updates", "5")
    assert code == 2
    assert err.startswith(
        "error: --epochs 0 must be a number above 0; --learning-rate -1 must be a number above 0;"
        " --epochs and --updates both say how long: give one\n"
    )


def test_finetune_names_a_model_that_is_none(run: Run, speech_rows: Rows) -> None:
    speech_rows()
    Path("elsewhere").mkdir()
    code, _, err = run("finetune", "--model", "elsewhere")
    assert code == 4
    assert "error: elsewhere: no model here (config.json is missing) [E_MODEL]\n" in err


# --- manifests, where a person meets them first


@pytest.mark.parametrize(
    ("table", "message", "hint"),
    [
        ("", "no rows [E_EMPTY_MANIFEST]", "one recording per line, under a header"),
        ("path\ttext\n", "no rows [E_EMPTY_MANIFEST]", "one recording per line, under a header"),
        (
            "path\tsentnce\na.wav\tx\n",
            "no column for the transcript; the columns are path, sentnce"
            " (did you mean 'sentence'?) [E_COLUMNS]",
            "name that column one of: text, sentence, transcript, transcription",
        ),
    ],
)
def test_build_vocab_names_what_is_wrong_with_a_table(
    run: Run, table: str, message: str, hint: str
) -> None:
    Path("data/xx").mkdir(parents=True)
    Path("data/xx/train.tsv").write_text(table, encoding="utf-8")
    assert run("build-vocab") == (
        3,
        "",
        f"error: data/xx/train.tsv: {message}\nhint:  {hint}\n",
    )
    assert not Path("models").exists()


def test_texts_without_a_letter_make_no_vocabulary(run: Run, speech_rows: Rows) -> None:
    speech_rows(train=["...", "?!"])
    code, out, err = run("build-vocab")
    assert (code, out) == (3, "")
    assert err.startswith("error: the training texts hold no character at all [E_EMPTY_TEXT]\n")


def test_build_vocab_leaves_the_model_s_own_tokens_out(run: Run, speech_rows: Rows) -> None:
    speech_rows(train=["bon dia", "fi [UNK] z"])
    code, out, err = run("build-vocab", "--json")
    assert code == 0
    assert err == "left out train.tsv:3: the transcript holds the literal '[UNK]'\n"
    assert json.loads(out)["labels"] == ["<pad>", "<unk>", "|", *"abdino"]


# --- evaluate


def test_evaluate_counts_insertions_against_empty_references(
    run: Run, speech_rows: Rows, model_folder: Path
) -> None:
    speech_rows(test=["...", "?"])
    code, out, err = run("evaluate", "--model", str(model_folder), "--json")
    assert code == 0
    greedy = json.loads(out)["systems"][0]
    assert greedy["words"]["n_reference"] == 0
    assert greedy["words"]["deletions"] == greedy["words"]["substitutions"] == 0
    assert json.loads(out)["n_empty_references"] == 2
    code, out, err = run("evaluate", "--model", str(model_folder))
    assert code == 0
    assert err.endswith("2 references hold no word: whatever is heard there is inserted\n")


def test_evaluate_counts_and_lists_characters_without_a_label(
    run: Run, speech_rows: Rows, model_folder: Path
) -> None:
    speech_rows(test=["bon ñandú", "ñ"])
    code, out, err = run("evaluate", "--model", str(model_folder), "--json")
    shown = json.loads(out)
    assert code == 0
    assert shown["unseen_characters"] == {"ñ": 2, "ú": 1}
    assert shown["systems"][0]["characters"]["n_reference"] == len("bon ñandú") + len("ñ")
    _, _, err = run("evaluate", "--model", str(model_folder))
    assert "the model has no label for 'ñ' 2 times, 'ú' 1 times: they count as errors\n" in err


def test_evaluate_refuses_references_with_the_model_s_own_tokens(
    run: Run, speech_rows: Rows, model_folder: Path
) -> None:
    speech_rows(test=["bon dia", "fi | fi"])
    model = ("--model", str(model_folder))
    code, out, err = run("evaluate", *model)
    assert (code, out) == (3, "")
    assert err.endswith(
        "error: 1 of 2 rows cannot be used (E_RESERVED 1):\n"
        "  test.tsv:3: the transcript holds the literal '|' [E_RESERVED]\n"
        "hint:  mend those rows, or leave them out with --skip-bad\n"
    )
    code, out, err = run("evaluate", *model, "--skip-bad", "--json")
    assert code == 0
    assert json.loads(out)["systems"][0]["n_utterances"] == 1
    assert "test: left out 1 row that cannot be scored\n" in err


def test_evaluate_and_tune_name_what_must_come_first(run: Run, speech_rows: Rows) -> None:
    speech_rows(test=None)
    assert run("evaluate", "--split", "tset")[::2] == (
        2,
        "error: no split 'tset'\nhint:  choose train, dev or test\n",
    )
    code, _, err = run("evaluate")
    assert (code, "models/xx: no model here" in err) == (4, True)


def test_tune_needs_a_language_model_and_its_folder(
    run: Run, speech_rows: Rows, model_folder: Path
) -> None:
    speech_rows()
    code, _, err = run("tune", "--model", str(model_folder))
    assert code == 4
    assert err.endswith(
        "error: lm/xx: no language model to tune [E_LM]\n"
        "hint:  w2vctc train-lm --lang xx; or --only-confidence, which needs none\n"
    )
    assert run("tune", "--lm", "lm.arpa")[::2] == (
        2,
        "error: --lm lm.arpa: not a folder\n"
        "hint:  the weights are saved in the folder of train-lm\n",
    )


# --- the machine


def test_an_output_folder_that_cannot_be_made(run: Run, speech_rows: Rows) -> None:
    speech_rows()
    Path("taken").write_text("mine")
    code, out, err = run("build-vocab", "--model", "taken/model")
    assert (code, out) == (5, "")
    assert err.startswith("error: taken/model/")
    assert "a file stands where a folder of that path should be [E_NOT_FOLDER]\n" in err
    assert Path("taken").read_text() == "mine"


def test_a_folder_without_permission_is_told_before_any_training(
    run: Run, speech_rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **named: object) -> NoReturn:
        raise PermissionError(13, "Permission denied", f"{named['dir']}")

    speech_rows()
    monkeypatch.setattr(tempfile, "mkstemp", refuse)
    for verb in (["build-vocab"], ["finetune", "--model", "tiny"], ["train-lm"]):
        code, out, err = run(*verb)
        assert (code, out) == (5, "")
        assert "xx: no permission to write [E_PERM]\nhint:  choose another folder" in err


def test_a_closed_pipe_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("la lluna surt\nel sol surt\n", encoding="utf-8")
    read_end, write_end = os.pipe()
    os.close(read_end)
    command = ["-m", "w2vctc", "train-lm", "--text", "text.txt", "--json"]
    done = subprocess.run(
        [sys.executable, *command],
        stdout=write_end,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        text=True,
        check=False,
    )
    os.close(write_end)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "lm.arpa").is_file()


# --- the one boundary


def fail_with(error: BaseException) -> Callable[..., NoReturn]:
    def fail(*_: object, **__: object) -> NoReturn:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "code", "shown"),
    [
        (UsageError("a", hint="b"), 2, "error: a\nhint:  b\n"),
        (DataError("a", hint="b", code="E_X"), 3, "error: a [E_X]\nhint:  b\n"),
        (ModelError("a"), 4, "error: a\n"),
        (MachineError("a", code="E_X"), 5, "error: a [E_X]\n"),
        (DataError("1 of 2 (E_X 1)", code="E_X"), 3, "error: 1 of 2 (E_X 1)\n"),
        (OSError(5, "Input/output error", "x.wav"), 5, "error: the machine refuses: [Errno 5]"),
        (MemoryError(), 5, "error: out of memory\nhint:  halve --batch-seconds"),
        (RuntimeError("CUDA out of memory. Tried"), 5, "error: out of memory\n"),
        (KeyError("x"), 1, "error: a fault of w2vctc itself: KeyError: 'x'\n"),
    ],
)
def test_every_error_has_its_exit_code(
    run: Run, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int, shown: str
) -> None:
    monkeypatch.delenv("W2VCTC_DEBUG", raising=False)
    monkeypatch.setattr("w2vctc.cli.build_vocab.build_vocab", fail_with(error))
    found, out, err = run("build-vocab", "--lang", "xx")
    assert (found, out) == (code, "")
    assert err.startswith(shown)


def test_the_debug_variable_shows_the_traceback(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("W2VCTC_DEBUG", "1")
    monkeypatch.setattr("w2vctc.cli.build_vocab.build_vocab", fail_with(KeyError("x")))
    with pytest.raises(KeyError):
        run("build-vocab", "--lang", "xx")


def test_ctrl_c_ends_with_130_and_gives_the_key_back(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def press(*_: object, **__: object) -> None:
        signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    monkeypatch.setattr("w2vctc.cli.build_vocab.build_vocab", press)
    assert run("build-vocab", "--lang", "xx") == (130, "", "error: interrupted\n")
    assert signal.signal(signal.SIGINT, before) is signal.default_int_handler


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["no-such-verb"], "No such command 'no-such-verb'"),
        (["build-vocab", "--langg", "ca"], "No such option: --langg"),
        (["decode"], "Missing argument"),
        (["train-lm", "--order", "7"], "--order"),
        (["train-lm", "--order", "three"], "--order"),
        (["build-vocab"], "which language? there is no data/ folder here"),
        (["build-vocab", "--lang", "../ca"], "'../ca' is not a language tag"),
    ],
)
def test_usage_errors_end_with_2(run: Run, arguments: list[str], words: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert words in err


def test_mistakes_in_the_working_folder_s_file_end_with_2(run: Run) -> None:
    Path("w2vctc.toml").write_text("lang = ca\n")
    code, _, err = run("build-vocab")
    assert code == 2
    assert err.startswith("error: w2vctc.toml: not valid TOML: ")
