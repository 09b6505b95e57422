"""The places of all fields of a sound frame, columns whole: a walk over the layout beside the value.

`formats.description.bitranges` names every bit of a frame; a column of a million numbers would be a million ranges.
Here a column is one cell, and fields without bytes are cells, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, Final

from formats.description.bitranges import Spot, Walk
from formats.errors import Path
from formats.layout import (
    DERIVED,
    Accepted,
    Array,
    Boolean,
    Bounded,
    CountedArray,
    EndsOf,
    Enumeration,
    FlagSet,
    Float,
    Integer,
    Node,
    Raw,
    Records,
    Slices,
    Struct,
    Text,
    fixed_size,
)

SCALARS: Final = (Integer, Float, Boolean, Raw, Text, Enumeration, FlagSet, Bounded, Accepted)


@dataclass(frozen=True)
class Cell:
    """Bits start..end of a frame hold a field; of a column, element i lies at bounds[i]..bounds[i + 1]."""

    start: int
    end: int
    node: Node
    value: Any
    bounds: Sequence[int] | None = None
    broken: dict[int, tuple[str, ...]] = field(default_factory=dict)


@dataclass
class FieldWalk(Walk):
    """A walk that keeps cells: by path those of values and those that are derived."""

    cells: dict[Path, Cell] = field(default_factory=dict)
    derived: dict[Path, Cell] = field(default_factory=dict)
    layouts: dict[Path, Struct] = field(default_factory=dict)
    blocked: set[Path] = field(default_factory=set)

    def add(
        self, spot: Spot, node: Node, start_bit: int, end_bit: int, value: Any, *, derived: bool | None = None
    ) -> None:
        self.keep(spot, Cell(start_bit, end_bit, node, value), derived=derived)

    def keep(self, spot: Spot, cell: Cell, *, derived: bool | None = None) -> None:
        """Note one cell; a value whose branch holds a constant is found among the derived ones."""
        is_derived = isinstance(cell.node, DERIVED) if derived is None else derived
        if cell.start == cell.end and spot.path and str(spot.path[-1]).startswith("("):
            return  # padding of no bytes
        (self.derived if is_derived else self.cells)[spot.path] = cell

    def struct(self, spot: Spot, node: Struct, start: int, limit: int, value: dict[str, Any]) -> int:
        self.layouts[spot.path] = node
        return super().struct(spot, node, start, limit, value)

    def elements(
        self, spot: Spot, node: Array | CountedArray | Slices | Records, start: int, limit: int, value: Any
    ) -> int:
        if isinstance(node, Slices):
            left_out = len(spot.environment[-1][node.prefix]) if node.prefix else 0
            sizes = (len(item) - left_out for item in value)
            return self.column(spot, node, value, list(accumulate(sizes, initial=start)))
        width = fixed_size(node.node) if is_scalar(node.node) else None
        if not width:
            return super().elements(spot, node, start, limit, value)
        if isinstance(node, CountedArray):
            start = self.counter(spot, "(count)", node.count, start)
        return self.column(spot, node, value, range(start, start + width * len(value) + 1, width))

    def ends(self, spot: Spot, node: EndsOf, start: int) -> int:
        width, count = node.node.size, self.number(node.count, spot)
        bounds = range(start, start + width * count + 1, width)
        values = tuple(self.stored(node.node, bounds[index], bounds[index + 1]) for index in range(count))
        return self.column(spot, node, values, bounds)

    def column(self, spot: Spot, node: Node, values: Any, bounds: Sequence[int]) -> int:
        """Note a column whose elements lie at these bytes; returns its end."""
        bits: Sequence[int] = [bound * 8 for bound in bounds]
        if isinstance(bounds, range):
            bits = range(bounds.start * 8, bounds[-1] * 8 + 1, bounds.step * 8)
        self.keep(spot, Cell(bits[0], bits[-1], node, tuple(values), bits))
        return bounds[-1]

    def blocks(self, spot: Spot, node: Any, start: int, limit: int, value: Any) -> int:
        self.blocked.add(spot.path)
        return super().blocks(spot, node, start, limit, value)


def is_scalar(node: Node) -> bool:
    """Whether a node is one number or byte string, under whatever checks."""
    inner = getattr(node, "node", None)
    return isinstance(node, SCALARS) and (inner is None or is_scalar(inner))
