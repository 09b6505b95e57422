"""Which nodes reach to the end of whatever bytes there are."""

from __future__ import annotations

from ..errors import SchemaRefused
from ..layout import (
    Blocks,
    Choice,
    Conditional,
    Node,
    Nothing,
    Prefixed,
    Raw,
    Records,
    Region,
    Slices,
    Struct,
)
from .tables import Trail, branches


def greedy(node: Node) -> bool:
    """Whether some encoding of the node reaches to the end of the bytes."""
    match node:
        case Struct(members=members):
            return any(greedy(member.node) for member in members)
        case Nothing(end=end):
            return end
        case Raw(size=None) | Slices() | Records() | Blocks():
            return True
        case Prefixed() | Region():
            return False
        case Conditional() | Choice():
            return any(greedy(inner) for _, inner in branches(node))
        case _:
            below: Node | None = getattr(node, "node", None)
            return below is not None and greedy(below)


def always_greedy(node: Node) -> bool:
    """Whether every encoding of the node does."""
    match node:
        case Struct(members=members):
            return any(always_greedy(member.node) for member in members)
        case Conditional() | Choice():
            return all(always_greedy(inner) for _, inner in branches(node))
        case _:
            return greedy(node)


def fills(node: Node, trail: Trail) -> bool:
    """Whether padding can never follow the node; one that sometimes allows it cannot be told apart when read."""
    if greedy(node) and not always_greedy(node):
        raise SchemaRefused(trail.path, "only some of its branches reach to the end of a padded region")
    return greedy(node)
