"""ELAN files: by the rules of ELAN's schema 3.0, read back by pympi and by our own reader."""

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from pympi import Elan
from transcript_material import (
    NOTHING,
    PLAIN,
    SPELLED,
    TWO_SPEAKERS,
    any_transcripts,
    real_transcripts,
)

from w2vctc.corpus.readers.elan import parse_eaf
from w2vctc.decode.one_line import clean_text
from w2vctc.decode.transcript import Transcript
from w2vctc.decode.writers import FORMATS
from w2vctc.decode.writers.clock import word_ms
from w2vctc.decode.writers.eaf import link_media

# element: (required attributes, further attributes)
ATTRIBUTES: dict[str, tuple[set[str], set[str]]] = {
    "ANNOTATION_DOCUMENT": ({"DATE", "AUTHOR", "VERSION"}, {"FORMAT"}),
    "HEADER": (set(), {"MEDIA_FILE", "TIME_UNITS"}),
    "MEDIA_DESCRIPTOR": (
        {"MEDIA_URL", "MIME_TYPE"},
        {"RELATIVE_MEDIA_URL", "TIME_ORIGIN", "EXTRACTED_FROM"},
    ),
    "PROPERTY": (set(), {"NAME"}),
    "TIME_ORDER": (set(), set()),
    "TIME_SLOT": ({"TIME_SLOT_ID"}, {"TIME_VALUE"}),
    "TIER": (
        {"TIER_ID", "LINGUISTIC_TYPE_REF"},
        {"PARTICIPANT", "ANNOTATOR", "DEFAULT_LOCALE", "PARENT_REF", "EXT_REF", "LANG_REF"},
    ),
    "ANNOTATION": (set(), set()),
    "ALIGNABLE_ANNOTATION": ({"ANNOTATION_ID", "TIME_SLOT_REF1", "TIME_SLOT_REF2"}, set()),
    "REF_ANNOTATION": ({"ANNOTATION_ID", "ANNOTATION_REF"}, {"PREVIOUS_ANNOTATION"}),
    "ANNOTATION_VALUE": (set(), set()),
    "LINGUISTIC_TYPE": (
        {"LINGUISTIC_TYPE_ID"},
        {"TIME_ALIGNABLE", "CONSTRAINTS", "GRAPHIC_REFERENCES"},
    ),
    "CONSTRAINT": ({"STEREOTYPE"}, {"DESCRIPTION"}),
}
CHILDREN = {
    "ANNOTATION_DOCUMENT": ("HEADER", "TIME_ORDER", "TIER", "LINGUISTIC_TYPE", "CONSTRAINT"),
    "HEADER": ("MEDIA_DESCRIPTOR", "PROPERTY"),
    "TIME_ORDER": ("TIME_SLOT",),
    "TIER": ("ANNOTATION",),
    "ANNOTATION": ("ALIGNABLE_ANNOTATION", "REF_ANNOTATION"),
    "ALIGNABLE_ANNOTATION": ("ANNOTATION_VALUE",),
    "REF_ANNOTATION": ("ANNOTATION_VALUE",),
}


def render(transcript: Transcript) -> str:
    text = FORMATS["eaf"].render(transcript, media=Path("/sound/a b.wav"), folder=Path("/out/x"))
    return re.sub(' DATE="[^"]*"', ' DATE="2020-01-02T03:04:05+00:00"', text)


