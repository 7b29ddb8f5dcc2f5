"""The choice of the engine: what decodes with what, and that the person hears it."""

import sys
from pathlib import Path
from typing import Any

import pytest
from decode_material import ARPA, VOCABULARY, save_toy_lm, spell_frames

from w2vctc.cli.main import main
from w2vctc.decode import engines
from w2vctc.decode.engines import open_decoder
from w2vctc.decode.options import DecodingOptions
from w2vctc.errors import MachineError, ModelError, UsageError
from w2vctc.lm.folder import LanguageModelFiles
from w2vctc.vocab import Vocabulary

SPOKEN = spell_frames("ab|ba", peak=0.99)


def fake_binary(folder: Path) -> LanguageModelFiles:
    """A file that begins as a KenLM binary does and goes no further."""
    path = folder / "lm.bin"
    path.write_bytes(b"mmap lm http://kheafield.com/code format version 5\n\0")
    return LanguageModelFiles(path, ("ab", "ba"), None, None, {})


def test_arpa_decodes_with_the_fast_engine_and_says_so(tmp_path: Path) -> None:
    news: list[str] = []
    decoder = open_decoder(VOCABULARY, lm=save_toy_lm(tmp_path), on_news=news.append)
    assert decoder.engine == "fast"
    assert news[-1] == "decoding with the fast engine"
    assert decoder.decode(SPOKEN).text == "ab ba"


def test_both_engines_say_the_same(tmp_path: Path) -> None:
    lm = save_toy_lm(tmp_path)
    fast, stock = (
        open_decoder(VOCABULARY, lm=lm, engine=engine) for engine in ("fast", "pyctcdecode")
    )
    assert (fast.engine, stock.engine) == ("fast", "pyctcdecode")
    assert fast.decode_nbest(SPOKEN, 9) == stock.decode_nbest(SPOKEN, 9)


def test_kenlm_binary_goes_to_pyctcdecode_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lm = fake_binary(tmp_path)
    monkeypatch.setattr(engines, "build_decoder", lambda *_args, **_options: "pyctcdecode's")
    news: list[str] = []
    found: object = open_decoder(VOCABULARY, lm=lm, on_news=news.append)
    assert found == "pyctcdecode's"
    assert news == [
        f"decoding with pyctcdecode, labels down to -5: {lm.ngram} is a KenLM binary, which only"
        " kenlm reads"
    ]


def test_pyctcdecode_has_options_of_its_own_where_it_must_decode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lm, fast = save_toy_lm(tmp_path), DecodingOptions(token_min_logp=-8.0, oov_order=3)
    slow, news = DecodingOptions(alpha=0.7), list[str]()

    def open_one(**options: Any) -> DecodingOptions:
        decoder = open_decoder(
            VOCABULARY, lm=lm, options=fast, fallback=slow, on_news=news.append, **options
        )
        return decoder.options

    assert open_one() == fast
    monkeypatch.setattr(engines, "find_spec", lambda _name: None)
    assert open_one() == slow
    assert news[-1].startswith("decoding with pyctcdecode, labels down to -5: numba")
    with pytest.raises(MachineError, match="n-gram of letters"):
        open_one(engine="pyctcdecode")


def test_kenlm_binary_is_not_for_the_fast_engine(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match=r"lm\.bin is a KenLM binary") as caught:
        open_decoder(VOCABULARY, lm=fake_binary(tmp_path), engine="fast")
    assert caught.value.code == "E_ENGINE"
    assert "--engine pyctcdecode" in caught.value.hint


def save_gappy(folder: Path) -> LanguageModelFiles:
    """A trigram whose last two words are no bigram: KenLM makes one up when it loads the file."""
    path = folder / "gappy.arpa"
    text = ARPA.replace("ngram 2=4\n", "ngram 2=4\nngram 3=1\n")
    text = text.replace("-0.2\t<s> ab\n", "-0.2\t<s> ab\t0\n").replace("-0.3\tab ba\n", "")
    text = text.replace("ngram 2=4", "ngram 2=3")
    text = text.replace("\n\\end\\", "\n\\3-grams:\n-0.1\t<s> ab ba\n\n\\end\\")
    path.write_text(text, encoding="utf-8")
    return LanguageModelFiles(path, ("ab", "ba"), None, None, {})


def test_n_gram_that_kenlm_completes_goes_to_pyctcdecode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # KenLM itself refuses so small a file with a gap: it makes room for a share of all n-grams.
    lm = save_gappy(tmp_path)
    monkeypatch.setattr(engines, "build_decoder", lambda *_args, **_options: "pyctcdecode's")
    news: list[str] = []
    found: object = open_decoder(VOCABULARY, lm=lm, on_news=news.append)
    assert found == "pyctcdecode's"
    assert news[-1].startswith(f"decoding with pyctcdecode, labels down to -5: {lm.ngram}, line ")
    with pytest.raises(ModelError, match=r"gappy\.arpa, line"):
        open_decoder(VOCABULARY, lm=lm, engine="fast")


def test_without_numba_pyctcdecode_decodes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "find_spec", lambda _name: None)
    news: list[str] = []
    decoder = open_decoder(VOCABULARY, lm=save_toy_lm(tmp_path), on_news=news.append)
    assert decoder.engine == "pyctcdecode"
    assert news == ["decoding with pyctcdecode, labels down to -5: numba is not installed"]


def test_without_pyctcdecode_the_fast_engine_decodes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyctcdecode", None)
    monkeypatch.setitem(sys.modules, "kenlm", None)
    decoder = open_decoder(VOCABULARY, lm=save_toy_lm(tmp_path))
    assert decoder.decode(SPOKEN).text == "ab ba"


def test_broken_arpa_is_refused_by_either_engine(tmp_path: Path) -> None:
    path = tmp_path / "broken.arpa"
    path.write_text(ARPA.replace("ngram 2=4", "ngram 2=-4"), encoding="utf-8")
    lm = LanguageModelFiles(path, ("ab",), None, None, {})
    for engine in engines.ENGINES:
        with pytest.raises(ModelError, match=r"broken\.arpa, line 3: negative count") as caught:
            open_decoder(VOCABULARY, lm=lm, engine=engine)
        assert caught.value.code == "E_LM"


def test_missing_n_gram_is_refused(tmp_path: Path) -> None:
    lm = LanguageModelFiles(tmp_path / "none.arpa", ("ab",), None, None, {})
    with pytest.raises(ModelError, match=r"none\.arpa") as caught:
        open_decoder(VOCABULARY, lm=lm)
    assert caught.value.code == "E_LM"


def test_label_with_a_space_goes_to_pyctcdecode() -> None:
    odd = Vocabulary(("<pad>", "|", "a", "a\u00a0b"))
    news: list[str] = []
    assert open_decoder(odd, on_news=news.append).engine == "pyctcdecode"
    assert "holds a space" in news[-1]


def test_no_such_engine() -> None:
    with pytest.raises(UsageError, match="no decoding engine 'quick'"):
        open_decoder(VOCABULARY, engine="quick")  # type: ignore[arg-type]


@pytest.mark.parametrize("verb", [["decode", "none.wav"], ["evaluate"], ["tune"]])
def test_verbs_refuse_an_unknown_engine_before_they_load_anything(
    verb: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*verb, "--lang", "ca", "--engine", "quick"]) == 2
    assert "choose auto, fast, pyctcdecode" in capsys.readouterr().err
