"""Lookup in the bytes of a page: a heap of ascending slices beside columns of fixed-width numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from ..layout import (
    Array,
    Bounded,
    EndsOf,
    Expression,
    Field,
    Integer,
    Member,
    Node,
    Operation,
    PrefixOf,
    Region,
    Size,
    Slices,
    Struct,
)
from .expressions import Unbound, compiled
from .headers import Numbers, leading_numbers, names_in, sizes_of
from .naming import constant_name
from .read_composites import span_size
from .reader import Reader
from .scalars import integer_code
from .tables import Tables, Trail
from .text import Code, Lines

FREEZE: Final = "if type(data) is not bytes:\n    data = bytes(data)"
#: Where the counts are unpacked.
COUNTS: Final = "..."
#: The locals and parameters of the functions below, which no field may be called.
LOCALS: Final = ("count", "found", "heap", "high", "index", "key", "low", "middle", "prefix", "start", "stop")


@dataclass
class Column:
    """A column of a page: its name, where it begins, its element, its count."""

    name: str
    offset: str
    element: Integer
    count: Expression
    node: Array | EndsOf


@dataclass
class Page:
    """The shape of a page that can be searched. `prefix`: the size in bytes of what stands before the heap for all."""

    numbers: Numbers
    count: Code
    columns: list[Column]
    ends: Column
    slices: Slices
    heap: str
    prefix: str = ""


def page_of(tables: Tables, root: Node) -> Page | None:
    """The page that a frame holds, where all its columns can be found from the leading fields; else None."""
    if not isinstance(root, Struct):
        return None
    for index, member in enumerate(root.members):
        inner = member.node.node if isinstance(member.node, Region) else None
        if isinstance(inner, Struct) and any(isinstance(m.node, Slices) and m.node.order for m in inner.members):
            before = Struct(root.members[:index], root.header)
            return page_in(tables, before, lifted(inner), member.name or "")
    return None


def lifted(node: Struct) -> Struct:
    """A struct inside a region seen from the frame: its expressions name the frame's fields directly."""
    return Struct(tuple(Member(member.name, lifted_node(member.node)) for member in node.members))


def lifted_node(node: Node) -> Node:
    """A column seen from the frame."""
    match node:
        case Array(count=count, node=inner, order=order, last=last):
            return Array(raised(count), inner, order, None if last is None else raised(last))
        case EndsOf(count=count, node=integer, of=of):
            return EndsOf(integer, raised(count), of)
        case PrefixOf(size=size, of=of):
            return PrefixOf(raised(size), of)
    return node


def raised(expression: Expression) -> Expression:
    """An expression with its fields named from one struct further out; those of the struct itself become unknown."""
    match expression:
        case Field(up=up, names=names):
            return Field(up - 1, names) if up else Field(99, names)
        case Size(of=Field(up=up, names=names)):
            return Size(Field(up - 1, names) if up else Field(99, names))
        case Operation(operator=operator, operands=operands):
            return Operation(operator, tuple(raised(operand) for operand in operands))
    return expression


def page_in(tables: Tables, before: Struct, content: Struct, _name: str) -> Page | None:
    """The page whose header is `before` and whose columns are those of `content`."""
    names = names_in([*sizes_of(before), *sizes_of(content)])
    numbers = None if names is None else leading_numbers(tables, before, names, "COUNTS", LOCALS)
    if numbers is None:
        return None
    reader, slices, fixed = numbers.reader, None, 0
    columns: list[Column] = []
    terms: list[str] = []
    try:
        for member in before.members:
            size = span_size(reader, member.node, Trail())
            fixed, ok = added(fixed, terms, size)
            if not ok:
                return None
        for member in content.members:
            node = member.node
            if isinstance(node, Slices):
                slices = node
                break
            element = node.node if isinstance(node, Array | EndsOf) else None
            if isinstance(element, Bounded):
                element = element.node
            if isinstance(node, Array | EndsOf) and isinstance(element, Integer) and integer_code(element)[0]:
                columns.append(Column(member.name or "", offset_text(fixed, terms), element, node.count, node))
            fixed, ok = added(fixed, terms, span_size(reader, node, Trail()))
            if not ok:
                return None
        ends = next((column for column in columns if slices and column.name == slices.ends), None)
        if slices is None or ends is None or reader.body:
            return None
        count = compiled(ends.count, reader.context(Trail()))
        prefix = prefix_size(reader, content, slices)
    except Unbound:
        return None
    return Page(numbers, count, columns, ends, slices, offset_text(fixed, terms), prefix)


