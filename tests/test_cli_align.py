"""`w2vctc align` from the command line: what it writes, cuts and refuses."""

import csv
import json
import os
import shutil
from pathlib import Path

import pytest
import soundfile
from align_material import say_text
from deadly_survey import survey_or_die
from speech_material import make_babble, write_wav

from w2vctc.cli.aligning import hearing, laying
from w2vctc.cli.aligning.hearing import Sound
from w2vctc.cli.main import main
from w2vctc.speech import survey
from w2vctc.vocab import Vocabulary

pytestmark = pytest.mark.usefixtures("one_thread")

SAID = "__bon dia a tothom" + "_" * 60 + " vinc de molt lluny" + "_" * 30
TEXT = "Bon dia a tothom!\nVinc de molt lluny.\n"


@pytest.fixture
def talk(
    tmp_path: Path,
    model_folder: Path,
    tiny_vocabulary: Vocabulary,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """A working folder with talk.wav, in which a model hears SAID, and talk.txt, which is TEXT."""
    emissions = say_text(SAID, tiny_vocabulary)
    duration_s = len(emissions) * 0.02
    sound = Sound(emissions, (), duration_s)
    monkeypatch.setattr(
        "w2vctc.cli.aligning.laying.hear_rows", lambda _, rows, **__: [sound for _ in rows]
    )
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "ca").symlink_to(model_folder)
    write_wav(tmp_path / "talk.wav", make_babble(duration_s=duration_s))
    (tmp_path / "talk.txt").write_text(TEXT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def align(*arguments: str) -> int:
    return main(["align", "--lang", "ca", *arguments])


@pytest.mark.usefixtures("talk")
def test_words_and_letters_come_with_their_seconds_in_the_text_s_own_spelling(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert align("talk.wav", "talk.txt") == 0
    captured = capsys.readouterr()
    told = json.loads(captured.out)
    assert [word["text"] for word in told["words"]] == TEXT.split()
    assert told["words"][0]["start_s"] == pytest.approx(0.04)
    assert told["words"][0]["confidence"] == pytest.approx(0.9, abs=0.001)
    assert [one["text"] for one in told["words"][3]["characters"]] == list("tothom")
    assert [passage["text"] for passage in told["passages"]] == TEXT.splitlines()
    assert "talk.wav: 8 of 8 words, score 0.90" in captured.err


@pytest.mark.usefixtures("talk")
def test_words_may_be_written_as_spoken(capsys: pytest.CaptureFixture[str]) -> None:
    assert align("talk.wav", "talk.txt", "--spoken") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["text"] == "bon dia a tothom vinc de molt lluny"


def test_several_formats_go_into_a_folder_and_what_does_not_match_beside_them(talk: Path) -> None:
    (talk / "talk.txt").write_text("Bon vespre dia a tothom\nvinc de molt lluny", encoding="utf-8")
    assert align("talk.wav", "talk.txt", "--out", "times", "--format", "srt,TextGrid") == 0
    assert sorted(path.name for path in (talk / "times").iterdir()) == [
        ".align.json",
        ".decode.json",
        "talk.TextGrid",
        "talk.srt",
        "talk.unmatched.tsv",
    ]
    rows = (talk / "times" / "talk.unmatched.tsv").read_text(encoding="utf-8").splitlines()
    assert rows[1].split("\t")[0::3] == ["missing", "vespre"]
    assert align("talk.wav", "talk.txt", "--out", "times", "--format", "srt") == 2
    assert align("talk.wav", "talk.txt", "--out", "times", "--format", "srt", "--overwrite") == 0


def test_a_corpus_is_cut_and_what_is_left_out_is_listed(
    talk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("talk.wav", "talk.txt", "--cut", "corpus")
    (talk / "talk.txt").write_text(TEXT + "Adeu.", encoding="utf-8")
    assert align(*arguments) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "made corpus: 1 utterance, 3 seconds; 1 rejected" in captured.err
    assert "next: w2vctc check corpus" in captured.err
    with (talk / "corpus" / "train.tsv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    assert [row["text"] for row in rows] == [" ".join(TEXT.split())]
    for row in rows:
        info = soundfile.info(talk / "corpus" / row["path"])
        assert (info.format, info.samplerate, info.channels) == ("FLAC", 16_000, 1)
        assert info.duration == pytest.approx(float(row["duration_s"]), abs=0.001)
    rejected = (talk / "corpus" / "rejected.tsv").read_text(encoding="utf-8")
    assert "talk.txt: not heard: 'Adeu.'" in rejected
    assert align(*arguments) == 2  # what is there is not written over


def test_where_nothing_can_be_cut_the_reasons_are_written_all_the_same(
    talk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert align("talk.wav", "talk.txt", "--cut", "corpus", "--shortest", "5") == 3
    assert "no utterance can be learnt from" in capsys.readouterr().err
    rejected = (talk / "corpus" / "rejected.tsv").read_text(encoding="utf-8")
    assert rejected.count("E_TOO_SHORT") == 1
    assert not (talk / "corpus" / "train.tsv").exists()


def test_the_text_of_another_recording_is_refused_and_no_times_are_made_up(
    talk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (talk / "talk.txt").write_text("Quinze gats petits juguen fora.", encoding="utf-8")
    assert align("talk.wav", "talk.txt", "--out", "times") == 3
    told = capsys.readouterr().err
    assert "error: talk.wav: this is not what talk.txt says" in told
    assert "[E_ALIGN]" in told
    assert "hint:" in told
    assert not (talk / "times").exists()


def test_of_a_folder_the_recordings_that_fit_are_aligned_and_the_others_named(
    talk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = talk / "talks"
    folder.mkdir()
    for name, text in (("one", TEXT), ("other", "Quinze gats petits juguen fora.")):
        write_wav(folder / f"{name}.wav", make_babble(duration_s=2.0))
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    assert align("talks", "--out", "times", "--format", "json,ctm") == 3
    told = capsys.readouterr().err
    assert "1 of 2 recordings could not be aligned" in told
    assert "other.wav: this is not what" in told
    assert sorted(path.name for path in (talk / "times").iterdir()) == [
        ".align.json",
        ".decode.json",
        "one.ctm",
        "one.json",
    ]


def test_recordings_of_one_name_in_two_folders_of_a_manifest_keep_their_folders(
    talk: Path,
) -> None:
    for name in ("ona", "pau"):
        (talk / name).mkdir()
        write_wav(talk / name / "1.wav", make_babble(duration_s=2.0, seed=len(name)))
    text = " ".join(TEXT.split())
    rows = f"path\ttext\nona/1.wav\t{text}\npau/1.wav\t{text}\n"
    (talk / "list.tsv").write_text(rows, encoding="utf-8")
    assert align("list.tsv", "--out", "times") == 0
    written = (talk / "times").rglob("1.json")
    assert sorted(path.relative_to(talk).as_posix() for path in written) == [
        "times/ona/1.json",
        "times/pau/1.json",
    ]


@pytest.mark.usefixtures("talk")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("talk.wav", "talk.txt", "talk.txt"), "3 paths"),
        (("talk.wav", "talk.txt", "--format", "pdf"), "no format 'pdf'"),
        (("talk.wav", "talk.txt", "--format", "srt,vtt"), "stdout takes one"),
        (("talk.wav", "talk.txt", "--cut", "c", "--shortest", "9", "--longest", "3"), "--shortest"),
        (("talk.wav", "talk.txt", "--cut", "."), "where the input is"),
    ],
)
def test_what_cannot_be_asked_for_is_told_before_any_work(
    arguments: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert align(*arguments) == 2
    assert told in capsys.readouterr().err


def test_an_empty_text_and_one_that_is_not_there_are_told(
    talk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (talk / "talk.txt").write_text("\n \n", encoding="utf-8")
    assert align("talk.wav", "talk.txt") == 3
    assert "[E_EMPTY_TEXT]" in capsys.readouterr().err
    assert align("talk.wav", "none.txt") == 3
    assert "[E_MISSING]" in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_decoder_that_dies_costs_its_recording_and_not_the_run(
    talk: Path,
    tiny_vocabulary: Vocabulary,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    emissions = say_text(SAID, tiny_vocabulary)
    monkeypatch.setattr(laying, "hear_rows", hearing.hear_rows)
    monkeypatch.setattr(hearing, "listen", lambda _, windows: [emissions for _ in windows])
    monkeypatch.setattr(survey, "survey_in_worker", survey_or_die)
    (talk / "talks").mkdir()
    for name in ("a", "deadly", "z"):
        shutil.copy(talk / "talk.wav", talk / "talks" / f"{name}.wav")
        shutil.copy(talk / "talk.txt", talk / "talks" / f"{name}.txt")
    assert align("talks", "--out", "times") == 3
    told = capsys.readouterr().err
    assert "error: talks/deadly.wav: the decoder died (signal 11) [E_DECODE]" in told
    assert "1 of 3 recordings could not be aligned" in told
    assert sorted(path.stem for path in (talk / "times").glob("[a-z]*.json")) == ["a", "z"]


def test_a_recording_that_is_not_there_is_told_with_its_text(
    talk: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(laying, "hear_rows", hearing.hear_rows)
    (talk / "talk.wav").unlink()
    assert align("talk.wav", "talk.txt", "--out", "times") == 3
    assert "[E_MISSING]" in capsys.readouterr().err
    assert not (talk / "times").exists()
