"""The normalizer: what stays, what goes, and that a second pass changes nothing."""

import unicodedata
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from w2vctc.text.normalize import (
    count_dropped,
    find_reserved,
    fold_form,
    is_unseen,
    normalize_text,
    remove_reserved,
)
from w2vctc.text.profile import LanguageProfile, generic_profile, known_languages, load_profile

GENERIC = generic_profile("xx")
PROFILES = {
    **{language: load_profile(language) for language in known_languages()},
    "generic": GENERIC,
    "upper": LanguageProfile("xx", casing="upper", word_signs=("-",), numbers="en"),
    "ẞ": LanguageProfile("xx", casing="upper", casing_locale="german", numbers="de"),
    "İ": LanguageProfile("xx", casing="upper", casing_locale="turkish", word_signs=("'",)),
    "keep": LanguageProfile("xx", casing="keep", word_signs=("ʼ", "·", "\u200c")),
    "letter signs": LanguageProfile("xx", letters=("a", "!", "ʻ"), word_signs=("'",)),
    "l.l": LanguageProfile("xx", word_signs=("·",), replacements={"l.l": "l·l", "ß": "ss"}),
    # Replacements that a removed quote, a removed joiner or a folded form could make match anew.
    "late": LanguageProfile(
        "xx",
        word_signs=("'",),
        replacements={"'i": "ʻi", "a\u200db": "x", "\u200b": " ", "ﻻ": "q"},
        numbers="en",
    ),
}
# What the rules are about, far denser than in arbitrary text.
TRICKY = (
    "aAbBlLiIİıσςΣßẞéjJ\u0300\u0301\u0307\u0308\u0328ŀĿ ñ1203.,:'’ʼʻ´`-‐‑–−·•‧«»“\"|[]<>%&º²½٣"
    "\u00a0\u202f\u00ad\u200b\u200c\u200d\u200e\ufeff\ufe0f\u20e3❤🙂\n\t\x00नमते\u093f한글ﬁŉΐ"
    # emoji, conjuncts, presentation forms, jamo, Ethiopic, other scripts' digits, a lone surrogate
    "👩🏽\U000e0067क\u094dष\u093c\u1112\u1161\u11abሰላም።፡ﻻﺍﷺ\ufe70\ufe77ﬂＡｶﾞ𝐀𝟏ـ\u0640۴१３Ꭰ\ud800\ue000\u0378"
)


@pytest.mark.parametrize("name", PROFILES)
@given(text=st.text(max_size=40) | st.text(alphabet=TRICKY, max_size=40))
@settings(deadline=None, max_examples=80)
def test_twice_is_once_nfc_and_single_spaced(name: str, text: str) -> None:
    once = normalize_text(text, PROFILES[name])
    assert normalize_text(once, PROFILES[name]) == once
    assert unicodedata.is_normalized("NFC", once)
    assert once == " ".join(once.split())
    assert "|" not in once
    assert count_dropped(once, PROFILES[name]) == Counter()


@given(text=st.text(alphabet=st.characters(categories=["L", "M"]), max_size=20))
def test_letters_and_marks_of_any_script_stay(text: str) -> None:
    profile = LanguageProfile("xx", letters=("a",), casing="keep")
    kept = "".join(fold_form(c) for c in text if not is_unseen(c))
    assert normalize_text(text, profile) == " ".join(unicodedata.normalize("NFC", kept).split())


def test_what_counts_as_never_seen_is_marks_that_only_steer_the_look() -> None:
    letters_and_marks = (chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000)
    unseen = {c for c in letters_and_marks if unicodedata.category(c)[0] in "LMN" and is_unseen(c)}
    selectors = {*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)}
    assert unseen == {*map(chr, selectors), "\u034f", "\u20e3", "\u0640", "\u07fa"}


