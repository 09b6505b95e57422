"""Questions about a layout tree: what carries information, what is inside, how many bytes it takes."""

from __future__ import annotations

from .nodes import (
    DERIVED,
    Array,
    BitGroup,
    Bits,
    Blocks,
    Boolean,
    Captured,
    Choice,
    Computed,
    Conditional,
    CountedArray,
    Digest,
    EndsOf,
    Float,
    Integer,
    Member,
    Node,
    Nothing,
    Padded,
    Prefixed,
    PrefixOf,
    Raw,
    Records,
    Region,
    Repeated,
    Slices,
    Struct,
    Text,
    Zeros,
)
from .terms import Expression, Literal


def is_value(node: Node) -> bool:
    """Whether the node carries information of its own (is part of values and records)."""
    return is_value(node.node) if isinstance(node, Padded) else not isinstance(node, DERIVED)


def value_members(node: Struct | BitGroup) -> tuple[Member, ...]:
    """The named members that carry information, in order."""
    return tuple(member for member in node.members if member.name is not None and is_value(member.node))


def children(node: Node) -> tuple[tuple[str | None, Node], ...]:
    """The nodes directly inside, each with the path part that leads to it (None: the same path)."""
    match node:
        case Struct(members=members) | BitGroup(members=members):
            return tuple((member.name, member.node) for member in members)
        case CountedArray(count=count, node=inner) | Prefixed(length=count, node=inner):
            return ((None, count), (None, inner))
        case Conditional(then=then, otherwise=otherwise):
            return ((None, then), (None, otherwise))
        case Choice(cases=cases, otherwise=otherwise):
            return tuple((None, case) for _, case in cases) + (() if otherwise is None else ((None, otherwise),))
        case (
            Integer()
            | Float()
            | Boolean()
            | Bits()
            | Raw()
            | Zeros()
            | Repeated()
            | Nothing()
            | PrefixOf()
            | Slices()
            | Computed()
        ):
            return ()
        case _:
            return ((None, node.node),)


def digests(node: Node) -> list[Digest]:
    """Every checksum in a tree."""
    found = [node] if isinstance(node, Digest) else []
    for _, child in children(node):
        found += digests(child)
    return found


def literal_int(expression: Expression | None) -> int | None:
    """The value of a literal integer expression, else None."""
    return int(expression.value) if isinstance(expression, Literal) and isinstance(expression.value, int) else None


def fixed_size(node: Node) -> int | None:
    """The encoded size in bytes where every encoding has the same, else None."""
    match node:
        case Integer(size=size) | Float(size=size) | BitGroup(size=size) | Repeated(size=size):
            return size
        case Boolean():
            return 1
        case Nothing() | Computed():
            return 0
        case Raw(size=size) | Zeros(size=size) | Region(size=size) | Padded(size=size) | PrefixOf(size=size):
            return literal_int(size)
        case Struct(members=members):
            sizes = [fixed_size(member.node) for member in members]
            return None if None in sizes else sum(size for size in sizes if size is not None)
        case Array(count=count, node=inner):
            number, size = literal_int(count), fixed_size(inner)
            return None if number is None or size is None else number * size
        case EndsOf(count=count, node=inner):
            number = literal_int(count)
            return None if number is None else number * inner.size
        case Conditional() | Choice():
            sizes = [fixed_size(inner) for _, inner in children(node)]
            return sizes[0] if len(set(sizes)) == 1 else None
        case Bits() | CountedArray() | Prefixed() | Slices() | Records() | Blocks():
            return None
        case Text(node=inner) | Digest(node=inner) | Captured(node=inner):
            return fixed_size(inner)
        case _:
            return fixed_size(node.node)


def minimum_size(node: Node) -> int:
    """A lower bound in bytes on every encoding; 0 where nothing better is known."""
    size = fixed_size(node)
    if size is not None:
        return size
    match node:
        case Struct(members=members):
            return sum(minimum_size(member.node) for member in members)
        case CountedArray(count=count) | Prefixed(length=count):
            return minimum_size(count)
        case Conditional() | Choice():
            return min((minimum_size(inner) for _, inner in children(node)), default=0)
        case Captured(node=inner) | Text(node=inner):
            return minimum_size(inner)
        case _:
            return 0
