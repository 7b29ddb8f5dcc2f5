"""Somebody's text on a page: escaped, isolated, and with what cannot be seen made visible."""

import unicodedata
from itertools import groupby

from markupsafe import Markup, escape

from w2vctc.text.characters import describe_character, name_code_points

# Letters are shaped by these: Persian and the scripts of India cannot be read without them.
_JOINERS = "\u200c\u200d"
_LONGEST_SHOWN = 400  # characters


def show_text(text: str, *, lang: str = "", limit: int = _LONGEST_SHOWN) -> Markup:
    """`<bdi>` with the text, which neither its signs nor its direction can break out of.

    Characters that cannot be seen (control, direction, unusual spaces, lone surrogates) stand as
    `U+202E`, with the name on hovering, so that they act on nothing.
    """
    cut = len(text) > limit
    shown = Markup("").join(
        _show_run("".join(run), hidden) for hidden, run in groupby(text[:limit], _is_hidden)
    )
    language = Markup(' lang="{}"').format(lang) if lang else Markup("")
    more = f" … {len(text):,} characters in all" if cut else ""
    return Markup('<bdi dir="auto"{}>{}</bdi>{}').format(language, shown, more)


def show_commands(text: str) -> Markup:
    """A sentence of the program, with what stands between backquotes as `<code>`."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return show_text(text)
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else show_text(part)
        for number, part in enumerate(parts)
        if part
    )


def make_printable(text: str) -> str:
    """The text with `U+202E` in place of each character that cannot be seen; for plain places."""
    return "".join(
        name_code_points(character) if _is_hidden(character) else character for character in text
    )


def _show_run(run: str, hidden: bool) -> Markup:
    if not hidden:
        return escape(run)
    return Markup("").join(
        Markup('<span class="hidden" title="{}">{}</span>').format(
            describe_character(character), name_code_points(character)
        )
        for character in run
    )


def _is_hidden(character: str) -> bool:
    if character == " " or character in _JOINERS:
        return False
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zs", "Zl", "Zp")
