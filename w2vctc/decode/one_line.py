"""Text and names as every format can hold them: on one line, in valid UTF-8."""

import re

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_UNWRITABLE = re.compile(r"[\ud800-\udfff\ufffe\uffff]")  # not in UTF-8, or not in XML


def clean_text(text: str) -> str:
    """The text with one space in place of line ends, tabs and other control characters.

    What UTF-8 or XML cannot hold is written as an escape.
    """
    spaced = re.sub(" +", " ", _CONTROL.sub(" ", text)).strip(" ")
    return _UNWRITABLE.sub(_escape, spaced)


def escape_name(name: str) -> str:
    """The name on one line and in valid UTF-8, control characters and odd bytes as escapes."""
    return _UNWRITABLE.sub(_escape, _CONTROL.sub(_escape, name))


def escape_surrogates(text: str) -> str:
    """JSON that can be written as UTF-8: half characters as the escapes that JSON has for them."""
    return _SURROGATE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match.group()):04x}"
