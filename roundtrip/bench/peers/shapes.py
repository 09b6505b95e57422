"""The value of a format as a tree of fields, for peers whose wire format is their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from formats.layout import (
    Array,
    Bounded,
    Enumeration,
    FlagSet,
    Integer,
    Layout,
    Node,
    Raw,
    Region,
    Slices,
    Struct,
    value_members,
)

from .contender import NotComparable


@dataclass(frozen=True)
class Shape:
    """A field. kind: number (up to 32 bits), wide (64 bits), bytes, name (of an enumeration) or struct."""

    name: str
    kind: Literal["number", "wide", "bytes", "name", "struct"]
    repeated: bool = False
    members: tuple[Shape, ...] = ()
    names: tuple[tuple[str, int], ...] = ()


def shape_of(layout: Layout) -> Shape:
    """The root's shape; its name is empty."""
    return shape("", layout.root)


def shape(name: str, node: Node, *, repeated: bool = False) -> Shape:
    """The shape of a node; `NotComparable` where its value is none of ours."""
    match node:
        case Integer(size=size):
            return Shape(name, "wide" if size > 4 else "number", repeated)
        case Raw():
            return Shape(name, "bytes", repeated)
        case Slices():
            return Shape(name, "bytes", repeated=True)
        case Enumeration(members=members):
            return Shape(name, "name", repeated, names=members)
        case Array(node=inner):
            return shape(name, inner, repeated=True)
        case Struct():
            members_ = tuple(shape(member.name or "", member.node) for member in value_members(node))
            return Shape(name, "struct", repeated, members_)
        case Bounded(node=inner) | FlagSet(node=inner) | Region(node=inner):
            return shape(name, inner, repeated=repeated)
    raise NotComparable(f"there is no such field as {type(node).__name__} in its wire format")


def numbered(shape: Shape, value: Any) -> Any:
    """A plain value with names of enumerations as numbers."""
    return converted(shape, value, dict(shape.names))


def named(shape: Shape, value: Any) -> Any:
    """The same, back."""
    return converted(shape, value, {number: name for name, number in shape.names})


def converted(shape: Shape, value: Any, table: dict[Any, Any]) -> Any:
    """A value of a name through a table, alone or repeated."""
    if shape.kind != "name":
        return value
    return tuple(table[item] for item in value) if shape.repeated else table[value]
