"""Stand-ins for what symbolic execution cannot look into: `struct`, records and checksum functions, which are C code.

`struct` is modelled exactly, in plain Python: the same numbers, byte strings and errors, for the codes that
generated codecs use. A record is made of values and does nothing. A checksum is *not* computed: a call may give any
number of its width. So both outcomes of each comparison are explored, and a decoder that holds for any number holds
for the right one. The other direction is not sure: what a stand-in refutes may need a number that no checksum
gives.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Final

import msgspec

#: Sizes in bytes of whole numbers by struct code; those of signed ones are lower case.
INTEGER_SIZES: Final = {"b": 1, "B": 1, "h": 2, "H": 2, "i": 4, "I": 4, "l": 4, "L": 4, "q": 8, "Q": 8}
#: Generated codecs call no more checksums than this for the smallest frames; a path with more is not explored.
CHECKSUM_CALLS: Final = 4


class NotModelled(Exception):
    """A codec uses something that has no stand-in; the message names it."""


@dataclass(frozen=True)
class Item:
    """One value in packed bytes: where it lies, its size, its code."""

    offset: int
    size: int
    code: str


def parsed(text: str) -> tuple[str, tuple[Item, ...], int]:
    """The byte order, the values and the whole size that a format of `struct` describes; raises `NotModelled`."""
    if text[:1] not in {"<", ">"}:
        raise NotModelled(f"struct format {text!r}: native byte order and alignment")
    items: list[Item] = []
    offset, digits = 0, ""
    for code in text[1:]:
        if code.isdigit():
            digits += code
            continue
        count = int(digits) if digits else 1
        digits = ""
        if code == "s":
            items.append(Item(offset, count, code))
        elif code in INTEGER_SIZES:
            size = INTEGER_SIZES[code]
            items += [Item(offset + number * size, size, code) for number in range(count)]
        elif code != "x":
            raise NotModelled(f"struct code {code!r}")
        offset += count * INTEGER_SIZES.get(code, 1)
    return ("little" if text[0] == "<" else "big"), tuple(items), offset


class StructStandIn:
    """`struct.Struct` for whole numbers, byte strings and padding."""

    def __init__(self, text: str) -> None:
        self.format = text
        self.order, self.items, self.size = parsed(text)

    def unpack_from(self, data: Any, offset: int = 0) -> tuple[Any, ...]:
        """The values at an offset, as `struct` gives them; `struct.error` where the bytes do not reach."""
        if offset < 0:
            if offset + self.size > 0 or offset + len(data) < 0:
                raise struct.error(f"offset {offset} out of range for {len(data)}-byte buffer")
            offset += len(data)
        if len(data) - offset < self.size:
            raise struct.error(f"unpack_from requires a buffer of at least {offset + self.size} bytes")
        return tuple(self._value(data, offset, item) for item in self.items)

    def unpack(self, data: Any) -> tuple[Any, ...]:
        """The values of bytes of exactly the size."""
        if len(data) != self.size:
            raise struct.error(f"unpack requires a buffer of {self.size} bytes")
        return self.unpack_from(data)

    def _value(self, data: Any, offset: int, item: Item) -> Any:
        piece = data[offset + item.offset : offset + item.offset + item.size]
        if item.code == "s":
            return bytes(piece)
        return int.from_bytes(piece, "little" if self.order == "little" else "big", signed=item.code.islower())

    def pack(self, *values: Any) -> Packed:
        """Values as they would be packed; `struct.error` where one has another type or does not fit."""
        if len(values) != len(self.items):
            raise struct.error(f"pack expected {len(self.items)} items for packing (got {len(values)})")
        for item, value in zip(self.items, values, strict=True):
            check_fits(item, value)
        return Packed(((self, values),))

    def padding(self) -> list[tuple[int, int]]:
        """The stretches start..end (not included) that hold no value and are packed as zeros."""
        borders = [(item.offset, item.offset + item.size) for item in self.items]
        starts = [0, *(end for _, end in borders)]
        ends = [*(start for start, _ in borders), self.size]
        return [(start, end) for start, end in zip(starts, ends, strict=True) if start < end]


def check_fits(item: Item, value: Any) -> None:
    """`struct.error` where a value has another type or does not fit."""
    if item.code == "s":
        if not isinstance(value, bytes):
            raise struct.error("argument for 's' must be a bytes object")
        return
    if not isinstance(value, int):
        raise struct.error("required argument is not an integer")
    low = -(1 << 8 * item.size - 1) if item.code.islower() else 0
    if not low <= value < low + (1 << 8 * item.size):
        raise struct.error(f"{item.code!r} format requires {low} <= number <= {low + (1 << 8 * item.size) - 1}")


@dataclass(frozen=True)
class Packed:
    """Packed values that are never made bytes: to take symbolic numbers apart into bytes is slow, to compare is not."""

    parts: tuple[tuple[StructStandIn, tuple[Any, ...]], ...]

    def __add__(self, other: Packed) -> Packed:
        return Packed(self.parts + other.parts)

    def is_at_start_of(self, data: Any) -> bool:
        """Whether some bytes begin with these: each value is there, and padding is zero."""
        offset = 0
        for layout, values in self.parts:
            found = layout.unpack_from(data, offset)
            for item, value, there in zip(layout.items, values, found, strict=True):
                if (full_length(item, value) if item.code == "s" else value) != there:
                    return False
            if any(data[offset + start : offset + end] != bytes(end - start) for start, end in layout.padding()):
                return False
            offset += layout.size
        return True


def full_length(item: Item, value: Any) -> Any:
    """A byte string as it is packed: cut, or with zeros behind it."""
    return value if len(value) == item.size else value[: item.size] + bytes(max(0, item.size - len(value)))


@dataclass
class ChecksumStandIn:
    """Gives numbers that the caller chose, one for each call in order.

    `width`: bits of the numbers; `as_bytes`: gives them as bytes. `beyond`: what is raised by a call too many.
    """

    beyond: type[BaseException] = IndexError
    numbers: Sequence[int] = ()
    calls: int = 0

    def begin(self, numbers: Sequence[int]) -> None:
        """Start again at the first of these numbers."""
        self.numbers, self.calls = numbers, 0

    def __call__(self, *_arguments: Any) -> int:
        if self.calls >= len(self.numbers):
            raise self.beyond
        self.calls += 1
        return self.numbers[self.calls - 1]


def masked(number: Any, mask: int) -> Any:
    """`number & mask` by remainders: a mask is made of runs of ones, and each is a difference of two."""
    total, bit = 0, 0
    while mask >> bit:
        if not mask >> bit & 1:
            bit += 1
            continue
        end = bit
        while mask >> end & 1:
            end += 1
        total += number % (1 << end) - number % (1 << bit)
        bit = end
    return total


class RecordStandIn:
    """A record as far as decoders go: made of as many values as it has fields."""

    field_count = 0

    def __init__(self, *values: Any) -> None:
        if len(values) != self.field_count:
            raise TypeError(f"expected {self.field_count} values, got {len(values)}")
        self.values = values


def record_stand_in(record: type[msgspec.Struct]) -> type[RecordStandIn]:
    """The stand-in for a class of records."""
    return type(record.__name__, (RecordStandIn,), {"field_count": len(record.__struct_fields__)})


@dataclass
class StandIns:
    """A module of a generated codec with its C code replaced. `realize`: makes a symbolic text a real one.

    checksum: shared by all the checksum functions of the module; names: the checksum functions that were replaced.
    """

    module: ModuleType
    realize: Callable[[Any], Any] = field(default=lambda value: value)
    checksum: ChecksumStandIn = field(default_factory=ChecksumStandIn)

    def install(self, checksums: Sequence[Callable[..., Any]]) -> list[str]:
        """Replace `struct`, records and these functions in the module; what has no stand-in raises `NotModelled`."""
        replaced = []
        for name, value in list(vars(self.module).items()):
            if isinstance(value, struct.Struct):
                setattr(self.module, name, StructStandIn(value.format))
            elif isinstance(value, type) and issubclass(value, msgspec.Struct):
                setattr(self.module, name, record_stand_in(value))
            elif value is struct.Struct:
                setattr(self.module, name, self.shape)
            elif hasattr(value, "cache_info"):
                # What it would keep is symbolic, and means another shape on another path.
                setattr(self.module, name, value.__wrapped__)
            elif value is struct.unpack_from:
                setattr(self.module, name, self.unpack_from)
            elif value is struct.pack:
                setattr(self.module, name, self.pack)
            elif any(value is checksum for checksum in checksums):
                setattr(self.module, name, self.checksum)
                replaced.append(name)
        return replaced

    def shape(self, text: str) -> StructStandIn:
        """`struct.Struct`."""
        return StructStandIn(self.realize(text))

    def unpack_from(self, text: str, data: Any, offset: int = 0) -> tuple[Any, ...]:
        """`struct.unpack_from`."""
        return self.shape(text).unpack_from(data, offset)

    def pack(self, text: str, *values: Any) -> Packed:
        """`struct.pack`."""
        return self.shape(text).pack(*values)
