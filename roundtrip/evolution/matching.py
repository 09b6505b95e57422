"""Which field of one layout is which field of another: first by name, then by equal place and shape.

A field keeps its identity when its name stays, wherever it moves inside its struct. Fields whose names are gone are
paired, between the same neighbours and in order, with new names of equal shape: they were renamed. Everything else was
added or removed. Fields are known by the names that lead to them; indices of elements are no part of that.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from functools import lru_cache
from typing import Any

from formats.layout import (
    BitGroup,
    Choice,
    Conditional,
    Expression,
    Field,
    Layout,
    Member,
    Node,
    Nothing,
    Size,
    Struct,
    children,
    fixed_size,
    is_value,
)

Names = tuple[str, ...]

#: Attributes that hold names of other fields, which a rename changes too.
NAMING = {"of", "ends", "covers", "prefix"}


@dataclass(frozen=True)
class Pairing:
    """The members of two structs, by position: `both` are the same field, `first` and `second` have no other."""

    both: tuple[tuple[int, int], ...]
    first: tuple[int, ...]
    second: tuple[int, ...]


def shape(node: Any) -> Any:
    """A node without names: what must be equal in a field that was only renamed."""
    match node:
        case Field(up=up, names=names):
            return ("field", up, len(names))
        case Member(node=inner):
            return shape(inner)
        case tuple():
            return tuple(shape(item) for item in node)
    if is_dataclass(node):
        parts = []
        for part in fields(node):
            value = getattr(node, part.name)
            if part.name == "members" and not isinstance(node, Struct | BitGroup):
                value = tuple(sorted(number for _, number in value))
            parts.append(bool(value) if part.name in NAMING and not isinstance(value, Field) else shape(value))
        return (type(node).__name__, *parts)
    return node


def storage(node: Node) -> Any:
    """What a scalar is stored as, whatever its constraints; None for composites."""
    inner = getattr(node, "node", None)
    if isinstance(node, Struct | BitGroup) or (inner is not None and fixed_size(node) is None):
        return None
    return node if inner is None else storage(inner)


def common(first: list[Any], second: list[Any]) -> list[tuple[int, int]]:
    """The longest common subsequence of two lists, as pairs of positions."""
    table = [[0] * (len(second) + 1) for _ in range(len(first) + 1)]
    for i in range(len(first) - 1, -1, -1):
        for j in range(len(second) - 1, -1, -1):
            is_same = first[i] == second[j]
            table[i][j] = table[i + 1][j + 1] + 1 if is_same else max(table[i + 1][j], table[i][j + 1])
    pairs, i, j = [], 0, 0
    while i < len(first) and j < len(second):
        if first[i] == second[j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif table[i + 1][j] >= table[i][j + 1]:
            i += 1
        else:
            j += 1
    return pairs


def pairing(first: tuple[Member, ...], second: tuple[Member, ...]) -> Pairing:
    """Pair the members of two structs."""
    places = {member.name: index for index, member in enumerate(second) if member.name is not None}
    both = [(i, places[member.name]) for i, member in enumerate(first) if member.name in places]
    both += renamed(first, second, both)
    taken_first, taken_second = {i for i, _ in both}, {j for _, j in both}
    return Pairing(
        tuple(sorted(both)),
        tuple(i for i in range(len(first)) if i not in taken_first),
        tuple(j for j in range(len(second)) if j not in taken_second),
    )


def renamed(
    first: tuple[Member, ...], second: tuple[Member, ...], both: list[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Pairs of members without a namesake that stand between the same neighbours and have one shape.

    Where nothing has quite the same shape, the same storage will do: renamed and constrained otherwise.
    """
    kept = sorted(both)
    steady = [kept[k] for k, _ in common([j for _, j in kept], sorted(j for _, j in kept))]
    found: list[tuple[int, int]] = []
    starts = [(-1, -1), *steady]
    stops = [*steady, (len(first), len(second))]
    named_first, named_second = {i for i, _ in both}, {j for _, j in both}
    for (start_i, start_j), (stop_i, stop_j) in zip(starts, stops, strict=True):
        left = [i for i in range(start_i + 1, stop_i) if i not in named_first]
        right = [j for j in range(start_j + 1, stop_j) if j not in named_second]
        for alike in (like_shape, like_storage):
            pairs = common([alike(first[i]) for i in left], [alike(second[j]) for j in right])
            chosen = [(left[k], right[m]) for k, m in pairs if alike(first[left[k]])[1] is not None]
            found += chosen
            left = [i for i in left if i not in {i for i, _ in chosen}]
            right = [j for j in right if j not in {j for _, j in chosen}]
    return found


def like_shape(member: Member) -> tuple[bool, Any]:
    """Equal for members of one shape, both named or both not."""
    return member.name is None, shape(member.node)


