"""Decoding of arrays: columns of scalars in one call, rows of fixed width, and loops over all others."""

from __future__ import annotations

from ..errors import SchemaRefused
from ..layout import (
    Accepted,
    Array,
    Boolean,
    Bounded,
    CountedArray,
    Enumeration,
    Expression,
    Field,
    FlagSet,
    Integer,
    Node,
    Raw,
    fixed_size,
    literal_int,
    minimum_size,
)
from .expressions import compiled
from .known import Bound, Run, Spot
from .read_branches import expression
from .read_composites import in_run, times
from .reader import Reader
from .scalars import flag_mask, integer_code, integer_range
from .tables import NUMBER_SHAPES, Trail
from .text import Code, quoted
from .writer import Writer

#: Elements without bytes are repeated at most so often.
EMPTY_ELEMENTS_MAXIMUM = 1024


def read_array(reader: Reader, node: Array, trail: Trail) -> Bound:
    """`count` elements."""
    reader.announced = None
    reader.flush()
    source = reader.source(node.count) if isinstance(node.count, Field) else None
    count = count_of(reader, node.count, trail)
    bound = elements(reader, node.node, count, trail)
    bound.source, bound.count = source, count
    if node.order:
        check_order(reader, node.node, bound, node.order, trail)
    if node.last is not None:
        check_last(reader, node, bound, trail)
    return bound


def read_counted(reader: Reader, node: CountedArray, trail: Trail) -> Bound:
    """A count, then as many elements."""
    start = reader.spot
    reader.announced = None
    count = reader.read(reader, node.count, Trail(trail.path, (*trail.words, "count"))).code
    if count is None or count.kind != "int":
        raise SchemaRefused(trail.path, f"a count of {type(node.count).__name__} cannot be compiled")
    reader.flush()
    bound = elements(reader, node.node, count, trail)
    bound.start = start
    return bound


def count_of(reader: Reader, count: Expression, trail: Trail) -> Code:
    """The count of an array; not negative."""
    code = expression(reader, count, trail)
    if code.kind not in ("int", "bool"):
        raise SchemaRefused(trail.path, f"a count that is {code.kind}")
    if code.low is None or code.low < 0:
        code = counted(reader, code, trail)
        reader.check(f"{code.text} < 0")
    text = f"int({code.text})" if code.kind == "bool" else code.text
    return Code(text, "int", max(code.low or 0, 0), code.high)


def counted(reader: Reader, count: Code, trail: Trail) -> Code:
    """A count in a local, for it is used more than once."""
    if count.text.isidentifier() or count.text.isdigit():
        return count
    local = reader.names.local(trail.hint, "_count")
    reader.line(f"{local} = {count.text}")
    return Code(local, "int", count.low, count.high)


def elements(reader: Reader, node: Node, count: Code, trail: Trail) -> Bound:
    """So many elements, in the fastest way that their shape allows."""
    fixed, smallest = fixed_size(node), minimum_size(node)
    if not smallest:
        check_empty(node, count, trail)
    if fixed:
        start = reader.spot
        end = reader.end_of(times(count, fixed), trail.hint)
        bound = column(reader, node, count, start, end, trail) or rows(reader, node, start, end, trail)
        if bound:
            reader.spot = end
            return bound
    elif smallest:
        count = counted(reader, count, trail)
        reader.flush()
        reader.check(f"{count.text} * {smallest} > {reader.limit} - {Code(str(reader.spot), 'int').atom}")
    return loop(reader, node, f"for _ in range({count.text}):", trail)


def check_empty(node: Node, count: Code, trail: Trail) -> None:
    """Refuse elements that may have no bytes, unless there are few of them."""
    if count.high is None or count.high != count.low or count.high > EMPTY_ELEMENTS_MAXIMUM:
        raise SchemaRefused(trail.path, f"a varying number of {type(node).__name__} that may have no bytes")


def loop(reader: Reader, node: Node, header: str, trail: Trail) -> Bound:
    """Elements one after the other, under a loop's header."""
    reader.loop(trail)
    reader.flush()
    start = reader.spot
    items, offset = reader.names.local(trail.hint, "_items"), reader.names.local(trail.hint, "_offset")
    reader.lines.add(f"{items}: list[{element_type(reader, node, trail)}] = []")
    reader.lines.add(f"{offset} = {start}")
    proven, fills = reader.proven, reader.fills
    with reader.block(header.replace("@offset", offset)):
        reader.spot, reader.proven, reader.fills, reader.filled = Spot(offset), {}, False, None
        inner = reader.read(reader, node, trail)
        assert inner.code is not None
        reader.line(f"{items}.append({inner.code.text})")
        if reader.spot != Spot(offset):
            reader.line(f"{offset} = {reader.spot}")
    reader.loops -= 1
    reader.proven, reader.fills, reader.filled = proven, fills, None
    reader.spot = Spot(offset)
    reader.proven[offset] = 0
    return Bound(node, Code(f"tuple({items})", "tuple"), start, reader.spot)


