"""Words that need no second look: letters of the profile and nothing else."""

import string
import unicodedata
from functools import lru_cache

from w2vctc.text.normalize import list_replaced, normalize_text
from w2vctc.text.profile import LanguageProfile


def is_plain(word: str, letters: frozenset[str]) -> bool:
    """Whether a word consists of `plain_letters` alone; where it does not, nothing is known."""
    return letters.issuperset(word) and unicodedata.is_normalized("NFC", word)


@lru_cache(maxsize=64)
def plain_letters(profile: LanguageProfile) -> frozenset[str]:
    """Letters that normalization leaves as they are, but for the case of ASCII.

    In a word of nothing else there is nothing to find.
    """
    own = {letter for letter in profile.letters if len(letter) == 1}
    candidates = own or set(string.ascii_lowercase)  # any letter: those of one script, surely
    plain = {
        letter
        for letter in candidates
        # No marks, which need a letter to stand on, and no letter whose form hangs on its place.
        if unicodedata.category(letter)[0] == "L"
        and normalize_text(2 * letter, profile) == 2 * letter
    }
    plain -= _find_replaced(plain, profile)
    if profile.casing == "lower" and profile.casing_locale == "default":
        plain |= {letter.upper() for letter in plain.intersection(string.ascii_lowercase)}
    return frozenset(plain)


def _find_replaced(plain: set[str], profile: LanguageProfile) -> set[str]:
    """Letters without which nothing that the profile replaces can be spelled."""
    return {seen[0] for seen in list_replaced(profile) if plain.issuperset(seen)}
