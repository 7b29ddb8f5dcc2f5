"""`w2vctc train-lm`: which sentences it learns from, what it writes, and where."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from speech_material import TRAIN_TEXTS

Run = Callable[..., tuple[int, str, str]]
Rows = Callable[..., Path]

TEXT = "La vall plou.\nEl cel és blau!\n\n  ...\nla lluna SURT\nsurt el sol\n"


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def read_info(folder: str = "lm/xx") -> dict[str, object]:
    info: dict[str, object] = json.loads(Path(folder, "lm.json").read_text(encoding="utf-8"))
    return info


def names(folder: str) -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir())


def test_transcripts_alone(run: Run, speech_rows: Rows) -> None:
    speech_rows()
    code, out, err = run("train-lm", "--engine", "builtin")
    assert code == 0
    assert out.split()[:3] == ["n-grams", "count", "discounts"]
    assert out.count("fallback: too little text to estimate them") == 3
    assert err.splitlines()[0] == (
        "read 4 transcripts and 0 lines of text; left out 0 sentences that dev or test hold"
    )
    assert "15 words, 13 different; engine builtin, " in err
    assert err.endswith("made lm/xx/lm.arpa\nnext: w2vctc decode --lm lm/xx/lm.arpa file.wav\n")
    assert {"lm.arpa", "lm.json", "unigrams.txt"} <= set(names("lm/xx"))
    words = Path("lm/xx/unigrams.txt").read_text(encoding="utf-8").splitlines()
    assert sorted(words) == sorted({word for text in TRAIN_TEXTS for word in text.split()})


def test_text_is_normalized_and_held_out_sentences_are_left_out(
    run: Run, speech_rows: Rows, text: Path
) -> None:
    speech_rows()  # dev holds "la vall plou", test "surt el sol", train "la lluna surt"
    code, out, err = run("train-lm", "--text", str(text), "--engine", "builtin", "--json")
    shown = json.loads(out)
    assert (code, err) == (0, "")
    assert list(shown) == [
        *("arpa", "engine", "order", "ngram_counts", "n_sentences", "n_tokens", "n_types"),
        *("discounts", "fallback_orders", "seconds", "dev"),
    ]
    assert (shown["arpa"], shown["engine"]) == ("lm/xx/lm.arpa", "builtin")
    # four transcripts, "el cel és blau", "la lluna surt" once more
    assert (shown["n_sentences"], shown["n_tokens"]) == (6, 15 + 4 + 3)
    assert shown["dev"]["n_sentences"] == 2
    _, _, err = run("train-lm", "--text", str(text), "--engine", "builtin")
    assert err.startswith(
        "read 4 transcripts and 4 lines of text; left out 2 sentences that dev or test hold\n"
    )


def test_held_out_sentences_are_left_out_of_the_transcripts_too(
    run: Run, speech_rows: Rows
) -> None:
    speech_rows(train=["bon dia", "el sol", "la mar"], dev=["Bon dia!"], test=["la mar"])
    _, out, err = run("train-lm", "--json")
    assert json.loads(out)["n_sentences"] == 1
    _, _, err = run("train-lm")
    assert "left out 2 sentences that dev or test hold\n" in err


def test_the_info_says_how_it_was_made(run: Run, speech_rows: Rows) -> None:
    speech_rows()
    assert run("train-lm", "--order", "2", "--engine", "builtin")[0] == 0
    info = read_info()
    counts = info.pop("ngram_counts")
    assert isinstance(counts, list)
    assert len(counts) == 2
    assert len(str(info.pop("sha256"))) == 64
    assert info.pop("dev_perplexity") == pytest.approx(15, rel=0.5)
    assert info == {
        "recipe": "transcripts-3gram",
        "engine": "builtin",
        "order": 2,
        "n_sentences": 4,
        "n_tokens": 15,
        "n_types": 13,
        "fallback_orders": [1, 2],
        "alpha": 0.5,
        "beta": 1.5,
        "dev_oov_rate": 0.0,
        "ngram": "lm.arpa",
    }


@pytest.mark.parametrize("order", [2, 4])
def test_the_order_is_that_of_the_arpa(run: Run, speech_rows: Rows, order: int) -> None:
    speech_rows()
    assert run("train-lm", "--order", str(order))[0] == 0
    arpa = Path("lm/xx/lm.arpa").read_text(encoding="utf-8")
    assert f"\\{order}-grams:" in arpa
    assert f"\\{order + 1}-grams:" not in arpa


def test_large_text_has_its_own_recipe_and_a_name_wins(
    run: Run, speech_rows: Rows, text: Path
) -> None:
    speech_rows()
    assert run("train-lm", "--text", str(text))[0] == 0
    assert (read_info()["recipe"], read_info()["order"]) == ("corpus-5gram", 5)
    assert run("train-lm", "--text", str(text), "--recipe", "transcripts-3gram")[0] == 0
    assert (read_info()["recipe"], read_info()["order"]) == ("transcripts-3gram", 3)
    code, _, err = run("train-lm", "--recipe", "transcript-3gram")
    assert code == 2
    assert "did you mean 'transcripts-3gram'?" in err


def test_text_alone_needs_no_language_and_no_model(run: Run, text: Path, tmp_path: Path) -> None:
    code, _, err = run("train-lm", "--text", text.name)
    assert code == 0
    assert err.startswith("read 0 transcripts and 4 lines of text; left out 0 sentences")
    assert err.endswith("made lm.arpa\nnext: w2vctc decode --lm lm.arpa file.wav\n")
    assert names(str(tmp_path)) == ["lm.arpa", "text.txt"]
    assert "\tblau" in Path("lm.arpa").read_text(encoding="utf-8")


def test_text_beside_the_only_language_belongs_to_it(
    run: Run, speech_rows: Rows, text: Path
) -> None:
    speech_rows()
    Path("w2vctc.toml").write_text('lang = "xx"\n')
    code, out, _ = run("train-lm", "--text", str(text), "--json")
    assert (code, json.loads(out)["arpa"]) == (0, "lm/xx/lm.arpa")
    assert not Path("lm.arpa").exists()


def test_out_writes_one_file_and_nothing_else(run: Run, speech_rows: Rows, text: Path) -> None:
    speech_rows()
    code, _, _ = run("train-lm", "--text", str(text), "--out", "deep/my.arpa")
    assert code == 0
    assert names("deep") == ["my.arpa"]
    assert not Path("lm").exists()


def test_no_normalize_takes_the_lines_as_they_are(run: Run, text: Path) -> None:
    assert run("train-lm", "--text", text.name, "--no-normalize")[0] == 0
    arpa = Path("lm.arpa").read_text(encoding="utf-8")
    assert "\tblau!" in arpa
    assert "\tSURT" in arpa
    assert "\t..." in arpa


def test_a_folder_of_texts_and_several_texts(run: Run, text: Path) -> None:
    Path("texts").mkdir()
    Path("texts/b.txt").write_text("u dos\n")
    Path("texts/notes.md").write_text("no\n")
    code, out, _ = run("train-lm", "--text", "texts", "--text", text.name, "--json")
    assert (code, json.loads(out)["n_sentences"]) == (0, 5)


def test_a_model_gets_the_language_model_and_says_so(
    run: Run, speech_rows: Rows, model_folder: Path
) -> None:
    speech_rows()
    shutil.copytree(model_folder, "models/xx")
    code, _, err = run("train-lm")
    assert code == 0
    assert "into models/xx: the folder decodes with it by itself\n" in err
    assert err.endswith("next: w2vctc tune --lang xx\n")
    assert len(names("models/xx/language_model")) == 3
    # another one takes its place
    assert run("train-lm", "--order", "2")[0] == 0
    assert len(names("models/xx/language_model")) == 3
    code, _, err = run("decode", "--lang", "xx", "data/xx/test-1.wav")
    assert code == 0
    assert err.startswith("language model lm/xx/lm.")


@pytest.mark.parametrize("content", ["", "\n\n", "...\n?!\n"])
def test_text_without_a_sentence_is_refused(run: Run, content: str) -> None:
    Path("empty.txt").write_text(content)
    assert run("train-lm", "--text", "empty.txt") == (
        3,
        "",
        "error: there is not one sentence to learn from [E_EMPTY_TEXT]\n"
        "hint:  give --text corpus.txt, or put train.tsv into data\n",
    )
    assert not Path("lm.arpa").exists()


def test_a_language_without_data_is_refused(run: Run) -> None:
    code, _, err = run("train-lm", "--lang", "xx")
    assert code == 3
    assert err.startswith("error: data/xx: no such file or folder [E_MISSING]\n")


def test_the_model_s_own_tokens_in_a_text_are_refused_with_their_line(run: Run) -> None:
    Path("bad.txt").write_text("bon dia\nfi </s> fi\n")
    code, out, err = run("train-lm", "--text", "bad.txt")
    assert (code, out) == (3, "")
    assert err.startswith("error: bad.txt, line 2: ")
    assert "[E_RESERVED]" in err


def test_all_missing_texts_are_listed(run: Run) -> None:
    code, _, err = run("train-lm", "--text", "a.txt", "--text", "b.txt")
    assert code == 3
    assert err.startswith("error: a.txt: no such file\nb.txt: no such file [E_MISSING]\n")


def test_an_unknown_engine_is_a_usage_error(run: Run) -> None:
    assert run("train-lm", "--engine", "srilm") == (
        2,
        "",
        "error: no engine 'srilm'\nhint:  choose auto, builtin or lmplz\n",
    )
