"""The corpus of `w2vctc align --cut`: recordings, tables, and what is told of them."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from w2vctc.cli.aligning.laying import Aligned
from w2vctc.cli.check import count_cores
from w2vctc.cli.screen import format_amount, say, say_next
from w2vctc.corpus.manifest import REJECTED_NAME, save_manifests
from w2vctc.corpus.preparation.clip_files import remove_strays
from w2vctc.corpus.preparation.conversion import convert_rows
from w2vctc.corpus.preparation.division import settle_ids
from w2vctc.decode.writers import FailedFile
from w2vctc.errors import DataError
from w2vctc.files import clear_staged
from w2vctc.words import numbered


def save_cuts(
    results: Sequence[Aligned | FailedFile], cut: Path, *, place: Path, overwrite: bool
) -> None:
    """Writes the utterances as FLAC files, train.tsv and rejected.tsv.

    Clips that a broken-off run finished are not made again. Raises DataError E_ALIGN where no
    utterance is left.
    """
    clear_staged(cut)  # what a killed run left
    done = [one for one in results if isinstance(one, Aligned)]
    rows = settle_ids([row for one in done for row in one.cuts.rows])
    faults = [fault for one in done for fault in one.cuts.faults]
    made = convert_rows(rows, cut, kind="flac", place=place, n_jobs=count_cores())
    faults += made.faults
    save_manifests(cut, made.rows, faults, place=place, overwrite=overwrite)
    remove_strays(cut, made.rows)
    if not made.rows:
        raise DataError(
            f"{cut}: no utterance can be learnt from; {len(faults):,} rejected",
            hint=f"{cut / REJECTED_NAME} says why; --min-score and --shortest set limits",
            code="E_ALIGN",
        )
    kept_s = sum(row.duration_s or 0.0 for row in made.rows)
    rejected = f"; {len(faults):,} rejected ({REJECTED_NAME} says why)" if faults else ""
    say(f"made {cut}: {numbered(len(made.rows), 'utterance')}, {format_amount(kept_s)}{rejected}")
    say_next(f"w2vctc check {shlex.quote(str(cut))}")
