"""Short Catalan phrases about numbers: prices, times, years, telephones, amounts, sums."""

from collections.abc import Callable
from random import Random

from numerals import Form, spell_number

# Few words besides the numbers, so that training hears each of them often: what it hears three
# times in half an hour, no model learns from scratch.
_MEASURES = ("metres", "minuts", "anys")
_APOSTROPHE = "'"
_TYPOGRAPHIC_APOSTROPHE = "’"


def make_phrase(rng: Random) -> str:
    """One phrase in plain lower case, with the commas that it is read with.

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
        return phrase.replace(",", "")
    if rng.random() < 1 / 3:
        phrase = phrase.replace(_APOSTROPHE, _TYPOGRAPHIC_APOSTROPHE)
    return phrase[0].upper() + phrase[1:] + "."


def read_aloud(text: str) -> str:
    """The text as the synthesizer wants it: with plain apostrophes, which it pronounces right."""
    return text.replace(_TYPOGRAPHIC_APOSTROPHE, _APOSTROPHE)


def _draw_number(rng: Random, largest: int = 10_000) -> int:
    """A number from 2 up: two in ten below 21, since each of those has a word of its own."""
    share = rng.random()
    top = 20 if share < 0.2 else 99 if share < 0.6 else 999 if share < 0.9 else largest
    return rng.randint(2, min(top, largest))


def _count(rng: Random, noun: str, *, form: Form = "masculine", largest: int = 10_000) -> str:
    return f"{spell_number(_draw_number(rng, largest), form=form)} {noun}"


def _price(rng: Random) -> str:
    euros = _count(rng, "euros", largest=2000)
    if rng.random() < 0.3:
        euros += f" amb {_count(rng, 'cèntims', largest=95)}"
    return rng.choice(["", "", "val ", "són "]) + euros


def _time(rng: Random) -> str:
    hour = rng.randint(1, 12)
    clock = f"{'la' if hour == 1 else 'les'} {spell_number(hour, form='feminine')}"
    return f"{'és' if hour == 1 else 'són'} {clock} i {spell_number(_draw_number(rng, 59))}"


def _draw_year(rng: Random) -> str:
    return spell_number(rng.randint(1850, 2049))


def _year(rng: Random) -> str:
    return f"l'any {_draw_year(rng)}"


def _telephone(rng: Random) -> str:
    if rng.random() < 0.5:
        groups = [" ".join(_digit(rng) for _ in range(3)) for _ in range(2)]
    else:
        groups = [_name(rng.randint(10, rng.choice([20, 99, 99]))) for _ in range(3)]
    return rng.choice(["", "telèfon "]) + ", ".join(groups)


def _digit(rng: Random) -> str:
    return spell_number(rng.randint(0, 9), form="name")


def _numbered(rng: Random) -> str:
    return f"número {spell_number(_draw_number(rng, 999), form='name')}"


def _percentage(rng: Random) -> str:
    share = spell_number(rng.randint(2, 99))
    if rng.random() < 0.3:
        share += f" coma {spell_number(rng.randint(2, 9))}"
    return f"{rng.choice(['', 'un '])}{share} per cent"


def _amount(rng: Random) -> str:
    return rng.choice(["", "", "falten "]) + _count(rng, rng.choice(_MEASURES))


def _millions(rng: Random) -> str:
    millions = spell_number(rng.randint(1, 9) * 1_000_000)
    return (
        f"{millions} {spell_number(rng.randint(2, 9) * 100_000)} {rng.choice(['euros', 'metres'])}"
    )


def _sum(rng: Random) -> str:
    first, second = _draw_number(rng, 60), _draw_number(rng, 39)
    sign, result = rng.choice(
        [("més", first + second), ("menys", first - second), ("per", first * second)]
    )
    if result < 0:
        sign, result = "més", first + second
    return f"{_name(first)} {sign} {_name(second)} fan {_name(result)}"


def _name(value: int) -> str:
    return spell_number(value, form="name")


def _plain(rng: Random) -> str:
    return spell_number(rng.randint(101, 10_000))


_KINDS: dict[Callable[[Random], str], int] = {
    _plain: 44,
    _telephone: 6,
    _price: 14,
    _amount: 10,
    _sum: 6,
    _year: 6,
    _numbered: 5,
    _percentage: 4,
    _millions: 3,
    _time: 2,
}
