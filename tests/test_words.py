"""Numbers with their nouns."""

import pytest

from w2vctc.words import numbered


@pytest.mark.parametrize(
    ("n", "text"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (1_234, "1,234 rows")]
)
def test_one_thing_is_no_plural(n: int, text: str) -> None:
    assert numbered(n, "row") == text
