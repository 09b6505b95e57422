"""Puts values and places together: the tree of one frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from formats.errors import Path, path_text
from formats.layout import Array, Captured, Slices, Struct
from formats.layout import Node as Layout

from ..inspection.roles import role_of
from .fieldwalk import Cell
from .nodes import BLOCKS, RECORDS, ColumnItems, Fields, Items, Leaf, ListItems, Node
from .rows import RowItems
from .tables import Table, tables_of


@dataclass
class Plan:
    """What is known of a frame: its cells by path, in bits from byte `start` of the file, and its structs.

    blocked: the paths of streams of blocks.
    """

    start: int
    end: int
    cells: Mapping[Path, Cell]
    derived: Mapping[Path, Cell]
    layouts: Mapping[Path, Struct]
    blocked: frozenset[Path] = frozenset()
    broken: Mapping[Path, tuple[str, ...]] = field(default_factory=dict)


def tree_of(plan: Plan, value: Any) -> Node:
    """The tree of a frame with this plain value."""
    builder = Builder(plan)
    root = builder.node((), value)
    builder.attach_rest(root)
    root.start, root.end = plan.start * 8, plan.end * 8
    return root


class Builder:
    """Builds one tree. A derived cell goes to the innermost node that its path leads through."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.base = plan.start * 8
        self.here = self.base
        self.left: dict[Path, Cell] = dict(plan.derived)
        self.holders: dict[Path, Node] = {}

    def node(self, path: Path, value: Any) -> Node:
        """The node of a value."""
        made: Node
        if isinstance(value, dict):
            made = self.fields(path, value)
        elif path in self.plan.blocked:
            made = self.blocks(path, value)
        elif isinstance(value, tuple):
            made = self.items(path, value)
        else:
            made = self.leaf(path, value)
        self.holders[path] = made
        return made

    def leaf(self, path: Path, value: Any) -> Leaf:
        """A field without parts; where its branch holds a constant, its place is that of a derived cell."""
        cell = self.plan.cells.get(path) or self.left.pop(path, None)
        if cell is None:
            return Leaf(path, self.here, self.here, value=value, broken=self.plan.broken.get(path, ()))
        start, end = self.base + cell.start, self.base + cell.end
        self.here = end
        return Leaf(path, start, end, value=value, layout=cell.node, broken=self.plan.broken.get(path, ()))

    def items(self, path: Path, values: tuple[Any, ...]) -> Items:
        """An array: a column where it was read as one, else its elements."""
        cell = self.plan.cells.get(path)
        if cell is not None and cell.bounds is not None:
            start, end = self.base + cell.start, self.base + cell.end
            self.here = end
            bounds = shifted(cell.bounds, self.base)
            strict = is_strict(cell.node)
            inner = cell.node.node if isinstance(cell.node, Array) else cell.node
            return ColumnItems(path, start, end, values, bounds, inner, dict(cell.broken), is_strict=strict)
        start = self.here
        nodes = [self.node((*path, index), value) for index, value in enumerate(values)]
        start = nodes[0].start if nodes else start
        return ListItems(path, start, nodes[-1].end if nodes else start, nodes)

    def blocks(self, path: Path, blocks: tuple[tuple[Any, ...], ...]) -> Fields:
        """A stream of blocks: its records as one list, and how many each block holds."""
        start = self.here
        records = [
            self.node((*path, number, index), record)
            for number, block in enumerate(blocks)
            for index, record in enumerate(block)
        ]
        end = records[-1].end if records else start
        counts = Leaf((*path, BLOCKS), start, start, value=tuple(map(len, blocks)), role="derived")
        items = ListItems(path, records[0].start if records else start, end, records)
        return Fields(path, items.start, end, members={RECORDS: items}, extras={BLOCKS: counts})

    def fields(self, path: Path, value: dict[str, Any]) -> Fields:
        """A struct; columns that belong together become rows."""
        start = self.here
        members = {name: self.node((*path, name), item) for name, item in value.items()}
        made = Fields(path, start, self.here, members=members)
        if members:
            made.start = min(member.start for member in members.values())
            made.end = max(member.end for member in members.values())
        layout = self.plan.layouts.get(path)
        tables = tables_of(layout, value) if layout is not None else ()
        made.columns = dict(members) if tables else {}
        for table in tables:
            self.tabulate(made, table, value)
        return made

    def tabulate(self, struct: Fields, table: Table, values: dict[str, Any]) -> None:
        """Replace the columns of a table by its rows; its columns of ends are derived from now on."""
        columns = {name: member for name in table.all_columns() if isinstance(member := struct.members[name], Items)}
        ends = {group.ends: values[group.ends] for group in groups_of(table)}
        first = columns[(*table.keys, *table.columns)[0]]
        cells = {name: column for name, column in columns.items() if name not in ends}
        rows = RowItems(
            struct.path, first.start, first.end, table=table, columns=cells, ends=ends, first=0, last=len(first)
        )
        for name, column in columns.items():
            del struct.members[name]
            if name in ends:
                layout = struct_member(self.plan.layouts[struct.path], name)
                leaf = Leaf(column.path, column.start, column.end, value=ends[name], role="derived", layout=layout)
                struct.extras[name] = leaf
        struct.members[table.label] = rows

    def attach_rest(self, root: Node) -> None:
        """Give every derived cell to the innermost node around it."""
        for path, cell in self.left.items():
            length = next(size for size in range(len(path) - 1, -1, -1) if path[:size] in self.holders or size == 0)
            holder = self.holders.get(path[:length], root) if path else root
            label = path_text(path[length:])
            broken = self.plan.broken.get(path, ())
            start, end = self.base + cell.start, self.base + cell.end
            role = role_of(cell.node)
            role = "derived" if role == "value" else role  # a count or a length in front of what it counts
            holder.extras[label] = Leaf(path, start, end, value=cell.value, role=role, layout=cell.node, broken=broken)
            self.widen(path[:length], start, end)

    def widen(self, path: Path, start: int, end: int) -> None:
        """Let a group of fields, and those around it, reach as far as what is derived in it."""
        for length in range(len(path), 0, -1):
            holder = self.holders.get(path[:length])
            if holder is not None and not isinstance(holder, Leaf):
                holder.start, holder.end = min(holder.start, start), max(holder.end, end)


def groups_of(table: Table) -> list[Any]:
    """The groups of a table, and those of their tables."""
    return [found for group in table.groups for found in (group, *groups_of(group.table))]


def shifted(bounds: Any, base: int) -> Any:
    """Bounds counted from the start of the file."""
    if isinstance(bounds, range):
        return range(bounds.start + base, bounds.stop + base, bounds.step)
    return [bound + base for bound in bounds]


def is_strict(node: Layout) -> bool:
    """Whether the elements of a column must rise."""
    inner = node.node if isinstance(node, Captured) else node
    return isinstance(inner, Array | Slices) and inner.order == "strict"


def struct_member(struct: Struct, name: str) -> Layout:
    """The node of a member."""
    return next(member.node for member in struct.members if member.name == name)
