"""Decoding of heaps of slices, and of streams of records."""

from __future__ import annotations

from ..errors import SchemaRefused
from ..layout import (
    Array,
    Blocks,
    EndsOf,
    Field,
    PrefixOf,
    Raw,
    Records,
    Slices,
    fixed_size,
    minimum_size,
)
from .expressions import Unbound
from .known import Bound, Spot, difference
from .read_columns import column, disorder, element_type, last_of, loop, read_array, rows
from .read_scalars import read_raw
from .reader import Reader
from .tables import Trail
from .text import Code


def read_ends(reader: Reader, node: EndsOf, trail: Trail) -> Bound:
    """The ends of the items of a heap."""
    bound = read_array(reader, Array(node.count, node.node), trail)
    return Bound(node, bound.code, bound.start, bound.end, source=bound.source, count=bound.count)


def read_prefix(reader: Reader, node: PrefixOf, trail: Trail) -> Bound:
    """What all items of a heap begin with; that it is the longest prefix is checked when they are read."""
    bound = read_raw(reader, Raw(node.size), trail)
    return Bound(node, bound.code, bound.start, bound.end, source=bound.source)


def prefix_text(reader: Reader, node: Slices, trail: Trail) -> str:
    """The local of the prefix of a heap's items; empty where they have none."""
    if not node.prefix:
        return ""
    try:
        bound = reader.bound(Field(0, (node.prefix,)))
    except Unbound as error:
        raise SchemaRefused(trail.path, str(error)) from None
    if bound.code is None or not isinstance(bound.node, PrefixOf) or bound.node.of != (trail.path or ("",))[-1]:
        raise SchemaRefused(trail.path, f"{node.prefix} is no prefix of it")
    return bound.code.text


def read_slices(reader: Reader, node: Slices, trail: Trail) -> Bound:
    """Byte strings up to the end of the region, cut at their ends."""
    try:
        ends = reader.bound(Field(0, (node.ends,)))
    except Unbound as error:
        raise SchemaRefused(trail.path, str(error)) from None
    if ends.code is None or not isinstance(ends.node, EndsOf) or ends.node.of != (trail.path[-1] if trail.path else ""):
        raise SchemaRefused(trail.path, f"{node.ends} is no column of its ends")
    reader.flush()
    start, end, column_ = reader.spot, reader.limit, ends.code.text
    filled = ends.count is not None and (ends.count.low or 0) > 0
    prefix = prefix_text(reader, node, trail)
    local, heap, items = (reader.names.local(trail.hint, suffix) for suffix in ("", "_heap", "_items"))
    first, last = reader.names.take("start"), reader.names.take("stop")
    reader.line(f"{heap} = {reader.bytes_text(start, end)}")
    reader.check(f"{last_of(column_, filled=filled)} != len({heap})")
    if node.minimum < 1 or (prefix and node.order != "strict"):
        reader.check(f"list({column_}) != sorted({column_})")
    if prefix:
        reader.check(f"len({prefix}) * len({column_}) + len({heap}) > {node.total}", "few bytes may stand for many")
    reader.line(f"{items}: list[bytes] = []")
    reader.line(f"{first} = 0")
    reader.line(f"for {last} in {column_}:\n    {items}.append({heap}[{first}:{last}])\n    {first} = {last}")
    if prefix:
        read_whole_items(reader, node, items, prefix, filled=filled)
    if node.minimum == 1 and node.order == "strict":
        first_item = f"not {items}[0]" if filled else f"{items} and not {items}[0]"
        reader.check(first_item if filled else f"({first_item})", "the others are not, or the order fails")
    elif node.minimum == 1:
        reader.check(f"not all({items})", "an empty item")
    elif node.minimum > 1:
        reader.check(f"({items} and min(map(len, {items})) < {node.minimum})")
    least = f"len({prefix}) + len({heap})" if prefix else f"len({heap})"
    longest = f"max(map(len, {items}))" if filled or not prefix else f"max(map(len, {items}), default=0)"
    reader.check(f"({least} > {node.maximum} and {longest} > {node.maximum})")
    reader.line(f"{local} = tuple({items})")
    if node.order:
        reader.check(disorder(reader, local, node.order))
    reader.spot = end
    return Bound(node, Code(local, "tuple"), start, end, source=ends.source)


def read_whole_items(reader: Reader, node: Slices, items: str, prefix: str, *, filled: bool) -> None:
    """Check that what is left of the items shares no further byte, and put the prefix before each.

    In order, the first and the last item share what all share; otherwise the least and the greatest do.
    """
    least, greatest = (f"{items}[0]", f"{items}[-1]") if node.order else (f"min({items})", f"max({items})")
    shares = f'{least}[:1] == {greatest}[:1] != b""'
    reader.check(shares if filled else f'({shares} if {items} else {prefix} != b"")', "a longer prefix")
    with reader.block(f"if {prefix}:"):
        reader.line(f"{items} = [{prefix} + item for item in {items}]")


def read_records(reader: Reader, node: Records, trail: Trail) -> Bound:
    """Records up to the end of the region."""
    if minimum_size(node.node) < 1:
        raise SchemaRefused(trail.path, "a record of a stream has at least one byte")
    reader.flush()
    start, end, width = reader.spot, reader.limit, fixed_size(node.node)
    if width:
        left = Code(difference(start, end), "int").atom
        if width > 1:
            reader.check(f"{left} % {width}")
        count = Code(f"{left} // {width}" if width > 1 else left, "int", 0, None)
        found = column(reader, node.node, count, start, end, trail)
        bound = found or rows(reader, node.node, start, end, trail)
        if bound:
            reader.spot = reader.filled = end
            return bound
    bound = loop(reader, node.node, f"while @offset < {end}:", trail)
    reader.filled = reader.spot
    return bound


def read_blocks(reader: Reader, node: Blocks, trail: Trail) -> Bound:
    """Blocks of whole records, zeros between them."""
    smallest = minimum_size(node.node)
    if not 1 <= smallest <= node.size:
        raise SchemaRefused(trail.path, f"a record has 1..{node.size} bytes")
    reader.flush()
    start, limit = reader.spot, reader.limit
    blocks, offset, stop = (reader.names.local(trail.hint, suffix) for suffix in ("_blocks", "_start", "_stop"))
    reader.lines.add(f"{blocks}: list[tuple[{element_type(reader, node.node, trail)}, ...]] = []")
    reader.lines.add(f"{offset} = {start}")
    reader.loop(trail)
    before = reader.limit, reader.proven
    with reader.block(f"while {offset} < {limit}:"):
        reader.lines.add(f"{stop} = min({offset} + {node.size}, {limit})")
        reader.spot, reader.limit, reader.proven = Spot(offset), Spot(stop), {}
        inner = loop(reader, node.node, f"while {stop} - @offset >= {smallest}:", trail)
        assert inner.code is not None
        rest = reader.filled_with(reader.spot, Spot(stop))
        reader.check(f"{reader.spot} != {stop} and ({stop} == {limit} or {rest})", "zeros between blocks")
        reader.line(f"{blocks}.append({inner.code.text})")
        reader.line(f"{offset} = {stop}")
    reader.loops -= 1
    reader.limit, reader.proven = before
    reader.spot = reader.filled = limit
    return Bound(node, Code(f"tuple({blocks})", "tuple"), start, limit)
