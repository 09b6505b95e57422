"""Random schemas, most of them careless: evidence that the linter is sound.

Whatever the linter lets pass is run on random bytes: a schema without unsafe findings must parse them or refuse them
with an error of Construct, and one without any finding must also write back what it has read.
"""

from __future__ import annotations

import io
import operator
import zlib
from collections.abc import Callable
from random import Random
from typing import Any

import construct as c
from construct import this

from formats import primitives as p
from formats.linter import lint

NAMES = "abcdef"
OPERATORS: tuple[Callable[..., Any], ...] = (
    *(operator.add, operator.sub, operator.mul, operator.floordiv, operator.mod, operator.lshift, operator.rshift),
    *(operator.and_, operator.or_, operator.xor, operator.eq, operator.ne, operator.lt, operator.ge),
)
FUNCTIONS: tuple[Any, ...] = (c.len_, c.sum_, c.min_, c.max_, c.abs_)
SIZES = (0, 1, 2, 3, 5, 8, 13, 30, 80)


class RandomSchema:
    """Draws schemas from a seeded generator; `depth` is how many levels may follow."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def pick(self, *makers: Callable[[], Any]) -> Any:
        """What one of the makers makes."""
        return self.random.choice(makers)()

    def expression(self, depth: int = 3) -> Any:
        """An expression over fields that may exist, of types that may fit."""
        chance = self.random.random()
        if depth == 0 or chance < 0.45:
            path: Any = this
            for _ in range(self.random.choice((0, 0, 0, 1, 1, 2))):
                path = path["_"]
            path = path[self.random.choice(NAMES)]
            return path[self.random.choice((*NAMES, "data", "value", 0, 1))] if self.random.random() < 0.15 else path
        if chance < 0.6:
            return self.random.choice((0, 1, 2, 3, 7, -1, 255))
        if chance < 0.68:
            return self.random.choice(FUNCTIONS)(this[self.random.choice(NAMES)])
        left, right = self.expression(depth - 1), self.expression(depth - 1)
        try:
            return self.random.choice(OPERATORS)(left, right)
        except (ValueError, ZeroDivisionError):  # two literals
            return 1

    def count(self) -> Any:
        """A small number, or an expression."""
        return self.random.randrange(4) if self.random.random() < 0.4 else self.expression()

    def integer(self) -> Any:
        """An integer, sometimes bounded."""
        kinds = (c.Int8ub, c.Int8ub, c.Int8sl, c.Int16ul, c.Int32ub, c.Int64ul, c.BytesInteger(3))
        kind = self.random.choice(kinds)
        if self.random.random() < 0.3:
            return p.Bounded(kind, self.random.randrange(2), self.random.choice((1, 4, 100)))
        return kind

    def scalar(self) -> Any:
        """A node without parts that matter."""
        return self.pick(
            *(self.integer, self.integer, self.integer),
            lambda: self.random.choice((c.GreedyBytes, c.Flag, c.Const(b"a"), c.Pass, c.Tell, c.Index, c.Terminated)),
            lambda: self.random.choice((c.Float32l, c.Int16un, c.PascalString(c.Byte, "ascii"), p.Reserved(1))),
            lambda: c.Bytes(self.count()),
            lambda: c.Padding(self.count()),
            lambda: c.Const(1, self.integer()),
            lambda: c.Enum(self.integer(), x=1, y=2),
            lambda: c.OneOf(c.Enum(self.integer(), x=1, y=2), ["x", "y"]),
            lambda: c.OneOf(self.integer(), [1, 2, 3]),
            lambda: c.NoneOf(self.integer(), [0]),
            lambda: self.random.choice((p.ClosedEnum(c.Byte, x=1, y=2), p.ClosedFlags(c.Byte, x=1, y=2))),
            lambda: c.FlagsEnum(c.Byte, **{name: 1 << bit for bit, name in enumerate("abcdefgh")}),
            lambda: c.Mapping(c.Byte, {"a": 0, "b": 1}),
            lambda: c.Computed(self.expression()),
            lambda: c.Check(self.expression()),
            lambda: c.BitStruct("a" / c.BitsInteger(3), "b" / c.Flag, "c" / c.BitsInteger(4)),
            lambda: c.Rebuild(self.integer(), self.expression()),
            lambda: c.Default(self.integer(), 1),
            lambda: c.Checksum(c.Int32ul, zlib.crc32, this[self.random.choice(NAMES)].data),
        )

    def node(self, depth: int) -> Any:
        """Any node."""
        if depth <= 0 or self.random.random() < 0.5:
            return self.scalar()

        def part() -> Any:
            return self.node(depth - 1)

        return self.pick(
            *(lambda: c.Struct(*self.fields(depth - 1)), lambda: p.Frame(*self.fields(depth - 1))),
            *(lambda: c.Array(self.count(), part()), lambda: c.PrefixedArray(c.Byte, part())),
            *(lambda: c.If(self.expression(), part()), lambda: c.IfThenElse(self.expression(), part(), part())),
            lambda: c.Switch(
                self.expression(), {0: part(), "x": part()}, self.random.choice((c.Error, c.Pass, part()))
            ),
            *(lambda: c.Prefixed(c.Byte, part()), lambda: c.FixedSized(self.count(), part())),
            *(lambda: c.Padded(self.count(), part()), lambda: c.Aligned(2, part()), lambda: c.RawCopy(part())),
            *(lambda: p.Region(self.count(), part()), lambda: p.RecordsToEnd(part())),
            lambda: p.Column(self.count(), self.integer(), order=self.random.choice(("", "strict"))),
            *(lambda: c.Sequence(part(), part()), lambda: c.FocusedSeq("a", "a" / part(), "b" / c.Const(b"a"))),
            *(lambda: c.ByteSwapped(part()), lambda: c.Slicing(part(), 3, 0, 1), lambda: c.Hex(part())),
        )

    def fields(self, depth: int) -> list[Any]:
        """A few fields, most of them with names."""
        names = self.random.sample(NAMES, self.random.randint(1, 5))
        nodes = [(name, self.node(depth)) for name in names]
        return [name / node if self.random.random() < 0.93 else node for name, node in nodes]

    def data(self) -> bytes:
        """Bytes that small numbers and short texts are made of."""
        size = self.random.choice(SIZES)
        return bytes(self.random.choice((0, 1, 1, 2, 3, 97, self.random.randrange(256))) for _ in range(size))


def verdict(seed: int, inputs: int = 10) -> str:
    """What became of one random schema: impossible, unsafe, malleable or clean, or what the linter has missed."""
    source = RandomSchema(seed)
    try:
        schema = c.Struct(*source.fields(3))
    except (c.ConstructError, KeyError, TypeError, ValueError, ZeroDivisionError):
        return "impossible"  # Construct itself refuses it
    levels = {finding.level for finding in lint(schema)}
    if "unsafe" in levels:
        return "unsafe"
    for _ in range(inputs):
        missed = harm(schema, source.data(), is_clean=not levels)
        if missed:
            return f"seed {seed}: {missed}"
    return "malleable" if levels else "clean"


def harm(schema: Any, data: bytes, *, is_clean: bool) -> str:
    """What the schema does with these bytes that it should not do, or nothing."""
    stream = io.BytesIO(data)
    try:
        value = schema.parse_stream(stream)
    except c.ConstructError:
        return ""
    except Exception as error:  # noqa: BLE001 - any other error is the finding
        return f"{data.hex()} leaks {error!r}"
    read = data[: stream.tell()]
    try:
        is_rewritten = is_clean and schema.build(value) != read
    except Exception as error:  # noqa: BLE001 - likewise
        return f"{read.hex()} cannot be written again: {error!r}"
    return f"{read.hex()} is rewritten" if is_rewritten else ""
