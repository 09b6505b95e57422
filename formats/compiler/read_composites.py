"""Decoding of structs, regions, branches and other nodes that hold nodes."""

from __future__ import annotations

from ..errors import SchemaRefused, path_text
from ..layout import (
    Array,
    BitGroup,
    Blocks,
    Captured,
    Choice,
    Computed,
    Conditional,
    CountedArray,
    EndsOf,
    Node,
    Nothing,
    Padded,
    Prefixed,
    PrefixOf,
    Raw,
    Records,
    Region,
    Slices,
    Struct,
    Text,
    Zeros,
    fixed_size,
    literal_int,
    value_members,
)
from . import reach
from .expressions import Unbound, compiled
from .known import Bound, Scope, Spot
from .naming import plain_text
from .reader import Reader
from .scalars import ZEROS_MAXIMUM
from .tables import Trail
from .text import Code, call

#: What is worth a comment of its own in the generated code; columns and byte strings are one line each.
SECTIONS = (Struct, Region, Prefixed, Captured, Conditional, Choice, CountedArray, Slices, Records, Blocks)


def in_run(node: Node) -> bool:
    """Whether a node is made of fixed-width scalars only, which are unpacked by one call."""
    match node:
        case Struct(members=members):
            return all(in_run(member.node) for member in members)
        case BitGroup() | Nothing() | Computed():
            return not isinstance(node, Nothing) or not node.end
        case Padded(node=inner):
            size, used = fixed_size(node), fixed_size(inner)
            return size is not None and used is not None and size - used <= ZEROS_MAXIMUM and in_run(inner)
        case Zeros():
            return (literal_int(node.size) or 0) <= ZEROS_MAXIMUM and fixed_size(node) is not None
        case (
            Array()
            | EndsOf()
            | PrefixOf()
            | Slices()
            | Records()
            | Blocks()
            | CountedArray()
            | Conditional()
            | Choice()
            | Prefixed()
        ):
            return False
        case Region():
            return False
        case _:
            below: Node | None = getattr(node, "node", None)
            return fixed_size(node) is not None and (below is None or in_run(below))


def read_struct(reader: Reader, node: Struct, trail: Trail) -> Bound:
    """Members one after the other; what can be known of their sizes is checked ahead, once for all."""
    scope = Scope(reader.spot, reader.lines.depth)
    reader.scopes.append(scope)
    fills, reader.fills = reader.fills, False
    reader.label = ("header",) if node.header else ("frame",) if not trail.words else ()
    known: dict[int, Spot] = {}
    planned = 0
    for index, member in enumerate(node.members):
        if index >= planned and not in_run(member.node):
            planned = plan(reader, node, index, known, trail, fills=fills)
            if len(reader.scopes) == 1 and reader.exact:
                reader.freeze(node.members[index:])
        if isinstance(member.node, SECTIONS) and not in_run(member.node) and member.name:
            reader.section(plain_text(path_text(trail.named(member.name).path)))
        reader.fills = fills and index == len(node.members) - 1
        reader.known = known.get(index)
        reader.here = trail.named(member.name).path
        name = member.name
        if name is not None:
            reader.announced = lambda early, name=name: announce(reader, scope, name, early)
        bound = reader.read(reader, member.node, trail.named(name))
        reader.announced = reader.known = None
        if name is not None:
            scope.fields[name] = bound
        reader.settle()
    reader.settle(final=True)
    reader.scopes.pop()
    code = composed(reader, node, trail, scope.fields)
    return Bound(node, code, scope.start, reader.spot, fields=scope.fields)


def announce(reader: Reader, scope: Scope, name: str, early: Bound) -> None:
    """Make known where a member lies before it is read, so that its checksum comes before its content."""
    scope.fields[name] = early
    reader.settle()


def composed(reader: Reader, node: Struct | BitGroup, trail: Trail, fields: dict[str, Bound]) -> Code:
    """The record or tuple of what was read."""
    values = []
    for member in value_members(node):
        code = fields[member.name or ""].code
        assert code is not None
        values.append(code.text)
    name = reader.tables.records[trail.words].name if reader.records else ""
    return Code(call(name, values), "record")


def plan(reader: Reader, node: Struct, first: int, known: dict[int, Spot], trail: Trail, *, fills: bool) -> int:
    """Work out where the members from `first` on end, as far as that can be said now, and check it once.

    The ends go to `known`; returns the index of the first member that is not covered.
    """
    reader.section()
    start, index, last = reader.spot, first, first
    while index < len(node.members):
        inner = node.members[index].node
        below = trail.named(node.members[index].name)
        count = len(reader.body)
        try:
            size = span_size(reader, inner, below)
        except Unbound:
            del reader.body[count:]
            break
        if size is None:
            break
        end = reader.advance(size, below.hint, check=False)
        if size.low is None or size.low != size.high:
            known[index] = end
        reader.spot = end
        index += 1
        last = index
    end, reader.spot = reader.spot, start
    if fills and last == len(node.members):
        reader.check_end(end)
        reader.filled = end
        reader.proven[end.base] = end.offset
    elif last > first:
        reader.require(end)
    for spot in known.values():
        reader.proven.setdefault(spot.base, spot.offset)
    return max(last, first + 1)


