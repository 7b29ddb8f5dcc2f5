"""Language models and weights that cannot be decoded with, met from the command line."""

from collections.abc import Callable
from pathlib import Path

import pytest
from lmplz_oracle import find_oracle
from speech_material import TRAIN_TEXTS, make_babble, write_wav

from w2vctc.lm.arpa import write_arpa
from w2vctc.lm.estimate import estimate_ngrams
from w2vctc.lm.lmplz import run_build_binary

Run = Callable[..., tuple[int, str, str]]
Decode = Callable[..., tuple[int, str, str]]


@pytest.fixture
def decode(run: Run, model_folder: Path, tmp_path: Path) -> Decode:
    """A function that decodes half a second of speech with these flags; lm.arpa is good."""
    write_wav(tmp_path / "a.wav", make_babble(duration_s=0.5))
    write_arpa(estimate_ngrams(TRAIN_TEXTS, order=2), tmp_path / "lm.arpa")

    def type_command(*flags: str) -> tuple[int, str, str]:
        return run("decode", "--model", str(model_folder), "--device", "cpu", *flags, "a.wav")

    return type_command


def last_error(err: str) -> str:
    return next(line for line in err.splitlines() if line.startswith("error: "))


def spoil(old: bytes, new: bytes) -> None:
    """Puts something else in place of the first such bytes of lm.arpa."""
    content = Path("lm.arpa").read_bytes()
    assert old in content
    Path("lm.arpa").write_bytes(content.replace(old, new, 1))


def test_a_good_one_decodes(decode: Decode) -> None:
    code, out, err = decode("--lm", "lm.arpa")
    assert (code, out.count("\n")) == (0, 1)
    assert "error" not in err


@pytest.mark.parametrize("engine", ["fast", "pyctcdecode"])
@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"\t<s>\t", b"\tstart\t", "no <s> among the unigrams"),
        (b"\t</s>\t", b"\tend\t", "no </s> among the unigrams"),
        (b"\t<unk>\t", b"\t</s>\t", "line 8: a second '</s>' among the unigrams"),
        (b"ngram 2=", b"ngram 2=1", "2-grams, but the head of the file says 1"),
        (b"ngram 2=", b"ngram 2=-", "line 3: negative count -"),
        (b"\n0\t<s>", b"\nnan\t<s>", "line 7: log-probability 'nan' is not a finite number"),
        (b"\tsol", b"\ts\xf2l", "not UTF-8 at byte "),
        (
            b"\n\n\\1-grams:",
            b"".join(b"\nngram %d=1" % order for order in range(3, 8)) + b"\n\n\\1-grams:",
            "line 8: order above 6, which is what kenlm was built for",
        ),
    ],
    ids=[
        *("no sentence start", "no sentence end", "two sentence ends", "a wrong count"),
        *("a negative count", "NaN", "not UTF-8", "order 7"),
    ],
)
def test_an_arpa_that_breaks_the_rules_is_refused_with_its_line(
    decode: Decode, engine: str, old: bytes, new: bytes, reason: str
) -> None:
    spoil(old, new)
    code, out, err = decode("--lm", "lm.arpa", "--engine", engine)
    assert (code, out) == (4, "")
    message = last_error(err)
    assert message.startswith("error: lm.arpa, line ")
    assert reason in message
    assert message.endswith("[E_LM]")
    assert "hint:  " in err


@pytest.mark.parametrize("keep", [40, 150, -100])
def test_a_kenlm_binary_that_was_cut_is_refused_and_we_live(decode: Decode, keep: int) -> None:
    find_oracle("build_binary")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("W2VCTC_LMPLZ", str(find_oracle("lmplz")))
        run_build_binary(Path("lm.arpa"), Path("lm.bin"))
    assert decode("--lm", "lm.bin")[0] == 0
    Path("lm.bin").write_bytes(Path("lm.bin").read_bytes()[:keep])
    code, out, err = decode("--lm", "lm.bin")
    assert (code, out) == (4, "")
    assert last_error(err).startswith("error: lm.bin: kenlm ")
    assert last_error(err).endswith("[E_LM]")


def test_words_in_capitals_that_the_model_cannot_spell_are_refused_with_their_share(
    decode: Decode,
) -> None:
    write_arpa(estimate_ngrams([text.upper() for text in TRAIN_TEXTS], order=2), Path("lm.arpa"))
    code, out, err = decode("--lm", "lm.arpa")
    assert (code, out) == (4, "")
    assert "the model's letters can spell only 0% of the language model's 13 words" in err
    assert "not, for instance: " in err
    assert last_error(err).endswith("[E_LM]")


def test_some_words_that_the_model_cannot_spell_are_warned_of(decode: Decode) -> None:
    write_arpa(estimate_ngrams([*TRAIN_TEXTS, "42"], order=2), Path("lm.arpa"))
    code, _, err = decode("--lm", "lm.arpa")
    assert code == 0
    assert "the model's letters can spell 92.9% of the language model's words" in err
    assert "never found: 42" in err


@pytest.mark.parametrize(
    ("flag", "value", "message"),
    [
        ("--alpha", "nan", "alpha = nan: not a finite number"),
        ("--beta", "inf", "beta = inf: not a finite number"),
        ("--beam-width", "0", "beam_width = 0: at least one reading must be kept"),
    ],
)
def test_weights_and_widths_that_cannot_be_are_usage_errors(
    decode: Decode, flag: str, value: str, message: str
) -> None:
    code, out, err = decode("--lm", "lm.arpa", flag, value)
    assert (code, out) == (2, "")
    assert last_error(err) == f"error: {message}"
    assert "hint:  " in err