def check_structure(root: ElementTree.Element) -> None:
    """The schema's own rules: elements in order, attributes known, ids unique, references right."""
    for element in root.iter():
        required, further = ATTRIBUTES[element.tag]
        names = {name for name in element.attrib if not name.startswith("{")}
        assert required <= names <= required | further
        order = CHILDREN.get(element.tag, ())
        places = [order.index(child.tag) for child in element]
        assert places == sorted(places)
    ids = [
        value
        for element in root.iter()
        for name, value in element.attrib.items()
        if name in ("TIME_SLOT_ID", "ANNOTATION_ID")
    ]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch("[a-z]+[0-9]+", one) for one in ids)
    datetime.fromisoformat(root.attrib["DATE"])
    tiers = [tier.attrib["TIER_ID"] for tier in root.iter("TIER")]
    kinds = {kind.attrib["LINGUISTIC_TYPE_ID"] for kind in root.iter("LINGUISTIC_TYPE")}
    constraints = {one.attrib["STEREOTYPE"] for one in root.iter("CONSTRAINT")}
    assert len(tiers) == len(set(tiers))
    assert {tier.attrib["LINGUISTIC_TYPE_REF"] for tier in root.iter("TIER")} <= kinds
    assert {
        tier.attrib["PARENT_REF"] for tier in root.iter("TIER") if "PARENT_REF" in tier.attrib
    } <= set(tiers)
    assert {
        kind.attrib.get("CONSTRAINTS") for kind in root.iter("LINGUISTIC_TYPE")
    } <= constraints | {None}


def check_times(root: ElementTree.Element) -> None:
    """What ELAN takes for granted: slots in order, tiers without overlap, parts within parents."""
    slots = {
        one.attrib["TIME_SLOT_ID"]: int(one.attrib["TIME_VALUE"]) for one in root.iter("TIME_SLOT")
    }
    assert list(slots.values()) == sorted(slots.values())
    used = [
        one.attrib[name]
        for one in root.iter("ALIGNABLE_ANNOTATION")
        for name in ("TIME_SLOT_REF1", "TIME_SLOT_REF2")
    ]
    assert sorted(used) == sorted(slots)
    times: dict[str, list[tuple[int, int]]] = {}
    for tier in root.iter("TIER"):
        own = times[tier.attrib["TIER_ID"]] = [
            (slots[one.attrib["TIME_SLOT_REF1"]], slots[one.attrib["TIME_SLOT_REF2"]])
            for one in tier.iter("ALIGNABLE_ANNOTATION")
        ]
        assert all(start < end for start, end in own)
        assert all(end <= start for (_, end), (start, _) in pairwise(own))
        if parent := tier.attrib.get("PARENT_REF"):
            around = times[parent]
            assert all(any(a <= start and end <= b for a, b in around) for start, end in own)


def read(transcript: Transcript, folder: Path) -> Elan.Eaf:
    path = folder / "a.eaf"
    path.write_text(render(transcript), encoding="utf-8")
    return Elan.Eaf(str(path))


def words_by_pympi(eaf: Elan.Eaf, tier: str) -> Iterator[tuple[int, int, str]]:
    for start, end, text, *_ in eaf.get_annotation_data_for_tier(tier):
        yield start, end, text


@pytest.mark.parametrize("transcript", [PLAIN, TWO_SPEAKERS, SPELLED, NOTHING])
def test_the_document_obeys_the_schema_and_elan(transcript: Transcript) -> None:
    root = ElementTree.fromstring(render(transcript))
    check_structure(root)
    check_times(root)


@given(any_transcripts())
@settings(deadline=None)
def test_no_transcript_makes_a_document_that_breaks_the_rules(transcript: Transcript) -> None:
    root = ElementTree.fromstring(render(transcript).encode("utf-8"))
    check_structure(root)
    check_times(root)
    found = sorted(
        value.text or ""
        for tier in root.iter("TIER")
        if tier.attrib["LINGUISTIC_TYPE_REF"] == "word"
        for value in tier.iter("ANNOTATION_VALUE")
    )
    texts = (clean_text(word.text) for word in transcript.words)
    assert found == sorted(text for text in texts if text)


def test_pympi_reads_each_speakers_words_at_their_times(tmp_path: Path) -> None:
    eaf = read(TWO_SPEAKERS, tmp_path)
    assert list(eaf.tiers) == [
        *("passages@left", "words@left", "passages@right & <co>", "words@right & <co>")
    ]
    assert [*words_by_pympi(eaf, "words@left")] == [
        *((100, 800, "hola"), (840, 1200, "mar"), (3000, 4000, "anem"))
    ]
    parameters = eaf.get_parameters_for_tier("words@left")
    assert parameters["PARENT_REF"] == "passages@left"
    assert parameters["PARTICIPANT"] == "left"
    kind = eaf.get_parameters_for_linguistic_type(parameters["LINGUISTIC_TYPE_REF"])
    assert kind["CONSTRAINTS"] == "Included_In"


