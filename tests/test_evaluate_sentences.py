"""Findings in words."""

from w2vctc.evaluate.breakdown import KnownWords
from w2vctc.evaluate.sentences import describe_known_words


def test_where_all_words_are_known_nothing_is_said_of_others() -> None:
    known = KnownWords(1_451, 9, 0, 0)
    assert describe_known_words(known) == "the language model knows all 1,451 words said"
