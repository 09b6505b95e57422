"""What is compared: a frame as a tree of fields, every field with its bits in the file.

A tree is the frame's plain value with places. It differs from that value in two points only, both so that an inserted
entry is one insertion: columns that belong together are one list of rows (see `tables`), and the records of a stream
of blocks are one list of records. The path of a node is the one that every other report uses.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from formats.errors import Path
from formats.layout import Node as Layout

from ..inspection.report import Role

#: The labels of a stream of blocks: how many records each block holds, and the records.
BLOCKS: Final = "(blocks)"
RECORDS: Final = "(records)"


def content_of(value: Any) -> Hashable:
    """A plain value in a form that can be hashed, and that tells apart what Python calls equal: 1, True and 1.0."""
    if type(value) in (int, bytes, str):
        return value  # type: ignore[no-any-return]  # these three can be hashed
    if isinstance(value, dict):
        return tuple((name, content_of(value[name])) for name in sorted(value))
    if isinstance(value, list | tuple):
        return ("", *map(content_of, value))
    return (type(value).__name__, repr(value)) if isinstance(value, bool | float) else value


@dataclass
class Node(ABC):
    """A field or a group of fields: bits start..end of the file (end not included).

    extras: what is derived and belongs to this node alone (counts, lengths, checksums, padding), by label.
    """

    path: Path
    start: int
    end: int
    extras: dict[str, Leaf] = field(default_factory=dict, kw_only=True)

    @abstractmethod
    def plain(self) -> Any:
        """The value, as the tree has it."""

    @abstractmethod
    def content(self) -> Hashable:
        """The value in a form that can be hashed; equal for equal values."""

    @abstractmethod
    def leaf_count(self) -> int:
        """How many fields without parts there are below, derived ones included."""

    @abstractmethod
    def leaves(self) -> Iterator[Leaf]:
        """The fields without parts, derived ones last."""

    def extra_count(self) -> int:
        """How many derived fields belong to this node alone."""
        return sum(leaf.leaf_count() for leaf in self.extras.values())


@dataclass
class Leaf(Node):
    """A field without parts; of a derived column the value is a tuple.

    `layout`: what the field is; `broken`: the rules that it breaks.
    """

    value: Any = None
    role: Role = "value"
    layout: Layout | None = None
    broken: tuple[str, ...] = ()

    def plain(self) -> Any:
        return self.value

    def content(self) -> Hashable:
        return content_of(self.value)

    def leaf_count(self) -> int:
        return (len(self.value) if isinstance(self.value, tuple) else 1) + self.extra_count()

    def leaves(self) -> Iterator[Leaf]:
        yield self
        yield from self.extras.values()


@dataclass
class Fields(Node):
    """Named members. columns: what they were before some of them became rows, where they did."""

    members: dict[str, Node] = field(default_factory=dict)
    columns: dict[str, Node] = field(default_factory=dict)

    def as_columns(self) -> Fields:
        """The same without rows."""
        if not self.columns:
            return self
        extras = {label: leaf for label, leaf in self.extras.items() if label not in self.columns}
        return Fields(self.path, self.start, self.end, self.columns, extras=extras)

    def plain(self) -> Any:
        value = {name: member.plain() for name, member in self.members.items()}
        if BLOCKS in self.extras:
            value[BLOCKS] = self.extras[BLOCKS].value
        return value

    def content(self) -> Hashable:
        return tuple((name, self.members[name].content()) for name in sorted(self.members))

    def leaf_count(self) -> int:
        return sum(member.leaf_count() for member in self.members.values()) + self.extra_count()

    def leaves(self) -> Iterator[Leaf]:
        for member in self.members.values():
            yield from member.leaves()
        yield from self.extras.values()


@dataclass
class Items(Node):
    """A list: elements that may be inserted and removed. `is_strict`: they rise, each is there once."""

    is_strict: bool = field(default=False, kw_only=True)

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def element(self, index: int) -> Node:
        """One element, made when it is asked for."""

    @abstractmethod
    def contents(self) -> list[Hashable]:
        """The content of every element."""

    @abstractmethod
    def position(self, index: int) -> int:
        """The bit at which an element begins, or would, behind the last one."""

    def elements(self) -> Iterator[Node]:
        """Every element."""
        return (self.element(index) for index in range(len(self)))

    def plain(self) -> Any:
        return [element.plain() for element in self.elements()]

    def content(self) -> Hashable:
        return ("", *self.contents())

    def leaf_count(self) -> int:
        return sum(element.leaf_count() for element in self.elements()) + self.extra_count()

    def leaves(self) -> Iterator[Leaf]:
        for element in self.elements():
            yield from element.leaves()
        yield from self.extras.values()


@dataclass
class ListItems(Items):
    """Elements that have parts."""

    nodes: list[Node] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.nodes)

    def element(self, index: int) -> Node:
        return self.nodes[index]

    def contents(self) -> list[Hashable]:
        return [node.content() for node in self.nodes]

    def position(self, index: int) -> int:
        if index < len(self.nodes):
            return self.nodes[index].start
        return self.nodes[-1].end if self.nodes else self.end


@dataclass
class ColumnItems(Items):
    """Elements without parts, back to back: the bits of element i are bounds[i]..bounds[i + 1]."""

    values: Sequence[Any] = ()
    bounds: Sequence[int] = (0,)
    layout: Layout | None = None
    broken: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.values)

    def element(self, index: int) -> Node:
        start, end = self.bounds[index], self.bounds[index + 1]
        inside, broken = (*self.path, index), self.broken.get(index, ())
        return Leaf(inside, start, end, value=self.values[index], layout=self.layout, broken=broken)

    def contents(self) -> list[Hashable]:
        return [content_of(value) for value in self.values]

    def position(self, index: int) -> int:
        return self.bounds[index]

    def plain(self) -> Any:
        return list(self.values)

    def leaf_count(self) -> int:
        return len(self.values) + self.extra_count()
