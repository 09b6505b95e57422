"""Edits of a layout tree: how a bug is planted in one lane and not in the others.

A codec generated from an edited tree, or a schema with an edited field, is wrong in exactly one way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from formats.layout import Layout, Member, Node, Struct

Change = Callable[[Any], Node]


class EditFailed(Exception):
    """There is nothing at the path to edit: the planted bug has outlived the format it was written for."""


def edit(layout: Layout, path: str, change: Change) -> Layout:
    """The layout with the node at `path` (member names, `.` between) changed."""
    return replace(layout, root=edited(layout.root, tuple(path.split(".")), change))


def edited(node: Node, names: tuple[str, ...], change: Change) -> Node:
    """The node with the one at the end of the names changed."""
    if not names:
        return change(node)
    if isinstance(node, Struct):
        members = tuple(
            Member(member.name, edited(member.node, names[1:], change)) if member.name == names[0] else member
            for member in node.members
        )
        if members != node.members:
            return replace(node, members=members)
    inner = getattr(node, "node", None)
    if inner is not None:
        return replace(node, node=edited(inner, names, change))  # type: ignore[arg-type]  # it has a node
    raise EditFailed(f"{'.'.join(names)}: no such field, or the edit changes nothing")


def with_members_swapped(layout: Layout, first: str, second: str) -> Layout:
    """The layout with two fields of its root in each other's place."""
    root = layout.root
    assert isinstance(root, Struct)
    by_name = {member.name: member for member in root.members}
    if first not in by_name or second not in by_name:
        raise EditFailed(f"{first}, {second}: no such fields")
    exchanged = {first: by_name[second], second: by_name[first]}
    members = tuple(exchanged.get(member.name or "", member) for member in root.members)
    return replace(layout, root=replace(root, members=members))
