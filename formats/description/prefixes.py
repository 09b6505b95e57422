"""Fields with their length in front, also where text or a check stands over length and content together."""

from __future__ import annotations

from dataclasses import replace

from ..layout import Accepted, Node, Prefixed, Rebuilt, Text


def split_prefix(node: Node) -> tuple[Prefixed, Node] | None:
    """The node with the length in it, and the content as if it stood alone in its region; None for other nodes."""
    match node:
        case Prefixed(node=inner):
            return node, inner
        case Text() | Accepted() | Rebuilt():
            found = split_prefix(node.node)
            return None if found is None else (found[0], replace(node, node=found[1]))
        case _:
            return None
