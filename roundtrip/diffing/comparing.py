"""Compares two trees, field by field, by path; lists are aligned first."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from typing import Any, Final

from formats.errors import Path, path_text

from .alignment import Stretch, align, stretches
from .differences import Difference, Found, Kind, Same, Side
from .matching import Matching, matching
from .nodes import BLOCKS, ColumnItems, Fields, Items, Leaf, Node, content_of
from .pairing import COMPARED_MAXIMUM, Features, pair_alike
from .payload import Hunk, hunks
from .rows import RowItems

#: Byte strings that are longer than this on both sides are compared byte by byte.
LONG_SIZE: Final = 32
#: A list in which more elements than this have no match is one change.
ELEMENTS_MAXIMUM: Final = 50_000
#: Elements of a list that stand for it where two lists are compared as a whole.
FEATURES_MAXIMUM: Final = 256


class Comparison:
    """One comparison. everything: unchanged fields are listed, too, and not only counted."""

    def __init__(self, old: memoryview, new: memoryview, *, everything: bool = False) -> None:
        self.old, self.new = old, new
        self.everything = everything
        self.found = Found([], 0, [], [])
        self.row: tuple[Path, Any] | None = None

    def compare(self, old: Node, new: Node, old_slot: Path = (), new_slot: Path = ()) -> None:
        """Two nodes that stand for the same field."""
        if isinstance(old, Fields) and isinstance(new, Fields):
            old, new = with_members(old, new), with_members(new, old)
            if shapes_of(old) != shapes_of(new):  # other branches, or damage: the rows of one are none of the other
                old, new = old.as_columns(), new.as_columns()
            self.compare_fields(old, new, old_slot, new_slot)
        elif isinstance(old, Items) and isinstance(new, Items):
            self.compare_items(old, new, old_slot, new_slot)
        elif isinstance(old, Leaf) and isinstance(new, Leaf):
            self.compare_leaves(old, new, old_slot, new_slot)
        else:
            self.add("changed", side(old, old_slot), side(new, new_slot))
            return
        self.compare_extras(old, new, old_slot, new_slot)

    def add(self, kind: Kind, old: Side, new: Side) -> None:
        """Note one difference."""
        one, other = old.value if isinstance(old.node, Leaf) else None, None
        if isinstance(new.node, Leaf):
            other = new.node.value
        pieces: tuple[Hunk, ...] = ()
        if isinstance(one, bytes) and isinstance(other, bytes) and min(len(one), len(other)) > LONG_SIZE:
            pieces = hunks(one, other)
        self.found.differences.append(Difference(kind, old, new, self.row, pieces))

    def compare_leaves(self, old: Leaf, new: Leaf, old_slot: Path, new_slot: Path) -> None:
        resized = old.value is None and new.value is None and old.end - old.start != new.end - new.start
        if resized or content_of(old.value) != content_of(new.value):
            self.add("changed", side(old, old_slot), side(new, new_slot))
        elif old.role == new.role == "value" and not self.same_bytes(old.start, old.end, new.start, new.end):
            self.add("encoding", side(old, old_slot), side(new, new_slot))
        else:
            self.keep(old, new)

    def keep(self, old: Leaf, new: Leaf) -> None:
        """Count one field that is the same, a derived column by its elements."""
        self.found.unchanged += len(old.value) if isinstance(old.value, tuple) else 1
        if self.everything:
            self.found.same.append(Same(old, new))

    def same_bytes(self, old_start: int, old_end: int, new_start: int, new_end: int) -> bool:
        """Whether the bits of equal values are equal; bits inside bytes are, they hold nothing but the value."""
        if (
            any(bit % 8 for bit in (old_start, old_end, new_start, new_end))
            or old_end - old_start != new_end - new_start
        ):
            return True
        return self.old[old_start // 8 : old_end // 8] == self.new[new_start // 8 : new_end // 8]

    def compare_fields(self, old: Fields, new: Fields, old_slot: Path, new_slot: Path) -> None:
        old_here, new_here = old.start, new.start
        for name in merged(list(old.members), list(new.members)):
            one, other = old.members.get(name), new.members.get(name)
            old_inner, new_inner = (*old_slot, name), (*new_slot, name)
            if one is not None and other is not None:
                self.compare(one, other, old_inner, new_inner)
                old_here, new_here = one.end, other.end
            elif one is not None:
                self.add("removed", side(one, old_inner), Side((*new.path, name), new_inner, new_here, new_here))
            elif other is not None:
                self.add("added", Side((*old.path, name), old_inner, old_here, old_here), side(other, new_inner))

    def compare_extras(self, old: Node, new: Node, old_slot: Path, new_slot: Path) -> None:
        """The derived fields of two nodes; only of blocks do their values take part in the value of the frame."""
        for label in merged(list(old.extras), list(new.extras)):
            one, other = old.extras.get(label), new.extras.get(label)
            old_inner, new_inner = ((*slot, label) if label == BLOCKS else () for slot in (old_slot, new_slot))
            if one is not None and other is not None:
                self.compare(one, other, old_inner, new_inner)
            elif one is not None:
                self.add("removed", side(one, old_inner), Side(one.path, (), new.end, new.end))
            elif other is not None:
                self.add("added", Side(other.path, (), old.end, old.end), side(other, new_inner))

    # --- lists -------------------------------------------------------------------------------------------------------

    def compare_items(self, old: Items, new: Items, old_slot: Path, new_slot: Path) -> None:
        matched = matching(old, new)
        alignment = matched.alignment
        if alignment.coarse:
            self.found.notes.append(
                f"{path_text(old.path)}: too much has changed to align all of its elements; "
                "some that are on both sides are shown as changed"
            )
        found = stretches(alignment, len(old), len(new))
        lost = sum(one.old_end - one.old_start + one.new_end - one.new_start for one in found if not one.equal)
        if lost > ELEMENTS_MAXIMUM and not self.everything:
            self.found.notes.append(
                f"{path_text(old.path)}: {lost} elements have no match on the other side; "
                "they are shown as one change (--all shows each)"
            )
            self.add("changed", side(old, old_slot), side(new, new_slot))
            return
        for stretch in found:
            if stretch.equal:
                self.compare_matched(old, new, stretch, old_slot, new_slot)
            else:
                self.compare_replaced(old, new, stretch, old_slot, new_slot, matched)

    def compare_matched(self, old: Items, new: Items, stretch: Stretch, old_slot: Path, new_slot: Path) -> None:
        """Elements that were found to be the same ones."""
        if isinstance(old, ColumnItems) and isinstance(new, ColumnItems) and not self.everything:
            bits = [old.position(stretch.old_start), old.position(stretch.old_end)]
            bits += [new.position(stretch.new_start), new.position(stretch.new_end)]
            if self.same_bytes(bits[0], bits[1], bits[2], bits[3]):
                self.found.unchanged += stretch.old_end - stretch.old_start
                return
        for left, right in zip(
            range(stretch.old_start, stretch.old_end), range(stretch.new_start, stretch.new_end), strict=True
        ):
            self.compare_elements(old, new, (left, right), old_slot, new_slot)

    def compare_elements(self, old: Items, new: Items, pair: tuple[int, int], old_slot: Path, new_slot: Path) -> None:
        """One element of each list; what differs in a row is named with its key."""
        left, right = pair
        one, outer = old.element(left), self.row
        if isinstance(old, RowItems) and isinstance(one, Fields) and old.table.keys:
            self.row = one.path, one.members[old.leading].plain()
        self.compare(one, new.element(right), (*old_slot, left), (*new_slot, right))
        self.row = outer

    def compare_replaced(
        self, old: Items, new: Items, stretch: Stretch, old_slot: Path, new_slot: Path, matched: Matching
    ) -> None:
        """Elements without a match: removed, added, or, where there is no key to tell, changed."""
        pairs = alike(old, new, stretch) if matched.keys is None else []
        left, right = stretch.old_start, stretch.new_start
        for one, other in (*pairs, (stretch.old_end, stretch.new_end)):
            between = Stretch(left, one, right, other, equal=False)
            for index in range(left, one):
                self.remove(old, new, index, matched.place_in_new(index, between), old_slot, new_slot)
            for index in range(right, other):
                self.insert(old, new, matched.place_in_old(index, between), index, old_slot, new_slot)
            if one < stretch.old_end and other < stretch.new_end:
                self.compare_elements(old, new, (one, other), old_slot, new_slot)
            left, right = one + 1, other + 1

    def remove(self, old: Items, new: Items, index: int, place: int, old_slot: Path, new_slot: Path) -> None:
        """An element of the old list that is gone; in the new one it stood before element `place`."""
        gone = old.element(index)
        at = new.position(place)
        empty = Side((*gone.path[:-1], place), (*new_slot, place), at, at)
        self.add("removed", side(gone, (*old_slot, index)), empty)

    def insert(self, old: Items, new: Items, place: int, index: int, old_slot: Path, new_slot: Path) -> None:
        """An element of the new list that was inserted before element `place` of the old one."""
        made = new.element(index)
        at = old.position(place)
        empty = Side((*made.path[:-1], place), (*old_slot, place), at, at)
        self.add("added", empty, side(made, (*new_slot, index)))


def side(node: Node, slot: Path) -> Side:
    """The side on which there is something."""
    return Side(node.path, slot, node.start, node.end, node)


def with_members(struct: Fields, other: Fields) -> Fields:
    """A struct in which what is a member of the other one is a member, too; in damaged frames it may look derived."""
    moved = {label: leaf for label, leaf in struct.extras.items() if label in other.members}
    if not moved:
        return struct
    extras = {label: leaf for label, leaf in struct.extras.items() if label not in moved}
    return replace(struct, members={**struct.members, **moved}, extras=extras)


def shapes_of(struct: Fields) -> set[Any]:
    """The tables of a struct."""
    return {member.table.shape() for member in struct.members.values() if isinstance(member, RowItems)}


def merged(old: list[str], new: list[str]) -> list[str]:
    """The names of both sides, each in the order of its side."""
    if old == new:
        return old
    common = [old[left] for left, _ in align(old, new).pairs]
    result: list[str] = []
    rest_old, rest_new = iter(old), iter(new)
    for anchor in (*common, None):
        for rest in (rest_old, rest_new):
            for name in rest:
                if name == anchor:
                    break
                result.append(name)
        if anchor is not None:
            result.append(anchor)
    return list(dict.fromkeys(result))


def alike(old: Items, new: Items, stretch: Stretch) -> list[tuple[int, int]]:
    """Elements of a stretch without matches that are the same ones, changed."""
    olds, news = range(stretch.old_start, stretch.old_end), range(stretch.new_start, stretch.new_end)
    if len(olds) * len(news) > COMPARED_MAXIMUM:
        return list(zip(olds, news, strict=False))
    features = [[features_of(items.element(index)) for index in some] for items, some in ((old, olds), (new, news))]
    return [(olds[left], news[right]) for left, right in pair_alike(features[0], features[1])]


def features_of(node: Node) -> Features:
    """What a node is made of: the content of its members, and of the first elements of its lists."""
    found: set[Hashable] = set()
    for name, member in node.members.items() if isinstance(node, Fields) else (("", node),):
        if isinstance(member, Items):
            shown = (member.element(index) for index in range(min(len(member), FEATURES_MAXIMUM)))
            found.update((name, "", hash(element.content())) for element in shown)
        elif isinstance(member, Fields) and member is not node:
            found.update((name, feature) for feature in features_of(member))
        else:
            found.add((name, hash(member.content())))
    return frozenset(found)
