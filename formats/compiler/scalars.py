"""Facts about scalars that decoders and encoders share: struct codes, ranges, the bytes of constants."""

from __future__ import annotations

from typing import Final

from ..errors import SchemaRefused
from ..layout import (
    Bits,
    Boolean,
    Bounded,
    Constant,
    Enumeration,
    FlagSet,
    Integer,
    Node,
    Prefixed,
    Raw,
    Text,
    literal_int,
)
from .tables import Trail

CODES: Final = {1: "B", 2: "H", 4: "I", 8: "Q"}
#: More zeros than this are compared with zeros made for it, and not with a constant.
ZEROS_MAXIMUM: Final = 256
#: Encodings in which text has one encoding only, so that what decodes also encodes back.
CANONICAL_ENCODINGS: Final = {"utf8": "utf-8", "utf-8": "utf-8", "ascii": "ascii", "latin-1": "latin-1"}


def integer_code(node: Integer) -> tuple[str, str]:
    """The struct code and byte order of an integer; no code where struct knows no such size."""
    code = CODES.get(node.size, "")
    order = "" if node.size == 1 or not code else "<" if node.little else ">"
    return code.lower() if node.signed else code, order


def integer_range(node: Integer | Bits) -> tuple[int, int]:
    """The least and greatest number that fits."""
    width = node.size * 8 if isinstance(node, Integer) else node.width
    return (-(1 << width - 1), (1 << width - 1) - 1) if node.signed else (0, (1 << width) - 1)


def text_codec(node: Text, trail: Trail) -> str:
    """The name of a text's encoding."""
    encoding = CANONICAL_ENCODINGS.get(node.encoding.lower().replace("_", "-"))
    if encoding is None:
        raise SchemaRefused(trail.path, f"text in {node.encoding} cannot be compiled", "utf-8 or ascii")
    if not isinstance(node.node, Raw | Prefixed) or (
        isinstance(node.node, Prefixed) and not isinstance(node.node.node, Raw)
    ):
        raise SchemaRefused(trail.path, f"text over a {type(node.node).__name__} cannot be compiled")
    return encoding


def flag_mask(node: FlagSet, trail: Trail) -> int:
    """All known bits; named flags are single bits."""
    mask = 0
    for name, bit in node.members:
        if node.named and (bit <= 0 or bit & (bit - 1) or bit & mask):
            raise SchemaRefused((*trail.path, name), f"the flag {bit:#x} is not a single bit of its own")
        mask |= bit
    return mask


def constant_number(node: Constant, trail: Trail) -> int:
    """The number that a constant integer, enumeration or bit field holds."""
    inner: Node = node.node
    while isinstance(inner, Bounded):
        inner = inner.node
    if isinstance(inner, Enumeration) and isinstance(node.value, str):
        numbers = dict(inner.members)
        if node.value not in numbers:
            raise SchemaRefused(trail.path, f"the constant {node.value!r} is no member of its enumeration")
        return numbers[node.value]
    if not isinstance(node.value, int) or not isinstance(inner, Integer | Bits | Boolean | Enumeration):
        raise SchemaRefused(trail.path, f"a constant {node.value!r} of {type(inner).__name__} cannot be compiled")
    return int(node.value)


def constant_bytes(node: Constant, trail: Trail) -> bytes:
    """The bytes that a constant must hold."""
    inner: Node = node.node
    if isinstance(inner, Raw) and isinstance(node.value, bytes) and literal_int(inner.size) == len(node.value):
        return node.value
    while not isinstance(inner, Integer | Boolean):
        below = getattr(inner, "node", None)
        if below is None:
            raise SchemaRefused(trail.path, f"a constant {node.value!r} of {type(inner).__name__} cannot be compiled")
        inner = below
    size, signed, little = (inner.size, inner.signed, inner.little) if isinstance(inner, Integer) else (1, False, True)
    try:
        return constant_number(node, trail).to_bytes(size, "little" if little else "big", signed=signed)
    except OverflowError:
        raise SchemaRefused(trail.path, f"the constant {node.value!r} does not fit its field") from None
