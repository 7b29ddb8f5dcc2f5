"""Where the files go: each recording under its own name, and nothing written over."""

import os
import sys
from pathlib import Path

import pytest
from transcript_material import PLAIN, TWO_SPEAKERS

from w2vctc.decode.transcript import Transcript
from w2vctc.decode.writers import (
    FORMATS,
    choose_formats,
    find_existing,
    name_outputs,
    refuse_existing,
    save_transcript,
)
from w2vctc.errors import MachineError, UsageError

SRT, JSON = FORMATS["srt"], FORMATS["json"]


def test_each_format_is_a_file_with_the_recordings_name(tmp_path: Path) -> None:
    written = save_transcript(PLAIN, tmp_path / "new" / "out", FORMATS.values())
    assert [path.name for path in written] == [f"first call.{name}" for name in FORMATS]
    assert sorted(path.name for path in (tmp_path / "new" / "out").iterdir()) == sorted(
        path.name for path in written
    )
    assert (tmp_path / "new/out/first call.txt").read_text("utf-8") == 'bona tarda\n"què" diu\n'


def test_text_names_the_speakers_where_there_are_several(tmp_path: Path) -> None:
    (path,) = save_transcript(TWO_SPEAKERS, tmp_path, [FORMATS["txt"]])
    assert path.read_text("utf-8") == "left: hola mar\nright & <co>: hola\nleft: anem\n"


def test_elan_files_link_to_the_recording_from_where_they_lie(tmp_path: Path) -> None:
    sound = tmp_path / "sound" / "a.wav"
    (path,) = save_transcript(
        Transcript(str(sound), 1.0, ()), tmp_path / "out", [FORMATS["eaf"]], name=Path("x/a")
    )
    assert path == tmp_path / "out" / "x" / "a.eaf"
    assert 'RELATIVE_MEDIA_URL="../../sound/a.wav"' in path.read_text("utf-8")
    assert f'MEDIA_URL="file://{sound}"' in path.read_text("utf-8")


def test_what_comes_through_a_pipe_is_called_stdin_and_links_to_nothing(tmp_path: Path) -> None:
    (path,) = save_transcript(Transcript("-", 1.0, ()), tmp_path, [FORMATS["eaf"]])
    assert path.name == "stdin.eaf"
    assert "MEDIA_URL" not in path.read_text("utf-8")


def test_dots_within_a_name_stay(tmp_path: Path) -> None:
    (path,) = save_transcript(Transcript("talk.2021.05.wav", 1.0, ()), tmp_path, [SRT])
    assert path.name == "talk.2021.05.srt"


def test_files_are_named_alone_and_what_a_folder_holds_below_it() -> None:
    recordings = [Path("d/a.wav"), Path("d/x/a.wav"), Path("d/y/a.mp3"), Path("/far/b.ogg")]
    names = name_outputs(recordings, [Path("d"), Path("/far/b.ogg")])
    assert [name.as_posix() for name in names.values()] == ["a", "x/a", "y/a", "b"]


def test_two_folders_keep_their_own_names() -> None:
    names = name_outputs([Path("x/a.wav"), Path("e/y/a.wav")], [Path("x"), Path("e/y")])
    assert [name.as_posix() for name in names.values()] == ["x/a", "y/a"]


@pytest.mark.parametrize(
    ("first", "second"),
    [("a.wav", "a.mp3"), ("x/a.wav", "y/a.wav"), ("A.wav", "a.mp3"), ("x/é.wav", "y/e\u0301.wav")],
)
def test_two_recordings_that_would_write_one_file_are_refused(first: str, second: str) -> None:
    with pytest.raises(UsageError) as caught:
        name_outputs([Path(first), Path(second)], [Path(first), Path(second)])
    assert caught.value.code == "E_SAME_OUTPUT"
    assert first in caught.value.message
    assert second in caught.value.message


def test_the_same_recording_given_twice_is_no_clash() -> None:
    names = name_outputs([Path("d/a.wav"), Path("./d/a.wav")], [Path("d")])
    assert {name.as_posix() for name in names.values()} == {"a"}


def test_a_persons_own_file_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "a.srt").write_text("mine", encoding="utf-8")
    names = name_outputs([Path("a.wav"), Path("b.wav")])
    assert find_existing(names, tmp_path, [SRT, JSON]) == {Path("a.wav"): (tmp_path / "a.srt",)}
    with pytest.raises(UsageError, match=r"a\.srt is there already") as caught:
        refuse_existing(names, tmp_path, [SRT, JSON])
    assert caught.value.code == "E_EXISTS"
    refuse_existing(names, tmp_path, [JSON])


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
@pytest.mark.parametrize("stem", [b"caf\xe9", b"a\nb", b"a\tb", b"-x", b"~", b'q"uote', b";;a"])
def test_odd_names_are_taken_as_they_are(tmp_path: Path, stem: bytes) -> None:
    name = os.fsdecode(stem)
    written = save_transcript(Transcript(f"{name}.wav", 1.0, ()), tmp_path, FORMATS.values())
    assert {os.fsencode(path.stem) for path in written} == {stem}
    for path in written:
        path.read_text(encoding="utf-8")


def test_names_of_two_hundred_letters_are_cut_and_stay_apart(tmp_path: Path) -> None:
    first, second = "ŋ" * 120 + "a", "ŋ" * 120 + "b"
    assert len(os.fsencode(first)) < 250
    names = name_outputs([Path(f"{first}.wav"), Path(f"{second}.wav")])
    assert len(set(names.values())) == 2
    for name in names.values():
        (path,) = save_transcript(PLAIN, tmp_path, [FORMATS["TextGrid"]], name=name)
        assert path.is_file()


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("", encoding="utf-8")
    with pytest.raises(MachineError) as caught:
        save_transcript(PLAIN, tmp_path / "out", [SRT])
    assert caught.value.code == "E_NOT_FOLDER"


def test_formats_are_chosen_by_name_in_any_case() -> None:
    chosen = choose_formats(["SRT", ".textgrid", "srt", "json"])
    assert [writer.name for writer in chosen] == ["srt", "TextGrid", "json"]


def test_an_unknown_format_is_refused_with_the_nearest_and_all() -> None:
    with pytest.raises(UsageError, match="did you mean 'srt'") as caught:
        choose_formats(["str"])
    assert caught.value.code == "E_FORMAT"
    assert caught.value.hint == "the formats are txt, json, srt, vtt, ctm, TextGrid, eaf, tsv"
