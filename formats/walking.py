"""Walks a layout beside the trace of one parse: which node stands where in the bytes, as far as they could be read.

The trace knows what was read for every named field, the layout knows what it is; a member that was not read (or that
has no name) lies behind the member before it. Damaged bytes are followed too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .errors import Path
from .expressions import Unknown
from .layout import (
    Array,
    Blocks,
    Captured,
    Choice,
    Conditional,
    CountedArray,
    Node,
    Padded,
    Prefixed,
    Records,
    Region,
    Struct,
    children,
    fixed_size,
)
from .oracle import Oracle
from .values import branch


@dataclass(frozen=True)
class Scope:
    """A struct being walked: its path, its first byte, and what was read for its fields."""

    path: Path
    start: int
    values: dict[str, Any]


@dataclass(frozen=True)
class Step:
    """One node at one place. `value`: as the oracle read it, None where it was not read; for a choice, its branch."""

    node: Node
    path: Path
    start: int
    value: Any
    scopes: tuple[Scope, ...]


def everywhere(_: Node) -> bool:
    """Walk into every array."""
    return True


class Walk:
    """One parse of `data`, to be walked. `spans`: path -> first byte and the byte behind the last."""

    def __init__(self, oracle: Oracle, data: bytes, seed: int | None = 0) -> None:
        self.oracle = oracle
        self.trace = oracle.trace(data, seed, lenient=True)
        self.spans = {span.path: (span.start, span.end) for span in self.trace.spans}
        self.read = {span.path: span.value for span in self.trace.spans}
        self.elements: dict[Path, list[Path]] = {}
        for path in self.spans:
            self.elements.setdefault(path[:-1], []).append(path)

    def steps(self, wanted: Callable[[Node], bool] = everywhere) -> Iterator[Step]:
        """Every node that was reached, outer ones first; `wanted` chooses the arrays whose elements are visited."""
        yield from self._visit(self.oracle.layout.root, (), 0, (), wanted)

    def _visit(
        self, node: Node, path: Path, start: int, scopes: tuple[Scope, ...], wanted: Callable[[Node], bool]
    ) -> Iterator[Step]:
        value = self.read.get(path) if path else self.trace.value
        match node:
            case Struct():
                yield from self._visit_struct(node, path, start, scopes, wanted)
            case Conditional() | Choice():
                chosen = self._chosen(node, scopes)
                if chosen is not None:
                    yield Step(node, path, start, chosen, scopes)
                    yield from self._visit(chosen, path, start, scopes, wanted)
            case Array(node=element) | CountedArray(node=element) | Records(node=element) | Blocks(node=element):
                yield Step(node, path, start, value, scopes)
                if wanted(element):
                    for inner in self._elements(node, path):
                        yield from self._visit(element, inner, self.spans[inner][0], scopes, wanted)
            case Prefixed() | Region() | Padded() | Captured():
                for _, child in children(node)[-1:]:
                    yield from self._visit(child, path, start, scopes, wanted)
            case _:
                yield Step(node, path, start, value, scopes)

    def _elements(self, node: Node, path: Path) -> list[Path]:
        """The paths of the elements that were read; blocks have an index of their own before the record's."""
        if not isinstance(node, Blocks):
            return self.elements.get(path, [])
        blocks = sorted(key for key in self.elements if key[:-1] == path and len(key) == len(path) + 1)
        return [inner for block in blocks for inner in self.elements[block]]

    def _chosen(self, node: Conditional | Choice, scopes: tuple[Scope, ...]) -> Node | None:
        try:
            return branch(node, [scope.values for scope in scopes])
        except (Unknown, IndexError):
            return None

    def _visit_struct(
        self, struct: Struct, path: Path, start: int, scopes: tuple[Scope, ...], wanted: Callable[[Node], bool]
    ) -> Iterator[Step]:
        start = self._first_byte(struct, path, start)
        names = [member.name for member in struct.members if member.name is not None]
        values = {name: self.read[(*path, name)] for name in names if (*path, name) in self.read}
        inner = (*scopes, Scope(path, start, values))
        position: int | None = start
        for member in struct.members:
            deeper = path if member.name is None else (*path, member.name)
            span = self.spans.get(deeper) if member.name is not None else None
            position = position if span is None else span[0]
            if position is not None:
                yield from self._visit(member.node, deeper, position, inner, wanted)
            size = fixed_size(member.node)
            position = span[1] if span else (None if position is None or size is None else position + size)

    def _first_byte(self, struct: Struct, path: Path, start: int) -> int:
        """Where a struct begins: before its first named member that was read, less what lies before that."""
        before = 0
        for member in struct.members:
            span = self.spans.get((*path, member.name)) if member.name is not None else None
            if span is not None:
                return span[0] - before
            size = fixed_size(member.node)
            if size is None:
                break
            before += size
        return start
