"""ELAN files as linguists leave them: tiers, speakers, media links of another machine."""

import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from w2vctc.corpus.corpus import Corpus, read_corpus
from w2vctc.corpus.formats import ReadOptions, find_format
from w2vctc.errors import DataError, W2vctcError

SLOTS = {"ts1": 0, "ts2": 1500, "ts3": 2000, "ts4": 3250, "ts5": None, "ts6": None}


def aligned(key: str, first: str, last: str, text: str) -> str:
    return (
        f'<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="{key}" TIME_SLOT_REF1="{first}"'
        f' TIME_SLOT_REF2="{last}"><ANNOTATION_VALUE>{text}</ANNOTATION_VALUE>'
        "</ALIGNABLE_ANNOTATION></ANNOTATION>"
    )


def referring(key: str, parent: str, text: str) -> str:
    return (
        f'<ANNOTATION><REF_ANNOTATION ANNOTATION_ID="{key}" ANNOTATION_REF="{parent}">'
        f"<ANNOTATION_VALUE>{text}</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>"
    )


def tier(name: str, *annotations: str, kind: str = "talk", participant: str = "") -> str:
    who = f" PARTICIPANT={quoteattr(participant)}" if participant else ""
    return (
        f"<TIER LINGUISTIC_TYPE_REF={quoteattr(kind)} TIER_ID={quoteattr(name)}{who}>"
        f"{''.join(annotations)}</TIER>"
    )


WORDS = tier("words", aligned("a1", "ts1", "ts2", "la barca"), aligned("a2", "ts3", "ts4", "torna"))


def document(*tiers: str, media: str = "", head: str = "", schema: bool = True) -> str:
    slots = "".join(
        f'<TIME_SLOT TIME_SLOT_ID="{key}"'
        + (f' TIME_VALUE="{value}"/>' if value is not None else "/>")
        for key, value in SLOTS.items()
    )
    named = (
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' xsi:noNamespaceSchemaLocation="http://www.mpi.nl/tools/elan/EAFv3.0.xsd"'
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}<ANNOTATION_DOCUMENT AUTHOR="" DATE=""'
        f' FORMAT="3.0" VERSION="9.9"{named if schema else ""}>'
        f'<HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">{media}</HEADER>'
        f"<TIME_ORDER>{slots}</TIME_ORDER>{''.join(tiers)}"
        '<LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="talk" TIME_ALIGNABLE="true"/></ANNOTATION_DOCUMENT>'
    )


def link(url: str, relative: str = "", origin: str = "") -> str:
    more = f" RELATIVE_MEDIA_URL={quoteattr(relative)}" if relative else ""
    more += f' TIME_ORIGIN="{origin}"' if origin else ""
    return f'<MEDIA_DESCRIPTOR MEDIA_URL={quoteattr(url)} MIME_TYPE="audio/x-wav"{more}/>'


