"""Several datasets at the command line: who judges, who is heard how often, how rows are named."""

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from acoustic_material import (
    make_network,
    make_sentences,
    make_words,
    save_source,
    write_split,
)

from w2vctc.acoustic.clips.sampling import DatasetShare
from w2vctc.acoustic.training.checkpoints import list_checkpoints
from w2vctc.acoustic.training.options import FinetuneOptions, check_options
from w2vctc.cli.datasets import describe_shares, name_places, open_datasets
from w2vctc.cli.model_card import write_command
from w2vctc.errors import DataError, UsageError
from w2vctc.project import Project, find_project
from w2vctc.vocab import build_vocabulary

pytestmark = pytest.mark.usefixtures("one_thread")

Run = Callable[..., tuple[int, str, str]]
OWN, MORE = "data/xx", "other/more"
BOTH = ["--data", OWN, "--data", MORE, "--sampling-exponent", "0.5"]
SHORT = [
    *("--model", "pretrained", "--updates", "4", "--eval-every", "2", "--batch-seconds", "4"),
    *("--learning-rate", "3e-3", "--freeze-encoder-updates", "1", "--device", "cpu"),
]
SENTENCES = make_sentences(make_words(12, seed=1), 30, seed=2)


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two datasets with the same file names, and a small model to start from. Not to be modified.

    The second one has a dev and a test of its own; its sentences are nobody else's.
    """
    root = tmp_path_factory.mktemp("workplace")
    write_split(root / OWN, "train", SENTENCES[:12], seed=1)
    write_split(root / OWN, "dev", SENTENCES[12:15], seed=2)
    write_split(root / OWN, "test", SENTENCES[15:17], seed=3)
    write_split(root / MORE, "train", SENTENCES[17:21], seed=4)
    write_split(root / MORE, "dev", SENTENCES[21:24], seed=5)
    write_split(root / MORE, "test", SENTENCES[24:26], seed=6)
    labels = build_vocabulary(SENTENCES)
    save_source(root / "pretrained", make_network(labels), labels)
    return root


@pytest.fixture
def folder(workplace: Path, tmp_path: Path) -> Path:
    """The working folder that `run` types its commands in."""
    shutil.copytree(workplace, tmp_path, dirs_exist_ok=True)
    return tmp_path


def read_run(folder: Path) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = json.loads(
        (folder / "models/xx/training/run.json").read_text(encoding="utf-8")
    )
    return found


def append(path: Path, line: str) -> None:
    with path.open("a", encoding="utf-8") as stream:
        stream.write(line)


# What is trained on


def test_the_first_dataset_judges_and_the_others_only_teach(run: Run, folder: Path) -> None:
    code, _, err = run("finetune", "--lang", "xx", *BOTH, *SHORT)
    assert code == 0, err
    assert "more: neither trained on nor judged with: 3 of dev, 2 of test\n" in err
    (line,) = [line for line in err.splitlines() if "of what is heard" in line]
    assert line.startswith("xx ")
    assert "; more " in line
    assert line.endswith("; dev is of xx alone")

    described = read_run(folder)
    assert described["train"]["clips"] == 12 + 4
    assert described["dev"]["clips"] == 3
    own, more = described["datasets"]["xx"], described["datasets"]["more"]
    assert isinstance(own, dict) and isinstance(more, dict)
    assert (own["clips"], more["clips"]) == (12, 4)
    assert own["share"] + more["share"] == pytest.approx(1, abs=1e-3)
    assert own["share"] / more["share"] == pytest.approx(
        (own["seconds"] / more["seconds"]) ** 0.5, rel=1e-3
    )
    card = " ".join((folder / "models/xx/README.md").read_text(encoding="utf-8").split())
    assert "16 clips (xx, more); 3 clips of xx, " in card
    assert "Of each dataset, and its share of what was heard: xx " in card
    assert f"w2vctc finetune --lang xx --data {OWN} --data {MORE} --model pretrained" in card
    assert "--sampling-exponent 0.5" in card


def test_one_dataset_is_named_nowhere(run: Run, folder: Path) -> None:
    code, _, err = run("finetune", "--lang", "xx", *SHORT, "--sampling-exponent", "0.3")
    assert code == 0, err
    assert "of what is heard" not in err
    assert "datasets" not in read_run(folder)
    assert "Of each dataset" not in (folder / "models/xx/README.md").read_text(encoding="utf-8")


def test_the_plan_shows_the_shares(run: Run, folder: Path) -> None:
    code, out, err = run("finetune", "--lang", "xx", *BOTH, *SHORT, "--plan")
    assert code == 0, err
    assert "\ndatasets  xx " in out
    assert not (folder / "models").exists()
    code, out, err = run("finetune", "--lang", "xx", *BOTH, *SHORT, "--plan", "--json")
    own, more = json.loads(out)["datasets"]
    assert (own["name"], own["n_clips"], more["name"], more["n_clips"]) == ("xx", 12, "more", 4)
    assert own["passes"] < 1 < more["passes"]


def test_the_config_file_names_further_datasets_and_flags_win(run: Run, folder: Path) -> None:
    (folder / "w2vctc.toml").write_text(
        f'lang = "xx"\n[finetune]\nmore-data = ["{MORE}"]\nsampling_exponent = 0.0\n',
        encoding="utf-8",
    )
    code, out, err = run("finetune", *SHORT, "--plan", "--json")
    assert code == 0, err
    assert [one["share"] for one in json.loads(out)["datasets"]] == [0.5, 0.5]
    code, out, err = run("finetune", "--data", OWN, *SHORT, "--plan", "--json")
    assert code == 0, err
    assert json.loads(out)["datasets"] == []


def test_a_dataset_without_splits_is_all_for_training(folder: Path) -> None:
    """The project's own data would be divided; of a further one nothing is held out."""
    for split in ("dev", "test"):
        (folder / MORE / f"{split}.tsv").unlink()
    datasets = open_datasets(make_project(folder), [str(folder / MORE)])
    assert [len(corpus.utterances) for corpus in datasets.corpora] == [17, 4]
    (folder / MORE / "train.tsv").rename(folder / MORE / "all.tsv")
    datasets = open_datasets(make_project(folder), [str(folder / MORE / "all.tsv")])
    assert [row.split for row in datasets.corpora[1].utterances] == ["train"] * 4


