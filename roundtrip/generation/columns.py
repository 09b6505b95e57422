"""Values of ordered columns and of heaps of byte strings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from formats.common_prefix import common_prefix
from formats.layout import Array, Bounded, EndsOf, Integer, PrefixOf, Raw, Slices, fixed_size, literal_int

from .domains import number_bounds
from .generator import Generator
from .scopes import Limits, Made, Room


def column(generator: Generator, node: Array, count: int) -> Made:
    """A column in order, or with a given last element."""
    size, inner = fixed_size(node.node), node.node
    if size is None:
        raise generator.refused("a column holds scalars of fixed width")
    width = literal_int(inner.size) if isinstance(inner, Raw) else None
    bounds: Limits | None = None
    if isinstance(inner, Integer | Bounded):
        bounds = number_bounds(inner)
    elif width is not None:
        bounds = 0, (1 << 8 * width) - 1
    last = last_element(generator, node, count, bounds)
    values: list[Any]
    if bounds is None or bounds[1] is None or not node.order:
        values = drawn(generator, node, count, last)
    else:
        if isinstance(last, bytes):
            last = int.from_bytes(last, "big")
        values = rising(generator, (bounds[0], bounds[1]), count, last, strict=node.order == "strict")
        if width is not None:
            values = [value.to_bytes(width, "big") for value in values]
    return Made(tuple(values), tuple(values), count * size)


def last_element(generator: Generator, node: Array, count: int, bounds: Limits | None) -> Any:
    """What the last element must be, None if anything; a count that is planned for it leaves room for the others."""
    if node.last is None:
        return None
    low, high = bounds or (0, None)
    if count == 0:
        low, high = 0, 0
    elif node.order == "strict":
        low += count - 1
    last = generator.value_of(node.last, max(low, 0), high)
    if isinstance(last, int) and (last < low or (high is not None and last > high)):
        raise generator.refused(f"{count} elements cannot end with {last}")
    return last if count else None


def rising(generator: Generator, bounds: tuple[int, int], count: int, last: int | None, *, strict: bool) -> list[int]:
    """Numbers that rise (`strict`) or never fall, up to `last`."""
    low, high = bounds[0], bounds[1] if last is None else last
    if strict and count > high - low + 1:
        raise generator.refused(f"there are not {count} different numbers in {low}..{high}")
    values = sorted(generator.source.integer(low, high) for _ in range(count))
    if strict:
        for index in range(1, count):
            values[index] = max(values[index], values[index - 1] + 1)
        for index in range(count):
            values[-1 - index] = min(values[-1 - index], high - index)
    if last is not None and count:
        values[-1] = last
    return values


def drawn(generator: Generator, node: Array, count: int, last: Any) -> list[Any]:
    """Elements in no order."""
    if node.order:
        raise generator.refused("only integers and byte strings are ordered")
    values = []
    for index in range(count if last is None else count - 1):
        with generator.inside(None, index):
            values.append(generator.make(node.node, Room()).full)
    return values if last is None else [*values, last]


def slices(generator: Generator, node: Slices, room: Room) -> Made:
    """Byte strings, cut by the ends that stand in a sibling column."""
    ends = generator.scopes[-1].node.members
    column_of_ends = next((member.node for member in ends if member.name == node.ends), None)
    if not isinstance(column_of_ends, EndsOf):
        raise generator.refused(f"there is no column {node.ends} of ends")
    count = generator.value_of(column_of_ends.count)
    _, capacity = number_bounds(column_of_ends.node) or (0, 0)
    if node.prefix:
        return slices_behind_a_prefix(generator, node, count, room.within(0, capacity))
    room = room.within(count * node.minimum, capacity)
    if room.maximum is None or room.maximum < count * node.minimum:
        raise generator.refused(f"{count} items do not fit into {room.maximum} bytes")
    items = lengthened(generator, node, distinct(generator, node, count, room.maximum), room)
    total = sum(len(item) for item in items)
    if not room.minimum <= total <= room.maximum:
        raise generator.refused(f"{count} items take {total} bytes of {room.maximum}")
    return Made(tuple(items), tuple(items), total)


def slices_behind_a_prefix(generator: Generator, node: Slices, count: int, room: Room) -> Made:
    """Items that have a longest common prefix, of the size that has been settled before them."""
    own = next(member.node for member in generator.scopes[-1].node.members if member.name == node.prefix)
    if not isinstance(own, PrefixOf):
        raise generator.refused(f"{node.prefix} is no prefix")
    size = generator.value_of(own.size)
    least, most = max(0, node.minimum - size), node.maximum - size
    room = room.within(0, (node.total or 0) - size * count)
    if (count < 2 and (least > 0 or (count == 0 and size > 0))) or most < 0 or (room.maximum or 0) < 0:
        raise generator.refused(f"{count} items have no common prefix of {size} bytes")
    prefix = generator.source.blob(size, size)
    rests = [b""] * count
    if count > 1 and most > 0:
        rest = replace(node, minimum=least, maximum=most, prefix="", total=None)
        rests = apart(rest, distinct(generator, rest, count, room.maximum or 0))
        rests = lengthened(generator, rest, rests, room)
    total = sum(map(len, rests))
    if (
        common_prefix(rests)
        or not room.minimum <= total <= (room.maximum or 0)
        or len(set(rests)) < count * (node.order == "strict")
    ):
        raise generator.refused(f"{count} items behind a prefix take {total} bytes of {room.maximum}")
    items = tuple([prefix + rest for rest in rests])
    return Made(items, items, total)


def apart(node: Slices, items: list[bytes]) -> list[bytes]:
    """The items, two or more, without a common first byte: the first becomes empty, or begins with another byte."""
    if not common_prefix(items):
        return items
    if node.minimum == 0:
        return [b"", *items[1:]]
    first = items[-1] if items[0][0] == 0 else items[0]
    changed = bytes([first[0] + 1 if first is items[-1] else first[0] - 1]) + first[1:]
    return [*items[:-1], changed] if first is items[-1] else [changed, *items[1:]]


def distinct(generator: Generator, node: Slices, count: int, most: int) -> list[bytes]:
    """Items in order, if one is asked for, of `most` bytes in all if that can be."""
    longest = max(node.minimum, min(node.maximum, 16 if generator.scaling else generator.size, most // max(1, count)))
    items = [generator.source.blob(node.minimum, longest) for _ in range(count)]
    if node.order == "strict" and len(set(items)) < count:
        taken, spare = set(items), unused(generator, node, set(items))
        kept: set[bytes] = set()
        for index, item in enumerate(items):
            if item in kept:
                items[index] = next(candidate for candidate in spare if candidate not in taken)
            kept.add(items[index])
    return sorted(items) if node.order else items


def unused(generator: Generator, node: Slices, taken: set[bytes]) -> Any:
    """Short byte strings that are not taken, the shortest first."""
    for size in range(node.minimum, min(node.maximum, node.minimum + 4) + 1):
        for number in range(1 << 8 * size):
            candidate = number.to_bytes(size, "big")
            if candidate not in taken:
                yield candidate
    raise generator.refused("there are not so many different items")


def lengthened(generator: Generator, node: Slices, items: list[bytes], room: Room) -> list[bytes]:
    """The items with so many bytes behind the last ones that the region is full; their order stays."""
    lacking = room.minimum - sum(len(item) for item in items)
    for index in range(len(items) - 1, -1, -1):
        if lacking <= 0:
            break
        if index < len(items) - 1 and node.order and items[index + 1].startswith(items[index]):
            continue
        more = min(lacking, node.maximum - len(items[index]))
        items[index] += generator.source.blob(more, more)
        lacking -= more
    return items
