"""All faults and figures of a data folder in one pass."""

import random
import shutil
import tracemalloc
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from check_material import make_rules
from speech_material import make_babble, write_wav

from w2vctc.corpus.checks.corpus_check import check_corpus
from w2vctc.corpus.checks.result import CheckResult
from w2vctc.corpus.corpus import Corpus, read_corpus
from w2vctc.corpus.formats import ReadOptions
from w2vctc.text.profile import LanguageProfile, generic_profile

Row = tuple[str, str]  # path and text
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A function that writes tables of (path, text), and a recording for each path not there."""

    def write_tables(**splits: Sequence[Row]) -> Path:
        for split, rows in splits.items():
            lines = ["path\ttext\n", *(f"{path}\t{text}\n" for path, text in rows)]
            (tmp_path / f"{split}.tsv").write_text("".join(lines), encoding="utf-8")
            for path, text in rows:
                clip = tmp_path / path
                if not clip.exists() and not path.startswith("gone"):
                    seed = sum(path.encode())
                    write_wav(clip, make_babble(duration_s=1 + 0.06 * len(text), seed=seed))
        return tmp_path

    return write_tables


def check(
    place: Path, *, deep_jobs: int = 0, profile: LanguageProfile | None = None
) -> CheckResult:
    profile = profile or generic_profile("xx")
    corpus = read_corpus(place, ReadOptions())
    return check_corpus(corpus, profile, make_rules(profile), deep_jobs=deep_jobs)


def codes(result: CheckResult) -> dict[str, int]:
    return {reason.code: reason.count for reason in result.reasons}


def test_good_data_has_no_reason_and_its_figures(write: Write) -> None:
    place = write(train=[("a.wav", "bon dia"), ("b.wav", "bona nit")], dev=[("c.wav", "bon vent")])
    result = check(place)
    assert (result.reasons, result.faults) == ((), ())
    assert (result.n_rows, len(result.usable), result.n_errors) == (3, 3, 0)
    assert [(split.split, split.n_usable) for split in result.splits] == [("train", 2), ("dev", 1)]
    assert result.duration_s == pytest.approx(1.42 + 1.48 + 1.48)
    assert [(one.character, one.count) for one in result.characters][:2] == [("n", 5), ("b", 3)]
    assert result.sound is None


def test_all_faults_are_found_at_once_the_worst_first(write: Write) -> None:
    place = write(
        train=[
            ("good.wav", "bon dia"),
            ("gone1.wav", "no hi és"),
            ("gone2.wav", "no hi és"),
            ("empty.wav", "..."),
            ("reserved.wav", "bon [UNK]"),
            ("both.wav", "<s>"),
            ("digits.wav", "7 dies"),
        ],
        dev=[("dev.wav", "bon vent")],
    )
    (place / "both.wav").write_bytes(b"")
    result = check(place)
    assert list(codes(result).items()) == [
        *(("E_MISSING", 2), ("E_RESERVED", 2), ("E_EMPTY", 1), ("E_EMPTY_TEXT", 1)),
        ("W_DIGITS", 1),
    ]
    assert [row.utterance.id for row in result.usable] == ["good.wav", "digits.wav", "dev.wav"]
    both = next(row for row in result.rows if row.utterance.id == "both.wav")
    assert [fault.code for fault in both.faults] == ["E_EMPTY", "E_RESERVED"]
    assert [fault.message.split(":")[1] for fault in result.faults if "gone" in fault.message] == [
        *("3", "4")
    ]  # every missing file is listed


def test_rows_that_could_not_be_read_are_counted(write: Write) -> None:
    place = write(train=[("a.wav", "bon dia"), ("../b.wav", "fora")])
    with (place / "train.tsv").open("a", encoding="utf-8") as stream:
        stream.write("a.wav\tun\taltre\n")
    result = check(place)
    assert codes(result) == {"E_OUTSIDE": 1, "E_ROW": 1}
    assert (result.n_rows, len(result.usable)) == (3, 1)


def test_a_transcript_that_needs_more_frames_than_there_are_tells_both_numbers(
    write: Write,
) -> None:
    place = write(train=[("a.wav", "ab"), ("b.wav", "bon dia")])
    write_wav(place / "a.wav", make_babble(duration_s=0.06))
    write(train=[("a.wav", "abba"), ("b.wav", "bon dia")])
    (fault,) = check(place).faults
    assert fault.code == "E_INFEASIBLE"
    assert "needs 5 frames, its 0.06 s of sound give 2" in fault.message


def test_a_recording_that_no_row_names_is_listed(write: Write) -> None:
    place = write(train=[("a.wav", "bon dia")])
    write_wav(place / "b.wav", make_babble(duration_s=1.0, seed=5))
    write_wav(place / "a.flac.wav", make_babble(duration_s=1.1, seed=6))
    soundfile.write(place / "a.flac", make_babble(duration_s=1.2, seed=7), 16_000)  # a's own copy
    (place / ".hidden.wav").touch()
    result = check(place)
    assert [(fault.code, fault.source) for fault in result.faults] == [
        ("W_NO_TEXT", str(place / "a.flac.wav")),
        ("W_NO_TEXT", str(place / "b.wav")),
    ]
    assert len(result.usable) == 1


def test_a_name_that_is_spelled_otherwise_is_the_row_s_warning(write: Write) -> None:
    place = write(train=[("a.wav", "bon dia")])
    (place / "train.tsv").write_text("path\ttext\nA.WAV\tbon dia\n", encoding="utf-8")
    (row,) = check(place).rows
    assert [fault.code for fault in row.faults] == ["W_NAME"]
    assert row.is_usable


def test_the_same_audio_in_train_and_test_is_a_leak_that_train_loses(write: Write) -> None:
    place = write(train=[("a.wav", "bon dia"), ("b.wav", "adéu")], test=[("c.wav", "bon vent")])
    shutil.copy(place / "c.wav", place / "a.wav")
    result = check(place)
    assert codes(result) == {"E_LEAK": 1}
    assert [row.utterance.id for row in result.usable] == ["b.wav", "c.wav"]
    assert [(one.kind, one.splits, one.count) for one in result.overlaps] == [
        ("audio", ("train", "test"), 1)
    ]


def test_the_same_audio_in_another_container_is_found_when_it_is_decoded(write: Write) -> None:
    place = write(train=[("a.wav", "bon dia"), ("b.wav", "adéu")])
    sound, rate = soundfile.read(place / "a.wav", dtype="int16")
    soundfile.write(place / "c.flac", sound, rate)
    write(train=[("a.wav", "bon dia"), ("b.wav", "adéu"), ("c.flac", "bon dia")])
    assert check(place).reasons == ()
    assert codes(check(place, deep_jobs=1)) == {"W_DUP_AUDIO": 1}


def test_silence_and_clipping_are_found_when_it_is_decoded(write: Write) -> None:
    place = write(train=[("a.wav", "bon dia"), ("b.wav", "adéu"), ("c.wav", "nit"), ("d.wav", "x")])
    write_wav(place / "b.wav", np.zeros(16_000, np.float32))
    write_wav(place / "d.wav", np.zeros(17_000, np.float32))
    loud = np.clip(30 * make_babble(duration_s=1.0), -1, 1)
    write_wav(place / "c.wav", loud)
    assert check(place).reasons == ()
    result = check(place, deep_jobs=1)
    assert codes(result) == {"E_SILENT": 2, "W_CLIPPED": 1}  # silence is no copy of silence
    assert result.sound is not None
    assert (result.sound.n_silent, result.sound.n_clipped) == (2, 1)
    assert result.sound.levels_dbfs is not None
    assert result.sound.levels_dbfs.n == 2


def spoil_some(place: Path) -> None:
    shutil.copy(place / "t3.wav", place / "t4.wav")
    (place / "t5.wav").write_bytes(b"nothing")


def describe(result: CheckResult) -> object:
    """All that should not depend on how the work was done."""
    return (
        *(result.reasons, result.splits, result.speakers, result.lengths, result.characters),
        *(result.dropped, result.overlaps, result.sound),
        [(row.utterance.id, row.rate, row.sound) for row in result.rows],
    )


def test_the_number_of_processes_decides_nothing(write: Write) -> None:
    place = write(train=[(f"t{i}.wav", f"bon dia {chr(97 + i)}") for i in range(8)])
    spoil_some(place)
    assert describe(check(place, deep_jobs=1)) == describe(check(place, deep_jobs=3))


def test_the_order_of_rows_decides_no_count_and_no_figure(write: Write) -> None:
    place = write(
        train=[(f"t{i}.wav", f"bon dia {chr(97 + i % 5)}") for i in range(24)],
        dev=[("d1.wav", "bon dia a"), ("t3.wav", "bon vent")],
    )
    spoil_some(place)
    profile = generic_profile("xx")
    corpus = read_corpus(place, ReadOptions())
    rows = random.Random(4).sample(corpus.utterances, len(corpus.utterances))
    shuffled: Corpus = replace(corpus, utterances=tuple(rows))
    one, other = (check_corpus(data, profile, make_rules(profile)) for data in (corpus, shuffled))
    assert codes(one) == codes(other)
    assert {"E_LEAK", "E_NOT_AUDIO", "W_SPLIT_SENTENCE"} <= set(codes(one))
    for name in ("splits", "speakers", "lengths", "characters", "dropped"):
        assert getattr(one, name) == getattr(other, name)
    assert Counter(
        (fault.code, fault.utterance.id if fault.utterance else "") for fault in one.faults
    ) == Counter(
        (fault.code, fault.utterance.id if fault.utterance else "") for fault in other.faults
    )


def test_progress_is_told_by_kind_of_work(write: Write) -> None:
    place = write(train=[("a.wav", "bon dia"), ("b.wav", "adéu")])
    profile = generic_profile("xx")
    told = []
    check_corpus(
        read_corpus(place, ReadOptions()),
        profile,
        make_rules(profile),
        deep_jobs=1,
        report=lambda what, n_done, n_all: told.append((what, n_done, n_all)),
    )
    assert told == [("headers", 1, 2), ("headers", 2, 2), ("sound", 1, 2), ("sound", 2, 2)]


def test_memory_does_not_grow_with_the_length_of_the_sound(tmp_path: Path) -> None:
    """Five minutes of floating-point samples, which are all looked at, are 19 MB."""
    soundfile.write(tmp_path / "a.wav", make_babble(duration_s=300), 16_000, subtype="FLOAT")
    (tmp_path / "train.tsv").write_text("path\ttext\na.wav\tbon dia\n", encoding="utf-8")
    check(tmp_path)  # imports
    tracemalloc.start()
    check(tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8e6
