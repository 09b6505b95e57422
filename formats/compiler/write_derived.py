"""Encoding of derived fields, which are worked out from others."""

from __future__ import annotations

from ..errors import SchemaRefused
from ..layout import (
    Bits,
    Boolean,
    CountOf,
    Digest,
    EndsOf,
    Expression,
    Field,
    Integer,
    LengthOf,
    Node,
    PrefixOf,
    Raw,
    Rebuilt,
    Repeated,
    Slices,
    literal_int,
)
from .expressions import size_of
from .read_derived import MASKED
from .scalars import integer_code
from .tables import Trail
from .text import Code
from .write_scalars import number_range, same_length
from .writer import Piece, Slot, Writer


def derived(
    writer: Writer, node: Node, trail: Trail, value: str | None, slot: Slot, text: str, kind: str
) -> list[Piece]:
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
    scalar: Node = node.node
    while not isinstance(scalar, Integer | Bits) and hasattr(scalar, "node"):
        scalar = scalar.node
    if isinstance(scalar, Integer | Bits):
        kind = "int" if code.kind == "bool" else code.kind
    elif isinstance(scalar, Boolean) == (code.kind == "bool") and code.kind != "int":
        kind = code.kind
    else:
        wanted = "a comparison" if isinstance(scalar, Boolean) else "a value of its own type"
        raise SchemaRefused(trail.path, f"it is rebuilt from another type than it has; give it {wanted}")
    return derived(writer, node.node, trail, value, slot, code.text, kind)


def write_length(writer: Writer, node: LengthOf, trail: Trail, value: str | None, slot: Slot) -> list[Piece]:
    """The length of a sibling."""
    target, scopes = writer.slot(Field(0, node.names), trail)
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


def write_ends(writer: Writer, node: EndsOf, trail: Trail, value: str | None, _slot: Slot) -> list[Piece]:
    """The cumulative ends of a heap's items."""
    target, scopes = writer.slot(Field(0, (node.of,)), trail)
    if target.code is None or not isinstance(target.node, Slices) or target.node.prefix != node.prefix:
        raise SchemaRefused(trail.path, f"{node.of} is no heap of slices with prefix {node.prefix!r}")
    if node.prefix:
        writer.pieces(target, scopes)
    writer.tables.need("itertools", "accumulate")
    code, order = integer_code(node.node)
    if not code:
        raise SchemaRefused(trail.path, f"ends of {node.node.size} bytes", "1, 2, 4 or 8 bytes")
    if value is not None:
        raise SchemaRefused(trail.path, "ends stand outside the struct of their slices")
    size = size_of(node.count, writer.context(trail))
    count = f"int({size.text})" if size.kind == "bool" else size.atom
    if not same_count(writer, node.count, target, trail):
        writer.refuse(f"len({target.code.text}) != {count}", trail)
    ends = f"*accumulate(map(len, {target.stored or target.code.text}))"
    return [Piece(f"{count} * {node.node.size}", code, order, [ends], count=count)]


def write_prefix(writer: Writer, node: PrefixOf, trail: Trail, value: str | None, slot: Slot) -> list[Piece]:
    """What all items of a heap begin with: what the least and the greatest of them share, found in one step."""
    target, _ = writer.slot(Field(0, (node.of,)), trail)
    own = trail.path[-1] if trail.path else ""
    if target.code is None or not isinstance(target.node, Slices) or target.node.prefix != own:
        raise SchemaRefused(trail.path, f"{node.of} is no heap of slices with prefix {own!r}")
    if value is not None:
        raise SchemaRefused(trail.path, "a prefix stands outside the struct of its slices")
    items = target.code.text
    require_slices(writer, items, target.trail)
    least, greatest = (writer.names.local(trail.hint, suffix) for suffix in ("_least", "_greatest"))
    shared, differing = (writer.names.local(trail.hint, suffix) for suffix in ("_shared", "_differing"))
    local = writer.names.local(trail.hint)
    ordered = (f"{items}[0]", f"{items}[-1]") if target.node.order else (f"min({items})", f"max({items})")
    for name, text in zip((least, greatest), ordered, strict=True):
        writer.lines.add(f'{name} = {text} if {items} else b""')
    writer.lines.add(f"{shared} = min(len({least}), len({greatest}))")
    numbers = (f'int.from_bytes({name}[:{shared}], "big")' for name in (least, greatest))
    writer.lines.add(f"{differing} = {' ^ '.join(numbers)}")
    writer.lines.add(f"{shared} -= ({differing}.bit_length() + 7) // 8")
    writer.lines.add(f"{local} = {least}[:{shared}]")
    slot.code = Code(local, "bytes")
    if not same_length(writer, node.size, slot, trail):
        writer.refuse(f"len({local}) != {size_of(node.size, writer.context(trail)).atom}", trail)
    return [Piece(f"len({local})", text=local)]


def require_slices(writer: Writer, items: str, trail: Trail) -> None:
    """Refuse what is no tuple of byte strings."""
    writer.refuse(f"type({items}) is not tuple or not {{bytes}}.issuperset(map(type, {items}))", trail, "TypeError")


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
