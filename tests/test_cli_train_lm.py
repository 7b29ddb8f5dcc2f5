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
    code, out, err = run("train-lm", "--order", "3", "--engine", "builtin")
    assert code == 0
    assert out.split()[:3] == ["n-grams", "count", "discounts"]
    assert out.count("0.500  1.000  1.500 (fallback)") == 3
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
        *("arpa", "recipe", "n_transcripts", "n_lines"),
        *("n_held_out", "held_out_share", "kept_held_out"),
        *("engine", "order", "ngram_counts", "n_sentences", "n_tokens", "n_types", "n_listed"),
        *("share", "parts", "order_trials", "share_trials", "notes", "seconds", "dev"),
    ]
    assert (shown["n_held_out"], shown["held_out_share"]) == (2, 2 / 8)
    assert (shown["arpa"], shown["engine"]) == ("lm/xx/lm.arpa", "builtin")
    # four transcripts, "el cel és blau", "la lluna surt" once more
    assert (shown["n_sentences"], shown["n_tokens"]) == (6, 15 + 4 + 3)
    assert shown["dev"]["n_sentences"] == 2
    _, _, err = run("train-lm", "--text", str(text), "--engine", "builtin")
    assert err.startswith(
        "read 4 transcripts and 4 lines of text; left out 2 sentences (25.0 %) that dev or test"
        " hold\n"
    )


def test_held_out_sentences_are_left_out_of_the_transcripts_too(
    run: Run, speech_rows: Rows
) -> None:
    speech_rows(train=["bon dia", "el sol", "la mar"], dev=["Bon dia!"], test=["la mar"])
    _, out, err = run("train-lm", "--json")
    assert json.loads(out)["n_sentences"] == 1
    _, _, err = run("train-lm")
    assert "left out 2 sentences (66.7 %) that dev or test hold\n" in err


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
        "recipe": "transcripts",
        "engine": "builtin",
        "order": 2,
        "n_sentences": 4,
        "n_tokens": 15,
        "n_types": 13,
        "n_listed": 0,
        "share": 1.0,
        "parts": [
            {
                "name": "transcripts",
                "n_sentences": 4,
                "n_tokens": 15,
                "weight": 1.0,
                "fallback_orders": [1, 2],
            }
        ],
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


