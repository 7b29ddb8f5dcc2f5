"""What characters a text is made of, with what a linguist needs to judge each of them."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from w2vctc.text.profile import LanguageProfile

# A letter below either bound is seldom learned and often a typing mistake or a foreign name.
RARE_COUNT = 5
RARE_SHARE = 1e-5


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
    rows = tabulate_characters(texts)
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
        marked.append(CharacterCount(**{**row.__dict__, "mark": mark}))
    return marked


def tabulate_characters(texts: Iterable[str]) -> list[CharacterCount]:
    """The unmarked table of all characters but the space, most frequent first."""
    words: Counter[str] = Counter()
    for text in texts:
        words.update(text.split())
    counts: Counter[str] = Counter()
    holders: defaultdict[str, list[str]] = defaultdict(list)
    for word, n_times in words.items():
        for character, n_inside in Counter(word).items():
            counts[character] += n_times * n_inside
            holders[character].append(word)
    return [
        CharacterCount(
            character=character,
            code_points=name_code_points(character),
            name=unicodedata.name(character, "unnamed character"),
            count=count,
            example=min(holders[character], key=lambda word: (-words[word], word)),
        )
        for character, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]


def name_code_points(text: str) -> str:
    """The code points of `text`, such as "U+00E7" or "U+0069 U+0307"."""
    return " ".join(f"U+{ord(character):04X}" for character in text)
