"""Encoding of structs, regions, branches and other nodes that hold nodes."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import SchemaRefused
from ..layout import (
    Array,
    BitGroup,
    Blocks,
    Boolean,
    Captured,
    Choice,
    Computed,
    Conditional,
    Constant,
    CountedArray,
    Digest,
    Enumeration,
    Expression,
    Field,
    FlagSet,
    Float,
    Node,
    Nothing,
    Operation,
    Padded,
    Prefixed,
    Raw,
    Records,
    Region,
    Repeated,
    Size,
    Slices,
    Struct,
    Text,
    Zeros,
    children,
    fixed_size,
    value_members,
)
from .expressions import size_of
from .naming import field_names
from .reach import fills
from .read_branches import selector_type
from .tables import Trail, branches
from .text import Code, quoted
from .write_derived import covered_bytes
from .write_scalars import number_range, same_length, zeros_maximum
from .writer import Piece, Slot, Writer, WriteScope, constant_piece


def open_struct(
    writer: Writer, node: Struct | BitGroup, trail: Trail, source: str | None, parameters: list[str] | None = None
) -> WriteScope:
    """Take a struct's value apart, into locals; structs directly inside it likewise.

    `source`: the expression of its value; `parameters`: the locals that hold its members already.
    """
    members = value_members(node)
    locals_ = parameters or [writer.names.local(trail.named(member.name).hint) for member in members]
    if not parameters and source is not None:
        if writer.records:
            if trail.words or not locals_:
                kind = writer.tables.records[trail.words].name
                writer.refuse(f"type({source}) is not {kind}", trail, "TypeError")
            for local, field in zip(locals_, field_names(node), strict=True):
                writer.lines.add(f"{local} = {source}.{field}")
        elif locals_:
            writer.refuse(f"type({source}) is not tuple", trail, "TypeError")
            writer.lines.statement("", locals_, f"{',' if len(locals_) == 1 else ''} = {source}")
        else:
            writer.refuse(f"{source} != ()", trail)
    values = {member.name: local for member, local in zip(members, locals_, strict=True)}
    slots = [slot_of(member.node, trail.named(member.name), values.get(member.name)) for member in node.members]
    names = {member.name: slot for member, slot in zip(node.members, slots, strict=True) if member.name is not None}
    scope = WriteScope(node, slots, names)
    for slot in slots:
        inner = struct_below(slot.node)
        if inner is not None and slot.value is not None:
            slot.inner = open_struct(writer, inner, slot.trail, slot.value)
    return scope


def struct_below(node: Node) -> Struct | BitGroup | None:
    """The struct that a member is, also inside a region and the like."""
    while isinstance(node, Region | Prefixed | Padded | Captured):
        node = node.node
    return node if isinstance(node, Struct | BitGroup) else None


def slot_of(node: Node, trail: Trail, value: str | None) -> Slot:
    """The slot of a member; what expressions may say of its value is known from its type."""
    slot = Slot(node, trail, value)
    if value is not None:
        slot.code = value_code(node, value)
        flags = flags_below(node)
        if flags:
            slot.fields = {
                name: Slot(node, trail, code=Code(f"({quoted(name)} in {value})", "bool", 0, 1))
                for name, _ in flags.members
            }
    if isinstance(node, Constant):
        slot.code = Code(quoted(node.value), type(node.value).__name__, *bounds(node.value))
    return slot


def bounds(value: int | str | bytes) -> tuple[int | None, int | None]:
    """The bounds of a constant."""
    return (int(value), int(value)) if isinstance(value, int) else (None, None)


def flags_below(node: Node) -> FlagSet | None:
    """Named flags."""
    return node if isinstance(node, FlagSet) and node.named else None


def value_code(node: Node, value: str) -> Code | None:
    """The code of a value by the type of its node; None for structs."""
    while isinstance(node, Region | Prefixed | Padded | Captured):
        node = node.node
    match node:
        case Struct() | BitGroup():
            return None
        case Raw() | Repeated():
            return Code(value, "bytes")
        case Text():
            return Code(value, "str")
        case Float():
            return Code(value, "float")
        case Boolean():
            return Code(value, "bool", 0, 1)
        case Enumeration(closed=closed):
            return Code(value, "str" if closed else "mixed")
        case FlagSet(named=True):
            return Code(value, "set")
        case Array() | CountedArray() | Records() | Blocks() | Slices():
            return Code(value, "tuple")
        case Conditional() | Choice() | Computed() | Nothing() | Zeros():
            return Code(value, "mixed")
    if getattr(node, "boolean", False):
        return Code(value, "bool", 0, 1)
    low, high = number_range(node) if not isinstance(getattr(node, "node", None), Raw | Text) else (None, None)
    return Code(value, "int" if low is not None else "mixed", low, high)


def write_struct(writer: Writer, node: Struct, trail: Trail, value: str | None, slot: Slot) -> list[Piece]:
    """The members' pieces, each made when it is needed, in the order of their bytes."""
    scope = (
        slot.inner if slot.inner is not None and slot.inner.node is node else open_struct(writer, node, trail, value)
    )
    return write_scope(writer, scope)


