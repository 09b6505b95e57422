"""Encoding of scalars and of derived fields."""

from __future__ import annotations

from ..errors import SchemaRefused
from ..layout import (
    Accepted,
    BitGroup,
    Bits,
    Boolean,
    Bounded,
    Constant,
    CountOf,
    Digest,
    EndsOf,
    Enumeration,
    Expression,
    Field,
    FlagSet,
    Float,
    Integer,
    LengthOf,
    Node,
    Raw,
    Rebuilt,
    Repeated,
    Slices,
    Text,
    Zeros,
    literal_int,
    value_members,
)
from .expressions import size_of
from .read_scalars import MASKED, bits_of
from .scalars import constant_bytes, constant_number, flag_mask, integer_code, integer_range, text_codec
from .tables import Trail
from .text import Code, quoted
from .writer import Piece, Slot, Writer, constant_piece


def write_integer(_writer: Writer, node: Integer, _trail: Trail, value: str | None, _slot: Slot) -> list[Piece]:
    """An integer; struct refuses what does not fit."""
    assert value is not None
    code, order = integer_code(node)
    if code:
        return [Piece(str(node.size), code, order, [value])]
    signed = ", signed=True" if node.signed else ""
    text = f'{Code(value, "int").atom}.to_bytes({node.size}, "{"little" if node.little else "big"}"{signed})'
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
    return isinstance(source.node, LengthOf) and scopes[-1].names.get(source.node.of) is slot


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
    if size is not None:
        return [constant_piece(bytes(max(size, 0)))]
    local = writer.local(size_of(node.size, writer.context(trail)).text, trail, "_size")
    return [Piece(local, text=f"bytes({local})")]


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


# --- derived ---------------------------------------------------------------------------------------------------------


def derived(writer: Writer, node: Node, trail: Trail, value: str | None, slot: Slot, text: str, kind: str) -> list[Piece]:
    """A field worked out from others; where a value is given too it must be this one."""
    local = writer.local(text, trail) if not text.isdigit() else text
    if value is not None:
        writer.refuse(f"{value} != {local}", trail)
    low, high = number_range(node) if kind == "int" else (None, None)
    slot.code = Code(local, kind, low, high)
    return writer.write(writer, node, trail, local, slot)


def write_rebuilt(writer: Writer, node: Rebuilt, trail: Trail, value: str | None, slot: Slot) -> list[Piece]:
    """A scalar that equals an expression."""
    code = writer.expression(node.expression, trail)
    return derived(writer, node.node, trail, value, slot, code.text, "int" if code.kind == "bool" else code.kind)


def write_length(writer: Writer, node: LengthOf, trail: Trail, value: str | None, slot: Slot) -> list[Piece]:
    """The length of a sibling."""
    target, scopes = writer.slot(Field(0, (node.of,)), trail)
    pieces = writer.pieces(target, scopes)
    size = writer.size(pieces)
    if not size.isdigit() and len(pieces) > 1:
        index = scopes[-1].slots.index(target)
        size = f"len({writer.gathered(scopes[-1], index, index + 1, target.trail.hint)})"
    return derived(writer, node.node, trail, value, slot, size, "int")


def write_count(writer: Writer, node: CountOf, trail: Trail, value: str | None, slot: Slot) -> list[Piece]:
    """The number of elements of an array."""
    target, _ = writer.slot(Field(0, node.of), trail)
    code = target.code
    if code is None or code.kind != "tuple":
        raise SchemaRefused(trail.path, f"{'.'.join(node.of)} is no array of values")
    return derived(writer, node.node, trail, value, slot, f"len({code.text})", "int")


