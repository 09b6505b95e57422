"""Which numbers an integer node can hold, and which nodes take all that is left."""

from __future__ import annotations

from formats.layout import (
    Accepted,
    Bits,
    Blocks,
    Bounded,
    Captured,
    Choice,
    Conditional,
    CountOf,
    Enumeration,
    FlagSet,
    Integer,
    LengthOf,
    Node,
    Padded,
    Raw,
    Rebuilt,
    Records,
    Slices,
    Struct,
    Text,
    children,
)

Range = tuple[int, int]


def bounds_of(node: Node) -> Range | None:
    """The smallest and the largest number that an integer field can hold; None for what is no integer."""
    match node:
        case Bounded(node=inner, minimum=minimum, maximum=maximum):
            low, high = bounds_of(inner) or (minimum, maximum)
            return max(low, minimum), min(high, maximum)
        case LengthOf(node=inner) | CountOf(node=inner) | Rebuilt(node=inner) | Padded(node=inner):
            return bounds_of(inner)
        case Accepted(node=inner) | Captured(node=inner):
            return bounds_of(inner)
        case _:
            return width_of(node)


def width_of(node: Node) -> Range | None:
    """The smallest and the largest number that the bits of an integer field can say; None for what is no integer."""
    match node:
        case Integer(size=size, signed=signed):
            return width_range(8 * size, signed=signed)
        case Bits(width=width, signed=signed):
            return width_range(width, signed=signed)
        case Bounded(node=inner) | LengthOf(node=inner) | CountOf(node=inner) | Rebuilt(node=inner):
            return width_of(inner)
        case Enumeration(node=inner) | FlagSet(node=inner) | Accepted(node=inner):
            return width_of(inner)
        case _:
            return None


def width_range(width: int, *, signed: bool) -> Range:
    """The smallest and the largest number of so many bits."""
    return (-(1 << width - 1), (1 << width - 1) - 1) if signed else (0, (1 << width) - 1)


def takes_rest(node: Node) -> bool:
    """Whether a node reads up to the end of the region that it stands in, whatever comes."""
    match node:
        case Raw(size=None) | Slices() | Records() | Blocks():
            return True
        case Struct(members=members) if members:
            return takes_rest(members[-1].node)
        case Text() | Captured() | Accepted() | Padded():
            return all(takes_rest(child) for _, child in children(node))
        case Conditional() | Choice():
            return any(takes_rest(child) for _, child in children(node))
        case _:
            return False
