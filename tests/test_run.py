"""What a resumed run must have in common with the one that was begun."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from w2vctc.acoustic.monitoring.progress import read_log
from w2vctc.acoustic.presets import TINY_SCHEDULE
from w2vctc.acoustic.training.checkpoints import list_checkpoints, seal_checkpoint, staging_folder
from w2vctc.acoustic.training.options import FinetuneOptions
from w2vctc.acoustic.training.run import LOG_NAME, describe_run, finish_run, prepare_run
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import UsageError
from w2vctc.vocab import Vocabulary, build_vocabulary

ROWS = [
    Utterance(id=f"clip{n}", audio=Path(f"clip{n}.wav"), text="kas mot", duration_s=1.5)
    for n in range(4)
]
VOCABULARY = build_vocabulary(["kas mot"])


def describe(
    rows: list[Utterance] | None = None, vocabulary: Vocabulary = VOCABULARY, **options: Any
) -> dict[str, Any]:
    return describe_run(
        ROWS if rows is None else rows,
        ROWS[:1],
        vocabulary,
        schedule=TINY_SCHEDULE,
        options=FinetuneOptions(model="tiny", **options),
    )


def begin(run_folder: Path, *steps: int, log: str = "") -> None:
    """A run with sealed checkpoints at these updates."""
    prepare_run(run_folder, describe(), resume=False, on_note=lambda _: None)
    (run_folder / LOG_NAME).write_text(log, encoding="utf-8")
    for step in steps:
        folder = run_folder / f"checkpoint-{step}"
        folder.mkdir()
        (folder / "model.safetensors").write_bytes(b"weights")
        seal_checkpoint(folder)


def resume(run_folder: Path, fingerprint: dict[str, Any]) -> tuple[Path | None, list[str]]:
    notes: list[str] = []
    return prepare_run(run_folder, fingerprint, resume=True, on_note=notes.append), notes


def test_the_same_run_goes_on_from_its_newest_checkpoint(tmp_path: Path) -> None:
    begin(tmp_path, 8, 10)
    assert resume(tmp_path, describe()) == (
        tmp_path / "checkpoint-10",
        ["going on from checkpoint-10"],
    )


def test_a_damaged_checkpoint_is_named_and_the_next_older_one_taken(tmp_path: Path) -> None:
    begin(tmp_path, 8, 10)
    (tmp_path / "checkpoint-10/model.safetensors").write_bytes(b"weightz")
    assert resume(tmp_path, describe()) == (
        tmp_path / "checkpoint-8",
        [
            "left out checkpoint-10: model.safetensors has changed",
            "going on from checkpoint-8",
        ],
    )


def test_without_a_whole_checkpoint_the_run_starts_over_with_an_empty_log(tmp_path: Path) -> None:
    line = '{"step": 1, "n_steps": 9, "seconds": 1.0, "epoch": 0.1}\n'
    begin(tmp_path, 8, log=line)
    (tmp_path / "checkpoint-8/checkpoint.json").unlink()
    folder, notes = resume(tmp_path, describe())
    assert folder is None
    assert notes == [
        "left out checkpoint-8: it was never finished",
        "no whole checkpoint is there: starting over",
    ]
    assert (tmp_path / LOG_NAME).read_text(encoding="utf-8") == ""


def test_the_log_keeps_what_the_checkpoint_had_seen(tmp_path: Path) -> None:
    lines = [f'{{"step": {n}, "n_steps": 9, "seconds": 1.0, "epoch": 0.1}}\n' for n in (7, 8, 9)]
    begin(tmp_path, 8, log="".join(lines))
    resume(tmp_path, describe())
    assert [event.step for event in read_log(tmp_path / LOG_NAME)] == [7, 8]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (describe(learning_rate=1e-4), "options.learning_rate: None then, 0.0001 now"),
        (describe(seed=2), "options.seed: 1 then, 2 now"),
        (describe(ROWS[:3]), "train.clips: 4 then, 3 now\n  train.seconds: 6.0 then, 4.5 now"),
        (describe([*ROWS[:3], replace(ROWS[3], text="mot kas")]), "train.sha256: '"),
        (describe([ROWS[1], ROWS[0], *ROWS[2:]]), "train.sha256: '"),
        (
            describe(vocabulary=build_vocabulary(["kasmo"])),
            "labels: ['<pad>', '<unk>', '|', 'a', 'k', 'm', 'o', 's', 't'] then, "
            "['<pad>', '<unk>', '|', 'a', 'k', 'm', 'o', 's'] now",
        ),
    ],
    ids=["learning rate", "seed", "fewer rows", "another text", "another order", "labels"],
)
def test_what_has_changed_is_refused_and_shown(
    tmp_path: Path, changed: dict[str, Any], told: str
) -> None:
    begin(tmp_path, 8, log="kept")
    with pytest.raises(UsageError) as caught:
        resume(tmp_path, changed)
    assert told in caught.value.message
    assert caught.value.code == "E_CHANGED"
    assert (tmp_path / LOG_NAME).read_text(encoding="utf-8") == "kept"


def test_how_it_is_run_may_change(tmp_path: Path) -> None:
    begin(tmp_path, 8)
    other = describe(workers=2, device="cpu", skip_bad=True, patience=3)
    assert resume(tmp_path, other)[0] == tmp_path / "checkpoint-8"
    moved = [replace(row, audio=Path("/elsewhere") / row.audio) for row in ROWS]
    assert resume(tmp_path, describe(moved))[0] == tmp_path / "checkpoint-8"


def test_a_noise_folder_goes_by_what_is_in_it(tmp_path: Path) -> None:
    """Moved as a whole it is the same; with one recording more, or another, it is not."""

    def noise(folder: Path) -> dict[str, Any]:
        return describe(augment="noise", noise_folder=str(folder))

    folder, moved = tmp_path / "noises", tmp_path / "disk/noises"
    (folder / "street").mkdir(parents=True)
    (folder / "fan.wav").write_bytes(b"12345")
    (folder / "street/rain.wav").write_bytes(b"123")
    (folder / "notes.txt").write_bytes(b"no sound")
    run_folder = tmp_path / "training"
    prepare_run(run_folder, noise(folder), resume=False, on_note=lambda _: None)
    moved.parent.mkdir()
    folder.rename(moved)
    (moved / "notes.txt").unlink()
    assert resume(run_folder, noise(moved))[0] is None  # goes on, if with nothing yet
    (moved / "fan.wav").rename(moved / "wind.wav")
    with pytest.raises(UsageError, match=r"options\.noise_folder\.sha256: '") as caught:
        resume(run_folder, noise(moved))
    assert caught.value.code == "E_CHANGED"
    assert "bytes" not in caught.value.message
    (moved / "fan.wav").write_bytes(b"1")
    with pytest.raises(UsageError) as caught:
        resume(run_folder, noise(moved))
    assert "options.noise_folder.bytes: 8 then, 9 now" in caught.value.message
    assert "options.noise_folder.recordings: 2 then, 3 now" in caught.value.message


def test_there_must_be_something_to_resume(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing to resume here"):
        resume(tmp_path, describe())
    begin(tmp_path, 8)
    finish_run(tmp_path, describe())
    with pytest.raises(UsageError, match="nothing to resume here"):
        resume(tmp_path, describe())


def test_a_run_that_was_killed_before_its_first_checkpoint_begins_again(tmp_path: Path) -> None:
    begin(tmp_path, log="a line of the run that died\n")
    assert resume(tmp_path, describe()) == (None, ["no whole checkpoint is there: starting over"])
    assert (tmp_path / LOG_NAME).read_text(encoding="utf-8") == ""
    with pytest.raises(UsageError, match="this is not the run that was begun here"):
        resume(tmp_path, describe(seed=2))


def test_a_run_that_was_killed_when_its_model_was_written_leaves_no_checkpoint(
    tmp_path: Path,
) -> None:
    """It is finished as soon as that is written down, and --resume clears up behind it."""
    begin(tmp_path, 8, 10)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("w2vctc.acoustic.training.run.delete_checkpoints", lambda _: None)
        finish_run(tmp_path, describe())
    assert len(list_checkpoints(tmp_path)) == 2
    with pytest.raises(UsageError, match="nothing to resume here"):
        resume(tmp_path, describe())
    assert {path.name for path in tmp_path.iterdir()} == {"run.json", "log.jsonl"}


@pytest.mark.parametrize("again", [True, False], ids=["resumed", "begun anew"])
def test_what_a_killed_run_left_half_written_is_cleared_away(tmp_path: Path, again: bool) -> None:
    run_folder = tmp_path / "model" / "training"
    run_folder.mkdir(parents=True)
    begin(run_folder, 8)
    half = staging_folder(run_folder) / "checkpoint-10"
    half.mkdir(parents=True)
    (half / "model.safetensors").write_bytes(b"half of it")
    (run_folder / ".run.json.abc12_fg.json").write_text("{", encoding="utf-8")
    (run_folder / ".log.jsonl.abc12_fg.jsonl").write_text("{", encoding="utf-8")
    (tmp_path / "model/.new.abc12").mkdir()
    (tmp_path / "model/.vocab.json.abc12_fg.json").write_text("{", encoding="utf-8")
    (tmp_path / "model/mine.txt").write_text("a person's", encoding="utf-8")
    prepare_run(run_folder, describe(), resume=again, on_note=lambda _: None)
    kept = {"run.json", "log.jsonl", "checkpoint-8"} if again else {"run.json"}
    assert {path.name for path in run_folder.iterdir()} == kept
    assert {path.name for path in (tmp_path / "model").iterdir()} == {"training", "mine.txt"}


def test_an_unreadable_description_is_named(tmp_path: Path) -> None:
    begin(tmp_path, 8)
    (tmp_path / "run.json").write_text("{", encoding="utf-8")
    with pytest.raises(UsageError, match=r"run\.json: cannot be read"):
        resume(tmp_path, describe())


def test_a_fresh_run_clears_the_way_and_describes_itself(tmp_path: Path) -> None:
    begin(tmp_path, 8, 10, log="old")
    assert prepare_run(tmp_path, describe(seed=5), resume=False, on_note=print) is None
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]
    described = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert described == describe(seed=5)
