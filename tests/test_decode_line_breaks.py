"""Lines: as few as hold the text, even, and measured in columns."""

from hypothesis import given
from hypothesis import strategies as st

from w2vctc.decode.line_breaks import break_lines, harshness, text_width


def test_wide_letters_count_two_and_marks_none() -> None:
    assert text_width("日本") == 4
    assert text_width("e\u0301") == 1
    assert text_width("नि") == 2  # a vowel sign that takes room of its own
    assert text_width("a\u200fb") == 2


@given(st.lists(st.text("ab", min_size=1, max_size=9), min_size=1, max_size=9))
def test_lines_are_as_even_as_any(words: list[str]) -> None:
    lines = break_lines(words, width=20, n_lines=2)
    assert " ".join(lines) == " ".join(words)
    if len(" ".join(words)) <= 20:
        assert len(lines) == 1
    elif len(lines) == 2:
        ways = [(" ".join(words[:n]), " ".join(words[n:])) for n in range(1, len(words))]
        fitting = [way for way in ways if max(map(len, way)) <= 20] or ways
        best = min(abs(len(first) - len(second)) for first, second in fitting)
        assert abs(len(lines[0]) - len(lines[1])) == best


def test_of_two_even_ways_the_lower_line_is_longer() -> None:
    assert break_lines(["aaaa", "bb", "aaaa"], width=8, n_lines=2) == ("aaaa", "bb aaaa")


def test_lines_break_behind_a_comma_rather_than_in_the_middle() -> None:
    words = ["quan", "arribi,", "li", "diré", "que", "no", "hi", "vaig"]
    assert break_lines(words, width=30, n_lines=2)[0] == "quan arribi,"


def test_a_word_wider_than_a_line_has_one_of_its_own() -> None:
    assert break_lines(["a", "b" * 50], width=42, n_lines=2) == ("a", "b" * 50)


def test_signs_of_all_scripts_end_sentences_and_quotes_do_not_hide_them() -> None:
    assert [harshness(word) for word in ("sí.", "sí.”", "说。", "है।", "نعم؟")] == [0.0] * 5
    assert [harshness(word) for word in ("sí,", "说、", "sí", "")] == [0.5, 0.5, 1.0, 1.0]
