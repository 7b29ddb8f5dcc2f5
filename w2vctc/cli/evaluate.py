"""`w2vctc evaluate`: error rates on a split, greedy and with the LM, and what lies behind them."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from w2vctc.cli import flags

if TYPE_CHECKING:
    from w2vctc.acoustic.emissions import AcousticModel
    from w2vctc.cli.evaluating.systems import Ear
    from w2vctc.corpus.utterance import Utterance
    from w2vctc.decode.engines import Engine
    from w2vctc.decode.options import DecodingOptions
    from w2vctc.evaluate.examination import Examination
    from w2vctc.evaluate.report import Evaluation, SystemResult
    from w2vctc.lm.folder import LanguageModelFiles
    from w2vctc.project import Project


def evaluate_cli(
    lang: flags.Lang = None,
    split: Annotated[str, typer.Option(help="train, dev or test.")] = "test",
    data: flags.Data = None,
    format: flags.Format = None,
    tier: flags.Tier = None,
    allow_outside: flags.AllowOutside = None,
    model: flags.ModelFolder = None,
    lm: flags.LmFolder = None,
    profile: flags.Profile = None,
    alpha: Annotated[float | None, typer.Option(help="Weight of the LM.  [default: tuned]")] = None,
    beta: Annotated[float | None, typer.Option(help="Bonus per word.  [default: tuned]")] = None,
    beam_width: Annotated[int | None, typer.Option(help="Readings kept.  [default: 100]")] = None,
    skip_bad: flags.SkipBad = None,
    token_min_logp: flags.TokenMinLogp = None,
    vocabulary: flags.VocabularyKind = None,
    unk_score_offset: flags.UnkScoreOffset = None,
    oov_order: flags.OovOrder = None,
    oov_weight: flags.OovWeight = None,
    engine: flags.DecodingEngine = "auto",
    device: flags.Device = None,
    allow_pickle: flags.AllowPickle = None,
    against: Annotated[
        Path | None,
        typer.Option(help="Compare with another model's folder, or with an earlier report.json."),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            help="Columns to divide the rows by, such as speaker,chapter.  [default: speaker]"
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for report.html, report.md and report.json."),
    ] = None,
    json: flags.Json = False,
) -> None:
    """Measure WER and CER: greedy, with the LM at its defaults, and as tuned.

    With --out also intervals, paired tests, parts of the data, what is mistaken for what, and the
    worst clips to listen to.
    """
    from w2vctc.cli.evaluating.against import is_model, name_after, open_report, score_report
    from w2vctc.cli.evaluating.report_folder import check_folder, save_report
    from w2vctc.cli.evaluating.systems import open_ear, open_rival
    from w2vctc.cli.rows import read_references
    from w2vctc.cli.transcribe import check_engine, find_lm, open_model, search_options
    from w2vctc.errors import UsageError
    from w2vctc.project import find_project

    if split not in ("train", "dev", "test"):
        raise UsageError(f"no split {split!r}", hint="choose train, dev or test")
    chosen = check_engine(engine)
    project = find_project(
        lang=lang,
        data=data,
        format=format,
        tier=tier,
        allow_outside=allow_outside,
        model=model,
        profile=profile,
    )
    found = find_lm(project, lm)
    given: dict[str, Any] = {
        "alpha": alpha,
        "beta": beta,
        "beam_width": beam_width,
        "token_min_logp": token_min_logp,
        "vocabulary": vocabulary,
        "unk_score_offset": unk_score_offset,
        "oov_order": oov_order,
        "oov_weight": oov_weight,
    }
    options = search_options(found, engine=chosen, **given)
    fallback = search_options(found, engine="pyctcdecode", **given)
    if out is not None:
        check_folder(out)
    is_rival = against is not None and is_model(against)
    opened = open_model(project.model, device=device, allow_pickle=allow_pickle)
    rows = read_references(project, split, skip_bad=bool(skip_bad))
    columns = choose_columns(by, rows)
    ears = [
        open_ear(
            opened,
            found,
            options,
            fallback=fallback,
            engine=chosen,
            confident=out is not None,
        )
    ]
    earlier: list[SystemResult] = []
    if against is not None and is_rival:
        rival = open_model(against, device=device, allow_pickle=allow_pickle)
        ears.append(open_rival(rival, engine=chosen))
    elif against is not None:
        report = open_report(against, rows)
        earlier.append(score_report(report, rows, label=name_after(against)))
    evaluation = evaluate_rows(rows, ears, earlier=earlier)
    examination = examine_rows(evaluation, ears[0], found, split=split, by=columns)
    show_examination(examination, as_json=json)
    if out is not None:
        save_report(out, examination, project)


def evaluate(
    project: "Project",
    model: "AcousticModel",
    lm: "LanguageModelFiles | None",
    options: "DecodingOptions",
    *,
    split: str,
    fallback: "DecodingOptions | None" = None,
    skip_bad: bool = False,
    engine: "Engine" = "auto",
) -> "Evaluation":
    """The Evaluation of greedy decoding and, with an LM, of default and tuned settings."""
    from w2vctc.cli.evaluating.systems import open_ear
    from w2vctc.cli.rows import read_references

    rows = read_references(project, split, skip_bad=skip_bad)
    return evaluate_rows(rows, [open_ear(model, lm, options, fallback=fallback, engine=engine)])


def evaluate_rows(
    rows: "Sequence[Utterance]",
    ears: "Sequence[Ear]",
    *,
    earlier: "Sequence[SystemResult]" = (),
) -> "Evaluation":
    """The Evaluation of every ear's systems, and of what others found in the same rows before."""
    from w2vctc.cli.evaluating.systems import measure
    from w2vctc.cli.rows import texts_of
    from w2vctc.evaluate.report import evaluate_systems

    measure(rows, ears)
    audio_s = sum(row.duration_s or 0.0 for row in rows)
    systems = [result for ear in ears for result in ear.results(audio_s)]
    vocabulary = ears[0].model.vocabulary
    return evaluate_systems([*systems, *earlier], texts_of(rows), vocabulary, rows=rows)


