"""How small and how large a frame can be, as far as the bounds of its lengths and counts say."""

from __future__ import annotations

from ..layout import (
    Array,
    Bounded,
    Captured,
    CountOf,
    EndsOf,
    Expression,
    Field,
    Layout,
    LengthOf,
    Node,
    PrefixOf,
    Raw,
    Region,
    Slices,
    Struct,
    fixed_size,
    minimum_size,
)

#: Lower and upper bounds of the numbers in the structs around a node, innermost last.
Scopes = tuple[dict[str, Bounded], ...]


def smallest_size(layout: Layout) -> int:
    """A lower bound in bytes, exact where every variable part has a bounded length or count of its own."""
    return least(layout.root, ())


def largest_size(layout: Layout) -> int | None:
    """The size in bytes that no frame exceeds; None where nothing bounds it."""
    return most(layout.root, ())


def bounds_in(node: Struct) -> dict[str, Bounded]:
    """The bounds of a struct's lengths and counts by name."""
    return {
        member.name: member.node.node
        for member in node.members
        if member.name and isinstance(member.node, LengthOf | CountOf) and isinstance(member.node.node, Bounded)
    }


def bounds_of(expression: Expression | None, scopes: Scopes) -> Bounded | None:
    """The bounds of the length or count that an expression names."""
    match expression:
        case Field(up=up, names=(name,)) if up < len(scopes):
            return scopes[-1 - up].get(name)
        case _:
            return None


def least(node: Node, scopes: Scopes) -> int:
    """The least that a node takes."""
    size = fixed_size(node)
    if size is not None:
        return size
    match node:
        case Struct(members=members):
            inside = (*scopes, bounds_in(node))
            return sum(least_heap(node, member.node, inside) for member in members)
        case Raw(size=expression):
            bounds = bounds_of(expression, scopes)
            return bounds.minimum if bounds else 0
        case Region(size=expression, node=inner):
            bounds = bounds_of(expression, scopes)
            return max(bounds.minimum if bounds else 0, least(inner, scopes))
        case Array(count=expression, node=inner) | EndsOf(count=expression, node=inner):
            bounds = bounds_of(expression, scopes)
            return bounds.minimum * least(inner, scopes) if bounds else 0
        case Captured(node=inner):
            return least(inner, scopes)
        case _:
            return minimum_size(node)


def least_heap(node: Struct, member: Node, scopes: Scopes) -> int:
    """The least that a member takes; a heap of byte strings has as many as there are ends in its struct."""
    if isinstance(member, Slices):
        for other in node.members:
            if other.name == member.ends and isinstance(other.node, EndsOf):
                bounds = bounds_of(other.node.count, scopes)
                least_count = bounds.minimum if bounds else 0
                # With a prefix, the least of one item is the least of many: all but one may be nothing else.
                return min(least_count, 1) * member.minimum if member.prefix else least_count * member.minimum
    return least(member, scopes)


def most(node: Node, scopes: Scopes) -> int | None:
    """The most that a node takes."""
    size = fixed_size(node)
    if size is not None:
        return size
    match node:
        case Struct(members=members):
            sizes = [most(member.node, (*scopes, bounds_in(node))) for member in members]
            return None if None in sizes else sum(size for size in sizes if size is not None)
        case Raw(size=expression) | Region(size=expression) | PrefixOf(size=expression):
            bounds = bounds_of(expression, scopes)
            return bounds.maximum if bounds else None
        case Array(count=expression, node=inner) | EndsOf(count=expression, node=inner):
            bounds, each = bounds_of(expression, scopes), most(inner, scopes)
            return None if bounds is None or each is None else bounds.maximum * each
        case Captured(node=inner):
            return most(inner, scopes)
        case _:
            return None