def prefix_size(reader: Reader, content: Struct, slices: Slices) -> str:
    """The size of the prefix of a heap as text, empty where it has none; `Unbound` where it is not just before it."""
    before = [member for member, behind in pairwise(content.members) if behind.node is slices]
    if not slices.prefix:
        return ""
    if not before or before[0].name != slices.prefix or not isinstance(before[0].node, PrefixOf):
        raise Unbound(slices.prefix)
    return reader.size(before[0].node.size, Trail()).text


def added(fixed: int, terms: list[str], size: Code | None) -> tuple[int, bool]:
    """A size added to an offset."""
    if size is None:
        return fixed, False
    if size.low is not None and size.low == size.high:
        return fixed + size.low, True
    terms.append(size.text)
    return fixed, True


def offset_text(fixed: int, terms: list[str]) -> str:
    """An offset as text; like terms are put together."""
    factors: dict[str, int] = {}
    for term in terms:
        base, _, factor = term.partition(" * ")
        if factor and not factor.isdigit():
            base, factor = term, "1"
        factors[base] = factors.get(base, 0) + int(factor or 1)
    shown = [base if factor == 1 else f"{base} * {factor}" for base, factor in factors.items()]
    return " + ".join([str(fixed), *shown])


# --- functions -------------------------------------------------------------------------------------------------------


def page_functions(tables: Tables, root: Node) -> list[list[str]]:
    """The functions that read a verified page without decoding it."""
    page = page_of(tables, root)
    if page is None or page.ends.element.signed:
        return []
    functions = [search(tables, page, exact=True), search(tables, page, exact=False), key_at(tables, page)]
    same = [column for column in page.columns if column.count == page.ends.count and column is not page.ends]
    if same:
        functions.append(entry(tables, page, same))
    for column in same:
        last = column.node.last if isinstance(column.node, Array) and column.node.order else None
        members = [other for other in page.columns if last is not None and other.count == last]
        if members:
            functions.append(group(tables, page, column, members))
            break
    return functions


def ends_shapes(tables: Tables, column: Column) -> tuple[str, str, int]:
    """The shapes of two ends side by side and of one, and the width of an end."""
    code, order = integer_code(column.element)
    pair = tables.shape(f"{order or '<'}{code}{code}", constant_name((f"{column.name}_pair",)), f"two {column.name}")
    return pair, tables.shape(f"{order or '<'}{code}", "END"), column.element.size


def begin(header: str, summary: str) -> Lines:
    """The first lines of a function."""
    lines = Lines(0)
    lines.add(header)
    lines.add(f'    """{summary}"""')
    lines.depth = 1
    return lines


def search(tables: Tables, page: Page, *, exact: bool) -> list[str]:
    """`lookup` and `lower_bound`: binary search in the column of ends."""
    width = page.ends.element.size
    name = "lookup" if exact else "lower_bound"
    what = "of a key, or -1 where the page has no such key" if exact else "of the first key that is not below this one"
    lines = begin(f"def {name}(data: Data, key: bytes) -> int:", f"The index {what}. The page must have been verified.")
    lines.add(FREEZE)
    lines.add(COUNTS)
    count = page.count.text
    lines.add(f"heap = {page.heap}")
    if page.prefix:
        behind_prefix(page, lines, exact=exact)
    lines.add("low = 0")
    lines.add(f"high: int = {count}")
    with lines.block("while low < high:"):
        lines.add("middle = (low + high) >> 1")
        lines.add(ends_at(tables, page.ends, "middle", loosely=True))
        first = "heap + start if middle else heap" if readable_before(page.ends, width) else "heap + start"
        lines.add(f"found = data[{first} : heap + stop]")
        lines.add("if found < key:\n    low = middle + 1")
        if exact:
            lines.add("elif found == key:\n    return middle")
        lines.add("else:\n    high = middle")
    lines.add("return -1" if exact else "return low")
    leading(page, lines)
    return lines.lines


def behind_prefix(page: Page, lines: Lines, *, exact: bool) -> None:
    """Compare the key with the prefix, and go on with what is behind it; a key without it is below or above all."""
    with lines.block(f"if {page.prefix}:"):
        lines.add(f"prefix = data[heap - {page.prefix} : heap]")
        beside = "-1" if exact else f"0 if key < prefix else {page.count.text}"
        lines.add(f"if not key.startswith(prefix):\n    return {beside}")
        lines.add(f"key = key[{page.prefix}:]")


