"""`w2vctc decode -`: what is said into a pipe, as text while it is said."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from w2vctc.cli.interruption import Interrupted
from w2vctc.cli.live_screen import LiveScreen

if TYPE_CHECKING:
    from w2vctc.acoustic.emissions import AcousticModel
    from w2vctc.acoustic.live_sound import LiveChunking
    from w2vctc.decode.engines import Decoder
    from w2vctc.decode.live import Event, LiveOptions
    from w2vctc.speech.byte_queue import ByteQueue
    from w2vctc.speech.live_header import LiveFormat

_LATE_S = 5.0  # behind by so much, and every doubling of it, is said


def open_live_input() -> "ByteQueue":
    """Standard input, read from now on: to be called before the model is loaded.

    Raises UsageError where nothing is piped into it.
    """
    from w2vctc.errors import UsageError
    from w2vctc.speech.byte_queue import ByteQueue

    if sys.stdin.isatty():
        raise UsageError(
            "-: standard input is the keyboard",
            hint="pipe sound into it: arecord -f S16_LE -r 16000 -t wav | w2vctc decode -",
        )
    try:
        # The descriptor itself: a thread that waits in sys.stdin keeps Python from ending.
        descriptor = sys.stdin.fileno()
    except (OSError, ValueError):
        return ByteQueue(getattr(sys.stdin.buffer, "read1", sys.stdin.buffer.read))
    return ByteQueue(lambda n_bytes: os.read(descriptor, n_bytes))


def raw_format(rate: int | None, channels: int | None) -> "LiveFormat | None":
    """The format of samples without a header (16 bits, little-endian); None for a WAV stream.

    Raises UsageError for what no sound has.
    """
    from w2vctc.errors import UsageError
    from w2vctc.speech.live_header import LiveFormat, is_sane

    if rate is None:
        if channels is not None:
            raise UsageError("--raw-channels without --raw-rate", hint="add --raw-rate 16000")
        return None
    form = LiveFormat(rate, 1 if channels is None else channels)
    if not is_sane(form):
        raise UsageError(
            f"--raw-rate {rate} --raw-channels {form.n_channels}: no sound is like that",
            hint="the rate is in Hz, such as 16000; up to 64 channels",
        )
    return form


def decode_live(
    model: "AcousticModel",
    search: "Decoder | None",
    source: "ByteQueue",
    *,
    raw: "LiveFormat | None" = None,
    as_json: bool = False,
    chunking: "LiveChunking | None" = None,
    options: "LiveOptions | None" = None,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Writes what is said while it arrives; returns when the sound ends.

    search: None for the best path alone. Ctrl-C and SIGTERM end the sound: what was heard becomes
    final, then Interrupted is raised. Raises DataError after everything before it is final.
    """
    from w2vctc.speech.live import LiveSound

    screen = LiveScreen(as_json=as_json)
    with _ended_by_signals(source), screen:
        sound = LiveSound(source.take, raw=raw)
        for event in hear_live(
            model, search, sound, source, chunking=chunking, options=options, clock=clock
        ):
            screen.show(event)


def hear_live(
    model: "AcousticModel",
    search: "Decoder | None",
    sound: Any,
    source: Any,
    *,
    chunking: "LiveChunking | None" = None,
    options: "LiveOptions | None" = None,
    clock: Callable[[], float] = time.monotonic,
) -> "Iterator[Event | str]":
    """Events as soon as they are there, and in words how far it has fallen behind.

    sound: a LiveSound; source: the ByteQueue behind it, which knows what waits there.
    """
    from w2vctc.acoustic.emissions import refuse_short
    from w2vctc.acoustic.live_sound import LiveEmissions

    text = _open_text(model, search, options)
    emissions = LiveEmissions(model, chunking)
    pace = Pace(emissions.chunking, source, sound.format, clock)
    yield from (f"note: {remark.message}" for remark in sound.remarks)
    n_told = len(sound.remarks)
    fault = None
    for block in _up_to_a_fault(sound):
        if isinstance(block, Exception):
            fault = block
            break
        emissions.add(block)
        while emissions.n_ready:
            late_s = pace.late_s(emissions.heard_s)
            yield from pace.complain(late_s, emissions)
            piece = emissions.hear(1 + int(late_s / emissions.chunking.hop_s))
            yield from text.add(piece[1]) if piece else ()
    yield from (f"note: {remark.message}" for remark in sound.remarks[n_told:])
    if fault is None:
        refuse_short(model, emissions.n_samples, name=sound.name)
    piece = emissions.finish()
    yield from text.add(piece[1]) if piece else ()
    yield from text.finish()
    if fault is not None:
        raise fault


def _up_to_a_fault(sound: Any) -> "Iterator[Any]":
    """The blocks of a sound; the error that ends it as the last one."""
    from w2vctc.errors import DataError

    try:
        yield from sound.read_blocks()
    except DataError as error:
        yield error


class Pace:
    """How late what is heard comes, against the moment at which the sound arrived."""

    def __init__(
        self,
        chunking: "LiveChunking",
        source: Any,
        form: "LiveFormat",
        clock: Callable[[], float],
    ) -> None:
        self._delay_s = chunking.hop_s + chunking.ahead_s  # there before anything can be heard
        self._source = source
        self._bytes_per_s = form.frame_bytes * form.sample_rate
        self._clock = clock
        self._bound_s: float | None = None  # of the lateness that is told next

    def late_s(self, heard_s: float) -> float:
        """By how many seconds the sound behind `heard_s` is overdue, 0 for a fast pipe."""
        started_s = self._source.first_at_s
        past_s = 0.0 if started_s is None else self._clock() - started_s
        return max(past_s - heard_s - self._delay_s, 0.0)

    def complain(self, late_s: float, emissions: Any) -> Iterator[str]:
        """A sentence where sound waits that is overdue, again where it is twice as much."""
        waiting_s = emissions.waiting_s + self._source.n_waiting / self._bytes_per_s
        behind_s = min(late_s, waiting_s)
        if self._bound_s is None:  # what came while the model was loaded is no sign of slowness
            self._bound_s = behind_s + _LATE_S
        if behind_s < self._bound_s:
            return
        self._bound_s = 2 * behind_s
        yield (
            f"{behind_s:.0f} s behind: this machine is slower than the sound with this model;"
            " it listens in longer chunks now, and partial text is rarer"
        )


def _open_text(
    model: "AcousticModel", search: "Decoder | None", options: "LiveOptions | None"
) -> Any:
    from w2vctc.decode.greedy import decode_greedy
    from w2vctc.decode.live import LiveText

    def find(emissions: Any, *, start_state: Any) -> Any:
        if search is None:
            return decode_greedy(emissions, model.vocabulary)
        return search.decode(emissions, start_state=start_state)

    def sketch(emissions: Any, *, start_state: Any) -> str:
        return str(find(emissions, start_state=start_state).text)

    # pyctcdecode has no time to search the open segment again and again.
    quick = search is not None and search.engine == "fast"
    return LiveText(model.vocabulary, find, sketch=sketch if quick else None, options=options)


@contextmanager
def _ended_by_signals(source: Any) -> Iterator[None]:
    """While open, a signal ends the sound, and Interrupted is raised at the end; a second at once.

    So nothing is broken off halfway: what was heard is written.
    """
    caught: list[int] = []

    def end(number: int, _frame: Any) -> None:
        if caught:
            raise Interrupted
        caught.append(number)
        source.stop()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if caught:
            raise Interrupted