def test_each_text_has_its_recipe_and_a_name_wins(
    run: Run, speech_rows: Rows, text: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    speech_rows()
    assert run("train-lm")[0] == 0
    assert read_info()["recipe"] == "transcripts"
    assert run("train-lm", "--text", str(text))[0] == 0
    assert read_info()["recipe"] == "mixed"
    monkeypatch.setattr("w2vctc.cli.train_lm.LARGE_TEXT_BYTES", 50)
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


# Of the two sources, what a person says and what the newspaper writes.
SAID = ["obre la finestra", "tanca la porta", "obre la porta", "tanca el llum", "obre el llum"] * 4
WRITTEN = "el govern aprova la llei\nla llei obre el debat\nel debat tanca l'any\n" * 4


def test_transcripts_and_text_are_mixed_by_weights_that_dev_gives(
    run: Run, speech_rows: Rows
) -> None:
    speech_rows(train=SAID, dev=["tanca la finestra", "la llei"], test=["obre el debat"])
    Path("text.txt").write_text(WRITTEN, encoding="utf-8")
    code, out, _ = run("train-lm", "--text", "text.txt", "--json")
    shown = json.loads(out)
    assert code == 0
    transcripts, other = shown["parts"]
    assert (transcripts["name"], transcripts["n_sentences"]) == ("transcripts", 20)
    assert (other["name"], other["n_sentences"]) == ("text", 12)
    assert transcripts["weight"] + other["weight"] == pytest.approx(1)
    assert 0 < other["weight"] < transcripts["weight"]
    assert shown["dev"]["perplexity"] < transcripts["perplexity"] < other["perplexity"]
    _, out, _ = run("train-lm", "--text", "text.txt", "--no-mix", "--json")
    pooled = json.loads(out)
    assert [part["name"] for part in pooled["parts"]] == ["transcripts and text"]
    assert pooled["n_sentences"] == shown["n_sentences"] == 32
    assert pooled["parts"][0]["weight"] == 1


def test_a_mixture_is_shown_part_by_part(run: Run, speech_rows: Rows) -> None:
    speech_rows(train=SAID, dev=["tanca la finestra", "la llei"], test=["obre el debat"])
    Path("text.txt").write_text(WRITTEN, encoding="utf-8")
    code, out, err = run("train-lm", "--text", "text.txt", "--order", "2")
    assert code == 0
    assert "discounts of transcripts" in out
    assert "discounts of text" in out
    rows = {line.split()[0]: line.split() for line in out.splitlines() if line.strip()}
    assert rows["transcripts"][1:4] == ["20", "60", "7"]
    assert rows["text"][1:4] == ["12", "56", "9"]
    assert "116 words, 12 different; engine builtin, " in err


def test_dev_chooses_order_and_share_and_both_are_told(run: Run, speech_rows: Rows) -> None:
    speech_rows(train=SAID, dev=["tanca la finestra", "la llei"], test=["obre el debat"])
    Path("text.txt").write_text(WRITTEN, encoding="utf-8")
    flags = ("train-lm", "--text", "text.txt", "--order", "auto", "--share", "auto")
    code, out, _ = run(*flags, "--json")
    shown = json.loads(out)
    assert code == 0
    orders = [trial["value"] for trial in shown["order_trials"]]
    assert orders == list(range(2, 2 + len(orders)))
    assert shown["order"] in orders
    assert [trial["value"] for trial in shown["share_trials"]] == [1, 0.5, 0.25, 0.125, 0.0625]
    assert shown["share"] in (1, 0.5, 0.25, 0.125, 0.0625)
    _, _, err = run(*flags)
    assert f"order {shown['order']}, by the perplexity of dev's known words: 2: " in err
    assert f"share {shown['share']:g}, by the perplexity of dev's known words: 1: " in err


def test_rare_ngrams_are_left_out_on_demand(run: Run, speech_rows: Rows) -> None:
    speech_rows(train=[*SAID, "obre la porta gran"], dev=["tanca el llum"])
    sizes = {}
    for flags in ((), ("--prune", "0 0 1"), ("--prune", "0,1")):
        code, out, _ = run("train-lm", "--order", "3", *flags, "--json")
        assert code == 0
        sizes[flags] = json.loads(out)["ngram_counts"]
    whole, triples, pairs = sizes.values()
    assert triples[:2] == whole[:2]
    assert whole[2] - triples[2] == 2  # "la porta gran", "porta gran </s>"
    assert pairs == [whole[0], whole[1] - 2, triples[2]]
    # a shorter order needs no more thresholds than it has orders
    assert run("train-lm", "--order", "2", "--prune", "0 1")[0] == 0


@pytest.mark.parametrize("given", ["0 0 x", "0 1.5", "1 0", "-1", "0 0 0 0 1"])
def test_thresholds_that_cannot_be(run: Run, speech_rows: Rows, given: str) -> None:
    speech_rows()
    code, out, err = run("train-lm", "--order", "3", "--prune", given)
    assert (code, out) == (2, "")
    assert given in err
    assert "0 0 1" in err


def test_an_order_that_nobody_can_choose_is_told(run: Run, text: Path) -> None:
    note = "order 3: there is no dev to choose by"
    code, _, err = run("train-lm", "--text", text.name, "--order", "auto")
    assert (code, err.splitlines()[1]) == (0, note)
    _, out, _ = run("train-lm", "--text", text.name, "--order", "auto", "--json")
    assert json.loads(out)["notes"] == [note]


def test_a_share_of_the_text_is_the_part_like_the_transcripts(run: Run, speech_rows: Rows) -> None:
    speech_rows(train=SAID, dev=["tanca la finestra"], test=["obre el debat"])
    near = "obre la finestra i la porta\n" * 6
    Path("text.txt").write_text(WRITTEN + near, encoding="utf-8")
    code, out, _ = run("train-lm", "--text", "text.txt", "--share", "0.3", "--json")
    shown = json.loads(out)
    assert (code, shown["share"]) == (0, 0.3)
    assert shown["parts"][1]["n_sentences"] == 5
    assert shown["parts"][1]["n_types"] == 5
    # the words of what was left out are known all the same
    assert "\tgovern\t" in Path("lm/xx/lm.arpa").read_text(encoding="utf-8")


def test_a_list_of_names_is_joined_in(run: Run, speech_rows: Rows) -> None:
    speech_rows()
    Path("names.txt").write_text("Núria  Feliu\nla Montserrat!\n", encoding="utf-8")
    code, _, err = run("train-lm", "--words", "names.txt", "--order", "2")
    assert code == 0
    assert ", 3 of them from lists; engine " in err
    words = Path("lm/xx/unigrams.txt").read_text(encoding="utf-8").split()
    assert words[-3:] == ["núria", "feliu", "montserrat"]
    # A word of a list is as likely as any one word that the text does not hold.
    lines = Path("lm/xx/lm.arpa").read_text(encoding="utf-8").splitlines()
    probs = {line.split("\t")[1]: line.split("\t")[0] for line in lines if line.count("\t") == 2}
    assert probs["núria"] == probs["feliu"] == probs["<unk>"]
    assert float(probs["núria"]) < float(probs["la"])
    assert read_info()["n_listed"] == 3
    code, _, err = run("train-lm", "--words", "nowhere.txt")
    assert (code, err.splitlines()[0]) == (3, "error: nowhere.txt: no such file [E_MISSING]")


def test_lm_text_that_holds_dev_or_test_sentences_is_warned_of_when_kept(
    run: Run, speech_rows: Rows
) -> None:
    speech_rows(train=["bon dia", "el sol", "la mar"], dev=["Bon dia!"], test=["la mar"])
    code, out, err = run("train-lm", "--keep-held-out")
    assert code == 0
    assert err.startswith(
        "read 3 transcripts and 0 lines of text; 2 sentences (66.7 %) are in dev or test too and"
        " were kept: what is measured there will look too good\n"
    )
    _, out, _ = run("train-lm", "--keep-held-out", "--json")
    assert json.loads(out)["n_sentences"] == 3


def test_a_recipe_can_hold_all_of_it(run: Run, speech_rows: Rows) -> None:
    speech_rows()
    Path("mine").mkdir()
    Path("mine/more.txt").write_text(WRITTEN, encoding="utf-8")
    Path("mine/names.txt").write_text("núria\n", encoding="utf-8")
    Path("mine/own.toml").write_text(
        'order = "auto"\nshare = 0.5\nmix = false\ntext = ["more.txt"]\nwords = ["names.txt"]\n'
    )
    code, out, _ = run("train-lm", "--recipe", "mine/own.toml", "--json")
    shown = json.loads(out)
    assert code == 0
    assert (shown["recipe"], shown["share"], shown["n_lines"]) == ("own", 0.5, 12)
    assert shown["n_listed"] == 1  # not those of the half of the text that was left out
    assert shown["order_trials"]
    assert len(shown["parts"]) == 1


@pytest.mark.parametrize(
    ("flag", "value", "wanted"),
    [
        ("--order", "7", "2 to 6 or auto"),
        ("--order", "1", "2 to 6 or auto"),
        ("--order", "three", "2 to 6 or auto"),
        ("--share", "0", "above 0, at most 1, or auto"),
        ("--share", "1.5", "above 0, at most 1, or auto"),
        ("--share", "nan", "above 0, at most 1, or auto"),
    ],
)
def test_orders_and_shares_that_cannot_be(run: Run, flag: str, value: str, wanted: str) -> None:
    assert run("train-lm", flag, value, "--lang", "xx") == (
        2,
        "",
        f"error: {flag} {value}: wanted {wanted}\nhint:  leave {flag} out\n",
    )
