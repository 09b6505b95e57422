"""The constructs of numbers, byte strings, constants and mappings: see `formats.locking.rebuild`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import construct as c

from .. import primitives as p
from ..layout import (
    Accepted,
    BitGroup,
    Bits,
    Boolean,
    Bounded,
    Computed,
    Constant,
    Enumeration,
    FlagSet,
    Float,
    Integer,
    Nothing,
    Raw,
    Rebuilt,
    Text,
    Zeros,
    literal_int,
)

if TYPE_CHECKING:
    from .rebuild import Rebuilder

#: Size in bytes -> the letter of Construct's FormatField; of signed integers in lower case.
INTEGER_CODES: Final = {1: "B", 2: "H", 4: "L", 8: "Q"}
FLOAT_CODES: Final = {2: "e", 4: "f", 8: "d"}


class Named(NamedTuple):
    """A name for a number, as Construct takes it from an enumeration; a keyword cannot be every name."""

    name: str
    value: int


def named(members: tuple[tuple[str, int], ...]) -> Any:
    """The names of a mapping."""
    return [Named(name, number) for name, number in members]


def integer(_rebuilder: Rebuilder, node: Integer) -> Any:
    """A FormatField of 1, 2, 4 or 8 bytes, a BytesInteger of others."""
    code = INTEGER_CODES.get(node.size)
    if code is None:
        return c.BytesInteger(node.size, signed=node.signed, swapped=node.little)
    return c.FormatField("<" if node.little else ">", code.lower() if node.signed else code)


def real(_rebuilder: Rebuilder, node: Float) -> Any:
    """A FormatField."""
    return c.FormatField("<" if node.little else ">", FLOAT_CODES[node.size])


def bits(_rebuilder: Rebuilder, node: Bits) -> Any:
    """A BitsInteger, or a Flag of one bit."""
    return c.Flag if node.boolean else c.BitsInteger(node.width, signed=node.signed)


def raw(rebuilder: Rebuilder, node: Raw) -> Any:
    """Bytes, or GreedyBytes for all that is left."""
    return c.GreedyBytes if node.size is None else c.Bytes(rebuilder.term(node.size))


def text(rebuilder: Rebuilder, node: Text) -> Any:
    """A StringEncoded."""
    return c.StringEncoded(rebuilder.schema(node.node), node.encoding)


def constant(rebuilder: Rebuilder, node: Constant) -> Any:
    """A Magic, Kind or Version, padding between bits, or a Const."""
    match node:
        case Constant(rule="magic", value=bytes() as value):
            return p.Magic(value)
        case Constant(rule="kind", value=int() as value):
            return p.Kind(value)
        case Constant(rule="version", value=int() as value):
            return p.Version(value)
        case Constant(rule="canonical", value=0, node=Bits(width=width)) if isinstance(rebuilder.struct, BitGroup):
            return c.Padding(width)
        case Constant(rule="constant"):
            return c.Const(node.value, rebuilder.schema(node.node))
    raise rebuilder.refused(f"no constant breaks the rule {node.rule!r}")


def enumeration(rebuilder: Rebuilder, node: Enumeration) -> Any:
    """A ClosedEnum, or an Enum that lets unknown numbers pass."""
    inner = rebuilder.schema(node.node)
    return p.ClosedEnum(inner, **dict(node.members)) if node.closed else c.Enum(inner, named(node.members))


def flag_set(rebuilder: Rebuilder, node: FlagSet) -> Any:
    """A FlagsEnum of names, or ClosedFlags of a mask."""
    inner = rebuilder.schema(node.node)
    return c.FlagsEnum(inner, named(node.members)) if node.named else p.ClosedFlags(inner, **dict(node.members))


def bounded(rebuilder: Rebuilder, node: Bounded) -> Any:
    """A Bounded."""
    return p.Bounded(rebuilder.schema(node.node), node.minimum, node.maximum)


def accepted(rebuilder: Rebuilder, node: Accepted) -> Any:
    """A OneOf or NoneOf."""
    kind = c.NoneOf if node.refused else c.OneOf
    return kind(rebuilder.schema(node.node), list(node.values))


def zeros(rebuilder: Rebuilder, node: Zeros) -> Any:
    """A Reserved, or a plain Padding."""
    if node.rule != "reserved":
        return c.Padding(rebuilder.term(node.size))
    size = literal_int(node.size)
    if size is None:
        raise rebuilder.refused("reserved bytes have a size that is no constant")
    return p.Reserved(size)


def rebuilt(rebuilder: Rebuilder, node: Rebuilt) -> Any:
    """A Rebuild."""
    return c.Rebuild(rebuilder.schema(node.node), rebuilder.term(node.expression))


def computed(rebuilder: Rebuilder, node: Computed) -> Any:
    """A Computed."""
    return c.Computed(rebuilder.term(node.expression))


def nothing(_rebuilder: Rebuilder, node: Nothing) -> Any:
    """A Pass, or a Terminated."""
    return c.Terminated if node.end else c.Pass


def boolean(_rebuilder: Rebuilder, _node: Boolean) -> Any:
    """A Flag."""
    return c.Flag


MAKERS: Final[Mapping[type, Callable[[Any, Any], Any]]] = {
    Accepted: accepted,
    Bits: bits,
    Boolean: boolean,
    Bounded: bounded,
    Computed: computed,
    Constant: constant,
    Enumeration: enumeration,
    FlagSet: flag_set,
    Float: real,
    Integer: integer,
    Nothing: nothing,
    Raw: raw,
    Rebuilt: rebuilt,
    Text: text,
    Zeros: zeros,
}
