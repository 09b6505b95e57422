"""Random schemas in plain Construct."""

from __future__ import annotations

import binascii
import zlib
from collections.abc import Callable
from typing import Any

import construct as c

from roundtrip.generation.sources import Source

from .scalars import ScalarMaker
from .terms import Known

DEPTH_MAXIMUM = 3


def no_checksum(_data: bytes) -> int:
    """A checksum that misses everything, so that damage reaches what stands behind it."""
    return 0


class PlainMaker(ScalarMaker):
    """Makes schemas. `budget`: how many more fields may be made."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self.budget = 14

    def schema(self) -> Any:
        """A schema; mostly a struct."""
        if self.source.integer(0, 11) == 11:
            return self.anonymous()
        return self.struct(0, last=True)

    def anonymous(self) -> Any:
        """A schema that is no struct."""
        makers = (self.number_field, self.prefixed, self.prefixed_array, self.fixed_array, self.text, self.bits)
        return self.source.choice(makers)(0, "")[0]

    # --- structs -----------------------------------------------------------------------------------------------------

    def struct(self, depth: int, *, last: bool) -> Any:
        """A struct; `last`: it stands at the end of its region, so its last field may take all that is left."""
        return self.struct_and_fields(depth, last=last)[0]

    def struct_and_fields(self, depth: int, *, last: bool) -> tuple[Any, list[Known]]:
        """A struct and what expressions may read of it."""
        with self.scope():
            members: list[Any] = []
            for _ in range(self.source.integer(1, 5 if depth == 0 else 3)):
                members += self.members(depth)
            if last and self.source.integer(0, 2) == 0:
                members.append(self.fresh() / self.rest(depth))
            if last and self.source.integer(0, 7) == 7:
                members.append(c.Terminated)
            return c.Struct(*members), self.scopes[-1] or []

    def rest(self, depth: int) -> Any:
        """What takes all that is left."""
        options = (c.GreedyBytes, c.GreedyString("utf8"), c.Hex(c.GreedyBytes))
        return (
            self.struct(depth + 1, last=True)
            if depth < DEPTH_MAXIMUM and self.source.boolean()
            else self.source.choice(options)
        )

    def members(self, depth: int) -> list[Any]:
        """One field, or a few that belong together."""
        self.budget -= 1
        special = self.source.integer(0, 9)
        if special == 9:
            return self.checked(depth)
        if special == 8:
            return self.counted(depth)
        if special == 7:
            return self.unnamed()
        name = self.fresh()
        if special == 6 and depth < DEPTH_MAXIMUM:
            construct, fields = self.struct_and_fields(depth + 1, last=False)
            self.learn(*(known.below(name) for known in fields))
            return [name / construct]
        construct, known = self.node(depth, name)
        if known is not None:
            self.learn(known)
        return [name / construct]

    def unnamed(self) -> list[Any]:
        """Fields without a name: padding and constants."""
        options = (c.Padding(self.source.integer(0, 5)), c.Const(b"\x7fELF"), c.Const(7, c.Int16ub), c.Pass)
        return [self.source.choice(options)]

    def checked(self, depth: int) -> list[Any]:
        """A captured field and its checksum, behind it or before it."""
        body, check = self.fresh(), self.fresh()
        if self.source.boolean():
            content, fields = self.struct_and_fields(DEPTH_MAXIMUM, last=False)
            self.learn(*(known.below(body, "value") for known in fields))
        else:
            content, _ = self.node(min(depth + 1, DEPTH_MAXIMUM), "")
        options: tuple[tuple[Any, Any], ...] = (
            *((c.Int32ub, zlib.crc32), (c.Int64ul, zlib.adler32), (c.Hex(c.Int32ub), zlib.crc32)),
            (c.Int8ub, no_checksum),
            (c.Int32ul, binascii.crc32),
        )
        field, function = self.source.choice(options)
        return [body / c.RawCopy(content), check / c.Checksum(field, function, c.this[body].data)]

    def counted(self, depth: int) -> list[Any]:
        """A count that is rebuilt from what it counts."""
        number, items = self.fresh(), self.fresh()
        width = self.source.choice((c.Int8ub, c.Int16ul, c.Int32ub, c.Int24ul))
        if self.source.boolean():
            element, _ = self.node(max(depth + 1, 2), "")
            content: Any = c.Array(c.this[number], element)
        else:
            content = c.Bytes(c.this[number])
        fields = [number / c.Rebuild(width, c.len_(c.this[items])), items / content]
        self.learn(
            Known(number, "number", 0, 255), Known(items, "bytes" if isinstance(content, c.Bytes) else "elements")
        )
        return fields

    # --- nodes -------------------------------------------------------------------------------------------------------

    def node(self, depth: int, name: str) -> tuple[Any, Known | None]:
        """Any node that does not take all that is left, and what expressions may read of it under this name."""
        simple: tuple[Callable[..., Any], ...] = (
            *(self.number_field, self.number_field, self.fixed_bytes, self.sized_bytes, self.enumeration),
            *(self.flags, self.flag, self.text, self.fixed_text, self.prefixed_bytes, self.bits, self.one_of),
            *(self.constant, self.computed, self.rebuilt, self.real, self.padding, self.sized_region, self.strict),
            self.default,
        )
        nested = (
            *(self.fixed_array, self.sized_array, self.prefixed_array, self.prefixed, self.switch, self.conditional),
            *(self.padded, self.fixed_sized, self.nested, self.dressed),
        )
        makers = simple if depth >= DEPTH_MAXIMUM or self.budget <= 0 else (*simple, *nested)
        made = self.source.choice(makers)(depth, name)
        return made if isinstance(made, tuple) else (made, None)

    # --- nodes around nodes ------------------------------------------------------------------------------------------

    def nested(self, depth: int, _name: str) -> Any:
        return self.struct(depth + 1, last=False)

    def dressed(self, depth: int, name: str) -> Any:
        """A node in a class that changes no byte."""
        inner, known = self.node(depth + 1, name)
        return self.source.choice((c.Hex, c.HexDump))(inner), known

    def fixed_array(self, depth: int, name: str) -> Any:
        return c.Array(self.source.integer(0, 4), self.node(depth + 1, "")[0]), Known(name, "elements")

    def sized_array(self, depth: int, name: str) -> Any:
        return c.Array(self.amount(), self.node(depth + 1, "")[0]), Known(name, "elements")

    def prefixed_array(self, depth: int, name: str) -> Any:
        with self.scope(hidden=True):
            element = self.node(depth + 1, "")[0]
        return c.PrefixedArray(self.source.choice((c.Int8ub, c.Int16ul, c.Int32ul)), element), Known(name, "elements")

    def prefixed(self, depth: int, _name: str) -> Any:
        length, inclusive = self.source.choice((c.Int8ub, c.Int16ul, c.Int32ub)), self.source.integer(0, 3) == 3
        inner = self.struct(depth + 1, last=True) if self.source.boolean() else self.node(depth + 1, "")[0]
        return c.Prefixed(length, inner, includelength=inclusive)

    def switch(self, depth: int, _name: str) -> Any:
        options: list[tuple[Any, tuple[Any, ...]]] = [(self.number(), (1, 2, 3))]
        for term, known in self.in_sight("number"):
            options.append((term, (max(known.low, 0), known.low + 1, 2)))
        options += [(term, known.options) for term, known in self.in_sight("name")]
        options += [(term, (True, False)) for term, _ in self.in_sight("boolean")]
        options += [(term, (b"", b"\x00\xff!", b"ab")) for term, _ in self.in_sight("bytes")]
        options += [(term, ("", "x")) for term, _ in self.in_sight("text")]
        term, values = self.source.choice(options)
        cases = {value: self.node(depth + 1, "")[0] for value in values[:3]}
        if self.source.boolean():
            return c.Switch(term, cases, default=c.Error if self.source.boolean() else self.node(depth + 1, "")[0])
        return c.Switch(term, cases)

    def conditional(self, depth: int, _name: str) -> Any:
        condition, then = self.condition(), self.node(depth + 1, "")[0]
        if self.source.integer(0, 3) == 3:
            then = c.Struct(*self.branch_with_checksum(depth))
        if self.source.boolean():
            return c.If(condition, then)
        return c.IfThenElse(condition, then, self.node(depth + 1, "")[0])

    def branch_with_checksum(self, depth: int) -> list[Any]:
        """The members of a struct that ends in a checksum."""
        with self.scope():
            return self.checked(depth)

    def padded(self, depth: int, _name: str) -> Any:
        inner = self.node(depth + 1, "")[0]
        if self.source.integer(0, 3) == 3:
            return c.Padded(self.amount() + size_hint(inner), inner)
        return c.Padded(size_hint(inner) + self.source.integer(0, 20), inner)

    def fixed_sized(self, depth: int, _name: str) -> Any:
        inner = self.struct(depth + 1, last=True) if self.source.boolean() else self.node(depth + 1, "")[0]
        return c.FixedSized(size_hint(inner) + self.source.integer(0, 20), inner)


def size_hint(construct: Any) -> int:
    """About how many bytes a construct takes."""
    try:
        return int(construct.sizeof())
    except (c.ConstructError, KeyError, TypeError, AttributeError, ZeroDivisionError):
        return 12
