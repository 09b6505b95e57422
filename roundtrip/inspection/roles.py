"""What a field is for, found by walking the layout along its path."""

from __future__ import annotations

from formats.errors import Path
from formats.layout import (
    DERIVED,
    Array,
    BitGroup,
    Blocks,
    Captured,
    Choice,
    Conditional,
    Constant,
    CountedArray,
    Digest,
    EndsOf,
    Node,
    Nothing,
    Padded,
    Prefixed,
    Records,
    Region,
    Slices,
    Struct,
    Zeros,
    children,
)

from .report import Role

#: Nodes that are repeated, so that the number of fields hangs on the bytes.
REPEATED = (Array, CountedArray, Records, Blocks, Slices, EndsOf)


def node_at(node: Node, path: Path) -> Node | None:
    """The node that a path leads to, or None; where branches share a name, the first one that has it."""
    match node:
        case Prefixed(node=inner) | Region(node=inner) | Padded(node=inner) | Captured(node=inner):
            return node_at(inner, path)
        case Conditional() | Choice():
            found = (node_at(inner, path) for _, inner in children(node))
            return next((one for one in found if one is not None), None) if path else node
    if not path:
        return node
    match node:
        case Struct(members=members) | BitGroup(members=members):
            inner_nodes = [member.node for member in members if member.name == path[0]]
            return node_at(inner_nodes[0], path[1:]) if inner_nodes else None
        case Array(node=inner) | CountedArray(node=inner) | Records(node=inner) | EndsOf(node=inner):
            return node_at(inner, path[1:]) if isinstance(path[0], int) else None
        case Blocks(node=inner):
            return node_at(inner, path[2:]) if len(path) > 1 else node
        case Slices():
            return node
    return None


def role_of(node: Node | None) -> Role:
    """The role of a field that this node describes."""
    if isinstance(node, Digest):
        return "checksum"
    if isinstance(node, Constant | Zeros | Nothing):
        return "constant"
    return "derived" if isinstance(node, DERIVED) else "value"


def role_at(root: Node, path: Path) -> Role:
    """The role of the field at a path; what lies inside a derived field is derived as well."""
    for length in range(1, len(path) + 1):
        role = role_of(node_at(root, path[:length]))
        if role != "value":
            return role
    return "value"


def walk(node: Node) -> list[Node]:
    """A node and all that is inside it."""
    return [node, *(found for _, inner in children(node) for found in walk(inner))]


def repeats(root: Node) -> bool:
    """Whether frames of the format have as many fields as their bytes say."""
    return any(isinstance(node, REPEATED) for node in walk(root))


def is_sealed(root: Node) -> bool:
    """Whether a checksum over the header vouches for every length and count."""
    return any(isinstance(node, Digest) and node.sealing for node in walk(root))


def is_seeded(node: Node | None) -> bool:
    """Whether this is a checksum that continues from a place."""
    return isinstance(node, Digest) and bool(node.seed)
