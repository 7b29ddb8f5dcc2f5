"""What becomes of transcripts: lines or JSON on stdout, files in a folder, failures told."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import typer

from w2vctc.cli.decoding.outputs import Outputs
from w2vctc.cli.decoding.pipeline import Progress
from w2vctc.cli.decoding.talking import Talk
from w2vctc.cli.interruption import Interrupted, remark_on_interruption
from w2vctc.cli.screen import SoundBar, Stopwatch, format_amount, say, stdout_is_terminal, write
from w2vctc.decode.transcript import Transcript
from w2vctc.decode.writers import FailedFile, Writer, render_json, render_txt
from w2vctc.errors import DataError
from w2vctc.words import numbered

Results = Iterable[Progress | Transcript | FailedFile]


class Paper:
    """Stdout while transcripts come in, one after the other: nothing is held back."""

    def __init__(self, bar: SoundBar, *, writer: Writer | None, with_names: bool) -> None:
        self._bar = bar
        self._writer = writer
        self._with_names = with_names

    def show(self, transcript: Transcript) -> None:
        """As lines, or in the one format that was asked for; nothing without a writer."""
        if self._writer is None:
            return
        if self._writer.name == "txt":
            text = render_txt([transcript], with_names=self._with_names)
        else:
            text = self._writer.render(transcript)
        with away_for_stdout(self._bar):
            write(text)


class JsonPaper(Paper):
    """Stdout as one JSON array."""

    def __init__(self, bar: SoundBar) -> None:
        super().__init__(bar, writer=None, with_names=False)
        self._n_shown = 0

    def show(self, transcript: Transcript | FailedFile) -> None:
        body = render_json([transcript]).removeprefix("[\n").removesuffix("\n]\n")
        with away_for_stdout(self._bar):
            write((",\n" if self._n_shown else "[\n") + body)
        self._n_shown += 1

    def end(self) -> None:
        write("\n]\n" if self._n_shown else "[]\n")


def show_results(
    results: Results,
    bar: SoundBar,
    *,
    outputs: Outputs | None,
    writers: Sequence[Writer],
    as_json: bool,
    with_names: bool,
) -> None:
    """Writes each transcript as soon as it is there. Exits with 3 where a recording failed."""
    watch = Stopwatch()
    json_paper = JsonPaper(bar) if as_json else None
    writer = None if outputs or as_json else writers[0]
    paper = json_paper or Paper(bar, writer=writer, with_names=with_names)
    talk = Talk(bar)
    with remark_on_interruption(lambda: _tell_rest(outputs, talk.n_done)), json_array(json_paper):
        for result in results:
            if isinstance(result, Progress):
                bar.tell(result.done_s, result.expected_s)
                talk.remark(result.remarks)
            elif isinstance(result, FailedFile):
                talk.fail(result)
                if json_paper:
                    json_paper.show(result)
            else:
                if outputs:
                    outputs.save(result)
                paper.show(result)
                talk.finish(result)
    with bar.away():
        talk.end()
        if outputs:
            _tell_outputs(outputs, talk.n_done, talk.heard_s, watch.seconds)
        if talk.n_failed:
            n_all = numbered(talk.n_done + talk.n_failed, "recording")
            say(f"{talk.n_failed} of {n_all} could not be decoded")
            raise typer.Exit(DataError.exit_code)


@contextmanager
def json_array(paper: JsonPaper | None) -> Iterator[None]:
    """Closes the array at the end, also of a run that is broken off: what is there can be read."""
    try:
        yield
    except Interrupted:
        if paper:
            paper.end()
        raise
    if paper:
        paper.end()


@contextmanager
def away_for_stdout(bar: SoundBar) -> Iterator[None]:
    """Takes the bar away where stdout is the same terminal."""
    if not stdout_is_terminal():
        yield
        return
    with bar.away():
        yield


def _tell_rest(outputs: Outputs | None, n_done: int) -> str:
    """How to go on with a run that is broken off."""
    if outputs is None:
        return ""
    n_there = outputs.n_finished + n_done
    n_all = numbered(len(outputs.names), "recording")
    return f"{n_there} of {n_all} are in {outputs.folder}; with --resume it goes on behind them"


def _tell_outputs(outputs: Outputs, n_done: int, heard_s: float, seconds: float) -> None:
    if outputs.n_finished:
        say(f"{numbered(outputs.n_finished, 'recording')} had been decoded before")
    if n_done:
        speed = heard_s / max(seconds, 0.001)
        say(
            f"wrote {numbered(n_done, 'recording')}, {format_amount(heard_s)},"
            f" to {outputs.folder} in {format_amount(seconds)}: {speed:.1f}x"
        )
