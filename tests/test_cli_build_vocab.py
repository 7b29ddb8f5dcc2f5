"""`w2vctc build-vocab`: the table that a linguist reads, and the labels behind it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from w2vctc.vocab import load_vocabulary

Run = Callable[..., tuple[int, str, str]]
Rows = Callable[..., Path]

# Counted by hand: most frequent first, ties by code point, rare below five times, unexpected
# where the Catalan profile has no such letter; the example is the most frequent word.
TABLE = """
 character   code point   name                              count   example      mark
 ──────────────────────────────────────────────────────────────────────────────────────────
 l           U+006C       latin small letter l                  9   la
 a           U+0061       latin small letter a                  5   la
 c           U+0063       latin small letter c                  4   cel          rare
 u           U+0075       latin small letter u                  4   ñu           rare
 e           U+0065       latin small letter e                  3   cel          rare
 i           U+0069       latin small letter i                  2   col·lecció   rare
 ñ           U+00F1       latin small letter n with tilde       2   ñu           unexpected
 '           U+0027       apostrophe                            1   l'aigua      rare
 g           U+0067       latin small letter g                  1   l'aigua      rare
 n           U+006E       latin small letter n                  1   lluna        rare
 o           U+006F       latin small letter o                  1   col·lecció   rare
 ·           U+00B7       middle dot                            1   col·lecció   rare
 ó           U+00F3       latin small letter o with acute       1   col·lecció   rare

