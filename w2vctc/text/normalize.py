"""One normalizer for labels, language-model text and scoring."""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from w2vctc.text.casing import change_case
from w2vctc.text.numbers import APOSTROPHES, speak_numbers
from w2vctc.text.profile import LanguageProfile

# Different characters that people type for one sign. Dashes and the minus are none of them.
_LOOKALIKES = (APOSTROPHES, "-‐‑﹣－", "·‧∙⋅•・")
# l'«aigua», l'"aigua": the quote goes without a trace, or the article would stand alone. French
# sets a no-break space inside; an ordinary space there may follow a closing quote.
_QUOTES = '[«‹][\u00a0\u202f]?|[«‹“„”"]'
_RESERVED = re.compile(r"\[unk\]|<unk>|</?s>|<pad>|\[pad\]|\|", re.IGNORECASE)
# Replacements feed one another at most this often (l.l.l needs two rounds).
_MAX_ROUNDS = 8


def normalize_text(text: str, profile: LanguageProfile) -> str:
    """`text` as labels: NFC, in the profile's case, words with single spaces between them.

    Letters, marks and digits of any script stay, also those that the profile does not list.
    Format characters (soft hyphen, zero width, direction marks) go; word signs stay between
    letters, in one form each; all other punctuation and symbols become a space. Applying it twice
    is the same as once. Text with `find_reserved` matches should be refused before.
    """
    rules = _rules_of(profile)
    respelled = rules.elided_quote.sub("", _respell(text, profile, rules))
    kept = respelled.translate(rules.kept)
    words = rules.loose_sign.sub(" ", kept).split()
    # Greek: only now is it known where words end.
    return change_case(" ".join(words), profile.casing, profile.casing_locale)


def count_dropped(text: str, profile: LanguageProfile) -> Counter[str]:
    """How often `normalize_text` throws each character away; spaces and case do not count.

    Apostrophes and hyphens are counted in the form that the profile declares.
    """
    rules = _rules_of(profile)
    dropped = Counter(character for character in text if not character.translate(rules.visible))
    respelled = _respell(text, profile, rules)
    dropped.update(
        character
        for character in respelled
        if character.translate(rules.kept) == " " and not character.isspace()
    )
    unquoted = rules.elided_quote.sub("", respelled)
    dropped.update(rules.loose_sign.findall(unquoted.translate(rules.kept)))
    return dropped


def find_reserved(text: str) -> list[str]:
    """The model's own tokens that stand in raw `text`, such as [UNK], <s> or |, in their order."""
    return _RESERVED.findall(text)


def remove_reserved(text: str) -> str:
    """`text` without what `find_reserved` finds in it."""
    return _RESERVED.sub("", text)


def is_unseen(character: str) -> bool:
    """Whether a character only steers how its neighbours look: it is removed unless declared.

    Format characters (Unicode category Cf), variation selectors, the grapheme joiner, and the
    keycap that makes an emoji of a digit.
    """
    code = ord(character)
    selector = 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF
    return selector or code in (0x034F, 0x20E3) or unicodedata.category(character) == "Cf"


class _Visible(dict[int, str | None]):
    """A translation table that removes what is never seen, unless the profile declares it."""

    def __missing__(self, code: int) -> str | None:
        character = chr(code)
        self[code] = None if is_unseen(character) else character
        return self[code]


class _Kept(dict[int, str]):
    """A translation table that makes a space of all that is no letter, mark, digit or sign."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        self[code] = character if unicodedata.category(character)[0] in "LMN" else " "
        return self[code]


@dataclass(frozen=True)
class _Rules:
    """A profile, ready to be applied."""

    visible: _Visible
    unified: dict[int, str]
    kept: _Kept
    loose_sign: re.Pattern[str]
    elided_quote: re.Pattern[str]
    replaced: re.Pattern[str] | None
    replacements: dict[str, str]


def _respell(text: str, profile: LanguageProfile, rules: _Rules) -> str:
    """`text` with its final letters, before anything but invisible characters is dropped."""
    text = _settle(text.translate(rules.visible), profile, rules)
    spoken = speak_numbers(text, profile.numbers)
    return text if spoken == text else _settle(spoken, profile, rules)


def _settle(text: str, profile: LanguageProfile, rules: _Rules) -> str:
    text = unicodedata.normalize("NFC", text)
    text = change_case(text, profile.casing, profile.casing_locale).translate(rules.unified)
    if rules.replaced is None:
        return text
    for _ in range(_MAX_ROUNDS):
        before = text
        text = rules.replaced.sub(lambda match: rules.replacements[match.group()], text)
        text = unicodedata.normalize("NFC", text)
        if text == before:
            break
    return text


def _rules_of(profile: LanguageProfile) -> _Rules:
    replacements = tuple(profile.replacements.items())
    return _build_rules(profile.letters, profile.word_signs, replacements)


@lru_cache(maxsize=64)
def _build_rules(
    letters: tuple[str, ...], word_signs: tuple[str, ...], replacements: tuple[tuple[str, str], ...]
) -> _Rules:
    # A profile may count a punctuation mark among its letters (a click, a glottal stop).
    single = {letter for letter in letters if len(letter) == 1}
    signs = [sign for sign in word_signs if sign not in single]
    own = {ord(character): character for character in (*single, *signs)}
    unified = _unify_lookalikes(signs, own)
    table = {_form(seen).translate(unified): _form(wanted) for seen, wanted in replacements}
    longest_first = sorted(table, key=len, reverse=True)
    class_of_signs = "".join(map(re.escape, signs))
    return _Rules(
        visible=_Visible(own),
        unified=unified,
        kept=_Kept(own),
        loose_sign=_match_loose(class_of_signs),
        elided_quote=_match_elided(class_of_signs),
        replaced=re.compile("|".join(map(re.escape, longest_first))) if table else None,
        replacements=table,
    )


def _form(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _unify_lookalikes(signs: list[str], own: dict[int, str]) -> dict[int, str]:
    """From each undeclared lookalike to the declared sign of its kind; none is declared: none."""
    unified: dict[int, str] = {}
    for kind in _LOOKALIKES:
        declared = [sign for sign in signs if sign in kind]
        if declared:
            others = (ord(character) for character in kind)
            unified.update({code: declared[0] for code in others if code not in own})
    return unified


def _match_loose(signs: str) -> re.Pattern[str]:
    """A pattern for signs that do not stand between two letters or marks."""
    if not signs:
        return re.compile(r"(?!)")
    letter = rf"[^\s\d{signs}]"
    return re.compile(rf"(?<!{letter})[{signs}]|[{signs}](?!{letter})")


def _match_elided(signs: str) -> re.Pattern[str]:
    """A pattern for the quote between a word sign behind a letter and the letter that it joins."""
    if not signs:
        return re.compile(r"(?!)")
    return re.compile(rf"(?<=[^\W\d_][{signs}])(?:{_QUOTES})(?=[^\W\d_])")
