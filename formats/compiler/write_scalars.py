"""Encoding of scalars and of derived fields."""

from __future__ import annotations

from typing import Final

from ..layout import (
    Accepted,
    Bits,
    Boolean,
    Bounded,
    Constant,
    Enumeration,
    Expression,
    Field,
    FlagSet,
    Float,
    Integer,
    LengthOf,
    Node,
    Raw,
    Text,
    Zeros,
    literal_int,
)
from .expressions import size_of
from .scalars import ZEROS_MAXIMUM, constant_bytes, flag_mask, integer_code, integer_range, text_codec
from .tables import Trail
from .text import Code, quoted
from .writer import Piece, Slot, Writer, constant_piece

#: More zeros than this, in bytes, are not made, whatever a value says.
MEMORY_MAXIMUM: Final = 2**31


def write_integer(_writer: Writer, node: Integer, _trail: Trail, value: str | None, _slot: Slot) -> list[Piece]:
    """An integer; struct refuses what does not fit."""
    assert value is not None
    code, order = integer_code(node)
    if code:
        return [Piece(str(node.size), code, order, [value])]
    signed = ", signed=True" if node.signed else ""
    # A number in digits takes no method without parentheses.
    number = f"({value})" if value[0].isdigit() else Code(value, "int").atom
    text = f'{number}.to_bytes({node.size}, "{"little" if node.little else "big"}"{signed})'
    return [Piece(str(node.size), f"{node.size}s", "", [text], text)]


def write_float(writer: Writer, node: Float, trail: Trail, value: str | None, _slot: Slot) -> list[Piece]:
    """A float; one that would be rounded is refused."""
    assert value is not None
    code, order = {2: "e", 4: "f", 8: "d"}[node.size], "<" if node.little else ">"
    writer.tables.need("math", "isnan")
    shape = writer.tables.shape(order + code, "FLOAT")
    writer.refuse(f"{shape}.unpack({shape}.pack({value}))[0] != {value} and not isnan({value})", trail)
    return [Piece(str(node.size), code, order, [value])]


def write_boolean(writer: Writer, _node: Boolean, trail: Trail, value: str | None, _slot: Slot) -> list[Piece]:
    """A byte that is 0 or 1."""
    writer.refuse(f"{value} not in (False, True)", trail)
    return [Piece("1", "?", "", [value or ""])]


def same_length(writer: Writer, size: Expression | None, slot: Slot, trail: Trail) -> bool:
    """Whether a size is the very field to which the length of this slot's bytes is written."""
    if not isinstance(size, Field):
        return False
    source, scopes = writer.slot(size, trail)
    if not isinstance(source.node, LengthOf):
        return False
    before, writer.scopes = writer.scopes, scopes
    measured, _ = writer.slot(Field(0, source.node.names), trail)
    writer.scopes = before
    return measured is slot


def write_raw(writer: Writer, node: Raw, trail: Trail, value: str | None, slot: Slot) -> list[Piece]:
    """Bytes, of the right number."""
    assert value is not None
    size = literal_int(node.size)
    writer.refuse(f"type({value}) is not bytes", trail, "TypeError")
    if size is not None:
        writer.refuse(f"len({value}) != {size}", trail)
        return [Piece(str(size), f"{size}s", "", [value], value)]
    if node.size is not None and not same_length(writer, node.size, slot, trail):
        writer.refuse(f"len({value}) != {size_of(node.size, writer.context(trail)).atom}", trail)
    return [Piece(f"len({value})", text=value)]


def write_text(writer: Writer, node: Text, trail: Trail, value: str | None, slot: Slot) -> list[Piece]:
    """Text as bytes."""
    local = writer.local(f"{value}.encode({quoted(text_codec(node, trail))})", trail, "_bytes")
    return writer.write(writer, node.node, trail, local, slot)


def write_constant(writer: Writer, node: Constant, trail: Trail, value: str | None, slot: Slot) -> list[Piece]:
    """Bytes that are what they are."""
    if value is not None:
        writer.refuse(f"{value} != {quoted(node.value)}", trail)
    bound = node.value if isinstance(node.value, int) else None
    slot.code = Code(quoted(node.value), type(node.value).__name__, bound, bound)
    return [constant_piece(constant_bytes(node, trail))]


