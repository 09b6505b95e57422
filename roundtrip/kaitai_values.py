"""What a Kaitai decoder has read, as a plain value of ours: the other half of the comparison, field by field.

First in the shape that Construct's own parse has, derived fields included, because conditions may depend on them.
"""

from __future__ import annotations

from typing import Any

from formats.description.prefixes import split_prefix
from formats.kaitai import identifiers
from formats.kaitai.attributes import fills_region, is_case, is_single, takes_rest
from formats.layout import (
    Array,
    BitGroup,
    Bits,
    Blocks,
    Boolean,
    Captured,
    Choice,
    Conditional,
    Constant,
    CountedArray,
    EndsOf,
    Enumeration,
    FlagSet,
    Layout,
    Node,
    Nothing,
    Padded,
    Records,
    Region,
    Repeated,
    Slices,
    Struct,
    Zeros,
)
from formats.values import Environment, branch, plain_of


def plain_of_kaitai(layout: Layout, read: Any) -> Any:
    """The plain value of a frame that a compiled Kaitai class has read."""
    root = layout.root.node if isinstance(layout.root, Captured) else layout.root
    value = struct(root, read, []) if isinstance(root, Struct) else member(root, read, "value", [])
    return plain_of(root, value)


def struct(node: Struct | BitGroup, read: Any, environment: Environment) -> dict[str, Any]:
    """The fields of a struct, derived ones too."""
    values: dict[str, Any] = {}
    for field, name in zip(node.members, identifiers(node.members), strict=True):
        if field.name is not None:
            values[field.name] = member(field.node, read, name, [*environment, values])
    return values


def member(node: Node, read: Any, name: str, environment: Environment) -> Any:
    """The value of what a Kaitai object holds under a name."""
    match node:
        case Nothing() | Zeros():
            return None
        case Captured(node=inner):
            return {"value": member(inner, read, name, environment)}
        case Conditional() | Choice():
            return chosen(node, read, name, environment)
        case Array(node=inner) | CountedArray(node=inner) | EndsOf(node=inner) | Records(node=inner):
            return tuple(element(inner, item, environment) for item in getattr(read, name))
        case Blocks(node=inner):
            blocks = [block.records for block in getattr(read, name)]
            return tuple(tuple(element(inner, record, environment) for record in records) for records in blocks)
        case Slices(prefix=prefix):
            before = environment[-1][prefix] if prefix else b""
            return tuple(before + item for item in getattr(read, name))
        case _ if split := split_prefix(node):
            return sized(split[1], getattr(read, name), environment)
        case Struct() | BitGroup() | Region() | Padded():
            return element(node, getattr(read, name), environment)
        case _:
            return leaf(node, getattr(read, name))


def chosen(node: Conditional | Choice, read: Any, name: str, environment: Environment) -> Any:
    """The value of the branch that was taken."""
    taken = branch(node, environment)
    if taken is None or isinstance(taken, Nothing):
        return None
    if isinstance(node, Conditional) and (isinstance(node.then, Nothing) or isinstance(node.otherwise, Nothing)):
        return member(taken, read, name, environment)
    value = getattr(read, name)
    return element(taken, value, environment) if is_case(taken) else member(taken, value, "value", environment)


def element(node: Node, value: Any, environment: Environment) -> Any:
    """The value of one element of an array, or of what one attribute says."""
    match node:
        case Nothing() | Zeros():
            return None
        case Captured(node=inner):
            return {"value": element(inner, value, environment)}
        case Struct() | BitGroup():
            return struct(node, value, environment)
        case Region(node=inner) | Padded(node=inner):
            return sized(inner, value, environment)
        case _ if is_single(node):
            return leaf(node, value)
        case _:
            return member(node, value, "value", environment)


def sized(node: Node, value: Any, environment: Environment) -> Any:
    """The value of what fills a region."""
    match node:
        case Captured(node=inner):
            return {"value": sized(inner, value, environment)}
        case _ if takes_rest(node):
            return leaf(node, value)
        case _ if fills_region(node):
            return element(node, value, environment)
        case _:
            return member(node, value, "value", environment)


def leaf(node: Node, value: Any) -> Any:
    """The value of a field without parts."""
    match node:
        case Enumeration(members=members):
            names = {number: name for name, number in members}
            return names.get(int(value), int(value))
        case FlagSet(members=members, named=True):
            return {name: bool(int(value) & bit) for name, bit in members}
        case FlagSet():
            return int(value)
        case Boolean() | Bits(boolean=True):
            return bool(value)
        case Bits():
            return int(value)
        case Constant(value=expected):
            return expected
        case Repeated():
            return bytes(value)
        case _:
            inner: Node | None = getattr(node, "node", None)
            return value if inner is None else leaf(inner, value)
