"""Which elements of two lists are the same ones: by a key where there is one, else by all that they hold."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from .alignment import Alignment, Stretch, align, align_keys
from .nodes import Items
from .rows import RowItems


@dataclass(frozen=True)
class Matching:
    """An alignment. keys: what the elements are known by on both sides; then none without a match is a changed one."""

    alignment: Alignment
    keys: tuple[list[Hashable], list[Hashable]] | None = None

    def place_in_new(self, index: int, stretch: Stretch) -> int:
        """Before which element of the new list an element of the old one, in a stretch without matches, would stand."""
        if self.keys is None:
            return stretch.new_start
        return place_of(self.keys[0][index], self.keys[1], stretch.new_start, stretch.new_end)

    def place_in_old(self, index: int, stretch: Stretch) -> int:
        """The same, for an element of the new list."""
        if self.keys is None:
            return stretch.old_start
        return place_of(self.keys[1][index], self.keys[0], stretch.old_start, stretch.old_end)


def place_of(key: Any, others: list[Any], start: int, end: int) -> int:
    """Where a key would stand among others that rise; at the start where they cannot be compared, or do not rise."""
    try:
        return bisect_left(others, key, start, end)
    except TypeError:
        return start


def matching(old: Items, new: Items) -> Matching:
    """The elements of two lists that are the same ones."""
    if isinstance(old, RowItems) and isinstance(new, RowItems):
        return matching_rows(old, new)
    one, other = old.contents(), new.contents()
    found = by_key(one, other) if old.is_strict and new.is_strict else None
    return found or Matching(align(one, other))


def matching_rows(old: RowItems, new: RowItems) -> Matching:
    """Rows by the first key that half of them have in common, else the best one; without a key by all their cells."""
    keys = [key for key in old.table.keys if key in new.table.keys]
    candidates = (by_key(old.column_contents(key), new.column_contents(key)) for key in keys)
    found = [one for one in candidates if one is not None]
    if found:
        enough = [one for one in found if len(one.alignment.pairs) * 2 >= min(len(old), len(new))]
        return (enough or [max(found, key=lambda one: len(one.alignment.pairs))])[0]
    columns = [name for name in old.table.columns if name in new.table.columns]
    labels = {group.table.label for group in old.table.groups} & {group.table.label for group in new.table.groups}
    return Matching(align(old.contents_of(columns, labels), new.contents_of(columns, labels)))


def by_key(old: list[Hashable], new: list[Hashable]) -> Matching | None:
    """The common keys of two columns that rise; None where damage has left some twice, or out of order."""
    if len(set(old)) < len(old) or len(set(new)) < len(new):
        return None
    found = align_keys(old, new)
    rises = all(one[1] < other[1] for one, other in pairwise(found.pairs))
    return Matching(found, (old, new)) if rises else None
