"""Names, links, permissions and copies that lead a program astray, met from the command line."""

import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from bad_material import check, hash_tree, type_in, write_clips, write_rows
from speech_material import make_babble, write_wav

from w2vctc.speech import workers

POSIX = pytest.mark.skipif(os.name != "posix", reason="names, links and pipes of POSIX")
NOBODY = 65_534


def test_all_missing_files_are_listed(tmp_path: Path, model_folder: Path) -> None:
    """Of thirty missing ones each is named: the person looks for them with the list in hand."""
    clips = tmp_path / "data" / "xx"
    write_clips(clips, {"dev.wav": "la lluna"}, split="dev")
    write_clips(clips, {"here.wav": "la lluna"})
    gone = [f"gone-{number}.wav" for number in range(30)]
    write_rows(clips / "train.tsv", [(name, "a") for name in ("here.wav", *gone)])
    shown = check(clips)
    assert (shown.code, shown.counts["E_MISSING"]) == (3, 30)
    assert shown.messages("E_MISSING")[0] == (
        "train.tsv:3: xx/gone-0.wav: no such file or directory"
    )
    scoring = ("evaluate", "--split", "train", "--model", str(model_folder))
    for command in (("finetune", "--model", "tiny"), scoring):
        refused = type_in(tmp_path, *command, "--lang", "xx")
        assert (refused.code, refused.out) == (3, "")
        assert "error: 30 of 31 rows cannot be used (E_MISSING 30):" in refused.err
        assert all(f"data/xx/{name}: no such file" in refused.err for name in gone)


def make_fifo(path: Path) -> None:
    os.mkfifo(path)


def make_socket(path: Path) -> None:
    before = Path.cwd()
    os.chdir(path.parent)  # names of sockets are short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path.name)
    os.chdir(before)


def make_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def make_dangling(path: Path) -> None:
    path.symlink_to("nowhere.wav")


def make_loop(path: Path) -> None:
    path.symlink_to(path.name)


@POSIX
@pytest.mark.parametrize(
    ("make", "code", "message"),
    [
        (Path.mkdir, "E_NOT_FILE", "clips/odd.wav: not a file"),
        (make_fifo, "E_NOT_FILE", "clips/odd.wav: not a file"),
        (make_socket, "E_NOT_FILE", "clips/odd.wav: not a file"),
        (make_device, "E_NOT_FILE", "clips/odd.wav: not a file"),
        (make_dangling, "E_MISSING", "clips/odd.wav: no such file or directory"),
        (make_loop, "E_LOOP", "clips/odd.wav: too many levels of symbolic links"),
    ],
    ids=["a folder", "a pipe", "a socket", "a device", "a dangling link", "a loop of links"],
)
def test_what_is_no_file_is_refused_and_never_waited_for(
    tmp_path: Path,
    model_folder: Path,
    make: Callable[[Path], None],
    code: str,
    message: str,
) -> None:
    table = write_clips(tmp_path / "clips", {"fine.wav": "la lluna"})
    make(tmp_path / "clips" / "odd.wav")
    write_rows(table, [("fine.wav", "la lluna"), ("odd.wav", "a")])
    shown = check(tmp_path / "clips", "--deep", "--jobs", "1")
    assert shown.code == 3
    assert shown.faults_at("train.tsv:3") == {code: f"train.tsv:3: {message}"}
    if make is not Path.mkdir:  # a folder is looked into
        decoded = type_in(tmp_path, "decode", "clips/odd.wav", "--model", str(model_folder))
        assert (decoded.code, decoded.out) == (3, "")
        assert f"error: {message} [{code}]" in decoded.err


@pytest.mark.parametrize("absolute", [False, True], ids=["two dots", "an absolute path"])
def test_a_path_that_climbs_out_of_its_folder_is_refused_unless_permitted(
    tmp_path: Path, absolute: bool
) -> None:
    write_clips(tmp_path / "elsewhere", {"private.wav": "la lluna"})
    path = str(tmp_path / "elsewhere" / "private.wav") if absolute else "../elsewhere/private.wav"
    write_clips(tmp_path / "clips", {"fine.wav": "el sol"})
    write_rows(tmp_path / "clips" / "train.tsv", [("fine.wav", "el sol"), (path, "la lluna")])
    shown = check(tmp_path / "clips")
    assert shown.code == 3
    (message,) = shown.messages("E_OUTSIDE")
    assert message.startswith("train.tsv:3: ")
    assert "private.wav lies outside of" in message
    assert "(--allow-outside permits it)" in message
    prepared = type_in(tmp_path, "prepare", "clips", "--out", "out", "--dev-minutes", "0")
    assert "E_OUTSIDE 1" in prepared.err
    permitted = check(tmp_path / "clips", "--allow-outside")
    assert (permitted.code, permitted.facts["n_usable"]) == (0, 2)


