"""`w2vctc check` as a person types it: what the screen says, the exit code, what is written."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from speech_material import make_babble, write_wav

from w2vctc.cli.checking import report as check_report
from w2vctc.cli.checking.screen import render_check
from w2vctc.corpus.checks.result import CheckResult

Run = Callable[..., tuple[int, str, str]]
Rows = Callable[..., Path]

TABLE = """\
path\ttext\tspeaker\tduration_s
a.wav\tBon dia, Anna.\tanna\t1.5
b.wav\tbona nit\tpere\t9
c.wav\tbon [UNK]\tpere\t
d.wav\tsí 7\tpere\t
gone.wav\tadéu\tpere\t
"""
DEV = "path\ttext\tspeaker\ne.wav\tbon dia Anna\tanna\nf.wav\tquin vent\tjoan\n"


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    """data/ca with five rows of train, three of them good, and two of dev."""
    data = tmp_path / "data" / "ca"
    data.mkdir(parents=True)
    for number, name in enumerate("abcdef"):
        write_wav(data / f"{name}.wav", make_babble(duration_s=1.5, seed=number))
    (data / "train.tsv").write_text(TABLE, encoding="utf-8")
    (data / "dev.tsv").write_text(DEV, encoding="utf-8")
    return data


def hash_tree(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        digest.update(str(path.relative_to(folder)).encode())
        if path.is_file():
            digest.update(path.read_bytes())
            digest.update(str(path.stat().st_mtime_ns).encode())
    return digest.hexdigest()


SCREEN = """\
data/ca (TSV or CSV table): 5 of 7 rows can be trained on, 8 seconds of speech

Cannot be trained on
  E_MISSING         1  the file is not there; find it, mend the path, or take the row out
                       | train.tsv:6: data/ca/gone.wav: no such file or directory
  E_RESERVED        1  one of the model's own tokens stands in the text; write what was said, or
                       take it out
                       | train.tsv:4: the transcript holds the literal '[UNK]'

Can be used; to look at
  W_DURATION        1  the table says another duration than the file has; see whether it is still
                       the same recording
                       | train.tsv:3: data/ca/b.wav: 1.50 s, where the table says 9.00 s
  W_SPLIT_SENTENCE  1  the sentence stands in two splits; `w2vctc prepare --resplit` keeps sentences
                       apart; else error rates are too good
                       | dev.tsv:2: the sentence 'bon dia anna' stands in train.tsv:2 too
  W_SPLIT_SPEAKER   1  the speaker is heard in two splits; `w2vctc prepare --resplit` keeps speakers
                       apart; else new voices will do worse
                       | speaker 'anna' is heard in train (1) and dev (1)

Splits (new: words that train never has)
  split  rows  speech  shortest  median  longest  words     new  speakers
  train     3     4 s     1.5 s   1.5 s    1.5 s      7       -         2
  dev       2     3 s     1.5 s   1.5 s    1.5 s      5  40.0 %         2

Speakers: 3: anna 3 seconds, pere 3 seconds, joan 2 seconds
Rate: 5.3 characters a second, 3.6 to 6.7 in nine clips of ten
Rare letters: i U+0069 4; b U+0062 3; o U+006F 3; t U+0074 3; d U+0064 2; e U+0065 2; s U+0073 2; q
  U+0071 1; u U+0075 1; v U+0076 1; í U+00ED 1
Dropped by normalization: , U+002C 1; . U+002E 1
Shared: 1 of 2 rows of dev have a sentence of train: bon dia anna
Shared: 1 of 2 speakers of dev are heard in train: anna
New words of dev: 2 of 5 different ones (40.0 %), such as quin, vent

For training
- 4 seconds to train on: `w2vctc finetune --lang ca` takes --model xlsr-53 --preset 10min by itself:
  13,000 updates of 200 s, in the first 10,000 only the new head learns
- under 10 minutes no published recipe exists: every further minute of speech helps more than any
  setting
- dev has 3 seconds: with so little, small differences between two models are chance
- 40 % of the words in dev never occur in train: more text in the language helps the n-gram (w2vctc
  train-lm --lang ca --text FILE)
