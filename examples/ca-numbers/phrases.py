"""Short Catalan phrases about numbers: prices, times, dates, years, telephones, counts, sums."""

import re
from collections.abc import Callable
from random import Random

from numerals import Form, spell_number

_WEEKDAYS = ["dilluns", "dimarts", "dimecres", "dijous", "divendres", "dissabte", "diumenge"]
_MONTHS = [
    "gener",
    "febrer",
    "març",
    "abril",
    "maig",
    "juny",
    "juliol",
    "agost",
    "setembre",
    "octubre",
    "novembre",
    "desembre",
]
_QUARTERS = ("un quart", "dos quarts", "tres quarts")
_THINGS = ("el llibre", "el bitllet", "la taula", "la novel·la", "el dinar", "tot plegat")
_JOURNEYS = ("el tren surt", "el bus arriba", "la classe comença", "la botiga obre", "dinem")
_NUMBERED = ("número", "habitació", "pàgina", "línia", "porta", "carta", "viu al número")
_MEASURES = ("metres", "quilòmetres", "quilos", "minuts", "dies", "anys")
_APOSTROPHE = "'"
_TYPOGRAPHIC_APOSTROPHE = "’"


def make_phrase(rng: Random) -> str:
    """One phrase in plain lower case, with the commas and the question mark that it is read with.

    Phrases have 2 to 12 words, a number among them.
    """
    while True:
        kind = rng.choices(list(_KINDS), weights=list(_KINDS.values()))[0]
        phrase = kind(rng)
        if 2 <= len(phrase.split()) <= 12:
            return phrase


def write_phrase(phrase: str, rng: Random) -> str:
    """The phrase as somebody might write it down: a sentence, or bare lower-case words.

    Two in three become a sentence with a capital and a full stop; of those, one in three takes
    typographic apostrophes.
    """
    if rng.random() < 1 / 3:
        return re.sub(r"[,?]", "", phrase)
    if rng.random() < 1 / 3:
        phrase = phrase.replace(_APOSTROPHE, _TYPOGRAPHIC_APOSTROPHE)
    return phrase[0].upper() + phrase[1:] + ("" if phrase.endswith("?") else ".")


def read_aloud(text: str) -> str:
    """The text as the synthesizer wants it: with plain apostrophes, which it pronounces right."""
    return text.replace(_TYPOGRAPHIC_APOSTROPHE, _APOSTROPHE)


def _draw_number(rng: Random, largest: int = 10_000) -> int:
    """A number from 2 up, small ones more often: every order of magnitude gets its share."""
    share = rng.random()
    top = 99 if share < 0.65 else 999 if share < 0.9 else largest
    return rng.randint(2, min(top, largest))


def _count(rng: Random, noun: str, *, form: Form = "masculine", largest: int = 10_000) -> str:
    return f"{spell_number(_draw_number(rng, largest), form=form)} {noun}"


def _with_de(words: str) -> str:
    return f"d'{words}" if words[0] in "aeiou" else f"de {words}"


def _with_el(words: str) -> str:
    return f"l'{words}" if words[0] in "aeiou" else f"el {words}"


def _price(rng: Random) -> str:
    euros = _count(rng, "euros", largest=2000)
    if rng.random() < 0.25:
        euros += f" amb {_count(rng, 'cèntims', largest=95)}"
    opening = rng.choice(["", "", "val ", "són ", "em deus ", "thing"])
    if opening == "thing":
        opening = f"{rng.choice(_THINGS)} {rng.choice(['val', 'costa'])} "
    return opening + euros


def _hour(hour: int) -> str:
    return f"{'la' if hour == 1 else 'les'} {spell_number(hour, form='feminine')}"


def _clock(rng: Random) -> str:
    hour = rng.randint(1, 12)
    if rng.random() < 0.3:
        return f"{rng.choice(_QUARTERS)} {_with_de(spell_number(hour, form='feminine'))}"
    if rng.random() < 0.2:
        return f"{_hour(hour)} en punt"
    return f"{_hour(hour)} i {spell_number(rng.randint(2, 59))}"


def _time(rng: Random) -> str:
    clock = _clock(rng)
    if rng.random() < 0.4:
        return f"{'és' if clock.startswith(('la ', 'un ')) else 'són'} {clock}"
    return f"{rng.choice(_JOURNEYS)} a {clock}" + rng.choice(["", "", "?"])


