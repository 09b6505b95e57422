"""Encoding of arrays, heaps and streams."""

from __future__ import annotations

from ..layout import (
    Accepted,
    Array,
    Blocks,
    Boolean,
    Bounded,
    CountedArray,
    Enumeration,
    Field,
    FlagSet,
    Integer,
    Node,
    Raw,
    Records,
    Slices,
    literal_int,
    minimum_size,
)
from .expressions import size_of
from .read_columns import disorder
from .scalars import flag_mask, integer_code, integer_range
from .tables import Trail
from .text import quoted
from .write_composites import settle_outer
from .write_derived import require_slices, same_count
from .writer import Piece, Slot, Writer


def write_array(writer: Writer, node: Array, trail: Trail, value: str | None, slot: Slot) -> list[Piece]:
    """`count` elements."""
    assert value is not None
    writer.refuse(f"type({value}) is not tuple", trail, "TypeError")
    size = size_of(node.count, writer.context(trail))
    count = f"int({size.text})" if size.kind == "bool" else size.atom
    if not same_count(writer, node.count, slot, trail):
        writer.refuse(f"len({value}) != {count}", trail)
    if node.order:
        writer.refuse(disorder(writer, value, node.order), trail)
    if node.last is not None:
        last = writer.expression(node.last, trail)
        writer.refuse(f"({value}[-1] if {value} else 0) != {last.atom}", trail)
    return write_elements(writer, node.node, trail, value, count)


def write_counted(writer: Writer, node: CountedArray, trail: Trail, value: str | None, slot: Slot) -> list[Piece]:
    """A count, then as many elements."""
    assert value is not None
    writer.refuse(f"type({value}) is not tuple", trail, "TypeError")
    below = Trail(trail.path, (*trail.words, "count"))
    before = writer.write(writer, node.count, below, f"len({value})", slot)
    return [*before, *write_elements(writer, node.node, trail, value, f"len({value})")]


def write_elements(writer: Writer, node: Node, trail: Trail, value: str, count: str) -> list[Piece]:
    """The elements of a tuple: numbers as one column, others one by one."""
    return write_column(writer, node, trail, value, count) or write_loop(writer, node, trail, value)


def write_column(writer: Writer, node: Node, trail: Trail, value: str, count: str) -> list[Piece]:
    """A column of scalars in one call; nothing where the element is no such scalar."""
    match node:
        case Integer():
            code, order = integer_code(node)
            if not code:
                return []
            if code == "B":
                return [Piece(count, text=f"bytes({value})")]
            if count.isdigit():
                return [Piece(str(int(count) * node.size), f"{count}{code}", order, [f"*{value}"])]
            return [Piece(f"{count} * {node.size}", code, order, [f"*{value}"], count=count)]
        case Boolean():
            writer.refuse(f"not {{False, True}}.issuperset({value})", trail)
            return [Piece(f"len({value})", text=f"bytes({value})")]
        case Raw(size=size) if width := literal_int(size):
            writer.refuse(f"any(type(item) is not bytes or len(item) != {width} for item in {value})", trail)
            return [Piece(f"len({value}) * {width}", text=f'b"".join({value})')]
        case Bounded(node=Integer(size=1 | 2 | 4 | 8) as inner):
            low, high = integer_range(inner)
            tests = [f"min({value}) < {node.minimum}"] * (node.minimum > low)
            tests += [f"max({value}) > {node.maximum}"] * (node.maximum < high)
            if tests:
                writer.refuse(f"{value} and ({' or '.join(tests)})", trail)
            return write_column(writer, inner, trail, value, count)
        case Accepted(node=Integer(size=1 | 2 | 4 | 8) as inner, values=values, refused=refused) if values:
            allowed = f"{{{', '.join(quoted(item) for item in values)}}}"
            writer.refuse(f"not {allowed}.{'isdisjoint' if refused else 'issuperset'}({value})", trail)
            return write_column(writer, inner, trail, value, count)
        case FlagSet(node=Integer(size=1 | 2 | 4 | 8) as inner, named=False):
            writer.refuse(f"any(mask & ~{flag_mask(node, trail):#x} for mask in {value})", trail)
            return write_column(writer, inner, trail, value, count)
        case Enumeration(node=Integer(size=1 | 2 | 4 | 8) as inner, closed=True):
            numbers = writer.tables.enumeration(node, trail).numbers
            local = writer.local(f"[{numbers}[name] for name in {value}]", trail, "_numbers")
            return write_column(writer, inner, trail, local, count)
    return []


