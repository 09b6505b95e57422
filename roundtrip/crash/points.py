"""Crash points: every moment of an operation at which power may fail, with what a crash may then leave of each key."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from roundtrip.histories.operations import Delete, Operation, Put, PutDurable, PutMany, PutStream
from roundtrip.histories.power import UNCOUNTED

if TYPE_CHECKING:
    from engine.memory_disk import MemoryDisk
    from roundtrip.histories.session import Session
    from roundtrip.models.store import Value


class CrashPoint(NamedTuple):
    """The disk at this moment, and of each key the values that it may have after a crash.

    `after`: disk operations of the operation that were done before.
    """

    disk: MemoryDisk
    legal: dict[bytes, tuple[Value, ...]]
    after: int


def crash_points(session: Session, operation: Operation) -> list[CrashPoint]:
    """Apply the operation; the moments after each of its disk operations. Raises `Mismatch` as `Session.apply` does.

    Where it does none, nothing new can happen: the moment before it was one already.
    """
    points: list[CrashPoint] = []
    coming = in_flight(session, operation)
    done = 0

    def look(verb: str, _extent: int, _offset: int, _length: int) -> None:
        nonlocal done
        if verb in UNCOUNTED:
            return
        if done:
            points.append(CrashPoint(session.disk.fork(), with_values(session.durability.legal_states(), coming), done))
        done += 1

    session.faults = session.disk.faults = look
    try:
        session.apply(operation)
    finally:
        session.faults = session.disk.faults = None
    if done:
        points.append(CrashPoint(session.disk.fork(), session.durability.legal_states(), done))
    return points


def in_flight(session: Session, operation: Operation) -> dict[bytes, tuple[Value, ...]]:
    """What the operation is about to say of its keys."""
    if isinstance(operation, Delete):
        return {session.keys[operation.key]: (None,)}
    if not isinstance(operation, Put | PutDurable | PutStream | PutMany):
        return {}
    before = session.puts
    keys = session.keys_from(operation.key, operation.count if isinstance(operation, PutMany) else 1)
    values: dict[bytes, tuple[Value, ...]] = {key: (session.value(operation.size),) for key in keys}
    session.puts = before
    return values


def with_values(
    legal: dict[bytes, tuple[Value, ...]], more: dict[bytes, tuple[Value, ...]]
) -> dict[bytes, tuple[Value, ...]]:
    """Legal values and further ones; a key that nothing was ever said of may still have none."""
    return legal | {key: (*legal.get(key, (None,)), *values) for key, values in more.items()}