@given(real_transcripts())
@settings(deadline=None, max_examples=40)
def test_pympi_finds_the_words_where_they_were_spoken(
    tmp_path_factory: pytest.TempPathFactory, transcript: Transcript
) -> None:
    eaf = read(transcript, tmp_path_factory.mktemp("eaf"))
    for speaker in transcript.speakers:
        words = [word for one in transcript.said_by(speaker) for word in one.hypothesis.words]
        name = f"words@{speaker}" if speaker else "words"
        assert [*words_by_pympi(eaf, name)] == [
            (*word_ms(word), clean_text(word.text)) for word in words
        ]


def test_confidence_is_a_remark_on_each_word(tmp_path: Path) -> None:
    eaf = read(PLAIN, tmp_path)
    words, remarks = eaf.tiers["words"][0], eaf.tiers["confidence"][1]
    assert [(words[about][2], text) for about, text, *_ in remarks.values()] == [
        *(("bona", "0.93"), ("tarda", "0.50"), ('"què"', "1.00"), ("diu", "0.25"))
    ]


def test_letters_have_a_tier_below_the_words(tmp_path: Path) -> None:
    eaf = read(SPELLED, tmp_path)
    assert eaf.get_parameters_for_tier("characters")["PARENT_REF"] == "words"
    assert [text for *_, text in words_by_pympi(eaf, "characters")] == ["s", "í", "n", "o"]


def test_silence_has_empty_tiers_to_write_in(tmp_path: Path) -> None:
    eaf = read(NOTHING, tmp_path)
    assert list(eaf.tiers) == ["passages", "words"]


def test_the_recording_is_linked_absolutely_and_relatively(tmp_path: Path) -> None:
    (link,) = read(PLAIN, tmp_path).media_descriptors
    assert link == {
        "MEDIA_URL": "file:///sound/a b.wav",
        "MIME_TYPE": "audio/x-wav",
        "RELATIVE_MEDIA_URL": "../../sound/a b.wav",
    }


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.WAV", "audio/x-wav"), ("a.mp4", "video/mp4"), ("a.mp3", "audio/*"), ("a", "audio/*")],
)
def test_media_have_elans_own_names_for_their_kinds(name: str, kind: str) -> None:
    assert link_media(Path("/s") / name, Path("/s"))["MIME_TYPE"] == kind
    assert link_media(Path("/s") / name, Path("/s"))["RELATIVE_MEDIA_URL"] == f"./{name}"


def test_without_a_recording_there_is_no_link() -> None:
    assert "MEDIA_DESCRIPTOR" not in FORMATS["eaf"].render(PLAIN)


def test_a_name_that_is_no_utf8_does_not_break_the_document() -> None:
    text = FORMATS["eaf"].render(PLAIN, media=Path("/s/caf\udce9.wav"), folder=Path("/s"))
    check_structure(ElementTree.fromstring(text.encode("utf-8")))


def test_what_was_written_can_be_trained_on_once_corrected(tmp_path: Path) -> None:
    path = tmp_path / "talk.eaf"
    path.write_text(render(TWO_SPEAKERS), encoding="utf-8")
    annotation = parse_eaf(path, tier="passages")
    assert sorted(
        (one.start_s, one.end_s, one.text, one.speaker) for one in annotation.segments
    ) == [
        (0.1, 1.2, "hola mar", "left"),
        (1.8, 2.4, "hola", "right & <co>"),
        (3.0, 4.0, "anem", "left"),
    ]
    assert [link.path for link in annotation.links] == [
        *("../../sound/a b.wav", "file:///sound/a b.wav")
    ]