def make_project(folder: Path) -> Project:
    return find_project(lang="xx", root=folder)


def test_what_the_project_holds_out_is_not_trained_on_by_another_way(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A link to a dev recording, and a sentence of test in another voice."""
    (folder / MORE / "same.wav").symlink_to(folder / OWN / "dev001.wav")
    append(folder / MORE / "train.tsv", "same.wav\tkas mot\n")
    append(folder / MORE / "train.tsv", f"dev000.wav\t{SENTENCES[15].upper()}!\n")
    append(folder / MORE / "train.tsv", f"dev001.wav\t{SENTENCES[12]}\n")
    project = make_project(folder)
    datasets = open_datasets(
        Project(**{**vars(project), "allow_outside": True}), [str(folder / MORE)]
    )
    assert len(datasets.corpora[1].utterances) == 4 + 1
    err = capsys.readouterr().err
    assert f"1 of recordings that {folder / OWN} holds out, 1 with a sentence of its test\n" in err
    assert f"more: 1 row with a sentence of {folder / OWN}'s dev: " in err


def test_a_dataset_of_nothing_but_held_out_sentences_is_refused(folder: Path) -> None:
    (folder / MORE / "train.tsv").write_text(
        f"path\ttext\ntrain000.wav\t{SENTENCES[15]}\n", encoding="utf-8"
    )
    with pytest.raises(DataError, match="other/more: no row is left to train on") as caught:
        open_datasets(make_project(folder), [str(folder / MORE)])
    assert caught.value.code == "E_MISSING"


def test_letters_of_every_dataset_get_a_label(run: Run, folder: Path) -> None:
    append(folder / MORE / "train.tsv", "dev000.wav\tñañu\n")
    code, _, err = run("finetune", "--lang", "xx", *BOTH, *SHORT)
    assert code == 0, err
    labels = json.loads((folder / "models/xx/vocab.json").read_text(encoding="utf-8"))
    assert "ñ" in labels


def test_a_small_dataset_in_another_script_does_not_hide_in_a_large_one(
    run: Run, folder: Path
) -> None:
    """The labels are there already, and are those of the project's own data."""
    assert run("build-vocab", "--lang", "xx")[0] == 0
    (folder / MORE / "train.tsv").write_text(
        "path\ttext\ntrain000.wav\tкас мот\n", encoding="utf-8"
    )
    code, _, err = run("finetune", "--lang", "xx", *BOTH, *SHORT)
    assert code == 3
    assert "the vocabulary cannot spell 6 of 6 letters" in err
    assert "first in more/train.tsv:2" in err
    assert "[E_SPELLING]" in err


# How rows are named


def test_rows_that_cannot_be_used_say_which_dataset_they_are_of(run: Run, folder: Path) -> None:
    for place in (OWN, MORE):
        (folder / place / "train001.wav").write_bytes(b"")
    code, _, err = run("finetune", "--lang", "xx", *BOTH, *SHORT)
    assert code == 3
    assert "error: 2 of 16 rows cannot be used (E_EMPTY 2):" in err
    assert "\n  xx/train.tsv:3: " in err
    assert "\n  more/train.tsv:3: " in err
    code, _, err = run("finetune", "--lang", "xx", *BOTH, *SHORT, "--skip-bad")
    assert code == 0, err
    rejected = folder / "models/xx/training/rejected-train.tsv"
    with rejected.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    assert [(row["source"], row["id"]) for row in rows] == [
        ("xx/train.tsv:3", "xx/train001.wav"),
        ("more/train.tsv:3", "more/train001.wav"),
    ]


def test_a_row_that_cannot_be_read_says_which_dataset_it_is_of(folder: Path) -> None:
    append(folder / MORE / "train.tsv", "train000.wav\ttwice\n")
    datasets = open_datasets(make_project(folder), [str(folder / MORE)])
    (fault,) = datasets.corpora[1].faults
    assert fault.code == "E_DUP_ID"
    assert fault.message.startswith("more/train.tsv:6: the id 'train000.wav' stands in ")
    assert fault.source == "more/train.tsv:6"
    assert fault.utterance is not None
    assert fault.utterance.source == "more/train.tsv:6"


@pytest.mark.parametrize(
    ("places", "names"),
    [
        (["data/ca", "numbers"], ["ca", "numbers"]),
        (["data/ca", "old/ca", "b"], ["data/ca", "old/ca", "x/b"]),
        (["a/../b/", "./c", "."], ["b", "c", "x"]),
    ],
)
def test_datasets_are_named_by_as_much_of_their_path_as_tells_them_apart(
    places: list[str], names: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "x").mkdir()
    monkeypatch.chdir(tmp_path / "x")
    assert name_places([Path(place) for place in places]) == names


def test_a_dataset_that_is_one_file_is_not_named_twice(folder: Path) -> None:
    alone = folder / "other/alone.tsv"
    alone.write_text("path\ttext\nmore/train000.wav\tkas\n", encoding="utf-8")
    datasets = open_datasets(make_project(folder), [str(alone)])
    (row,) = datasets.corpora[1].utterances
    assert row.source == "alone.tsv:2"
    assert row.id.startswith("alone.tsv/")


def test_the_shares_to_the_letter() -> None:
    shares = (
        DatasetShare("qu", 3271, 11304.0, 0.7251, 0.8278),
        DatasetShare("numbers", 840, 1612.0, 0.2749, 2.1942),
    )
    assert describe_shares(shares) == (
        "qu 3.14 hours, 72.5 % of what is heard, a clip 0.83 times an epoch;"
        " numbers 27 minutes, 27.5 % of what is heard, a clip 2.19 times an epoch;"
        " dev is of qu alone"
    )


# What is refused


def break_off(run: Run, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """The exit code of a run that somebody stops when all is done but writing the model."""

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("w2vctc.acoustic.training.finetuning.list_suspects", stop)
        return run("finetune", *words)[0]


def test_a_run_is_not_resumed_with_another_dataset_or_another_share(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = break_off(run, monkeypatch, "--lang", "xx", *BOTH, *SHORT)
    assert code == 130
    checkpoints = list_checkpoints(folder / "models/xx/training")
    assert checkpoints

    words = ["finetune", "--lang", "xx", *SHORT, "--resume"]
    code, _, err = run(*words)
    assert code == 2
    assert "  datasets: {'xx': {'clips': 12, " in err
    assert "train.clips: 16 then, 12 now" in err
    assert "[E_CHANGED]" in err
    code, _, err = run(*words, *BOTH, "--sampling-exponent", "0.6")
    assert code == 2
    assert "options.sampling_exponent: 0.5 then, 0.6 now" in err
    append(folder / MORE / "train.tsv", "dev000.wav\tkas\n")
    code, _, err = run(*words, *BOTH)
    assert code == 2
    assert "datasets.more.clips: 4 then, 5 now" in err
    assert list_checkpoints(folder / "models/xx/training") == checkpoints


def test_a_resumed_run_of_several_datasets_ends_with_the_same_weights(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Further data may have moved to another folder of the same name."""
    words = ["finetune", "--lang", "xx", *SHORT]
    assert run(*words, *BOTH)[0] == 0
    weights = folder / "models/xx/model.safetensors"
    whole = weights.read_bytes()

    assert break_off(run, monkeypatch, "--lang", "xx", *BOTH, *SHORT, "--overwrite") == 130
    newest = folder / "models/xx/training/checkpoint-4"
    assert newest.is_dir()
    shutil.rmtree(newest)
    weights.unlink(missing_ok=True)
    shutil.move(folder / MORE, folder / "moved/more")
    code, _, err = run(
        *words, "--data", OWN, "--data", "moved/more", "--sampling-exponent", "0.5", "--resume"
    )
    assert code == 0, err
    assert "going on from checkpoint-2" in err
    assert weights.read_bytes() == whole


def test_a_dataset_that_is_given_twice_is_refused(run: Run, folder: Path) -> None:
    (folder / "again").symlink_to(folder / OWN)
    code, _, err = run("finetune", "--data", OWN, "--data", "again", *SHORT)
    assert code == 2
    assert f"error: again: that data is given twice, as {OWN} too\n" in err


@pytest.mark.parametrize("exponent", [-0.1, 1.5, float("nan")])
def test_an_exponent_out_of_range_is_refused(exponent: float) -> None:
    with pytest.raises(UsageError, match=r"--sampling-exponent \S+ must be from 0 to 1"):
        check_options(FinetuneOptions(sampling_exponent=exponent))


def test_the_command_of_a_project_whose_datasets_come_from_the_config_file(tmp_path: Path) -> None:
    project = Project(
        lang="ca", data=Path("data/ca"), model=tmp_path, lm=tmp_path, flags="--lang ca"
    )
    options = FinetuneOptions(more_data=("a b", "numbers"), sampling_exponent=0.5)
    assert write_command(project, options) == (
        "w2vctc finetune --lang ca --data data/ca --data 'a b' --data numbers"
        " --sampling-exponent 0.5"
    )
