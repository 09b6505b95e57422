"""The fields of a frame that was read only in part: damaged, or too long to be looked at as a whole.

There is no value then, only what was read for each field; what can be read is put together as if it were one.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from itertools import pairwise
from typing import Any

from formats.catalog import Format
from formats.description.bitranges import bit_width
from formats.errors import Path
from formats.layout import DERIVED, BitGroup, Blocks, EndsOf, Node, Struct
from formats.values import plain_of, undressed

from ..inspection import Field, Frame
from ..inspection.roles import node_at, role_of
from .building import Plan
from .fieldwalk import Cell, is_scalar


def partial_plan(entry: Format, frame: Frame) -> tuple[Plan, Any]:
    """The places and the value of all that could be read of a frame."""
    reader = PartialReader(entry, frame)
    for found in frame.fields:
        if found.role != "missing" and found.path:
            reader.add(found)
    value = reader.value()
    plan = Plan(
        frame.start, frame.end, reader.cells, reader.derived, reader.layouts, frozenset(reader.blocked), reader.broken
    )
    return plan, value


class PartialReader:
    """Collects the fields of one frame."""

    def __init__(self, entry: Format, frame: Frame) -> None:
        self.root, self.base = entry.layout.root, frame.start
        self.read: dict[Path, Any] = {}
        self.cells: dict[Path, Cell] = {}
        self.derived: dict[Path, Cell] = {}
        self.broken: dict[Path, tuple[str, ...]] = {}
        self.layouts: dict[Path, Struct] = {}
        self.blocked: set[Path] = set()
        self.ends: dict[Path, list[Field]] = {}
        self.composites: set[Path] = set()
        self.note(())

    def note(self, path: Path) -> Node | None:
        """What lies at a path; structs and streams of blocks are noted."""
        node = node_at(self.root, path)
        if isinstance(node, Struct):
            self.layouts[path] = node
        if isinstance(node, Blocks):
            self.blocked.add(path)
        return node

    def add(self, found: Field) -> None:
        """Take one field."""
        node = self.note(found.path)
        if found.broken:
            self.broken[found.path] = found.broken
        if not found.leaf or self.is_stream_part(found, node):
            self.composites.add(found.path)
            return
        if isinstance(node_at(self.root, found.path[:-1]), EndsOf):
            self.ends.setdefault(found.path[:-1], []).append(found)
            return
        cell = Cell(self.bits(found.start), self.bits(found.end), node or self.root, None)
        if role_of(node) != "value" or isinstance(node, DERIVED):
            value = found.value if node is None else plain_value(node, found.value)
            self.derived[found.path] = Cell(cell.start, cell.end, cell.node, value)
            return
        value = plain_value(node, found.value)
        self.read[found.path] = value
        if isinstance(node, BitGroup) and isinstance(value, dict):
            self.add_bits(found.path, node, cell.start)
        self.cells[found.path] = cell

    def is_stream_part(self, found: Field, node: Node | None) -> bool:
        """Whether this is an empty array or struct, not a field."""
        return isinstance(found.value, list | tuple) or (isinstance(node, Struct) and not found.value)

    def bits(self, offset: int) -> int:
        """Bits from the start of the frame, for a byte of the file."""
        return (offset - self.base) * 8

    def add_bits(self, path: Path, group: BitGroup, start: int) -> None:
        """The members of a bit group."""
        for member in group.members:
            width = bit_width(member.node)
            if member.name is not None:
                self.cells[(*path, member.name)] = Cell(start, start + width, member.node, None)
            start += width

    def value(self) -> Any:
        """All that was read, nested by path; columns become cells of their own."""
        for path, elements in self.ends.items():
            values = tuple(undressed(element.value) for element in elements)
            bounds = [*(self.bits(element.start) for element in elements), self.bits(elements[-1].end)]
            node = node_at(self.root, path)
            assert node is not None, "its elements were found there"
            self.derived[path] = Cell(bounds[0], bounds[-1], node, values, bounds)
        nested: dict[str | int, Any] = {}
        for path in sorted(self.composites, key=len):
            if not any(isinstance(node_at(self.root, path[:size]), EndsOf) for size in range(1, len(path) + 1)):
                place(nested, path, {})
        for path, value in self.read.items():
            place(nested, path, value)
        return self.gathered((), nested)

    def gathered(self, path: Path, nested: Any) -> Any:
        """A nested mapping as a value: numbers as keys make an array."""
        if path in self.read or not isinstance(nested, dict):
            return nested
        numbered = all(isinstance(part, int) for part in nested)
        node = node_at(self.root, path)
        if not numbered or (not nested and isinstance(node, Struct)):
            return {str(part): self.gathered((*path, part), value) for part, value in nested.items()}
        indices = sorted(nested)
        if path not in self.blocked and indices and all((*path, index) in self.read for index in indices):
            self.make_column(path, indices)
        return tuple(self.gathered((*path, index), nested[index]) for index in indices)

    def make_column(self, path: Path, indices: list[Any]) -> None:
        """Numbers or byte strings back to back are one cell."""
        elements = [self.cells[(*path, index)] for index in indices]
        node = node_at(self.root, path)
        touching = all(one.end == other.start for one, other in pairwise(elements))
        if node is None or not touching or not all(is_scalar(element.node) for element in elements[:1]):
            return
        bounds = [*(element.start for element in elements), elements[-1].end]
        marks = {index: self.broken[(*path, index)] for index in indices if (*path, index) in self.broken}
        self.cells[path] = Cell(bounds[0], bounds[-1], node, None, bounds, marks)


def place(nested: dict[str | int, Any], path: Path, value: Any) -> None:
    """Put a value where its path leads, unless something is there."""
    *outer, last = path
    for part in outer:
        inner = nested.setdefault(part, {})
        if not isinstance(inner, dict):
            return
        nested = inner
    nested.setdefault(last, value)


def plain_value(node: Node | None, value: Any) -> Any:
    """The plain form of what was read for a field without parts, damaged or not."""
    if node is not None:
        with suppress(Exception):  # damage has many shapes, and any of them is shown as it was read
            return plain_of(node, value)
    if isinstance(value, Mapping):  # of Construct's RawCopy the value, of anything else all
        return plain_value(None, value["value"]) if "offset1" in value and "value" in value else repr(value)
    return undressed(value)
