"""The systems that `evaluate` measures, side by side and one recording at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from w2vctc.cli.screen import Stopwatch, say, track

if TYPE_CHECKING:
    from w2vctc.acoustic.emissions import AcousticModel
    from w2vctc.corpus.utterance import Utterance
    from w2vctc.decode.engines import Decoder, Engine
    from w2vctc.decode.hypothesis import Hypothesis
    from w2vctc.decode.options import DecodingOptions
    from w2vctc.evaluate.report import SystemResult
    from w2vctc.evaluate.scored import ScoredText
    from w2vctc.lm.folder import LanguageModelFiles

LM_DEFAULT, LM_GIVEN, LM_RECIPE, LM_TUNED = (
    *("LM, default", "LM, as given"),
    *("LM, as in its recipe", "LM, tuned"),
)


@dataclass
class System:
    """One way of turning emissions into text, what it has found so far and the time it took.

    judge: the same text again with the confidence of each word; None where nobody asks for it.
    """

    name: str
    settings: str
    find: "Callable[[Any], Hypothesis]"
    judge: "Callable[[Any], Hypothesis] | None" = None
    texts: "list[ScoredText]" = field(default_factory=list)
    seconds: float = 0.0


@dataclass
class Ear:
    """A model and the systems that decode what it hears.

    is_calibrated: whether dev decided what confidences mean; None where there are none.
    """

    model: "AcousticModel"
    systems: list[System]
    is_calibrated: bool | None = None
    seconds: float = 0.0

    def results(self, audio_s: float) -> "list[SystemResult]":
        """What each system found; the time is that of listening and of its own decoding."""
        from w2vctc.evaluate.report import sum_up

        return [
            sum_up(
                system.name,
                system.texts,
                audio_s=audio_s,
                seconds=self.seconds + system.seconds,
                settings=system.settings,
            )
            for system in self.systems
        ]


def open_ear(
    model: "AcousticModel",
    lm: "LanguageModelFiles | None",
    options: "DecodingOptions",
    *,
    fallback: "DecodingOptions | None" = None,
    engine: "Engine" = "auto",
    label: str = "",
    confident: bool = False,
) -> Ear:
    """Greedy decoding and, with a language model, its default and tuned settings.

    label: put before the names of the systems, where there are two models. confident: the last
    system tells how sure it is of each word, in a second decode that its time does not count.
    """
    from w2vctc.cli.transcribe import open_search
    from w2vctc.decode.greedy import decode_greedy
    from w2vctc.decode.options import describe_options

    before = f"{label}: " if label else ""
    greedy = System(f"{before}greedy", "", lambda heard: decode_greedy(heard, model.vocabulary))
    systems = [greedy]
    own: Decoder | None = None
    if lm is not None:
        decoder = open_search(model, lm, options, fallback=fallback, engine=engine)
        for name, chosen in list_settings(lm, decoder):
            own = _set_options(decoder, lm, chosen)
            find = _search_with(own, chosen)
            systems.append(System(f"{before}{name}", describe_options(chosen), find))
    ear = Ear(model, systems)
    return _make_confident(ear, lm, own) if confident else ear


def open_rival(model: "AcousticModel", *, engine: "Engine" = "auto") -> Ear:
    """Another model with the language model that is attached to it, used as its folder says."""
    from w2vctc.cli.transcribe import search_options
    from w2vctc.decode.model_folder import attached_language_model

    lm = attached_language_model(model.folder)
    return open_ear(
        model,
        lm,
        search_options(lm, engine=engine),
        fallback=search_options(lm, engine="pyctcdecode"),
        engine=engine,
        label=model.folder.resolve().name,
    )


def measure(rows: "Sequence[Utterance]", ears: Sequence[Ear]) -> None:
    """Plays every row to every ear, one at a time: only texts and counts are kept.

    A row too short for one frame has no emissions: whatever it should say counts as deleted.
    """
    from w2vctc.evaluate.scored import score_text

    for row in track(rows, what="listening and decoding"):
        watch = Stopwatch()
        waveform = row.load()
        loading_s = watch.seconds
        for ear in ears:
            watch = Stopwatch()
            emissions = _hear(ear.model, waveform, row)
            ear.seconds += loading_s + watch.seconds
            for system in ear.systems:
                watch = Stopwatch()
                found = system.find(emissions)
                system.seconds += watch.seconds
                sure = system.judge(emissions) if system.judge else found
                system.texts.append(
                    score_text(row.text, sure if sure.text == found.text else found)
                )


def list_settings(
    lm: "LanguageModelFiles", decoder: "Decoder"
) -> "list[tuple[str, DecodingOptions]]":
    """The default settings and, where they are others or were tuned, those of the decoder."""
    from w2vctc.config import override
    from w2vctc.decode.options import DecodingOptions

    options = decoder.options
    kept = lm.tuned if lm.tuned and decoder.engine == "fast" else lm.plain
    default = replace(options, alpha=DecodingOptions.alpha, beta=DecodingOptions.beta)
    if options.way == kept.way:
        default = override(default, **DecodingOptions().settings.to_json())
    if options == default and not lm.info.get("tuned_on"):
        return [(LM_DEFAULT, default)]
    if override(options, **kept.to_json()) != options:
        return [(LM_DEFAULT, default), (LM_GIVEN, options)]
    untuned = lm.info and not lm.info.get("tuned_on")  # an attached one says nothing
    return [(LM_DEFAULT, default), (LM_RECIPE if untuned else LM_TUNED, options)]


def _set_options(
    decoder: "Decoder", lm: "LanguageModelFiles", options: "DecodingOptions"
) -> "Decoder":
    """The decoder where only alpha and beta are others, which can be set; else a new one."""
    from w2vctc.decode.engines import open_decoder

    if replace(decoder.options, alpha=options.alpha, beta=options.beta) == options:
        return decoder
    engine: Engine = "fast" if decoder.engine == "fast" else "pyctcdecode"
    return open_decoder(decoder.vocabulary, lm=lm, options=options, engine=engine)


def _search_with(decoder: "Decoder", options: "DecodingOptions") -> "Callable[[Any], Hypothesis]":
    """Decoding with these weights: systems take turns with one decoder, its LM loaded once."""

    def find(emissions: Any) -> "Hypothesis":
        decoder.set_weights(alpha=options.alpha, beta=options.beta)
        return decoder.decode(emissions)

    return find


def _make_confident(ear: Ear, lm: "LanguageModelFiles | None", decoder: "Decoder | None") -> Ear:
    """The same, its last system with the confidences that `decode` tells."""
    from w2vctc.decode.confidence import add_confidence, confident_search
    from w2vctc.decode.confidence_file import choose_calibration, read_calibrations
    from w2vctc.decode.greedy import decode_greedy

    model, vocabulary = ear.model, ear.model.vocabulary
    calibration, told = choose_calibration(read_calibrations(model.folder), lm)
    if told:
        say(told)
    ear.is_calibrated = calibration is not None
    if lm is None or decoder is None:
        ear.systems[-1].judge = lambda heard: add_confidence(
            decode_greedy(heard, vocabulary), heard, vocabulary, calibration
        )
        return ear
    # Asked for right after `find`, which leaves the decoder with this system's weights.
    known = frozenset(lm.unigrams or ())
    search = confident_search(decoder.decode_nbest, vocabulary, calibration, known_words=known)
    ear.systems[-1].judge = lambda heard: search(heard)[0]
    return ear


def _hear(model: "AcousticModel", waveform: Any, row: "Utterance") -> Any:
    from w2vctc.acoustic.emissions import compute_emissions, no_emissions
    from w2vctc.errors import DataError

    try:
        return compute_emissions(model, waveform, name=str(row.audio))
    except DataError as error:
        if error.code != "E_TOO_SHORT":
            raise
        say(f"{row.source}: {error.message}; nothing is heard there")
        return no_emissions(model)