"""


def test_the_screen_tells_the_worst_first_and_what_to_do(run: Run, faulty: Path) -> None:
    before = hash_tree(faulty)
    code, out, err = run("check", "--lang", "ca")
    assert code == 3
    assert out == SCREEN
    assert err == "next: w2vctc check --lang ca --fix FOLDER writes the rows that can be used\n"
    assert hash_tree(faulty) == before


GOOD_SCREEN = """\
data/xx (TSV or CSV table): all 8 rows can be trained on, 7 seconds of speech

Splits (new: words that train never has)
  split  rows  speech  shortest  median  longest  words     new  speakers
  train     4     4 s     1.0 s   1.0 s    1.0 s     15       -         -
  dev       2     2 s     0.6 s   0.8 s    0.9 s      5   0.0 %         -
  test      2     2 s     0.9 s   0.9 s    0.9 s      6  16.7 %         -

Speakers: the data names none
Rate: 10.6 characters a second, 9.9 to 11.1 in nine clips of ten
Rare letters: e U+0065 4; t U+0074 4; d U+0064 3; p U+0070 3; b U+0062 2; i U+0069 2; r U+0072 2; v
  U+0076 2
New words of test: 1 of 6 different ones (16.7 %), such as de

For training
- 4 seconds to train on: `w2vctc finetune --lang xx` takes --model xlsr-53 --preset 10min by itself:
  13,000 updates of 200 s, in the first 10,000 only the new head learns
- under 10 minutes no published recipe exists: every further minute of speech helps more than any
  setting
