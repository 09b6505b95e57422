"""Which values a scalar node can hold, and how many bytes a node can take."""

from __future__ import annotations

import struct
from typing import Any, Final

from formats.layout import (
    Accepted,
    Bits,
    Blocks,
    Bounded,
    Captured,
    Choice,
    Conditional,
    CountOf,
    Digest,
    Enumeration,
    Expression,
    Field,
    FlagSet,
    Integer,
    LengthOf,
    Node,
    Nothing,
    Operation,
    Padded,
    Raw,
    Rebuilt,
    Records,
    Size,
    Slices,
    Struct,
    Text,
    children,
    literal_int,
)

FLOAT_CODES: Final = {2: "<e", 4: "<f", 8: "<d"}


def number_bounds(node: Node) -> tuple[int, int] | None:
    """The smallest and the largest number that an integer field can hold; None for what is no integer."""
    match node:
        case Integer(size=size, signed=signed):
            return width_bounds(8 * size, signed=signed)
        case Bits(width=width, signed=signed):
            return width_bounds(width, signed=signed)
        case Bounded(node=inner, minimum=minimum, maximum=maximum):
            low, high = number_bounds(inner) or (minimum, maximum)
            return max(low, minimum), min(high, maximum)
        case LengthOf(node=inner) | CountOf(node=inner) | Rebuilt(node=inner) | Padded(node=inner):
            return number_bounds(inner)
        case Accepted(node=inner) | Digest(node=inner) | Captured(node=inner):
            return number_bounds(inner)
        case _:
            return None


def width_bounds(width: int, *, signed: bool) -> tuple[int, int]:
    """The smallest and the largest number of so many bits."""
    return (-(1 << width - 1), (1 << width - 1) - 1) if signed else (0, (1 << width) - 1)


def known_names(node: Enumeration) -> dict[int, str]:
    """The members that the integer can hold, by number; of two with one number the last, as Construct decodes it."""
    low, high = number_bounds(node.node) or (0, 0)
    return {number: name for name, number in node.members if low <= number <= high}


def known_flags(node: FlagSet) -> list[tuple[str, int]]:
    """The flags that the integer can hold, singly and together."""
    _, high = number_bounds(node.node) or (0, 0)
    return [(name, bit) for name, bit in node.members if bit <= high]


def nearest_float(number: float, size: int) -> float:
    """The number in the precision of `size` bytes; infinity where it is too large."""
    try:
        rounded: float = struct.unpack(FLOAT_CODES[size], struct.pack(FLOAT_CODES[size], number))[0]
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")
    return rounded


def holds(node: Node, value: Any) -> bool:
    """Whether a scalar of its own accord takes the value; True where only its bytes can tell."""
    match node:
        case Accepted(node=inner, values=values, refused=refused):
            return (value in values) != refused and holds(inner, value)
        case Enumeration(node=inner, closed=closed):
            names = known_names(node)
            return value in names.values() or (not closed and value not in names and holds(inner, value))
        case Raw(size=size):
            wanted = literal_int(size)
            return isinstance(value, bytes) and (wanted is None or len(value) == wanted)
        case Text():
            return isinstance(value, str)
        case _:
            bounds = number_bounds(node)
            return bounds is None or (isinstance(value, int) and bounds[0] <= value <= bounds[1])


def takes_rest(node: Node) -> bool:
    """Whether the node may read up to the end of the region that it stands in."""
    match node:
        case Raw(size=None) | Slices() | Records() | Blocks() | Nothing(end=True):
            return True
        case Struct(members=members):
            return any(takes_rest(member.node) for member in members)
        case Text() | Captured() | Conditional() | Choice() | Accepted():
            return any(takes_rest(child) for _, child in children(node))
        case _:
            return False


def fields_in(expression: Expression | None) -> list[Field]:
    """Every field that an expression reads."""
    match expression:
        case Field():
            return [expression]
        case Size(of=field):
            return [field]
        case Operation(operands=operands):
            return [field for operand in operands for field in fields_in(operand)]
        case _:
            return []