def examine_rows(
    evaluation: "Evaluation",
    ear: "Ear",
    lm: "LanguageModelFiles | None",
    *,
    split: str,
    by: Sequence[str],
) -> "Examination":
    """The Examination of the last of the ear's systems, beside all others."""
    from w2vctc.cli.evaluating.against import read_run
    from w2vctc.cli.evaluating.systems import LM_DEFAULT, LM_GIVEN
    from w2vctc.decode.known_sentences import find_known_sentences
    from w2vctc.evaluate.choices import GIVEN, NOBODY, list_choices
    from w2vctc.evaluate.examination import examine

    main = ear.systems[-1]
    shared = None
    if lm is not None:
        shared = find_known_sentences(lm.ngram.parent, [row.text for row in evaluation.rows])
    choices = list_choices(
        run=read_run(ear.model.folder),
        lm=None if lm is None else lm.info,
        settings=main.settings,
        chosen_by={LM_GIVEN: GIVEN, LM_DEFAULT: NOBODY}.get(main.name, ""),
        calibrated=ear.is_calibrated,
    )
    return examine(
        evaluation,
        split=split,
        main=main.name,
        by=by,
        known=None if lm is None else lm.unigrams,
        choices=choices,
        n_shared=None if shared is None else sum(shared),
    )


def choose_columns(by: str | None, rows: "Sequence[Utterance]") -> list[str]:
    """The columns of a flag, else the speaker where one is named. Raises UsageError."""
    from w2vctc.config import suggest
    from w2vctc.errors import UsageError
    from w2vctc.evaluate.breakdown import list_columns

    columns = list_columns(rows)
    if by is None:
        return [name for name in columns if name == "speaker"]
    names = list(dict.fromkeys(name.strip() for name in by.split(",") if name.strip()))
    for name in names:
        if name not in columns:
            raise UsageError(
                f"--by {name}: no such column{suggest(name, columns)}",
                hint=f"there are {', '.join(columns) or 'none'}",
            )
    return names


def show_examination(examination: "Examination", *, as_json: bool) -> None:
    """The table of systems, and in talk which of them is better for sure."""
    from w2vctc.cli.screen import say
    from w2vctc.evaluate.sentences import describe_comparison

    show_evaluation(examination.evaluation, split=examination.split, as_json=as_json)
    if not as_json:
        for comparison in examination.comparisons:
            say(describe_comparison(comparison))


def show_evaluation(evaluation: "Evaluation", *, split: str, as_json: bool) -> None:
    """The table on stdout, or the same as JSON."""
    from w2vctc.cli.screen import format_share, print_table, say, write_json
    from w2vctc.evaluate.intervals import bound_rate
    from w2vctc.evaluate.report import to_json
    from w2vctc.evaluate.sentences import format_interval

    if as_json:
        write_json({"split": split, **to_json(evaluation)})
        return
    print_table(
        [
            (f"on {split}", "left"),
            ("WER", "right"),
            ("95 %", "right"),
            ("CER", "right"),
            ("words", "right"),
            ("sub", "right"),
            ("del", "right"),
            ("ins", "right"),
            ("RTF", "right"),
        ],
        [
            (
                system.name,
                format_share(system.words.rate),
                format_interval(bound_rate([text.words for text in system.texts])),
                format_share(system.characters.rate),
                f"{system.words.n_reference:,}",
                f"{system.words.substitutions:,}",
                f"{system.words.deletions:,}",
                f"{system.words.insertions:,}",
                "-" if system.real_time_factor is None else f"{system.real_time_factor:.3f}",
            )
            for system in evaluation.systems
        ],
    )
    for system in evaluation.systems:
        if system.settings:
            say(f"{system.name}: {system.settings}")
    if evaluation.unseen:
        shown = ", ".join(f"{c!r} {n} times" for c, n in list(evaluation.unseen.items())[:20])
        say(f"the model has no label for {shown}: they count as errors")
    if evaluation.n_empty:
        say(f"{evaluation.n_empty} references hold no word: whatever is heard there is inserted")
