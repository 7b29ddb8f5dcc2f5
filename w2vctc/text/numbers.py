"""Numbers in digits, spoken out in words."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from w2vctc.errors import UsageError

# Beyond this many digits people read a number digit by digit, if at all: it stays as it is.
MAX_DIGITS = 12
APOSTROPHES = "'’‘‛ʼʻ′´`＇"

# Beside these a spoken number needs no space: an elided article stays with it (l'11, 1990'da).
_HUGGING = APOSTROPHES + '«»‹›“”„"'
_CLUSTER = re.compile("[0-9]+(?:[.,\u00a0\u202f][0-9]+)*")
_DIGITS = re.compile("[0-9]+")
_NO_BREAK = "\u00a0\u202f"


@dataclass(frozen=True)
class _Separators:
    """How a language writes large numbers and fractions, and says the decimal sign."""

    thousands: str
    decimal: str
    word: str
    by_digit: bool = False  # 0.14 is said "one four", not "fourteen"


# num2words says "punt" for Catalan's comma and glues Turkish words, so fractions are put together
# here; a language that is not listed has its groups of digits read one by one.
_SEPARATORS = {
    "az": _Separators("." + _NO_BREAK, ",", "vergül"),
    "ca": _Separators("." + _NO_BREAK, ",", "coma"),
    "cy": _Separators(",", ".", "pwynt", by_digit=True),
    "de": _Separators("." + _NO_BREAK, ",", "Komma", by_digit=True),
    "en": _Separators(",", ".", "point", by_digit=True),
    "eo": _Separators("." + _NO_BREAK, ",", "komo"),
    "es": _Separators("." + _NO_BREAK, ",", "coma"),
    "fa": _Separators(",", ".", "ممیز"),
    "fr": _Separators("." + _NO_BREAK, ",", "virgule"),
    "is": _Separators("." + _NO_BREAK, ",", "komma"),
    "lt": _Separators("." + _NO_BREAK, ",", "kablelis"),
    "lv": _Separators("." + _NO_BREAK, ",", "komats"),
    "tr": _Separators("." + _NO_BREAK, ",", "virgül"),
    "vi": _Separators("." + _NO_BREAK, ",", "phẩy"),
}

# num2words 0.5.14 loses a one in Azerbaijani (11 000 is said like 10 000), and in Amharic fails at
# 1 100 and writes its million with a Latin letter: from a thousand up, their numbers are put
# together here. What 10**3, 10**6 and 10**9 are called.
_GROUP_NAMES = {
    "am": ("ሺህ", "ሚሊዮን", "ቢሊዮን"),
    "az": ("min", "milyon", "milyard"),
}

# Where num2words 0.5.14 spells wrongly: (pattern, what belongs there).
_MENDED = {
    # A hundred is "መቶ" by itself and "አንድ መቶ" in a larger number.
    "am": ((r"^መቶ (?=\w)|(?<=ሺህ )መቶ|(?<=ሚሊዮን )መቶ|(?<=ቢሊዮን )መቶ", r"አንድ \g<0>"),),
    # A thousand is "min" alone, and "bir min" never but in "on bir min".
    "az": ((r"(^|milyon |milyard )bir min\b", r"\1min"),),
    "de": (("einstausend", "eintausend"),),
    # The plural's j belongs to millions only, and not to the last word: "du milionoj tri".
    "eo": ((r"\b(?!mili)(\w+)j\b", r"\1"),),
    "es": (("veintiuno (?=mil)", "veintiún "), (r"\buno (?=mil)", "un ")),
    # Turkish writes each word of a number by itself; num2words glues them.
    "tr": (
        (
            "sıfır|bir|iki|üç|dört|beş|altı|yedi|sekiz|dokuz|on|yirmi|otuz|kırk|elli|altmış"
            "|yetmiş|seksen|doksan|yüz|bin|milyon|milyar",
            r"\g<0> ",
        ),
    ),
    # From ten up, the missing hundred is named: 2026 is "hai nghìn không trăm hai mươi sáu".
    "vi": ((r"(nghìn|triệu|tỷ) lẻ (?=mười|\w+ mươi)", r"\1 không trăm "),),
}


def speak_numbers(text: str, language: str) -> str:
    """`text` with its numbers as cardinals in words; `language` is num2words' name, "" for none.

    1.234 and 3,14 are read as one number where the language writes them so; of dates, times and
    versions each group of digits is read by itself. Leading zeros are said. Digits that touch a
    letter (mp3, 3r) and numbers of more than `MAX_DIGITS` digits stay. Signs stay for the caller.

    Raises UsageError when num2words does not know the language.
    """
    if not language:
        return text
    return _CLUSTER.sub(lambda match: _speak_match(match, language), text)


def _speak_match(match: re.Match[str], language: str) -> str:
    cluster, (start, end) = match.group(), match.span()
    before, after = match.string[start - 1 : start], match.string[end : end + 1]
    words = ""
    if not _touches(before) and not _touches(after):
        words = _speak_cluster(cluster, language)
    words = words or _speak_groups(cluster, language, (before, after))
    left = "" if before in _HUGGING or words[0].isdigit() else " "
    right = "" if after in _HUGGING or words[-1].isdigit() else " "
    return left + words + right


def _speak_groups(cluster: str, language: str, neighbours: tuple[str, str]) -> str:
    """The cluster with each group of digits by itself, those that touch a letter left as digits."""

    def speak(match: re.Match[str]) -> str:
        before = cluster[match.start() - 1 : match.start()] or neighbours[0]
        after = cluster[match.end() : match.end() + 1] or neighbours[1]
        spoken = "" if _touches(before) or _touches(after) else _speak_whole(match[0], language)
        return f" {spoken} " if spoken else match[0]

    return _DIGITS.sub(speak, cluster).strip()


def _touches(neighbour: str) -> bool:
    """Whether the digit is part of a word such as mp3."""
    return (
        neighbour != ""
        and neighbour not in APOSTROPHES
        and unicodedata.category(neighbour)[0] in "LMN"
    )


def _speak_cluster(cluster: str, language: str) -> str:
    """The words of one number with its separators, "" where the language does not write it so."""
    separators = _SEPARATORS.get(language)
    if separators is None:
        return _speak_whole(cluster, language) if cluster.isdigit() else ""
    whole, _, fraction = cluster.partition(separators.decimal)
    if fraction and (not fraction.isdigit() or len(fraction) > MAX_DIGITS):
        return ""
    digits = _join_thousands(whole, separators.thousands)
    words = _speak_whole(digits, language) if digits else ""
    if not words or not fraction:
        return words
    spoken = _speak_fraction(fraction, language, by_digit=separators.by_digit)
    return f"{words} {separators.word} {spoken}"


def _join_thousands(whole: str, thousands: str) -> str:
    """The digits of 1.234.567 or 1234567, "" for what is not grouped by threes."""
    if whole.isdigit():
        return whole
    for separator in thousands:
        head, *groups = whole.split(separator)
        starts = head.isdigit() and len(head) <= 3 and head[0] != "0"
        if groups and starts and all(len(group) == 3 and group.isdigit() for group in groups):
            return head + "".join(groups)
    return ""


def _speak_fraction(fraction: str, language: str, *, by_digit: bool) -> str:
    if by_digit or len(fraction) > 3:
        return " ".join(_speak_cardinal(int(digit), language) for digit in fraction)
    return _speak_whole(fraction, language)


def _speak_whole(digits: str, language: str) -> str:
    """The words of a run of digits, its leading zeros said one by one; "" if it stays."""
    if len(digits) > MAX_DIGITS:
        return ""
    rest = digits.lstrip("0") or "0"
    words = _speak_cardinal(int(rest), language)
    zeros = [_speak_cardinal(0, language)] * (len(digits) - len(rest))
    return " ".join([*zeros, words]) if words else ""


@lru_cache(maxsize=4096)
def _speak_cardinal(number: int, language: str) -> str:
    """The words of `number`, "" for one that is too large for num2words."""
    if language in _GROUP_NAMES and number >= 1000:
        words = _speak_by_thousands(number, language)
    else:
        words = _ask_num2words(number, language)
    for pattern, mended in _MENDED.get(language, ()):
        words = re.sub(pattern, mended, words)
    return words.strip()


def _speak_by_thousands(number: int, language: str) -> str:
    words = []
    for power, name in reversed(list(enumerate(("", *_GROUP_NAMES[language])))):
        group = number // 1000**power % 1000
        if group:
            words += [_speak_cardinal(group, language), name]
    return " ".join(words)


def _ask_num2words(number: int, language: str) -> str:
    from num2words import num2words

    try:
        return str(num2words(number, lang=language))
    except NotImplementedError as error:
        raise UsageError(
            f"numbers = {language!r}: num2words does not know this language",
            hint='write numbers = "" in the language profile to keep digits',
        ) from error
    except OverflowError:  # Telugu and Kannada end at 10**10
        return ""
