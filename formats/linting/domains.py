"""What the linter knows about a value before any byte is read: its type, its range, its fields.

An abstract value stands for all values that some bytes can give a field, so a complaint that rests on it is about
bytes that exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

#: Larger than any position or length in a stream.
SIZE_LIMIT: Final = 2**63


@dataclass(frozen=True)
class Domain:
    """A set of values.

    kinds: any of integer (with booleans), number (floats), bytes, text, list, struct, none, or *any* (not known, and
    never complained about); low..high: range of the integers, or of the length of the bytes, text or list;
    values: all the values, where they are few; fields: of a struct; element: of a list; captured: these are the bytes
    of a RawCopy; condition, then, otherwise: a field that is read in two ways, and the condition that decides it.
    """

    kinds: frozenset[str]
    low: int = 0
    high: int = SIZE_LIMIT
    values: frozenset[Any] | None = None
    fields: Mapping[str, Domain] = field(default_factory=dict)
    element: Domain | None = None
    captured: bool = False
    condition: str = ""
    then: Domain | None = None
    otherwise: Domain | None = None

    @property
    def is_known(self) -> bool:
        """Whether enough is known to complain."""
        return "any" not in self.kinds

    def only(self, *kinds: str) -> bool:
        """Whether every value is of these kinds (true where nothing is known)."""
        return not self.is_known or self.kinds <= set(kinds)

    def under(self, assumed: Mapping[str, bool]) -> Domain:
        """The values that are left where these conditions are known to hold, or not to."""
        if self.condition and self.condition in assumed and self.then is not None and self.otherwise is not None:
            return (self.then if assumed[self.condition] else self.otherwise).under(assumed)
        return self

    def possible(self) -> frozenset[Any] | None:
        """All the values where there are at most 256, else None."""
        if self.values is not None:
            return self.values
        if self.kinds == {"integer"} and self.high - self.low < 256:
            return frozenset(range(self.low, self.high + 1))
        return None


def of_kind(kind: str, low: int = 0, high: int = SIZE_LIMIT, **facts: Any) -> Domain:
    """The values of one kind."""
    return Domain(frozenset({kind}), low, high, **facts)


def integer(low: int, high: int) -> Domain:
    """The integers low..high."""
    return of_kind("integer", low, high)


def integer_of(size_bits: int, *, signed: bool) -> Domain:
    """The integers of so many bits."""
    return integer(-(2 ** (size_bits - 1)), 2 ** (size_bits - 1) - 1) if signed else integer(0, 2**size_bits - 1)


ANY: Final = of_kind("any")
NONE: Final = of_kind("none", values=frozenset({None}))
BOOLEAN: Final = integer(0, 1)
NUMBER: Final = of_kind("number")
TEXT: Final = of_kind("text")
BYTES: Final = of_kind("bytes")
POSITION: Final = integer(0, SIZE_LIMIT)


def literal(value: Any) -> Domain:
    """The domain of one value that the schema states."""
    if isinstance(value, int):
        return of_kind("integer", int(value), int(value), values=frozenset({value}))
    if isinstance(value, bytes | str):
        kind = "bytes" if isinstance(value, bytes) else "text"
        return of_kind(kind, len(value), len(value), values=frozenset({value}))
    if isinstance(value, float):
        return NUMBER
    if isinstance(value, list | tuple):
        return of_kind("list", len(value), len(value), element=join(*map(literal, value)))
    return NONE if value is None else ANY


def labels(names: frozenset[str]) -> Domain:
    """The names of an enumeration."""
    return of_kind("text", values=names)


def join(*domains: Domain) -> Domain:
    """The values of any of these domains; of no domain, nothing is known."""
    if not domains:
        return ANY
    joined = domains[0]
    for other in domains[1:]:
        joined = _join_two(joined, other)
    return joined


def _join_two(left: Domain, right: Domain) -> Domain:
    common = {name: join(left.fields[name], right.fields[name]) for name in left.fields if name in right.fields}
    elements = [domain.element for domain in (left, right) if domain.element is not None]
    values = None if left.values is None or right.values is None else left.values | right.values
    return Domain(
        left.kinds | right.kinds,
        min(left.low, right.low),
        max(left.high, right.high),
        values,
        common,
        join(*elements) if elements else None,
        left.captured and right.captured,
    )


def either(condition: str, then: Domain, otherwise: Domain) -> Domain:
    """The values of a field that a condition decides."""
    return replace(join(then, otherwise), condition=condition, then=then, otherwise=otherwise)


@dataclass(frozen=True)
class Shape:
    """What the linter knows about the bytes of a node.

    minimum: the fewest bytes it takes (bits, among bits); exact: how many it always takes, where that is fixed;
    fills: it takes all bytes of its region, or refuses what follows; idle: the most steps that it makes without
    taking a byte; carries: its value says something that the rest of the schema does not.
    """

    value: Domain = ANY
    minimum: int = 0
    exact: int | None = None
    fills: bool = False
    idle: int = 1
    carries: bool = True

    def valued(self, value: Domain) -> Shape:
        """The same bytes with another meaning."""
        return replace(self, value=value)

    def spread(self, minimum: int, exact: int | None, *, fills: bool = False) -> Shape:
        """The same value over other bytes."""
        return replace(self, minimum=minimum, exact=exact, fills=fills)

    @property
    def derived(self) -> Shape:
        """The same, but the value follows from the rest of the schema."""
        return replace(self, carries=False)


def fixed(size: int, value: Domain) -> Shape:
    """A node of so many bytes."""
    return Shape(value, size, size)
