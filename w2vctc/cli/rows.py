"""Manifest rows made ready for a verb: normalized, measured, and refused when they must be."""

import shlex
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import partial
from pathlib import Path

from w2vctc.cli.screen import format_amount, say
from w2vctc.corpus.checks.rows import CheckedRows, check_references, refuse_faults, render_rejected
from w2vctc.corpus.corpus import Corpus, read_corpus
from w2vctc.corpus.fault import Fault
from w2vctc.corpus.formats import ReadOptions
from w2vctc.corpus.splits import split_rows
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError, MachineError
from w2vctc.files import save_text
from w2vctc.project import Project
from w2vctc.text.findings import find_text_faults
from w2vctc.text.normalize import find_reserved, normalize_text
from w2vctc.text.profile import LanguageProfile, load_profile
from w2vctc.words import numbered

_UNSPOKEN = ("E_CHAR", "E_TOO_LONG_TEXT")
HINT_SKIP = "mend those rows, or leave them out with --skip-bad"


def open_profile(project: Project) -> LanguageProfile:
    """The language's profile: the project's own, the shipped one, or the generic rules."""
    return load_profile(project.lang, path=project.profile)


def make_normalizer(profile: LanguageProfile) -> Callable[[str], str]:
    """The one normalizer for labels, LM text and scoring."""
    return partial(normalize_text, profile=profile)


def open_corpus(project: Project, *, divide: bool = True) -> Corpus:
    """All rows of the project's data, each with its split.

    Where the data itself tells no dev from train, splits are made, the same ones every time;
    without `divide` all that no split is known of is train. Raises what `refuse_fatal` raises.
    """
    options = ReadOptions(project.format, project.tier, project.allow_outside)
    corpus = read_corpus(project.data, options)
    refuse_fatal(corpus)
    if not corpus.utterances:
        refuse_faults(CheckedRows((), corpus.errors), hint="mend those rows")
    if divide:
        corpus = ensure_splits(corpus, make_normalizer(open_profile(project)))
    else:
        rows = (replace(row, split=row.split or "train") for row in corpus.utterances)
        corpus = replace(corpus, utterances=tuple(rows))
    if corpus.note:
        say(f"{project.data}: {corpus.note}")
    return corpus


def refuse_fatal(corpus: Corpus) -> None:
    """Raises DataError, or MachineError E_PERM, where a whole file cannot be read."""
    fatal = next((fault for fault in corpus.faults if fault.is_fatal), None)
    if fatal is not None:
        kind = MachineError if fatal.code == "E_PERM" else DataError
        raise kind(fatal.message, hint=fatal.hint, code=fatal.code)


def rows_of_split(corpus: Corpus, split: str) -> tuple[list[Utterance], list[Fault]]:
    """The rows of one split and the faults of those that could not be read.

    Raises DataError E_MISSING where the data has no such split.
    """
    if split not in corpus.splits:
        place = shlex.quote(str(corpus.place))
        raise DataError(
            f"{corpus.place}: no {split} rows; there are {', '.join(corpus.splits) or 'none'}",
            hint=f"w2vctc prepare {place} --resplit --out FOLDER divides the data anew",
            code="E_MISSING",
        )
    return corpus.rows(split), _faults_of(corpus, split)


def usable_texts(
    corpus: Corpus, split: str, *, profile: LanguageProfile | None = None
) -> list[str]:
    """The transcripts of one split as written, sound or not; empty without that split.

    Rows that hold the model's own tokens are left out and named, with a profile those with
    characters that nobody spoke too: no label and no word may come of them.
    """
    for fault in _faults_of(corpus, split):
        say(f"left out {fault.message}")
    texts = []
    for row in corpus.rows(split):
        if why := _find_unspoken(row.text, profile):
            say(f"left out {row.source}: {why}")
        else:
            texts.append(row.text)
    return texts


def _find_unspoken(text: str, profile: LanguageProfile | None) -> str:
    if reserved := find_reserved(text):
        return f"the transcript holds the literal {reserved[0]!r}"
    found = find_text_faults(text, profile) if profile is not None else []
    return next((one.message for one in found if one.code in _UNSPOKEN), "")


