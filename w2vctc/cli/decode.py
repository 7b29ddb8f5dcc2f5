"""`w2vctc decode`: recordings in, text out."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from w2vctc.cli import flags
from w2vctc.words import numbered

if TYPE_CHECKING:
    from w2vctc.acoustic.emissions import AcousticModel
    from w2vctc.cli.decoding.arguments import Stream
    from w2vctc.cli.decoding.outputs import Outputs
    from w2vctc.cli.decoding.pipeline import Progress
    from w2vctc.cli.decoding.request import Hearing, Request
    from w2vctc.decode.transcript import Transcript
    from w2vctc.decode.writers import FailedFile

_MOST_SURVEYORS = 4  # processes that look through recordings: they are ahead soon enough


def decode_cli(
    files: Annotated[
        list[Path],
        typer.Argument(
            readable=False, help="Recordings, or folders of them; - is a stream from stdin."
        ),
    ],
    lang: flags.Lang = None,
    model: flags.ModelFolder = None,
    lm: flags.LmFolder = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Write a file for each recording and format into this folder."),
    ] = None,
    formats: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="One or more of txt, json, srt, vtt, ctm, TextGrid, eaf, tsv, with commas."
            "  [default: txt]",
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Leave finished files of --out as they are.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Make files anew that --out has already.")
    ] = False,
    alpha: Annotated[float | None, typer.Option(help="Weight of the LM.  [default: tuned]")] = None,
    beta: Annotated[float | None, typer.Option(help="Bonus per word.  [default: tuned]")] = None,
    beam_width: Annotated[int | None, typer.Option(help="Readings kept.  [default: 100]")] = None,
    nbest: Annotated[
        int, typer.Option(min=1, help="Readings of each passage in JSON, the best one included.")
    ] = 1,
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
    channels: Annotated[
        str,
        typer.Option(help="mix, a channel's number, or each: every channel is a speaker's."),
    ] = "mix",
    speakers: Annotated[
        str | None, typer.Option(help="Names for --channels each, with commas: Ana,Pere.")
    ] = None,
    raw_rate: Annotated[
        int | None, typer.Option(help="stdin is 16-bit samples without a header, of this rate.")
    ] = None,
    raw_channels: Annotated[
        int | None, typer.Option(help="How many channels these have.  [default: 1]")
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, help="Threads that search.  [default: one for each core]"),
    ] = None,
    device: flags.Device = None,
    allow_pickle: flags.AllowPickle = None,
    json: flags.Json = False,
) -> None:
    """Transcribe recordings; with several, each line has the file's name first."""
    from w2vctc.cli.check import count_cores
    from w2vctc.cli.decoding import arguments
    from w2vctc.cli.decoding.outputs import describe_settings, plan_outputs
    from w2vctc.cli.decoding.recordings import find_recordings
    from w2vctc.cli.decoding.request import Request
    from w2vctc.cli.screen import say
    from w2vctc.cli.transcribe import check_engine, open_model, search_options
    from w2vctc.decode.hotwords import read_hotwords

    chosen = check_engine(engine)
    expected = read_hotwords(hotwords) if hotwords else None
    if greedy:
        arguments.refuse_search_flags(vocabulary=vocabulary, hotwords=hotwords)
    arguments.refuse_output_flags(out, resume=resume, overwrite=overwrite)
    hearing = arguments.choose_hearing(channels, speakers, vad=vad)
    stream = arguments.open_stdin(files, raw_rate, raw_channels, out=out, format=formats)
    recordings = [] if stream else find_recordings(files)
    writers = arguments.choose_writers(formats, recordings, out=out, as_json=json)
    folder, found = _choose(lang, model, lm, greedy=greedy)
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
    request = Request(
        found,
        search_options(found, engine=chosen, **given),
        fallback=search_options(found, engine="pyctcdecode", **given),
        greedy=greedy or not (found or beam_width or expected or vocabulary == "closed"),
        engine=chosen,
        n_best=nbest,
        confident=json or any(writer.name != "txt" for writer in writers),
        jobs=jobs or count_cores(),
    )
    outputs = None
    if out:
        settings = describe_settings(folder, request, hearing)
        outputs = plan_outputs(
            out, recordings, files, writers, settings=settings, resume=resume, overwrite=overwrite
        )
        recordings = outputs.recordings
        if not recordings:
            done = numbered(outputs.n_finished, "recording")
            say(f"{done} had been decoded before: nothing to do")
            return
    opened = open_model(folder, device=device, allow_pickle=allow_pickle)
    if stream:
        _decode_stream(opened, request, stream, as_json=json)
        return
    results = decode(opened, recordings, request, hearing)
    several = len(recordings) > 1 or files[0].is_dir()
    _show(results, outputs=outputs, writers=writers, as_json=json, with_names=several)


def decode(
    model: "AcousticModel",
    recordings: Sequence[Path],
    request: "Request",
    hearing: "Hearing | None" = None,
) -> "Iterator[Progress | Transcript | FailedFile]":
    """A Transcript or a FailedFile for each recording, in order; how far it is in between."""
    from w2vctc.cli.decoding.pipeline import transcribe
    from w2vctc.cli.decoding.searching import open_searching

    searching = open_searching(model, request)
    yield from transcribe(
        model,
        searching.find,
        recordings,
        hearing,
        n_jobs=min(request.jobs, _MOST_SURVEYORS),
        n_threads=searching.n_threads,
    )


def _show(results: Any, *, outputs: "Outputs | None", **known: Any) -> None:
    from w2vctc.cli.decoding.showing import show_results
    from w2vctc.cli.screen import SoundBar

    if outputs:
        outputs.begin()
    with SoundBar("decoding") as bar:
        show_results(results, bar, outputs=outputs, **known)


def _decode_stream(
    model: "AcousticModel", request: "Request", stream: "Stream", *, as_json: bool
) -> None:
    from w2vctc.cli.decoding.searching import open_searching
    from w2vctc.cli.live import decode_live

    searching = open_searching(model, replace(request, confident=False))
    decode_live(model, searching.decoder, stream.source, raw=stream.raw, as_json=as_json)


def _choose(
    lang: str | None, model: Path | None, lm: Path | None, *, greedy: bool
) -> tuple[Path, Any]:
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
    found = None if greedy else found
    say(f"language model {found.ngram}" if found else "no language model")
    return folder, found


def _attached(folder: Path) -> Any:
    from w2vctc.decode.model_folder import attached_language_model

    return attached_language_model(folder)


def _fetch_default(say: Any) -> Path:
    from w2vctc.acoustic.source import resolve_source

    say("no model in models/: taking 960h-lv60-self, which knows English only")
    return resolve_source("960h-lv60-self")
