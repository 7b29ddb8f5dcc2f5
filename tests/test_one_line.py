"""Text on one line, in what UTF-8 and XML can hold."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2vctc.decode.one_line import clean_text, escape_name


@given(st.text())
def test_any_text_becomes_one_line_that_xml_and_utf8_can_hold(text: str) -> None:
    clean = clean_text(text)
    assert clean.encode("utf-8").decode("utf-8") == clean
    assert len(clean.splitlines()) <= 1
    assert "\t" not in clean
    element = ElementTree.Element("a")
    element.text = clean
    assert (ElementTree.fromstring(ElementTree.tostring(element)).text or "") == clean
    assert clean_text(clean) == clean


def test_ordinary_text_stays_as_it_is() -> None:
    for text in ("l·l", "e\u0301ŋ", "שלום", "a\u00a0b", '"<&>"', "नमस्ते"):
        assert clean_text(text) == text


@pytest.mark.parametrize(
    ("text", "clean"),
    [("a\nb", "a b"), ("\ta \r\n b ", "a b"), ("a\udce9", "a\\udce9"), ("\ufffe", "\\ufffe")],
)
def test_what_no_line_holds_is_a_space_or_an_escape(text: str, clean: str) -> None:
    assert clean_text(text) == clean


def test_names_lose_nothing() -> None:
    assert escape_name("a\tb \udce9.wav") == "a\\u0009b \\udce9.wav"