- dev has 2 seconds: with so little, small differences between two models are chance
"""


def test_good_data_ends_with_exit_code_0_and_the_next_verb(run: Run, speech_rows: Rows) -> None:
    speech_rows()
    code, out, err = run("check", "--lang", "xx")
    assert (code, err) == (0, "next: w2vctc build-vocab --lang xx\n")
    assert out == GOOD_SCREEN


@pytest.mark.parametrize("width", [80, 100, 120])
@pytest.mark.usefixtures("faulty")
def test_lines_fit_the_terminal(run: Run, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    shown = []

    def keep(result: CheckResult, **_: int) -> str:
        shown.append(render_check(result, width=width))
        return ""

    monkeypatch.setattr("w2vctc.cli.checking.screen.render_check", keep)
    run("check", "--lang", "ca")
    (text,) = shown
    assert all(len(line) <= width for line in text.splitlines())
    assert " ".join(text.replace(" | ", " ").split()) == " ".join(
        SCREEN.replace(" | ", " ").split()
    )


@pytest.mark.usefixtures("faulty")
def test_the_data_can_be_named_without_a_flag(run: Run) -> None:
    code, out, err = run("check", "data/ca", "--lang", "ca")
    assert (code, out.split(":")[0]) == (3, "data/ca (TSV or CSV table)")
    assert "check --lang ca --data data/ca --fix FOLDER" in err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("data/ca", "--data", "data/ca"), 2, "the data is data/ca or --data data/ca?"),
        (("--lang", "ca", "--max-duration", "0"), 2, "--max-duration 0 must be above 0"),
        (("--lang", "ca", "--jobs", "0"), 2, "Invalid value for '--jobs'"),
        (("--lang", "xy"), 3, "data/xy: no such file or folder [E_MISSING]"),
        (("--lang", "ca", "--fix", "data/ca"), 2, "data/ca: that is where the input is"),
        (("--lang", "ca", "--fix", "data/ca/new"), 2, "lies inside of the input data/ca"),
        (("--lang", "ca", "--fix", "data"), 2, "data: holds the input data/ca"),
    ],
)
def test_what_cannot_be_done_is_said_before_any_work(
    run: Run, faulty: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    before = hash_tree(faulty)
    shown = run("check", *arguments)
    assert (shown[0], shown[1]) == (code, "")
    assert message in " ".join(shown[2].replace("│", " ").split())
    assert hash_tree(faulty) == before


def test_the_limit_of_length_can_be_set(run: Run, speech_rows: Rows) -> None:
    speech_rows()
    code, out, _ = run("check", "--lang", "xx", "--max-duration", "0.95", "--json")
    assert code == 3
    assert [reason["code"] for reason in json.loads(out)["reasons"]] == ["E_TOO_LONG"]


@pytest.mark.usefixtures("faulty")
def test_json_holds_the_same_facts(run: Run) -> None:
    code, out, _ = run("check", "--lang", "ca", "--json")
    facts = json.loads(out)
    assert code == 3
    assert (facts["place"], facts["n_rows"], facts["n_usable"]) == ("data/ca", 7, 5)
    assert [(reason["code"], reason["count"]) for reason in facts["reasons"]] == [
        *(("E_MISSING", 1), ("E_RESERVED", 1), ("W_DURATION", 1)),
        *(("W_SPLIT_SENTENCE", 1), ("W_SPLIT_SPEAKER", 1)),
    ]
    assert facts["faults"][0] == {
        "code": "W_DURATION",
        "source": "train.tsv:3",
        "id": "b.wav",
        "message": "train.tsv:3: data/ca/b.wav: 1.50 s, where the table says 9.00 s",
        "hint": "",
    }
    assert facts["faults"][-1]["id"] is None  # a speaker is no row
    assert [(split["split"], split["n_usable"]) for split in facts["splits"]] == [
        *(("train", 3), ("dev", 2))
    ]
    assert facts["splits"][1]["oov"]["n_unseen_types"] == 2
    assert facts["rates"]["lowest"] == 0
    assert facts["rates"]["highest"] is None  # JSON knows no infinity
    assert [speaker["speaker"] for speaker in facts["speakers"]] == ["anna", "pere", "joan"]
    assert facts["sound"] is None
    assert len(facts["advice"]) == 4


def test_names_that_are_not_utf8_reach_screen_and_json(run: Run, faulty: Path) -> None:
    name = os.fsdecode(b"caf\xe9.wav")
    write_wav(faulty / name, make_babble(duration_s=1.0))
    shown = [run("check", "--lang", "ca", *flag)[1] for flag in ((), ("--json",))]
    assert all("udce9.wav: no row names this recording" in out for out in shown)


def test_fix_writes_what_can_be_used_and_why_the_rest_cannot(
    run: Run, faulty: Path, tmp_path: Path
) -> None:
    before = hash_tree(faulty)
    code, _, err = run("check", "--lang", "ca", "--fix", "clean")
    assert code == 3
    assert err == (
        "made clean: kept 5 of 7 rows (train 3, dev 2); the others and why are in rejected.tsv\n"
        "next: w2vctc build-vocab --lang ca --data clean\n"
    )
    assert hash_tree(faulty) == before
    clean = tmp_path / "clean"
    assert sorted(path.name for path in clean.iterdir()) == [
        *("dev.tsv", "rejected.tsv", "source", "train.tsv")
    ]
    rejected = (clean / "rejected.tsv").read_text(encoding="utf-8").splitlines()
    assert [tuple(line.split("\t")[:3]) for line in rejected[1:]] == [
        *(("train.tsv:4", "c.wav", "E_RESERVED"), ("train.tsv:6", "gone.wav", "E_MISSING"))
    ]
    code, out, _ = run("check", "clean", "--lang", "ca")
    assert code == 0
    assert out.startswith("clean (TSV or CSV table): all 5 rows can be trained on, 8 seconds")


@pytest.mark.parametrize("name", ["train.tsv", "dev.csv", "rejected.tsv"])
@pytest.mark.usefixtures("faulty")
def test_fix_replaces_nothing(run: Run, tmp_path: Path, name: str) -> None:
    clean = tmp_path / "clean"
    clean.mkdir()
    (clean / name).write_text("mine", encoding="utf-8")
    code, out, err = run("check", "--lang", "ca", "--fix", "clean")
    assert (code, out) == (2, "")
    assert f"clean/{name}" in err
    assert "hint:  give --fix a new folder beside the data" in err
    assert [path.name for path in clean.iterdir()] == [name]
    assert (clean / name).read_text(encoding="utf-8") == "mine"


def test_fix_divides_data_that_is_not_divided(run: Run, tmp_path: Path) -> None:
    data = tmp_path / "rec"
    data.mkdir()
    lines = ["path\ttext\n"]
    for number in range(12):
        write_wav(data / f"{number}.wav", make_babble(duration_s=1.0, seed=number))
        lines.append(f"{number}.wav\tfrase {chr(97 + number)}\n")
    (data / "all.tsv").write_text("".join(lines), encoding="utf-8")
    code, out, err = run("check", "rec/all.tsv", "--fix", "clean")
    assert code == 0
    assert "the data does not say which rows are dev, so it will be divided" in " ".join(
        out.split()
    )
    assert err.startswith("made clean: kept all 12 rows (train 10, dev 1, test 1)")
    assert (tmp_path / "clean" / "dev.tsv").is_file()


def test_fix_keeps_a_copy_of_a_clip_out_of_the_other_splits(run: Run, tmp_path: Path) -> None:
    """Copies with different transcripts: no division by sentence holds them together."""
    data = tmp_path / "rec"
    data.mkdir()
    lines = ["path\ttext\n"]
    for number in range(20):
        write_wav(data / f"{number}.wav", make_babble(duration_s=1.0, seed=number))
        shutil.copy(data / f"{number}.wav", data / f"{number}-again.wav")
        lines += [f"{number}.wav\tfrase {number}\n", f"{number}-again.wav\tuna altra {number}\n"]
    (data / "train.tsv").write_text("".join(lines), encoding="utf-8")
    run("check", "rec", "--fix", "clean")
    code, out, _ = run("check", "clean", "--json")
    assert code == 0
    assert {reason["code"] for reason in json.loads(out)["reasons"]} <= {"W_DUP_AUDIO", "W_DIGITS"}
    rejected = (tmp_path / "clean" / "rejected.tsv").read_text(encoding="utf-8")
    assert "E_LEAK" in rejected


def test_nothing_is_written_where_no_row_can_be_used(run: Run, tmp_path: Path) -> None:
    (tmp_path / "rec").mkdir()
    (tmp_path / "rec" / "train.tsv").write_text("path\ttext\na.wav\tx\n", encoding="utf-8")
    code, out, err = run("check", "rec", "--fix", "clean")
    assert code == 3
    assert "nothing can be trained on yet" in out
    assert err == "nothing is written to clean: no row can be used\n"
    assert not (tmp_path / "clean").exists()


def test_a_table_without_any_row_says_so(run: Run, tmp_path: Path) -> None:
    (tmp_path / "rec").mkdir()
    (tmp_path / "rec" / "train.tsv").write_text("path\ttext\n", encoding="utf-8")
    code, out, err = run("check", "rec")
    assert code == 3
    assert "E_EMPTY_MANIFEST" in out + err


@pytest.mark.usefixtures("faulty")
def test_report_writes_the_page(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is on the page is tested with the page."""

    def render(result: CheckResult, *, title: str, lang: str, n_jobs: int) -> str:
        return f"{title} {lang} {n_jobs} {result.n_rows}"

    monkeypatch.setattr(check_report, "render_check_report", render)
    code, _, err = run("check", "--lang", "ca", "--jobs", "3", "--report", "out/check.html")
    assert code == 3
    assert "made out/check.html: open it in a browser\n" in err
    page = (tmp_path / "out" / "check.html").read_text(encoding="utf-8")
    assert page == "ca ca 3 7"


