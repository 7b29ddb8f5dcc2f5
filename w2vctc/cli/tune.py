"""`w2vctc tune`: how decoding uses the language model, found on dev."""

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from w2vctc.cli import flags
from w2vctc.cli.tune_screen import show_tuning

__all__ = ["show_tuning", "tune", "tune_cli"]

if TYPE_CHECKING:
    from w2vctc.acoustic.emissions import AcousticModel
    from w2vctc.decode.engines import Engine
    from w2vctc.decode.tune import Tuning
    from w2vctc.decode.weight_search import Trial
    from w2vctc.lm.folder import LanguageModelFiles
    from w2vctc.lm.settings import VocabularyKind
    from w2vctc.project import Project


PICTURE_NAME = "tuning.png"
DEFAULT_BUDGET = 36


def tune_cli(
    lang: flags.Lang = None,
    data: flags.Data = None,
    format: flags.Format = None,
    tier: flags.Tier = None,
    allow_outside: flags.AllowOutside = None,
    model: flags.ModelFolder = None,
    lm: flags.LmFolder = None,
    profile: flags.Profile = None,
    beam_width: Annotated[int | None, typer.Option(help="Readings kept.  [default: 100]")] = None,
    budget: Annotated[
        int, typer.Option(min=1, help="How often dev may be decoded; parts count as such.")
    ] = DEFAULT_BUDGET,
    max_minutes: Annotated[
        float | None, typer.Option(help="Use only so much of dev, evenly picked.")
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Cores that decode.  [default: all]")] = None,
    skip_bad: flags.SkipBad = None,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Listen anew, and keep nothing of it.")
    ] = False,
    token_min_logp: flags.TokenMinLogp = None,
    vocabulary: flags.FixedVocabulary = None,
    unk_score_offset: flags.FixedUnkScoreOffset = None,
    oov_order: flags.FixedOovOrder = None,
    oov_weight: flags.OovWeight = None,
    engine: flags.DecodingEngine = "auto",
    device: flags.Device = None,
    allow_pickle: flags.AllowPickle = None,
    only_confidence: Annotated[
        bool,
        typer.Option("--only-confidence", help="Tune nothing; calibrate the words' confidence."),
    ] = False,
    json: flags.Json = False,
) -> None:
    """Tune weights, and what to do about unknown words, on dev; save both where decode looks."""
    from w2vctc.cli.calibrate import calibrate_project
    from w2vctc.cli.calibrate_screen import show_confidence
    from w2vctc.cli.transcribe import check_engine, check_vocabulary, open_model
    from w2vctc.cli.tune_guard import refuse_test_table
    from w2vctc.errors import UsageError
    from w2vctc.project import find_project

    if lm is not None and not lm.is_dir():
        raise UsageError(
            f"--lm {lm}: not a folder", hint="the weights are saved in the folder of train-lm"
        )
    chosen, kind = check_engine(engine), check_vocabulary(vocabulary)
    project = find_project(
        lang=lang,
        data=data,
        format=format,
        tier=tier,
        allow_outside=allow_outside,
        model=model,
        lm=lm,
        profile=profile,
    )
    refuse_test_table(project)
    given: dict[str, Any] = {
        "beam_width": beam_width,
        "token_min_logp": token_min_logp,
        "max_minutes": max_minutes,
        "n_workers": workers or os.cpu_count() or 1,
        "skip_bad": bool(skip_bad),
        "use_cache": not no_cache,
        "engine": chosen,
        "vocabulary": kind,
        "unk_score_offset": unk_score_offset,
        "oov_order": oov_order,
        "oov_weight": oov_weight,
    }
    opened = open_model(project.model, device=device, allow_pickle=allow_pickle)
    if only_confidence:
        show_confidence(calibrate_project(project, opened, **given), as_json=json)
        return
    show_tuning(tune(project, opened, budget=budget, **given), project, as_json=json)