def element_type(reader: Reader, node: Node, trail: Trail) -> str:
    """The annotation of one element."""
    kind = reader.tables.types[id(node), trail.words]
    return kind.record if reader.records else kind.tuple


def in_local(reader: Reader, bound: Bound, trail: Trail) -> Bound:
    """The same value in a local, for it is used more than once."""
    assert bound.code is not None
    if not bound.code.text.isidentifier():
        local = reader.names.local(trail.hint)
        reader.line(f"{local} = {bound.code.text}")
        bound.code = Code(local, bound.code.kind)
    return bound


# --- columns ---------------------------------------------------------------------------------------------------------


def column(reader: Reader, node: Node, count: Code, start: Spot, end: Spot, trail: Trail) -> Bound | None:
    """A column of scalars in one call; None where the element is no such scalar."""
    match node:
        case Integer():
            code, order = integer_code(node)
            if not code:
                return None
            local = reader.names.local(trail.hint)
            reader.line(f"{local} = {unpacked(reader, code, order, count, start, end)}")
        case Boolean():
            local = reader.names.local(trail.hint)
            source = reader.names.local(trail.hint, "_bytes")
            reader.line(f"{source} = {reader.bytes_text(start, end)}")
            reader.check(f'{source}.strip(b"\\x00\\x01")')
            reader.line(f"{local} = tuple(map(bool, {source}))")
        case Raw(size=size) if width := literal_int(size):
            local = reader.names.local(trail.hint)
            element = f"data[i : i + {width}]" if reader.immutable else f"bytes(data[i : i + {width}])"
            reader.line(f"{local} = tuple([{element} for i in range({start}, {end}, {width})])")
        case Bounded(node=Integer(size=1 | 2 | 4 | 8) as inner):
            local = integers(reader, inner, count, start, end, trail)
            check_bounds(reader, inner, node, local, count)
        case Accepted(node=Integer(size=1 | 2 | 4 | 8) as inner, values=values, refused=refused) if values:
            local = integers(reader, inner, count, start, end, trail)
            allowed = f"{{{', '.join(quoted(value) for value in values)}}}"
            reader.check(f"not {allowed}.{'isdisjoint' if refused else 'issuperset'}({local})")
        case FlagSet(node=Integer(size=1 | 2 | 4 | 8) as inner, named=False):
            local = integers(reader, inner, count, start, end, trail)
            mask = flag_mask(node, trail)
            reader.check(f"any(mask & ~{mask:#x} for mask in {local})")
        case Enumeration(node=Integer(size=1 | 2 | 4 | 8) as inner):
            return enumerations(reader, node, inner, count, start, end, trail)
        case _:
            return None
    return Bound(node, Code(local, "tuple"), start, end)


def integers(reader: Reader, node: Integer, count: Code, start: Spot, end: Spot, trail: Trail) -> str:
    """The local of a column of integers below a mapping."""
    bound = column(reader, node, count, start, end, trail)
    assert bound is not None
    assert bound.code is not None
    return bound.code.text


def unpacked(reader: Reader, code: str, order: str, count: Code, start: Spot, end: Spot) -> str:
    """The call that unpacks a column of numbers."""
    if code == "B":
        return f"tuple({reader.bytes_text(start, end, view=True)})"
    if count.text.isdigit():
        shape = reader.tables.shape(f"{order or '<'}{count.text}{code}", "COLUMN")
        return f"{shape}.unpack_from(data, {start})"
    return f"{shape_of_column(reader, code, order, count)}.unpack_from(data, {start})"


def shape_of_column(reader: Reader, code: str, order: str, count: Code) -> str:
    """The shape of a column; where its count is a local, the shape is one too, for all the columns like it."""
    shape = reader.tables.column(code, order, count.text)
    if not count.text.isidentifier():
        return shape
    if shape not in reader.columns:
        reader.columns[shape] = reader.names.local((count.text,), f"_{NUMBER_SHAPES[code].lower()}s")
        reader.line(f"{reader.columns[shape]} = {shape}")
    return reader.columns[shape]


def check_bounds(reader: Reader, inner: Integer, node: Bounded, local: str, count: Code) -> None:
    """Every number of a column within bounds."""
    low, high = integer_range(inner)
    tests = [f"min({local}) < {node.minimum}"] * (node.minimum > low) + [f"max({local}) > {node.maximum}"] * (
        node.maximum < high
    )
    if tests:
        text = " or ".join(tests)
        reader.check(text if count.low and len(tests) == 1 else f"({text})" if count.low else f"{local} and ({text})")


