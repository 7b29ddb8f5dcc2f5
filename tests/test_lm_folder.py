import json
from pathlib import Path

import pytest

from w2vctc.errors import ModelError
from w2vctc.files import hash_file
from w2vctc.lm.arpa import write_arpa
from w2vctc.lm.estimate import estimate_ngrams
from w2vctc.lm.folder import (
    find_language_model,
    read_lm_info,
    save_lm_info,
    save_settings,
    save_unigrams,
)
from w2vctc.lm.settings import SearchSettings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """lm/<language> as train-lm leaves it, with unigrams that differ from the n-gram's words."""
    folder = tmp_path / "lm" / "ca"
    folder.mkdir(parents=True)
    write_arpa(estimate_ngrams(["la mar"], order=2), folder / "lm.arpa")
    save_unigrams(folder, ["la", "mar", "col·lega"])
    save_lm_info(folder, {"order": 2, "engine": "builtin", "perplexity": 4.5})
    return folder


def test_a_folder_gives_everything_in_it(folder: Path) -> None:
    save_settings(folder, plain=SearchSettings(0.7, 1), tuned=None, tuned_on="dev")
    found = find_language_model(folder)
    assert found.ngram == folder / "lm.arpa"
    assert found.unigrams == ("la", "mar", "col·lega")
    assert (found.alpha, found.beta) == (0.7, 1.0)
    assert (found.info["tuned_on"], found.info["perplexity"]) == ("dev", 4.5)


def test_the_info_file_names_the_ngram_and_its_content(folder: Path) -> None:
    info = json.loads((folder / "lm.json").read_text(encoding="utf-8"))
    assert info["ngram"] == "lm.arpa"
    assert info["sha256"] == hash_file(folder / "lm.arpa")


def test_weights_are_none_before_tuning(folder: Path) -> None:
    found = find_language_model(folder)
    assert (found.alpha, found.beta) == (None, None)


def test_the_named_ngram_of_a_folder_is_found_too(folder: Path) -> None:
    found = find_language_model(folder / "lm.arpa")
    assert found.unigrams == ("la", "mar", "col·lega")
    assert found.info["perplexity"] == 4.5


def test_another_file_in_the_folder_takes_nothing_of_it(folder: Path) -> None:
    write_arpa(estimate_ngrams(["el sol"], order=2), folder / "other.arpa")
    found = find_language_model(folder / "other.arpa")
    assert found.unigrams == ("el", "sol")
    assert found.info == {}


def test_an_arpa_that_was_replaced_takes_nothing_of_the_old_one(folder: Path) -> None:
    save_settings(folder, plain=SearchSettings(0.7, 1.0), tuned=None, tuned_on="dev")
    write_arpa(estimate_ngrams(["el sol"], order=2), folder / "lm.arpa")
    found = find_language_model(folder / "lm.arpa")
    assert found.unigrams == ("el", "sol")
    assert found.alpha is None


def test_a_folder_without_unigrams_reads_them_from_the_arpa(folder: Path) -> None:
    (folder / "unigrams.txt").unlink()
    assert find_language_model(folder).unigrams == ("la", "mar")


def test_a_binary_has_only_the_unigrams_beside_it(tmp_path: Path) -> None:
    binary = tmp_path / "any.bin"
    binary.write_bytes(b"binary")
    assert find_language_model(binary).unigrams is None
    save_unigrams(tmp_path, ["la", "mar"])
    assert find_language_model(binary).unigrams == ("la", "mar")


def test_a_folder_may_hold_a_binary(tmp_path: Path) -> None:
    (tmp_path / "lm.bin").write_bytes(b"binary")
    save_lm_info(tmp_path, {"order": 2})
    assert find_language_model(tmp_path).ngram == tmp_path / "lm.bin"
    assert read_lm_info(tmp_path)["ngram"] == "lm.bin"


@pytest.mark.parametrize("name", ["nowhere", "nowhere.arpa", "."])
def test_what_is_missing_is_named_with_the_command_that_makes_it(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        find_language_model(tmp_path / name)
    assert str(tmp_path / name) in caught.value.message
    assert "w2vctc train-lm" in caught.value.hint
    assert (caught.value.code, caught.value.exit_code) == ("E_LM", 4)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not readable as JSON"),
        ("[]", "wanted a JSON object"),
        ('{"alpha": "much"}', "alpha = 'much'"),
        ('{"beta": true}', "beta = True"),
        ('{"ngram": "gone.arpa"}', "no gone.arpa"),
        ('{"decoding": 3}', "decoding is not a JSON object"),
        ('{"decoding": {"oov_order": 7}}', "decoding: oov_order = 7"),
    ],
)
def test_a_damaged_info_file_is_named(text: str, reason: str, folder: Path) -> None:
    (folder / "lm.json").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        find_language_model(folder)
    assert reason in caught.value.message
    assert str(folder) in caught.value.message


@pytest.mark.parametrize("content", [b"", b"\n\n", b"la\nm\xe0r\n"])
def test_damaged_unigrams_are_named(content: bytes, folder: Path) -> None:
    (folder / "unigrams.txt").write_bytes(content)
    with pytest.raises(ModelError, match=r"unigrams\.txt"):
        find_language_model(folder)


def test_settings_keep_what_was_there_and_leave_no_other_file(folder: Path) -> None:
    before = dict(read_lm_info(folder))
    plain = SearchSettings(0.25, -1.0)
    save_settings(folder, plain=plain, tuned=None, tuned_on="data/ca/dev.tsv")
    weights = {"alpha": 0.25, "beta": -1.0, "tuned_on": "data/ca/dev.tsv"}
    assert read_lm_info(folder) == before | weights
    assert sorted(file.name for file in folder.iterdir()) == ["lm.arpa", "lm.json", "unigrams.txt"]


def test_settings_come_back_as_they_were_saved(folder: Path) -> None:
    plain = SearchSettings(0.25, -1.0, -6.0)
    tuned = SearchSettings(0.75, 2.0, 3.0, oov_order=6, oov_weight=1.0)
    save_settings(folder, plain=plain, tuned=tuned, tuned_on="dev")
    found = find_language_model(folder)
    assert (found.plain, found.tuned) == (plain, tuned)
    save_settings(folder, plain=None, tuned=SearchSettings(1.0, vocabulary="closed"), tuned_on="x")
    found = find_language_model(folder)
    assert (found.plain, found.tuned) == (plain, SearchSettings(1.0, vocabulary="closed"))
    save_settings(folder, plain=SearchSettings(0.5, 1.5), tuned=None, tuned_on="dev")
    found = find_language_model(folder)
    assert (found.plain, found.tuned) == (SearchSettings(0.5, 1.5, -6.0), None)