def write_zeros(writer: Writer, node: Zeros, trail: Trail, value: str | None, _slot: Slot) -> list[Piece]:
    """Zero bytes."""
    if value is not None:
        writer.refuse(f"{value} is not None", trail)
    size = literal_int(node.size)
    if size is not None and size <= ZEROS_MAXIMUM:
        return [constant_piece(bytes(max(size, 0)))]
    if size is not None:
        return [Piece(str(size), text=f"bytes({size})")]
    code = size_of(node.size, writer.context(trail))
    local = writer.local(code.text, trail, "_size")
    writer.refuse(f"not 0 <= {local} <= {zeros_maximum(code)}", trail)
    return [Piece(local, text=f"bytes({local})")]


def zeros_maximum(size: Code) -> int:
    """The most zeros that are made for a value: what a size can be, and what memory can hold."""
    return MEMORY_MAXIMUM if size.high is None else min(size.high, MEMORY_MAXIMUM)


# --- numbers with a meaning ------------------------------------------------------------------------------------------


def write_enumeration(writer: Writer, node: Enumeration, trail: Trail, value: str | None, slot: Slot) -> list[Piece]:
    """The number of a name."""
    table = writer.tables.enumeration(node, trail)
    number = f"{table.numbers}[{value}]"
    if not node.closed:
        local = writer.names.local(trail.hint, "_number")
        with writer.block(f"if isinstance({value}, str):"):
            writer.lines.add(f"{local} = {number}")
        with writer.block(f"elif {value} in {table.names}:"):
            writer.lines.add(f"raise ValueError({quoted('.'.join(map(str, trail.path)) + ': this number has a name')})")
        with writer.block("else:"):
            writer.lines.add(f"{local} = {value}")
        number = local
    return writer.write(writer, node.node, trail, number, slot)


def write_flags(writer: Writer, node: FlagSet, trail: Trail, value: str | None, slot: Slot) -> list[Piece]:
    """A mask."""
    mask = flag_mask(node, trail)
    if not node.named:
        writer.refuse(f"{value} & ~{mask:#x}", trail)
        return writer.write(writer, node.node, trail, value, slot)
    writer.refuse(f"not isinstance({value}, frozenset | set)", trail, "TypeError")
    table = writer.tables.flags(node, trail)
    local = writer.local(f"sum([{table}[name] for name in {value}])", trail, "_bits")
    return writer.write(writer, node.node, trail, local, slot)


def write_bounded(writer: Writer, node: Bounded, trail: Trail, value: str | None, slot: Slot) -> list[Piece]:
    """An integer within bounds."""
    assert value is not None
    low, high = number_range(node.node)
    below, above = node.minimum > low, node.maximum < high
    atom = Code(value, "int").atom
    if (below and above) or (isinstance(node.node, Bits) and (below or above)):
        writer.refuse(f"not {node.minimum} <= {atom} <= {node.maximum}", trail)
    elif below or above:
        writer.refuse(f"{atom} < {node.minimum}" if below else f"{atom} > {node.maximum}", trail)
    return writer.write(writer, node.node, trail, value, slot)


def number_range(node: Node) -> tuple[int, int]:
    """The numbers that fit the integer below a mapping."""
    while not isinstance(node, Integer | Bits):
        node = node.node  # type: ignore[union-attr]  # mappings stand over integers
    return integer_range(node)


def write_accepted(writer: Writer, node: Accepted, trail: Trail, value: str | None, slot: Slot) -> list[Piece]:
    """A scalar that is one of some values, or none of them."""
    if node.values:
        values = ", ".join(quoted(item) for item in node.values)
        writer.refuse(f"{value} {'in' if node.refused else 'not in'} {{{values}}}", trail)
    elif not node.refused:
        writer.refuse("True", trail)
    return writer.write(writer, node.node, trail, value, slot)