def write_scope(writer: Writer, scope: WriteScope) -> list[Piece]:
    """The pieces of an opened struct."""
    before, writer.scopes = writer.scopes, (*writer.scopes, scope)
    for slot in scope.slots:
        writer.pieces(slot, writer.scopes)
    writer.scopes = before
    return scope.pieces(0, len(scope.slots))


def write_region(writer: Writer, node: Region, trail: Trail, value: str | None, slot: Slot) -> list[Piece]:
    """Content that fills its region, or zeros behind it."""
    pieces = writer.write(writer, node.node, trail, value, slot)
    if node.exact and same_length(writer, node.size, slot, trail):
        return pieces
    return filled(writer, pieces, node.size, trail, exact=node.exact or fills(node.node, trail))


def write_padded(writer: Writer, node: Padded, trail: Trail, value: str | None, slot: Slot) -> list[Piece]:
    """A node and zeros behind it."""
    pieces = writer.write(writer, node.node, trail, value, slot)
    return filled(writer, pieces, node.size, trail, exact=fills(node.node, trail))


def filled(writer: Writer, pieces: list[Piece], size: Expression, trail: Trail, *, exact: bool) -> list[Piece]:
    """Pieces brought to a size by zeros, which `exact` content must have of itself."""
    total, used = size_of(size, writer.context(trail)), writer.size(pieces)
    if used.isdigit() and total.text.isdigit():
        left = int(total.text) - int(used)
        if left < 0 or (exact and left):
            raise SchemaRefused(trail.path, f"its content has {used} bytes, not {total.text}")
        return [*pieces, constant_piece(bytes(left))]
    if exact:
        writer.refuse(f"{used} != {total.atom}", trail)
        return pieces
    left_ = writer.local(f"{total.atom} - ({used})", trail, "_padding")
    writer.refuse(f"not 0 <= {left_} <= {zeros_maximum(total)}", trail)
    return [*pieces, Piece(left_, text=f"bytes({left_})")]


def write_prefixed(writer: Writer, node: Prefixed, trail: Trail, value: str | None, slot: Slot) -> list[Piece]:
    """A length, and what it measures."""
    pieces = writer.write(writer, node.node, trail, value, slot)
    width = fixed_size(node.length)
    if width is None:
        raise SchemaRefused(trail.path, f"a length prefix of {type(node.length).__name__} cannot be compiled")
    if len(pieces) > 1 and not writer.size(pieces).isdigit():
        text = writer.local(writer.joined(pieces, trail.hint), trail, "_content")
        pieces = [Piece(f"len({text})", text=text)]
    size = writer.size(pieces)
    text = f"{size} + {width}" if node.inclusive else size
    below = Trail(trail.path, (*trail.words, "length"))
    return [*writer.write(writer, node.length, below, text, slot), *pieces]


def write_captured(writer: Writer, node: Captured, trail: Trail, value: str | None, slot: Slot) -> list[Piece]:
    """The node itself."""
    return writer.write(writer, node.node, trail, value, slot)


def write_nothing(writer: Writer, _node: Nothing, trail: Trail, value: str | None, _slot: Slot) -> list[Piece]:
    """No bytes."""
    if value is not None:
        writer.refuse(f"{value} is not None", trail)
    return []


