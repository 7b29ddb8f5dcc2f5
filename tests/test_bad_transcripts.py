"""Transcripts as people type, paste and convert them, met by the commands of the command line."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from bad_material import Shown, check, hash_tree, type_in, write_clips

from w2vctc.vocab import load_vocabulary

# what was typed: the reason, the message; of clips of one second, in Catalan
REFUSED: dict[str, tuple[str, str, str]] = {
    "nothing": ("", "E_EMPTY_TEXT", "the transcript is empty"),
    "blanks": ("  ", "E_EMPTY_TEXT", "the transcript is blank"),
    "only punctuation": (
        "?! …",
        "E_EMPTY_TEXT",
        "nothing is left of the transcript '?! …' once it is normalized",
    ),
    "a mark without a letter": (
        "plou \u0301a",
        "E_CHAR",
        "U+0301 COMBINING ACUTE ACCENT has no letter to stand on (at the start of '◌\u0301a')",
    ),
    "a letter that a conversion lost": (
        "cami\ufffd",
        "E_CHAR",
        "U+FFFD REPLACEMENT CHARACTER in 'cami\ufffd' stands where a letter was lost in a"
        " conversion",
    ),
    "the unknown token": ("bon [UNK]", "E_RESERVED", "the transcript holds the literal '[UNK]'"),
    "the start token": ("<s> bon", "E_RESERVED", "the transcript holds the literal '<s>'"),
    "the word delimiter": ("bon|dia", "E_RESERVED", "the transcript holds the literal '|'"),
    "the blank token": ("<pad>", "E_RESERVED", "the transcript holds the literal '<pad>'"),
    "more letters than frames": (
        "la " * 17,
        "E_INFEASIBLE",
        "the transcript needs 50 frames, its 1.00 s of sound give 49",
    ),
    "letters that repeat": (
        "oo" * 13,
        "E_INFEASIBLE",
        "the transcript needs 51 frames, its 1.00 s of sound give 49",
    ),
    "a hundred thousand characters": (
        "la " * 33_333,
        "E_TOO_LONG_TEXT",
        "a transcript of 99,998 characters; the limit is 10,000",
    ),
}
NOTED: dict[str, tuple[str, str, str]] = {
    "an emoji": ("bon dia 🎉", "W_CHAR", "U+1F389 PARTY POPPER in '🎉' becomes a space"),
    "a control character": ("bon\x07 dia", "W_CHAR", "U+0007 control character in 'bon\\x07'"),
    "a zero-width space": (
        "bon\u200bdia",
        "W_CHAR",
        "U+200B ZERO WIDTH SPACE in 'bon\\u200bdia' is removed",
    ),
    "a direction mark": ("bon\u200f dia", "W_CHAR", "U+200F RIGHT-TO-LEFT MARK in 'bon\\u200f'"),
    "a no-break space": ("bon\u00a0dia", "W_CHAR", "U+00A0 NO-BREAK SPACE is taken as a space"),
    "a soft hyphen": ("co\u00adsa", "W_CHAR", "U+00AD SOFT HYPHEN in 'co\\xadsa' is removed"),
    "letters and accents apart": (
        "cafe\u0301",
        "W_NFD",
        "'cafe\\u0301' is not composed (NFC); it is taken as 'café'",
    ),
    "a Cyrillic letter": (
        "ll\u0430 lluna",
        "W_MIXED_SCRIPT",
        "'ll\u0430' mixes Cyrillic and Latin",
    ),
    "a Greek letter": ("d\u03b5u", "W_MIXED_SCRIPT", "'d\u03b5u' mixes Greek and Latin"),
    "a letter of another language": ("ñandú", "W_UNEXPECTED", "U+00F1 LATIN SMALL LETTER N WITH"),
}
FINE = {
    "a curly apostrophe": "l’home",
    "a middle dot within a word": "col·legi",
    "digits that are spelled out": "tinc 7 gats",
    "capitals and punctuation": "Bon dia, Anna!",
    **{f"an ordinary sentence {number}": f"la lluna {'aei'[number % 3]}" for number in range(12)},
}


def name_of(situation: str) -> str:
    return f"{situation}.wav"


def write_language(folder: Path, lang: str, texts: Mapping[str, str], **others: str) -> Path:
    """data/LANG with these train rows; each other split has one row."""
    data = folder / "data" / lang
    for split, text in others.items():
        write_clips(data, {f"of-{split}.wav": text}, split=split)
    write_clips(data, {name_of(situation): text for situation, text in texts.items()})
    return data


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder with a row for each of the transcripts."""
    typed = {situation: text for situation, (text, _, _) in (REFUSED | NOTED).items()}
    folder = tmp_path_factory.mktemp("transcripts")
    write_language(folder, "ca", typed | FINE, dev="bon vent")
    return folder


