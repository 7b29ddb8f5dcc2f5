"""Which clips are listed: some of every reason, the worst first, each once."""

from dataclasses import replace
from pathlib import Path

import pytest
from report_material import make_result

from w2vctc.cli.checking import clips as report_clips
from w2vctc.cli.checking.clips import Clip, ClipList, list_clips
from w2vctc.cli.checking.players import Player


def names(listed: ClipList) -> list[str]:
    return [clip.row.utterance.id for clip in listed.clips]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clips")


@pytest.fixture(scope="module")
def listed(folder: Path) -> ClipList:
    return list_clips(make_result(folder))


def test_reasons_take_turns_and_outliers_come_farthest_first(listed: ClipList) -> None:
    # Turns: E_RESERVED (0, 6), W_RATE (10, 3, 1), W_CHAR (2, 4), longest (15, 14, 13), shortest
    # (usable ones: 1, 2, 3); what was listed already is not listed again.
    assert names(listed) == [f"clip-{number:02}" for number in (0, 10, 2, 15, 1, 6, 3, 4, 14, 13)]
    assert listed.n_suspicious == 10


def test_a_clip_has_all_its_reasons(listed: ClipList) -> None:
    clip = next(clip for clip in listed.clips if clip.row.utterance.id == "clip-02")
    assert clip.reasons == ("W_CHAR", "shortest")
    assert clip.messages[1] == ("shortest", "one of the 3 shortest that can be used")
    assert listed.count_reasons() == {
        **{"W_RATE": 3, "longest": 3, "shortest": 3, "E_RESERVED": 2, "W_CHAR": 2}
    }


def test_messages_do_not_repeat_the_source(listed: ClipList) -> None:
    assert listed.clips[1].messages == (("W_RATE", "10 letters per second"),)


def test_files_that_cannot_be_opened_are_not_listed(listed: ClipList) -> None:
    assert "lost" not in names(listed)
    assert all(isinstance(clip.player, Player) for clip in listed.clips)


def test_what_is_beyond_the_limits_is_counted(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_clips, "MAX_CLIPS", 4)
    monkeypatch.setattr(report_clips, "MAX_PLAYERS", 2)
    listed = list_clips(make_result(folder))
    assert len(listed.clips) == 4
    assert listed.n_heard == 2
    assert listed.n_suspicious == 10


def test_a_frequent_reason_leaves_room_for_others(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_clips, "MAX_OF_ONE_REASON", 1)
    assert names(list_clips(make_result(folder))) == [
        f"clip-{number:02}" for number in (0, 10, 2, 15, 1)
    ]


def test_somebody_who_waits_hears_of_every_sound(folder: Path) -> None:
    told: list[tuple[str, int, int]] = []
    list_clips(make_result(folder), report=lambda *news: told.append(news))
    assert told == [("players", n_done, 10) for n_done in range(1, 11)]


def test_a_clean_corpus_has_nothing_to_listen_to(folder: Path) -> None:
    result = make_result(folder)
    clean = tuple(replace(row, faults=()) for row in result.rows[:8])
    listed = list_clips(replace(result, rows=clean, reasons=(), rates=None))
    assert listed == ClipList((), 0)


def test_cut_clips_are_counted(listed: ClipList) -> None:
    clip = listed.clips[0]
    cut = Player("data:,", 20.0, is_cut=True)
    clips = (clip, Clip(clip.row, (), (), cut), Clip(clip.row, (), (), None, "E_DECODE"))
    assert ClipList(clips, 3).n_cut == 1
    assert ClipList(clips, 3).n_heard == 2
