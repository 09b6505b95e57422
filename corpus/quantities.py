"""Quantities of a layout and what binds them: numbers, how many elements, how many bytes.

A count field is the number of elements that it counts, a length field the bytes that it measures, a region the sum of
what stands in it. `Quantities` reads these bonds off a layout once; `narrowed` draws the conclusions for ranges that
somebody assumes. It never excludes what a file can show; of what it does not know (expressions that it cannot follow,
fields inside elements) it assumes nothing.

Names: `part` is the number in a field, `#key` the elements or bytes of a value, `|entries|` its encoded bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from formats.layout import (
    Array,
    CountedArray,
    CountOf,
    EndsOf,
    Enumeration,
    Expression,
    Field,
    LengthOf,
    Node,
    Padded,
    Prefixed,
    PrefixOf,
    Raw,
    Region,
    Repeated,
    Slices,
    Struct,
    Text,
    Zeros,
    fixed_size,
    literal_int,
    minimum_size,
)

from .bounds import bounds_of, takes_rest

#: More than any quantity can be.
INFINITE: Final = 1 << 80
#: Rounds of drawing conclusions; each draws them from all bonds, so few are needed, and any number is sound.
ROUNDS_MAXIMUM: Final = 40
#: Encodings whose characters take 1 to 4 bytes, and nothing else.
UTF_8: Final = frozenset({"utf8", "utf-8", "utf_8", "ascii"})

Ranges = dict[str, tuple[int, int]]


class Contradiction(Exception):
    """A quantity would have to be in no range at all."""

    def __init__(self, name: str, low: int, high: int) -> None:
        super().__init__(name)
        self.name = name
        self.low = low
        self.high = high

    @property
    def text(self) -> str:
        """In words."""
        return f"{in_words(self.name)} would be at least {self.low} and at most {self.high}"


@dataclass(frozen=True)
class Bond:
    """The sum of `terms` (a factor for each quantity) and `constant` is 0, or where `at_most`, at most 0."""

    terms: tuple[tuple[str, int], ...]
    constant: int = 0
    at_most: bool = False


@dataclass(frozen=True)
class Column:
    """An array at `path` whose last element is the number `last`, in order or not; `low`: the least that one can be."""

    path: str
    last: str
    order: str
    low: int


@dataclass(frozen=True)
class SharedPrefix:
    """Items at `path` behind a prefix of `size` bytes, which lie in `stored` bytes and have `whole` bytes with it."""

    path: str
    size: str
    stored: str
    whole: str
    items: Slices


def in_words(name: str) -> str:
    """A quantity as people say it."""
    if name == "||":
        return "the file's size in bytes"
    if name.startswith("|"):
        return f"the size of {name.strip('|')} in bytes"
    return f"the number of elements or bytes of {name[1:]}" if name.startswith("#") else name


class Quantities:
    """The quantities of one layout, where each stands for one thing in a file: none that lies inside elements."""

    def __init__(self, root: Node) -> None:
        self.ranges: Ranges = {}
        self.bonds: list[Bond] = []
        self.columns: list[Column] = []
        self.prefixes: list[SharedPrefix] = []
        self.slices: dict[str, Slices] = {}
        self.arrays: set[str] = set()
        self.lengths: list[tuple[str, str]] = []
        #: The names that a closed enumeration can have, by its path.
        self.members: dict[str, frozenset[str]] = {}
        terms, constant = self.visit(root, "", ())
        if "||" not in terms:
            self.bind({"||": -1, **terms}, constant)
        for number, of in self.lengths:
            if f"|{of}|" in self.ranges:
                self.bind({number: 1, f"|{of}|": -1})

    # --- reading the layout ------------------------------------------------------------------------------------------

    def quantity(self, name: str, low: int = 0, high: int = INFINITE) -> str:
        """Know a quantity, and what it can be at all."""
        known = self.ranges.get(name, (low, high))
        self.ranges[name] = max(low, known[0]), min(high, known[1])
        return name

    def bind(self, terms: Mapping[str, int], constant: int = 0, *, at_most: bool = False) -> None:
        """Note that a sum is 0, or at most 0."""
        for name in terms:
            self.quantity(name)
        self.bonds.append(Bond(tuple(terms.items()), constant, at_most))

    def named(self, expression: Expression | None, scopes: tuple[str, ...]) -> str | None:
        """The field that an expression is, by its path; None where it is another expression."""
        if isinstance(expression, Field) and expression.up < len(scopes):
            path = ".".join((scopes[-1 - expression.up], *expression.names)).removeprefix(".")
            return path if path in self.ranges else None
        return None

    def visit(self, node: Node, path: str, scopes: tuple[str, ...]) -> tuple[dict[str, int], int]:
        """Note all that a node binds; its encoded size as a sum: the factors of quantities, and a constant."""
        size = f"|{path}|"
        self.quantity(size, minimum_size(node))
        terms, constant = self.sized(node, path, scopes)
        if path and size not in terms:
            self.bind({size: -1, **terms}, constant)
        return terms, constant

    def sized(self, node: Node, path: str, scopes: tuple[str, ...], inside: str = "") -> tuple[dict[str, int], int]:
        """The size of a node as a sum, after all that is inside has been noted.

        inside: what tells its own size from that of a region or prefix around it, which has the same path.
        """
        own_size = f"|{path}{inside}|"
        self.number(node, path, scopes)
        match node:
            case Struct(members=members):
                return self.sum_of([(member.node, joined(path, member.name)) for member in members], (*scopes, path))
            case Array():
                return self.array(node, path, scopes, own_size)
            case Prefixed():
                return self.prefixed(node, path, scopes, inside)
            case Region() | Padded():
                return self.region(node, path, scopes, inside)
            case Text(node=inner, encoding=encoding):
                return self.text(inner, encoding.lower(), path, scopes)
            case Slices():
                return self.heap(node, path, scopes, own_size)
            case EndsOf() | CountedArray() | Raw() | Zeros() | PrefixOf():
                found = self.counted(node, path, scopes)
                if found is not None:
                    return found
        known = fixed_size(node)
        return ({}, known) if known is not None else ({self.quantity(own_size, minimum_size(node)): 1}, 0)

    def number(self, node: Node, path: str, scopes: tuple[str, ...]) -> None:
        """Note what a number can be, and what it is the length or the count of."""
        bounds = bounds_of(node)
        if bounds is not None:
            self.quantity(path, *bounds)
        match node:
            case LengthOf(of=of):
                self.lengths.append((path, joined(scopes[-1], of)))
            case CountOf(of=names):
                self.bind({path: 1, f"#{joined(scopes[-1], '.'.join(names))}": -1})
            case Enumeration(members=members, closed=True):
                self.members[path] = frozenset(name for name, _ in members)
            case Repeated(of=of, size=size):
                self.quantity(f"#{joined(scopes[-1], of)}", size)

    def counted(
        self, node: EndsOf | CountedArray | Raw | Zeros | PrefixOf, path: str, scopes: tuple[str, ...]
    ) -> tuple[dict[str, int], int] | None:
        """The size of what is so many units; None where these are not known."""
        match node:
            case CountedArray(count=count, node=element):
                own, unit = fixed_size(count) or 0, fixed_size(element)
                self.arrays.add(path)
                self.quantity(f"#{path}", *(bounds_of(count) or (0, INFINITE)))
                return None if unit is None else ({f"#{path}": unit}, own)
            case EndsOf(count=expression, of=of):
                number = self.named(expression, scopes)
                if number is None:
                    return None
                self.bind({number: 1, f"#{joined(scopes[-1], of)}": -1})
                return {number: node.node.size}, 0
        number = self.named(node.size, scopes)
        if number is not None and fixed_size(node) is None:
            self.bind({number: 1, f"#{path}": -1})
            return {number: 1}, 0
        return ({f"#{path}": 1}, 0) if isinstance(node, Raw) else None

    def prefixed(self, node: Prefixed, path: str, scopes: tuple[str, ...], inside: str) -> tuple[dict[str, int], int]:
        """A length, and so many bytes."""
        own, measured = fixed_size(node.length) or 0, bounds_of(node.length)
        terms, constant = self.sized(node.node, path, scopes, f"{inside}<inside>")
        if measured is not None:
            most = measured[1] - (own if node.inclusive else 0)
            self.bind(terms, constant - most, at_most=True)
        return terms, constant + own

    def sum_of(self, parts: list[tuple[Node, str]], scopes: tuple[str, ...]) -> tuple[dict[str, int], int]:
        """The size of several nodes one after the other."""
        total: dict[str, int] = {}
        constant = 0
        for number, (node, path) in enumerate(parts):
            own = path if path and path != scopes[-1] else f"{scopes[-1]}<{number}>"
            terms, more = self.visit(node, own, scopes)
            constant += more
            for name, factor in terms.items():
                total[name] = total.get(name, 0) + factor
        return total, constant

    def array(self, node: Array, path: str, scopes: tuple[str, ...], own_size: str) -> tuple[dict[str, int], int]:
        """Elements: what counts them, and what the last one is."""
        literal = literal_int(node.count)
        count = self.quantity(f"#{path}", *((0, INFINITE) if literal is None else (literal, literal)))
        self.arrays.add(path)
        number, last = self.named(node.count, scopes), self.named(node.last, scopes)
        if number is not None:
            self.bind({number: 1, count: -1})
        low, high = bounds_of(node.node) or (0, INFINITE)
        if last is not None:
            self.columns.append(Column(path, last, node.order, low))
        if node.order == "strict" and high < INFINITE:
            self.quantity(count, 0, high - low + 1)
        unit = fixed_size(node.node)
        if unit is not None:
            return {count: unit}, 0
        self.bind({count: minimum_size(node.node), own_size: -1}, at_most=True)
        return {own_size: 1}, 0

    def region(
        self, node: Region | Padded, path: str, scopes: tuple[str, ...], inside: str
    ) -> tuple[dict[str, int], int]:
        """A region or padding: its content fills it, or fits."""
        terms, constant = self.sized(node.node, path, scopes, f"{inside}<inside>")
        number, literal = self.named(node.size, scopes), fixed_size(node)
        outer = ({number: 1}, 0) if number is not None else ({}, literal) if literal is not None else None
        if outer is None:
            return {self.quantity(f"|{path}{inside}|"): 1}, 0
        exact = (isinstance(node, Region) and node.exact) or takes_rest(node.node)
        self.bind(
            {**terms, **{name: terms.get(name, 0) - factor for name, factor in outer[0].items()}},
            constant - outer[1],
            at_most=not exact,
        )
        return outer

    def text(self, inner: Node, encoding: str, path: str, scopes: tuple[str, ...]) -> tuple[dict[str, int], int]:
        """Characters, in as many bytes or more."""
        prefix = fixed_size(inner.length) or 0 if isinstance(inner, Prefixed) else 0
        raw = inner.node if isinstance(inner, Prefixed) else inner
        measured = bounds_of(inner.length) if isinstance(inner, Prefixed) else None
        taken = self.quantity(f"#{path} in bytes", 0, INFINITE if measured is None else measured[1])
        number = self.named(raw.size, scopes) if isinstance(raw, Raw) else None
        literal = fixed_size(raw)
        if number is not None:
            self.bind({number: 1, taken: -1})
        elif literal is not None:
            self.bind({taken: 1}, -literal)
        if encoding in UTF_8:
            self.bind({f"#{path}": 1, taken: -1}, at_most=True)
            self.bind({taken: 1, f"#{path}": -1 if encoding == "ascii" else -4}, at_most=True)
        return {taken: 1}, prefix

    def heap(self, node: Slices, path: str, scopes: tuple[str, ...], own_size: str) -> tuple[dict[str, int], int]:
        """Items back to back; behind a prefix, if there is one."""
        count, stored = self.quantity(f"#{path}"), self.quantity(own_size)
        self.slices[path] = node
        self.arrays.add(path)
        whole = stored
        if node.prefix:
            whole = self.quantity(f"|{path} with {node.prefix}|", 0, INFINITE if node.total is None else node.total)
            prefix = joined(scopes[-1], node.prefix)
            self.prefixes.append(SharedPrefix(path, self.quantity(f"#{prefix}"), stored, whole, node))
        self.bind({count: node.minimum, whole: -1}, at_most=True)
        self.bind({whole: 1, count: -node.maximum}, at_most=True)
        return {stored: 1}, 0


def joined(scope: str, name: str | None) -> str:
    """A path below a struct's; the struct's own for no name."""
    return scope if name is None else f"{scope}.{name}".removeprefix(".")
