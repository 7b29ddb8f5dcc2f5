"""What becomes of aligned recordings: files, one document on stdout, and what is told of them."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import typer

from w2vctc.align.unmatched import Unmatched
from w2vctc.cli.aligning.files import TimesFolder
from w2vctc.cli.aligning.laying import Aligned
from w2vctc.cli.decoding.pipeline import Progress
from w2vctc.cli.decoding.talking import Talk
from w2vctc.cli.interruption import remark_on_interruption
from w2vctc.cli.screen import SoundBar, format_time, say, write
from w2vctc.decode.writers import FailedFile, Writer
from w2vctc.errors import DataError
from w2vctc.words import numbered

_MOST_SHOWN = 5  # places where text and sound part


def show_results(
    found: Iterable[Progress | Aligned | FailedFile],
    *,
    times: TimesFolder | None,
    to_stdout: Writer | None,
) -> list[Aligned | FailedFile]:
    """The results, each told and written as soon as it is there."""
    results: list[Aligned | FailedFile] = []
    with SoundBar("aligning") as bar:
        talk = Talk(bar)
        with remark_on_interruption(lambda: _tell_rest(times, talk.n_done)):
            for result in found:
                if isinstance(result, Progress):
                    bar.tell(result.done_s, result.expected_s)
                    talk.remark(result.remarks)
                    continue
                results.append(result)
                if isinstance(result, FailedFile):
                    talk.fail(result)
                    continue
                if times is not None:
                    times.save(result)
                talk.finish(result.transcript)
                with bar.away():
                    _tell(result)
                    if to_stdout is not None:
                        media = Path(result.transcript.file)
                        write(to_stdout.render(result.transcript, media=media))
        with bar.away():
            talk.end()
    return results


def end_with_failures(results: Sequence[Aligned | FailedFile]) -> None:
    """Exit code 3 where a recording has none of its text."""
    n_failed = sum(isinstance(one, FailedFile) for one in results)
    if n_failed:
        say(f"{n_failed} of {numbered(len(results), 'recording')} could not be aligned")
        raise typer.Exit(DataError.exit_code)


def _tell(result: Aligned) -> None:
    """What was found in one recording, and where text and sound part."""
    for fault in result.left_out:
        say(f"left out: {fault.message} [{fault.code}]")
    n_words = sum(one.n_words for one in result.judgements)
    found = n_words - sum(one.n_missing for one in result.judgements)
    words = result.transcript.words
    mean = sum(word.confidence or 0.0 for word in words) / max(len(words), 1)
    say(
        f"{result.transcript.file}: {found:,} of {numbered(n_words, 'word')}, score {mean:.2f},"
        f" {format_time(result.transcript.duration_s)} in {format_time(result.transcript.seconds)}"
    )
    for one in result.unmatched[:_MOST_SHOWN]:
        say(f"  {_show_unmatched(one)}")
    if len(result.unmatched) > _MOST_SHOWN:
        say(f"  and {len(result.unmatched) - _MOST_SHOWN:,} more such places")


def _show_unmatched(one: Unmatched) -> str:
    what = f"not heard: {one.text[:60]!r}" if one.what == "missing" else "no text for this"
    return f"{one.start_s:.2f}-{one.end_s:.2f} s {what}"


def _tell_rest(times: TimesFolder | None, n_done: int) -> str:
    """How to go on with a run that is broken off."""
    if times is None:
        return ""
    outputs = times.outputs
    n_there = outputs.n_finished + n_done
    n_all = numbered(len(outputs.names), "recording")
    return f"{n_there} of {n_all} are in {outputs.folder}; with --resume it goes on behind them"