def ensure_splits(corpus: Corpus, normalize: Callable[[str], str]) -> Corpus:
    undivided = [row for row in corpus.utterances if row.split in ("", "train")]
    if "dev" in corpus.splits or not undivided:
        return corpus
    divided = split_rows(
        undivided,
        normalize=normalize,
        wanted=("dev",) if "test" in corpus.splits else ("dev", "test"),
    )
    others = [row for row in corpus.utterances if row.split not in ("", "train")]
    return replace(
        corpus,
        utterances=(*divided.rows, *others),
        faults=(*corpus.faults, *divided.left_out),
        note=divided.note,
    )


def _faults_of(corpus: Corpus, split: str) -> list[Fault]:
    """The errors of a split; those of rows that no split is known of go with train.

    Rows that a division of ours left out are no faults of anybody's: its note counts them.
    """
    return [
        fault
        for fault in corpus.errors
        if fault.code != "E_SPLIT_OVERLAP"
        and ((fault.utterance.split if fault.utterance else "") or "train") == split
    ]


def read_references(project: Project, split: str, *, skip_bad: bool) -> list[Utterance]:
    """A split's rows for scoring: normalized text, measured duration."""
    normalize = make_normalizer(open_profile(project))
    corpus = open_corpus(project)
    rows, faults = rows_of_split(corpus, split)
    checked = check_references(rows, normalize=normalize).with_faults(faults)
    known = {normalize(row.text) for row in corpus.rows("train")} if split != "train" else set()
    if split == "test":
        checked = _refuse_seen(checked, known)
    if not skip_bad:
        refuse_faults(checked, hint=HINT_SKIP)
    elif checked.faults:
        say(f"{split}: left out {numbered(len(checked.faults), 'row')} that cannot be scored")
    _tell_shared(checked.kept, known, split)
    return list(checked.kept)


def _refuse_seen(checked: CheckedRows, known: AbstractSet[str]) -> CheckedRows:
    """The same with rows as faults whose sentence the model was trained on: a test is of others."""
    seen = [row for row in checked.kept if row.text and row.text in known]
    faults = [
        Fault("E_SEEN", f"{row.source}: train has the sentence {row.text!r} too", row)
        for row in seen
    ]
    kept = tuple(row for row in checked.kept if not (row.text and row.text in known))
    return CheckedRows(kept, (*checked.faults, *faults))


def _tell_shared(rows: Sequence[Utterance], known: AbstractSet[str], split: str) -> None:
    """Says how many of the normalized rows have a sentence that the model was trained on."""
    n_shared = sum(row.text in known for row in rows if row.text)
    if n_shared:
        say(
            f"{n_shared:,} of {numbered(len(rows), 'row')} of {split} have a sentence of train:"
            " error rates are too good (w2vctc prepare --resplit keeps sentences apart)"
        )


def take_rows(checked: CheckedRows, split: str, *, skip_bad: bool, reject_to: Path | None) -> None:
    """Refuses bad rows, or with `skip_bad` lists them in `rejected-SPLIT.tsv` and says how many.

    Where `reject_to` is None, nothing is written.
    """
    if not checked.faults:
        return
    if not skip_bad:
        refuse_faults(checked, hint=HINT_SKIP)
    where = ""
    if reject_to is not None:
        path = reject_to / f"rejected-{split}.tsv"
        save_text(path, render_rejected(checked.faults))
        where = f"; the others are in {path}"
    total_s = checked.kept_s + checked.rejected_s
    say(
        f"{split}: kept {len(checked.kept):,} of"
        f" {numbered(len(checked.kept) + len(checked.faults), 'row')},"
        f" {format_amount(checked.kept_s)} of {format_amount(total_s)}{where}"
    )


def texts_of(rows: Sequence[Utterance]) -> list[str]:
    """The transcripts, in order."""
    return [row.text for row in rows]
