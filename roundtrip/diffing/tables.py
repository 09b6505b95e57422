"""Columns that belong together: rows of a table, read off the layout and never off a name.

Arrays of one struct with the same count are the columns of a table. An ascending column whose last element is the
count of other columns cuts those into groups, one for each row; so a row owns entries of another table. Columns of
ends, of either kind, follow from the rows and are no cells.

    keys  locator_ends     extents  lengths            row 0: keys = a, (locator_count) = [0: extents = 7, lengths = 9]
    a     1                7        9           is     row 1: keys = b, (locator_count) = []
    b     1                                            row 2: keys = c, (locator_count) = [0: extents = 8, lengths = 5]
    c     2                8        5
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from formats.layout import Array, Captured, EndsOf, Expression, Field, Literal, Node, Slices, Struct


@dataclass(frozen=True)
class Group:
    """Rows of another table that belong to each row; `ends`: the column that cuts them."""

    ends: str
    table: Table


@dataclass(frozen=True)
class Table:
    """Columns of one count. label: of the list of rows; keys: columns that rise strictly, byte strings first."""

    label: str
    columns: tuple[str, ...]
    keys: tuple[str, ...]
    groups: tuple[Group, ...] = ()

    def all_columns(self) -> tuple[str, ...]:
        """Its columns, those of its groups, and the columns of ends that follow from them."""
        inner = (name for group in self.groups for name in (group.ends, *group.table.all_columns()))
        return (*self.columns, *inner)

    def has_cells(self) -> bool:
        """Whether its rows, and those that they own, hold anything of their own; in damaged frames columns may lack."""
        return bool(self.columns) and all(group.table.has_cells() for group in self.groups)

    def shape(self) -> tuple[Any, ...]:
        """Its label, and those of the tables that its rows own; its columns may differ between versions."""
        return self.label, frozenset(group.table.shape() for group in self.groups)


class Rows(list[dict[str, Any]]):
    """The rows of a table as a value: cells by column, and a list of rows for every group."""

    def __init__(self, table: Table, rows: Sequence[dict[str, Any]]) -> None:
        super().__init__(rows)
        self.table = table


def tables_of(struct: Struct, values: Mapping[str, Any]) -> tuple[Table, ...]:
    """The tables in a struct with these values; columns that do not fit each other (damage) make none."""
    counted: dict[Expression, dict[str, Node]] = {}
    counts = {member.name: member.node.count for member in struct.members if isinstance(member.node, EndsOf)}
    for member in struct.members:
        node = member.node.node if isinstance(member.node, Captured) else member.node
        count = counts.get(node.ends) if isinstance(node, Slices) else node.count if isinstance(node, Array) else None
        if count is not None and not isinstance(count, Literal) and isinstance(values.get(member.name or ""), tuple):
            counted.setdefault(count, {})[member.name or ""] = node
    counted = {count: columns for count, columns in counted.items() if is_even(columns, values)}
    cuts = {name: last for columns in counted.values() for name, node in columns.items() if (last := cut_by(node))}
    owned: dict[Expression, str] = {}
    for name, last in cuts.items():
        if (
            last in counted
            and last not in owned
            and name not in counted[last]
            and fits(values[name], values, counted[last])
        ):
            owned[last] = name
    roots = [count for count in counted if count not in owned]
    tables = [table_of(count, counted, owned) for count in roots]
    return tuple(table for table in tables if table.has_cells() and (len(table.columns) > 1 or table.groups))


def is_even(columns: Mapping[str, Node], values: Mapping[str, Any]) -> bool:
    """Whether all columns have as many elements as each other."""
    return len({len(values[name]) for name in columns}) == 1


def cut_by(node: Node) -> Expression | None:
    """Of a column of ends into other columns the count of those; None of any other column."""
    return node.last if isinstance(node, Array) and node.order and isinstance(node.last, Field) else None


def fits(ends: Sequence[Any], values: Mapping[str, Any], columns: Mapping[str, Node]) -> bool:
    """Whether the ends cut these columns without anything left over."""
    count = len(values[next(iter(columns))])
    rising = all(before <= after for before, after in pairwise((0, *ends)))
    return rising and (ends[-1] if ends else 0) == count


def table_of(
    count: Expression, counted: Mapping[Expression, Mapping[str, Node]], owned: dict[Expression, str]
) -> Table:
    """The table of one count, with the tables that its rows own."""
    columns = counted[count]
    groups = tuple(Group(ends, table_of(inner, counted, owned)) for inner, ends in owned.items() if ends in columns)
    cutting = {group.ends for group in groups}
    cells = tuple(name for name in columns if name not in cutting)
    keys = [name for name in cells if getattr(columns[name], "order", "") == "strict"]
    keys.sort(key=lambda name: not isinstance(columns[name], Slices))
    return Table(label_of(count), cells, tuple(keys), groups)


def label_of(count: Expression) -> str:
    """The name of a list of rows: that of the field that counts them."""
    return f"({count.names[-1]})" if isinstance(count, Field) else "(rows)"


def columns_of(rows: Rows) -> dict[str, tuple[Any, ...]]:
    """The columns that rows came from, ends included."""
    table = rows.table
    inner_labels = {group.table.label for group in table.groups}
    names = [name for name in rows[0] if name not in inner_labels] if rows else table.columns
    columns = {name: tuple(row[name] for row in rows) for name in names}
    for group in table.groups:
        ends, inner = [], Rows(group.table, ())
        for row in rows:
            inner.extend(row[group.table.label])
            ends.append(len(inner))
        columns |= {group.ends: tuple(ends), **columns_of(inner)}
    return columns
