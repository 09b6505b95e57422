"""Expressions of random schemas: over the fields that stand before, with results that a size may have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from construct import len_, this

from roundtrip.generation.sources import Source

#: Names that a careless code generator would trip over, among plain ones.
NAMES: Final = (
    *("a", "b", "c", "d", "e", "f", "g", "h"),
    *("data", "seed", "end", "start", "offset", "value", "size", "count", "length", "view", "record", "result"),
    *("class", "def", "from", "None", "match", "type", "int", "len", "range", "bytes", "tuple", "struct", "crc32c"),
    *("unpack_from", "probe", "decode", "encode", "keys", "items", "self", "is_valid", "x_1", "x1", "X", "camelCase"),
    *("a b", "a-b", "a_b", "unmasked", "Tuple", "été", "0", "crc32", "adler32", "no_checksum"),
)


@dataclass(frozen=True)
class Known:
    """A field that expressions may read, by the names that lead to it; low..high for numbers, options for names."""

    name: str | tuple[str, ...]
    kind: Literal["number", "boolean", "name", "bytes", "text", "elements"]
    low: int = 0
    high: int = 0
    options: tuple[str, ...] = ()

    def read(self, base: Any) -> Any:
        """The expression that reads it, from what stands for its struct."""
        for name in (self.name,) if isinstance(self.name, str) else self.name:
            base = base[name]
        return base

    def below(self, *names: str) -> Known:
        """The same field, seen from further out."""
        own = (self.name,) if isinstance(self.name, str) else self.name
        return replace(self, name=(*names, *own))


class Terms:
    """The fields in sight. A scope is a list of fields, or None for one that a schema must not name."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.scopes: list[list[Known] | None] = []
        self.taken: list[set[str]] = []

    @contextmanager
    def scope(self, *, hidden: bool = False) -> Iterator[None]:
        """Below a struct, or (hidden) below a PrefixedArray, whose own context is not the schema's business."""
        self.scopes.append(None if hidden else [])
        self.taken.append(set())
        try:
            yield
        finally:
            self.scopes.pop()
            self.taken.pop()

    def fresh(self) -> str:
        """A name that the present struct has not used."""
        start = self.source.integer(0, len(NAMES) - 1) if self.source.integer(0, 3) == 3 else 0
        taken = self.taken[-1]
        name = next((name for name in (*NAMES[start:], *NAMES) if name not in taken), f"n{len(taken)}")
        taken.add(name)
        return name

    def learn(self, *known: Known) -> None:
        """Expressions of the present struct may read these fields from now on."""
        scope = self.scopes[-1]
        assert scope is not None
        scope.extend(known)

    def in_sight(self, *kinds: str) -> list[tuple[Any, Known]]:
        """Every field of these kinds, with the `this` expression that reads it from here."""
        found = []
        base: Any = this
        for scope in reversed(self.scopes):
            found += [(known.read(base), known) for known in scope or () if known.kind in kinds]
            base = base._
        root = self.scopes[0] if len(self.scopes) > 1 else None
        return found + [(known.read(this["_root"]), known) for known in root or () if known.kind in kinds]

    def amount(self) -> Any:
        """A count or size: a literal or an expression, small when the fields are."""
        numbers = [(term, known) for term, known in self.in_sight("number") if known.low >= 0]
        if not numbers or self.source.integer(0, 2) == 0:
            return self.source.integer(0, 5)
        term, known = self.source.choice(numbers)
        other, _ = self.source.choice(numbers)
        options = [term % 5, term & 7, term // 64, term * 2 % 7, (term >> 3) % 4, (term + 1) & 3, (9 - (term & 7))]
        options += [term % 5 // (other & 3), term % (other & 7), 64 >> (term & 7), 5 % other, -(term & 3) + 3]
        if known.high <= 0xFFFF:
            options += [term, term, term, term + 1, term * 2]
        sized = self.in_sight("bytes", "elements")
        if sized:
            options.append(len_(self.source.choice(sized)[0]))
        return self.source.choice(options)

    def number(self) -> Any:
        """A number that 8 bytes hold."""
        numbers = [(term, known) for term, known in self.in_sight("number") if known.high < 2**32]
        if not numbers:
            return self.source.integer(0, 255)
        term, known = self.source.choice(numbers)
        other, _ = self.source.choice(numbers)
        options = [term + 1, term * 3, term + other, term ^ 5 if known.low >= 0 else term + 7, (term % 7) << 2, term]
        options += [-term, term // (other & 1), 1 << (term & 15), term >> (other & 31), term - other, term | 1]
        sized = self.in_sight("bytes", "elements")
        if sized:
            options.append(len_(self.source.choice(sized)[0]))
        return self.source.choice(options)

    def condition(self) -> Any:
        """Something true or false."""
        options: list[Any] = [self.source.boolean()]
        for term, known in self.in_sight("number"):
            literal = self.source.integer(max(known.low, -5), min(known.high, 5))
            options += [term == literal, term > literal, term != literal, term <= literal, term & 1]
        for term, _ in self.in_sight("boolean"):
            options += [term, ~term, term & ~term, term | term, term == True]  # noqa: E712  # an expression
        for term, known in self.in_sight("name"):
            options += [term == name for name in known.options[:2]]
        for term, _ in self.in_sight("bytes", "elements"):
            options += [len_(term) > 1, len_(term) == 2]
        for term, _ in self.in_sight("text"):
            options += [term == "x", term != ""]
        both = [option for option in options if not isinstance(option, bool)]
        if both and self.source.integer(0, 3) == 3:
            first, second = self.source.choice(both), self.source.choice(both)
            return self.source.choice((~first, (first == 1) & (second == 1), (first == 1) | ~second, first == second))
        return self.source.choice(options)
