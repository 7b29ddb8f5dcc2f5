"""The drafted profile: it loads, keeps its letters, and shows a person what is doubtful."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from w2vctc.text.normalize import normalize_text
from w2vctc.text.profile import LanguageProfile, load_profile
from w2vctc.vocab.draft import draft_profile

TEXTS = [
    *["Shuk wawa, tsalalla kan", "ñuka t’anta mikhuni!"] * 6,
    "Ñuka sumаk wasi",  # with a Cyrillic а
    "Café 12, 50% & mana x:y",
    "wi-fi",
]
# The Cyrillic а is meant.
GOLDEN = '''\
# Draft of a profile for xx, made from 15 transcripts. Nobody has reviewed it: read it with a
# person who knows the language, mend it, and say in `source` where the letters come from.

name = "xx"  # write the language's name in English

# Letters, most frequent first (script: Latin). What is written with several characters and
# learned as one letter, such as ch or ny, may be added.
letters = """
a k u n l t i s w h m ñ
"""
# How often: a 59, k 26, u 20, n 19, l 18, t 18, i 15, s 14, w 14, h 12, m 8, ñ 7.

# Seldom seen: foreign names, typing mistakes, or letters that so few transcripts do not show
# more often. Those of the language belong into the list above.
#   f  U+0066 latin small letter f, 2 times, as in café
#   c  U+0063 latin small letter c, once, as in café
#   x  U+0078 latin small letter x, once, as in x
#   y  U+0079 latin small letter y, once, as in y
#   é  U+00E9 latin small letter e with acute, once, as in café

# Signs inside words; anywhere else they are punctuation.
#   '  U+0027 apostrophe, 6 times, as in t’anta
#   -  U+002D hyphen-minus, once, as in wi-fi
word_signs = ["'", "-"]

# These too stand inside words. They become a space, unless they are added above.
#   :  U+003A colon, once, as in x:y

# Upper case is brought to lower case, so that a word has one spelling.
casing = "lower"

# Numbers stand in digits 2 times, as in 12. num2words does not know the language: write them
# out in the transcripts.
numbers = ""

source = "drafted from 15 transcripts; not reviewed"

[replacements]

# Letters of another script. Where one was typed for a letter that looks like it, write that
# letter to the right, and take the # away:
# "а" = "a"  # U+0430 cyrillic small letter a, once, as in sumаk

# Words that mix scripts: sumаk once.

# Signs that people may say aloud. Write the word between the quotes, with a space on each side,
# and take the # away:
# "%" = " "  # U+0025 percent sign, once, as in 50%
# "&" = " "  # U+0026 ampersand, once, as in &
'''


def load(text: str, folder: Path, language: str = "xx") -> LanguageProfile:
    path = folder / "draft.toml"
    path.write_text(text, encoding="utf-8")
    return load_profile(language, path=path)


def test_the_draft_as_a_person_reads_it() -> None:
    assert draft_profile(TEXTS, "xx") == GOLDEN


def test_the_draft_loads_with_the_rules_that_it_names(tmp_path: Path) -> None:
    profile = load(draft_profile(TEXTS, "xx"), tmp_path)
    assert profile == LanguageProfile(
        language="xx",
        name="xx",
        letters=tuple("akunltiswhmñ"),
        word_signs=("'", "-"),
        casing="lower",
        source="drafted from 15 transcripts; not reviewed",
    )
    assert normalize_text("T’anta-WAWA, x:y", profile) == "t'anta-wawa x y"


def test_the_remarks_are_rules_once_their_hash_is_taken_away(tmp_path: Path) -> None:
    draft = draft_profile(TEXTS, "xx")
    lines = [line[2:] if line.startswith('# "') else line for line in draft.splitlines()]
    profile = load("\n".join(lines).replace('"%" = " "', '"%" = " sint "'), tmp_path)
    assert profile.replacements == {"а": "a", "%": " sint ", "&": " "}
    assert normalize_text("sumаk 50%", profile) == "sumak 50 sint"


def test_the_order_of_the_texts_does_not_matter() -> None:
    assert draft_profile(reversed(TEXTS), "xx") == draft_profile(TEXTS, "xx")


def test_what_num2words_might_say_is_said() -> None:
    assert '# No number stands in digits. num2words knows tet: write "tet" here' in draft_profile(
        ["loron"], "tet-TL"
    )
    assert "num2words does not know the language" in draft_profile(["loron 3"], "xx")


def test_the_turkish_pair_is_declared_with_its_reason(tmp_path: Path) -> None:
    draft = draft_profile(["Işık İyi ılık"] * 9, "xx")
    assert "ı or İ is frequent here" in draft
    profile = load(draft, tmp_path)
    assert normalize_text("ISPARTA İZMİR", profile) == "ısparta izmir"


def test_a_script_without_case_is_kept(tmp_path: Path) -> None:
    profile = load(draft_profile(["सबै मानव"] * 9, "xx"), tmp_path)
    assert profile.casing == "keep"
    assert set(profile.letters) == set("सबैमानव")


def test_long_lists_of_doubtful_letters_are_cut_and_counted() -> None:
    draft = draft_profile(["".join(map(chr, range(0x100, 0x160, 2)))], "xx")
    assert draft.count("latin small letter") == 20
    assert "#   and 28 more" in draft


def test_nothing_at_all_makes_a_draft_that_loads(tmp_path: Path) -> None:
    profile = load(draft_profile([], "xx"), tmp_path)
    assert (profile.letters, profile.word_signs) == ((), ())


NASTY = (
    "aAiIİıσςΣßé\u0301\u0307\u0345м\"\\'’ʼʻ-·\u200c\u200d.:#%€1٣\u00a0\n\x00\x7f"
    "\ud800\ue000\ufffdक\u093fﻻﬁ漢カ𝐀|[]=Ꭰ\u3164\u0640"
)


@given(
    texts=st.lists(
        st.text(alphabet=NASTY, min_size=1, max_size=25) | st.text(max_size=15), max_size=5
    ),
    times=st.sampled_from([1, 7]),
)
@settings(
    deadline=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_texts_make_a_draft_that_loads_and_keeps_its_letters(
    texts: list[str], times: int, tmp_path: Path
) -> None:
    profile = load(draft_profile(texts * times, "xx"), tmp_path)
    for letter in profile.letters:
        # a final sigma alone is a sigma
        assert normalize_text(letter, profile) == letter.replace("ς", "σ")


@pytest.mark.parametrize("text", ["x\x00y\x1b", 'a"b', "a\\b", "a#b", "x\u2028y€\x7f"])
def test_examples_with_signs_of_toml_s_own_are_escaped(text: str, tmp_path: Path) -> None:
    assert load(draft_profile([f"{text}€"], "xx"), tmp_path).source.startswith("drafted from 1")
