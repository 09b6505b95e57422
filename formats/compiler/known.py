"""What the writer of a decoder knows of bytes that are being read: spots, values, runs of fixed-width fields."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from ..layout import (
    Constant,
    Integer,
    Node,
    Repeated,
    Zeros,
    fixed_size,
)
from .tables import Trail
from .text import Code

#: Stages of checks within one run, in the order of the rules: identity, seal, all others.
IDENTITY, SEAL, OTHER = 0, 1, 2
#: A product needs no parentheses in a sum.
PRODUCT: Final = re.compile(r"\w+ \* \d+")
#: Longest field of fixed size, in bytes.
SIZE_MAXIMUM: Final = 2**30
#: Loops may nest this deep; Python's own limit is 20.
LOOPS_MAXIMUM: Final = 16
REFUSE: Final = "return None"
#: Longer lists of locals are written one a line.
LINE_MAXIMUM: Final = 100


@dataclass(frozen=True)
class Spot:
    """A place in the bytes: a local variable (or none: the start of the data) and a number of bytes behind it."""

    base: str
    offset: int = 0

    def __str__(self) -> str:
        if not self.base:
            return str(self.offset)
        return f"{self.base} + {self.offset}" if self.offset else self.base

    def plus(self, size: int) -> Spot:
        """So many bytes further."""
        return Spot(self.base, self.offset + size)


@dataclass
class Bound:
    """What the decoder knows of a node: its value, where it lies, what is below it.

    code: None while it is not read; raw: a local that holds exactly its bytes; source: the field that gave its size or
    count; fields: values by name, for structs and flags; captured: expressions find the value under `value`;
    count: the number of its elements.
    """

    node: Node
    code: Code | None = None
    start: Spot | None = None
    end: Spot | None = None
    raw: str = ""
    source: Bound | None = None
    fields: dict[str, Bound] = field(default_factory=dict)
    captured: bool = False
    count: Code | None = None


@dataclass
class Scope:
    """A struct that is being read: its members so far, and checks that wait for later ones."""

    start: Spot
    depth: int = 1
    fields: dict[str, Bound] = field(default_factory=dict)
    waiting: list[tuple[Trail, Callable[[], None]]] = field(default_factory=list)


@dataclass
class Item:
    """A part of a run.

    code: struct code without order; constant: the bytes that it must be; compared: bytes that are looked at and no
    more, so that any buffer will do; listed: an unsigned number that a table of numbers of its size will be asked for.
    """

    code: str
    size: int
    local: str
    order: str = ""
    constant: bytes | None = None
    comment: str = ""
    compared: bool = False
    listed: bool = False


@dataclass
class Run:
    """Fixed-width fields back to back."""

    start: Spot
    hint: tuple[str, ...]
    items: list[Item] = field(default_factory=list)

    @property
    def size(self) -> int:
        return sum(item.size for item in self.items)

    @property
    def order(self) -> str:
        return next((item.order for item in self.items if item.order), "")


@dataclass(frozen=True)
class Check:
    """Bytes are refused where the condition holds."""

    condition: str
    comment: str
    stage: int


def term(size: Code) -> str:
    """A size as the right-hand side of a sum."""
    return size.text if PRODUCT.fullmatch(size.text) else size.atom


def difference(start: Spot, end: Spot) -> str:
    """The number of bytes between two spots, as text."""
    if start.base == end.base:
        return str(end.offset - start.offset)
    if start == Spot(""):
        return str(end)
    return f"{end} - {start}" if not start.base or not start.offset else f"{end} - ({start})"


def distance(start: Spot, end: Spot) -> str:
    """The same, as part of a larger expression."""
    return difference(start, end) if start.base == end.base else f"({difference(start, end)})"


def literal_size(node: Node) -> bool:
    """Whether a node is unpacked as part of a run, which gives bytes of itself."""
    return fixed_size(node) is not None and isinstance(node, Repeated | Integer | Zeros | Constant)
