"""`w2vctc build-vocab --write-profile`: a first profile, drafted from the training texts."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from w2vctc.project import Project


def write_profile(project: "Project", *, as_json: bool = False) -> Path:
    """Writes the draft to vocab/LANG.toml in the working folder and says what to do with it.

    Raises UsageError where the project has a profile of its own already.
    """
    from w2vctc.cli.rows import open_corpus, usable_texts
    from w2vctc.cli.screen import say, say_next, write_json
    from w2vctc.files import save_text
    from w2vctc.text.profile import load_profile
    from w2vctc.vocab.draft import render_draft
    from w2vctc.vocab.study import study_texts

    path = Path("vocab") / f"{project.lang}.toml"
    _refuse_existing(path, project)
    shipped = load_profile(project.lang)
    study = study_texts(usable_texts(open_corpus(project), "train"), project.lang)
    save_text(path, render_draft(study))
    if as_json:
        write_json({"profile": str(path), "letters": [row.character for row in study.letters]})
        return path
    say(
        f"made {path}, a draft from {study.n_texts:,} training texts with"
        f" {len(study.letters)} letters; as remarks, rare letters: {len(study.rare)},"
        f" of other scripts: {len(study.foreign)}, words that mix scripts: {len(study.mixed)}"
    )
    if shipped.letters:
        say(f"from now on it takes the place of the shipped profile of {shipped.name}")
    say("it is a draft: review it with a person who knows the language, and mend it")
    say_next(f"w2vctc build-vocab {project.flags}")
    return path


def _refuse_existing(path: Path, project: "Project") -> None:
    from w2vctc.errors import UsageError

    there = project.profile or (path if path.exists() or path.is_symlink() else None)
    if there is not None:
        raise UsageError(
            f"{there}: the project has this profile, and a draft never takes its place",
            hint="review that one; or move it away, or name no other in --profile or w2vctc.toml",
        )