def _opening_hours(rng: Random) -> str:
    opens = rng.randint(7, 11)
    return f"obrim a {_hour(opens)} i tanquem a {_hour(opens - rng.randint(2, 6))}"


def _date(rng: Random) -> str:
    month = _with_de(rng.choice(_MONTHS))
    day = spell_number(rng.randint(1, 31), form="name")
    if rng.random() < 0.4:
        return f"{rng.choice(_WEEKDAYS)} {day} {month}"
    date = f"{_with_el(day)} {month}"
    if rng.random() < 0.2:
        return f"{date} de {_draw_year(rng)}"
    return rng.choice(["", "va néixer ", "tornem "]) + date


def _draw_year(rng: Random) -> str:
    return spell_number(rng.randint(1850, 2049))


def _year(rng: Random) -> str:
    opening = rng.choice(["l'any", "des de l'any", "fins a l'any", "va néixer l'any"])
    return f"{opening} {_draw_year(rng)}"


def _telephone(rng: Random) -> str:
    if rng.random() < 0.5:
        groups = [" ".join(_digit(rng) for _ in range(3)) for _ in range(2)]
    else:
        groups = [spell_number(rng.randint(10, 99), form="name") for _ in range(3)]
    return rng.choice(["", "telèfon ", "truca al "]) + ", ".join(groups)


def _digit(rng: Random) -> str:
    return spell_number(rng.randint(0, 9), form="name")


def _numbered(rng: Random) -> str:
    return f"{rng.choice(_NUMBERED)} {spell_number(_draw_number(rng, 999), form='name')}"


def _percentage(rng: Random) -> str:
    share = spell_number(rng.randint(2, 99))
    if rng.random() < 0.3:
        share += f" coma {spell_number(rng.randint(2, 9))}"
    opening = rng.choice([_with_el(share), f"un {share}", f"puja un {share}", f"baixa un {share}"])
    return f"{opening} per cent"


def _amount(rng: Random) -> str:
    return rng.choice(["", "falten ", "hi ha "]) + _count(rng, rng.choice(_MEASURES))


def _people(rng: Random) -> str:
    return rng.choice(
        [
            f"hi ha {_count(rng, 'persones', form='feminine')}",
            f"som {_count(rng, 'persones', form='feminine', largest=99)}",
            f"el col·legi té {_count(rng, 'alumnes', largest=999)}",
            f"el poble té {_count(rng, 'habitants')}",
            f"la novel·la té {_count(rng, 'pàgines', form='feminine', largest=999)}",
            f"dura {_count(rng, 'hores', form='feminine', largest=48)}",
        ]
    )


def _millions(rng: Random) -> str:
    millions = spell_number(rng.randint(1, 9) * 1_000_000)
    if rng.random() < 0.6:
        return f"{millions} {_with_de(rng.choice(['euros', 'habitants', 'persones']))}"
    return f"{millions} {spell_number(rng.randint(2, 9) * 100_000)} euros"


def _sum(rng: Random) -> str:
    first, second = rng.randint(2, 60), rng.randint(2, 39)
    sign, result = rng.choice(
        [("més", first + second), ("menys", first - second), ("per", first * second)]
    )
    if result < 0:
        sign, result = "més", first + second
    terms = f"{_name(first)} {sign} {_name(second)}"
    return f"quant fan {terms}?" if rng.random() < 0.3 else f"{terms} fan {_name(result)}"


def _name(value: int) -> str:
    return spell_number(value, form="name")


def _range(rng: Random) -> str:
    first = rng.randint(2, 80)
    return f"{_with_de(_name(first))} a {_name(first + rng.randint(1, 19))} {rng.choice(_MEASURES)}"


def _plain(rng: Random) -> str:
    return spell_number(_draw_number(rng, 10_000))


_KINDS: dict[Callable[[Random], str], int] = {
    _price: 12,
    _time: 14,
    _opening_hours: 2,
    _date: 12,
    _year: 4,
    _telephone: 6,
    _numbered: 10,
    _percentage: 8,
    _amount: 10,
    _people: 10,
    _millions: 4,
    _sum: 8,
    _range: 4,
    _plain: 8,
}
