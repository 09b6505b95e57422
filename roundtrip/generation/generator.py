"""The generator: walks a layout and makes a value that satisfies every constraint on the way.

Counts and lengths that follow from the value are planned when the first field that depends on them is made, and what
comes later keeps to the plan. Sizes are kept within the room that regions, prefixes and length fields leave. Where
constraints meet that no plan foresees, `NoValue` ends the attempt and the caller starts another, smaller one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias

from formats.common_prefix import common_prefix
from formats.expressions import Unknown, evaluate
from formats.layout import (
    Array,
    BitGroup,
    Captured,
    Choice,
    Conditional,
    Constant,
    CountOf,
    EndsOf,
    Expression,
    Field,
    LengthOf,
    Member,
    Node,
    Padded,
    Prefixed,
    PrefixOf,
    Raw,
    Rebuilt,
    Region,
    Slices,
    Struct,
    Text,
    Zeros,
    children,
    fixed_size,
    minimum_size,
)

from .domains import fields_in, number_bounds
from .hints import Hints
from .scopes import Limits, Made, NoValue, Room, Scope
from .sources import Source

#: Makes a value of one class of node, in the room that it has.
Maker: TypeAlias = "Callable[[Generator, Any, Room], Made]"


class Generator:
    """One attempt at one value. size: bound on elements and free bytes; scaling: take just so many, not up to."""

    def __init__(
        self, source: Source, hints: Hints, makers: Mapping[type, Maker], size: int, *, scaling: bool = False
    ) -> None:
        self.source = source
        self.hints = hints
        self.makers = makers
        self.size = size
        self.scaling = scaling
        self.scopes: list[Scope] = []
        #: Member names from the root to here; None where elements of an array begin.
        self.trail: list[str | None] = []
        self.path: list[str | int] = []
        #: What the next field may be if a size follows it, as the struct around it sees it.
        self.sizing: Limits = (0, None)

    def make(self, node: Node, room: Room) -> Made:
        """A value of a node, in the room that it has."""
        if room.maximum is not None and room.maximum < 0:
            raise self.refused("there is no room left for it")
        maker = self.makers.get(type(node))
        if maker is None:
            raise self.refused(f"a {type(node).__name__} has no value of its own here")
        return maker(self, node, room)

    def refused(self, reason: str) -> NoValue:
        """The end of this attempt, at the present path."""
        return NoValue((*self.path,), reason)

    @contextmanager
    def inside(self, name: str | None, index: int | None = None) -> Iterator[None]:
        """Generate below a member (or an element) of the present node."""
        self.trail.append(name)
        part = name if index is None else index
        if part is not None:
            self.path.append(part)
        try:
            yield
        finally:
            self.trail.pop()
            if part is not None:
                self.path.pop()

    @contextmanager
    def scope(self, node: Struct | BitGroup) -> Iterator[Scope]:
        """Generate the members of a struct."""
        self.scopes.append(Scope(node, len(self.trail)))
        try:
            yield self.scopes[-1]
        finally:
            self.scopes.pop()

    def names(self) -> tuple[str, ...]:
        """The present field as `Hints` knows it."""
        return tuple(name for name in self.trail if name is not None)

    # --- amounts -----------------------------------------------------------------------------------------------------

    def amount(self, low: int, high: int | None) -> int:
        """A count or size in low..high, and not above what was asked for if that can be."""
        low = max(low, 0)
        if high is not None and high < low:
            raise self.refused(f"it needs at least {low}, and at most {high} fit")
        most = max(low, self.size if high is None else min(high, self.size))
        return most if self.scaling else self.source.integer(low, most)

    def limits(self) -> tuple[Limits, Limits]:
        """How many elements and bytes the derived fields around allow for the present field."""
        count: Limits = (0, None)
        size: Limits = (0, None)
        for scope in self.scopes:
            here = tuple(self.trail[scope.depth :])
            if here and None not in here:
                more_count, more_size = scope.limits(here)
                count, size = both(count, more_count), both(size, more_size)
        return count, size

    # --- expressions -------------------------------------------------------------------------------------------------

    def known(self, expression: Expression) -> Any:
        """The value of an expression, or None while a field in it has none."""
        try:
            return evaluate(expression, [scope.values for scope in self.scopes])
        except Unknown:
            return None

    def pending(self, expression: Expression) -> list[tuple[Scope, str]]:
        """The derived fields in an expression that have no value even after all that follows has been derived."""
        found = []
        for field in fields_in(expression):
            if field.up >= len(self.scopes) or self.known(field) is not None:
                continue
            scope, name = self.scopes[-1 - field.up], field.names[0]
            node = scope.derived(name)
            if node is None or len(field.names) > 1:
                continue
            value = self.derived_value(scope, node)
            if value is None:
                found.append((scope, name))
            else:
                scope.values[name] = value
        return found

    def value_of(self, expression: Expression, low: int = 0, high: int | None = None) -> Any:
        """The value of an expression; derived fields that it needs are planned so that it lies in low..high."""
        value = self.known(expression)
        if value is not None:
            return value
        pending = self.pending(expression)
        if pending and isinstance(expression, Field):
            return self.plan(*pending[0], low, high)
        for _ in range(24 if pending else 1):
            for scope, name in pending:
                self.plan(scope, name, 0, None)
            value = self.known(expression)
            if value is not None and (not pending or (low <= value and (high is None or value <= high))):
                return value
            for scope, name in pending:
                del scope.values[name]
        raise self.refused("an expression has no value here, or none that fits")

    def plan(self, scope: Scope, name: str, low: int, high: int | None) -> int:
        """Settle a derived number before what it is derived from is made."""
        node = scope.derived(name)
        bounds = None if node is None else number_bounds(node)
        if bounds is None:
            raise self.refused(f"{name} is needed before it is known")
        scope.values[name] = value = self.amount(*both((low, high), bounds))
        return value

    def derived_value(self, scope: Scope, node: Node) -> Any:
        """What a derived field must hold, or None while what it follows from is not made."""
        try:
            match node:
                case Constant(value=value):
                    return value
                case LengthOf(names=(name,)):
                    return scope.sizes.get(name)
                case LengthOf(names=names):
                    inside: Any = scope.values
                    for name in names:
                        inside = inside[name]
                    return len(inside)
                case PrefixOf(of=name):
                    return common_prefix(scope.values[name])
                case CountOf(of=names):
                    array: Any = scope.values
                    for name in names:
                        array = array[name]
                    return len(array)
                case Rebuilt(expression=expression):
                    around = self.scopes[: self.scopes.index(scope) + 1]
                    return evaluate(expression, [outer.values for outer in around])
                case Padded(node=inner):
                    return self.derived_value(scope, inner)
        except (Unknown, KeyError, TypeError):
            pass
        return None

    # --- sizes -------------------------------------------------------------------------------------------------------

    def extent(self, node: Node) -> Limits:
        """The fewest and the most bytes that a member of the present struct can take, as far as is known by now."""
        size = fixed_size(node)
        if size is not None:
            return size, size
        match node:
            case Raw(size=expression) | Region(size=expression) | Padded(size=expression) | Zeros(size=expression):
                return self.amount_extent(expression, (1, 1))
            case PrefixOf(size=expression):
                return self.amount_extent(expression, (1, 1))
            case Array(count=count, node=inner) | EndsOf(count=count, node=inner):
                return self.amount_extent(count, self.extent(inner))
            case Prefixed(length=length, node=inner, inclusive=inclusive):
                own, (_, most) = fixed_size(length) or 0, number_bounds(length) or (0, 0)
                return own + minimum_size(inner), most if inclusive else own + most
            case Conditional() | Choice():
                extents = [self.extent(child) for _, child in children(node)]
                highs = [high for _, high in extents if high is not None]
                low = min((low for low, _ in extents), default=0)
                return low, max(highs, default=0) if len(highs) == len(extents) else None
            case Text(node=inner) | Captured(node=inner):
                return self.extent(inner)
            case _:
                return minimum_size(node), None

    def amount_extent(self, expression: Expression | None, unit: Limits) -> Limits:
        """The bytes of so many units."""
        count: Limits = (0, None)
        if expression is not None:
            value = self.known(expression)
            if isinstance(value, int) and value >= 0:
                count = value, value
            elif isinstance(expression, Field) and (pending := self.pending(expression)):
                scope, name = pending[0]
                node = scope.derived(name)
                low, high = (node is not None and number_bounds(node)) or (0, None)
                count = max(low, 0), high
        high_units, high_unit = count[1], unit[1]
        return count[0] * unit[0], None if high_units is None or high_unit is None else high_units * high_unit

    def extents(self, members: tuple[Member, ...]) -> Limits:
        """The fewest and the most bytes of several members."""
        extents = [self.extent(member.node) for member in members]
        highs = [high for _, high in extents if high is not None]
        return sum(low for low, _ in extents), sum(highs) if len(highs) == len(extents) else None

    def derived_size(self, node: Node, room: Room) -> int:
        """The encoded size of a derived field in bytes."""
        size = fixed_size(node)
        if size is not None and size >= 0 and not isinstance(node, Padded):
            return size
        match node:
            case EndsOf(count=count, node=inner):
                count_value: int = self.value_of(count, 0, None if room.maximum is None else room.maximum // inner.size)
                return count_value * inner.size
            case PrefixOf(size=expression, of=name):
                low, high = self.prefix_limits(name, room)
                prefix_size: int = self.value_of(expression, low, high)
                return prefix_size
            case Zeros(size=expression) | Padded(size=expression):
                size_value: int = self.value_of(expression, room.minimum, room.maximum)
                if size_value < (minimum_size(node.node) if isinstance(node, Padded) else 0):
                    raise self.refused(f"its size would be {size_value} bytes")
                return size_value
        raise self.refused(f"the size of a {type(node).__name__} is not known")

    def prefix_limits(self, name: str, room: Room) -> tuple[int, int]:
        """How long the common prefix of the items of a heap beside it can be; of one item it is the whole item."""
        members = {member.name: member.node for member in self.scopes[-1].node.members}
        heap = members.get(name)
        ends = members.get(heap.ends) if isinstance(heap, Slices) else None
        if not isinstance(heap, Slices) or not isinstance(ends, EndsOf):
            raise self.refused(f"there is no heap {name} that ends cut")
        count = self.value_of(ends.count)
        # Of many items, half of what they take together is left for what is behind the prefix.
        most = heap.maximum if count < 2 else min(heap.maximum - 1, (heap.total or 0) // (2 * count))
        if room.maximum is not None:
            most = min(most, room.maximum)
        return (heap.minimum, most) if count == 1 else (0, most if count else 0)


def both(first: Limits, second: Limits) -> Limits:
    """The limits that satisfy two."""
    highs = [high for high in (first[1], second[1]) if high is not None]
    return max(first[0], second[0]), min(highs) if highs else None