def test_deep_tells_levels(run: Run, speech_rows: Rows) -> None:
    speech_rows()
    code, out, _ = run("check", "--lang", "xx", "--deep", "--jobs", "1")
    assert code == 0
    assert "\nSound: level -14 dBFS (-14 to -14), 0 % of a clip is silence, 0 clipped," in out


def test_ctrl_c_leaves_nothing(tmp_path: Path, faulty: Path) -> None:
    """The signal comes while headers are read."""
    code = (
        "import os, signal, sys\n"
        "from w2vctc.cli.main import main\n"
        "from w2vctc.corpus.checks import durations\n"
        "whole = durations.probe_audio\n"
        "def probe(path):\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    return whole(path)\n"
        "durations.probe_audio = probe\n"
        "sys.exit(main(['check', '--lang', 'ca', '--fix', 'clean', '--report', 'c.html']))"
    )
    before = hash_tree(faulty)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "error: interrupted\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]
    assert hash_tree(faulty) == before


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may do all")
@pytest.mark.parametrize("flag", [("--fix", "shut/clean"), ("--report", "shut/check.html")])
@pytest.mark.usefixtures("faulty")
def test_a_folder_that_may_not_be_written_is_told_before_any_work(
    run: Run, tmp_path: Path, flag: tuple[str, str]
) -> None:
    (tmp_path / "shut").mkdir(mode=0o500)
    code, out, err = run("check", "--lang", "ca", *flag)
    assert (code, out) == (5, "")
    assert err.startswith(f"error: {tmp_path / 'shut'}: no permission to write [E_PERM]")


