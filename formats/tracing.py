"""Traces: which bytes a parse read for which field, and where it stopped.

Construct names the path of an error but neither index nor offset. So the schema is copied with a tracer around every
field; the copy parses alike and notes path, start, end and value of everything it passes.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import construct as c
from construct.core import BytesIOWithOffsets

from . import primitives as p
from .errors import FormatError, Path
from .primitives.frame import Pending

ARRAYS = (c.Array, p.Column, p.Ends, p.RecordsToEnd, p.Blocks)


@dataclass(frozen=True)
class Span:
    """Bytes start..end (end not included) of the frame were read for `path` and gave `value`."""

    path: Path
    start: int
    end: int
    value: Any = None


@dataclass(frozen=True)
class Blame:
    """Where a parse stopped: path, byte offset, and whether inside a region cut out of the frame."""

    path: Path
    offset: int
    nested: bool


@dataclass
class Trace:
    """What one parse did. `damage`: in a lenient parse, every violation in the order met."""

    spans: list[Span] = field(default_factory=list)
    error: FormatError | None = None
    damage: list[FormatError] = field(default_factory=list)
    value: Any = None
    consumed: int = 0
    unverified: bool = False
    stack: list[str | int] = field(default_factory=list)
    streams: list[tuple[Any, int]] = field(default_factory=list)

    def here(self, member: str | None = None, offset: int | None = None) -> Blame:
        """The place being parsed now, or a field of it that lies at `offset`."""
        stream, start = self.streams[-1] if self.streams else (None, 0)
        path = (*self.stack,) if member is None else (*self.stack, member)
        return Blame(path, start if offset is None else offset, isinstance(stream, BytesIOWithOffsets))

    def note(self, part: int, start: int, end: int, value: Any) -> None:
        """Note an element of what is being parsed, where no construct of its own reads it."""
        self.spans.append(Span((*self.stack, part), start, end, value))

    def position(self) -> tuple[Any, Any]:
        """Where the parse is now, for `returned_to`."""
        return list(self.stack), list(self.streams)

    @contextmanager
    def returned_to(self, position: Any) -> Iterator[None]:
        """Go on at a place noted before."""
        before = self.stack, self.streams
        self.stack, self.streams = list(position[0]), list(position[1])
        try:
            yield
        finally:
            self.stack, self.streams = before

    @contextmanager
    def inside(self, part: str | int | None, stream: Any) -> Iterator[int]:
        """Parse one level further in; an error is blamed on the innermost place that it passes."""
        start = stream.tell()
        self.streams.append((stream, start))
        if part is not None:
            self.stack.append(part)
        try:
            yield start
        except Exception as error:
            if getattr(error, "traced", None) is None:
                error.traced = self.here()  # type: ignore[attr-defined]  # noted on whatever was raised
            raise
        finally:
            self.streams.pop()
            if part is not None:
                self.stack.pop()


class Traced(c.Subconstruct):  # type: ignore[type-arg]  # generic in the stubs only
    """A construct that notes what it reads; an element of an array takes its index as its part of the path."""

    def __init__(self, subcon: Any, label: str | None = None, *, element: bool = False) -> None:
        super().__init__(subcon)
        self.name = subcon.name
        self.label = label
        self.element = element

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        trace: Trace = context._params["trace"]
        part = context._index if self.element else self.label
        with trace.inside(part, stream) as start:
            value = self.subcon._parsereport(stream, context, path)
            if part is not None:
                shown = None if isinstance(value, Pending) else value
                trace.spans.append(Span((*trace.stack,), start, stream.tell(), shown))
            return value


def instrument(schema: Any) -> Any:
    """A copy of a schema with a tracer around every field."""
    if isinstance(schema, c.Renamed):
        return Traced(with_parts(schema, subcon=instrument(schema.subcon)), schema.name)
    if isinstance(schema, c.FocusedSeq):
        return with_parts(schema, subcons=[instrument_hidden(member) for member in schema.subcons])
    if isinstance(schema, c.Struct | p.Frame):
        return with_parts(schema, subcons=[instrument(member) for member in schema.subcons])
    if isinstance(schema, c.Switch):
        cases = {value: Traced(instrument(case)) for value, case in schema.cases.items()}
        return with_parts(schema, cases=cases, default=instrument(schema.default))
    if isinstance(schema, c.IfThenElse):
        then, otherwise = Traced(instrument(schema.thensubcon)), Traced(instrument(schema.elsesubcon))
        return with_parts(schema, thensubcon=then, elsesubcon=otherwise)
    if isinstance(schema, c.Transformed):
        return schema
    if isinstance(schema, c.Subconstruct):
        return with_parts(schema, subcon=Traced(instrument(schema.subcon), element=isinstance(schema, ARRAYS)))
    return schema


def instrument_hidden(member: Any) -> Any:
    """A part of a PrefixedArray: its name is Construct's, and no part of a path."""
    return with_parts(member, subcon=instrument(member.subcon))


def with_parts(schema: Any, **parts: Any) -> Any:
    """A shallow copy of a construct with some of its parts replaced."""
    changed = copy.copy(schema)
    for name, value in parts.items():
        setattr(changed, name, value)
    return changed
