"""Manifests as spreadsheets, downloads and hurried people leave them, met from the command line."""

import json
from pathlib import Path

import pytest
from bad_material import check, hash_tree, type_in, write_clips, write_rows
from speech_material import make_babble, write_wav

HEADING = "path\ttext\n"


def write_table(folder: Path, content: bytes | str, *, name: str = "train.tsv") -> Path:
    """A folder of three clips, a.wav to c.wav, with a table of these bytes."""
    write_clips(folder, dict.fromkeys(("a.wav", "b.wav", "c.wav"), "x"))
    (folder / "train.tsv").unlink()
    raw = content.encode() if isinstance(content, str) else content
    (folder / name).write_bytes(raw)
    return folder


def refuse_everywhere(folder: Path) -> list[str]:
    """What the verbs that read this data say, without blanks; nothing is written anywhere."""
    before = hash_tree(folder.parent)
    data = ("--data", folder.name)
    commands = (
        ("check", folder.name),
        ("check", folder.name, "--fix", "clean"),
        ("prepare", folder.name, "--out", "clean"),
        ("build-vocab", *data),
        ("finetune", *data, "--model", "tiny"),
    )
    shown = [type_in(folder.parent, *command) for command in commands]
    assert {one.code for one in shown} == {3}
    assert hash_tree(folder.parent) == before
    assert [bool(one.out) for one in shown] == [True, True, False, False, False]
    return ["".join((one.out + one.err).replace("| ", "").split()) for one in shown]


def test_an_id_that_stands_twice_is_told_with_both_lines(tmp_path: Path) -> None:
    table = "id\tpath\ttext\none\ta.wav\tla lluna\ntwo\tb.wav\tel sol\none\tc.wav\tbon dia\n"
    shown = check(write_table(tmp_path / "clips", table))
    assert shown.code == 3
    assert shown.messages("E_DUP_ID") == ["train.tsv:4: the id 'one' stands in train.tsv:2 already"]
    assert (shown.facts["n_rows"], shown.facts["n_usable"]) == (3, 2)


@pytest.mark.parametrize(
    "content", ["", HEADING, HEADING + "\n\n \n", "\ufeff" + HEADING], ids=repr
)
def test_a_table_without_rows_is_refused_by_every_verb(tmp_path: Path, content: str) -> None:
    for told in refuse_everywhere(write_table(tmp_path / "clips", content)):
        assert "clips/train.tsv:norows" in told
        assert "E_EMPTY_MANIFEST" in told
        assert "onerecordingperline,undera" in told


@pytest.mark.parametrize(
    ("heading", "message"),
    [
        (
            "paht\ttext",
            "no column for the recording's path; the columns are paht, text (did you mean 'path'?)",
        ),
        ("path\tsentense", "no column for the transcript; the columns are path, sentense"),
        ("path\ttext\ttext", "two columns are called 'text'"),
        ("path,text", "the heading 'path,text' has no tab"),
    ],
    ids=["misnamed path", "misnamed text", "a column twice", "commas in a .tsv"],
)
def test_columns_that_do_not_fit_are_named_with_those_expected(
    tmp_path: Path, heading: str, message: str
) -> None:
    folder = write_table(tmp_path / "clips", f"{heading}\na.wav\tla lluna\tx\n")
    for told in refuse_everywhere(folder):
        assert "".join(f"clips/train.tsv: {message}".split()) in told
        assert "E_COLUMNS" in told


def test_csv_keeps_quotes_commas_and_line_ends_inside_of_cells(tmp_path: Path) -> None:
    """As RFC 4180 says, and spreadsheets do."""
    table = 'path,text\r\na.wav,"La lluna, va dir ""sí""\r\nel sol"\r\nb.wav,bon dia\r\n'
    shown = check(write_table(tmp_path / "clips", table, name="train.csv"))
    assert (shown.code, shown.facts["n_usable"]) == (0, 2)
    letters = {one["character"]: one["count"] for one in shown.facts["characters"]}
    assert letters["í"] == 1
    assert shown.facts["splits"][0]["n_words"] == 9


def test_a_quote_left_open_in_a_csv_is_named_and_swallows_no_rows_silently(
    tmp_path: Path,
) -> None:
    table = 'path,text\na.wav,"la lluna\nb.wav,el sol\nc.wav,bon dia\n'
    shown = check(write_table(tmp_path / "clips", table, name="train.csv"))
    assert shown.code == 3
    (message,) = shown.messages("E_ROW")
    assert message.startswith("train.csv:")
    assert "quote" in message


