"""Simpler values: what can be left out of a plain value, and what in it can be less. Whether it is a value of the
format is for the encoder to say.

Arrays of one length that stand side by side are columns of one table, and lose the same element together. Where a
column holds ends of stretches of another table (it rises up to that one's length), that loses its stretch as well.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from formats.layout import Enumeration

from ...inspection.roles import node_at
from .bases import least, put

if TYPE_CHECKING:
    from collections.abc import Iterator

    from formats.errors import Path
    from formats.layout import Node

#: Elements of one array that are made smaller one by one.
ELEMENTS_MAXIMUM: Final = 64
#: Numbers up to this one are made less one by one.
SMALL_MAXIMUM: Final = 64


@dataclass(frozen=True)
class Drop:
    """`count` elements from `first` on go from the arrays `names` of the mapping at `scope`."""

    scope: Path
    names: frozenset[str]
    first: int
    count: int


def tables(value: Any, scope: Path = ()) -> Iterator[tuple[Path, dict[str, Any], frozenset[str]]]:
    """Every group of arrays of one length, above 0, that stand side by side: their scope, the mapping, their names."""
    if isinstance(value, dict):
        groups: dict[int, list[str]] = defaultdict(list)
        for name, item in value.items():
            if isinstance(item, tuple) and item:
                groups[len(item)].append(name)
        for names in groups.values():
            yield scope, value, frozenset(names)
            # Two tables may have one length by chance.
            yield from ((scope, value, frozenset({name})) for name in names if len(names) > 1)
        for name, item in value.items():
            yield from tables(item, (*scope, name))
    elif isinstance(value, tuple):
        for index, item in enumerate(value[:ELEMENTS_MAXIMUM]):
            yield from tables(item, (*scope, index))


def shorter(value: Any) -> Iterator[tuple[Any, Drop]]:
    """The value with elements left out of its tables: half of them at first, then ever fewer, from the end."""
    for scope, mapping, names in tables(value):
        length = len(mapping[min(names)])
        count = length
        while count:
            for first in range(length - count, -1, -count):
                drop = Drop(scope, names, first, count)
                for smaller in dropped(mapping, drop):
                    yield put(value, scope, smaller), drop
            count //= 2


def dropped(mapping: dict[str, Any], drop: Drop) -> Iterator[dict[str, Any]]:
    """The mapping without these elements: without the stretches that they end as well, then with those."""
    first, last = drop.first, drop.first + drop.count
    left = {name: (*item[:first], *item[last:]) if name in drop.names else item for name, item in mapping.items()}
    for name, item in mapping.items():
        others = [
            other
            for other, column in mapping.items()
            if other != name and isinstance(column, tuple) and other not in drop.names and item and column
            and isinstance(item, tuple) and item[-1] == len(column)
        ]  # fmt: skip
        if not others or not rises(item):
            continue
        if name in drop.names:
            start, end = (item[first - 1] if first else 0), item[last - 1]
            ends = (*item[:first], *(number - (end - start) for number in item[last:]))
            yield left | {name: ends} | {other: (*mapping[other][:start], *mapping[other][end:]) for other in others}
    for name, item in left.items():
        if isinstance(item, tuple) and name not in drop.names and rises(item):
            ends = tuple(number - max(0, min(number, last) - first) for number in item)
            if ends != item:
                yield left | {name: ends}
    yield left


def rises(item: Any) -> bool:
    """Whether these are whole numbers that never fall."""
    return (
        isinstance(item, tuple)
        and all(type(number) is int for number in item)
        and all(number <= following for number, following in pairwise(item))
    )


def lesser(root: Node, value: Any) -> Iterator[Any]:
    """The value with one scalar in it less than before: all that are not as small as can be, one by one."""
    for path, item in scalars(value):
        for form in forms(root, path, item):
            if form != item or type(form) is not type(item):
                yield put(value, path, form)


def scalars(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every scalar of a plain value, with its path; whole arrays of numbers first, as one."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from scalars(item, (*path, name))
        return
    if isinstance(value, tuple):
        if value:
            yield path, value
        for index, item in enumerate(value[:ELEMENTS_MAXIMUM]):
            yield from scalars(item, (*path, index))
        return
    yield path, value


def forms(root: Node, path: Path, item: Any) -> Iterator[Any]:
    """Values less than this one, the least first."""
    if isinstance(item, tuple):
        yield from array_forms(item)
        return
    node = node_at(root, path)
    smallest = least(node, item)
    if isinstance(node, Enumeration):
        names = [name for name, _ in node.members]
        yield from names[: names.index(item)] if item in names else names[:1]
    elif isinstance(item, bool):
        yield from (False,) if item else ()
    elif isinstance(item, int):
        yield from (number for number in dict.fromkeys((smallest, *numbers(item))) if abs(number) < abs(item))
    elif isinstance(item, bytes):
        yield from byte_forms(item)
    elif isinstance(item, frozenset):
        yield from (frozenset(), *(item - {name} for name in sorted(item))) if item else ()
    elif isinstance(item, str):
        yield from (item[:size] for size in dict.fromkeys((0, 1, len(item) // 2, len(item) - 1)) if size < len(item))
    elif isinstance(item, float):
        yield from (0.0,) if item != 0 else ()


def numbers(item: int) -> Iterator[int]:
    """Numbers that are easier to read: small ones, powers of two, a little less; few enough to try them all."""
    yield from (0, 1)
    for power in range(1, abs(item).bit_length()):
        yield from (1 << power, -(1 << power)) if item < 0 else (1 << power,)
    if item & item - 1:
        yield item // 2
    if abs(item) <= SMALL_MAXIMUM:
        yield item - (1 if item > 0 else -1)


def array_forms(item: tuple[Any, ...]) -> Iterator[Any]:
    """Arrays of numbers with the same number of elements: all 0, all 1, and those that rise by one."""
    if all(type(number) is int for number in item):
        count = len(item)
        for form in ((0,) * count, (1,) * count, tuple(range(count)), tuple(range(1, count + 1))):
            if sum(form) < sum(item):
                yield form


def byte_forms(item: bytes) -> Iterator[bytes]:
    """Shorter byte strings, then those of the same length with fewer bytes that are not 0."""
    for size in dict.fromkeys((0, 1, len(item) // 2, len(item) - 1)):
        if 0 <= size < len(item):
            yield item[:size]
            yield item[len(item) - size :]
    if any(item):
        yield bytes(len(item))
        if any(byte > 1 for byte in item):
            yield bytes(min(byte, 1) for byte in item)
            yield bytes(len(item) - 1) + b"\1"
        if len(item) <= ELEMENTS_MAXIMUM:
            for index, byte in enumerate(item):
                if byte > 1:
                    yield item[:index] + b"\1" + item[index + 1 :]
                if byte:
                    yield item[:index] + b"\0" + item[index + 1 :]
