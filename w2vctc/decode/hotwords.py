"""Lists of hotwords: names and terms to expect, as people write them down."""

import unicodedata
from pathlib import Path

from w2vctc.corpus.plain_text import read_text
from w2vctc.errors import DataError
from w2vctc.vocab import Vocabulary


def read_hotwords(path: Path) -> tuple[str, ...]:
    """The words and phrases of a text file, one per line; blank lines are left out.

    Raises DataError E_MISSING, E_NOT_FILE, E_ENCODING, E_EMPTY where no line holds a word;
    MachineError E_PERM.
    """
    lines = read_text(path).split("\n")
    hotwords = tuple(dict.fromkeys(phrase for line in lines if (phrase := " ".join(line.split()))))
    if not hotwords:
        raise DataError(
            f"{path}: no hotword in it", hint="write one word or phrase per line", code="E_EMPTY"
        )
    return hotwords


def spell_hotwords(hotwords: tuple[str, ...], vocabulary: Vocabulary) -> tuple[str, ...]:
    """The hotwords as the labels can spell them: composed, and in the other case where need be.

    Names are written with capitals, which most models do not know.
    """
    return tuple(dict.fromkeys(_spell(phrase, vocabulary) for phrase in hotwords))


def _spell(phrase: str, vocabulary: Vocabulary) -> str:
    composed = unicodedata.normalize("NFC", phrase)
    for form in (composed, composed.lower(), composed.upper()):
        if not vocabulary.unspellable("".join(form.split())):
            return form
    return phrase


def warn_unspellable(hotwords: tuple[str, ...], vocabulary: Vocabulary) -> str:
    """What to say about hotwords that the labels cannot spell; "" where there are none."""
    odd = [phrase for phrase in hotwords if vocabulary.unspellable("".join(phrase.split()))]
    if not odd:
        return ""
    phrase = odd[0]
    signs = " ".join(dict.fromkeys(vocabulary.unspellable("".join(phrase.split()))))
    more = f", nor {len(odd) - 1} more" if len(odd) > 1 else ""
    return f"the model has no label for {signs} in the hotword {phrase!r}{more}: never found"
