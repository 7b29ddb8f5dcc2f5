"""Hostile texts on a page: nothing acts, everything can be seen."""

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from w2vctc.cli.checking.escapes import make_printable, show_commands, show_text


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.opened.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def read(markup: str) -> Tags:
    tags = Tags()
    tags.feed(
        markup.encode("utf-8").decode("utf-8")
    )  # a plain string: Markup escapes what it joins
    tags.close()
    return tags


def test_signs_of_html_are_text() -> None:
    shown = show_text("<script>alert('a')</script> & \"b\"")
    assert shown == (
        '<bdi dir="auto">&lt;script&gt;alert(&#39;a&#39;)&lt;/script&gt; &amp; &#34;b&#34;</bdi>'
    )


def test_direction_marks_are_seen_and_do_not_act() -> None:
    assert show_text("a\u202eb") == (
        '<bdi dir="auto">a<span class="hidden" title="U+202E RIGHT-TO-LEFT OVERRIDE">U+202E</span>'
        "b</bdi>"
    )


def test_half_a_surrogate_can_be_written_as_utf_8() -> None:
    shown = show_text("a\udc80")
    assert ">U+DC80</span>" in shown
    shown.encode("utf-8")


def test_unusual_spaces_are_seen_and_plain_ones_are_not() -> None:
    shown = show_text("bon dia\u00a0a tots")
    assert shown.startswith('<bdi dir="auto">bon dia<span')
    assert "U+00A0" in shown


def test_joiners_go_on_shaping_letters() -> None:
    assert show_text("می\u200cخواهم") == '<bdi dir="auto">می\u200cخواهم</bdi>'


def test_the_language_stands_beside_the_text() -> None:
    assert show_text("bon dia", lang="ca") == '<bdi dir="auto" lang="ca">bon dia</bdi>'
    assert show_text("x", lang='"><b>').count("<") == 2


def test_a_text_without_end_is_cut_and_says_so() -> None:
    shown = show_text("a" * 100_000)
    assert shown == f'<bdi dir="auto">{"a" * 400}</bdi> … 100,000 characters in all'


@given(st.text(st.characters(codec=None), max_size=60))
def test_any_text_is_shown_as_text(text: str) -> None:
    shown = show_text(text)
    shown.encode("utf-8")
    tags = read(shown)
    assert tags.opened == ["bdi", *["span"] * (len(tags.opened) - 1)]
    assert tags.text == make_printable(text)
    assert "\x00" not in shown
    assert "\u202e" not in shown


def test_commands_in_a_sentence_look_like_commands() -> None:
    assert show_commands("`w2vctc check <a>` finds it") == (
        '<code>w2vctc check &lt;a&gt;</code><bdi dir="auto"> finds it</bdi>'
    )


def test_a_lone_backquote_is_no_command() -> None:
    assert show_commands("a ` b") == '<bdi dir="auto">a ` b</bdi>'
