"""Bytes that arrive while something else is being done."""

import threading
from collections.abc import Callable

import pytest

from w2vctc.speech.byte_queue import ByteQueue


def gather(queue: ByteQueue) -> bytes:
    taken = []
    while block := queue.take():
        taken.append(block)
    return b"".join(taken)


def reads(*blocks: bytes) -> Callable[[int], bytes]:
    left = iter(blocks)
    return lambda _: next(left, b"")


def test_all_that_arrives_is_taken_in_order() -> None:
    assert gather(ByteQueue(reads(b"ab", b"c", b"def"))) == b"abcdef"


def test_after_the_end_there_is_nothing() -> None:
    queue = ByteQueue(reads(b"ab"))
    gather(queue)
    assert queue.take() == b"" and queue.n_waiting == 0


def test_a_reader_that_is_slow_is_waited_for() -> None:
    go_on = threading.Event()
    left = iter([b"a", b"b"])

    def read(_: int) -> bytes:
        block = next(left, b"")
        if block == b"b":
            go_on.wait(10)
        return block

    queue = ByteQueue(read)
    assert queue.take() == b"a"
    go_on.set()
    assert queue.take() == b"b"


def test_no_more_is_kept_than_there_is_room_for() -> None:
    n_read = 0
    full = threading.Event()

    def read(_: int) -> bytes:
        nonlocal n_read
        n_read += 1
        if n_read == 4:
            full.set()
        return b"x" * 10 if n_read <= 100 else b""

    queue = ByteQueue(read, max_bytes=30)
    assert full.wait(10)
    assert queue.n_waiting == 30  # the fourth waits outside
    assert gather(queue) == b"x" * 1_000


def test_a_read_larger_than_the_room_is_still_taken() -> None:
    assert gather(ByteQueue(reads(b"x" * 50, b"y" * 50), max_bytes=10)) == b"x" * 50 + b"y" * 50


def test_when_it_is_stopped_it_ends() -> None:
    never = threading.Event()

    def read(_: int) -> bytes:
        never.wait(10)
        return b""

    queue = ByteQueue(read)
    threading.Timer(0, queue.stop).start()
    assert queue.take() == b""
    never.set()


def test_a_stream_that_cannot_be_read_says_so_behind_what_was_read() -> None:
    left = iter([b"ab"])

    def read(_: int) -> bytes:
        for block in left:
            return block
        raise OSError("gone")

    queue = ByteQueue(read)
    taken = b""
    with pytest.raises(OSError, match="gone"):
        while block := queue.take():
            taken += block
    assert taken == b"ab"


def test_the_moment_of_the_first_byte_is_kept() -> None:
    queue = ByteQueue(reads(b"a", b"b"), clock=iter([7.0]).__next__)
    gather(queue)
    assert queue.first_at_s == 7.0