ODD_NAMES = [
    *("with space.wav", 'it\'s "quoted".wav', "-rf.wav", "~", "~root.wav", "$HOME.wav"),
    *("`touch owned`.wav", "; touch owned;.wav", "%s{0}.wav", "[bold]x.wav", "🎙️.wav", "*.wav"),
]


@POSIX
@pytest.mark.parametrize("name", ODD_NAMES)
def test_names_are_taken_literally_by_every_verb(
    tmp_path: Path, model_folder: Path, name: str
) -> None:
    write_clips(tmp_path / "clips", {name: "la lluna"})
    shown = check(tmp_path / "clips", "--deep", "--jobs", "1")
    assert (shown.code, shown.facts["n_usable"]) == (0, 1), shown.err
    model = ("--model", str(model_folder))
    beside = type_in(tmp_path / "clips", "decode", "--json", *model, "--", name)
    assert (beside.code, beside.facts[0]["file"]) == (0, name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clips"]


@POSIX
@pytest.mark.parametrize(
    "name",
    [b"line\nend.wav", b"tab\there.wav", b"caf\xe9.wav"],
    ids=["a line end", "a tab", "bytes that are not UTF-8"],
)
def test_names_that_no_table_can_hold_come_in_beside_their_texts(
    tmp_path: Path, model_folder: Path, name: bytes
) -> None:
    clips = tmp_path / "clips"
    clips.mkdir()
    path = clips / os.fsdecode(name)
    write_wav(path, make_babble(duration_s=1.0))
    path.with_suffix(".txt").write_text("la lluna\n", encoding="utf-8")
    write_clips(tmp_path / "more", {"b.wav": "el sol"})
    shutil.copy(tmp_path / "more" / "b.wav", clips / "b.wav")
    (clips / "b.txt").write_text("el sol\n", encoding="utf-8")
    shown = check(clips)
    assert (shown.code, shown.facts["n_usable"]) == (0, 2)
    decoded = type_in(tmp_path, "decode", "clips", "--model", str(model_folder))
    assert decoded.code == 0
    assert len(decoded.out.splitlines()) == 2  # one line for each, whatever the name
    whole = ("--dev-minutes", "0", "--test-minutes", "0")
    kept = type_in(tmp_path, "prepare", "clips", "--out", "kept", *whole)
    assert (kept.code, "E_NAME 1" in kept.err) == (0, True)
    converted = type_in(tmp_path, "prepare", "clips", "--out", "flac", "--audio", "flac", *whole)
    assert (converted.code, "kept 2 of 2 rows" in converted.err) == (0, True), converted.err


@pytest.mark.parametrize(
    ("on_disk", "in_table"),
    [("Clip.WAV", "clip.wav"), ("cafe\u0301.wav", "café.wav"), ("café.wav", "cafe\u0301.wav")],
    ids=["another case", "composed in the table", "composed on the disk"],
)
def test_a_name_spelled_otherwise_on_the_disk_is_found_and_told(
    tmp_path: Path, on_disk: str, in_table: str
) -> None:
    write_clips(tmp_path / "clips", {on_disk: "la lluna"})
    if (tmp_path / "clips" / in_table).exists():
        pytest.skip("this disk does not tell such names apart")
    write_rows(tmp_path / "clips" / "train.tsv", [(in_table, "la lluna")])
    shown = check(tmp_path / "clips")
    assert (shown.code, shown.facts["n_usable"]) == (0, 1)
    assert shown.messages("W_NAME") == [f"train.tsv:2: {in_table!r} is {on_disk!r} on the disk"]


@pytest.fixture
def shared_place() -> Iterator[Path]:
    """A folder that another user may enter."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@contextmanager
def without_rights(*owned: Path) -> Iterator[None]:
    """Runs as a user who has no rights but those that files give; `owned` folders are theirs."""
    if os.geteuid() != 0:
        yield
        return
    for path in owned:
        os.chown(path, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


@POSIX
def test_a_recording_that_may_not_be_read_is_one_row(shared_place: Path) -> None:
    clips = shared_place / "clips"
    write_clips(clips, {"shut.wav": "la lluna", "open.wav": "el sol"})
    (clips / "shut.wav").chmod(0)
    check(clips)  # what is imported late is there
    with without_rights(shared_place, clips):
        shown = check(clips)
    assert shown.code == 3
    assert shown.faults_at("train.tsv:2") == {
        "E_PERM": "train.tsv:2: clips/shut.wav: no permission to read"
    }
    assert shown.facts["n_usable"] == 1


@POSIX
@pytest.mark.parametrize("shut", ["train.tsv", "."], ids=["the table", "the whole folder"])
def test_a_table_or_folder_that_may_not_be_read_is_named(shared_place: Path, shut: str) -> None:
    clips = shared_place / "clips"
    write_clips(clips, {"a.wav": "la lluna"})
    type_in(shared_place, "check", "clips")
    (clips / shut).chmod(0)
    with without_rights(shared_place):
        prepared = type_in(shared_place, "prepare", "clips", "--out", "out")
        built = type_in(shared_place, "build-vocab", "--data", "clips")
        checked = type_in(shared_place, "check", "clips")
    (clips / shut).chmod(0o700)
    for shown in (prepared, built):
        assert (shown.code, shown.out) == (5, "")
        assert shown.err.startswith("error: clips")
        assert "no permission to read [E_PERM]\nhint:  chmod +r" in shown.err
    assert checked.code != 0
    assert "E_PERM" in checked.out + checked.err
    assert sorted(path.name for path in shared_place.iterdir()) == ["clips"]


@POSIX
@pytest.mark.parametrize(
    "command",
    [
        ("check", "clips", "--report", "shut/check.html"),
        ("check", "clips", "--fix", "shut/clean"),
        ("prepare", "clips", "--out", "shut/clean"),
        ("build-vocab", "--data", "clips", "--model", "shut/model"),
        ("finetune", "--data", "clips", "--model", "tiny", "--out", "shut/model"),
    ],
    ids=["report", "fix", "prepare", "build-vocab", "finetune"],
)
def test_output_that_may_not_be_written_is_told_before_any_work(
    shared_place: Path, command: tuple[str, ...]
) -> None:
    clips = shared_place / "clips"
    texts = {f"{number}.wav": f"la {word}" for number, word in enumerate(("lluna", "neu", "mar"))}
    write_clips(clips, texts)
    write_clips(clips, {"d.wav": "el sol"}, split="dev")
    (shared_place / "shut").mkdir()
    type_in(shared_place, *(part.replace("shut", "open") for part in command), *_quick(command))
    (shared_place / "shut").chmod(0o555)
    before = hash_tree(shared_place)
    with without_rights():
        shown = type_in(shared_place, *command)
    assert (shown.code, shown.out) == (5, "")
    assert "shut" in shown.err
    assert "no permission to write [E_PERM]" in shown.err
    assert hash_tree(shared_place) == before


def _quick(command: tuple[str, ...]) -> tuple[str, ...]:
    return ("--updates", "1", "--device", "cpu") if command[0] == "finetune" else ()


def test_a_recording_that_changes_during_the_run_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """prepare has read the header, then another program writes the file anew."""
    texts = {f"{number}.wav": f"frase {word}" for number, word in enumerate("abcd")}
    write_clips(tmp_path / "clips", texts)
    convert = workers.run_in_workers

    def write_over(*arguments: Any, **options: Any) -> None:
        write_wav(tmp_path / "clips" / "2.wav", make_babble(duration_s=0.3))
        convert(*arguments, **options)

    monkeypatch.setattr("w2vctc.corpus.preparation.conversion.run_in_workers", write_over)
    whole = ("--audio", "flac", "--jobs", "1", "--dev-minutes", "0", "--test-minutes", "0")
    shown = type_in(tmp_path, "prepare", "clips", "--out", "out", *whole)
    assert shown.code == 0
    assert "kept 3 of 4 rows" in shown.err
    rejected = (tmp_path / "out" / "rejected.tsv").read_text(encoding="utf-8")
    assert "train.tsv:4\t2.wav\tE_CHANGED\t" in rejected


def test_the_same_sound_twice_is_told_and_across_splits_it_is_an_error(tmp_path: Path) -> None:
    clips = tmp_path / "clips"
    write_clips(clips, {"a.wav": "la lluna", "b.wav": "el sol", "c.wav": "bon dia"})
    shutil.copy(clips / "a.wav", clips / "a-again.wav")
    write_rows(
        clips / "train.tsv",
        [("a.wav", "la lluna"), ("a-again.wav", "la lluna"), ("b.wav", "el sol")],
    )
    write_rows(clips / "dev.tsv", [("c.wav", "bon dia")])
    shown = check(clips)
    assert shown.code == 0
    assert shown.messages("W_DUP_AUDIO") == ["train.tsv:2: the same sound as train.tsv:3"]
    shutil.copy(clips / "b.wav", clips / "leaked.wav")
    write_rows(clips / "test.tsv", [("leaked.wav", "el sol")])
    leaking = check(clips)
    assert leaking.code == 3
    assert leaking.messages("E_LEAK") == ["train.tsv:4: the same sound as test.tsv:2 in test"]


def test_no_name_reaches_a_shell(tmp_path: Path) -> None:
    """A command in Kaldi's wav.scp is shown and never run."""
    kaldi = tmp_path / "kaldi"
    kaldi.mkdir()
    (kaldi / "wav.scp").write_text("one touch owned |\ntwo two.wav\n", encoding="utf-8")
    (kaldi / "text").write_text("one la lluna\ntwo el sol\n", encoding="utf-8")
    write_wav(kaldi / "two.wav", make_babble(duration_s=1.0))
    shown = check(kaldi)
    assert (shown.code, shown.counts["E_PIPE"]) == (3, 1)
    assert not list(tmp_path.rglob("owned"))


@pytest.mark.parametrize("name", ["clips/train.tsv", "clips/a.wav", "clips", "page.html"])
def test_a_report_takes_the_place_of_nothing_that_a_person_owns(tmp_path: Path, name: str) -> None:
    write_clips(tmp_path / "clips", {"a.wav": "la lluna"})
    (tmp_path / "page.html").mkdir()
    before = hash_tree(tmp_path)
    shown = type_in(tmp_path, "check", "clips", "--report", name)
    assert (shown.code, shown.out) == (2, "")
    assert f"error: --report {name}: no name for a page\n" in shown.err
    assert hash_tree(tmp_path) == before


def test_what_to_type_next_can_be_typed(tmp_path: Path) -> None:
    """Names with spaces come in quotes, also in hints."""
    write_clips(tmp_path / "my clips", {"a.wav": "la lluna", "b.wav": "el sol"})
    fixed = type_in(tmp_path, "check", "my clips", "--fix", "my fix")
    assert fixed.err.endswith("next: w2vctc build-vocab --data 'my fix'\n")
    prepared = type_in(tmp_path, "prepare", "my clips", "--out", "my out")
    assert prepared.err.endswith("next: w2vctc build-vocab --data 'my out'\n")
    built = type_in(tmp_path, "build-vocab", "--data", "my clips")
    assert built.err.endswith("next: w2vctc finetune --data 'my clips'\n")


def test_data_that_is_all_test_is_told_how_to_divide(tmp_path: Path) -> None:
    texts = {f"{number}.wav": f"la {word}" for number, word in enumerate(("lluna", "mar", "neu"))}
    write_clips(tmp_path / "clips", texts, split="test")
    again = "w2vctc prepare clips --resplit --out FOLDER"
    checked = type_in(tmp_path, "check", "clips")
    assert (checked.code, checked.err) == (0, f"next: {again}\n")
    for verb in ("build-vocab", "finetune"):
        shown = type_in(tmp_path, verb, "--data", "clips")
        assert (shown.code, shown.out) == (3, "")
        assert "error: clips: no train rows; there are test [E_MISSING]\n" in shown.err
        assert f"hint:  {again} divides the data anew\n" in shown.err
    assert type_in(tmp_path, *again.replace("FOLDER", "out").split()[1:]).code == 0
    assert (tmp_path / "out" / "train.tsv").is_file()
