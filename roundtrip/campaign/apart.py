"""Replays a finding in a child process, with limits: for those that hang, or end the process."""

from __future__ import annotations

import multiprocessing
import resource
from typing import TYPE_CHECKING

import msgspec

from formats.errors import ShardproofError
from roundtrip.histories.failure import Failure

from .workers import ENDS, LIVES, Limits, ending_of

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from .reading import AnyFinding

#: Laws whose findings must not be replayed in the process of the command itself.
DANGEROUS = (ENDS, LIVES)


def replay_apart(finding: AnyFinding, limits: Limits) -> Failure | None:
    """What a finding breaks now, or None; whatever it does, this process goes on. Raises `ShardproofError`."""
    context = multiprocessing.get_context("fork")
    connection, inner = context.Pipe()
    process = context.Process(target=answer, args=(inner, finding, limits.memory_bytes), daemon=True)
    process.start()
    inner.close()
    try:
        if not connection.poll(limits.seconds):
            return Failure(ENDS, f"an end within {limits.seconds:g} seconds", "none")
        line = connection.recv_bytes()
    except EOFError:
        return Failure(LIVES, "an end of the history", ending_of(process))
    finally:
        process.kill()
        process.join()
        connection.close()
    if line.startswith(b"!"):
        raise ShardproofError(line[1:].decode())
    return msgspec.json.decode(line, type=Failure | None)


def answer(connection: Connection, finding: AnyFinding, memory_bytes: int) -> None:
    """The child: replay it, and say what it broke."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    try:
        line = msgspec.json.encode(finding.replay())
    except ShardproofError as error:
        line = b"!" + str(error).encode()
    connection.send_bytes(line)