def test_unbalanced_quotes_of_common_voice_swallow_no_rows(tmp_path: Path) -> None:
    rows = '\tclient\ta.wav\t"La lluna\n\tclient\tb.wav\tel sol"\n\tclient\tc.wav\tbon "dia\n'
    release = tmp_path / "release"
    (release / "clips").mkdir(parents=True)
    for seed, name in enumerate(("a.wav", "b.wav", "c.wav")):
        write_wav(release / "clips" / name, make_babble(duration_s=1.0, seed=seed))
    (release / "validated.tsv").write_text(
        "x\tclient_id\tpath\tsentence\n" + rows, encoding="utf-8"
    )
    shown = check(release)
    assert shown.facts["format"] == "Common Voice release"
    assert (shown.code, shown.facts["n_rows"], shown.facts["n_usable"]) == (0, 3, 3)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("b.wav", "train.tsv:3: 1 column where the heading has 2"),
        ("b.wav\tel\tsol", "train.tsv:3: 3 columns where the heading has 2"),
        ("b.wav\t" + "x" * 10_000_000, "train.tsv:3: a cell of 10,000,000 characters"),
        ("\tel sol", "train.tsv:3: no path in the column 'path'"),
    ],
    ids=["too short", "too long", "ten megabytes in a cell", "no path"],
)
def test_a_broken_row_is_named_by_its_line_and_the_others_are_read(
    tmp_path: Path, row: str, message: str
) -> None:
    table = f"{HEADING}a.wav\tla lluna\n{row}\nc.wav\tbon dia\n"
    shown = check(write_table(tmp_path / "clips", table))
    assert shown.code == 3
    (told,) = shown.messages("E_ROW")
    assert told.startswith(message)
    assert len(told) < 200
    assert (shown.facts["n_rows"], shown.facts["n_usable"]) == (3, 2)


def test_a_nul_byte_is_named_by_its_line(tmp_path: Path) -> None:
    table = HEADING.encode() + b"a.wav\tla lluna\nb.wav\tel \0 sol\nc.wav\tbon dia\n"
    for told in refuse_everywhere(write_table(tmp_path / "clips", table)):
        assert "clips/train.tsv:3:aNULbyte" in told
        assert "E_ROW" in told


@pytest.mark.parametrize(
    "raw",
    [
        "\ufeffpath\ttext\na.wav\tla lluna\nb.wav\tel sol\n".encode(),
        b"path\ttext\r\na.wav\tla lluna\r\nb.wav\tel sol\r\n",
        b"path\ttext\ra.wav\tla lluna\rb.wav\tel sol",
        b"path\ttext\na.wav\tla lluna\nb.wav\tel sol",
    ],
    ids=["byte order mark", "CRLF", "CR", "no final newline"],
)
def test_every_way_to_end_lines_is_taken(tmp_path: Path, raw: bytes) -> None:
    shown = check(write_table(tmp_path / "clips", raw))
    assert (shown.code, shown.facts["n_usable"]) == (0, 2)
    assert {one["character"] for one in shown.facts["characters"]} == set("laeunos ") - {" "}


@pytest.mark.parametrize(
    ("encoding", "message"),
    [
        ("utf-16", "clips/train.tsv: UTF-16"),
        ("latin-1", "clips/train.tsv: byte 22 (0xe7) is not UTF-8"),
        ("cp1252", "clips/train.tsv: byte 22 (0xe7) is not UTF-8"),
    ],
)
def test_other_encodings_are_named_and_never_guessed(
    tmp_path: Path, encoding: str, message: str
) -> None:
    table = f"{HEADING}a.wav\tla cançó\n"
    for told in refuse_everywhere(write_table(tmp_path / "clips", table.encode(encoding))):
        assert "".join(message.split()) in told
        assert "E_ENCODING" in told
        assert "asUTF-8" in told


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ('{"audio_filepath": "b.wav", "text": "el sol", "duration": NaN}', "NaN"),
        ('{"audio_filepath": "b.wav", "text": {"ca": "el sol"}}', "text"),
        ('{"audio_filepath": "b.wav", "text": "el", "text": "sol"}', "text"),
        ('{"audio_filepath": "b.wav", "text": "el sol"', ""),
        ('["b.wav", "el sol"]', ""),
    ],
    ids=["NaN", "nested", "a key twice", "not closed", "no object"],
)
def test_a_broken_line_of_json_is_named_and_the_others_are_read(
    tmp_path: Path, line: str, part: str
) -> None:
    good = [json.dumps({"audio_filepath": f"{n}.wav", "text": "la lluna"}) for n in "ac"]
    lines = "\n".join([good[0], line, good[1]]) + "\n"
    shown = check(write_table(tmp_path / "clips", lines, name="train.jsonl"))
    assert shown.code == 3
    (message,) = shown.messages("E_ROW")
    assert message.startswith("train.jsonl:2: ")
    assert part in message
    assert (shown.facts["n_rows"], shown.facts["n_usable"]) == (3, 2)


