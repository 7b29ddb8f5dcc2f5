"""The working folder: conventions, w2vctc.toml over them, flags over both."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from w2vctc.errors import UsageError
from w2vctc.project import Project, find_model, find_project, names_language


@dataclass(frozen=True)
class Options:
    epochs: float = 5.0
    model: str = "xlsr-53"


def write_toml(root: Path, text: str) -> None:
    (root / "w2vctc.toml").write_text(text, encoding="utf-8")


def make_folders(root: Path, *names: str) -> None:
    for name in names:
        (root / name).mkdir(parents=True)


def make_model(root: Path, name: str) -> Path:
    make_folders(root, name)
    (root / name / "config.json").write_text("{}")
    return root / name


def test_a_language_names_every_folder(tmp_path: Path) -> None:
    assert find_project(lang="ca", root=tmp_path) == Project(
        lang="ca",
        data=tmp_path / "data" / "ca",
        model=tmp_path / "models" / "ca",
        lm=tmp_path / "lm" / "ca",
        flags="--lang ca",
    )


def test_the_folder_of_the_command_is_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_folders(tmp_path, "data/ca")
    monkeypatch.chdir(tmp_path)
    assert find_project().data == Path("data/ca")


def test_the_only_folder_in_data_names_the_language(tmp_path: Path) -> None:
    make_folders(tmp_path, "data/gn", "data/.cache")
    project = find_project(root=tmp_path)
    assert (project.lang, project.flags) == ("gn", "--lang gn")
    assert names_language(tmp_path)


def test_tables_in_data_itself_need_no_language(tmp_path: Path) -> None:
    make_folders(tmp_path, "data/wavs")
    (tmp_path / "data" / "train.csv").touch()
    project = find_project(root=tmp_path)
    assert (project.lang, project.data) == ("und", tmp_path / "data")
    assert names_language(tmp_path)
    # the next command is told with --lang und, and comes to the same folders
    assert find_project(lang="und", root=tmp_path) == project


@pytest.mark.parametrize(
    ("folders", "message"),
    [
        ([], "which language? there is no data/ folder here"),
        (["data"], "which language? data/ holds no folder"),
        (["data/gn", "data/ca"], "which language? data/ holds ca, gn"),
    ],
)
def test_no_language_is_guessed_where_nothing_decides(
    tmp_path: Path, folders: list[str], message: str
) -> None:
    make_folders(tmp_path, *folders)
    with pytest.raises(UsageError) as caught:
        find_project(root=tmp_path)
    assert caught.value.message == message
    assert caught.value.hint == 'say --lang ca, or write lang = "ca" into w2vctc.toml'


def test_a_data_folder_inside_data_names_its_language(tmp_path: Path) -> None:
    make_folders(tmp_path, "data/ca", "data/gn")
    project = find_project(data=tmp_path / "data" / "gn", root=tmp_path)
    assert (project.lang, project.model) == ("gn", tmp_path / "models" / "gn")


def test_a_data_folder_elsewhere_has_no_language(tmp_path: Path) -> None:
    make_folders(tmp_path, "my recordings")
    data = tmp_path / "my recordings"
    project = find_project(data=data, root=tmp_path)
    assert (project.lang, project.data) == ("und", data)
    assert project.model == tmp_path / "models" / "und"
    assert project.flags == f"--data '{data}'"  # as a shell takes it


def test_toml_names_language_and_paths(tmp_path: Path) -> None:
    write_toml(
        tmp_path,
        'lang = "gn"\ndata = "speech"\nmodel = "out/model"\nlm = "out/lm"\nprofile = "gn.toml"\n',
    )
    assert find_project(root=tmp_path) == Project(
        lang="gn",
        data=tmp_path / "speech",
        model=tmp_path / "out/model",
        lm=tmp_path / "out/lm",
        profile=tmp_path / "gn.toml",
        flags="--lang gn",
    )
    assert names_language(tmp_path)


def test_flags_win_over_toml(tmp_path: Path) -> None:
    write_toml(tmp_path, 'lang = "gn"\ndata = "speech"\nmodel = "m"\nlm = "l"\nprofile = "p"\n')
    project = find_project(
        lang="ca",
        data=Path("d"),
        model=Path("m2"),
        lm=Path("l2"),
        profile=Path("p2"),
        root=tmp_path,
    )
    assert project == Project(
        "ca", Path("d"), Path("m2"), Path("l2"), Path("p2"), flags="--lang ca --data d"
    )


def test_the_project_s_own_profile_is_found(tmp_path: Path) -> None:
    make_folders(tmp_path, "vocab")
    (tmp_path / "vocab" / "ca.toml").touch()
    assert find_project(lang="ca", root=tmp_path).profile == tmp_path / "vocab" / "ca.toml"
    assert find_project(lang="es", root=tmp_path).profile is None


def test_a_table_of_toml_fills_a_verb_s_options(tmp_path: Path) -> None:
    write_toml(tmp_path, 'lang = "ca"\n[finetune]\nepochs = 12\n')
    project = find_project(root=tmp_path)
    assert project.options(Options, "finetune") == Options(epochs=12.0)
    assert project.options(Options, "other") == Options()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'language = "ca"\nlm = 3\n',
            "w2vctc.toml: unknown key 'language' (did you mean 'lang'?);"
            " lm = 3: wanted a path in quotes",
        ),
        ('lnag = "ca"\n', "w2vctc.toml: unknown key 'lnag' (did you mean 'lang'?)"),
        (
            'lang = "ca"\n[finetun]\nepochs = 1\n',
            "w2vctc.toml: unknown table [finetun] (did you mean 'finetune'?)",
        ),
    ],
)
def test_mistakes_in_toml_are_named(
    tmp_path: Path, text: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_toml(tmp_path, text)
    monkeypatch.chdir(tmp_path)
    for find in (find_project, find_model):
        with pytest.raises(UsageError) as caught:
            find()
        assert caught.value.message == message


def test_mistakes_in_a_table_name_the_table(tmp_path: Path) -> None:
    write_toml(tmp_path, 'lang = "ca"\n[finetune]\nepoch = 1\nmodel = 5\n')
    with pytest.raises(UsageError) as caught:
        find_project(root=tmp_path).options(Options, "finetune")
    assert caught.value.message == (
        "w2vctc.toml [finetune]: unknown key 'epoch' (did you mean 'epochs'?);"
        " model = 5: wanted text in quotes"
    )


def test_the_only_model_is_the_model(tmp_path: Path) -> None:
    assert find_model(tmp_path) is None
    make_folders(tmp_path, "models/half-made")
    assert find_model(tmp_path) is None
    model = make_model(tmp_path, "models/ca")
    assert find_model(tmp_path) == model


def test_of_several_models_toml_chooses(tmp_path: Path) -> None:
    models = [make_model(tmp_path, f"models/{name}") for name in ("ca", "gn")]
    with pytest.raises(UsageError) as caught:
        find_model(tmp_path)
    assert caught.value.message == f"several models here: {models[0]}, {models[1]}"
    write_toml(tmp_path, 'lang = "gn"\n')
    assert find_model(tmp_path) == models[1]
    elsewhere = make_model(tmp_path, "elsewhere")
    write_toml(tmp_path, 'lang = "gn"\nmodel = "elsewhere"\n')
    assert find_model(tmp_path) == elsewhere


def test_toml_that_names_no_language_does_not_hide_the_only_model(tmp_path: Path) -> None:
    model = make_model(tmp_path, "models/ca")
    write_toml(tmp_path, "[finetune]\nepochs = 3\n")
    assert find_model(tmp_path) == model


def test_an_empty_folder_names_no_language(tmp_path: Path) -> None:
    assert not names_language(tmp_path)
    write_toml(tmp_path, "[finetune]\nepochs = 3\n")
    assert not names_language(tmp_path)
