"""`w2vctc build-vocab --write-profile`: a draft in the working folder, and what is said of it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from w2vctc.text.profile import load_profile

Run = Callable[..., tuple[int, str, str]]
Rows = Callable[..., Path]
DRAFT = Path("vocab/xx.toml")


@pytest.fixture
def corpus(speech_rows: Rows) -> Path:
    return speech_rows(train=["Kaa ka'a"] * 4 + ["mаka"], dev=["kazu"], test=["kaku"])


@pytest.mark.usefixtures("corpus")
def test_the_draft_is_written_from_the_training_texts_and_the_next_step_is_said(run: Run) -> None:
    code, out, err = run("build-vocab", "--lang", "xx", "--write-profile")
    assert (code, out) == (0, "")
    assert err.splitlines() == [
        "made vocab/xx.toml, a draft from 5 training texts with 2 letters; as remarks,"
        " rare letters: 1, of other scripts: 1, words that mix scripts: 1",
        "it is a draft: review it with a person who knows the language, and mend it",
        "next: w2vctc build-vocab --lang xx",
    ]
    profile = load_profile("xx", path=DRAFT)
    assert (profile.letters, profile.word_signs) == (("a", "k"), ("'",))
    assert not Path("models").exists()


@pytest.mark.usefixtures("corpus")
def test_the_next_build_vocab_goes_by_the_draft(run: Run) -> None:
    run("build-vocab", "--lang", "xx", "--write-profile")
    code, out, err = run("build-vocab", "--lang", "xx")
    assert code == 0
    assert "drafted from 5 transcripts; not reviewed" in err
    assert next(line for line in out.splitlines() if "U+006D" in line).split()[-1] == "unexpected"


@pytest.mark.usefixtures("corpus")
def test_a_profile_that_is_there_is_never_overwritten(run: Run) -> None:
    DRAFT.parent.mkdir()
    DRAFT.write_text('name = "Mine"\n', encoding="utf-8")
    code, out, err = run("build-vocab", "--lang", "xx", "--write-profile")
    assert (code, out) == (2, "")
    assert "vocab/xx.toml: the project has this profile, and a draft never takes its place" in err
    assert DRAFT.read_text(encoding="utf-8") == 'name = "Mine"\n'


@pytest.mark.usefixtures("corpus")
def test_what_is_no_file_under_that_name_is_left_alone_too(run: Run) -> None:
    DRAFT.parent.mkdir()
    DRAFT.symlink_to("elsewhere.toml")
    assert run("build-vocab", "--lang", "xx", "--write-profile")[0] == 2
    assert DRAFT.is_symlink() and not DRAFT.exists()


@pytest.mark.usefixtures("corpus")
def test_a_profile_given_by_flag_or_file_is_refused_beside_it(run: Run) -> None:
    Path("mine.toml").write_text('name = "Mine"\n', encoding="utf-8")
    arguments = ("build-vocab", "--lang", "xx", "--write-profile")
    assert "mine.toml: the project has this profile" in run(*arguments, "--profile", "mine.toml")[2]
    Path("w2vctc.toml").write_text('profile = "mine.toml"\n', encoding="utf-8")
    code, _, err = run(*arguments)
    assert code == 2 and "mine.toml: the project has this profile" in err
    assert not DRAFT.exists()


def test_a_draft_for_a_language_with_a_shipped_profile_says_that_it_wins(
    run: Run, speech_rows: Rows
) -> None:
    speech_rows(lang="ca", train=["la lluna"], dev=None, test=["la"])
    code, _, err = run("build-vocab", "--lang", "ca", "--write-profile")
    assert code == 0
    assert "from now on it takes the place of the shipped profile of Catalan" in err
    assert Path("vocab/ca.toml").is_file()


@pytest.mark.usefixtures("corpus")
def test_json_names_the_file_and_the_letters(run: Run) -> None:
    code, out, err = run("build-vocab", "--lang", "xx", "--write-profile", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == {"profile": "vocab/xx.toml", "letters": ["a", "k"]}


def test_bad_data_leaves_no_draft(run: Run) -> None:
    code, _, err = run("build-vocab", "--lang", "xx", "--write-profile")
    assert code in (2, 3) and err.startswith("error: ")
    assert not DRAFT.exists()
