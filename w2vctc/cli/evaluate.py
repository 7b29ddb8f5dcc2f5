"""`w2vctc evaluate`: error rates of greedy and LM decoding on a split."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from w2vctc.cli import flags

if TYPE_CHECKING:
    from w2vctc.acoustic.emissions import AcousticModel
    from w2vctc.decode.engines import Decoder, Engine
    from w2vctc.decode.options import DecodingOptions
    from w2vctc.evaluate.report import Evaluation
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
    json: flags.Json = False,
) -> None:
    """Measure WER and CER: greedy, with the LM at its defaults, and as tuned."""
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
    opened = open_model(project.model, device=device, allow_pickle=allow_pickle)
    evaluation = evaluate(
        project,
        opened,
        found,
        options,
        fallback=fallback,
        split=split,
        skip_bad=bool(skip_bad),
        engine=chosen,
    )
    show_evaluation(evaluation, split=split, as_json=json)


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
    from w2vctc.cli.rows import read_references, texts_of
    from w2vctc.cli.screen import Stopwatch, track
    from w2vctc.cli.transcribe import hear, open_search
    from w2vctc.decode.greedy import greedy_text
    from w2vctc.decode.options import describe_options
    from w2vctc.evaluate.report import evaluate_system, evaluate_systems

    rows = read_references(project, split, skip_bad=skip_bad)
    references = texts_of(rows)
    heard = hear(model, rows)

    def measure(name: str, decode: Any) -> Any:
        watch = Stopwatch()
        texts = [decode(emissions) for emissions in track(heard.emissions, what=name)]
        return evaluate_system(
            name,
            references,
            texts,
            audio_s=heard.audio_s,
            seconds=heard.seconds + watch.seconds,
        )

    systems = [measure("greedy", lambda emissions: greedy_text(emissions, model.vocabulary))]
    if lm is not None:
        decoder = open_search(model, lm, options, fallback=fallback, engine=engine)
        for name, chosen in _list_settings(lm, decoder):
            decoder = _set_options(decoder, lm, chosen)
            system = measure(name, lambda emissions, by=decoder: by.decode(emissions).text)
            systems.append(replace(system, settings=describe_options(chosen)))
    return evaluate_systems(systems, references, model.vocabulary)


def _list_settings(
    lm: "LanguageModelFiles", decoder: "Decoder"
) -> list[tuple[str, "DecodingOptions"]]:
    """The default settings and, where they are others or were tuned, those of the decoder."""
    from w2vctc.config import override
    from w2vctc.decode.options import DecodingOptions

    options = decoder.options
    kept = lm.tuned if lm.tuned and decoder.engine == "fast" else lm.plain
    default = replace(options, alpha=DecodingOptions.alpha, beta=DecodingOptions.beta)
    if options.way == kept.way:
        default = override(default, **DecodingOptions().settings.to_json())
    if options == default and not lm.info.get("tuned_on"):
        return [("LM, default", default)]
    if override(options, **kept.to_json()) != options:
        return [("LM, default", default), ("LM, as given", options)]
    untuned = lm.info and not lm.info.get("tuned_on")  # an attached one says nothing
    return [("LM, default", default), ("LM, as in its recipe" if untuned else "LM, tuned", options)]


def _set_options(
    decoder: "Decoder", lm: "LanguageModelFiles", options: "DecodingOptions"
) -> "Decoder":
    """The decoder with these options; a new one where more than alpha and beta changes."""
    from w2vctc.decode.engines import open_decoder

    if replace(decoder.options, alpha=options.alpha, beta=options.beta) != options:
        engine: Engine = "fast" if decoder.engine == "fast" else "pyctcdecode"
        return open_decoder(decoder.vocabulary, lm=lm, options=options, engine=engine)
    decoder.set_weights(alpha=options.alpha, beta=options.beta)
    return decoder


def show_evaluation(evaluation: "Evaluation", *, split: str, as_json: bool) -> None:
    """The table on stdout, or the same as JSON."""
    from w2vctc.cli.screen import format_share, print_table, say, write_json
    from w2vctc.evaluate.report import to_json

    if as_json:
        write_json({"split": split, **to_json(evaluation)})
        return
    print_table(
        [
            (f"on {split}", "left"),
            ("WER", "right"),
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