@pytest.mark.parametrize(
    ("language", "raw", "normalized"),
    [
        ("ca", "L’hora, «exacta»: les 21!", "l'hora exacta les vint-i-un"),
        ("ca", "Un COL·LEGI, la coŀlega i col•lecció", "un col·legi la col·lega i col·lecció"),
        ("ca", "anar‑hi – 'i prou' -digué- l'", "anar-hi i prou digué l"),
        ("ca", "re\u00adci\u200bclar\u00a0bé 50%", "reciclar bé cinquanta per cent"),
        ("ca", "l’«aigua» i d'\u201caixò\u201d, l'«11»", "l'aigua i d'això l'onze"),
        ("ca", "fa −5 graus, 3r pis", "fa menys cinc graus 3r pis"),
        (
            "es",
            "¿Qué? teórico-práctico… 31 000",
            "qué teórico práctico treinta y uno cero cero cero",
        ),
        ("en", "The café’s 2 twenty-year-olds' ☕🙂", "the café's two twenty year olds"),
        ("de", "Straße, GROẞ & „Maße“ – E-Mail", "straße groß und maße e mail"),
        ("fr", "l’«\u202feau\u202f», 71 % peut‐être", "l'eau soixante et onze pour cent peut-être"),
        ("tr", "IŞIK İZMİR’de 1990'da %50", "ışık izmir'de bin dokuz yüz doksan'da yüzde elli"),
        ("az", "İSTİ Işıq", "isti ışıq"),
        ("cy", "Mae’r Tŷ-bach yma 'sti", "mae'r tŷ-bach yma sti"),
        ("sw", "Ng’ombe 'na' mbuzi", "ng'ombe na mbuzi"),
        ("qu", "Tʼika, t’anta, P'unchay ch´usu", "t'ika t'anta p'unchay ch'usu"),
        ("vi", "Tie\u0302\u0301ng Vi\u1ec7t 15", "tiếng việt mười lăm"),
        ("lt", "ŽĄSIS, \u00cc", "žąsis i\u0307\u0300"),
        ("el", "ΟΔΟΣ, «Σοφός»· ναι;", "οδος σοφός ναι"),
        ("xx", "हिन्दी، ا עִבְרִית!", "हिन्दी ا עִבְרִית"),
        # other scripts' digits are numbers like 0 to 9, where numbers can be said
        ("ca", "٣, ۱۲, १२ i ３", "tres dotze dotze i tres"),
        ("xx", "٣ ۱۲ १२", "٣ ۱۲ १२"),
        # presentation forms are the letters that they show
        ("xx", "ﺍﻟﺤﻤﺪ ﻻ ﬁn Ａｂ ｶﾞ 𝐀", "الحمد لا fin ab ガ a"),
        ("xx", "كـتـاب", "كتاب"),
        # joiners go, also from conjuncts and from Persian without a profile
        ("xx", "क्\u200dष क्\u200cष", "क्ष क्ष"),
        ("xx", "می\u200cروم", "میروم"),
        ("xx", "\u1112\u1161\u11ab\u1100\u1173\u11af", "한글"),
        ("xx", "ሰላም፡ለዓለም።", "ሰላም ለዓለም"),
        ("xx", "3\ufe0f\u20e3 ❤\ufe0f 👩\u200d👩\u200d👧 👍🏽", "3"),
        ("el", "ΣΑΣ.Σ ΆΣΟΣ", "σας σ άσος"),
        ("xx", "ΣΑΣ.Σ ΆΣΟΣ", "σας σ άσος"),
        ("xx", "", ""),
        ("xx", " …!? ", ""),
    ],
)
def test_text_of_each_language(language: str, raw: str, normalized: str) -> None:
    assert normalize_text(raw, load_profile(language)) == unicodedata.normalize("NFC", normalized)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_composed_and_decomposed_text_become_the_same(form: str) -> None:
    text = unicodedata.normalize(form, "Où êtes-vous, Ếch?")  # type: ignore[arg-type]
    assert normalize_text(text, GENERIC) == "où êtes-vous ếch"


def test_the_apostrophe_that_the_profile_declares_is_the_one_in_the_labels() -> None:
    profile = LanguageProfile("xx", word_signs=("ʼ",))
    assert normalize_text("k'a kʼa k’a 'a'", profile) == "kʼa kʼa kʼa a"


def test_an_undeclared_modifier_letter_stays_a_letter() -> None:
    assert normalize_text("ʻolelo k’a", LanguageProfile("xx")) == "ʻolelo k a"