def write_digest(writer: Writer, node: Digest, trail: Trail, value: str | None, slot: Slot) -> list[Piece]:
    """A checksum over bytes that are written before it."""
    own = node.algorithm.module == "crc32c" and node.algorithm.name == "crc32c"
    function = writer.tables.function(node.algorithm)
    writer.seeded = writer.seeded or bool(node.seed)
    scope = writer.scopes[-1]
    if node.sealing:
        index = scope.slots.index(slot)
        for before in scope.slots[:index]:
            writer.pieces(before, writer.scopes)
        covered = writer.gathered(scope, 0, index, ("header",), "") if index else 'b""'
    else:
        covered = covered_bytes(writer, node, trail)
    text = f"{function}({covered}{', seed' if node.seed else ''})"
    if node.masked:
        text = MASKED.format(text)
    assert own or not node.masked
    kind = "int" if isinstance(node.node, Integer) else "bytes"
    if value is not None or kind == "bytes" or node.masked:
        return derived(writer, node.node, trail, value, slot, text, kind)
    slot.code = Code(text, kind, *number_range(node.node))
    return writer.write(writer, node.node, trail, text, slot)


def covered_bytes(writer: Writer, node: Digest, trail: Trail) -> str:
    """The bytes of the fields that a checksum covers."""
    first, scopes = writer.slot(node.covers[0], trail)
    last, _ = writer.slot(node.covers[-1], trail)
    scope = scopes[-1]
    if first not in scope.slots or last not in scope.slots:
        raise SchemaRefused(trail.path, "it covers a field inside another field")
    start, end = scope.slots.index(first), scope.slots.index(last) + 1
    for slot in scope.slots[start:end]:
        writer.pieces(slot, scopes)
    return writer.gathered(scope, start, end, (*first.trail.hint,))


def write_repeated(writer: Writer, node: Repeated, trail: Trail, value: str | None, _slot: Slot) -> list[Piece]:
    """A closing tag."""
    target, _ = writer.slot(Field(0, (node.of,)), trail)
    if target.code is None or target.code.kind != "bytes":
        raise SchemaRefused(trail.path, f"{node.of} is not bytes")
    source = target.code.text
    if not (isinstance(target.node, Raw) and (literal_int(target.node.size) or 0) >= node.size):
        writer.refuse(f"len({source}) < {node.size}", trail)
    text = f"{source}[:{node.size}]"
    if value is not None:
        writer.refuse(f"{value} != {text}", trail)
    return [Piece(str(node.size), f"{node.size}s", "", [text], text)]


# --- bits ------------------------------------------------------------------------------------------------------------


def write_bit_group(writer: Writer, node: BitGroup, trail: Trail, value: str | None, slot: Slot) -> list[Piece]:
    """Bit fields, put together in one number."""
    scope = slot.inner if slot.inner is not None and slot.inner.node is node else writer.open(writer, node, trail, value)
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


def write_ends(writer: Writer, node: EndsOf, trail: Trail, value: str | None, slot: Slot) -> list[Piece]:
    """The cumulative ends of a heap's items."""
    target, _ = writer.slot(Field(0, (node.of,)), trail)
    if target.code is None or not isinstance(target.node, Slices):
        raise SchemaRefused(trail.path, f"{node.of} is no heap of slices")
    writer.tables.need("itertools", "accumulate")
    code, order = integer_code(node.node)
    if not code:
        raise SchemaRefused(trail.path, f"ends of {node.node.size} bytes", "1, 2, 4 or 8 bytes")
    local = writer.local(f"tuple(accumulate(map(len, {target.code.text})))", trail)
    slot.code = Code(local, "tuple")
    if value is not None:
        writer.refuse(f"{value} != {local}", trail)
    if not same_count(writer, node.count, target, trail):
        writer.refuse(f"len({local}) != {size_of(node.count, writer.context(trail)).atom}", trail)
    count = f"len({target.code.text})"
    return [Piece(f"{count} * {node.node.size}", f"{{{count}}}{code}", order, [f"*{local}"])]


def same_count(writer: Writer, count: Expression, target: Slot, trail: Trail) -> bool:
    """Whether a count is the very field to which the number of these elements is written."""
    if not isinstance(count, Field):
        return False
    source, scopes = writer.slot(count, trail)
    if not isinstance(source.node, CountOf):
        return False
    before, writer.scopes = writer.scopes, scopes
    counted, _ = writer.slot(Field(0, source.node.of), trail)
    writer.scopes = before
    return counted is target