def tune(
    project: "Project",
    model: "AcousticModel",
    *,
    beam_width: int | None = None,
    token_min_logp: float | None = None,
    budget: int = DEFAULT_BUDGET,
    max_minutes: float | None = None,
    n_workers: int = 1,
    skip_bad: bool = False,
    use_cache: bool = True,
    engine: "Engine" = "auto",
    vocabulary: "VocabularyKind | None" = None,
    oov_order: int | None = None,
    unk_score_offset: float | None = None,
    oov_weight: float | None = None,
) -> "Tuning":
    """Finds the settings and writes them into the LM's folder and the model's; a Tuning.

    vocabulary, oov_order, unk_score_offset: what is given is not tuned.
    """
    from w2vctc.cli.calibrate import calibrate_on_dev, keep_calibrations
    from w2vctc.cli.dev_sound import hear_dev
    from w2vctc.cli.finetune import pair_counts
    from w2vctc.cli.rows import texts_of
    from w2vctc.cli.screen import Stopwatch, say
    from w2vctc.cli.transcribe import find_lm, search_options
    from w2vctc.decode.tune import tune_weights
    from w2vctc.decode.ways import list_ways
    from w2vctc.errors import ModelError
    from w2vctc.evaluate.counts import count_word_errors
    from w2vctc.words import numbered

    lm = find_lm(project, None)
    if lm is None:
        raise ModelError(
            f"{project.lm}: no language model to tune",
            hint=f"w2vctc train-lm {project.flags}; or --only-confidence, which needs none",
            code="E_LM",
        )
    rows, emissions = hear_dev(
        project, model, lm, max_minutes=max_minutes, skip_bad=skip_bad, use_cache=use_cache
    )
    watch = Stopwatch()
    given: dict[str, Any] = {
        "beam_width": beam_width,
        "token_min_logp": token_min_logp,
        "vocabulary": vocabulary,
        "oov_order": oov_order,
        "unk_score_offset": unk_score_offset,
        "oov_weight": oov_weight,
    }
    tuning = tune_weights(
        emissions,
        texts_of(rows),
        model.vocabulary,
        lm,
        count_errors=pair_counts(count_word_errors),
        start=search_options(None, engine=engine, **given),
        fallback=search_options(None, engine="pyctcdecode", **given),
        ways=list_ways(vocabulary=vocabulary, oov_order=oov_order),
        tune_unk=unk_score_offset is None,
        n_workers=n_workers,
        budget=budget,
        engine=engine,
        on_news=say,
        on_trial=_say_trial,
    )
    say(
        f"{numbered(len(tuning.trials), 'trial')}, dev decoded {tuning.n_decodes:.1f} times,"
        f" {watch.seconds:.1f} s"
    )
    _save(project, tuning)
    found = calibrate_on_dev(
        emissions,
        texts_of(rows),
        model.vocabulary,
        lm=lm,
        options=tuning.options,
        engine=engine,
        n_workers=n_workers,
    )
    keep_calibrations(project, found, lm)
    return replace(tuning, greedy_confidence=found.greedy, confidence=found.search)


def _save(project: "Project", tuning: "Tuning") -> None:
    """Writes settings and surface beside the n-gram, and the settings into the model folder that
    holds that n-gram.
    """
    from w2vctc.cli.screen import say
    from w2vctc.decode.model_folder import attached_language_model, update_settings
    from w2vctc.decode.surface_picture import save_surface
    from w2vctc.lm.folder import save_settings
    from w2vctc.lm.settings import PLAIN, SearchSettings

    found = tuning.plain
    plain = None
    if found is not None:
        plain = SearchSettings(found.alpha, found.beta, found.unk_score_offset)
    tuned = None if tuning.best.way == PLAIN else tuning.options.settings
    attached = attached_language_model(project.model)
    if (project.lm / "lm.json").is_file():
        save_settings(project.lm, plain=plain, tuned=tuned, tuned_on="dev")
        save_surface(tuning, project.lm / PICTURE_NAME, title=f"{project.lang}: WER on dev")
        say(f"saved in {project.lm / 'lm.json'}; the picture is {project.lm / PICTURE_NAME}")
    if attached and is_attached(project, attached):
        update_settings(project.model, plain=plain, tuned=tuned)
        say(f"saved in {project.model}")
    elif attached:
        say(f"{project.model} holds another n-gram and stays as it is")


def is_attached(project: "Project", attached: "LanguageModelFiles") -> bool:
    """Whether the model folder's n-gram is the project's own, or the only one that there is."""
    from w2vctc.files import hash_file
    from w2vctc.lm.folder import find_language_model

    if not (project.lm / "lm.json").is_file():
        return True
    return hash_file(find_language_model(project.lm).ngram) == hash_file(attached.ngram)


def _say_trial(trial: "Trial") -> None:
    from w2vctc.cli.screen import format_share, say

    given_up = "" if trial.share == 1 else f"  given up after {100 * trial.share:.0f} % of dev"
    say(
        f"  {trial.way.name:9}  alpha {trial.alpha:5.3f}  beta {trial.beta:5.2f}"
        f"  offset {trial.unk_score_offset:3.0f}  dev WER {format_share(trial.wer)}{given_up}"
    )
