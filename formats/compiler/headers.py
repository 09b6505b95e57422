"""Functions over the fixed header of a sealed frame: `probe_header`, `encode_header`, and what sizes need of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ..layout import (
    Bounded,
    CountOf,
    Digest,
    Expression,
    Integer,
    LengthOf,
    Member,
    Node,
    Rebuilt,
    Struct,
    fixed_size,
)
from .decoder import decoder, read
from .encoder import encoder
from .expressions import Unbound
from .known import Bound, Scope, Spot
from .naming import constant_name
from .read_composites import in_run, span_size
from .reader import Reader
from .records import structure
from .scalars import integer_code, integer_range
from .tables import Tables, Trail
from .text import Code, Lines
from .write_composites import fields_of

#: The name of the class of headers.
HEADER = "Header"


def header_struct(root: Node) -> Struct | None:
    """The header alone, as a struct whose lengths, counts and checksums (but the seal) are values."""
    if not isinstance(root, Struct) or not root.header or not all(in_run(m.node) for m in root.members[: root.header]):
        return None
    members = root.members[: root.header]
    names = {member.name for member in members}
    return Struct(tuple(Member(member.name, alone(member.node, names)) for member in members), root.header)


def alone(node: Node, names: set[str | None]) -> Node:
    """A header field by itself: what follows from the body becomes a value."""
    match node:
        case LengthOf(node=inner) | CountOf(node=inner):
            return inner
        case Digest(node=inner, sealing=False):
            return inner
        case Rebuilt(node=inner, expression=expression):
            known = all(field.up == 0 and field.names[0] in names for field in fields_of(expression))
            return node if known else inner
    return node


@contextmanager
def header_root(tables: Tables, header: Struct) -> Iterator[None]:
    """While the header is the root: its class and its type stand for those of the frame."""
    record = tables.records.pop((), None)
    before = {key: kind for key, kind in tables.types.items() if key[1] == ()}
    structs = dict(tables.records)
    kind = structure(tables, header, Trail(), (), name=HEADER)
    tables.types[id(header), ()] = kind
    made = tables.records.pop(())
    tables.records.clear()
    tables.records.update(structs)
    tables.header = made
    tables.records[()] = made
    yield
    del tables.records[()]
    if record is not None:
        tables.records[()] = record
    tables.types.update(before)


def header_functions(tables: Tables, root: Node) -> list[list[str]]:
    """`probe_header` and `encode_header` of a sealed frame."""
    header = header_struct(root)
    if header is None:
        return []
    with header_root(tables, header):
        probe = decoder(tables, "probe_header", header, records=False, exact=False)
        encode = encoder(tables, "encode_header", header, records=False)
    tables.keep.append(header)
    return [probe, encode]


# --- sizes from the header -------------------------------------------------------------------------------------------


@dataclass
class Numbers:
    """Some integers of a frame's leading fields: the statement that unpacks them, and a reader that knows them."""

    line: str
    reader: Reader
    end: int


def leading_numbers(
    tables: Tables, root: Struct, names: set[str], wanted: str, taken: Iterable[str] = ()
) -> Numbers | None:
    """Unpack the named integers, and only them, from the fixed-width fields that a struct begins with.

    taken: locals of the functions that use them.
    """
    reader = Reader(tables, records=False, exact=False, dispatch=read)
    reader.names.taken.update(taken)
    scope = Scope(Spot(""))
    reader.scopes.append(scope)
    code, order, locals_, end, start, skipped = "", "", [], 0, 0, 0
    for member in root.members:
        if not in_run(member.node):
            break
        size = fixed_size(member.node) or 0
        inner = member.node
        while isinstance(inner, LengthOf | CountOf | Bounded | Rebuilt):
            inner = inner.node
        if member.name not in names:
            skipped += size
        elif not isinstance(inner, Integer) or not integer_code(inner)[0]:
            return None
        else:
            letter, its_order = integer_code(inner)
            if order and its_order not in ("", order):
                return None
            order = order or its_order
            start = skipped if not code else start
            code += f"{skipped}x" * bool(skipped and code) + letter
            skipped = 0
            local = reader.names.local((member.name or "",))
            locals_.append(local)
            scope.fields[member.name or ""] = Bound(member.node, Code(local, "int", *bounds_of(member.node)))
        end += size
    line = ""
    if locals_:
        shape = tables.shape((order or "<") + code, constant_name((wanted,)), ", ".join(locals_))
        targets = ", ".join(locals_) if len(locals_) > 1 else f"({locals_[0]},)"
        line = f"{targets} = {shape}.unpack_from(data{f', {start}' if start else ''})"
    return Numbers(line, reader, end) if names <= set(scope.fields) else None


def bounds_of(node: Node) -> tuple[int, int]:
    """The bounds of an integer below lengths, counts and bounds."""
    if isinstance(node, Bounded):
        return node.minimum, node.maximum
    return integer_range(node) if isinstance(node, Integer) else bounds_of(node.node)  # type: ignore[union-attr]  # wrappers


def names_in(expressions: list[Expression], up: int = 0) -> set[str] | None:
    """The names of the root's fields that expressions (so many structs below it) use; None where they use others."""
    names = set()
    for expression in expressions:
        for field in fields_of(expression):
            if field.up != up or len(field.names) != 1:
                return None
            names.add(field.names[0])
    return names


def sizes_of(root: Struct) -> list[Expression]:
    """The expressions that give the sizes of a struct's members."""
    found = [getattr(member.node, "size", None) or getattr(member.node, "count", None) for member in root.members]
    return [expression for expression in found if expression is not None and not isinstance(expression, int)]


def prefix_function(tables: Tables, root: Node, kind: str) -> list[str] | None:
    """`probe_prefix` over `probe`, where a sealed header gives the size of the whole frame."""
    if not isinstance(root, Struct) or not root.header:
        return None
    names = names_in(sizes_of(root))
    numbers = None if names is None else leading_numbers(tables, root, names, "LENGTHS")
    if numbers is None:
        return None
    reader, fixed, terms = numbers.reader, 0, []
    try:
        for member in root.members:
            size = span_size(reader, member.node, Trail().named(member.name))
            if size is None or size.low is None or size.low < 0:
                return None
            if size.low == size.high:
                fixed += size.low
            else:
                terms.append(size.text)
    except Unbound:
        return None
    if reader.body:
        return None
    lines = Lines(0)
    lines.add(f"def probe_prefix(data: Data, seed: int = 0) -> tuple[{kind}, int] | None:")
    lines.add('    """The record of the frame that the bytes begin with and its size in bytes, or None."""')
    lines.depth = 1
    if terms:
        lines.add(f"if len(data) < {numbers.end}:\n    return None")
        lines.add(numbers.line)
        lines.add(f"size = {' + '.join([str(fixed), *terms])}")
    size_text = "size" if terms else str(fixed)
    lines.add(f"record = probe(memoryview(data)[:{size_text}], seed)")
    lines.add(f"return None if record is None else (record, {size_text})")
    return lines.lines