def test_a_sign_among_the_letters_stays_wherever_it_stands() -> None:
    profile = LanguageProfile("xx", letters=("!", "a", "n"))
    assert normalize_text("!an, na.", profile) == "!an na"


def test_a_declared_zero_width_non_joiner_stays_inside_words() -> None:
    text = "می\u200cروم \u200cتو"
    assert normalize_text(text, GENERIC) == "میروم تو"
    profile = LanguageProfile("fa", word_signs=("\u200c",))
    assert normalize_text(text, profile) == "می\u200cروم تو"


def test_replacements_reach_number_words_and_overlapping_matches() -> None:
    swiss = LanguageProfile("de-CH", numbers="de", replacements={"ß": "ss", "l.l": "l·l"})
    assert normalize_text("30 Maß", swiss) == "dreissig mass"
    chained = LanguageProfile("xx", word_signs=("·",), replacements={"l.l": "l·l"})
    assert normalize_text("al.l.la l.l", chained) == "al·l·la l·l"


def test_a_replacement_written_with_another_apostrophe_still_matches() -> None:
    profile = LanguageProfile("xx", word_signs=("'",), replacements={"n’": "nn"})
    assert normalize_text("an'a", profile) == "anna"


def test_a_replacement_is_applied_to_what_an_elided_quote_held_apart() -> None:
    profile = LanguageProfile("xx", word_signs=("'",), replacements={"'i": "ʻi"})
    assert normalize_text("ha'«ina", profile) == "haʻina"


def test_a_profile_may_replace_what_is_never_seen_and_what_is_a_form() -> None:
    profile = LanguageProfile("km", replacements={"\u200b": " ", "ﷺ": "ص"})
    assert normalize_text("ខ្ញុំ\u200bទៅ ﷺ", profile) == "ខ្ញុំ ទៅ ص"


def test_a_declared_digit_is_a_letter_and_not_said() -> None:
    profile = LanguageProfile("xx", letters=("a", "१"), numbers="en")
    assert normalize_text("१ २", profile) == "१ two"


def test_a_form_of_a_vowel_sign_alone_is_no_letter_s_form() -> None:
    assert fold_form("\ufe70") == "\ufe70"  # a space with a fathatan
    assert fold_form("\ufe77") == "\u064e"  # a stretched fatha: the fatha
    assert [fold_form(c) for c in "aß१ﬀ﴿﷼"] == ["a", "ß", "१", "ff", "﴿", "﷼"]


def test_reserved_tokens_can_be_removed() -> None:
    assert remove_reserved("a[UNK]b|<s>c") == "abc"


def test_dropped_characters_are_counted_and_others_are_not() -> None:
    dropped = count_dropped(
        "«L’aigua», 'clara': 1.234 i 3! a\u00ad\nb\u00a0c -🙂 l'“ús”", PROFILES["ca"]
    )
    assert dropped == Counter(
        {
            "«": 1,
            "»": 1,
            ",": 1,
            "'": 2,
            ":": 1,
            "!": 1,
            "\u00ad": 1,
            "-": 1,
            "🙂": 1,
            "“": 1,
            "”": 1,
        }
    )


@given(text=st.text(alphabet=st.characters(categories=["L", "P", "S", "Zs"]), max_size=30))
def test_each_character_is_kept_or_counted(text: str) -> None:
    profile = LanguageProfile("xx", casing="keep")
    text = unicodedata.normalize("NFC", "".join(c for c in text if fold_form(c) == c))
    kept = Counter(normalize_text(text, profile)) + count_dropped(text, profile)
    del kept[" "]
    assert kept == Counter(text.replace("\u00a0", " ").translate(SPACES))


SPACES = {code: None for code in range(0x3001) if unicodedata.category(chr(code)) == "Zs"}


def test_reserved_tokens_are_found_in_raw_text_in_their_order() -> None:
    text = "a [UNK] b|c <s>d</s> <PAD> [pad] <unk> [sic] <b> unk pad"
    found = ["[UNK]", "|", "<s>", "</s>", "<PAD>", "[pad]", "<unk>"]
    assert find_reserved(text) == found
    assert find_reserved("a plain text, pad and unk") == []
