"""Applies differences to the old value: what comes out is the new one, or a difference says too little."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from formats.errors import Path

from .differences import Difference
from .nodes import BLOCKS, RECORDS, Node
from .tables import Rows, columns_of


def apply_differences(old: Node, differences: Sequence[Difference]) -> Any:
    """The plain value of the old tree after all of these differences, causes and consequences, in any order.

    Both files have one version of a format. Derived fields follow from the value, and are left out.
    """
    holder = {"": old.plain()}
    lists: dict[Path, list[Difference]] = defaultdict(list)
    for difference in differences:
        slot = ("", *difference.old.slot)
        if difference.is_derived and BLOCKS not in slot:
            continue
        name_columns(holder, slot)
        if difference.kind == "changed":
            parent(holder, slot)[slot[-1]] = difference.new.value
        elif difference.kind in {"added", "removed"}:
            lists[slot[:-1]].append(difference)
    for slot in sorted(lists, key=len, reverse=True):  # inner lists first: outer ones move them
        patch(parent(holder, (*slot, 0)), lists[slot])
    return flattened(holder[""])


def parent(value: Any, slot: Path) -> Any:
    """What holds the value at a path."""
    for part in slot[:-1]:
        value = value[part]
    return value


def name_columns(value: Any, slot: Path) -> None:
    """Replace rows on the way by their columns, where the path names one of these."""
    for part, following in pairwise(slot):
        value = value[part]
        if not isinstance(value, dict) or following in value:
            continue
        for label, rows in list(value.items()):
            if isinstance(rows, Rows):
                value |= {name: list(column) for name, column in columns_of(rows).items()}
                del value[label]


def patch(holder: Any, differences: Sequence[Difference]) -> None:
    """Remove and insert the elements of one list, or the members of one struct."""
    removed = sorted((one.old.slot[-1] for one in differences if one.kind == "removed"), reverse=True)
    for part in removed:
        del holder[part]
    added = sorted((one for one in differences if one.kind == "added"), key=lambda one: one.new.slot[-1])
    for one in added:
        if isinstance(holder, list):
            holder.insert(int(one.new.slot[-1]), one.new.value)
        else:
            holder[one.new.slot[-1]] = one.new.value


def plain_of_tree(tree: Node) -> Any:
    """The plain value of a frame, as every lane has it: rows as columns, records in their blocks."""
    return flattened(tree.plain())


def flattened(value: Any) -> Any:
    """A value of the tree's form in the plain form."""
    if isinstance(value, dict) and RECORDS in value:
        records = iter(value[RECORDS])
        return tuple(tuple(flattened(next(records)) for _ in range(count)) for count in value[BLOCKS])
    if isinstance(value, dict):
        found: dict[str, Any] = {}
        for name, item in value.items():
            if isinstance(item, Rows):
                found |= {column: flattened(values) for column, values in columns_of(item).items()}
            else:
                found[name] = flattened(item)
        return found
    if isinstance(value, list | tuple):
        return tuple(flattened(item) for item in value)
    return value