def like_storage(member: Member) -> tuple[bool, Any]:
    """Equal for named scalars of one storage and role."""
    stored = None if member.name is None else storage(member.node)
    return False, None if stored is None else (is_value(member.node), shape(stored))


def bare(node: Node) -> Node:
    """What is inside everything that adds no name: arrays, prefixes, regions, checks."""
    while not isinstance(node, Struct | BitGroup | Conditional | Choice):
        inner = children(node)
        if not inner:
            return node
        node = inner[-1][1]
    return node


@dataclass(frozen=True)
class Matching:
    """first, second: names of a field -> names of the same field in the other layout. unmatched: fields (not structs)
    of the second that hold a value and have no counterpart that does."""

    first: dict[Names, Names]
    second: dict[Names, Names]
    unmatched: frozenset[Names]


@lru_cache(maxsize=512)
def matching(first: Layout, second: Layout) -> Matching:
    """Match two layouts."""
    forward: dict[Names, Names] = {(): ()}
    match_nodes(first.root, second.root, (), (), forward)
    backward = {new: old for old, new in forward.items()}
    carried = value_leaves(first.root, ())
    fresh = {names for names in value_leaves(second.root, ()) if backward.get(names) not in carried}
    return Matching(forward, backward, frozenset(fresh))


def match_nodes(first: Node, second: Node, old: Names, new: Names, found: dict[Names, Names]) -> None:
    """Add the fields below two nodes that are the same field."""
    first, second = bare(first), bare(second)
    match first, second:
        case ((Struct() | BitGroup()), (Struct() | BitGroup())):
            for i, j in pairing(first.members, second.members).both:
                name, other_name = first.members[i].name, second.members[j].name
                if name is not None and other_name is not None:
                    found[*old, name] = (*new, other_name)
                    inside = first.members[i].node, second.members[j].node
                    match_nodes(*inside, (*old, name), (*new, other_name), found)
        case ((Conditional() | Choice()), _):
            for one, other in branches(first, second):
                match_nodes(one, other, old, new, found)
        case _, (Conditional() | Choice()):
            for _, branch in children(second):
                if not isinstance(branch, Nothing):
                    match_nodes(first, branch, old, new, found)


def branches(first: Conditional | Choice, second: Node) -> list[tuple[Node, Node]]:
    """The branches of two choices that belong together; every branch with what is no choice."""
    if isinstance(first, Conditional) and isinstance(second, Conditional):
        return [(first.then, second.then), (first.otherwise, second.otherwise)]
    if isinstance(first, Choice) and isinstance(second, Choice):
        others = dict(second.cases)
        pairs = [(node, others[value]) for value, node in first.cases if value in others]
        if first.otherwise is not None and second.otherwise is not None:
            pairs.append((first.otherwise, second.otherwise))
        return pairs
    return [(branch, second) for _, branch in children(first) if not isinstance(branch, Nothing)]


def value_leaves(node: Node, names: Names) -> set[Names]:
    """The names of every field that carries information and is no struct."""
    inside = bare(node)
    match inside:
        case Struct() | BitGroup():
            found: set[Names] = set()
            for member in inside.members:
                if member.name is not None and is_value(member.node):
                    found |= value_leaves(member.node, (*names, member.name))
            return found
        case Conditional() | Choice():
            return {leaf for _, branch in children(inside) for leaf in value_leaves(branch, names)}
        case Nothing():
            return set()
    return {names} if is_value(node) else set()


def absolute(expression: Expression | None, scopes: tuple[Names, ...], names: dict[Names, Names] | None = None) -> Any:
    """An expression with every field by its names from the root, brought to the other layout's names by `names`."""
    match expression:
        case Field():
            return ("field", translated(resolved(expression, scopes), names))
        case Size(of=of):
            return ("size", absolute(of, scopes, names))
        case None:
            return None
    operands = getattr(expression, "operands", None)
    if operands is not None:
        operator = getattr(expression, "operator", "")
        return (operator, *(absolute(operand, scopes, names) for operand in operands))
    value = getattr(expression, "value", None)
    return ("literal", type(value).__name__, value)


def resolved(field: Field, scopes: tuple[Names, ...]) -> Names:
    """The names of a field from the root; those of a field outside the layout begin with `^`."""
    if field.up >= len(scopes):
        return ("^" * (field.up - len(scopes) + 1), *field.names)
    return (*scopes[-1 - field.up], *field.names)


def translated(names: Names, table: dict[Names, Names] | None) -> Names:
    """The names in the other layout: the longest beginning that has a counterpart is replaced."""
    if table is None:
        return names
    for size in range(len(names), 0, -1):
        if names[:size] in table:
            return (*table[names[:size]], *names[size:])
    return names
