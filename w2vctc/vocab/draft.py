"""A first profile of a language that has none, drafted from its transcripts for a human to read."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from w2vctc.text.characters import CharacterCount
from w2vctc.text.confusables import find_lookalike
from w2vctc.text.scripts import name_script
from w2vctc.vocab.study import TextStudy, study_texts

_SHOWN = 20  # of each list of doubtful things; the commonest come first
_WIDTH = 96
_WITHOUT_CASE = "The script has no upper and lower case."
_LOWER_CASE = "Upper case is brought to lower case, so that a word has one spelling."
_TURKISH = "ı or İ is frequent here: I and ı, İ and i are pairs, as in Turkish."
_GREEK = "σ inside a word and ς at its end, whatever was typed."


def draft_profile(texts: Iterable[str], language: str) -> str:
    """The TOML of a profile of `language`, drafted from raw transcripts.

    It loads as it is, and every letter in it passes the normalizer unchanged. What is doubtful
    stands there as a remark with count and example, for a person who knows the language. The
    order of the texts does not matter.
    """
    return render_draft(study_texts(texts, language))


def render_draft(study: TextStudy) -> str:
    """The profile's TOML; a golden text in the tests."""
    language = study.profile.language
    parts = [
        _remark(
            f"Draft of a profile for {language}, made from {study.n_texts:,} transcripts. Nobody"
            " has reviewed it: read it with a person who knows the language, mend it, and say in"
            " `source` where the letters come from."
        ),
        f'name = "{language}"  # write the language\'s name in English',
        "\n".join(_write_letters(study)),
        "\n".join(_write_signs(study)),
        "\n".join(_write_casing(study)),
        "\n".join(_write_numbers(study)),
        f'source = "drafted from {study.n_texts:,} transcripts; not reviewed"',
        "\n".join(_write_replacements(study)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _write_letters(study: TextStudy) -> Iterator[str]:
    scripts = ", ".join(name_script(script) for script in study.scripts) or "none"
    yield _remark(
        f"Letters, most frequent first (script: {scripts}). What is written with several"
        " characters and learned as one letter, such as ch or ny, may be added."
    )
    letters = " ".join(row.character for row in study.letters)
    yield f'letters = """\n{textwrap.fill(letters, _WIDTH)}\n"""'
    if study.letters:
        counts = ", ".join(f"{row.character}\u00a0{row.count:,}" for row in study.letters)
        yield _remark(f"How often: {counts}.").replace("\u00a0", " ")
    if study.rare:
        yield ""
        yield _remark(
            "Seldom seen: foreign names, typing mistakes, or letters that so few transcripts do"
            " not show more often. Those of the language belong into the list above."
        )
        yield from _list_rows(study.rare)


def _write_signs(study: TextStudy) -> Iterator[str]:
    if study.signs:
        yield _remark("Signs inside words; anywhere else they are punctuation.")
        yield from _list_rows(study.signs)
    else:
        yield _remark("No apostrophe or hyphen was seen inside a word.")
    signs = ", ".join(f'"{_escape(row.character)}"' for row in study.signs)
    yield f"word_signs = [{signs}]"
    if study.punctuation:
        yield ""
        yield _remark(
            "These too stand inside words. They become a space, unless they are added above."
        )
        yield from _list_rows(study.punctuation)


def _write_casing(study: TextStudy) -> Iterator[str]:
    profile = study.profile
    if profile.casing == "keep":
        yield _remark(_WITHOUT_CASE)
    else:
        why = {"turkish": _TURKISH, "greek": _GREEK}.get(profile.casing_locale, "")
        yield _remark(f"{_LOWER_CASE} {why}".strip())
    yield f'casing = "{profile.casing}"'
    if profile.casing_locale != "default":
        yield f'casing_locale = "{profile.casing_locale}"'


def _write_numbers(study: TextStudy) -> Iterator[str]:
    if study.n_numbers:
        seen = (
            f"Numbers stand in digits {_times(study.n_numbers)},"
            f" as in {_escape(study.number_example)}."
        )
    else:
        seen = "No number stands in digits."
    known = _find_number_language(study.profile.language)
    if known:
        advice = (
            f'num2words knows {known}: write "{known}" here if it says numbers as your speakers do.'
        )
    elif study.n_numbers:
        advice = "num2words does not know the language: write them out in the transcripts."
    else:
        advice = ""
    yield _remark(f"{seen} {advice}".strip())
    yield 'numbers = ""'


def _find_number_language(language: str) -> str:
    from num2words import CONVERTER_CLASSES

    tag = language.replace("-", "_")
    return next(
        (name for name in (tag, tag.split("_")[0].lower()) if name in CONVERTER_CLASSES), ""
    )


def _write_replacements(study: TextStudy) -> Iterator[str]:
    """Remarks only: what a letter or a sign should become, a person must say."""
    yield "[replacements]"
    if study.foreign:
        yield ""
        yield _remark(
            "Letters of another script. Where one was typed for a letter that looks like it, write"
            " that letter to the right, and take the # away:"
        )
        for row in study.foreign[:_SHOWN]:
            alike = _find_native(row.character, study)
            yield f'# "{row.character}" = "{alike}"  # {_describe(row)}'
        yield from _say_more(study.foreign)
    if study.mixed:
        yield ""
        words = ", ".join(f"{word} {_times(count)}" for word, count in study.mixed[:_SHOWN])
        yield _remark(f"Words that mix scripts: {words}.")
        yield from _say_more(study.mixed)
    if study.symbols:
        yield ""
        yield _remark(
            "Signs that people may say aloud. Write the word between the quotes, with a space on"
            " each side, and take the # away:"
        )
        for row in study.symbols[:_SHOWN]:
            yield f'# "{_escape(row.character)}" = " "  # {_describe(row)}'
        yield from _say_more(study.symbols)


def _find_native(letter: str, study: TextStudy) -> str:
    """The letter at home that looks like a foreign one, "" where none is known."""
    at_home = [row.character for row in study.letters]
    found = (find_lookalike(letter, script, preferred=at_home) for script in study.scripts)
    return next(filter(None, found), "")


def _list_rows(rows: Sequence[CharacterCount]) -> Iterator[str]:
    for row in rows[:_SHOWN]:
        yield f"#   {_escape(row.character)}  {_describe(row)}"
    yield from _say_more(rows)


def _say_more(rows: Sequence[object]) -> Iterator[str]:
    if len(rows) > _SHOWN:
        yield f"#   and {len(rows) - _SHOWN:,} more"


def _describe(row: CharacterCount) -> str:
    times = _times(row.count)
    return f"{row.code_points} {row.name.lower()}, {times}, as in {_escape(row.example)}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _remark(text: str) -> str:
    return textwrap.fill(text, _WIDTH, initial_indent="# ", subsequent_indent="# ")


def _escape(text: str) -> str:
    """`text` as TOML takes it: what cannot be seen or written by its code point."""
    return "".join(
        character if character.isprintable() and character not in '"\\' else _escape_one(character)
        for character in text
    )


def _escape_one(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
