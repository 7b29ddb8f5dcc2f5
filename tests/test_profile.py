"""Language profiles: found, checked, and refused with every mistake at once."""

from pathlib import Path

import pytest

from w2vctc.errors import UsageError
from w2vctc.text.profile import LanguageProfile, generic_profile, known_languages, load_profile


def write(folder: Path, text: str) -> Path:
    path = folder / "xx.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_path_wins_over_the_shipped_profile(tmp_path: Path) -> None:
    path = write(tmp_path, 'name = "Mine"\nletters = "a b ch"\nword_signs = ["\'"]\n')
    profile = load_profile("ca", path=path)
    assert profile == LanguageProfile(
        language="ca", name="Mine", letters=("a", "b", "ch"), word_signs=("'",)
    )
    assert profile.digraphs == ("ch",)


def test_a_shipped_profile_is_found_by_its_tag() -> None:
    assert load_profile("ca").name == "Catalan"
    assert "ca" in known_languages()


def test_a_regional_tag_falls_back_on_the_language() -> None:
    assert load_profile("ca-valencia").name == "Catalan"
    assert load_profile("pt_BR").letters == ()


def test_an_unknown_language_takes_any_letter() -> None:
    profile = load_profile("xx")
    assert profile == generic_profile("xx")
    assert profile.letters == () and profile.numbers == ""


@pytest.mark.parametrize("tag", ["../ca", "", "ca/es", "c a", "ca."])
def test_what_is_no_tag_is_refused(tag: str) -> None:
    with pytest.raises(UsageError, match="not a language tag"):
        load_profile(tag)


def test_all_unknown_keys_and_types_are_named_at_once(tmp_path: Path) -> None:
    path = write(tmp_path, 'leters = "a"\ncasing = "Lower"\nnumbers = 3\n')
    with pytest.raises(UsageError) as caught:
        load_profile("xx", path=path)
    message = caught.value.message
    assert str(path) in message
    assert "'leters' (did you mean 'letters'?)" in message
    assert "casing = 'Lower'" in message and "numbers = 3" in message


@pytest.mark.parametrize(
    ("toml", "fault"),
    [
        ('letters = ["A"]', "letter 'A' must be in lower case: 'a'"),
        ('letters = ["a", "|"]', "holds '|'"),
        ('letters = ["a b"]', "holds a space"),
        ('letters = ["e\\u0301"]', "is not NFC: write 'é'"),
        ('word_signs = ["ab"]', "word sign 'ab' must be one character"),
        ('word_signs = ["|"]', "word sign '|'"),
        ('[replacements]\n"Q" = "k"', "replacement 'Q' must be in lower case: 'q'"),
        ('[replacements]\n"a" = "ab"', "would be replaced again: 'a'"),
        ('[replacements]\n"" = "x"', "empty or holds a space"),
        ('[replacements]\n"a b" = "x"', "empty or holds a space"),
        ('letters = ["a", "a:"]', "letter 'a:' holds ':', which goes unless it is a word sign too"),
        ('casing_locale = "turkish"\nletters = ["I"]', "must be in lower case: 'ı'"),
    ],
)
def test_what_could_never_work_is_refused(tmp_path: Path, toml: str, fault: str) -> None:
    path = write(tmp_path, toml + "\n")
    with pytest.raises(UsageError) as caught:
        load_profile("xx", path=path)
    assert fault in caught.value.message and str(path) in caught.value.message


def test_a_digraph_with_a_declared_sign_is_accepted(tmp_path: Path) -> None:
    path = write(tmp_path, 'letters = "a c\'h a: :"\nword_signs = "\'"\n')
    assert load_profile("xx", path=path).digraphs == ("c'h", "a:")


def test_equal_profiles_have_the_same_hash() -> None:
    one, other = (LanguageProfile("xx", replacements={"a": wanted}) for wanted in "bc")
    assert len({one, other, LanguageProfile("xx", replacements={"a": "b"})}) == 2


def test_two_faults_come_in_one_message(tmp_path: Path) -> None:
    path = write(tmp_path, 'letters = "A |"\nword_signs = "ab"\n')
    with pytest.raises(UsageError) as caught:
        load_profile("xx", path=path)
    assert caught.value.message.count(";") == 2


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.toml: no such file"):
        load_profile("ca", path=tmp_path / "none.toml")
