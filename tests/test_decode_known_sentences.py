"""Digests of the sentences that a language model was made of."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2vctc.decode.known_sentences import (
    FILE_NAME,
    find_known_sentences,
    save_known_sentences,
)
from w2vctc.errors import ModelError


@given(known=st.sets(st.text(max_size=6)), others=st.lists(st.text(max_size=6)))
def test_known_are_those_that_were_saved(
    tmp_path_factory: pytest.TempPathFactory, known: set[str], others: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("lm")
    save_known_sentences(folder, [*known, *known])
    assert (folder / FILE_NAME).stat().st_size == 8 * len(known)
    asked = [*others, *known]
    assert find_known_sentences(folder, asked) == [sentence in known for sentence in asked]


def test_without_the_file_nothing_is_told(tmp_path: Path) -> None:
    assert find_known_sentences(tmp_path, ["bon dia"]) is None


def test_a_file_cut_off_is_refused(tmp_path: Path) -> None:
    save_known_sentences(tmp_path, ["bon dia", "adeu"])
    path = tmp_path / FILE_NAME
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(ModelError, match="13 bytes") as caught:
        find_known_sentences(tmp_path, ["bon dia"])
    assert caught.value.code == "E_LM"
