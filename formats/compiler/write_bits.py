"""Encoding of bit fields, which are put together in one number."""

from __future__ import annotations

from ..layout import (
    BitGroup,
    Bits,
    Constant,
    value_members,
)
from .read_bits import bits_of
from .scalars import constant_number, integer_range
from .tables import Trail
from .text import Code
from .writer import Piece, Slot, Writer


def write_bit_group(writer: Writer, node: BitGroup, trail: Trail, value: str | None, slot: Slot) -> list[Piece]:
    """Bit fields, put together in one number."""
    scope = (
        slot.inner if slot.inner is not None and slot.inner.node is node else writer.open(writer, node, trail, value)
    )
    values = {member.name: scope.names[member.name or ""].value for member in value_members(node)}
    shift, terms, constant = node.size * 8, [], 0
    for member in node.members:
        below = trail.named(member.name)
        bits = bits_of(member.node, below)
        shift -= bits.width
        ones = (1 << bits.width) - 1
        if isinstance(member.node, Constant):
            constant |= (constant_number(member.node, below) & ones) << shift
            continue
        (piece,) = writer.write(writer, member.node, below, values[member.name], slot)
        term = Code(piece.text, "int").atom
        if bits.signed:
            term = f"({term} & {ones:#x})"
        terms.append(f"{term} << {shift}" if shift else term)
    if constant or not terms:
        terms.append(f"{constant:#x}")
    text = " | ".join(terms)
    if node.size == 1:
        return [Piece("1", "B", "", [text])]
    text = f'({text}).to_bytes({node.size}, "big")'
    return [Piece(str(node.size), f"{node.size}s", "", [text], text)]


def write_bits(writer: Writer, node: Bits, trail: Trail, value: str | None, _slot: Slot) -> list[Piece]:
    """One bit field; its text is the number."""
    assert value is not None
    if node.boolean:
        writer.refuse(f"{value} not in (False, True)", trail)
        return [Piece("0", text=f"bool({value})")]
    low, high = integer_range(node)
    writer.refuse(f"not {low} <= {Code(value, 'int').atom} <= {high}", trail)
    return [Piece("0", text=value)]
