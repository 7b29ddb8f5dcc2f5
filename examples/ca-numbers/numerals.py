"""Catalan number words, from zero to 999,999,999."""

from typing import Literal

Form = Literal["masculine", "feminine", "name"]
"""`masculine` before a noun or when counting (vint-i-un euros), `feminine` before a feminine noun
(vint-i-una hores), `name` after the thing it names (habitació vint-i-u)."""

LIMIT = 1_000_000_000

_BELOW_TWENTY = [
    "zero",
    "un",
    "dos",
    "tres",
    "quatre",
    "cinc",
    "sis",
    "set",
    "vuit",
    "nou",
    "deu",
    "onze",
    "dotze",
    "tretze",
    "catorze",
    "quinze",
    "setze",
    "disset",
    "divuit",
    "dinou",
]
_TENS = ["vint", "trenta", "quaranta", "cinquanta", "seixanta", "setanta", "vuitanta", "noranta"]


def spell_number(value: int, *, form: Form = "masculine") -> str:
    """The words of a whole number, joined as the Institut d'Estudis Catalans writes them.

    Hyphens stand between tens and units and between units and hundreds (rule "D-U-C"), and
    nowhere else: quaranta-dos, vint-i-cinc, dos-cents, mil, dos mil, un milió, dos milions.
    Raises ValueError outside 0 ≤ value < 1,000,000,000.
    """
    if not 0 <= value < LIMIT:
        raise ValueError(f"{value}: wanted a number from 0 to {LIMIT - 1}")
    if value == 0:
        return _BELOW_TWENTY[0]
    millions, rest = divmod(value, 1_000_000)
    thousands, ones = divmod(rest, 1000)
    words = []
    if millions:
        # "milió" is a masculine noun of its own, whatever is counted in millions.
        words += [_spell_below_thousand(millions, "masculine"), _milio(millions)]
    if thousands:
        before_noun: Form = "feminine" if form == "feminine" else "masculine"
        words += [_spell_below_thousand(thousands, before_noun)] if thousands > 1 else []
        words.append("mil")
    if ones:
        words.append(_spell_below_thousand(ones, form))
    return " ".join(words)


def _milio(count: int) -> str:
    return "milió" if count == 1 else "milions"


def _spell_below_thousand(value: int, form: Form) -> str:
    hundreds, rest = divmod(value, 100)
    words = []
    if hundreds == 1:
        words.append("cent")
    elif hundreds:
        ending = "centes" if form == "feminine" else "cents"
        words.append(f"{_spell_unit(hundreds, form)}-{ending}")
    if rest:
        words.append(_spell_below_hundred(rest, form))
    return " ".join(words)


def _spell_below_hundred(value: int, form: Form) -> str:
    if value < 20:
        return _spell_unit(value, form)
    tens, unit = divmod(value, 10)
    ten = _TENS[tens - 2]
    if unit == 0:
        return ten
    link = "-i-" if tens == 2 else "-"
    return ten + link + _spell_unit(unit, form)


def _spell_unit(value: int, form: Form) -> str:
    if value == 1:
        return {"masculine": "un", "feminine": "una", "name": "u"}[form]
    if value == 2 and form == "feminine":
        return "dues"
    return _BELOW_TWENTY[value]