def write_computed(writer: Writer, node: Computed, trail: Trail, value: str | None, _slot: Slot) -> list[Piece]:
    """No bytes; the value must be what follows from others."""
    if value is not None:
        writer.refuse(f"{value} != {writer.expression(node.expression, trail).atom}", trail)
    return []


# --- branches --------------------------------------------------------------------------------------------------------


def write_branches(
    writer: Writer, node: Conditional | Choice, trail: Trail, value: str | None, _slot: Slot
) -> list[Piece]:
    """The bytes of the branch that the condition or selector names."""
    assert value is not None
    settle_outer(writer, node, trail)
    writer.tables.need("typing", "Any")
    taken, local = writer.names.local(trail.hint, "_value"), writer.names.local(trail.hint, "_bytes")
    headers = headers_of(writer, node, trail)
    writer.lines.add(f"{taken}: Any = {value}")
    for (label, case), header in zip(branches(node), headers, strict=False):
        below = trail.branch(label)
        with writer.block(header):
            pieces = writer.write(writer, case, below, taken, Slot(case, below, taken))
            writer.assign(local, writer.joined(pieces, below.hint))
    if len(headers) > len(branches(node)):
        with writer.block("else:"):
            writer.lines.add(f"raise ValueError({quoted('.'.join(map(str, trail.path)) + ': no branch matches')})")
    return [Piece(f"len({local})", text=local)]


def headers_of(writer: Writer, node: Conditional | Choice, trail: Trail) -> list[str]:
    """The headers of the branches; one more than there are branches where the rest is refused."""
    if isinstance(node, Conditional):
        return [f"if {writer.expression(node.condition, trail).text}:", "else:"]
    selector = writer.expression(node.selector, trail)
    name = selector.text
    if not name.isidentifier() or selector.kind in ("str", "mixed"):
        name = writer.names.local(trail.hint, "_selector")
        writer.lines.add(f"{name}{selector_type(selector)} = {selector.text}")
    cases = [f"{'elif' if index else 'if'} {name} == {quoted(value)}:" for index, (value, _) in enumerate(node.cases)]
    if not cases:
        raise SchemaRefused(trail.path, "a choice without cases")
    return [*cases, "else:"]


def settle_outer(writer: Writer, node: Node, trail: Trail) -> None:
    """Work out, before a branch or loop, every derived field outside that it needs: inside would be too late."""
    for name in outer_fields(node, 0):
        slot, scopes = writer.slot(name, trail)
        if slot.code is None and slot.inner is None:
            writer.pieces(slot, scopes)
    for digest in outer_digests(node, 0):
        covered_bytes(writer, digest, trail)


def outer_fields(node: Node, depth: int) -> Iterator[Field]:
    """The fields outside that a node's expressions name, seen from where the node stands."""
    expressions: list[Expression] = []
    for name in ("size", "count", "last", "expression", "condition", "selector"):
        value = getattr(node, name, None)
        if isinstance(value, Field | Operation | Size):
            expressions.append(value)
    for field in (field for expression in expressions for field in fields_of(expression)):
        if field.up >= depth:
            yield Field(field.up - depth, field.names)
    inner = depth + isinstance(node, Struct | BitGroup)
    for _, child in children(node):
        yield from outer_fields(child, inner)


def outer_digests(node: Node, depth: int) -> Iterator[Digest]:
    """The checksums inside a node that cover fields outside it, seen from where the node stands."""
    if isinstance(node, Digest) and node.covers and all(field.up >= depth for field in node.covers):
        covers = tuple(Field(field.up - depth, field.names) for field in node.covers)
        yield Digest(node.node, node.algorithm, covers)
    inner = depth + isinstance(node, Struct | BitGroup)
    for _, child in children(node):
        yield from outer_digests(child, inner)


def fields_of(expression: Expression) -> Iterator[Field]:
    """The fields that an expression names."""
    match expression:
        case Field():
            yield expression
        case Size(of=field):
            yield field
        case Operation(operands=operands):
            for operand in operands:
                yield from fields_of(operand)
