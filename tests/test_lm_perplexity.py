import re
import subprocess
from pathlib import Path

import pytest
from lmplz_oracle import find_oracle, make_corpus

from w2vctc.errors import DataError
from w2vctc.lm.arpa import write_arpa
from w2vctc.lm.estimate import estimate_ngrams
from w2vctc.lm.loading import load_kenlm
from w2vctc.lm.perplexity import measure_text


@pytest.fixture(scope="module")
def ngram(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lm") / "lm.arpa"
    write_arpa(estimate_ngrams(make_corpus(400, seed=1), order=3), path)
    return path


def test_same_figures_as_kenlms_own_query_program(ngram: Path) -> None:
    sentences = make_corpus(100, seed=2)
    talk = subprocess.run(
        [str(find_oracle("query")), "-v", "summary", str(ngram)],
        input="\n".join(sentences) + "\n",
        capture_output=True,
        check=True,
        text=True,
        encoding="utf-8",
    ).stdout
    figures = dict(re.findall(r"^(.+):\s+(\S+)$", talk, re.MULTILINE))
    score = measure_text(ngram, sentences)
    assert score.n_oov == int(figures["OOVs"]) > 0
    assert score.n_tokens + score.n_sentences == int(figures["Tokens"])
    assert score.perplexity == pytest.approx(float(figures["Perplexity including OOVs"]), rel=1e-5)
    excluding = float(figures["Perplexity excluding OOVs"])
    assert score.perplexity_known == pytest.approx(excluding, rel=1e-5)


def test_one_sentence_has_the_perplexity_of_the_kenlm_module(ngram: Path) -> None:
    sentence = make_corpus(1, seed=5)[0]
    expected = load_kenlm(ngram).perplexity(sentence)
    assert measure_text(ngram, [sentence]).perplexity == pytest.approx(expected, rel=1e-5)


def test_words_outside_the_unigrams_are_out_of_vocabulary(ngram: Path) -> None:
    sentences = ["el nom1", "la nom1"]
    assert measure_text(ngram, sentences).n_oov == 0
    score = measure_text(ngram, sentences, unigrams=["el", "nom1"])
    assert (score.n_oov, score.oov_rate) == (1, 0.25)
    assert measure_text(ngram, ["el zzz"], unigrams=["el", "zzz"]).n_oov == 1


def test_no_sentence_is_refused(ngram: Path) -> None:
    with pytest.raises(DataError) as caught:
        measure_text(ngram, [])
    assert caught.value.code == "E_EMPTY_TEXT"
