"""Upper and lower case by the rules of the language, and the way back.

Rules beyond Unicode's default come from the Unicode Character Database, SpecialCasing.txt, and
CLDR's el-Upper transform. Text goes in and comes out as NFC.
"""

import re
import unicodedata
from typing import Literal

Casing = Literal["lower", "upper", "keep"]
CasingLocale = Literal["default", "turkish", "lithuanian", "greek", "german"]

_DOT_ABOVE = "\u0307"
_ABOVE = 230  # the combining class of marks that sit above the letter
_SIGMA_INSIDE = re.compile(r"ς(?=[^\W\d_])|(?<![^\W\d_])ς")
_SIGMA_AT_END = re.compile(r"(?<=[\u0370-\u03ff\u1f00-\u1fff])σ(?![^\W\d_])")
_SOFT_DOTTED = re.compile(r"([ijIJ])([\u0300-\u036f]+)")
_GREEK_HIATUS = re.compile(r"([αεηουωΑΕΗΟΥΩ])\u0301([ιυΙΥ])(?!\u0308)")
_GREEK_ACCENTS = re.compile(r"(?<=[\u0370-\u03ff\u0308])[\u0300\u0301\u0313\u0314\u0342]+")


def change_case(text: str, casing: Casing, locale: CasingLocale = "default") -> str:
    """`text` in the wanted case, NFC; a second call changes nothing.

    - turkish (also Azerbaijani): I and ı, İ and i are pairs.
    - lithuanian: i and j keep their dot under a further accent (ì is written i̇̀), also where the
      text left it out; capitals have none.
    - greek: capitals carry no accent, so there is no way back. σ inside a word and alone, ς at
      its end, in every locale.
    - german: the capital of ß is ẞ (official since 2017), so that there is a way back.
    """
    if casing != "keep":
        text = _to_lower(text, locale) if casing == "lower" else _to_upper(text, locale)
    return unicodedata.normalize("NFC", text)


def _to_lower(text: str, locale: CasingLocale) -> str:
    if locale == "turkish":
        text = text.replace("İ", "i").replace("I", "ı").lower()
        # what a program without the rule makes of İ: an i with a second dot
        text = re.sub("i\u0307+", "i", text)
    elif locale == "lithuanian":
        text = _SOFT_DOTTED.sub(_add_dot, unicodedata.normalize("NFD", text.lower()))
    else:
        text = text.lower()
    if "ς" in text or "σ" in text:
        # Python knows the rule for a capital, but takes ΣΑΣ.Σ for one word.
        text = _SIGMA_AT_END.sub("ς", _SIGMA_INSIDE.sub("σ", unicodedata.normalize("NFC", text)))
    return text


def _to_upper(text: str, locale: CasingLocale) -> str:
    if locale == "turkish":
        return re.sub("i\u0307*", "İ", text).upper()
    if locale == "lithuanian":
        return _SOFT_DOTTED.sub(_remove_dot, unicodedata.normalize("NFD", text)).upper()
    if locale == "german":
        return text.replace("ß", "ẞ").upper()
    text = text.upper()
    if locale == "greek":
        text = _GREEK_HIATUS.sub("\\1\\2\u0308", unicodedata.normalize("NFD", text))
        text = _GREEK_ACCENTS.sub("", text)
    return text


def _add_dot(match: re.Match[str]) -> str:
    """The letter with one dot directly before its first accent above, if it has an accent."""
    letter, marks = match.group(1), match.group(2).replace(_DOT_ABOVE, "")
    for place, mark in enumerate(marks):
        if unicodedata.combining(mark) == _ABOVE:
            return letter + marks[:place] + _DOT_ABOVE + marks[place:]
    return letter + marks


def _remove_dot(match: re.Match[str]) -> str:
    if match.group(1) in "ij":
        return match.group(1) + match.group(2).replace(_DOT_ABOVE, "")
    return match.group(0)