def save(path: Path, text: str | bytes, *sounds: str) -> Path:
    """Writes an .eaf, and empty files as recordings: no reader opens them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    for sound in sounds:
        there = path.parent / sound
        there.parent.mkdir(parents=True, exist_ok=True)
        there.touch()
    return path


def read(place: Path, tier: str | None = None, *, allow_outside: bool = False) -> Corpus:
    return read_corpus(place, ReadOptions("elan", tier, allow_outside))


def refusal(place: Path, tier: str | None = None) -> DataError:
    with pytest.raises(DataError) as caught:
        read(place, tier)
    assert caught.value.hint
    return caught.value


def spoken(corpus: Corpus) -> list[tuple[str, str, float, float | None]]:
    return [(row.text, row.speaker, row.start_s, row.end_s) for row in corpus.utterances]


# --- what is read


def test_annotations_become_pieces_of_the_recording(tmp_path: Path) -> None:
    path = save(tmp_path / "visit.eaf", document(WORDS), "visit.wav")
    corpus = read_corpus(path)
    assert (corpus.format.name, corpus.faults) == ("elan", ())
    assert spoken(corpus) == [("la barca", "", 0.0, 1.5), ("torna", "", 2.0, 3.25)]
    assert {row.audio for row in corpus.utterances} == {tmp_path / "visit.wav"}
    assert [row.source for row in corpus.utterances] == ["visit.eaf:words:1", "visit.eaf:words:2"]


def test_files_of_other_programs_without_a_schema_are_read(tmp_path: Path) -> None:
    save(tmp_path / "a.eaf", document(WORDS, schema=False), "a.wav")
    assert len(read(tmp_path).utterances) == 2


def test_nothing_is_printed_and_nothing_is_written(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    save(tmp_path / "a.eaf", document(WORDS), "a.wav")
    before = {path.name: hashlib.sha256(path.read_bytes()) for path in tmp_path.iterdir()}
    read(tmp_path)
    assert capfd.readouterr() == ("", "")
    after = {path.name: hashlib.sha256(path.read_bytes()) for path in tmp_path.iterdir()}
    assert {name: digest.hexdigest() for name, digest in before.items()} == {
        name: digest.hexdigest() for name, digest in after.items()
    }


def test_folders_below_are_read_and_a_folder_named_after_a_split_is_one(tmp_path: Path) -> None:
    save(tmp_path / "train" / "a.eaf", document(WORDS), "a.wav")
    save(tmp_path / "Validation" / "day 2" / "b.eaf", document(WORDS), "b.wav")
    corpus = read(tmp_path)
    assert corpus.splits == ("train", "dev")
    assert corpus.rows("train")[0].id == "train/a.eaf:words:1"


def test_macos_shadow_files_are_no_annotations(tmp_path: Path) -> None:
    save(tmp_path / "a.eaf", document(WORDS), "a.wav", "._a.wav")
    save(tmp_path / "._a.eaf", b"\x00\x05\x16\x07")
    assert read(tmp_path).faults == ()


# --- tiers


def test_a_translation_of_annotations_does_not_make_the_tier_unclear(tmp_path: Path) -> None:
    gloss = tier("gloss", referring("b1", "a1", "the boat"), referring("b2", "a2", "returns"))
    path = save(tmp_path / "a.eaf", document(WORDS, gloss), "a.wav")
    assert [row.text for row in read(path).utterances] == ["la barca", "torna"]
    assert spoken(read(path, "gloss")) == [("the boat", "", 0.0, 1.5), ("returns", "", 2.0, 3.25)]


def test_words_below_one_annotation_share_its_time(tmp_path: Path) -> None:
    parts = tier("parts", referring("b1", "a1", "la"), referring("b2", "a1", "barca"))
    glosses = tier("glosses", referring("c1", "b1", "the"), referring("c2", "b2", "boat"))
    path = save(tmp_path / "a.eaf", document(glosses, parts, WORDS), "a.wav")
    assert spoken(read(path, "glosses")) == [("the", "", 0.0, 0.75), ("boat", "", 0.75, 1.5)]


def test_time_slots_without_times_are_evenly_spaced(tmp_path: Path) -> None:
    inner = tier(
        "inner",
        aligned("b1", "ts1", "ts5", "u"),
        aligned("b2", "ts5", "ts6", "dos"),
        aligned("b3", "ts6", "ts2", "tres"),
    )
    path = save(tmp_path / "a.eaf", document(WORDS, inner), "a.wav")
    assert [row[2:] for row in spoken(read(path, "inner"))] == [(0, 0.5), (0.5, 1.0), (1.0, 1.5)]


def test_an_unclear_tier_is_refused_with_all_tiers_and_their_texts(tmp_path: Path) -> None:
    other = tier("Miquel", aligned("b1", "ts1", "ts3", "bon dia"), kind="reply")
    empty = tier("notes", aligned("c1", "ts1", "ts2", " "))
    path = save(tmp_path / "a.eaf", document(WORDS, other, empty), "a.wav")
    error = refusal(path)
    assert error.message == f"{path}: several tiers have text: 'words' (2), 'Miquel' (1)"
    assert error.hint.endswith("or of a type for all tiers of that type: reply, talk")
    assert error.code == "E_TIER"
    assert refusal(tmp_path).message == error.message
    save(tmp_path / "b.eaf", document(WORDS, other), "b.wav")
    assert refusal(tmp_path).message == f"{error.message}; and so in 1 more of {tmp_path}"


def test_a_tier_that_is_not_there_is_refused_with_the_nearest(tmp_path: Path) -> None:
    error = refusal(save(tmp_path / "a.eaf", document(WORDS), "a.wav"), "wordz")
    assert error.code == "E_TIER"
    assert "no tier 'wordz' (did you mean 'words'?); the tiers are 'words' (2)" in error.message


@pytest.mark.parametrize("wanted", ["talk", "tx"])
def test_one_tier_for_each_speaker_comes_in_by_type_or_by_name_before_the_at(
    tmp_path: Path, wanted: str
) -> None:
    anna = tier("tx@A", aligned("a1", "ts1", "ts2", "vine"), participant="Anna")
    boris = tier("tx@B", aligned("b1", "ts3", "ts4", "ja vinc"))
    gloss = tier("ft@A", referring("c1", "a1", "come"), kind="gloss")
    path = save(tmp_path / "a.eaf", document(anna, boris, gloss), "a.wav")
    assert [row[:2] for row in spoken(read(path, wanted))] == [
        ("vine", "Anna"),
        ("ja vinc", "tx@B"),
    ]


def test_a_tier_name_is_found_however_its_accents_are_typed(tmp_path: Path) -> None:
    path = save(tmp_path / "a.eaf", document(WORDS.replace("words", "veu\u0301")), "a.wav")
    assert len(read(path, "ve\u00fa").utterances) == 2


def test_files_without_the_wanted_tier_are_named_and_the_others_read(tmp_path: Path) -> None:
    save(tmp_path / "a.eaf", document(WORDS), "a.wav")
    save(tmp_path / "b.eaf", document(WORDS.replace("words", "other")), "b.wav")
    corpus = read(tmp_path, "words")
    assert len(corpus.utterances) == 2
    assert [(fault.code, fault.source, fault.is_fatal) for fault in corpus.faults] == [
        ("E_TIER", "b.eaf", True)
    ]


# --- empty annotations, recordings without transcripts


def test_empty_annotations_are_counted_once_for_a_file(tmp_path: Path) -> None:
    words = tier(
        "w",
        aligned("a1", "ts1", "ts2", "vine"),
        aligned("a2", "ts2", "ts3", ""),
        aligned("a3", "ts3", "ts4", " \n"),
    )
    corpus = read(save(tmp_path / "a.eaf", document(words), "a.wav"))
    assert len(corpus.utterances) == 1
    (fault,) = corpus.faults
    assert (fault.code, fault.message) == ("W_EMPTY", "a.eaf: 2 of 3 annotations have no text")


def test_transcripts_without_recording_and_recordings_without_transcript_are_both_listed(
    tmp_path: Path,
) -> None:
    save(tmp_path / "a.eaf", document(WORDS, media=link("file:///C:/rec/tape%201.wav")))
    save(tmp_path / "b.eaf", document(WORDS), "b.wav", "b.mp4", "alone.flac")
    save(tmp_path / "c.eaf", document(tier("w", aligned("a1", "ts1", "ts2", ""))), "c.wav")
    corpus = read(tmp_path)
    assert len(corpus.utterances) == 2
    assert [(fault.code, fault.source) for fault in corpus.faults] == [
        ("E_NO_AUDIO", "a.eaf"),
        ("E_NO_TEXT", "c.eaf"),
        ("E_NO_TEXT", "alone.flac"),
    ]
    assert corpus.faults[0].message == (
        f"{tmp_path / 'a.eaf'}: its recording is not there; looked for"
        " file:///C:/rec/tape%201.wav; a.wav, .mp3, .mp4, ..."
    )
    assert not corpus.faults[0].is_fatal
    assert corpus.faults[2].message == "alone.flac: no transcript belongs to it"


def test_a_single_file_without_its_recording_is_refused(tmp_path: Path) -> None:
    error = refusal(save(tmp_path / "a.eaf", document(WORDS)))
    assert (error.code, error.hint) == ("E_NO_AUDIO", "put it beside a.eaf, under the same name")


def test_a_link_that_climbs_out_of_the_data_is_refused_unless_permitted(tmp_path: Path) -> None:
    media = link("file:///gone/tape.wav", "../tape.wav")
    path = save(tmp_path / "data" / "a.eaf", document(WORDS, media=media), "../tape.wav")
    assert {fault.code for fault in read(path).faults} == {"E_OUTSIDE"}
    (row, _) = read(path, allow_outside=True).utterances
    assert row.audio.resolve() == tmp_path / "tape.wav"


def test_the_origin_of_the_media_moves_all_times(tmp_path: Path) -> None:
    media = link("file:///x/tape.wav", origin="10500")
    path = save(tmp_path / "a.eaf", document(WORDS, media=media), "tape.wav")
    assert [row[2:] for row in spoken(read(path))] == [(10.5, 12.0), (12.5, 13.75)]


def test_an_annotation_that_ends_before_it_begins_is_a_fault_of_its_row(tmp_path: Path) -> None:
    words = tier("w", aligned("a1", "ts2", "ts1", "x"), aligned("a2", "ts3", "ts4", "y"))
    corpus = read(save(tmp_path / "a.eaf", document(words), "a.wav"))
    assert [row.text for row in corpus.utterances] == ["y"]
    (fault,) = corpus.faults
    assert (fault.code, fault.message) == (
        "E_ROW",
        "a.eaf:w:1: from 1.5 to 0 s is no stretch of time",
    )


# --- what cannot be read

BOMB = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
THIEF = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no well-formed XML: no element found"),
        (b"<ANNOTATION_DOCUMENT", "no well-formed XML: unclosed token"),
        (b"\xff\xfe\x00garbage", "no well-formed XML"),
        (document(WORDS).replace("xmlns:xsi", "xmlns:xs0"), "unbound prefix"),
        (b"<html></html>", "an XML file of another kind, <html>"),
        (b'<?xml version="1.0" encoding="x-none"?><a/>', "no well-formed XML: unknown encoding"),
        (document(WORDS, head=BOMB), "it declares a DOCTYPE, which ELAN never writes"),
        (document(WORDS.replace("torna", "&a;"), head=THIEF), "it declares a DOCTYPE"),
        (document(WORDS.replace("ts2", "ts99")), "KeyError at 'ts99'"),
        (document(tier("w", aligned("a1", "ts5", "ts6", "x"))), "a time slot without a time"),
        (document(tier("w", referring("a1", "a1", "x"))), "an annotation that is not there"),
        (document(WORDS).replace('VALUE="1500"', 'VALUE="soon"'), "invalid literal for int"),
        (document(WORDS).replace('"1500"', f'"{"9" * 400}"'), "OverflowError"),
    ],
)
def test_what_is_no_annotation_is_refused_with_the_reason(
    tmp_path: Path, content: str | bytes, why: str
) -> None:
    path = save(tmp_path / "a.eaf", content, "a.wav")
    error = refusal(path)
    assert error.code == "E_ANNOTATION"
    assert error.message.startswith(f"{path}: not an ELAN file that can be read (")
    assert why in error.message


def test_one_file_that_cannot_be_read_leaves_the_others(tmp_path: Path) -> None:
    save(tmp_path / "a.eaf", b"<oh", "a.wav")
    save(tmp_path / "b.eaf", document(WORDS), "b.wav")
    corpus = read(tmp_path)
    assert len(corpus.utterances) == 2
    assert [(fault.code, fault.is_fatal) for fault in corpus.faults] == [("E_ANNOTATION", True)]


def test_pipes_link_loops_and_odd_names_do_not_stop_the_others(tmp_path: Path) -> None:
    stem = os.fsdecode(b"b\xff\n'q' ")
    save(tmp_path / f"{stem}.eaf", document(WORDS), f"{stem}.wav")
    os.mkfifo(tmp_path / "pipe.eaf")
    (tmp_path / "loop.eaf").symlink_to("loop.eaf")
    (tmp_path / "self").symlink_to(tmp_path)
    corpus = read(tmp_path)
    assert [row.id for row in corpus.utterances] == [
        f"b\\udcff\\n'q' .eaf:words:{number}" for number in (1, 2)
    ]
    assert [(fault.code, fault.source) for fault in corpus.faults] == [
        ("E_MISSING", "loop.eaf"),
        ("E_NOT_FILE", "pipe.eaf"),
    ]


def test_a_folder_without_annotations_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path).code == "E_MISSING"


def test_a_table_beside_annotations_wins(tmp_path: Path) -> None:
    save(tmp_path / "a.eaf", document(WORDS), "a.wav")
    (tmp_path / "train.tsv").write_text("path\ttext\na.wav\tvine\n", encoding="utf-8")
    assert find_format(tmp_path).name == "table"


# --- any bytes at all

WHOLE = document(
    WORDS, tier("gloss", referring("b1", "a1", "x")), media=link("file:///x/a.wav", "./a.wav", "5")
)
PIECES = re.findall(r"<[^<]*", WHOLE)


def survive(folder: Path, content: bytes, options: Sequence[str | None] = (None, "words")) -> None:
    path = save(folder / "a.eaf", content, "a.wav")
    for wanted in options:
        try:
            corpus = read(path, wanted)
        except W2vctcError as error:
            assert error.code
        else:
            assert corpus.utterances or corpus.faults


@settings(deadline=None)
@given(st.binary(max_size=100))
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    survive(tmp_path_factory.getbasetemp() / "bytes", content)


@settings(deadline=None)
@given(
    st.integers(0, len(PIECES) - 1),
    st.sampled_from(["", "<TIER/>", "<ANNOTATION><REF_ANNOTATION/></ANNOTATION>", '<X Y="&#0;"/>']),
    st.booleans(),
)
def test_a_file_with_pieces_gone_or_added_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, at: int, piece: str, drop: bool
) -> None:
    changed = "".join([*PIECES[:at], piece, *PIECES[at + drop :]])
    survive(tmp_path_factory.getbasetemp() / "pieces", changed.encode())


@settings(deadline=None)
@given(st.integers(0, len(WHOLE) - 1), st.characters(codec="utf-8"))
def test_a_file_with_one_character_changed_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, at: int, character: str
) -> None:
    changed = WHOLE[:at] + character + WHOLE[at + 1 :]
    survive(tmp_path_factory.getbasetemp() / "one", changed.encode())
