"""`w2vctc decode`: recordings in, text out."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from w2vctc.cli import flags
from w2vctc.speech.container import EXTENSIONS
from w2vctc.words import numbered

if TYPE_CHECKING:
    from w2vctc.acoustic.emissions import AcousticModel
    from w2vctc.decode.engines import Engine
    from w2vctc.decode.options import DecodingOptions
    from w2vctc.lm.folder import LanguageModelFiles

_SOUND_NAMES = {extension for extensions in EXTENSIONS.values() for extension in extensions}


def decode_cli(
    files: Annotated[
        list[Path], typer.Argument(readable=False, help="Recordings, or folders of them.")
    ],
    lang: flags.Lang = None,
    model: flags.ModelFolder = None,
    lm: flags.LmFolder = None,
    alpha: Annotated[float | None, typer.Option(help="Weight of the LM.  [default: tuned]")] = None,
    beta: Annotated[float | None, typer.Option(help="Bonus per word.  [default: tuned]")] = None,
    beam_width: Annotated[int | None, typer.Option(help="Readings kept.  [default: 100]")] = None,
    greedy: Annotated[
        bool, typer.Option("--greedy", help="The best label of each frame; no search, no LM.")
    ] = False,
    token_min_logp: flags.TokenMinLogp = None,
    vocabulary: flags.VocabularyKind = None,
    unk_score_offset: flags.UnkScoreOffset = None,
    oov_order: flags.OovOrder = None,
    oov_weight: flags.OovWeight = None,
    hotwords: flags.Hotwords = None,
    hotword_weight: flags.HotwordWeight = None,
    engine: flags.DecodingEngine = "auto",
    vad: Annotated[
        bool, typer.Option("--vad/--no-vad", help="Leave pauses of long recordings out.")
    ] = True,
    device: flags.Device = None,
    allow_pickle: flags.AllowPickle = None,
    json: flags.Json = False,
) -> None:
    """Transcribe recordings; with several, each line has the file's name first."""
    from w2vctc.cli.screen import say, write
    from w2vctc.cli.transcribe import check_engine, open_model, search_options
    from w2vctc.decode.hotwords import read_hotwords
    from w2vctc.decode.writers import DecodedFile, render_json, render_txt
    from w2vctc.errors import DataError

    chosen = check_engine(engine)
    expected = read_hotwords(hotwords) if hotwords else None
    if greedy:
        _refuse_search_flags(vocabulary=vocabulary, hotwords=hotwords)
    folder, found = _choose(lang, model, lm)
    given: dict[str, Any] = {
        "alpha": alpha,
        "beta": beta,
        "beam_width": beam_width,
        "token_min_logp": token_min_logp,
        "vocabulary": vocabulary,
        "unk_score_offset": unk_score_offset,
        "oov_order": oov_order,
        "oov_weight": oov_weight,
        "hotwords": expected,
        "hotword_weight": hotword_weight,
    }
    options = search_options(found, engine=chosen, **given)
    recordings = find_recordings(files)
    opened = open_model(folder, device=device, allow_pickle=allow_pickle)
    several = len(recordings) > 1 or files[0].is_dir()
    results = []
    for result in decode(
        opened,
        None if greedy else found,
        options,
        recordings,
        fallback=search_options(found, engine="pyctcdecode", **given),
        greedy=greedy or not (found or beam_width or expected or vocabulary == "closed"),
        engine=chosen,
        vad=vad,
    ):
        results.append(result)
        if not isinstance(result, DecodedFile):
            say(f"error: {result.message} [{result.code}]")
        elif not json:
            write(render_txt([result], with_names=several))
    if json:
        write(render_json(results))
    n_failed = sum(not isinstance(result, DecodedFile) for result in results)
    if n_failed:
        say(f"{n_failed} of {numbered(len(results), 'recording')} could not be decoded")
        raise typer.Exit(DataError.exit_code)


