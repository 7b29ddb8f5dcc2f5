"""align that goes on where it was: what is kept, what is refused, and what a killed run leaves."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from align_material import say_text
from speech_material import make_babble, write_wav

from w2vctc import files
from w2vctc.cli.aligning.files import TimesFolder
from w2vctc.cli.aligning.hearing import Sound
from w2vctc.cli.aligning.laying import Aligned
from w2vctc.cli.interruption import Interrupted
from w2vctc.cli.main import main
from w2vctc.corpus.utterance import Utterance
from w2vctc.vocab import Vocabulary

Run = Callable[..., tuple[int, str, str]]

pytestmark = pytest.mark.usefixtures("one_thread")

SAID = "__bon dia a tothom" + "_" * 60 + " vinc de molt lluny" + "_" * 30
TEXT = "Bon dia a tothom!\nVinc de molt lluny, adeu.\n"
TEXTS = {"one": TEXT, "two": TEXT.replace("tothom", "tots"), "sub/one": TEXT}


@pytest.fixture
def align(
    run: Run, model_folder: Path, tiny_vocabulary: Vocabulary, monkeypatch: pytest.MonkeyPatch
) -> Run:
    """Types `align talks ...` in a folder where talks/ has recordings in which SAID is heard."""
    Path("models").mkdir()
    Path("models/ca").symlink_to(model_folder)
    emissions = say_text(SAID, tiny_vocabulary)
    sound = Sound(emissions, (), len(emissions) * 0.02)
    for name, text in TEXTS.items():
        path = Path("talks", name).with_suffix(".wav")
        path.parent.mkdir(parents=True, exist_ok=True)
        write_wav(path, make_babble(duration_s=sound.duration_s, seed=len(name)))
        path.with_suffix(".txt").write_text(text, encoding="utf-8")
    heard: list[str] = []

    def hear_rows(_: object, rows: list[Utterance], **__: object) -> list[Sound]:
        heard.extend(row.audio.relative_to("talks").as_posix() for row in rows)
        return [sound for _ in rows]

    monkeypatch.setattr("w2vctc.cli.aligning.laying.hear_rows", hear_rows)

    def type_command(*arguments: str) -> tuple[int, str, str]:
        heard.clear()
        code, _, err = run("align", "talks", "--lang", "ca", *arguments)
        return code, " ".join(heard), err

    return type_command


def list_files(folder: str) -> list[str]:
    found = (path for path in Path(folder).rglob("*") if path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in found)


def test_lines_of_texts_in_a_folder_become_passages(align: Run) -> None:
    assert align("--out", "out")[0] == 0
    told = json.loads(Path("out/one.json").read_text(encoding="utf-8"))
    assert [passage["text"] for passage in told["passages"]] == [
        "Bon dia a tothom!",
        "Vinc de molt lluny,",
    ]


def test_only_what_is_missing_is_heard_again_and_what_is_there_stays(align: Run) -> None:
    assert align("--out", "out", "--format", "eaf,json")[0] == 0
    corrected = Path("out/two.eaf")
    corrected.write_text("corrected", encoding="utf-8")
    code, _, err = align("--out", "out", "--format", "eaf,json")
    assert code == 2
    assert "--resume leaves what is there as it is" in err
    Path("out/one.json").unlink()
    code, heard, err = align("--out", "out", "--format", "eaf,json", "--resume")
    assert (code, heard) == (0, "one.wav")
    assert "2 recordings had been aligned before" in err
    assert corrected.read_text(encoding="utf-8") == "corrected"
    assert Path("out/one.json").is_file()
    code, heard, err = align("--out", "out", "--format", "eaf,json", "--resume")
    assert (code, heard) == (0, "")
    assert "3 recordings had been aligned before" in err
    code, heard, _ = align("--out", "out", "--format", "eaf,json,srt", "--resume")
    assert heard == "one.wav sub/one.wav two.wav"
    assert corrected.read_text(encoding="utf-8") == "corrected"


def test_files_of_another_text_are_not_taken_for_finished(align: Run) -> None:
    """A new recording beside them is no obstacle."""
    assert align("--out", "out")[0] == 0
    write_wav(Path("talks/new.wav"), make_babble(duration_s=2.0))
    Path("talks/new.txt").write_text(TEXT, encoding="utf-8")
    code, heard, _ = align("--out", "out", "--resume")
    assert (code, heard) == (0, "new.wav")
    Path("talks/two.txt").write_text(TEXT, encoding="utf-8")
    code, heard, err = align("--out", "out", "--resume")
    assert (code, heard) == (2, "")
    assert "out/two.* was made with another text than talks/two.wav has now [E_CHANGED]" in err
    assert align("--out", "out", "--overwrite")[0] == 0
    assert align("--out", "out", "--resume")[1] == ""


def test_words_as_spoken_are_not_mixed_with_words_as_written(align: Run) -> None:
    assert align("--out", "out")[0] == 0
    Path("out/one.json").unlink()
    code, _, err = align("--out", "out", "--resume", "--spoken")
    assert code == 2
    assert "words: as written then, as spoken now [E_CHANGED]" in err


def test_what_an_earlier_text_left_unmatched_goes_with_it(align: Run) -> None:
    assert align("--out", "out")[0] == 0
    assert Path("out/one.unmatched.tsv").is_file()
    Path("talks/one.txt").write_text(TEXT.replace(", adeu", ""), encoding="utf-8")
    assert align("--out", "out", "--overwrite")[0] == 0
    assert not Path("out/one.unmatched.tsv").exists()
    assert Path("out/two.unmatched.tsv").is_file()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (["--resume"], "--resume without --out"),
        (["--overwrite"], "--overwrite without --out"),
        (["--out", "o", "--resume", "--overwrite"], "--resume with --overwrite"),
        (["--out", "o", "--resume", "--cut", "c"], "--resume with --cut"),
    ],
)
def test_flags_that_cannot_be(align: Run, wrong: list[str], told: str) -> None:
    code, heard, err = align(*wrong)
    assert (code, heard) == (2, "")
    assert told in err
    assert "hint:" in err
    assert not Path("o").exists()


def die_at(n_files: int, *arguments: str) -> int:
    """Runs the command in a process that is killed while it writes so many-th file; its end."""
    child = os.fork()
    if child == 0:
        n_written = 0

        def sync(path: Path) -> None:
            del path
            nonlocal n_written
            n_written += 1
            if n_written == n_files:
                os.kill(os.getpid(), signal.SIGKILL)

        files.sync = sync
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        try:
            main(list(arguments))
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes that fork")
def test_a_run_that_is_killed_leaves_nothing_half_written_and_goes_on(align: Run) -> None:
    """At every one of its files."""
    arguments = ("--out", "out", "--format", "json,srt")
    assert align(*arguments)[0] == 0
    whole = {name: Path("out", name).read_text(encoding="utf-8") for name in list_files("out")}
    n_files = len(whole)
    assert n_files == 2 + 3 * 3
    for number in range(1, n_files + 1):
        for name in list_files("out"):
            Path("out", name).unlink()
        end = die_at(number, "align", "talks", "--lang", "ca", *arguments)
        assert end == -signal.SIGKILL
        left = [name for name in list_files("out") if not Path(name).name.startswith(".")]
        finished = [name for name in left if name.endswith(".json")]
        assert len(left) == max(number - 3, 0)
        for name in finished:
            assert json.loads(Path("out", name).read_text(encoding="utf-8"))["words"]
        assert align(*arguments, "--resume")[0] == 0
        assert list_files("out") == sorted(whole)
        for name in (name for name in left if not name.endswith(".json")):
            assert Path("out", name).read_text(encoding="utf-8") == whole[name]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes that fork")
@pytest.mark.parametrize("number", [1, 2])
def test_a_corpus_is_cut_whole_after_a_run_that_was_killed_at_one_of_its_tables(
    align: Run, number: int
) -> None:
    assert align("--cut", "whole")[0] == 0
    end = die_at(number, "align", "talks", "--lang", "ca", "--cut", "corpus")
    assert end == -signal.SIGKILL
    assert not Path("corpus/train.tsv").exists()
    assert align("--cut", "corpus")[0] == 0
    assert list_files("corpus") == list_files("whole")
    for name in list_files("whole"):
        assert Path("corpus", name).read_bytes() == Path("whole", name).read_bytes()


def test_ctrl_c_says_how_to_go_on(align: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    save = TimesFolder.save

    def save_and_break_off(times: TimesFolder, result: Aligned) -> None:
        save(times, result)
        raise Interrupted

    with monkeypatch.context() as patched:
        patched.setattr(TimesFolder, "save", save_and_break_off)
        code, _, err = align("--out", "out")
    assert code == 130
    assert "are in out; with --resume it goes on behind them" in err
    assert align("--out", "out", "--resume")[:2] == (0, "sub/one.wav two.wav")
