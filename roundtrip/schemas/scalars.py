"""Fields of random schemas that hold no other fields: a construct, and what expressions may read of it."""

from __future__ import annotations

from typing import Any

import construct as c

from formats import primitives as p

from .terms import Known, Terms

#: Sizes in bytes of the integers that Construct has names for.
NAMED_SIZES = (1, 2, 3, 4, 8)
MEMBER_NAMES = ("red", "green", "blue", "None", "value")


class ScalarMaker(Terms):
    """Makes scalars, byte strings and bit fields."""

    def integer(self) -> tuple[Any, int, int]:
        """An integer and its bounds."""
        size = self.source.choice((1, 1, 1, 2, 2, 3, 4, 8, 5, 7))
        signed, little = self.source.integer(0, 3) == 3, self.source.boolean()
        low, high = (-(1 << 8 * size - 1), (1 << 8 * size - 1) - 1) if signed else (0, (1 << 8 * size) - 1)
        if size in NAMED_SIZES and self.source.boolean():
            return getattr(c, f"Int{8 * size}{'s' if signed else 'u'}{'l' if little else 'b'}"), low, high
        return c.BytesInteger(size, signed=signed, swapped=little), low, high

    def number_field(self, _depth: int, name: str) -> Any:
        construct, low, high = self.integer()
        return construct, Known(name, "number", low, high)

    def real(self, _depth: int, _name: str) -> Any:
        return self.source.choice((c.Float32b, c.Float64l, c.Float16b, c.Float32l, c.Float64b))

    def flag(self, _depth: int, name: str) -> Any:
        return c.Flag, Known(name, "boolean")

    def fixed_bytes(self, _depth: int, name: str) -> Any:
        return c.Bytes(self.source.integer(0, 9)), Known(name, "bytes")

    def sized_bytes(self, _depth: int, name: str) -> Any:
        return c.Bytes(self.amount()), Known(name, "bytes")

    def prefixed_bytes(self, _depth: int, name: str) -> Any:
        length, inclusive = (
            self.source.choice((c.Int8ub, c.Int16ul, c.Int32ub, c.Int24ub)),
            self.source.integer(0, 3) == 3,
        )
        return c.Prefixed(length, c.GreedyBytes, includelength=inclusive), Known(name, "bytes")

    def text(self, _depth: int, name: str) -> Any:
        encoding = self.source.choice(("utf8", "ascii", "utf-8"))
        return c.PascalString(self.source.choice((c.Int8ub, c.Int16ul)), encoding), Known(name, "text")

    def fixed_text(self, _depth: int, _name: str) -> Any:
        return c.StringEncoded(c.Bytes(self.amount()), self.source.choice(("utf8", "ascii")))

    def enumeration(self, _depth: int, name: str) -> Any:
        integer, low, high = self.integer()
        names = MEMBER_NAMES[: self.source.integer(1, len(MEMBER_NAMES))]
        numbers = [index * self.source.choice((1, 3)) + self.source.integer(0, 1) for index in range(len(names))]
        members = dict(zip(names, sorted({number for number in numbers if low <= number <= high}), strict=False))
        return c.Enum(integer, **members), Known(name, "name", options=tuple(members))

    def flags(self, _depth: int, _name: str) -> Any:
        integer, _, high = self.integer()
        bits = [bit for bit in range(min(high.bit_length(), 12)) if self.source.boolean()] or [0]
        return c.FlagsEnum(integer, **{f"bit{bit}" if bit else "is": 1 << bit for bit in bits})

    def one_of(self, _depth: int, name: str) -> Any:
        integer, low, high = self.integer()
        options = [number for number in (1, 2, 5, 120, low, high) if low <= number <= high]
        kind = self.source.choice((c.OneOf, c.NoneOf))
        match self.source.integer(0, 7):
            case 5:
                return kind(c.Bytes(2), [b"ab", b"\x00\xff"]), Known(name, "bytes")
            case 6:
                return kind(c.PascalString(c.Int8ub, "utf8"), ["", "x", "€"]), Known(name, "text")
            case 7:
                return kind(c.Enum(c.Int8ub, one=1, two=2), ["one"]), Known(name, "name", options=("one", "two"))
        return kind(integer, options), Known(name, "number", low, high)

    def constant(self, _depth: int, name: str) -> Any:
        options: tuple[tuple[Any, Known], ...] = (
            (c.Const(b"\x00\xff!"), Known(name, "bytes")),
            (c.Const(5, c.Int8ub), Known(name, "number", 5, 5)),
            (c.Const(-2, c.Int16sl), Known(name, "number", -2, -2)),
            (c.Const(bytes(40)), Known(name, "bytes")),
            (c.Const("b", c.Enum(c.Int16ub, a=1, b=700)), Known(name, "name", options=("a", "b"))),
        )
        return self.source.choice(options)

    def computed(self, _depth: int, name: str) -> Any:
        return c.Computed(self.number()), Known(name, "number", -(2**40), 2**40)

    def rebuilt(self, _depth: int, name: str) -> Any:
        return c.Rebuild(c.Int64sl, self.number()), Known(name, "number", -(2**40), 2**40)

    def default(self, _depth: int, name: str) -> Any:
        construct, low, high = self.integer()
        return c.Default(construct, low), Known(name, "number", low, high)

    def strict(self, _depth: int, name: str) -> Any:
        """Words of the strict vocabulary that stand anywhere."""
        match self.source.integer(0, 4):
            case 0:
                return p.ClosedEnum(c.Int16ul, one=1, two=2, many=500), Known(name, "name", options=("one", "two"))
            case 1:
                return p.ClosedFlags(c.Int24ub, first=1, last=1 << 23), Known(name, "number", 0, 2**24)
            case 2:
                return p.Reserved(self.source.integer(1, 9))
            case 3:
                return p.Column(self.amount(), c.Int16ub, order=self.source.choice(("", "strict"))), Known(
                    name, "elements"
                )
        return p.Bounded(c.Int16sb, -7, 300), Known(name, "number", -7, 300)

    def sized_region(self, _depth: int, name: str) -> Any:
        kind: Any = self.source.choice((c.FixedSized, p.Region))
        return kind(self.amount(), c.GreedyBytes), Known(name, "bytes")

    def padding(self, _depth: int, _name: str) -> Any:
        return c.Padding(self.amount())

    def bits(self, _depth: int, _name: str) -> Any:
        """A BitStruct of one to five bytes."""
        with self.scope():
            left, members = 8 * self.source.integer(1, 5), []
            while left:
                width = min(left, self.source.integer(1, 20))
                members.append(self.bit_field(width))
                left -= members[-1].sizeof()
        return c.BitStruct(*members)

    def bit_field(self, width: int) -> Any:
        """Bits of a BitStruct, up to `width` of them."""
        match self.source.integer(0, 6):
            case 1:
                return c.Padding(width)
            case 2:
                return self.fresh() / c.Flag
            case 3:
                return self.fresh() / c.BitsInteger(width, signed=width > 1)
            case 4:
                return self.fresh() / c.Enum(c.BitsInteger(width), zero=0, one=1)
            case 5:
                return self.fresh() / c.Const(1, c.BitsInteger(width))
        return self.fresh() / c.BitsInteger(width)
