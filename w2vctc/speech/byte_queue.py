"""Bytes that arrive while something else is being done."""

import threading
import time
from collections import deque
from collections.abc import Callable

MAX_BYTES = 4 << 20  # two minutes of 16-bit sound at 16 kHz
_READ_BYTES = 1 << 16
_LOOK_UP_S = 0.1  # how often a wait looks whether it is to end


class ByteQueue:
    """What a stream has brought so far, read by a thread of its own from the moment it is made.

    A microphone does not wait: what arrives while a model is loaded or a chunk is heard is kept,
    up to `max_bytes`. Then the stream is left to wait, as a full pipe does.
    """

    def __init__(
        self,
        read: Callable[[int], bytes],
        *,
        max_bytes: int = MAX_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.first_at_s: float | None = None  # when the first byte came, by the clock
        self._clock = clock
        self._read = read
        self._max_bytes = max_bytes
        self._waiting: deque[bytes] = deque()
        self._n_waiting = 0
        self._ended = False
        self._stopped = False
        self._error: OSError | None = None
        self._changed = threading.Condition()
        threading.Thread(target=self._fill, daemon=True).start()

    @property
    def n_waiting(self) -> int:
        """The bytes that have arrived and were not taken yet."""
        return self._n_waiting

    def take(self) -> bytes:
        """All that has arrived, at least one byte; b"" at the end of the stream.

        Waits until there is something. Raises OSError where the stream cannot be read on.
        """
        with self._changed:
            while not (self._waiting or self._ended or self._stopped):
                self._changed.wait(_LOOK_UP_S)
            if self._stopped:
                return b""
            taken = b"".join(self._waiting)
            self._waiting.clear()
            self._n_waiting = 0
            self._changed.notify_all()
        if not taken and self._error is not None:
            raise self._error
        return taken

    def stop(self) -> None:
        """From now on nothing more is taken. Safe in a signal's handler: it takes no lock."""
        self._stopped = True

    def _fill(self) -> None:
        while not self._stopped:
            try:
                block = self._read(_READ_BYTES)
            except (OSError, ValueError) as error:  # ValueError: closed in the meantime
                self._end(error if isinstance(error, OSError) else None)
                return
            if not block:
                self._end(None)
                return
            self._put(block)

    def _put(self, block: bytes) -> None:
        with self._changed:
            if self.first_at_s is None:
                self.first_at_s = self._clock()
            while self._n_waiting and self._n_waiting + len(block) > self._max_bytes:
                self._changed.wait(_LOOK_UP_S)
                if self._stopped:
                    return
            self._waiting.append(block)
            self._n_waiting += len(block)
            self._changed.notify_all()

    def _end(self, error: OSError | None) -> None:
        with self._changed:
            self._error, self._ended = error, True
            self._changed.notify_all()
