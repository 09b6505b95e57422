"""The rows of a table as elements: each a set of cells, and the entries that it owns."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .nodes import Fields, Items, Node
from .tables import Group, Rows, Table


@dataclass
class RowItems(Items):
    """Rows first..last (not included) of a table. columns: every column of the table and of its groups, by name.

    ends: the values of the columns that cut groups. The path of a row is that of its key, or of its first column.
    """

    table: Table = field(kw_only=True)
    columns: Mapping[str, Items] = field(kw_only=True)
    ends: Mapping[str, Sequence[int]] = field(kw_only=True)
    first: int = field(kw_only=True)
    last: int = field(kw_only=True)
    cache: dict[str, list[Hashable]] = field(default_factory=dict, kw_only=True, repr=False)

    def __len__(self) -> int:
        return self.last - self.first

    @property
    def leading(self) -> str:
        """The column that stands for the row where it is named."""
        return (*self.table.keys, *self.table.columns)[0]

    def element(self, index: int) -> Node:
        row = self.first + index
        cells: dict[str, Node] = {name: self.columns[name].element(row) for name in self.table.columns}
        cells |= {group.table.label: self.owned(group, row) for group in self.table.groups}
        leading = cells[self.leading]
        return Fields(leading.path, leading.start, leading.end, members=cells)

    def owned(self, group: Group, row: int) -> RowItems:
        """The rows of a group that belong to a row."""
        first, last = self.first_owned(group, row), self.first_owned(group, row + 1)
        inner = RowItems(
            self.path,
            0,
            0,
            table=group.table,
            columns=self.columns,
            ends=self.ends,
            first=first,
            last=last,
            cache=self.cache,
        )
        inner.start, inner.end = inner.position(0), inner.position(len(inner))
        return inner

    def first_owned(self, group: Group, row: int) -> int:
        """The first row of a group that belongs to a row."""
        return self.ends[group.ends][row - 1] if row else 0

    def contents(self) -> list[Hashable]:
        return self.contents_of(self.table.columns, {group.table.label for group in self.table.groups})

    def contents_of(self, columns: Iterable[str], labels: Iterable[str]) -> list[Hashable]:
        """The content of every row in some columns and groups."""
        parts: list[Sequence[Hashable]] = [self.column_contents(name) for name in columns]
        for group in self.table.groups:
            if group.table.label in labels:
                rows = (self.owned(group, row) for row in range(self.first, self.last))
                parts.append([tuple(inner.contents()) for inner in rows])
        return list(zip(*parts, strict=True))

    def column_contents(self, name: str) -> list[Hashable]:
        """The cells of one column."""
        if name not in self.cache:
            self.cache[name] = self.columns[name].contents()
        return self.cache[name][self.first : self.last]

    def position(self, index: int) -> int:
        return self.columns[self.leading].position(self.first + index)

    def plain(self) -> Any:
        return Rows(self.table, [element.plain() for element in self.elements()])

    def leaf_count(self) -> int:
        columns = self.columns.values() if self.first == 0 else ()
        if columns and self.last == len(self.columns[self.leading]):
            return sum(column.leaf_count() for column in columns) + self.extra_count()
        return super().leaf_count()
