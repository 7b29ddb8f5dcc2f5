"""The words of a text, as written and as spoken."""

from functools import partial

from hypothesis import given, settings
from hypothesis import strategies as st

from w2vctc.align.script import Letter, pair_words, read_script, spell_word
from w2vctc.text.normalize import normalize_text
from w2vctc.text.profile import LanguageProfile, load_profile
from w2vctc.vocab import Vocabulary

CATALAN = partial(normalize_text, profile=load_profile("ca"))


def test_each_word_keeps_its_spelling_beside_what_is_said() -> None:
    assert pair_words("L’Anna va dir: «Són 25!»", CATALAN) == [
        ("L’Anna", "l'anna"),
        ("va", "va"),
        ("dir:", "dir"),
        ("«Són", "són"),
        ("25!»", "vint-i-cinc"),
    ]


def test_what_is_never_spoken_stays_with_a_neighbour() -> None:
    assert pair_words("— Hola — amic …", CATALAN) == [("— Hola —", "hola"), ("amic …", "amic")]
    assert pair_words("— …", CATALAN) == []


def test_words_that_are_spoken_otherwise_together_are_paired_as_a_line() -> None:
    def speak(text: str) -> str:
        swapped = text.lower().replace("€ 5", "cinc euros").replace("3 kg", "tres quilos")
        return swapped.replace("€", "").replace("5", "cinc").replace("3", "tres")

    assert pair_words("Un 3 kg a € 5 i més", speak) == [
        ("Un", "un"),
        ("3", "tres"),
        ("kg", "quilos"),
        ("a €", "a"),
        ("5", "cinc euros"),
        ("i", "i"),
        ("més", "més"),
    ]


@settings(deadline=None, max_examples=200)
@given(st.text(alphabet="ab1 23.,'’l·€%-—«», AB", max_size=30))
def test_nothing_is_lost_of_either_form(line: str) -> None:
    pairs = pair_words(line, CATALAN)
    assert " ".join(spoken for _, spoken in pairs) == CATALAN(line)
    if pairs:
        assert " ".join(written for written, _ in pairs).split() == line.split()
    assert all(spoken for _, spoken in pairs)


def test_letters_are_the_longest_labels_and_unknown_ones_have_none() -> None:
    vocabulary = Vocabulary(("<pad>", "<unk>", "|", "a", "l", "ll"))
    assert spell_word("llal x", vocabulary) == (
        Letter("ll", 5),
        Letter("a", 3),
        Letter("l", 4),
        Letter("x", None),
    )


def test_lines_are_counted_where_they_hold_words(
    tiny_vocabulary: Vocabulary, ca_profile: LanguageProfile
) -> None:
    lines = ["Un dia", "***", "bo <pad> i clar"]
    words = read_script(
        lines, tiny_vocabulary, normalize=partial(normalize_text, profile=ca_profile)
    )
    assert [(word.written, word.line) for word in words] == [
        ("Un", 0),
        ("dia", 0),
        ("bo", 1),
        ("i", 1),
        ("clar", 1),
    ]
