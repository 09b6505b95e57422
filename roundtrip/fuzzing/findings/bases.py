"""The valid frame that damaged bytes come from, as far as can be told: what they say, put right where it is wrong."""

from __future__ import annotations

from operator import le, lt
from typing import TYPE_CHECKING, Any, Final

from formats.errors import ValueRefused
from formats.layout import (
    Accepted,
    Array,
    BitGroup,
    Bits,
    Bounded,
    Captured,
    CountedArray,
    CountOf,
    Enumeration,
    FlagSet,
    Member,
    Node,
    Padded,
    Prefixed,
    Raw,
    Records,
    Region,
    Slices,
    Struct,
    fixed_size,
)
from formats.walking import Walk

from ...spots import Spot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from formats.catalog import Format
    from formats.errors import Path

#: Zeros put behind bytes that end too early, one number after the other, until a value can be read.
MISSING_SIZES: Final = (0, 1, 8, 64, 512, 4096)


def base_of(entry: Format, data: bytes, seed: int) -> tuple[Any, bytes] | None:
    """The plain value and the encoding of a valid frame that says much the same as these bytes, or None."""
    for candidate in readable(entry, data):
        value = entry.oracle.trace(candidate, seed, lenient=True).value
        for right in () if value is None else repaired(entry.layout.root, value):
            try:
                return right, entry.oracle.encode(right, seed)
            except (ValueRefused, OverflowError):
                continue
    return None


def readable(entry: Format, data: bytes) -> Iterator[bytes]:
    """Bytes that may give a value where these do not: with zeros behind, and with lower counts."""
    yield from (data + bytes(missing) for missing in MISSING_SIZES)
    for step in Walk(entry.oracle, data).steps(lambda _: False):
        size = fixed_size(step.node)
        if isinstance(step.node, CountOf) and size and step.start + size <= len(data):
            spot = Spot(step.path, step.start, step.start + size, step.node)
            count = spot.read(data)
            yield from (spot.write(data, less) for less in dict.fromkeys((count - 1, count // 2, 1, 0)) if less < count)


def repaired(root: Node, value: Any) -> Iterator[Any]:
    """The value as it is, then with everything in it put right that can be; in several ways where there are some."""
    yield value
    yield from righted(root, value)


def righted(node: Node | None, value: Any) -> Iterator[Any]:
    """A value of this node as it may be: known names, numbers within bounds, arrays in order."""
    match node:
        case Region(node=inner) | Prefixed(node=inner) | Padded(node=inner) | Captured(node=inner):
            yield from righted(inner, value)
        case Struct(members=members) | BitGroup(members=members) if isinstance(value, dict):
            yield from righted_members([member for member in members if member.name in value], value)
        case Slices() if isinstance(value, tuple):
            items = [item[: node.maximum].ljust(node.minimum, b"\0") for item in value]
            yield tuple(in_order(items, node.order))
        case Array(node=inner) | CountedArray(node=inner) | Records(node=inner) if isinstance(value, tuple):
            items = [next(righted(inner, item)) for item in value]
            yield tuple(in_order(items, node.order if isinstance(node, Array) else ""))
        case _ if is_legal(node, value):
            yield value
        case _:
            yield least(node, value)


def righted_members(members: list[Member], value: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A struct with every member put right; where an array must end in a number, it is that of a sibling's elements."""
    right = {member.name or "": next(righted(member.node, value[member.name or ""])) for member in members}
    ending = [
        name for member in members if (name := member.name) and isinstance(member.node, Array) and member.node.last
    ]
    lengths = dict.fromkeys(len(item) for item in right.values() if isinstance(item, tuple))
    for length in reversed(lengths) if ending else ():
        yield right | {name: ending_in(right[name], length) for name in ending}
    yield right


def ending_in(numbers: tuple[int, ...], last: int) -> tuple[int, ...]:
    """Numbers none of which is above the last one, which is given."""
    return (*(min(number, last) for number in numbers[:-1]), last) if numbers else ()


def in_order(items: list[Any], order: str) -> list[Any]:
    """Items that rise, or (`ascending`) do not fall: as they are where they do, else sorted, and made different."""
    if not order or (all(map(lt if order == "strict" else le, items, items[1:]))):
        return items
    items = sorted(items)
    for index in range(1, len(items)) if order == "strict" else ():
        before = items[index - 1]
        if items[index] <= before:
            items[index] = before + (b"\0" if isinstance(before, bytes) else 1)
    return items


def is_legal(node: Node | None, value: Any) -> bool:
    """Whether a scalar is one that its field can hold, as far as that is known."""
    match node:
        case Enumeration(members=members, closed=True):
            return value in {name for name, _ in members}
        case FlagSet(members=members, named=False):
            return isinstance(value, int) and not value & ~sum(mask for _, mask in members)
        case Bounded(minimum=minimum, maximum=maximum):
            return isinstance(value, int) and minimum <= value <= maximum
        case Accepted(values=values, refused=refused):
            return (value in values) is not refused
    return True


def put(value: Any, path: Path, item: Any) -> Any:
    """The value with another item at a path."""
    if not path:
        return item
    part, rest = path[0], path[1:]
    if isinstance(value, dict):
        return {**value, part: put(value[part], rest, item)}
    assert isinstance(part, int)
    return (*value[:part], put(value[part], rest, item), *value[part + 1 :])


def least(node: Node | None, value: Any) -> Any:
    """The first or the smallest that a field can hold, where that is known; else a value of the same kind."""
    match node:
        case Enumeration(members=members):
            return members[0][0]
        case FlagSet(named=named):
            return frozenset() if named else 0
        case Bounded(node=Bits(boolean=True)):
            return False
        case Bounded(minimum=minimum):
            return minimum
        case Accepted(values=values, refused=False):
            return values[0]
        case Slices(minimum=minimum):
            return bytes(minimum)
        case Raw() if isinstance(value, bytes):
            return bytes(len(value))
    return type(value)() if isinstance(value, int | float | str | bytes | bool) else value