def decode(
    model: "AcousticModel",
    lm: "LanguageModelFiles | None",
    options: "DecodingOptions",
    recordings: Sequence[Path],
    *,
    greedy: bool,
    fallback: "DecodingOptions | None" = None,
    engine: "Engine" = "auto",
    vad: bool = True,
) -> Iterator[Any]:
    """A DecodedFile or a FailedFile for each recording, in order, as soon as it is there."""
    from w2vctc.acoustic.long_sound import hear_recording
    from w2vctc.cli.screen import Stopwatch, say
    from w2vctc.cli.transcribe import open_search
    from w2vctc.decode.greedy import decode_greedy
    from w2vctc.decode.options import describe_options
    from w2vctc.decode.segments import cut_segments, decode_segments, join_hypotheses
    from w2vctc.decode.writers import DecodedFile, FailedFile
    from w2vctc.errors import DataError
    from w2vctc.speech.activity import ActivityOptions

    # Without a language model the beam search has nothing to add that the pipeline would have: the
    # best path is what every other tool prints then. It searches where a width is asked for.
    search = None
    if not greedy:
        search = open_search(model, lm, options, fallback=fallback, engine=engine)
        say(describe_options(search.options))

    def find(emissions: Any, *, start_state: Any) -> Any:
        if search is None:
            return decode_greedy(emissions, model.vocabulary)
        return search.decode(emissions, start_state=start_state)

    activity = ActivityOptions() if vad else None
    for path in recordings:
        watch = Stopwatch()
        try:
            heard = hear_recording(model, path, activity=activity)
            segments = cut_segments(heard.pieces, model.vocabulary)
            found = [hypothesis for _, hypothesis in decode_segments(segments, find)]
        except DataError as error:
            yield FailedFile(str(path), error.code, error.message)
            continue
        yield DecodedFile(str(path), join_hypotheses(found), heard.duration_s, watch.seconds)


def find_recordings(paths: Sequence[Path]) -> list[Path]:
    """The files, and the sound files of the folders, in order; a folder's own in order of name."""
    from w2vctc.errors import DataError

    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        inside = sorted(p for p in path.rglob("*") if _is_recording(p))
        if not inside:
            raise DataError(
                f"{path}: no recordings in this folder",
                hint="looked for names such as .wav, .flac, .mp3, .opus, .m4a; or name the files",
                code="E_MISSING",
            )
        found += inside
    return found


def _is_recording(path: Path) -> bool:
    """By its name; hidden files are none (macOS leaves ._name.wav beside name.wav)."""
    return path.suffix.lower() in _SOUND_NAMES and not path.name.startswith(".")


def _refuse_search_flags(**given: Any) -> None:
    """Raises UsageError for flags that only a search can heed."""
    from w2vctc.errors import UsageError

    for name, value in given.items():
        if value is not None:
            raise UsageError(
                f"--greedy with --{name}: nothing is searched then", hint="leave one of them out"
            )


def _choose(lang: str | None, model: Path | None, lm: Path | None) -> tuple[Path, Any]:
    """The model folder and the language model that decode uses, said on stderr."""
    from w2vctc.cli.screen import say
    from w2vctc.cli.transcribe import find_lm
    from w2vctc.lm.folder import find_language_model
    from w2vctc.project import find_model, find_project

    if lang is not None:
        project = find_project(lang=lang, model=model)
        folder, found = project.model, find_lm(project, lm)
    else:
        chosen = model or find_model()
        folder = chosen or _fetch_default(say)
        found = find_language_model(lm) if lm else _attached(folder)
    say(f"language model {found.ngram}" if found else "no language model")
    return folder, found


def _attached(folder: Path) -> Any:
    from w2vctc.decode.model_folder import attached_language_model

    return attached_language_model(folder)


def _fetch_default(say: Any) -> Path:
    from w2vctc.acoustic.source import resolve_source

    say("no model in models/: taking 960h-lv60-self, which knows English only")
    return resolve_source("960h-lv60-self")
