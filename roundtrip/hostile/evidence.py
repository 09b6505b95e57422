"""A hostile schema, and the ways in which plain Construct shows that it is one."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from construct import Construct, ConstructError

from formats.errors import Path

#: Answers whether plain Construct does, with these bytes, the harm that the rule names.
Proof = Callable[[Any, bytes], bool]


@dataclass(frozen=True)
class HostileSchema:
    """A schema that must be refused.

    rule, path: of the one finding that it must get; make: builds the schema; data: the bytes that do the harm;
    outcome: what plain Construct does with them, in a sentence; proof: shows it, where that is cheap and harmless.
    """

    name: str
    rule: str
    path: Path
    make: Callable[[], Construct[Any, Any]]
    data: bytes
    outcome: str
    proof: Proof | None = None


def leaks(kind: type[Exception]) -> Proof:
    """It raises an error that is none of Construct's, so a caller that catches those dies."""

    def proof(schema: Any, data: bytes) -> bool:
        try:
            schema.parse(data)
        except ConstructError:
            return False
        except kind:
            return True
        return False

    return proof


def gives(value: Any) -> Proof:
    """It accepts the bytes as this value."""
    return lambda schema, data: bool(schema.parse(data) == value)


def accepts(test: Callable[[Any], Any]) -> Proof:
    """It accepts the bytes, and their value passes the test."""
    return lambda schema, data: bool(test(schema.parse(data)))


def alike(other: bytes) -> Proof:
    """It accepts other bytes as the same value."""
    return lambda schema, data: data != other and bool(schema.parse(data) == schema.parse(other))


def rewrites(schema: Any, data: bytes) -> bool:
    """It accepts bytes and writes others for their value."""
    return bool(schema.build(schema.parse(data)) != data)


def allocates(size_bytes: int) -> Proof:
    """It takes this much memory at its peak, or more."""

    def proof(schema: Any, data: bytes) -> bool:
        tracemalloc.start()
        try:
            schema.parse(data)
            return tracemalloc.get_traced_memory()[1] >= size_bytes
        finally:
            tracemalloc.stop()

    return proof


def reads_singly(schema: Any, data: bytes) -> bool:
    """It reads the bytes one by one."""

    class Counted(io.BytesIO):
        reads = 0

        def read(self, size: int | None = -1) -> bytes:
            Counted.reads += 1
            return super().read(size)

    schema.parse_stream(Counted(data))
    return Counted.reads >= len(data)


def differs_when_followed(schema: Any, data: bytes) -> bool:
    """The same bytes mean something else when other bytes follow."""
    return bool(schema.parse(data) != schema.parse(data + b"\0"))
