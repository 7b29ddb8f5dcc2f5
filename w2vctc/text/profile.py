"""What the program must know of a language's spelling; one TOML file for each, no code."""

import dataclasses
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from w2vctc.config import build_options, read_toml
from w2vctc.errors import UsageError
from w2vctc.resources import find_resource, list_resources
from w2vctc.text.casing import Casing, CasingLocale, change_case

_LANGUAGE_TAG = re.compile(r"[A-Za-z0-9]+([_-][A-Za-z0-9]+)*")


@dataclass(frozen=True)
class LanguageProfile:
    """How a language is written once its text is normalized.

    `letters` are NFC, in the profile's case, digraphs allowed; empty means any letter.
    `word_signs` are kept between two letters and nowhere else. `replacements` are applied to text
    that already has its case. `numbers` is num2words' name of the language; empty keeps digits.
    """

    language: str
    name: str = ""
    letters: tuple[str, ...] = ()
    word_signs: tuple[str, ...] = ()
    casing: Casing = "lower"
    casing_locale: CasingLocale = "default"
    # not hashed, since a mapping cannot be; compared all the same
    replacements: Mapping[str, str] = field(default_factory=dict, hash=False)
    numbers: str = ""
    source: str = ""

    @property
    def digraphs(self) -> tuple[str, ...]:
        """The letters that are written with more than one character."""
        return tuple(letter for letter in self.letters if len(letter) > 1)


def load_profile(language: str, *, path: Path | None = None) -> LanguageProfile:
    """The profile in `path`, else the shipped one of `language`, else the generic profile.

    `language` is a tag such as ca or ca-valencia; without a file of its own it falls back on the
    part before the first hyphen. Raises UsageError with all mistakes of the file at once.
    """
    if not _LANGUAGE_TAG.fullmatch(language):
        raise UsageError(
            f"{language!r} is not a language tag",
            hint="write letters, digits and hyphens, such as --lang ca or --lang qu-EC",
        )
    found = path or _find_shipped(language)
    if found is None:
        return generic_profile(language)
    values = _split_letters({"language": language, **read_toml(found)})
    profile = build_options(LanguageProfile, values, where=str(found))
    profile = dataclasses.replace(profile, name=profile.name or profile.language)
    faults = _find_faults(profile)
    if faults:
        raise UsageError(f"{found}: " + "; ".join(faults), hint=f"mend {found} and run again")
    return profile


def generic_profile(language: str) -> LanguageProfile:
    """A profile for a language without a file: any letter, apostrophe and hyphen inside words."""
    return LanguageProfile(
        language=language,
        name=language,
        word_signs=("'", "-"),
        source="no profile of this language: any letter is taken",
    )


def known_languages() -> list[str]:
    """The tags of the languages that have a shipped profile, sorted."""
    return list_resources("vocab", ".toml")


def _find_shipped(language: str) -> Path | None:
    tag = language.replace("_", "-")
    own = find_resource("vocab", f"{tag}.toml")
    return own or find_resource("vocab", f"{tag.split('-')[0].lower()}.toml")


def _split_letters(values: dict[str, Any]) -> dict[str, Any]:
    """`values` with letters and word_signs as lists, also where they are text with spaces."""
    for key in ("letters", "word_signs"):
        if isinstance(values.get(key), str):
            values[key] = values[key].split()
    return values


def _find_faults(profile: LanguageProfile) -> list[str]:
    faults = [f"letter {letter!r} {why}" for letter in profile.letters if (why := _refuse(letter))]
    faults += _find_case_faults(profile)
    faults += _find_lost_signs(profile)
    for sign in profile.word_signs:
        if len(sign) != 1 or sign.isspace() or sign == "|":
            faults.append(f"word sign {sign!r} must be one character, and not a space or '|'")
    for seen, wanted in profile.replacements.items():
        again = [key for key in profile.replacements if key and key in wanted]
        if not seen or any(character.isspace() for character in seen):
            faults.append(f"replacement {seen!r}: the left side is empty or holds a space")
        elif again:
            faults.append(
                f"replacement {seen!r} -> {wanted!r} would be replaced again: {again[0]!r}"
            )
    return faults


def _find_lost_signs(profile: LanguageProfile) -> list[str]:
    """Digraphs with a sign that the normalizer would make a space of."""
    own = {*profile.word_signs, *profile.letters}
    return [
        f"letter {letter!r} holds {character!r}, which goes unless it is a word sign too"
        for letter in profile.digraphs
        for character in letter
        if not character.isspace() and unicodedata.category(character)[0] not in "LMN"
        if character not in own and character != "|"
    ]


def _refuse(letter: str) -> str:
    if not letter or any(character.isspace() for character in letter):
        return "is empty or holds a space"
    if "|" in letter:
        return "holds '|', which divides words in the model's output"
    if unicodedata.normalize("NFC", letter) != letter:
        return f"is not NFC: write {unicodedata.normalize('NFC', letter)!r}"
    return ""


def _find_case_faults(profile: LanguageProfile) -> list[str]:
    """Letters and left sides that never match, since the text has the profile's case by then."""
    faults = []
    sources = [("letter", letter) for letter in profile.letters if letter not in ("σ", "ς")]
    sources += [("replacement", text) for pair in profile.replacements.items() for text in pair]
    for kind, text in sources:
        cased = change_case(text, profile.casing, profile.casing_locale)
        if cased != unicodedata.normalize("NFC", text):
            faults.append(f"{kind} {text!r} must be in {profile.casing} case: {cased!r}")
    return faults
