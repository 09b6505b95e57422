"""Child processes that run blocks, each with a limit on its memory and on the time that one history may take.

A child tells through shared memory which history it is at. One that dies or stands still is replaced; what it did not
survive becomes a finding of its block, with the history's number, and what is left of that block is not run.
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
from typing import TYPE_CHECKING, Any, Final

import msgspec

from formats.errors import ShardproofError
from roundtrip.histories.drivers import history_of
from roundtrip.histories.failure import Failure
from roundtrip.histories.finding import Finding

from .block import Block, BlockResult
from .kinds import run_block
from .volume import CRASHING_KIND

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

#: Laws that a block breaks whose process does not come to its end.
ENDS: Final = "every operation ends"
LIVES: Final = "the process lives"
#: Seconds between two looks of a child whether its parent is still there.
LOOK_SECONDS: Final = 2.0


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Of one child: its address space, and how long one history may take."""

    memory_bytes: int = 2 << 30
    seconds: float = 60.0


class BlockFailed(ShardproofError):
    """A block could not be run at all: its kind or preset does not exist."""


class Worker:
    """One child process, and what it is doing."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.block: Block | None = None
        #: Shared with the child: the number of the history that it is at.
        self._memory = mmap.mmap(-1, 8)
        self._at = memoryview(self._memory).cast("Q")
        self._seen = (0, 0.0)
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("fork")
        self.connection, inner = context.Pipe()
        with warnings.catch_warnings():
            # A progress bar runs in a thread. It holds no lock that a child would wait for.
            warnings.simplefilter("ignore", DeprecationWarning)
            self.process = context.Process(
                target=serve, args=(inner, self._at, self.limits.memory_bytes, os.getpid()), daemon=True
            )
            self.process.start()
        inner.close()

    def begin(self, block: Block) -> None:
        """Give it a block."""
        assert self.block is None, "one block at a time"
        self.block = block
        self._at[0] = block.first
        self._seen = (block.first, time.monotonic())
        self.connection.send_bytes(block.to_json().encode())

    @property
    def done(self) -> int:
        """How many histories of its block are behind it."""
        return 0 if self.block is None else self._at[0] - self.block.first

    def result(self) -> BlockResult | None:
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
            return BlockResult.from_json(answer)
        if not self.process.is_alive():
            return self._lost(LIVES, "an end of the block", ending_of(self.process))
        at, now = self._at[0], time.monotonic()
        if at != self._seen[0]:
            self._seen = (at, now)
        elif now - self._seen[1] > self.limits.seconds:
            return self._lost(ENDS, f"an end within {self.limits.seconds:g} seconds", "none")
        return None

    def _lost(self, law: str, expected: str, found: str) -> BlockResult:
        """The result of a block whose process is gone, or is now ended."""
        block, number = self.block, self._at[0]
        assert block is not None, "there was a block"
        self.stop()
        self.block = None
        self._start()
        history = history_of(
            block.seed, number, block.preset, crashes=block.kind == CRASHING_KIND, longest=block.longest
        )
        rest = f"; histories {number + 1} to {block.first + block.count - 1} were not run"
        last = number + 1 == block.first + block.count
        failure = Failure(law, expected, f"{found}{'' if last else rest}")
        finding = Finding.of(
            history, failure, seed=block.seed, driver=f"{block.kind}, history {number}", always=block.always
        )
        return BlockResult(
            block=block, histories=number - block.first, operations=0, findings=(finding.text(),), found=1
        )

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


def serve(connection: Connection, at: Any, memory_bytes: int, parent: int) -> None:
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
            block = Block.from_json(connection.recv_bytes())
        except EOFError:
            return
        try:
            answer = run_block(block, tick).to_json().encode()
        except ShardproofError as error:
            answer = b"!" + str(error).encode()
        connection.send_bytes(answer)


def wait_for_any(workers: list[Worker], seconds: float) -> None:
    """Wait until one of them may have something to say, at most so long."""
    wait([*(worker.connection for worker in workers), *(worker.process.sentinel for worker in workers)], seconds)
