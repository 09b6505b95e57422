"""Decoding of bit fields, which are cut from one number."""

from __future__ import annotations

from ..errors import SchemaRefused
from ..layout import (
    BitGroup,
    Bits,
    Constant,
    Node,
    Struct,
)
from .known import Bound
from .reader import Reader
from .scalars import constant_number, integer_range
from .tables import Trail
from .text import Code, quoted


def read_bit_group(reader: Reader, node: BitGroup, trail: Trail) -> Bound:
    """Bit fields, cut from one big-endian number."""
    start = reader.spot
    native = {1: "B", 2: "H", 4: "I", 8: "Q"}.get(node.size)
    if native and (node.size == 1 or reader.run is None or reader.run.order in ("", ">")):
        whole = reader.take(native, node.size, trail, order=">" if node.size > 1 else "", suffix="_bits")
    else:
        source = reader.take(f"{node.size}s", node.size, trail, suffix="_bytes")
        whole = reader.names.local(trail.hint, "_bits")
        reader.line(f'{whole} = int.from_bytes({source}, "big")')
    fields: dict[str, Bound] = {}
    shift, mask, value = node.size * 8, 0, 0
    for member in node.members:
        inner, bits = member.node, bits_of(member.node, trail.named(member.name))
        shift -= bits.width
        below = trail.named(member.name)
        ones = (1 << bits.width) - 1
        if isinstance(inner, Constant):
            number_ = constant_number(inner, below) & ones
            mask, value = mask | ones << shift, value | number_ << shift
            fields[member.name or ""] = Bound(inner, Code(quoted(inner.value), type(inner.value).__name__))
            continue
        text = f"{whole} >> {shift}" if shift else whole
        if shift + bits.width < node.size * 8:
            text += f" & {ones:#x}"
        if bits.signed:
            sign = 1 << bits.width - 1
            text = f"({text} ^ {sign:#x}) - {sign:#x}"
        reader.bits = Code(text, "int", *integer_range(bits))
        fields[member.name or ""] = reader.read(reader, inner, below)
        reader.bits = None
    if shift:
        raise SchemaRefused(trail.path, f"the bits fill all but {shift} bits of {node.size} bytes")
    if mask:
        reader.check(f"{whole} & {mask:#x} != {value:#x}" if value else f"{whole} & {mask:#x}")
    return Bound(node, None, start, reader.spot, fields=fields)


def bits_of(node: Node, trail: Trail) -> Bits:
    """The bits below a mapping."""
    while not isinstance(node, Bits):
        inner = getattr(node, "node", None)
        if inner is None or isinstance(node, Struct):
            raise SchemaRefused(trail.path, f"a {type(node).__name__} cannot be compiled among bits")
        node = inner
    return node


def read_bits(reader: Reader, node: Bits, trail: Trail) -> Bound:
    """One bit field."""
    code, reader.bits = reader.bits, None
    if code is None:
        raise SchemaRefused(trail.path, "bits stand outside a bit group")
    local = reader.names.local(trail.hint)
    if node.boolean:
        reader.line(f"{local} = {code.atom} != 0")
        return Bound(node, Code(local, "bool", 0, 1))
    reader.line(f"{local} = {code.text}")
    return Bound(node, Code(local, "int", code.low, code.high))