def write_loop(writer: Writer, node: Node, trail: Trail, value: str) -> list[Piece]:
    """Elements one by one, their bytes joined."""
    settle_outer(writer, node, trail)
    parts = open_loop(writer, node, trail, value)
    text = writer.local(f'b"".join({parts})', trail, "_bytes")
    return [Piece(f"len({text})", text=text)]


def open_loop(writer: Writer, node: Node, trail: Trail, value: str) -> str:
    """A loop that gathers the bytes of elements in a list; the list's name."""
    parts, item = writer.names.local(trail.hint, "_parts"), writer.names.local(trail.hint, "_item")
    before = len(writer.lines.lines)
    writer.lines.add(f"{parts}: list[bytes] = []")
    with writer.block(f"for {item} in {value}:"):
        begin = len(writer.lines.lines)
        pieces = writer.write(writer, node, trail, item, Slot(node, trail, item))
        found = writer.parts(pieces, trail.hint)
        is_simple = len(found) == 1 and len(writer.lines.lines) == begin
        for part in found:
            writer.lines.expression(f"{parts}.append(", part, ")")
    if is_simple:
        del writer.lines.lines[before:]
        writer.lines.expression(f"{parts} = ", f"[{found[0]} for {item} in {value}]")
    return parts


def write_slices(writer: Writer, node: Slices, trail: Trail, value: str | None, slot: Slot) -> list[Piece]:
    """Byte strings back to back, without the prefix that all share."""
    assert value is not None
    if not node.prefix:
        require_slices(writer, value, trail)
    prefix = writer.lookup(Field(0, (node.prefix,))).text if node.prefix else ""
    if node.minimum == 1:
        writer.refuse(f"not all({value})", trail)
    elif node.minimum:
        writer.refuse(f"{value} and min(map(len, {value})) < {node.minimum}", trail)
    heap = writer.names.local(trail.hint, "_heap")
    stored, size, least = value, "", f"len({heap})"
    if prefix:
        slot.stored = stored = writer.names.local(trail.hint, "_suffixes")
        size = writer.local(f"len({prefix})", trail, "_left_out")
        writer.lines.add(f"{stored} = [item[{size}:] for item in {value}] if {size} else {value}")
        least = f"{size} + len({heap})"
    writer.lines.add(f'{heap} = b"".join({stored})')
    if prefix:
        writer.refuse(f"{size} * len({value}) + len({heap}) > {node.total}", trail)
    writer.refuse(f"{least} > {node.maximum} and max(map(len, {value})) > {node.maximum}", trail)
    if node.order:
        writer.refuse(disorder(writer, value, node.order), trail)
    return [Piece(f"len({heap})", text=heap)]


def write_records(writer: Writer, node: Records, trail: Trail, value: str | None, _slot: Slot) -> list[Piece]:
    """Records back to back."""
    assert value is not None
    writer.refuse(f"type({value}) is not tuple", trail, "TypeError")
    return write_loop(writer, node.node, trail, value)


def write_blocks(writer: Writer, node: Blocks, trail: Trail, value: str | None, _slot: Slot) -> list[Piece]:
    """Blocks of whole records, zeros between them."""
    assert value is not None
    smallest = minimum_size(node.node)
    writer.refuse(f"type({value}) is not tuple", trail, "TypeError")
    settle_outer(writer, node.node, trail)
    blocks, block, rest = (writer.names.local(trail.hint, suffix) for suffix in ("_blocks", "_block", "_rest"))
    writer.lines.add(f"{blocks}: list[bytes] = []")
    writer.lines.add(f"{rest} = 0")
    with writer.block(f"for {block} in {value}:"):
        writer.refuse(f"type({block}) is not tuple or not {block}", trail, "TypeError")
        writer.refuse(f"{rest} >= {smallest}", trail)
        writer.lines.add(f"{blocks}.append(bytes({rest}))")
        parts = open_loop(writer, node.node, trail, block)
        data = writer.names.local(trail.hint, "_data")
        writer.lines.add(f'{data} = b"".join({parts})')
        writer.lines.add(f"{rest} = {node.size} - len({data})")
        writer.refuse(f"{rest} < 0", trail)
        writer.lines.add(f"{blocks}.append({data})")
    text = writer.local(f'b"".join({blocks})', trail, "_bytes")
    return [Piece(f"len({text})", text=text)]
