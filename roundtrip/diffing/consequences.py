"""Tells causes from consequences: a length, a count or a checksum that differs because something else does.

A derived field says in the layout what it follows from. Where that differs, too, the field is a consequence and names
it. A derived field that breaks a rule follows from nothing, and neither does one all of whose sources are the same,
unless it is sealed with the place of the frame.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from formats.errors import Path, path_text
from formats.layout import (
    Array,
    CountOf,
    Digest,
    EndsOf,
    Expression,
    Field,
    LengthOf,
    Node,
    Operation,
    Padded,
    PrefixOf,
    Rebuilt,
    Repeated,
    Size,
    Zeros,
    children,
)

from .differences import PLACE, Difference, Side
from .nodes import BLOCKS, Fields, Leaf

#: Causes that one consequence names.
CAUSES_SHOWN: Final = 8


def divided(differences: Sequence[Difference]) -> tuple[list[Difference], list[Difference]]:
    """The causes and the consequences."""
    reach = Reach(differences)
    causes, consequences = [], []
    for number, difference in enumerate(differences):
        because = reach.causes_of(number) if may_follow(difference) else ()
        if because:
            consequences.append(difference.following(because))
        else:
            causes.append(difference)
    return causes, consequences


def may_follow(difference: Difference) -> bool:
    """Whether this is a derived field that breaks no rule on either side."""
    sides = (difference.old.node, difference.new.node)
    return difference.is_derived and not any(isinstance(node, Leaf) and node.broken for node in sides)


class Reach:
    """Finds differences by their place. at: those that touch a path, of the old file (0) or the new one (1).

    below: those that touch it or anything inside. Numbers are those of the differences.
    """

    def __init__(self, differences: Sequence[Difference]) -> None:
        self.differences = differences
        self.at: dict[tuple[int, Path], list[int]] = defaultdict(list)
        self.below: dict[tuple[int, Path], list[int]] = defaultdict(list)
        for number, difference in enumerate(differences):
            for side, one in enumerate((difference.old, difference.new)):
                touched = touched_by(one)
                for path in touched:
                    self.at[side, path].append(number)
                for prefix in {path[:length] for path in touched for length in range(len(path) + 1)}:
                    self.below[side, prefix].append(number)

    def causes_of(self, number: int) -> tuple[str, ...]:
        """The paths of the differences that a difference follows from; empty for none."""
        difference = self.differences[number]
        found: set[int] = set()
        digest: Digest | None = None
        for side, one in enumerate((difference.old, difference.new)):
            if isinstance(one.node, Leaf):
                digest = digest_in(one.node.layout)
                is_seal = digest is not None and digest.sealing
                found |= self.before(side, one) if is_seal else self.sources(side, one.node, number)
        found.discard(number)
        if not found:
            return (PLACE,) if digest is not None and digest.seed else ()
        names = [path_text(self.differences[one].path) for one in sorted(found)[:CAUSES_SHOWN]]
        return (*names, f"… {len(found) - CAUSES_SHOWN} more") if len(found) > CAUSES_SHOWN else tuple(names)

    def before(self, side: int, seal: Side) -> set[int]:
        """The differences in the struct of a seal that lie before it."""
        inside = self.below.get((side, enclosing(seal.path)), ())
        places = ((one, (self.differences[one].old, self.differences[one].new)[side]) for one in inside)
        return {one for one, place in places if place.start < place.end <= seal.start}

    def sources(self, side: int, leaf: Leaf, number: int) -> set[int]:
        """The differences in what a derived field follows from."""
        if leaf.path and leaf.path[-1] == BLOCKS:
            return self.entries(self.below.get((side, leaf.path[:-1]), ()))
        if leaf.path and str(leaf.path[-1]).startswith("("):
            return self.around(side, leaf.path[:-1], number)
        found: set[int] = set()
        for source in sources_of(leaf):
            found.update(self.below.get((side, source), ()))
            for length in range(len(source)):
                found.update(self.at.get((side, source[:length]), ()))
        # A column of ends follows from the rows that it cuts.
        return self.entries(found) if isinstance(leaf.layout, Array) else found

    def entries(self, found: Iterable[int]) -> set[int]:
        """Of some differences those that are entries added or removed."""
        return {one for one in found if self.differences[one].kind in {"added", "removed"}}

    def around(self, side: int, path: Path, number: int) -> set[int]:
        """The differences in what a count, a length or padding belongs to, or else next to it."""
        for length in range(len(path), -1, -1):
            found = set(self.below.get((side, path[:length]), ())) - {number}
            if found:
                return found
        return set()


def touched_by(side: Side) -> Iterable[Path]:
    """The paths that differ: that of a difference, and of an entry that was added or removed those of its fields."""
    if side.node is None:
        return ()
    if isinstance(side.node, Fields):
        return {side.path, *(leaf.path for leaf in side.node.leaves())}
    return (side.path,)


def digest_in(node: Node | None) -> Digest | None:
    """The checksum that a node is, under whatever stands over it."""
    while node is not None and not isinstance(node, Digest):
        inner = children(node)
        node = inner[-1][1] if len(inner) == 1 else None
    return node


def sources_of(leaf: Leaf) -> Iterator[Path]:
    """The paths that a derived field follows from."""
    path, scope = leaf.path, enclosing(leaf.path)
    node = leaf.layout
    while isinstance(node, Padded):
        node = node.node
    match node:
        case Digest(covers=covers):
            yield from (within(path, field) for field in covers)
        case CountOf(of=names):
            yield (*scope, *names)
        case LengthOf(of=of):
            yield (*scope, *of.split("."))
        case EndsOf(of=of, prefix=prefix):
            yield (*scope, of)
            if prefix:
                yield (*scope, prefix)
        case PrefixOf(of=of) | Repeated(of=of):
            yield (*scope, of)
        case Rebuilt(expression=expression) | Zeros(size=expression):
            yield from (within(path, field) for field in fields_in(expression))
        case Array():
            yield scope
        case _:
            return


def enclosing(path: Path) -> Path:
    """The path of the struct around a field, or around a struct; elements of arrays have that of the array."""
    while path and isinstance(path[-1], int):
        path = path[:-1]
    return path[:-1]


def within(path: Path, field: Field) -> Path:
    """The path of a field that another one names; the `value` of bytes that are captured has no path of its own."""
    scope = enclosing(path)
    for _ in range(field.up):
        scope = enclosing(scope)
    return (*scope, *field.names[:1], *(name for name in field.names[1:] if name != "value"))


def fields_in(expression: Expression) -> Iterator[Field]:
    """The fields that an expression names."""
    match expression:
        case Field():
            yield expression
        case Size(of=field):
            yield field
        case Operation(operands=operands):
            for operand in operands:
                yield from fields_in(operand)
        case _:
            return
