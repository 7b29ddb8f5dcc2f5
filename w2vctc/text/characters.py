"""What characters a text is made of, with what a linguist needs to judge each of them."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from w2vctc.text.profile import LanguageProfile

# A letter below either bound is seldom learned and often a typing mistake or a foreign name.
RARE_COUNT = 5
RARE_SHARE = 1e-5

# Unicode gives control characters no names; these turn up in transcripts.
_CONTROLS = {
    "\x00": "NULL",
    "\t": "TAB",
    "\n": "LINE FEED",
    "\x0b": "VERTICAL TAB",
    "\x0c": "FORM FEED",
    "\r": "CARRIAGE RETURN",
    "\x1a": "SUBSTITUTE",
    "\x1b": "ESCAPE",
    "\x85": "NEXT LINE",
}
_NAMELESS = {
    "Cc": "control character",
    "Cn": "unassigned character",
    "Co": "private-use character",
    "Cs": "lone surrogate",
}


@dataclass(frozen=True)
class CharacterCount:
    """One character of a text; `mark` is "", "rare" or "unexpected" (not in the profile)."""

    character: str
    code_points: str
    name: str
    count: int
    example: str
    mark: str = ""


def count_characters(texts: Iterable[str], profile: LanguageProfile) -> list[CharacterCount]:
    """The characters of normalized texts, most frequent first, ties by code point; no spaces.

    Rare: fewer than `RARE_COUNT` times or below `RARE_SHARE` of all characters. Unexpected wins
    over rare. A profile without letters expects any letter or mark.
    """
    return mark_characters(tabulate_characters(texts), profile)


def mark_characters(
    rows: Iterable[CharacterCount], profile: LanguageProfile
) -> list[CharacterCount]:
    """The same rows, each marked by the bounds and the profile's letters."""
    rows = list(rows)
    n_characters = sum(row.count for row in rows)
    expected = {character for letter in profile.letters for character in letter}
    expected.update(profile.word_signs)
    marked = []
    for row in rows:
        any_letter = not profile.letters and unicodedata.category(row.character)[0] in "LM"
        rare = row.count < RARE_COUNT or row.count < RARE_SHARE * n_characters
        if row.character not in expected and not any_letter:
            mark = "unexpected"
        else:
            mark = "rare" if rare else ""
        marked.append(replace(row, mark=mark))
    return marked


def tabulate_characters(texts: Iterable[str]) -> list[CharacterCount]:
    """The unmarked table of all characters but the space, most frequent first."""
    words: Counter[str] = Counter()
    for text in texts:
        words.update(text.split())
    return count_word_characters(words)


def count_word_characters(
    words: Mapping[str, int], *, list_characters: Callable[[str], Iterable[str]] = str
) -> list[CharacterCount]:
    """The unmarked table of words that occur so many times.

    `list_characters` tells what a word holds, each as often as it stands there.
    The example of a character is the most frequent word that has it.
    """
    counts: defaultdict[str, int] = defaultdict(int)
    examples: dict[str, str] = {}
    # In this order the first word with a character is its best example.
    for word, n_times in sorted(words.items(), key=lambda item: (-item[1], item[0])):
        for character in list_characters(word):
            counts[character] += n_times
            examples.setdefault(character, word)
    return [
        CharacterCount(
            character=character,
            code_points=name_code_points(character),
            name=name_character(character),
            count=n_times,
            example=examples[character],
        )
        for character, n_times in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]


@lru_cache(maxsize=4096)
def describe_character(character: str) -> str:
    """Code point and name, such as "U+0430 CYRILLIC SMALL LETTER A"."""
    return f"{name_code_points(character)} {name_character(character)}"


def name_character(character: str) -> str:
    """The Unicode name; where it has none, what kind of character it is, in small letters.

    A letter of several characters has the names of all, with " + " between.
    """
    return " + ".join(map(_name_one, character))


def _name_one(character: str) -> str:
    kind = _NAMELESS.get(unicodedata.category(character), "unnamed character")
    return _CONTROLS.get(character, unicodedata.name(character, kind))


def name_code_points(text: str) -> str:
    """The code points of `text`, such as "U+00E7" or "U+0069 U+0307"."""
    return " ".join(f"U+{ord(character):04X}" for character in text)
