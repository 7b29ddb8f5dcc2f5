"""Hotwords from a file, through the command line: what is expected is heard."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from decode_material import VOCABULARY as FIVE
from speech_material import make_babble, write_wav

from w2vctc.decode.hotwords import read_hotwords, spell_hotwords, warn_unspellable
from w2vctc.decode.model_folder import attached_language_model
from w2vctc.errors import DataError
from w2vctc.lm.arpa import write_arpa
from w2vctc.lm.estimate import estimate_ngrams
from w2vctc.vocab import Vocabulary

Run = Callable[..., tuple[int, str, str]]
SAID = "la mar de berga"


def unsure(vocabulary: Vocabulary) -> npt.NDArray[np.float32]:
    """Clear emissions of "la mar de berga", but its "b" sounds a little more like a "v"."""
    frames = [frame for label in vocabulary.encode(SAID) for frame in (label, vocabulary.blank_id)]
    emissions = np.full((len(frames), len(vocabulary.labels)), 1e-6)
    emissions[np.arange(len(frames)), frames] = 1.0
    doubtful = frames.index(vocabulary.labels.index("b"))
    emissions[doubtful, vocabulary.labels.index("v")] = 2.0
    return np.asarray(np.log(emissions / emissions.sum(axis=1, keepdims=True)), np.float32)


@pytest.fixture
def decode(
    run: Run,
    model_folder: Path,
    tiny_vocabulary: Vocabulary,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., tuple[int, str, str]]:
    """A function that runs `decode` on a clip for which the model gives the emissions above."""
    write_wav(tmp_path / "clip.wav", make_babble(duration_s=1.0, seed=1))
    emissions = unsure(tiny_vocabulary)

    def fake(_model: Any, windows: Sequence[Any]) -> list[npt.NDArray[np.float32]]:
        return [emissions for _ in windows]

    monkeypatch.setattr("w2vctc.cli.decoding.pipeline.listen", fake)
    write_arpa(estimate_ngrams([SAID.replace("b", "v")] * 3, order=2), tmp_path / "lm.arpa")

    def type_decode(*flags: str) -> tuple[int, str, str]:
        return run("decode", "clip.wav", "--model", str(model_folder), *flags)

    return type_decode


@pytest.mark.parametrize("engine", ["fast", "pyctcdecode"])
@pytest.mark.parametrize("lm", [(), ("--lm", "lm.arpa")])
def test_a_hotword_is_heard_where_the_sound_allows_it(
    decode: Run, tmp_path: Path, engine: str, lm: tuple[str, ...]
) -> None:
    (tmp_path / "names.txt").write_text("\ufeffberga\r\n\r\n", "utf-8")
    flags = (*lm, "--engine", engine, "--beam-width", "50")
    assert decode(*flags)[:2] == (0, "la mar de verga\n")
    hot = (*flags, "--hotwords", "names.txt")
    assert decode(*hot, "--hotword-weight", "30")[:2] == (0, SAID + "\n")
    assert decode(*hot, "--hotword-weight", "0.1")[:2] == (0, "la mar de verga\n")


def test_hotwords_make_decode_search_without_a_language_model(
    decode: Run, tmp_path: Path, model_folder: Path
) -> None:
    assert attached_language_model(model_folder) is None
    (tmp_path / "names.txt").write_text("berga\n", "utf-8")
    assert decode()[1] == "la mar de verga\n"
    assert decode("--hotwords", "names.txt")[1] == SAID + "\n"


def test_a_closed_vocabulary_finds_known_words_and_hotwords(decode: Run, tmp_path: Path) -> None:
    write_arpa(estimate_ngrams(["la mar de terra"] * 3, order=2), tmp_path / "other.arpa")
    (tmp_path / "names.txt").write_text("berga\n", "utf-8")
    closed = ("--lm", "other.arpa", "--vocabulary", "closed", "--token-min-logp", "-30")
    code, out, _ = decode(*closed)
    assert (code, set(out.split()) <= {"la", "mar", "de", "terra"}) == (0, True)
    assert decode(*closed, "--hotwords", "names.txt")[1] == SAID + "\n"


def test_an_unknown_word_is_cheap_where_the_flag_says_so(decode: Run, tmp_path: Path) -> None:
    write_arpa(estimate_ngrams(["la mar de barga"] * 3, order=2), tmp_path / "other.arpa")
    flags = ("--lm", "other.arpa", "--alpha", "0.5", "--token-min-logp", "-30")
    assert decode(*flags, "--unk-score-offset", "0")[1] == "la mar de verga\n"
    assert decode(*flags, "--unk-score-offset", "-40")[1] == "la mar de barga\n"


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--greedy", "--hotwords", "names.txt"), "--greedy with --hotwords"),
        (("--greedy", "--vocabulary", "closed"), "--greedy with --vocabulary"),
        (("--vocabulary", "ajar"), "no vocabulary 'ajar'"),
        (("--vocabulary", "closed"), "closed vocabulary without a language model"),
    ],
)
def test_flags_that_make_no_sense_are_refused(
    decode: Run, tmp_path: Path, flags: tuple[str, ...], said: str
) -> None:
    (tmp_path / "names.txt").write_text("berga\n", "utf-8")
    code, out, err = decode(*flags)
    assert (code, out) == (2, "")
    assert said in err


def test_hotword_that_no_label_spells_is_told(decode: Run, tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("berga\nØster ñu\nßa\n", "utf-8")
    code, out, err = decode("--hotwords", "names.txt")
    assert (code, out) == (0, SAID + "\n")
    assert "the model has no label for Ø ñ in the hotword 'Øster ñu', nor 1 more" in err
    assert warn_unspellable(("ab ba",), FIVE) == ""


def test_names_with_capitals_are_spelled_as_the_model_can() -> None:
    assert spell_hotwords(("Ab BA", "ab ba", "Øb"), FIVE) == ("ab ba", "Øb")


def test_phrases_are_read_once_each_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_text("  sant  boi \nvic\n\nsant boi\n", "utf-8")
    assert read_hotwords(path) == ("sant boi", "vic")


@pytest.mark.parametrize(
    ("content", "code"), [(None, "E_MISSING"), (b"\n \n", "E_EMPTY"), (b"a\xff", "E_ENCODING")]
)
def test_file_without_hotwords_is_an_error_that_names_it(
    tmp_path: Path, content: bytes | None, code: str
) -> None:
    path = tmp_path / "names.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"names\.txt") as caught:
        read_hotwords(path)
    assert caught.value.code == code