@pytest.fixture(scope="module")
def checked(project: Path) -> Shown:
    before = hash_tree(project)
    shown = type_in(project, "check", "--lang", "ca", "--json")
    assert hash_tree(project) == before
    return shown


def line(situation: str) -> str:
    return f"train.tsv:{[*(REFUSED | NOTED | FINE)].index(situation) + 2}"


@pytest.mark.parametrize("situation", REFUSED | NOTED)
def test_what_is_wrong_is_told_with_its_line_and_the_character(
    checked: Shown, situation: str
) -> None:
    _, code, part = (REFUSED | NOTED)[situation]
    told = [message for message in checked.messages(code) if f"{line(situation)}: " in message]
    assert any(part in message for message in told), checked.faults_at(line(situation))


@pytest.mark.parametrize("situation", FINE)
def test_what_is_declared_is_no_fault(checked: Shown, situation: str) -> None:
    assert not checked.faults_at(line(situation))


def test_what_can_be_trained_on_is_counted(checked: Shown) -> None:
    assert checked.code == 3
    assert checked.facts["n_usable"] == len(NOTED | FINE) + 1  # of dev
    assert {one["character"] for one in checked.facts["dropped"]} >= {"🎉", "\x07", "\u200b", ","}


def test_training_leaves_out_exactly_the_refused_ones(project: Path) -> None:
    refused = type_in(project, "finetune", "--lang", "ca", "--model", "tiny", "--out", "first")
    n_all = len(REFUSED | NOTED | FINE)
    assert (refused.code, refused.out) == (3, "")
    assert f"error: {len(REFUSED)} of {n_all} rows cannot be used (" in refused.err
    assert "train.tsv:2: the transcript is empty [E_EMPTY_TEXT]" in refused.err
    trained = type_in(
        *(project, "finetune", "--lang", "ca", "--model", "tiny", "--device", "cpu"),
        *("--skip-bad", "--updates", "1", "--out", "second"),
    )
    assert trained.code == 0, trained.err
    assert f"train: kept {n_all - len(REFUSED)} of {n_all} rows, " in trained.err
    rejected = (project / "second" / "training" / "rejected-train.tsv").read_text(encoding="utf-8")
    told = {row.split("\t")[1]: row.split("\t")[2] for row in rejected.splitlines()[1:]}
    assert told == {name_of(situation): code for situation, (_, code, _) in REFUSED.items()}


def test_confusables_stay_two_letters_of_the_vocabulary(project: Path) -> None:
    """Nobody but the person can tell which was meant: they are named, never merged."""
    built = type_in(project, "build-vocab", "--lang", "ca", "--model", "third", "--json")
    assert built.code == 0
    labels = load_vocabulary(project / "third").labels
    assert {"a", "\u0430", "\u03b5", "'", "·", "é"} <= set(labels)
    assert not set("7’,!🎉\u0301\u00a0\u00ad\u200b\u200f\x07") & set(labels)


def spell(folder: Path, lang: str, *texts: str) -> set[str]:
    """The letters of the vocabulary that build-vocab makes of these transcripts."""
    numbered = {f"{number}": text for number, text in enumerate(texts)}
    write_language(folder, lang, numbered, dev=texts[0])
    built = type_in(folder, "build-vocab", "--lang", lang)
    assert built.code == 0, built.err
    return set(load_vocabulary(folder / "models" / lang).letters)