"""
LABELS = ("<pad>", "<unk>", "|", *"'acegilnou·ñó")


def write_corpus(speech_rows: Rows) -> Path:
    return speech_rows(
        lang="ca",
        train=["La col·lecció", "L'aigua, la lluna!", "el cel", "ñu ñu"],
        dev=["la veu"],
        test=["el kiwi", "cel"],
    )


def test_the_table_and_what_is_said_beside_it(run: Run, speech_rows: Rows) -> None:
    write_corpus(speech_rows)
    code, out, err = run("build-vocab", "--lang", "ca")
    assert code == 0
    assert "".join(f"{line.rstrip()}\n" for line in out.splitlines()) == TABLE
    read, *rest = err.splitlines()
    assert read.startswith("read 4 training texts with the profile of Catalan (")
    assert rest == [
        "dev has v (U+0076 latin small letter v) 1 times, as in veu, and train never:"
        " not added, it will count as an error",
        "test has k (U+006B latin small letter k) 1 times, as in kiwi, and train never:"
        " not added, it will count as an error",
        "test has w (U+0077 latin small letter w) 1 times, as in kiwi, and train never:"
        " not added, it will count as an error",
        "made 16 labels, 13 of them letters, in models/ca",
        "next: w2vctc finetune --lang ca",
    ]
    assert load_vocabulary(Path("models/ca")).labels == LABELS


def test_json_holds_the_same(run: Run, speech_rows: Rows) -> None:
    write_corpus(speech_rows)
    code, out, err = run("build-vocab", "--lang", "ca", "--json")
    shown = json.loads(out)
    assert (code, err) == (0, "")
    assert list(shown) == ["folder", "labels", "characters", "unseen"]
    assert (shown["folder"], shown["labels"]) == ("models/ca", list(LABELS))
    assert [(c["character"], c["count"]) for c in shown["characters"][:2]] == [("l", 9), ("a", 5)]
    assert {split: [c["character"] for c in cs] for split, cs in shown["unseen"].items()} == {
        "dev": ["v"],
        "test": ["k", "w"],
    }


def test_the_same_data_give_the_same_bytes(run: Run, speech_rows: Rows) -> None:
    write_corpus(speech_rows)
    contents = []
    for folder in ("m1", "m2"):
        assert run("build-vocab", "--lang", "ca", "--model", folder)[0] == 0
        contents.append({path.name: path.read_bytes() for path in Path(folder).iterdir()})
    assert contents[0] == contents[1]
    assert set(contents[0]) == {
        *("vocab.json", "tokenizer_config.json", "preprocessor_config.json")
    }


def test_dev_and_test_are_not_needed(run: Run, speech_rows: Rows) -> None:
    speech_rows(dev=None, test=None)
    code, out, err = run("build-vocab", "--json")
    assert code == 0 and json.loads(out)["unseen"]
    assert "data/xx: divided" in err  # train alone: the others are made of it, and that is said


def test_digraphs_of_the_profile_become_labels(run: Run, speech_rows: Rows) -> None:
    speech_rows(lang="cy", train=["llan fach", "ty bach"])
    _, out, _ = run("build-vocab", "--lang", "cy", "--json")
    assert "ll" not in json.loads(out)["labels"]
    code, out, _ = run("build-vocab", "--lang", "cy", "--json", "--digraphs")
    labels = json.loads(out)["labels"]
    assert code == 0
    assert {"ll", "ch"} <= set(labels)
    assert labels.index("ll") == labels.index("l") + 1
    assert not {"dd", "ff"} & set(labels)  # the profile has them, the texts do not


def test_a_profile_of_the_project_s_own_is_used(run: Run, speech_rows: Rows) -> None:
    speech_rows(train=["AB ba"])
    Path("vocab").mkdir()
    Path("vocab/xx.toml").write_text('name = "Mine"\nletters = "A B"\ncasing = "upper"\n')
    code, out, _ = run("build-vocab", "--json")
    assert (code, json.loads(out)["labels"][3:]) == (0, ["A", "B"])
    Path("other.toml").write_text('name = "Other"\nletters = "a b"\n')
    _, out, _ = run("build-vocab", "--json", "--profile", "other.toml")
    assert json.loads(out)["labels"][3:] == ["a", "b"]


def test_toml_says_enough(run: Run, speech_rows: Rows) -> None:
    speech_rows(lang="xx")
    speech_rows(lang="yy", train=["zz"])
    assert run("build-vocab")[0] == 2  # two languages, nothing that decides
    Path("w2vctc.toml").write_text('lang = "yy"\nmodel = "out"\n')
    code, out, _ = run("build-vocab", "--json")
    assert (code, json.loads(out)["folder"], json.loads(out)["labels"][3:]) == (0, "out", ["z"])
    code, out, _ = run("build-vocab", "--json", "--lang", "xx", "--model", "m")
    assert (code, json.loads(out)["folder"]) == (0, "m")


def test_data_elsewhere_is_named_in_the_next_command(run: Run, speech_rows: Rows) -> None:
    data = speech_rows()
    moved = data.parent.parent / "my speech"
    shutil.move(data, moved)
    code, _, err = run("build-vocab", "--data", "my speech")
    assert code == 0
    assert err.endswith("in models/und\nnext: w2vctc finetune --data 'my speech'\n")


def test_a_trained_model_s_labels_are_not_replaced(
    run: Run, speech_rows: Rows, model_folder: Path
) -> None:
    speech_rows()
    shutil.copytree(model_folder, "models/xx")
    before = Path("models/xx/vocab.json").read_bytes()
    assert run("build-vocab") == (
        2,
        "",
        "error: models/xx: a model is trained there that spells other labels\n"
        "hint:  give another folder with --model, or --overwrite and train anew\n",
    )
    assert Path("models/xx/vocab.json").read_bytes() == before
    assert run("build-vocab", "--overwrite")[0] == 0
    assert Path("models/xx/vocab.json").read_bytes() != before


def test_building_the_same_labels_again_is_no_harm(
    run: Run, speech_rows: Rows, model_folder: Path
) -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    speech_rows(lang="ca", train=[f"{letters} ç l·l l'l l-l"])
    shutil.copytree(model_folder, "models/ca")
    extractor = Path("models/ca/preprocessor_config.json")
    before = extractor.read_bytes()
    assert run("build-vocab", "--lang", "ca")[0] == 0
    assert extractor.read_bytes() == before  # it says what this model was trained with
