"""Manifest rows made ready for a verb: normalized, measured, and refused when they must be."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from w2vctc.cli.screen import say
from w2vctc.corpus.checks import CheckedRows, check_references, refuse_faults, render_rejected
from w2vctc.corpus.manifest import read_split
from w2vctc.corpus.utterance import Utterance
from w2vctc.files import save_text
from w2vctc.project import Project
from w2vctc.text.normalize import normalize_text
from w2vctc.text.profile import LanguageProfile, load_profile

HINT_SKIP = "mend those rows, or leave them out with --skip-bad"


def open_profile(project: Project) -> LanguageProfile:
    """The language's profile: the project's own, the shipped one, or the generic rules."""
    return load_profile(project.lang, path=project.profile)


def make_normalizer(profile: LanguageProfile) -> Callable[[str], str]:
    """The one normalizer for labels, LM text and scoring."""
    return partial(normalize_text, profile=profile)


def read_references(project: Project, split: str, *, skip_bad: bool) -> list[Utterance]:
    """A split's rows for scoring: normalized text, measured duration."""
    normalize = make_normalizer(open_profile(project))
    checked = check_references(read_split(project.data, split), normalize=normalize)
    if not skip_bad:
        refuse_faults(checked, hint=HINT_SKIP)
    elif checked.faults:
        say(f"{split}: left out {len(checked.faults)} rows that cannot be scored")
    return list(checked.kept)


def take_rows(checked: CheckedRows, split: str, *, skip_bad: bool, reject_to: Path) -> None:
    """Refuses bad rows, or with `skip_bad` lists them in `rejected-SPLIT.tsv` and says how many."""
    if not checked.faults:
        return
    if not skip_bad:
        refuse_faults(checked, hint=HINT_SKIP)
    path = reject_to / f"rejected-{split}.tsv"
    save_text(path, render_rejected(checked.faults))
    total_s = checked.kept_s + checked.rejected_s
    say(
        f"{split}: kept {len(checked.kept)} of {len(checked.kept) + len(checked.faults)} rows,"
        f" {checked.kept_s / 3600:.2f} hours of {total_s / 3600:.2f}; the others are in {path}"
    )


def texts_of(rows: Sequence[Utterance]) -> list[str]:
    """The transcripts, in order."""
    return [row.text for row in rows]
