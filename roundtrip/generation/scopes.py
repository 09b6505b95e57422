"""The structs around what is being generated, and the room in bytes that it has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from formats.errors import Path, ShardproofError, path_text
from formats.layout import BitGroup, CountOf, LengthOf, Node, Rebuilt, Repeated, Size, Struct

from .domains import number_bounds


class NoValue(ShardproofError):
    """No value was found that satisfies the constraints at `path`: they may contradict each other."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"no valid value for {path_text(path)}: {reason}")
        self.path = path
        self.reason = reason


class Made(NamedTuple):
    """A generated value: plain (for the caller), full (with derived fields, for expressions), its size in bytes."""

    plain: Any
    full: Any
    size: int


@dataclass(frozen=True)
class Room:
    """How many bytes a node should take: minimum..maximum (None: no bound).

    `fill`: what reads to the end of its region must take all of it, because zeros behind it would be read with it.
    """

    minimum: int = 0
    maximum: int | None = None
    fill: bool = False

    def within(self, minimum: int, maximum: int | None) -> Room:
        """This room, narrowed."""
        both = [bound for bound in (self.maximum, maximum) if bound is not None]
        return Room(max(self.minimum, minimum), min(both) if both else None, self.fill)

    def after(self, used: int, rest_minimum: int, rest_maximum: int | None) -> Room:
        """What is left for one of several nodes, when `used` bytes are taken and the others take this much."""
        minimum = 0 if rest_maximum is None else max(0, self.minimum - used - rest_maximum)
        return Room(minimum, None if self.maximum is None else self.maximum - used - rest_minimum, self.fill)


@dataclass
class Scope:
    """A struct whose members are being generated.

    depth: how many names of the trail lead to it; values: what expressions see; sizes: encoded sizes in bytes.
    """

    node: Struct | BitGroup
    depth: int
    values: dict[str, Any] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

    def derived(self, name: str) -> Node | None:
        """The node of a member that has no value yet, by its name."""
        if name in self.values:
            return None
        return next((member.node for member in self.node.members if member.name == name), None)

    def limits(self, trail: tuple[str | None, ...]) -> tuple[Limits, Limits]:
        """How many elements and how many bytes the derived fields of this struct allow for the field at the trail."""
        count: Limits = (0, None)
        size: Limits = (0, None)
        for member in self.node.members:
            node, value = member.node, self.values.get(member.name or "")
            match node:
                case CountOf(of=names) if names == trail:
                    count = narrowed(count, node, value)
                case Rebuilt(expression=Size(of=of)) if of.up == 0 and of.names == trail:
                    count = narrowed(count, node, value)
                case LengthOf(names=names) if names == trail:
                    size = narrowed(size, node, value)
                case Repeated(of=name, size=least) if (name,) == trail:
                    size = max(size[0], least), size[1]
        return count, size


Limits = tuple[int, int | None]


def narrowed(limits: Limits, node: Node, value: Any) -> Limits:
    """Limits, narrowed to what a number field can hold, or to the value it has been given."""
    low, high = (value, value) if isinstance(value, int) else number_bounds(node) or (0, 0)
    return max(limits[0], low), high if limits[1] is None else min(limits[1], high)
