"""Every reason code about data has its words."""

import re
from pathlib import Path

import pytest

import w2vctc
from w2vctc.corpus.reasons import REASONS, find_reason

PACKAGE = Path(w2vctc.__file__).parent
CODE = re.compile(r'["\']([EW]_[A-Z][A-Z_]*)["\']')


def list_codes() -> set[str]:
    """The codes in the source of all that judges data."""
    rooms = [PACKAGE / room for room in ("speech", "text", "corpus")]
    files = [path for room in rooms for path in room.rglob("*.py")]
    files += PACKAGE.glob("cli/check*.py")
    files += PACKAGE.glob("cli/prepare*.py")
    return {code for path in files for code in CODE.findall(path.read_text(encoding="utf-8"))}


def test_every_code_that_is_told_of_data_has_its_words() -> None:
    assert len(list_codes()) > 40
    assert sorted(list_codes() - set(REASONS)) == []


@pytest.mark.parametrize("code", REASONS)
def test_words_are_short_enough_for_a_table_and_say_what_to_do(code: str) -> None:
    reason = REASONS[code]
    assert 5 < len(reason.title) <= 80
    assert 5 < len(reason.remedy) <= 100
    assert not reason.title.endswith(".")


def test_a_code_of_somebody_s_own_reader_is_shown_all_the_same() -> None:
    assert find_reason("E_OF_A_NEW_FORMAT").title == "see the message"