@pytest.mark.parametrize(
    ("lang", "text", "letters"),
    [
        ("tr", "Işık İki IRMAK", "akmrışi"),
        ("de", "Straße STRASSE Öl", "straßeöl"),
        ("lt", "Ąžuolas ĖJO", "ąžuolasėj"),
        ("he", "שלום", "שלום"),
        ("ar", "مرحبا", "مرحبا"),
    ],
    ids=["Turkish i", "German sharp s", "Lithuanian", "Hebrew", "Arabic"],
)
def test_letters_are_those_of_the_language(
    tmp_path: Path, lang: str, text: str, letters: str
) -> None:
    assert spell(tmp_path, lang, text) == set(letters)


def test_composed_or_not_the_letters_are_the_same(tmp_path: Path) -> None:
    apart, whole = tmp_path / "apart", tmp_path / "whole"
    assert spell(apart, "ca", "cafe\u0301 c\u0327a") == spell(whole, "ca", "café ça")


def test_digits_without_a_rule_for_them_are_kept_and_told(tmp_path: Path) -> None:
    data = write_language(tmp_path, "xx", {"digits": "tinc 7 gats"})
    shown = check(data)
    assert shown.code == 0
    (message,) = shown.messages("W_DIGITS")
    assert message.startswith("train.tsv:2: ")
    assert "7" in message
    assert "7" in {one["character"] for one in shown.facts["characters"]}


def test_in_scoring_an_empty_reference_counts_what_was_inserted(
    tmp_path: Path, model_folder: Path
) -> None:
    """Even where there is no other: nothing is divided by zero."""
    write_language(tmp_path, "ca", {"one": "la lluna"}, dev="bon dia", test="")
    model = ("--model", str(model_folder))
    shown = type_in(tmp_path, "evaluate", "--lang", "ca", *model, "--json")
    assert shown.code == 0
    words = shown.facts["systems"][0]["words"]
    assert (words["n_reference"], words["hits"], words["deletions"]) == (0, 0, 0)
    assert words["insertions"] > 0
    assert shown.facts["n_empty_references"] == 1


def test_characters_that_training_never_saw_are_scored_as_errors_and_listed(
    tmp_path: Path, model_folder: Path
) -> None:
    write_language(tmp_path, "ca", {"one": "la lluna"}, dev="bon dia", test="Ñandú ñu")
    model = ("--model", str(model_folder))
    built = type_in(tmp_path, "build-vocab", "--lang", "ca")
    assert "test has ñ (U+00F1 latin small letter n with tilde) 2 times" in built.err
    shown = type_in(tmp_path, "evaluate", "--lang", "ca", *model, "--json")
    assert shown.code == 0
    assert shown.facts["unseen_characters"] == {"ñ": 2, "ú": 1}
    characters = shown.facts["systems"][0]["characters"]
    assert characters["n_reference"] == len("ñandú ñu")
    assert characters["substitutions"] + characters["deletions"] >= 3
    listed = type_in(tmp_path, "evaluate", "--lang", "ca", *model)
    assert "the model has no label for 'ñ' 2 times" in listed.err


def test_scoring_on_sentences_of_train_is_told(tmp_path: Path, model_folder: Path) -> None:
    write_language(tmp_path, "ca", {"one": "La lluna!"}, dev="bon dia", test="la lluna")
    shown = type_in(tmp_path, "evaluate", "--lang", "ca", "--model", str(model_folder))
    assert (shown.code, shown.out) == (3, "")
    assert "test.tsv:2: train has the sentence 'la lluna' too [E_SEEN]" in shown.err


@pytest.mark.parametrize("text", ["שלום עולם", "مرحبا بالعالم"], ids=["Hebrew", "Arabic"])
def test_text_from_right_to_left_keeps_its_logical_order(tmp_path: Path, text: str) -> None:
    write_language(tmp_path, "he", {"one": text})
    whole = ("--dev-minutes", "0", "--test-minutes", "0")
    shown = type_in(tmp_path, "prepare", "data/he", "--out", "out", "--lang", "he", *whole)
    assert shown.code == 0, shown.err
    table = (tmp_path / "out" / "train.tsv").read_text(encoding="utf-8")
    assert f"\t{text}\t" in table