def before(offset: str, width: int) -> str:
    """The offset one element earlier."""
    fixed, plus, rest = offset.partition(" + ")
    return f"{int(fixed) - width}{plus}{rest}"


def readable_before(column: Column, width: int) -> bool:
    """Whether there are bytes enough before a column to read one element more, whatever they mean."""
    return int(column.offset.partition(" + ")[0]) >= width


def ends_at(tables: Tables, column: Column, index: str, *, loosely: bool = False) -> str:
    """The statement that reads where the element at an index starts and stops.

    The first one starts at 0. `loosely`: its start may be anything where that is faster (see `readable_before`).
    """
    pair, single, width = ends_shapes(tables, column)
    two = f"{pair}.unpack_from(data, {before(column.offset, width)} + {index} * {width})"
    if loosely and readable_before(column, width):
        return f"start, stop = {two}"
    one = f"(0, *{single}.unpack_from(data, {column.offset}))"
    return f"start, stop = {two} if {index} else {one}"


def leading(page: Page, lines: Lines) -> None:
    """The statement that unpacks the counts, at the place kept for it; those that are not used are dropped."""
    index = lines.lines.index("    " + COUNTS)
    rest = "\n".join(lines.lines[index + 1 :])
    targets, equals, call = page.numbers.line.partition(" = ")
    shown = [name if re.search(rf"\b{name}\b", rest) else f"_{name}" for name in targets.strip("(),").split(", ")]
    targets = ", ".join(shown) if len(shown) > 1 else f"({shown[0]},)"
    lines.lines[index] = f"    {targets}{equals}{call}"


def check_index(lines: Lines, count: str) -> None:
    """Refuse an index outside the page."""
    lines.add(f"if not 0 <= index < {count}:\n    raise IndexError(index)")


def key_at(tables: Tables, page: Page) -> list[str]:
    """`key_at`: one slice."""
    lines = begin("def key_at(data: Data, index: int) -> bytes:", "The key at an index of a verified page.")
    lines.add(COUNTS)
    check_index(lines, page.count.text)
    lines.add(f"heap = {page.heap}")
    lines.add(ends_at(tables, page.ends, "index"))
    found = "data[heap + start : heap + stop]"
    if page.prefix:
        found = f"data[heap - {page.prefix} : heap]) + bytes({found}"
    lines.add(f"return bytes({found})")
    leading(page, lines)
    return lines.lines


def entry(tables: Tables, page: Page, columns: list[Column]) -> list[str]:
    """`entry`: one element of each column that has as many as there are keys."""
    names = ", ".join(column.name for column in columns)
    kinds = ", ".join("int" for _ in columns)
    lines = begin(
        f"def entry(data: Data, index: int) -> tuple[{kinds}]:",
        f"What a verified page holds beside the key at an index: {names}.",
    )
    lines.add(COUNTS)
    check_index(lines, page.count.text)
    values = []
    for column in columns:
        code, order = integer_code(column.element)
        shape = tables.shape(f"{order or '<'}{code}", "ELEMENT")
        values.append(f"{shape}.unpack_from(data, {column.offset} + index * {column.element.size})[0]")
    lines.statement("return (", values, ")", one=",")
    leading(page, lines)
    return lines.lines


def group(tables: Tables, page: Page, column: Column, members: list[Column]) -> list[str]:
    """`group`: the rows that a column of ends gives to one entry."""
    names = ", ".join(member.name for member in members)
    row = f"tuple[{', '.join('int' for _ in members)}]"
    lines = begin(
        f"def group(data: Data, index: int) -> tuple[{row}, ...]:",
        f"The rows ({names}) that belong to the entry at an index of a verified page.",
    )
    lines.add(COUNTS)
    check_index(lines, page.count.text)
    lines.add(ends_at(tables, column, "index"))
    lines.add("count = stop - start")
    tables.need("struct", "unpack_from")
    values = []
    for member in members:
        code, order = integer_code(member.element)
        values.append(
            f'unpack_from(f"{order or "<"}{{count}}{code}", data, {member.offset} + start * {member.element.size})'
        )
    lines.add("return tuple(\n    zip(")
    for value in values:
        lines.add(f"        {value},")
    lines.add("        strict=True,\n    )\n)")
    leading(page, lines)
    return lines.lines
