"""What tune, evaluate and decode share: the model opened, the LM found, emissions computed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from w2vctc.cli.screen import Stopwatch, say, track

if TYPE_CHECKING:
    from w2vctc.acoustic.emissions import AcousticModel
    from w2vctc.corpus.utterance import Utterance
    from w2vctc.decode.engines import Decoder, Engine
    from w2vctc.decode.options import DecodingOptions
    from w2vctc.lm.folder import LanguageModelFiles
    from w2vctc.lm.settings import VocabularyKind, Way
    from w2vctc.project import Project


@dataclass(frozen=True)
class Heard:
    """The emissions of a split's rows, in order, and the seconds that they took."""

    emissions: list[Any]
    audio_s: float
    seconds: float


def open_model(folder: Path, *, device: str | None, allow_pickle: bool | None) -> "AcousticModel":
    """The acoustic model, said with its device."""
    from w2vctc.acoustic.emissions import load_acoustic_model

    model = load_acoustic_model(folder, device=device or "auto", allow_pickle=bool(allow_pickle))
    say(f"model {folder} on {model.device}, {len(model.vocabulary.labels)} labels")
    return model


def find_lm(project: "Project", lm: Path | None) -> "LanguageModelFiles | None":
    """The LM of a flag, of lm/LANG, or of the model folder; None where there is none."""
    from w2vctc.decode.model_folder import attached_language_model
    from w2vctc.lm.folder import find_language_model

    if lm is not None:
        return find_language_model(lm)
    if (project.lm / "lm.json").is_file():
        return find_language_model(project.lm)
    return attached_language_model(project.model)


def hear(model: "AcousticModel", rows: Sequence["Utterance"]) -> Heard:
    """Emissions of every row, one at a time: a result never depends on its neighbours.

    A row too short for one frame has none: whatever it should say counts as deleted.
    """
    from w2vctc.acoustic.emissions import compute_emissions, no_emissions
    from w2vctc.errors import DataError

    watch = Stopwatch()
    emissions = []
    for row in track(rows, what="listening"):
        try:
            emissions.append(compute_emissions(model, row.load(), name=str(row.audio)))
        except DataError as error:
            if error.code != "E_TOO_SHORT":
                raise
            say(f"{row.source}: {error.message}; nothing is heard there")
            emissions.append(no_emissions(model))
    return Heard(emissions, sum(row.duration_s or 0.0 for row in rows), watch.seconds)


def check_engine(name: str) -> "Engine":
    """The engine of that name. Raises UsageError, before anything is loaded."""
    from w2vctc.decode.engines import ENGINES
    from w2vctc.errors import UsageError

    for engine in ENGINES:
        if engine == name:
            return engine
    raise UsageError(f"no decoding engine {name!r}", hint=f"choose {', '.join(ENGINES)}")


def check_vocabulary(name: str | None) -> "VocabularyKind | None":
    """The kind of vocabulary of that name, None for none. Raises UsageError."""
    from w2vctc.errors import UsageError
    from w2vctc.lm.settings import VOCABULARY_KINDS

    for kind in VOCABULARY_KINDS:
        if name == kind:
            return kind
    if name is None:
        return None
    raise UsageError(f"no vocabulary {name!r}", hint=f"choose {', '.join(VOCABULARY_KINDS)}")


def open_search(
    model: "AcousticModel",
    lm: "LanguageModelFiles | None",
    options: "DecodingOptions",
    *,
    fallback: "DecodingOptions | None" = None,
    engine: "Engine" = "auto",
) -> "Decoder":
    """The decoder for the model's labels; its engine and its warnings are said.

    fallback: the options where pyctcdecode has to decode.
    """
    from w2vctc.decode.engines import open_decoder
    from w2vctc.decode.hotwords import spell_hotwords, warn_unspellable

    hotwords = spell_hotwords(options.hotwords, model.vocabulary)
    options = replace(options, hotwords=hotwords)
    fallback = fallback and replace(fallback, hotwords=hotwords)
    if odd := warn_unspellable(options.hotwords, model.vocabulary):
        say(odd)
    decoder = open_decoder(
        model.vocabulary, lm=lm, options=options, fallback=fallback, engine=engine, on_news=say
    )
    if decoder.options.way != options.way:
        say(f"{options.way.name}, which dev found best, needs the fast engine: done without")
    for warning in decoder.warnings:
        say(warning)
    return decoder


def search_options(
    lm: "LanguageModelFiles | None",
    *,
    alpha: float | None = None,
    beta: float | None = None,
    beam_width: int | None = None,
    token_min_logp: float | None = None,
    engine: "Engine" = "auto",
    **given: Any,
) -> "DecodingOptions":
    """Decoding options: flags, else what the language model's folder says, else the defaults.

    given: other fields of DecodingOptions; None where a flag was not used. Weights that were tuned
    for one way with unknown words do not suit another: where a flag asks for another way, those
    hold that were tuned for a flat cost.

    Labels are tried down to ACCURATE_MIN_LOGP, which the fast engine has the time for; where
    pyctcdecode is asked for, its own limit holds, and only what it can do.
    """
    from w2vctc.config import override
    from w2vctc.decode.options import ACCURATE_MIN_LOGP, SPELLED_OFFSET, DecodingOptions
    from w2vctc.lm.settings import SearchSettings

    slow = engine == "pyctcdecode"
    plain = lm.plain if lm is not None else SearchSettings()
    kept = lm.tuned if lm is not None and lm.tuned and not slow else plain
    kind = check_vocabulary(given.pop("vocabulary", None))
    way = choose_way(kept.way, kind, given.pop("oov_order", None))
    if way.kind != kept.way.kind:
        offset = SPELLED_OFFSET if way.kind == "letters" else plain.unk_score_offset
        kept = replace(plain, unk_score_offset=offset)
    limit = None if slow else ACCURATE_MIN_LOGP
    options = override(DecodingOptions(), token_min_logp=limit, **kept.to_json())
    return override(
        options,
        alpha=alpha,
        beta=beta,
        beam_width=beam_width,
        token_min_logp=token_min_logp,
        **way._asdict(),
        **given,
    )


def choose_way(kept: "Way", vocabulary: "VocabularyKind | None", oov_order: int | None) -> "Way":
    """The way with unknown words that flags ask for, else the one kept with the LM."""
    from w2vctc.lm.settings import Way

    if vocabulary == "closed":
        return Way("closed", oov_order or 0)
    if vocabulary is None and not oov_order:
        return kept if oov_order is None else Way(kept.vocabulary, 0)
    return Way(vocabulary or "open", kept.oov_order if oov_order is None else oov_order)
