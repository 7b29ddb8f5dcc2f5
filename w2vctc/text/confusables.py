"""Letters of different scripts that look alike, and which one was probably meant."""

import unicodedata
from collections import defaultdict
from collections.abc import Collection

from w2vctc.text.scripts import script_of

# Each group: letters that a reader cannot tell apart in common fonts, or that typists put for one
# another because their keyboard has no other (Greek ε for the African letter ɛ). Latin and IPA
# first, then Greek, Cyrillic, Armenian. Accented letters follow from their base.
_SMALL = (
    "aа ɑα aα ʙв cϲс dԁ eе ɛεԑ əәǝ gց hһհ iі ɩι ıι iι jϳјյ kκк lӏ nո ŋη nη oοоօ oσ pρр qԛզ sѕ"
    " uսυ ʋυ vνѵ wԝ ɷω ꞷω xχх ꭓχ yу ɣγ yγ ꞵβ ßβ ɵθө ɸφф ʌλ ʒӡ ɜз ɔͻ þϸ ʃſ ɪі ʜн ᴍм ᴛт πп τт"
)
_CAPITAL = (
    "AΑА BΒВ CϹС EΕЕ ƐԐ ƏӘ ƎӘ GԌ HΗН IΙІӀ JͿЈ KΚК LԼ MΜМ NΝ OΟОՕ PΡР QԚ SЅՏ TΤТ UՍ VѴ WԜ XΧХ"
    " YΥУҮ ZΖ ƟΘӨ ƩΣ ɅΛ ƷӠ ΓГ ΠП ΦФ"
)


def find_lookalike(character: str, script: str, *, preferred: Collection[str] = ()) -> str:
    """The letter of `script` that looks like `character`, "" where none is known.

    `script` is Unicode's four-letter code, such as Latn. Of several, one in `preferred` wins.
    """
    decomposed = unicodedata.normalize("NFD", character)
    base, marks = decomposed[0], decomposed[1:]
    candidates = [
        unicodedata.normalize("NFC", letter + marks)
        for letter in _ALIKE.get(base, ())
        if script_of(letter) == script
    ]
    wanted = [letter for letter in candidates if letter in preferred]
    return next(iter(wanted or candidates), "")


def list_lookalikes(character: str) -> tuple[str, ...]:
    """All letters that look like `character` without its accents, of any script."""
    return _ALIKE.get(unicodedata.normalize("NFD", character)[0], ())


def _index_groups() -> dict[str, tuple[str, ...]]:
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for group in (_SMALL + " " + _CAPITAL).split():
        for letter in group:
            alike[letter] += [other for other in group if other != letter]
    return {letter: tuple(dict.fromkeys(others)) for letter, others in alike.items()}


_ALIKE = _index_groups()
