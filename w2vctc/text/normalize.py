"""One normalizer for labels, language-model text and scoring."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
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
_TATWEEL = "\u0640"
# Grapheme joiner, enclosing keycap, the strokes that stretch Arabic and N'Ko words.
_UNSEEN = ("\u034f", "\u20e3", _TATWEEL, "\u07fa")
# Blocks of forms: Latin and Armenian ligatures, Hebrew, Arabic A and B, full and half width,
# mathematical letters.
_FORMS = (
    *((0xFB00, 0xFB4F), (0xFB50, 0xFDFF), (0xFE70, 0xFEFC), (0xFF01, 0xFFDC)),
    (0x1D400, 0x1D7FF),
)
# Replacements feed one another at most this often (l.l.l needs two rounds).
_MAX_ROUNDS = 8


def normalize_text(text: str, profile: LanguageProfile) -> str:
    """`text` as labels: NFC, in the profile's case, words with single spaces between them.

    Letters, marks and digits of any script stay, also those that the profile does not list;
    presentation forms (ﻻ, ﬁ) become the letters that they show, and digits of all scripts 0 to 9
    where the profile says numbers. Format characters (soft hyphen, zero width, direction marks)
    go; word signs stay between letters, in one form each; all other punctuation and symbols become
    a space. Applying it twice is the same as once. Text with `find_reserved` matches should be
    refused before.
    """
    rules = _rules_of(profile)
    kept = _unquote(_respell(text, profile, rules), profile, rules).translate(rules.kept)
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
    unquoted = _unquote(respelled, profile, rules)
    dropped.update(rules.loose_sign.findall(unquoted.translate(rules.kept)))
    return dropped


def find_reserved(text: str) -> list[str]:
    """The model's own tokens that stand in raw `text`, such as [UNK], <s> or |, in their order."""
    return _RESERVED.findall(text)


def remove_reserved(text: str) -> str:
    """`text` without what `find_reserved` finds in it."""
    return _RESERVED.sub("", text)


def list_replaced(profile: LanguageProfile) -> list[str]:
    """What the profile's replacements stand for, in the form that text has by then."""
    return [seen for seen in _rules_of(profile).replacements if seen]


def is_unseen(character: str) -> bool:
    """Whether a character only steers how its neighbours look: it is removed unless declared.

    Format characters (Unicode category Cf), variation selectors, the grapheme joiner, the keycap
    that makes an emoji of a digit, and the strokes that stretch an Arabic or N'Ko word.
    """
    code = ord(character)
    selector = 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF
    return selector or character in _UNSEEN or unicodedata.category(character) == "Cf"


def fold_form(character: str) -> str:
    """The letters that a presentation form stands for (ﻻ, ﬁ, Ａ); other characters as they are.

    Old encodings had a code for each shape of a letter. What is heard is the letter, and NFC
    leaves such codes alone, so a model would have to learn each of them.
    """
    code = ord(character)
    if not any(first <= code <= last for first, last in _FORMS) or not character.isalnum():
        return character
    folded = unicodedata.normalize("NFKC", character).replace(_TATWEEL, "")
    # A vowel sign on a space, shown by itself: no letter of any word.
    return character if folded.startswith(" ") else folded


class _Visible(dict[int, str | None]):
    """A translation table that removes what is never seen and folds presentation forms.

    What the profile declares stays. With `digits`, those of all scripts become 0 to 9.
    """

    def __init__(self, own: Mapping[int, str], *, digits: bool) -> None:
        super().__init__(own)
        self._digits = digits

    def __missing__(self, code: int) -> str | None:
        character = chr(code)
        folded = fold_form(character)
        if self._digits and folded.isdecimal():
            folded = str(unicodedata.decimal(folded))
        self[code] = None if is_unseen(character) else folded
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


def _unquote(text: str, profile: LanguageProfile, rules: _Rules) -> str:
    """`text` without quotes behind elided articles; what they held apart may be replaced now."""
    for _ in range(_MAX_ROUNDS):
        unquoted = rules.elided_quote.sub("", text)
        if unquoted == text:
            break
        text = _settle(unquoted, profile, rules)
    return text


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


@lru_cache(maxsize=64)
def _rules_of(profile: LanguageProfile) -> _Rules:
    letters, word_signs = profile.letters, profile.word_signs
    # A profile may count a punctuation mark among its letters (a click, a glottal stop).
    single = {letter for letter in letters if len(letter) == 1}
    signs = [sign for sign in word_signs if sign not in single]
    own = {ord(character): character for character in (*single, *signs)}
    unified = _unify_lookalikes(signs, own)
    declared = {ord(seen): seen for seen in profile.replacements if len(seen) == 1}
    visible = _Visible({**declared, **own}, digits=profile.numbers != "")
    table = {
        _form(seen.translate(visible)).translate(unified): _form(wanted.translate(visible))
        for seen, wanted in profile.replacements.items()
    }
    longest_first = sorted(filter(None, table), key=len, reverse=True)
    class_of_signs = "".join(map(re.escape, signs))
    return _Rules(
        visible=visible,
        unified=unified,
        kept=_Kept(own),
        loose_sign=_match_loose(class_of_signs),
        elided_quote=_match_elided(class_of_signs),
        replaced=re.compile("|".join(map(re.escape, longest_first))) if longest_first else None,
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
