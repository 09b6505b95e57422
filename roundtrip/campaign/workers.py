"""Child processes that run blocks, each with a limit on its memory and on the time that one history may take.

A child tells through shared memory which history it is at. One that dies or stands still is replaced; what it did not
survive becomes a finding of its block, with the history's number, and what is left of that block is not run.

What the blocks are of, histories or anything else that has numbers, is the business of `work.Work`.
"""

from __future__ import annotations

import mmap
import multiprocessing
import os
import resource
import signal
import time
import warnings
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any, Final, Generic

import msgspec

from formats.errors import ShardproofError

from .work import B, Lost, R, Work

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

#: Laws that a block breaks whose process does not come to its end.
ENDS: Final = "every operation ends"
LIVES: Final = "the process lives"
#: Seconds between two looks of a child whether its parent is still there.
LOOK_SECONDS: Final = 2.0
#: Shared with a child: the number that it is at, how many bytes it noted, and these.
NUMBERS_BYTES: Final = 16


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Of one child: its address space, and how long one history may take."""

    memory_bytes: int = 2 << 30
    seconds: float = 60.0


class BlockFailed(ShardproofError):
    """A block could not be run at all: its kind or preset does not exist."""


class Worker(Generic[B, R]):
    """One child process, and what it is doing."""

    def __init__(self, limits: Limits, work: Work[B, R]) -> None:
        self.limits = limits
        self.work = work
        self.block: B | None = None
        self._memory = mmap.mmap(-1, NUMBERS_BYTES + work.room_bytes)
        #: Shared with the child: the number of the history that it is at.
        self._at = memoryview(self._memory)[:NUMBERS_BYTES].cast("Q")
        self._room = memoryview(self._memory)[8:]
        self._seen = (0, 0.0)
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("fork")
        self.connection, inner = context.Pipe()
        with warnings.catch_warnings():
            # A progress bar runs in a thread. It holds no lock that a child would wait for.
            warnings.simplefilter("ignore", DeprecationWarning)
            self.process = context.Process(
                target=serve,
                args=(inner, self._at, self._room, self.work, self.limits.memory_bytes, os.getpid()),
                daemon=True,
            )
            self.process.start()
        inner.close()

    def begin(self, block: B) -> None:
        """Give it a block."""
        assert self.block is None, "one block at a time"
        self.block = block
        self._at[0], self._at[1] = block.first, 0
        self._seen = (block.first, time.monotonic())
        self.connection.send_bytes(self.work.message(block))

    @property
    def done(self) -> int:
        """How many histories of its block are behind it."""
        return 0 if self.block is None else self._at[0] - self.block.first

    def result(self) -> R | None:
        """The result of its block, if there is one by now; without waiting."""
        block = self.block
        assert block is not None, "there is a block to wait for"
        if self.connection.poll():
            try:
                answer = self.connection.recv_bytes()
            except EOFError:
                return self._lost(LIVES, "an end of the block", ending_of(self.process))
            self.block = None
            if answer.startswith(b"!"):
                raise BlockFailed(answer[1:].decode())
            return self.work.result(answer)
        if not self.process.is_alive():
            return self._lost(LIVES, "an end of the block", ending_of(self.process))
        at, now = self._at[0], time.monotonic()
        if at != self._seen[0]:
            self._seen = (at, now)
        elif now - self._seen[1] > self.limits.seconds:
            return self._lost(ENDS, f"an end within {self.limits.seconds:g} seconds", "none")
        return None

    def _lost(self, law: str, expected: str, found: str) -> R:
        """The result of a block whose process is gone, or is now ended."""
        block = self.block
        assert block is not None, "there was a block"
        self.stop()
        noted = bytes(self._room[8 : 8 + self._at[1]]) if self.work.room_bytes else b""
        lost = Lost(block, self._at[0], law, expected, found, noted)
        self.block = None
        self._start()
        return self.work.lost(lost)

    def stop(self) -> None:
        """End the process, whatever it does."""
        self.process.kill()
        self.process.join()
        self.connection.close()


def ending_of(process: BaseProcess) -> str:
    """How a child ended."""
    process.join(1.0)
    code = process.exitcode
    if code is None or code >= 0:
        return f"exit code {code}"
    return f"signal {signal.Signals(-code).name}"


def serve(connection: Connection, at: Any, room: memoryview, work: Work[B, R], memory_bytes: int, parent: int) -> None:
    """The child: run one block after the other until nobody asks any more."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def tick(number: int) -> None:
        at[0] = number

    while True:
        while not connection.poll(LOOK_SECONDS):
            if os.getppid() != parent:
                return
        try:
            message = connection.recv_bytes()
        except EOFError:
            return
        try:
            answer = work.run(message, tick, room)
        except ShardproofError as error:
            answer = b"!" + str(error).encode()
        connection.send_bytes(answer)


def wait_for_any(workers: Sequence[Worker[Any, Any]], seconds: float) -> None:
    """Wait until one of them may have something to say, at most so long."""
    wait([*(worker.connection for worker in workers), *(worker.process.sentinel for worker in workers)], seconds)
