"""What raw transcripts tell of a language's spelling: letters, signs, case, numbers, oddities."""

import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from w2vctc.text.casing import Casing, CasingLocale, change_case
from w2vctc.text.characters import RARE_COUNT, RARE_SHARE, CharacterCount, count_word_characters
from w2vctc.text.normalize import find_reserved, normalize_text
from w2vctc.text.numbers import APOSTROPHES
from w2vctc.text.profile import LanguageProfile
from w2vctc.text.scripts import (
    count_scripts,
    find_mixed_words,
    fits_any_script,
    list_companions,
    script_of,
)
from w2vctc.text.word_findings import may_be_spoken

# The part of all letters that a script must have to be the language's own.
_SCRIPT_SHARE = 0.05
# Apostrophes that Unicode counts among the letters, as do the alphabets that write them.
_LETTER_APOSTROPHES = "ʼʻ"
_MIDDLE_DOT = "·"
_ZWNJ = "\u200c"
_ACCENTS = ((0x0300, 0x036F), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF))
_FORM_OF_SIGN = {
    **dict.fromkeys(APOSTROPHES, "'"),
    **dict.fromkeys("-‐‑﹣－", "-"),
    **dict.fromkeys("·•‧∙⋅", _MIDDLE_DOT),
}


@dataclass(frozen=True)
class TextStudy:
    """What the texts hold, each list most frequent first.

    `profile` has the rules in force: casing and word signs. `letters` are frequent and of a script
    that is at home, `rare` are of such a script, `foreign` of another one. `signs` stand inside
    words and belong there, `punctuation` stands there too, whoever knows why. `symbols` are
    dropped though people may say them; `mixed` are words in two scripts.
    """

    profile: LanguageProfile
    n_texts: int
    scripts: tuple[str, ...]
    has_case: bool
    signs: tuple[CharacterCount, ...]
    punctuation: tuple[CharacterCount, ...]
    letters: tuple[CharacterCount, ...]
    rare: tuple[CharacterCount, ...]
    foreign: tuple[CharacterCount, ...]
    symbols: tuple[CharacterCount, ...]
    mixed: tuple[tuple[str, int], ...]
    n_numbers: int
    number_example: str


def study_texts(texts: Iterable[str], language: str) -> TextStudy:
    """What raw transcripts of `language` tell; the order of the texts does not matter.

    Transcripts with the model's own tokens ([UNK], <s>) are left out.
    """
    words: Counter[str] = Counter()
    n_texts = 0
    for text in texts:
        if not find_reserved(text):
            words.update(unicodedata.normalize("NFC", text).split())
            n_texts += 1
    characters = count_word_characters(words)
    counts = {row.character: row.count for row in characters}
    signs, punctuation = _divide_signs(
        count_word_characters(words, list_characters=_list_inside), counts
    )
    casing, locale = _guess_casing(counts)
    profile = LanguageProfile(
        language=language,
        letters=_find_letter_apostrophes(counts, signs),
        word_signs=tuple(row.character for row in signs),
        casing=casing,
        casing_locale=locale,
    )
    clean = _normalize_words(words, profile)
    letters = count_word_characters(clean, list_characters=lambda word: _split(word, profile))
    scripts = _find_scripts(letters)
    native = [row for row in letters if _is_native(row.character, scripts)]
    bound = max(RARE_COUNT, RARE_SHARE * sum(row.count for row in letters))
    usable = {row for row in native if row.count >= bound and _is_whole(row.character, profile)}
    numbers = {word: n_times for word, n_times in words.items() if any(map(str.isdigit, word))}
    return TextStudy(
        profile=profile,
        n_texts=n_texts,
        scripts=scripts,
        has_case=any(character.lower() != character.upper() for character in counts),
        signs=tuple(signs),
        punctuation=tuple(punctuation),
        letters=tuple(row for row in native if row in usable),
        rare=tuple(row for row in native if row not in usable),
        foreign=tuple(row for row in letters if row not in native),
        symbols=tuple(row for row in characters if may_be_spoken(row.character)),
        mixed=tuple(_find_mixed(clean)),
        n_numbers=sum(numbers.values()),
        number_example=_trim(min(numbers, key=lambda word: (-numbers[word], word), default="")),
    )


def _list_inside(word: str) -> list[str]:
    """The signs between two letters of a word, each kind in its plainest form."""
    return [
        _FORM_OF_SIGN.get(sign, sign)
        for before, sign, after in zip(word, word[1:], word[2:], strict=False)
        if _is_sign(sign) and _is_letter(before) and _is_letter(after)
    ]


