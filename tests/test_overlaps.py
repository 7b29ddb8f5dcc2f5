"""What two splits share."""

from check_material import make_row

from w2vctc.corpus.checks.overlaps import count_shared_sound, find_overlaps
from w2vctc.corpus.checks.result import Overlap


def test_a_sentence_in_two_splits_is_counted_and_named_with_both_places() -> None:
    rows = [
        make_row("t1", "bon dia", split="train"),
        make_row("t2", "bona nit", split="train"),
        make_row("d1", "bon dia", split="dev"),
        make_row("d2", "bon dia", split="dev"),
        make_row("d3", "adéu", split="dev"),
    ]
    ((overlap, faults),) = find_overlaps(rows)
    assert overlap == Overlap("sentence", ("train", "dev"), 2, 3, ("bon dia",))
    assert [(fault.code, fault.message) for fault in faults] == [
        ("W_SPLIT_SENTENCE", "d1:1: the sentence 'bon dia' stands in t1:1 too"),
        ("W_SPLIT_SENTENCE", "d2:1: the sentence 'bon dia' stands in t1:1 too"),
    ]


def test_an_id_in_two_splits_is_counted() -> None:
    rows = [make_row("x", "a", split="train"), make_row("x", "b", split="test")]
    ((overlap, faults),) = find_overlaps(rows)
    assert overlap == Overlap("id", ("train", "test"), 1, 1, ("x",))
    assert [fault.code for fault in faults] == ["W_SPLIT_ID"]


def test_a_speaker_in_two_splits_is_one_warning_with_both_counts() -> None:
    rows = [
        make_row("1", "a", split="train", speaker="Anna"),
        make_row("2", "b", split="train", speaker="Anna"),
        make_row("3", "c", split="dev", speaker="Anna"),
        make_row("4", "d", split="dev", speaker="Pere"),
        make_row("5", "e", split="dev"),
    ]
    ((overlap, faults),) = find_overlaps(rows)
    assert overlap == Overlap("speaker", ("train", "dev"), 1, 2, ("Anna",))
    assert [(fault.code, fault.message, fault.utterance) for fault in faults] == [
        ("W_SPLIT_SPEAKER", "speaker 'Anna' is heard in train (2) and dev (1)", None)
    ]


def test_unknown_speakers_and_empty_texts_are_shared_with_nobody() -> None:
    rows = [make_row("1", "", split="train"), make_row("2", "", split="dev")]
    assert find_overlaps(rows) == []


def test_rows_of_one_split_or_of_none_share_nothing() -> None:
    assert find_overlaps([make_row("1", "a"), make_row("2", "a")]) == []
    assert find_overlaps([make_row("1", "a", split="dev"), make_row("2", "a", split="dev")]) == []


def test_shared_sound_counts_rows_of_the_later_split() -> None:
    a, b, c, d = (
        make_row(name, split=split)
        for name, split in (("a", "train"), ("b", "test"), ("c", "test"), ("d", "train"))
    )
    assert count_shared_sound([[a, b], [a, d]], [a, b, c, d]) == [
        Overlap("audio", ("train", "test"), 1, 2, ("b:1",))
    ]
