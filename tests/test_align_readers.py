"""What align writes, read back by the programs' own readers: the same words at the same times."""

import json
from pathlib import Path
from typing import Any

import pysubs2
import pytest
from align_material import say_text
from praatio import textgrid
from pympi import Elan
from speech_material import make_babble, write_wav

from w2vctc.cli.aligning.hearing import Sound
from w2vctc.cli.main import main
from w2vctc.vocab import Vocabulary

pytestmark = pytest.mark.usefixtures("one_thread")

SAID = "__bon dia a tothom" + "_" * 60 + " vinc de molt lluny" + "_" * 40 + "bona nit" + "_" * 20
TEXT = "«Bon dia a tothom!»\nVinc de molt lluny & bé:\nbona <nit>\n"

Timed = list[tuple[str, float, float]]


@pytest.fixture
def times(
    tmp_path: Path,
    model_folder: Path,
    tiny_vocabulary: Vocabulary,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """A folder with talk.json and the same in the other formats."""
    emissions = say_text(SAID, tiny_vocabulary)
    duration_s = len(emissions) * 0.02
    monkeypatch.setattr(
        "w2vctc.cli.aligning.laying.hear_rows",
        lambda _, rows, **__: [Sound(emissions, (), duration_s) for _ in rows],
    )
    monkeypatch.chdir(tmp_path)
    Path("models").mkdir()
    Path("models/ca").symlink_to(model_folder)
    write_wav(Path("talk.wav"), make_babble(duration_s=duration_s))
    Path("talk.txt").write_text(TEXT, encoding="utf-8")
    command = "align --lang ca talk.wav talk.txt --out times --format json,eaf,TextGrid,srt"
    assert main(command.split()) == 0
    return tmp_path / "times"


def read_json(times: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((times / "talk.json").read_text(encoding="utf-8"))
    return told


def spans(items: list[dict[str, Any]]) -> Timed:
    return [(one["text"], one["start_s"], one["end_s"]) for one in items]


def letters_of(told: dict[str, Any]) -> Timed:
    return spans([letter for word in told["words"] for letter in word["characters"]])


def test_json_has_the_words_of_the_text_but_for_those_that_nobody_says(times: Path) -> None:
    told = read_json(times)
    words = [word["text"] for word in told["words"]]
    assert words == TEXT.replace("& bé:", "").split()
    assert len(told["passages"]) == 3


def test_pympi_finds_words_and_letters_at_their_times(times: Path) -> None:
    told, eaf = read_json(times), Elan.Eaf(str(times / "talk.eaf"))

    def read(tier: str) -> Timed:
        found = sorted(eaf.get_annotation_data_for_tier(tier))
        return [(text, start / 1000, end / 1000) for start, end, text, *_ in found]

    assert read("words") == spans(told["words"])
    assert read("characters") == letters_of(told)
    assert read("passages") == spans(told["passages"])


def test_praatio_finds_words_and_letters_at_their_times(times: Path) -> None:
    told = read_json(times)
    grid = textgrid.openTextgrid(str(times / "talk.TextGrid"), includeEmptyIntervals=False)

    def read(tier: str) -> Timed:
        return [(one.label, one.start, one.end) for one in grid.getTier(tier).entries]

    assert read("words") == spans(told["words"])
    assert read("characters") == letters_of(told)
    assert grid.maxTimestamp == pytest.approx(told["duration_s"], abs=0.001)


def test_pysubs2_finds_the_text_in_cues_that_begin_with_their_words(times: Path) -> None:
    told = read_json(times)
    subtitles = pysubs2.load(str(times / "talk.srt"), keep_html_tags=True)
    cues = [(cue.text.replace("\\N", " "), cue.start / 1000) for cue in subtitles]
    assert " ".join(text for text, _ in cues) == " ".join(one["text"] for one in told["words"])
    starts, first = [], 0
    for text, _ in cues:
        starts.append(told["words"][first]["start_s"])
        first += len(text.split())
    assert [start for _, start in cues] == starts
