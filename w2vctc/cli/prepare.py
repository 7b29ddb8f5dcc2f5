"""`w2vctc prepare`: any data in, one clean folder of manifests out, with honest splits."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from w2vctc.cli import flags
from w2vctc.words import numbered

if TYPE_CHECKING:
    from w2vctc.cli.prepare_record import Prepared, PrepareOptions
    from w2vctc.project import Project


def prepare_cli(
    place: Annotated[
        Path,
        typer.Argument(
            metavar="INPUT",
            readable=False,
            help="Folder, file or hub id of the data; it is never changed.",
        ),
    ],
    out: Annotated[Path, typer.Option(readable=False, help="The folder to make, such as data/ca.")],
    lang: flags.Lang = None,
    format: flags.Format = None,
    tier: flags.Tier = None,
    allow_outside: flags.AllowOutside = None,
    profile: flags.Profile = None,
    audio: Annotated[
        str,
        typer.Option(
            help="keep: leave recordings where they are, behind one link; flac or opus: make files"
            " of 16 kHz, mono, one for each row."
        ),
    ] = "keep",
    jobs: Annotated[
        int | None,
        typer.Option(min=1, help="Processes that convert.  [default: one for each core]"),
    ] = None,
    dev_minutes: Annotated[
        float | None, typer.Option(min=0, help="Size of dev.  [default: a tenth, at most 60]")
    ] = None,
    test_minutes: Annotated[
        float | None,
        typer.Option(min=0, help="Size of test; 0: none.  [default: a tenth, at most 60]"),
    ] = None,
    split_by: Annotated[
        str,
        typer.Option(
            help="auto; sentence: no sentence is in two splits; speaker: no speaker either, and"
            " rows in between are left out; both: no speaker either, and nothing is left out."
        ),
    ] = "auto",
    resplit: Annotated[
        bool,
        typer.Option(
            "--resplit/--keep-splits",
            help="Divide all rows anew, or keep the data's own splits where it has dev.",
        ),
    ] = False,
    seed: Annotated[int, typer.Option(help="For the division.")] = 0,
    max_duration: Annotated[
        float | None,
        typer.Option(help="Longest clip to keep, in seconds.  [default: 30]"),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the manifests that --out has already.")
    ] = False,
    json: flags.Json = False,
) -> None:
    """Make train, dev and test.tsv of data in any format; rows that cannot be used are listed.

    Creates OUT/train.tsv, dev.tsv, test.tsv, rejected.tsv, prepare.json, and audio/ or a link
    called source. A run that was broken off goes on where it was.
    """
    from w2vctc.cli.check import count_cores
    from w2vctc.cli.prepare_data import prepare
    from w2vctc.cli.prepare_record import make_options
    from w2vctc.cli.screen import Stopwatch
    from w2vctc.project import find_project

    own = find_project(lang=lang, data=out)
    project = find_project(
        lang=own.lang,
        data=place,
        format=format,
        tier=tier,
        allow_outside=allow_outside,
        profile=profile,
    )
    options = make_options(
        project,
        audio=audio,
        minutes={"dev": dev_minutes, "test": test_minutes},
        split_by=split_by,
        resplit=resplit,
        seed=seed,
        max_duration_s=max_duration,
        overwrite=overwrite,
    )
    watch = Stopwatch()
    prepared = prepare(project, out, options, n_jobs=jobs or count_cores())
    show(prepared, options, out, seconds=watch.seconds, as_json=json)
    _say_next(own)


def show(
    prepared: "Prepared",
    options: "PrepareOptions",
    out: Path,
    *,
    seconds: float,
    as_json: bool,
) -> None:
    """The splits on stdout, what was kept and left out on stderr."""
    from w2vctc.cli.screen import format_time, print_table, say, write_json

    if as_json:
        write_json(prepared.to_json())
    else:
        print_table(
            [("split", "left"), ("rows", "right"), ("minutes", "right"), ("speakers", "right")],
            [
                (
                    split.name,
                    f"{split.n_rows:,}",
                    f"{split.duration_s / 60:.1f}",
                    f"{split.n_speakers:,}" if split.n_speakers else "-",
                )
                for split in prepared.splits
            ],
        )
    say(prepared.note)
    say(_count(prepared))
    n_made = prepared.n_kept - prepared.n_reused
    made = f", {numbered(n_made, f'{options.audio} file')}" if options.audio != "keep" else ""
    there = f" ({prepared.n_reused:,} more were there already)" if prepared.n_reused else ""
    say(f"made {out}{made}{there} in {format_time(seconds)}")


def _count(prepared: "Prepared") -> str:
    """`kept 38 of 40 rows, 3 minutes of 4 minutes; 2 left out: E_EMPTY_TEXT 2 (...)`."""
    from w2vctc.cli.screen import format_amount

    amount = f"{format_amount(prepared.kept_s)} of {format_amount(prepared.read_s)}"
    kept = f"kept {prepared.n_kept:,} of {numbered(prepared.n_read, 'row')}, {amount}"
    if not prepared.left_out:
        return kept
    reasons = ", ".join(f"{code} {count:,}" for code, count in prepared.left_out.items())
    n_out = prepared.n_read - prepared.n_kept
    return f"{kept}; {n_out:,} left out: {reasons} (rejected.tsv says why)"


def _say_next(own: "Project") -> None:
    """build-vocab, by the language alone where the folder is where that is looked for."""
    import shlex

    from w2vctc.cli.screen import say_next
    from w2vctc.project import UNDETERMINED, find_project

    named = own.lang != UNDETERMINED
    found = named and find_project(lang=own.lang).data.resolve() == own.data.resolve()
    language = f" --lang {own.lang}" if named else ""
    data = "" if found else f" --data {shlex.quote(str(own.data))}"
    say_next(f"w2vctc build-vocab{language}{data}")
