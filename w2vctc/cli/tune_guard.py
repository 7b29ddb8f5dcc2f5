"""What nobody should tune on: the sound of the test set, and what the language model has read."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from w2vctc.corpus.corpus import read_corpus
from w2vctc.corpus.formats import ReadOptions
from w2vctc.corpus.utterance import Utterance
from w2vctc.decode.known_sentences import find_known_sentences
from w2vctc.errors import DataError, W2vctcError
from w2vctc.files import hash_file
from w2vctc.words import numbered

if TYPE_CHECKING:
    from w2vctc.lm.folder import LanguageModelFiles
    from w2vctc.project import Project

_HINT = "tune on dev rows of their own, or the test says nothing any more"
TEST = "test"

Piece = tuple[str, float, float | None]
"""The content of a file and the seconds of it."""


def refuse_test_table(project: "Project") -> None:
    """Raises DataError E_LEAK where the data is a test table by its name."""
    if project.data.is_file() and project.data.stem.lower() == TEST:
        raise DataError(
            f"{project.data}: this is the test table by its name", hint=_HINT, code="E_LEAK"
        )


def refuse_test_sound(project: "Project", rows: Sequence[Utterance]) -> None:
    """Raises DataError E_LEAK where rows to tune on have sound that a test table has too.

    Looked at are the test rows of the same data, of tables beside it, and of data/LANG.
    """
    shared = find_shared_sound(rows, _list_tests(project))
    if shared:
        one, other = shared[0]
        raise DataError(
            f"{numbered(len(shared), 'row')} of {len(rows):,} to tune on have the sound of test"
            f" rows: {one.source} and {other.source} are the same",
            hint=_HINT,
            code="E_LEAK",
        )


def leave_out_known(rows: list[Utterance], lm: "LanguageModelFiles") -> tuple[list[Utterance], int]:
    """The rows without those whose sentence the n-gram was made of, and how many these were.

    Weights tuned on such rows trust the n-gram too much. train-lm leaves dev out by itself, so
    that some are left out here and most raise DataError E_LEAK. Empty transcripts stay, and so
    does everything where the language model does not tell what it was made of.
    """
    known = find_known_sentences(lm.ngram.parent, [row.text for row in rows])
    if known is None:
        return rows, 0
    kept = [row for row, is_known in zip(rows, known, strict=True) if not (row.text and is_known)]
    n_known = len(rows) - len(kept)
    if n_known > len(rows) / 2:
        raise DataError(
            f"{lm.ngram}: made of {n_known:,} of the {numbered(len(rows), 'sentence')} of dev",
            hint="run train-lm again without --keep-held-out; it leaves dev out",
            code="E_LEAK",
        )
    return kept, n_known


def find_shared_sound(
    rows: Iterable[Utterance], tests: Iterable[Utterance]
) -> list[tuple[Utterance, Utterance]]:
    """Rows with the test row whose sound they have, by the files' content and the seconds.

    Only files of the same size are read.
    """
    by_size: dict[int, list[Utterance]] = {}
    for test in tests:
        by_size.setdefault(_size(test.audio), []).append(test)
    digests: dict[Path, str] = {}

    def piece(row: Utterance) -> Piece:
        path = row.audio.resolve()
        if path not in digests:
            digests[path] = hash_file(path)
        return digests[path], row.start_s, row.end_s

    found = []
    for row in rows:
        same_size = by_size.get(_size(row.audio), ())
        twin = next((test for test in same_size if piece(test) == piece(row)), None)
        if twin is not None:
            found.append((row, twin))
    return found


def _list_tests(project: "Project") -> list[Utterance]:
    own = _read(project.data, ReadOptions(project.format, project.tier, allow_outside=True))
    tests = [row for row in own if row.split == TEST]
    if project.data.is_file():
        beside = sorted(project.data.parent.glob(f"{TEST}.*"))
        tests += [row for path in beside for row in _read(path, ReadOptions())]
    usual = Path("data") / project.lang
    if usual.is_dir() and usual.resolve() != project.data.resolve():
        tests += [row for row in _read(usual, ReadOptions()) if row.split == TEST]
    return [row for row in tests if row.audio.is_file()]


def _read(place: Path, options: ReadOptions) -> Sequence[Utterance]:
    """The rows there; none where it cannot be read as data, for nobody asked to tune on it."""
    try:
        return read_corpus(place, options).utterances
    except W2vctcError:
        return ()


def _size(path: Path) -> int:
    return path.stat().st_size
