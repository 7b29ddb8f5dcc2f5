"""`w2vctc lm-info`: sizes, perplexity, spelling and the worst sentences of an n-gram."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from lmplz_oracle import find_oracle
from test_arpa import TRIGRAMS

from w2vctc.lm.arpa import write_arpa
from w2vctc.lm.estimate import estimate_ngrams
from w2vctc.lm.info import examine_ngram, examine_spelling
from w2vctc.lm.perplexity import measure_text

Run = Callable[..., tuple[int, str, str]]

TOY = ["la mar", "la mar", "sol"]  # its probabilities are worked out in lm/README.md


@pytest.fixture
def arpa(tmp_path: Path) -> Path:
    path = tmp_path / "toy.arpa"
    write_arpa(estimate_ngrams(TOY, order=2), path)
    return path


def test_sizes_alone(run: Run, arpa: Path) -> None:
    code, out, err = run("lm-info", arpa.name)
    assert code == 0
    assert err == (
        "toy.arpa: ARPA, 0.0 MB, order 2\n"
        "unigrams sum to 1.0000, what may follow a history to 1.0000 to 1.0000\n3 words\n"
    )
    assert [line.split() for line in out.splitlines() if line.strip()] == [
        ["n-grams", "count"],
        ["─" * 15],
        ["1", "6"],
        ["2", "5"],
    ]


@pytest.mark.usefixtures("arpa")
def test_perplexity_and_the_worst_sentences_of_a_text(run: Run) -> None:
    Path("text.txt").write_text("la mar\nla lluna\nsol\n\n", encoding="utf-8")
    code, out, err = run("lm-info", "toy.arpa", "--text", "text.txt", "--worst", "2")
    assert code == 0
    # 0.169, 0.0065 and 0.17333: what is written there by hand; 8 words and sentence ends.
    perplexity = (0.169 * 0.0065 * 0.52 / 3) ** (-1 / 8)
    assert f"text: 3 sentences, 5 words; perplexity {perplexity:.1f}, of known words " in err
    assert "unknown words 20.0 %" in err
    worst = [line.split() for line in out.splitlines()[-3:] if line.strip()]
    assert worst == [
        [f"{0.0065 ** (-1 / 3):.1f}", "1", "la", "lluna"],
        [f"{(0.52 / 3) ** (-1 / 2):.1f}", "0", "sol"],
    ]
    _, out, _ = run("lm-info", "toy.arpa", "--text", "text.txt", "--json")
    shown = json.loads(out)
    assert shown["ngram"]["ngram_counts"] == [6, 5]
    assert shown["ngram"]["unigram_sum"] == pytest.approx(1, abs=1e-6)
    assert shown["text"]["perplexity"] == pytest.approx(perplexity, rel=1e-6)
    assert [entry["sentence"] for entry in shown["worst"]] == ["la lluna", "sol", "la mar"]
    assert shown["worst"][0]["unknown"] == ["lluna"]
    assert shown["worst"][0]["log10_prob"] == pytest.approx(-2.18709, abs=1e-5)
    assert shown["spelling"] is None


@pytest.mark.usefixtures("arpa")
def test_a_text_is_normalized_as_its_language_is(run: Run) -> None:
    Path("text.txt").write_text("La MAR!\n", encoding="utf-8")
    plain = json.loads(run("lm-info", "toy.arpa", "--text", "text.txt", "--json")[1])
    assert plain["text"]["n_oov"] == 2
    flags = ("--text", "text.txt", "--lang", "ca", "--json")
    assert json.loads(run("lm-info", "toy.arpa", *flags)[1])["text"]["n_oov"] == 0


def test_words_that_a_model_cannot_spell(run: Run, tmp_path: Path, model_folder: Path) -> None:
    write_arpa(estimate_ngrams(["la mar 123", "el sol"], order=2), tmp_path / "lm.arpa")
    code, _, err = run("lm-info", "lm.arpa", "--model", str(model_folder))
    assert code == 0
    assert "the model's letters can spell 80.0 % of the words; the others are never found\n" in err
    assert "not, for instance: 123\n" in err
    _, out, _ = run("lm-info", "lm.arpa", "--model", str(model_folder), "--json")
    assert json.loads(out)["spelling"] == {
        "n_words": 5,
        "n_unspellable": 1,
        "share": 0.8,
        "verdict": "warned",
        "examples": ["123"],
    }


def test_a_model_whose_numbers_are_no_probabilities_is_told(run: Run, arpa: Path) -> None:
    # The end of sentences patched in with a probability of one, as it is done by hand.
    text = arpa.read_text(encoding="utf-8").replace("-0.5228787\t</s>", "0\t</s>")
    arpa.write_text(text, encoding="utf-8")
    code, _, err = run("lm-info", arpa.name)
    assert code == 0
    assert "unigrams sum to 1.7000, what may follow a history to 0." in err
    assert "probabilities sum to 1; build it again with train-lm\n" in err
    _, out, _ = run("lm-info", arpa.name, "--json")
    assert json.loads(out)["ngram"]["is_sound"] is False


def test_a_file_that_only_kenlm_completes_is_shown_without_its_sums(run: Run) -> None:
    lines = [*TRIGRAMS.replace("ngram 2=3", "ngram 2=2").split("\n")]
    lines.remove("-0.2\tmar </s>")
    Path("gaps.arpa").write_text("\n".join(lines), encoding="utf-8")
    code, out, err = run("lm-info", "gaps.arpa", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["ngram"]["history_sums"] is None


@pytest.mark.parametrize(
    ("n_bad", "verdict"), [(0, "fine"), (5, "fine"), (6, "warned"), (50, "warned"), (51, "refused")]
)
def test_what_decoding_would_say_of_the_words(n_bad: int, verdict: str) -> None:
    words = ["X"] * n_bad + ["x"] * (100 - n_bad)
    assert examine_spelling(words, str.islower).verdict == verdict


def test_a_binary_tells_its_order_and_scores_alike(run: Run, arpa: Path) -> None:
    binary = arpa.with_suffix(".bin")
    command = [str(find_oracle("build_binary")), "probing", str(arpa), str(binary)]
    subprocess.run(command, check=True, capture_output=True)
    assert examine_ngram(binary).order == 2
    Path("text.txt").write_text("la mar\n", encoding="utf-8")
    code, out, err = run("lm-info", "toy.bin", "--text", "text.txt", "--json")
    assert (code, err) == (0, "")
    shown = json.loads(out)
    assert (shown["ngram"]["format"], shown["ngram"]["ngram_counts"]) == ("KenLM binary", [])
    assert shown["text"]["perplexity"] == measure_text(arpa, ["la mar"]).perplexity
    code, _, err = run("lm-info", "toy.bin", "--model", "nowhere")
    assert (code, "its words are not known" in err) == (3, True)


def test_the_folder_that_train_lm_makes_is_known_by_its_name(
    run: Run, speech_rows: Callable[..., Path]
) -> None:
    speech_rows()
    assert run("train-lm", "--order", "2")[0] == 0
    code, _, err = run("lm-info", "lm/xx")
    assert code == 0
    assert err.startswith("lm/xx/lm.arpa: ARPA, ")
    assert "13 words\n" in err


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.arpa", None, "none.arpa: no such language model"),
        (
            "bad.arpa",
            "\\data\\\nngram 1=-1\n\n\\1-grams:\n-1\t<unk>\n\n\\end\\\n",
            "bad.arpa, line 2: negative count -1",
        ),
        ("bad.bin", "mmap lm http://kheafield.com/code", "bad.bin: kenlm"),
    ],
)
def test_what_cannot_be_read_is_one_message(
    run: Run, name: str, content: str | None, message: str
) -> None:
    if content is not None:
        Path(name).write_text(content, encoding="utf-8")
    code, out, err = run("lm-info", name)
    assert (code, out) == (4, "")
    assert err.startswith(f"error: {message}")
    assert "[E_LM]" in err


@pytest.mark.usefixtures("arpa")
def test_a_text_without_a_sentence_is_refused(run: Run) -> None:
    Path("empty.txt").write_text("\n")
    code, _, err = run("lm-info", "toy.arpa", "--text", "empty.txt")
    assert code == 3
    assert "no sentence to measure the language model on [E_EMPTY_TEXT]" in err