def span_size(reader: Reader, node: Node, trail: Trail) -> Code | None:
    """The number of bytes of a node, as far as it can be told before it is read."""
    fixed = fixed_size(node)
    if fixed is not None:
        return Code(str(fixed), "int", fixed, fixed)
    match node:
        case Raw(size=size) | Region(size=size) | Zeros(size=size) | Padded(size=size) | PrefixOf(size=size):
            return None if size is None else reader.size(size, trail)
        case Array(count=count, node=inner) | EndsOf(count=count, node=inner):
            width = fixed_size(inner)
            return None if width is None else times(reader.size(count, trail), width)
        case Text(node=inner) | Captured(node=inner):
            return span_size(reader, inner, trail)
    return None


def times(count: Code, width: int) -> Code:
    """A count times a width."""
    if width == 1:
        return count
    low = None if count.low is None else count.low * width
    return Code(f"{count.atom} * {width}", "int", low, None if count.high is None else count.high * width)


def read_region(reader: Reader, node: Region, trail: Trail) -> Bound:
    """A region of known size and its content."""
    announced, reader.announced = reader.announced, None
    reader.flush()
    start, source = reader.spot, reader.source(node.size)
    end = reader.end_of(reader.size(node.size, trail), trail.hint)
    if announced:
        announced(Bound(node, None, start, end, source=source))
    with reader.region(end, exact=node.exact or reach.fills(node.node, trail)):
        inner = reader.read(reader, node.node, trail)
    return Bound(node, inner.code, start, end, inner.raw if node.exact else "", source, inner.fields)


def read_prefixed(reader: Reader, node: Prefixed, trail: Trail) -> Bound:
    """A length, then a region of so many bytes."""
    width = fixed_size(node.length)
    start = reader.spot
    reader.announced = None
    length = reader.read(reader, node.length, Trail(trail.path, (*trail.words, "length")))
    code = length.code
    if code is None or code.kind != "int" or width is None:
        raise SchemaRefused(trail.path, f"a length prefix of {type(node.length).__name__} cannot be compiled")
    if node.inclusive:
        low = None if code.low is None else code.low - width
        code = Code(f"{code.atom} - {width}", "int", low, None if code.high is None else code.high - width)
    end = reader.advance(code, trail.hint)
    with reader.region(end, exact=True):
        inner = reader.read(reader, node.node, trail)
    return Bound(node, inner.code, start, end, "", None, inner.fields)


def read_padded(reader: Reader, node: Padded, trail: Trail) -> Bound:
    """A node, then zeros up to a size."""
    known, reader.known = reader.known, None
    announced, reader.announced = reader.announced, None
    start, size = reader.spot, literal_int(node.size)
    if size is None:
        reader.flush()
        start, source = reader.spot, reader.source(node.size)
        end = known or reader.advance(reader.size(node.size, trail), trail.hint)
        if announced:
            announced(Bound(node, None, start, end, source=source))
    else:
        source, end = None, start.plus(size)
    fills, reader.fills = reader.fills, False
    inner = reader.read(reader, node.node, trail)
    reader.fills = fills
    if reader.spot.base == end.base:
        left = end.offset - reader.spot.offset
        if left < 0:
            raise SchemaRefused(trail.path, f"{node.size} bytes hold no content of {end.offset - left} bytes")
        if left > ZEROS_MAXIMUM:
            reader.flush()
            reader.require(end)
            reader.check(reader.filled_with(reader.spot, end), "padding")
        else:
            reader.take("", left, trail, constant=bytes(left), comment="padding")
    else:
        reader.check(f"{reader.spot} > {end}" if reader.spot.base else f"{end} < {reader.spot}")
        reader.flush()
        reader.require(end)
        reader.check(reader.filled_with(reader.spot, end), "padding")
    reader.spot = end
    return Bound(node, inner.code, start, end, "", source, inner.fields)


def read_captured(reader: Reader, node: Captured, trail: Trail) -> Bound:
    """A node whose bytes a checksum covers."""
    inner = reader.read(reader, node.node, trail)
    bound = inner if inner.start is not None else Bound(node, inner.code, reader.spot, reader.spot, fields=inner.fields)
    bound.captured = True
    return bound


def read_nothing(reader: Reader, node: Nothing, trail: Trail) -> Bound:
    """No bytes; the end of a region may be demanded where the region's own end is checked, and nowhere else."""
    if node.end and not reader.fills:
        raise SchemaRefused(trail.path, "the end is demanded before the end of its region", "it as the last field")
    return Bound(node, Code("None", "none"), reader.spot, reader.spot)


def read_computed(reader: Reader, node: Computed, trail: Trail) -> Bound:
    """A value that follows from others."""
    try:
        code = compiled(node.expression, reader.context(trail))
    except Unbound as error:
        raise SchemaRefused(trail.path, str(error)) from None
    if code.text.isidentifier():
        return Bound(node, code, reader.spot, reader.spot)
    local = reader.names.local(trail.hint)
    reader.line(f"{local} = {code.text}")
    return Bound(node, Code(local, code.kind, code.low, code.high), reader.spot, reader.spot)
