"""Which script a letter belongs to, and which scripts stand together in one word.

Scripts by Unicode Standard Annex #24, Script property, with its four-letter codes (Latn, Cyrl).
"""

import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache

UNKNOWN_SCRIPT = "Zzzz"
_ANY = ("Zyyy", "Zinh")  # Common and Inherited: they fit every script
# Scripts that one word of one language mixes as a matter of course.
_FAMILIES = (
    frozenset({"Hani", "Hira", "Kana"}),
    frozenset({"Hani", "Hang"}),
    frozenset({"Hani", "Bopo"}),
)


@dataclass(frozen=True)
class MixedWord:
    """A word in letters of several scripts; `strangers` are the letters outside of `script`."""

    word: str
    script: str
    scripts: tuple[str, ...]
    strangers: tuple[str, ...]


@lru_cache(maxsize=1 << 16)
def script_of(character: str) -> str:
    """The four-letter code of a character's script; Zyyy is Common, Zinh Inherited, Zzzz none."""
    from fontTools import unicodedata as tables

    return str(tables.script(character))


def name_script(code: str) -> str:
    """The script's English name: "Cyrillic" for Cyrl."""
    from fontTools import unicodedata as tables

    return str(tables.script_name(code, code)).replace("_", " ")


def fits_any_script(character: str) -> bool:
    """Whether a character is of no script of its own: Common or Inherited."""
    return script_of(character) in _ANY


def list_companions(script: str) -> frozenset[str]:
    """The script itself and those that stand beside it within one word (Han and kana)."""
    return frozenset({script}).union(*(family for family in _FAMILIES if script in family))


def count_scripts(text: Iterable[str]) -> Counter[str]:
    """How many letters of `text` each script has; Common and Inherited do not count."""
    counts = Counter(script_of(character) for character in text if character.isalpha())
    for code in _ANY:
        counts.pop(code, None)
    return counts


def find_mixed_words(text: str, *, declared: Collection[str] = ()) -> list[MixedWord]:
    """The words of `text` that mix scripts; all but letters and marks divides words here.

    `declared` are the letters of an alphabet. Those that it borrows from another script (θ in a
    Latin one) count as its own. Where a word has as many letters of one script as of another, the
    alphabet's script is at home.
    """
    words = [word for word in _split_letters(text) if not word.isascii()]
    if not words:
        return []
    home = _find_home(frozenset(declared))
    found = (_judge_word(word, frozenset(declared), home) for word in words)
    return [mixed for mixed in found if mixed]


@lru_cache(maxsize=64)
def _find_home(declared: frozenset[str]) -> str:
    counts = count_scripts(sorted(declared))
    return max(counts, key=lambda code: (counts[code], code), default="")


def _judge_word(word: str, declared: frozenset[str], home: str) -> MixedWord | None:
    scripts = {
        character: home if character in declared and home else script_of(character)
        for character in word
        if character.isalpha() and not fits_any_script(character)
    }
    counts = Counter(scripts[character] for character in word if character in scripts)
    if len(counts) < 2 or any(counts.keys() <= family for family in _FAMILIES):
        return None
    script = max(counts, key=lambda code: (counts[code], code == home))
    together = list_companions(script)
    strangers = tuple(letter for letter, code in scripts.items() if code not in together)
    return MixedWord(word, script, tuple(sorted(counts)), strangers)


def _split_letters(text: str) -> list[str]:
    kept = (character if unicodedata.category(character)[0] in "LM" else " " for character in text)
    return "".join(kept).split()