def test_what_splits_share_is_told_with_counts(tmp_path: Path) -> None:
    clips = tmp_path / "clips"
    columns = ("id", "path", "text", "speaker")
    write_clips(clips, dict.fromkeys(("a.wav", "b.wav", "c.wav", "d.wav"), "x"))
    train = [("one", "a.wav", "La lluna!", "anna"), ("two", "b.wav", "el sol", "pere")]
    write_rows(clips / "train.tsv", train, columns=columns)
    test = [("one", "c.wav", "la lluna", "anna"), ("three", "d.wav", "bon dia", "joan")]
    write_rows(clips / "test.tsv", test, columns=columns)
    write_wav(clips / "e.wav", make_babble(duration_s=1.0, seed=9))
    write_rows(clips / "dev.tsv", [("four", "e.wav", "quin vent", "mar")], columns=columns)
    shown = check(clips)
    assert shown.code == 0
    shared = {one["kind"]: one for one in shown.facts["overlaps"]}
    for kind, example in (("id", "one"), ("sentence", "la lluna"), ("speaker", "anna")):
        assert (shared[kind]["splits"], shared[kind]["count"], shared[kind]["total"]) == (
            ["train", "test"],
            1,
            2,
        )
        assert shared[kind]["examples"] == [example]
    assert shown.faults_at("test.tsv:2") == {
        "W_SPLIT_ID": "test.tsv:2: the id 'one' stands in train.tsv:2 too",
        "W_SPLIT_SENTENCE": "test.tsv:2: the sentence 'la lluna' stands in train.tsv:2 too",
    }


def test_recordings_and_transcripts_without_each_other_are_both_listed(tmp_path: Path) -> None:
    clips = tmp_path / "clips"
    clips.mkdir()
    for seed, name in enumerate(("a", "b", "only-sound")):
        write_wav(clips / f"{name}.wav", make_babble(duration_s=1.0, seed=seed))
    for name in ("a", "b", "only-text"):
        (clips / f"{name}.txt").write_text(f"frase {name[0]}\n", encoding="utf-8")
    shown = check(clips)
    assert shown.code == 3
    (sound,), (text,) = shown.messages("E_NO_TEXT"), shown.messages("E_NO_AUDIO")
    assert "only-sound.wav" in sound
    assert "only-text.txt" in text
    assert shown.facts["n_usable"] == 2


def test_in_a_table_missing_sound_and_unnamed_recordings_are_both_listed(tmp_path: Path) -> None:
    shown = check(write_table(tmp_path / "clips", HEADING + "a.wav\tx\nz.wav\ty\nb.wav\tz\n"))
    assert shown.messages("E_MISSING") == ["train.tsv:3: clips/z.wav: no such file or directory"]
    assert shown.messages("W_NO_TEXT") == ["clips/c.wav: no row names this recording"]


@pytest.mark.parametrize(("declared", "told"), [("1.05", []), ("1.2", ["1.20"]), ("0.5", ["0.50"])])
def test_a_declared_duration_that_is_not_the_real_one_is_told(
    tmp_path: Path, declared: str, told: list[str]
) -> None:
    table = f"path\ttext\tduration_s\na.wav\tla lluna\t{declared}\n"
    shown = check(write_table(tmp_path / "clips", table))
    assert shown.code == 0
    assert shown.messages("W_DURATION") == [
        f"train.tsv:2: clips/a.wav: 1.00 s, where the table says {value} s" for value in told
    ]


def test_tabs_in_a_csv_are_told(tmp_path: Path) -> None:
    shown = check(write_table(tmp_path / "clips", f"{HEADING}a.wav\tla lluna\n", name="train.csv"))
    assert shown.code == 3
    (message,) = shown.messages("E_COLUMNS")
    assert message == "clips/train.csv: the heading 'path\\ttext' has no comma"