@pytest.mark.parametrize("flag", [("--fix", "file/clean"), ("--report", "file/check.html")])
@pytest.mark.usefixtures("faulty")
def test_a_file_where_a_folder_should_be_is_told_before_any_work(
    run: Run, tmp_path: Path, flag: tuple[str, str]
) -> None:
    (tmp_path / "file").touch()
    code, out, err = run("check", "--lang", "ca", *flag)
    assert (code, out) == (5, "")
    assert "a file stands where a folder should be [E_NOT_FOLDER]" in err


def put_in_place(path: Path, kind: str) -> None:
    """Something that is no recording, where a recording should be."""
    path.unlink()
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "dangling link":
        path.symlink_to("nowhere.wav")
    elif kind == "link loop":
        path.symlink_to(path.name)
    elif kind == "web page":
        path.write_text("<!DOCTYPE html><title>Log in</title>", encoding="utf-8")
    else:
        path.write_text("version https://git-lfs.github.com/spec/v1\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        *(("folder", "E_NOT_FILE"), ("pipe", "E_NOT_FILE"), ("dangling link", "E_MISSING")),
        *(("link loop", "E_LOOP"), ("web page", "E_NOT_AUDIO"), ("lfs pointer", "E_NOT_AUDIO")),
    ],
)
def test_what_is_no_recording_is_named_and_the_check_goes_on(
    run: Run, speech_rows: Rows, kind: str, reason: str
) -> None:
    put_in_place(speech_rows() / "train-2.wav", kind)
    code, out, _ = run("check", "--lang", "xx", "--json")
    facts = json.loads(out)
    assert code == 3
    assert [(fault["code"], fault["source"]) for fault in facts["faults"]] == [
        (reason, "train.tsv:3")
    ]
    assert facts["faults"][0]["message"].startswith("train.tsv:3: data/xx/train-2.wav: ")
    assert (facts["n_usable"], facts["n_rows"]) == (7, 8)


TABLE_FAULTS = {
    "id twice": (
        "id\tpath\ttext\nx\ttrain-1.wav\ta\nx\ttrain-2.wav\tb\n",
        ("E_DUP_ID", "train.tsv:3: the id 'x' stands in train.tsv:2 already"),
    ),
    "ragged row": (
        "path\ttext\ntrain-1.wav\ta\ntrain-2.wav\tb\tc\n",
        ("E_ROW", "train.tsv:3: 3 columns where the heading has 2"),
    ),
    "path that climbs out": (
        "path\ttext\ntrain-1.wav\ta\n../../b.wav\tb\n",
        ("E_OUTSIDE", "train.tsv:3: data/xx/../../b.wav lies outside of "),
    ),
}


@pytest.mark.parametrize("kind", TABLE_FAULTS)
def test_a_row_that_cannot_be_read_is_named_and_the_check_goes_on(
    run: Run, speech_rows: Rows, kind: str
) -> None:
    table, (reason, message) = TABLE_FAULTS[kind]
    (speech_rows() / "train.tsv").write_text(table, encoding="utf-8")
    code, out, _ = run("check", "--lang", "xx", "--json")
    facts = json.loads(out)
    errors = [fault for fault in facts["faults"] if fault["code"].startswith("E_")]
    assert code == 3
    assert [fault["code"] for fault in errors] == [reason]
    assert errors[0]["message"].startswith(message)
    assert (facts["n_usable"], facts["n_rows"]) == (5, 6)


@pytest.mark.parametrize(
    ("table", "reason", "message"),
    [
        (b"file\twords\na.wav\tx\n", "E_COLUMNS", "no column for the transcript"),
        ("path\ttext\na.wav\tcafé\n".encode("latin-1"), "E_ENCODING", "byte"),
    ],
)
def test_a_table_that_cannot_be_read_is_told(
    run: Run, speech_rows: Rows, table: bytes, reason: str, message: str
) -> None:
    (speech_rows(dev=None, test=None) / "train.tsv").write_bytes(table)
    code, out, err = run("check", "--lang", "xx", "--format", "table")
    told = " ".join((out + err).split())
    assert code == 3
    assert reason in told
    assert message in told
