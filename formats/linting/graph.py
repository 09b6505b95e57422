"""The schema as a graph of objects: what a walk must know before it may walk.

A schema is made of objects, and objects can be put anywhere: into themselves, below a thousand others, or twice into
each of forty others. Every other part of the linter, the translator and Construct itself recurse through it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from construct import Construct, Renamed

from ..errors import Path
from .decisions import BY_CLASS, VOCABULARY

NESTING_LIMIT: Final = 64
NODES_LIMIT: Final = 10_000

#: The attributes that hold parts, in the order of their bytes. Other attributes repeat them.
PARTS: Final = (
    "lengthfield",
    "checksumfield",
    "datafunc",
    "subcon",
    "subcons",
    "thensubcon",
    "elsesubcon",
    "cases",
    "default",
    "defersubcon",
)


class Ungraspable(Exception):
    """The schema cannot be walked: the rule, path and node of the reason."""

    def __init__(self, rule: str, path: Path, node: Any) -> None:
        super().__init__(rule, path)
        self.rule = rule
        self.path = path
        self.node = node


def parts_of(node: Any) -> Iterator[Any]:
    """The constructs directly inside a construct; of a class that nobody knows, whatever its attributes hold."""
    attributes = vars(node)
    is_known = type(node) in BY_CLASS or type(node) in VOCABULARY
    for name in PARTS if is_known else attributes:
        value = attributes.get(name)
        if isinstance(value, dict):
            value = list(value.values())
        for part in value if isinstance(value, list | tuple) else [value]:
            if isinstance(part, Construct):
                yield part


def require_graspable(schema: Any) -> None:
    """Raise `Ungraspable` for a schema that contains itself, nests too deep, or is too large when written out."""
    Measure().measure(schema, (), [])


class Measure:
    """Measures each object once, however often it is used."""

    def __init__(self) -> None:
        self.measured: dict[int, tuple[int, int]] = {}

    def measure(self, node: Any, path: Path, above: list[int]) -> tuple[int, int]:
        """How many constructs a node counts when written out, and how deep they nest."""
        if type(node) is Renamed and node.name and node.name != node.subcon.name:
            path = (*path, node.name)
        if id(node) in above:
            raise Ungraspable("recursion", path, node)
        size, height = self.measured.get(id(node), (1, 1))
        if len(above) + height > NESTING_LIMIT:
            raise Ungraspable("nesting", path, node)
        if id(node) not in self.measured:
            below = [self.measure(part, path, [*above, id(node)]) for part in parts_of(node)]
            size += sum(size for size, _ in below)
            height += max((height for _, height in below), default=0)
            if size > NODES_LIMIT:
                raise Ungraspable("explosion", path, node)
            self.measured[id(node)] = size, height
        return size, height