def enumerations(
    reader: Reader, node: Enumeration, inner: Integer, count: Code, start: Spot, end: Spot, trail: Trail
) -> Bound:
    """A column of names."""
    numbers = f"data[{start}:{end}]" if inner.size == 1 and not inner.signed else ""
    if not numbers:
        code, order = integer_code(inner)
        numbers = unpacked(reader, code, order, count, start, end)
    names, local = reader.tables.enumeration(node, trail).names, reader.names.local(trail.hint)
    if node.closed:
        reader.line(
            f"try:\n    {local} = tuple([{names}[number] for number in {numbers}])\nexcept KeyError:\n    return None"
        )
    else:
        reader.line(f"{local} = tuple([{names}.get(number, number) for number in {numbers}])")
    return Bound(node, Code(local, "tuple"), start, end)


def check_order(reader: Reader, element: Node, bound: Bound, order: str, trail: Trail) -> None:
    """Values that ascend."""
    if isinstance(element, Enumeration | FlagSet) or not isinstance(
        getattr(element, "node", element), Integer | Raw | Boolean
    ):
        raise SchemaRefused(trail.path, f"an order of {type(element).__name__} cannot be compiled")
    in_local(reader, bound, trail)
    assert bound.code is not None
    reader.check(disorder(reader, bound.code.text, order))


def disorder(reader: Reader | Writer, local: str, order: str) -> str:
    """The condition under which a tuple is out of order. Sorting what is sorted is the fastest check that it is."""
    if order == "strict":
        reader.tables.need("operator", "lt")
        return f"not all(map(lt, {local}, {local}[1:]))"
    return f"list({local}) != sorted({local})"


def check_last(reader: Reader, node: Array, bound: Bound, trail: Trail) -> None:
    """The last element is what it must be; without elements that must be 0."""
    assert node.last is not None
    in_local(reader, bound, trail)
    assert bound.code is not None
    local, last, element = bound.code.text, node.last, node.node
    if not isinstance(element, Integer | Bounded | Accepted):
        raise SchemaRefused(trail.path, f"a last {type(element).__name__} cannot be compiled")

    def check() -> None:
        expected = compiled(last, reader.context(trail))
        reader.check(f"{last_of(local, filled=bool(bound.count and bound.count.low))} != {expected.atom}")

    reader.wait(trail, check)


def last_of(local: str, *, filled: bool) -> str:
    """The last element of a tuple; 0 where it may be empty and is."""
    return f"{local}[-1]" if filled else f"({local}[-1] if {local} else 0)"


# --- rows ------------------------------------------------------------------------------------------------------------


def rows(reader: Reader, node: Node, start: Spot, end: Spot, trail: Trail) -> Bound | None:
    """Elements of fixed-width fields, unpacked row by row; None where an element needs more than its own fields."""
    if not in_run(node):
        return None
    reader.flush()
    row, taken, written = Spot("@row"), set(reader.names.taken), len(reader.lines.lines)
    shapes, named = dict(reader.tables.shapes), set(reader.tables.names.taken)
    reader.run = run = Run(row, trail.hint)
    reader.spot, proven = row, reader.proven
    reader.lines.depth += 1
    inner = reader.read(reader, node, trail)
    reader.lines.depth -= 1
    body = [statement if isinstance(statement, str) else statement.condition for statement in reader.body]
    if reader.run is not run or inner.code is None or any("@row" in text for text in [*body, inner.code.text]):
        reader.run, reader.body, reader.spot, reader.proven = None, [], start, proven
        reader.names.taken, reader.tables.names.taken, reader.tables.shapes = taken, named, shapes
        del reader.lines.lines[written:]
        return None
    reader.run = None
    return write_rows(reader, run, inner.code, Bound(node, None, start, end), trail)


def write_rows(reader: Reader, run: Run, value: Code, bound: Bound, trail: Trail) -> Bound:
    """The loop over rows; one expression where nothing is checked."""
    assert bound.start is not None
    assert bound.end is not None
    shape, targets = reader.shape_of(run)
    rows_text = f"{shape}.iter_unpack({reader.bytes_text(bound.start, bound.end, view=True)})"
    names = f"{targets[0]}," if len(targets) == 1 else ", ".join(targets)
    if not reader.body:
        tuples = value.text in (f"({names})", f"({', '.join(targets)})")
        text = f"tuple({rows_text})" if tuples else f"tuple([{value.text} for {names} in {rows_text}])"
        bound.code = Code(text, "tuple")
        return in_local(reader, bound, trail)
    items = reader.names.local(trail.hint, "_items")
    reader.lines.add(f"{items}: list[{element_type(reader, bound.node, trail)}] = []")
    body, reader.body = reader.body, []
    with reader.block(f"for {names} in {rows_text}:"):
        reader.body = body
        reader.line(f"{items}.append({value.text})")
    bound.code = Code(f"tuple({items})", "tuple")
    return bound
