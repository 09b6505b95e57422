"""The byte map of a format: every field's place, type and constraint, read from its layout.

`static_map` describes every frame at once: sizes and offsets that depend on other fields are sums of their terms,
such as `48 + key_length`. `bit_ranges` (in `bitranges`) says the same of one real frame, bit by bit.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..layout import (
    DERIVED,
    Array,
    BitGroup,
    Blocks,
    Captured,
    Choice,
    Conditional,
    CountedArray,
    Digest,
    EndsOf,
    Layout,
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
    Zeros,
    fixed_size,
)
from .bitranges import BitRange, bit_ranges, bit_width
from .constraints import COMPOSITES, constraint_text
from .prefixes import split_prefix
from .sums import Sum, sum_of, term
from .wording import Scopes, expression_text, index_of, joined, labels, listing, literal_text, type_text

__all__ = ["BitRange", "Row", "bit_ranges", "static_map"]

NOWHERE = Sum()


@dataclass(frozen=True)
class Row:
    """One field of every frame.

    offset: bytes from the start of the frame, a number or a text (`48 + key_length`; of bit fields `13 bits 0..2`);
    size: bytes, likewise (of bit fields `3 bits`); derived: it follows from the rest and is no part of the value.
    """

    path: str
    offset: int | str
    size: int | str
    type: str
    constraint: str
    derived: bool

    def as_dict(self) -> dict[str, object]:
        """The same facts with stable keys, for `--json`."""
        return {
            "path": self.path,
            "offset": self.offset,
            "size": self.size,
            "type": self.type,
            "constraint": self.constraint,
            "derived": self.derived,
        }


def static_map(layout: Layout) -> tuple[Row, ...]:
    """A row for every field, in the order of the bytes; a region or array stands before what is in it."""
    rows: list[Row] = []
    Mapper(rows).visit(layout.root, "", Sum(), term("size of the frame"))
    return tuple(rows)


@dataclass(frozen=True)
class Mapper:
    """Collects rows in `rows`, seen from inside `scopes`, for frames in which `condition` holds."""

    rows: list[Row]
    scopes: Scopes = ()
    condition: str = ""
    base: Sum = NOWHERE  # where the innermost struct starts

    def visit(self, node: Node, path: str, offset: Sum, end: Sum) -> Sum:
        """Add the rows of a node at an offset, in a region that ends at `end`; returns its size."""
        match node:
            case Struct():
                return self.struct(node, path, offset, end)
            case BitGroup():
                return self.bit_group(node, path, offset)
            case Array() | EndsOf() | CountedArray():
                return self.array(node, path, offset, end)
            case Slices():
                return self.slices(node, path, offset, end)
            case Region() | Padded():
                return self.sized(node, path, offset, end)
            case Conditional() | Choice():
                return self.branches(node, path, offset, end)
            case Records() | Blocks():
                return self.stream(node, path, offset, end)
            case Captured(node=inner):
                return self.visit(inner, path, offset, end)
            case Nothing():
                return Sum()
            case _ if split := split_prefix(node):
                return self.prefixed(*split, path, offset)
            case _:
                size = self.leaf_size(node, offset, end)
                self.add(node, path, offset, size, isinstance(node, DERIVED))
                return size

    def add(self, node: Node, path: str, offset: Sum, size: Sum, derived: bool = False) -> None:
        """Add one row."""
        before = (offset - self.base).shown if isinstance(node, Digest) else None
        text = listing(self.condition, constraint_text(node, self.scopes, before))
        self.rows.append(Row(path, offset.shown, size.shown, type_text(node), text, derived))

    def leaf_size(self, node: Node, offset: Sum, end: Sum) -> Sum:
        """The size of a node without parts."""
        size = fixed_size(node)
        if size is not None:
            return Sum(size)
        match node:
            case Raw(size=None):
                return end - offset
            case Raw(size=expression) | Zeros(size=expression) | PrefixOf(size=expression) if expression is not None:
                return sum_of(expression, self.scopes)
            case _:
                inner: Node = node.node  # type: ignore[union-attr]  # what has no size of its own wraps one that has
                return self.leaf_size(inner, offset, end)

    def struct(self, node: Struct, path: str, offset: Sum, end: Sum) -> Sum:
        inside = Mapper(self.rows, (*self.scopes, path), self.condition, offset)
        here = offset
        for label, member in zip(labels(node.members), node.members, strict=True):
            here += inside.named(member.node, joined(path, label), here, end)
        return here - offset

    def named(self, node: Node, path: str, offset: Sum, end: Sum) -> Sum:
        """A member: a struct shows as a row of its own before its fields."""
        if not isinstance(node.node if isinstance(node, Captured) else node, Struct):
            return self.visit(node, path, offset, end)
        place = len(self.rows)
        size = self.visit(node, path, offset, end)
        self.rows.insert(place, Row(path, offset.shown, size.shown, "struct", self.condition, derived=False))
        return size

    def bit_group(self, node: BitGroup, path: str, offset: Sum) -> Sum:
        self.add(node, path, offset, Sum(node.size))
        bit = 0
        for label, member in zip(labels(node.members), node.members, strict=True):
            width, derived = bit_width(member.node), isinstance(member.node, DERIVED)
            place = f"{offset.shown} bit {bit}" if width == 1 else f"{offset.shown} bits {bit}..{bit + width - 1}"
            size = f"{width} bit" + ("" if width == 1 else "s")
            text = listing(self.condition, constraint_text(member.node, self.scopes))
            self.rows.append(Row(joined(path, label), place, size, type_text(member.node), text, derived))
            bit += width
        return Sum(node.size)

    def array(self, node: Array | EndsOf | CountedArray, path: str, offset: Sum, end: Sum) -> Sum:
        """An array of scalars is one row; of anything else a row, and rows for the element `[i]`."""
        start = offset
        if isinstance(node, CountedArray):
            number = joined(path, "(count)")
            start += self.counter(node.count, number, offset, f"number of {path or 'elements'}")
            count = term(number)
        else:
            count = sum_of(node.count, self.scopes)
        width = fixed_size(node.node)
        size = count.times(width) if width is not None else term(f"size of {path or 'the array'}")
        self.add(node, path, start, size, isinstance(node, EndsOf))
        if isinstance(node.node, COMPOSITES):
            element = joined(path, index_of(path))
            base = start + term(f"{width} * {index_of(path)[1]}") if width is not None else term(f"start of {element}")
            self.visit(node.node, element, base, end)
        return start - offset + size

    def slices(self, node: Slices, path: str, offset: Sum, end: Sum) -> Sum:
        size = end - offset
        self.add(node, path, offset, size)
        letter = index_of(path)[1]
        ends = joined(self.scopes[-1], node.ends)
        before, after = term(f"{ends}[{letter} - 1]"), term(f"{ends}[{letter}]")
        behind = f" with {joined(self.scopes[-1], node.prefix)} before it" if node.prefix else ""
        bounds = listing(self.condition, f"{node.minimum}..{node.maximum} bytes{behind}")
        element = joined(path, index_of(path))
        self.rows.append(Row(element, (offset + before).shown, (after - before).shown, "bytes", bounds, derived=False))
        return size

    def counter(self, node: Node, path: str, offset: Sum, meaning: str) -> Sum:
        """The count or length in front of what it counts."""
        size = Sum(fixed_size(node) or 0)
        text = listing(self.condition, constraint_text(node, self.scopes), meaning)
        self.rows.append(Row(path, offset.shown, size.shown, type_text(node), text, derived=True))
        return size

    def prefixed(self, prefix: Prefixed, inner: Node, path: str, offset: Sum) -> Sum:
        length = joined(path, "(length)")
        meaning = f"length of {path or 'the rest'} in bytes" + (", itself included" if prefix.inclusive else "")
        width = self.counter(prefix.length, length, offset, meaning)
        size = term(length) if prefix.inclusive else width + term(length)
        self.named(inner, path, offset + width, offset + size)
        return size

    def sized(self, node: Region | Padded, path: str, offset: Sum, end: Sum) -> Sum:
        """A region or padded node: a row where it holds a struct, its content, and zeros where they may follow."""
        size = sum_of(node.size, self.scopes)
        is_region = isinstance(node, Region)
        if isinstance(node.node, Struct):
            self.rows.append(Row(path, offset.shown, size.shown, "region", self.condition, derived=False))
        used = self.visit(node.node, path, offset, offset + size if is_region else end)
        if not (isinstance(node, Region) and node.exact) and used != size:
            zeros, text = joined(path, "(padding)"), listing(self.condition, "zero")
            self.rows.append(Row(zeros, (offset + used).shown, (size - used).shown, "zeros", text, derived=True))
        return size

    def branches(self, node: Conditional | Choice, path: str, offset: Sum, end: Sum) -> Sum:
        """The rows of every branch, each with the condition under which it is there."""
        sizes = []
        for condition, branch in conditions(node, self.scopes):
            inside = Mapper(self.rows, self.scopes, listing(self.condition, condition), self.base)
            sizes.append(inside.named(branch, path, offset, end))
        same = bool(sizes) and all(size == sizes[0] for size in sizes)
        return sizes[0] if same else term(f"size of {path or 'the choice'}")

    def stream(self, node: Records | Blocks, path: str, offset: Sum, end: Sum) -> Sum:
        """The rows of one record; offsets in it count from its start."""
        element = joined(path, index_of(path))
        if isinstance(node, Blocks):
            place = term(f"{node.size} * {index_of(path)[1]}")
            self.rows.append(Row(element, place.shown, node.size, "block", self.condition, derived=False))
        record = joined(element, index_of(element)) if isinstance(node, Blocks) else element
        self.named(node.node, record, term(f"start of {record}"), end)
        if isinstance(node, Blocks):
            trailer, rest = joined(element, "(trailer)"), "zero, less than the smallest record, none in the last block"
            self.rows.append(Row(trailer, "after the records", f"rest of {element}", "zeros", rest, derived=True))
        return end - offset


def conditions(node: Conditional | Choice, scopes: Scopes) -> list[tuple[str, Node]]:
    """Every branch with the words for when it is taken."""
    if isinstance(node, Conditional):
        text = expression_text(node.condition, scopes)
        return [(f"where {text}", node.then), (f"where not {parenthesised(text)}", node.otherwise)]
    text = expression_text(node.selector, scopes)
    found = [(f"where {text} is {literal_text(value)}", branch) for value, branch in node.cases]
    return found if node.otherwise is None else [*found, (f"where {text} is anything else", node.otherwise)]


def parenthesised(text: str) -> str:
    """A text in parentheses, unless it is one word."""
    return f"({text})" if " " in text else text
