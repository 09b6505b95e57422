"""Repeats a finding: the same bytes at the same place, judged by the lanes as they are now.

What hung or ended the process is judged in a child, with limits on its time and its memory.
"""

from __future__ import annotations

import multiprocessing
import resource
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import msgspec

from formats.errors import ShardproofError

from ...campaign.workers import Limits, ending_of
from ..failure import ENDS, LIVES, Failure
from ..judging import again, failures
from ..target import target_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    from formats.catalog import Catalog

    from ...mutants import Mutant
    from ..target import Target

#: Laws whose findings must not be repeated in the process of a command.
APART: Final = (ENDS, LIVES)


@dataclass(frozen=True)
class Repeated:
    """What came of a finding. `failure`: what the bytes break now, None for nothing; `as_before`: in the same way."""

    failure: Failure | None
    as_before: bool = True


def target_for(catalog: Catalog, label: str, bug: Mutant | None) -> Target:
    """The target of a format of the catalog, with a bug planted if one of it is given.

    Raises `ShardproofError` where the catalog has no such format, or the bug belongs to another one.
    """
    entry = catalog.labelled(label)
    if bug is not None and bug.format != entry.label:
        raise ShardproofError(f"the bug {bug.name} is one of {bug.format}, and the finding is about {entry.label}")
    return target_of(entry, None if bug is None else bug.plant(entry))


def repeat(target: Target, failure: Failure, seconds: float = 60.0) -> Repeated:
    """Judge the bytes of a failure again. `seconds`: how long those that hung may take."""
    if failure.law in APART:
        found = apart(lambda: judged(target, failure), failure, Limits(seconds=seconds))
    else:
        found = judged(target, failure)
    return Repeated(found, found is None or found.sort() == failure.sort())


def judged(target: Target, failure: Failure) -> Failure | None:
    """What the bytes break now: the same as before, if they do, else the first that they break."""
    found = again(target, failure, failure.data)
    return found or next(failures(target.at(failure.place), failure.data), None)


def apart(judge: Callable[[], Failure | None], failure: Failure, limits: Limits) -> Failure | None:
    """What a judgement in a child process comes to; one that hangs or dies breaks the laws of those."""
    context = multiprocessing.get_context("fork")
    connection, inner = context.Pipe()
    process = context.Process(target=answer, args=(inner, judge, limits.memory_bytes), daemon=True)
    process.start()
    inner.close()
    try:
        if not connection.poll(limits.seconds):
            return replace(failure, law=ENDS, detail=f"expected an end within {limits.seconds:g} seconds, found none")
        return msgspec.json.decode(connection.recv_bytes(), type=Failure | None)
    except EOFError:
        return replace(failure, law=LIVES, detail=f"expected a verdict, found {ending_of(process)}")
    finally:
        process.kill()
        process.join()
        connection.close()


def answer(connection: Connection, judge: Callable[[], Failure | None], memory_bytes: int) -> None:
    """The child: judge, and say what was broken."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    connection.send_bytes(msgspec.json.encode(judge()))
