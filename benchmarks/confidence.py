"""How far confidences are off, by what they are made of, and between groups of dev.

    python benchmarks/confidence.py --lang ca --by speaker

It is run in the project's folder after `w2vctc tune`, whose settings it decodes with. Each row is
judged five times by a calibration of four fifths of the clips; with --by also by one of all clips
of other groups, as of another column of the data. `off` is the expected calibration error of ten
bins, `chance` that of a faultless calibration, `sorts` the area under the curve of right against
wrong words.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from w2vctc.cli.calibrate import examine_best_paths, examine_search
from w2vctc.cli.dev_sound import hear_dev
from w2vctc.cli.rows import texts_of
from w2vctc.cli.transcribe import find_lm, open_model, search_options
from w2vctc.corpus.utterance import Utterance
from w2vctc.decode.calibrating import ClipEvidence, calibrate
from w2vctc.evaluate.calibration import CalibrationTable, tabulate_confidences
from w2vctc.project import find_project

COLUMNS = {"posterior": (0,), "and known": (0, 1), "and readings": (0, 1, 2)}


def keep_columns(clips: Sequence[ClipEvidence], columns: Sequence[int]) -> list[ClipEvidence]:
    """The clips with nothing but these columns of evidence."""
    kept = np.isin(np.arange(3), columns)
    return [replace(clip, evidence=clip.evidence * kept) for clip in clips]


def judge_others(clips: Sequence[ClipEvidence], own: Sequence[bool]) -> CalibrationTable:
    """The table of a group's own words, by the calibration of all others."""
    fitted = calibrate([clip for clip, is_own in zip(clips, own, strict=True) if not is_own])
    if fitted is None:
        raise SystemExit("too few words in the other groups")
    alone = fitted.calibration.alone
    compared = fitted.calibration.compared or alone
    inside = [clip for clip, is_own in zip(clips, own, strict=True) if is_own]
    judged = [
        compared.judge(clip.evidence)
        if clip.compared
        else alone.judge(clip.evidence * np.array([1, 1, 0]))
        for clip in inside
    ]
    is_right = np.concatenate([clip.is_right for clip in inside])
    return tabulate_confidences(np.concatenate(judged), is_right)


def show(name: str, table: CalibrationTable) -> None:
    sorts = "" if table.auc is None else f"{100 * table.auc:.1f} %"
    print(
        f"| {name} | {table.n_words:,} | {100 * table.right:.1f} % | {table.error:.3f}"
        f" | {table.chance:.3f} | {sorts} |"
    )


def show_clips(name: str, clips: Sequence[ClipEvidence], groups: Sequence[str]) -> None:
    for evidence, columns in COLUMNS.items():
        found = calibrate(keep_columns(clips, columns))
        if found is None:
            raise SystemExit(f"{name}: dev has too few words, right or wrong")
        if columns == (0,):
            show(f"{name}, not calibrated", tabulate_confidences(found.raw, found.is_right))
        if columns == (0,) or any(clip.compared for clip in clips):
            show(f"{name}, {evidence}", tabulate_confidences(found.held_out, found.is_right))
    for group in sorted(set(groups)) if len(set(groups)) > 1 else ():
        table = judge_others(clips, [one == group for one in groups])
        show(f"{name}, {group} by the others", table)


def find_group(row: Utterance, column: str | None) -> str:
    if column is None:
        return ""
    return row.speaker if column == "speaker" else row.extra.get(column, "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--lang")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--by", help="a column of the data")
    arguments = parser.parse_args()
    project = find_project(lang=arguments.lang, data=arguments.data, model=arguments.model)
    model = open_model(project.model, device=None, allow_pickle=None)
    lm = find_lm(project, None)
    rows, emissions = hear_dev(project, model, lm, skip_bad=True)
    groups = [find_group(row, arguments.by) for row in rows]
    print("| confidence | words | right | off | chance | sorts |\n|---|---|---|---|---|---|")
    started = time.process_time()
    show_clips("greedy", examine_best_paths(emissions, texts_of(rows), model.vocabulary), groups)
    if lm is not None:
        searched = examine_search(
            emissions, texts_of(rows), model.vocabulary, lm, search_options(lm)
        )
        show_clips("search", searched, groups)
    print(f"\n{time.process_time() - started:.1f} s of one core")


if __name__ == "__main__":
    main()