def _is_sign(character: str) -> bool:
    if character in _LETTER_APOSTROPHES:
        return False
    known = character in _FORM_OF_SIGN or character == _ZWNJ
    return known or unicodedata.category(character)[0] == "P"


def _is_letter(character: str) -> bool:
    return unicodedata.category(character)[0] in "LM"


def _divide_signs(
    inside: Iterable[CharacterCount], counts: Mapping[str, int]
) -> tuple[list[CharacterCount], list[CharacterCount]]:
    """Signs that belong to words in the languages of the world, and the rest.

    Apostrophe and hyphen always do, as in the generic profile; the middle dot where it is no rare
    thing; the zero-width non-joiner in Arabic script alone: elsewhere web pages left it behind.
    """
    arabic = count_scripts(counts).get("Arab", 0) > 0.5 * count_scripts(counts).total()
    signs: list[CharacterCount] = []
    rest: list[CharacterCount] = []
    for row in inside:
        frequent = row.count >= RARE_COUNT
        belongs = row.character in ("'", "-") or (
            frequent and (row.character == _MIDDLE_DOT or (row.character == _ZWNJ and arabic))
        )
        (signs if belongs else rest).append(row)
    return signs, rest


def _find_letter_apostrophes(
    counts: Mapping[str, int], signs: Iterable[CharacterCount]
) -> tuple[str, ...]:
    """Those of ʼ and ʻ that are typed more often than any other apostrophe inside words."""
    others = sum(row.count for row in signs if row.character == "'")
    bound = max(RARE_COUNT, others + 1)
    return tuple(sign for sign in _LETTER_APOSTROPHES if counts.get(sign, 0) >= bound)


def _guess_casing(counts: Mapping[str, int]) -> tuple[Casing, CasingLocale]:
    # Cherokee is written in capitals: lower() makes letters of them that no font has.
    cased = sum(n for c, n in counts.items() if c.lower() != c.upper() and script_of(c) != "Cher")
    if not cased:
        return "keep", "default"
    if counts.get("ı", 0) + counts.get("İ", 0) >= max(RARE_COUNT, RARE_SHARE * cased):
        return "lower", "turkish"
    greek = sum(n for c, n in counts.items() if script_of(c) == "Grek")
    return "lower", "greek" if greek > 0.5 * cased else "default"


def _normalize_words(words: Mapping[str, int], profile: LanguageProfile) -> Counter[str]:
    clean: Counter[str] = Counter()
    for word, n_times in words.items():
        for part in normalize_text(word, profile).split():
            clean[part] += n_times
    return clean


def _split(word: str, profile: LanguageProfile) -> Iterator[str]:
    """The letters of a normalized word, accents that have no composed form with their letter.

    The vowel signs of a script are letters of their own, those of Arabic too.
    """
    letter = ""
    for character in word:
        if character in profile.word_signs or not _is_letter(character):
            continue
        if letter and not _is_accent(character):
            yield letter
            letter = ""
        letter += character
    if letter:
        yield letter


def _is_accent(character: str) -> bool:
    """Whether a mark is of the blocks that accent letters of any script."""
    code = ord(character)
    return any(first <= code <= last for first, last in _ACCENTS)


def _is_whole(letter: str, profile: LanguageProfile) -> bool:
    """Whether a letter stands by itself: no stray accent, no final sigma with one."""
    if _is_accent(letter[0]):
        return False
    return letter == "ς" or change_case(letter, profile.casing, profile.casing_locale) == letter


def _find_scripts(letters: Iterable[CharacterCount]) -> tuple[str, ...]:
    """The scripts at home, most letters first."""
    counts: Counter[str] = Counter()
    for row in letters:
        if not fits_any_script(row.character[0]):
            counts[script_of(row.character[0])] += row.count
    enough = _SCRIPT_SHARE * counts.total()
    return tuple(
        script
        for script, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        if count >= enough
    )


def _is_native(letter: str, scripts: Collection[str]) -> bool:
    at_home = {code for script in scripts for code in list_companions(script)}
    return fits_any_script(letter[0]) or script_of(letter[0]) in at_home


def _trim(word: str) -> str:
    """`word` without the punctuation around it."""
    inside = [place for place, character in enumerate(word) if character.isalnum()]
    return word[inside[0] : inside[-1] + 1] if inside else word


def _find_mixed(words: Mapping[str, int]) -> list[tuple[str, int]]:
    found = [(word, n_times) for word, n_times in words.items() if find_mixed_words(word)]
    return sorted(found, key=lambda item: (-item[1], item[0]))
