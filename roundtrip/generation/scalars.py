"""Values of scalar nodes: numbers, names, flags, bytes and text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from formats.layout import (
    Accepted,
    Bits,
    Boolean,
    Bounded,
    Computed,
    Constant,
    Enumeration,
    FlagSet,
    Float,
    Integer,
    Node,
    Nothing,
    Prefixed,
    Raw,
    Rebuilt,
    Text,
    Zeros,
    fixed_size,
)

from .domains import holds, known_flags, known_names, nearest_float, number_bounds
from .generator import Generator, Maker, both
from .scopes import Made, Room

#: Text of 2, 3 and 4 bytes a character in UTF-8.
WIDE_CHARACTERS: Final = ("é", "€", "😀")
NOTHING: Final = object()
#: No attempt makes a byte string of more bytes, whatever a field says.
SIZE_MAXIMUM: Final = 1 << 26


def favourite(generator: Generator, node: Node) -> Any:
    """A value that some choice or comparison waits for; `NOTHING` to take any."""
    names, hints = generator.names(), generator.hints
    required = hints.required.get(names)
    options = [value for value in (required[0] if required else hints.wanted.get(names, ())) if suits(node, value)]
    if names in hints.sizing:
        options = small(generator, options)
    if required:
        options = [value for value in options if all(value in cases for cases in required)]
        if not options:
            raise generator.refused("no value of it has a case in every choice")
        return generator.source.choice(options)
    if options and generator.source.integer(0, 3):
        return generator.source.choice(options)
    return NOTHING


def small(generator: Generator, options: list[Any]) -> list[Any]:
    """Those numbers that may be a count or size here; all if there is none."""
    low, high = both(generator.sizing, (0, max(generator.size, 8)))
    return [value for value in options if isinstance(value, int) and low <= value <= (high or 0)] or options


def suits(node: Node, value: Any) -> bool:
    """Whether a value from an expression is one that this node gives."""
    boolean = isinstance(node, Boolean) or (isinstance(node, Bits) and node.boolean)
    return isinstance(value, bool) == boolean and (boolean or holds(node, value))


def integer(generator: Generator, node: Integer | Bits | Bounded, _room: Room) -> Made:
    """A number; a small one if a size follows it."""
    size = fixed_size(node) or 0
    if isinstance(node, Bits) and node.boolean:
        return boolean(generator, node, _room)
    value = favourite(generator, node)
    if value is NOTHING:
        low, high = number_bounds(node) or (0, 0)
        if generator.names() in generator.hints.sizing:
            value = generator.amount(*both((max(low, 0), high), generator.sizing))
        else:
            value = generator.source.integer(low, high)
    return Made(value, value, size)


def boolean(generator: Generator, node: Boolean | Bits, _room: Room) -> Made:
    """True or False."""
    value = favourite(generator, node)
    value = generator.source.boolean() if value is NOTHING else value
    return Made(value, value, fixed_size(node) or 0)


def floating(generator: Generator, node: Float, _room: Room) -> Made:
    """A number of that precision."""
    value = nearest_float(generator.source.real(), node.size)
    return Made(value, value, node.size)


def raw_size(generator: Generator, node: Raw, room: Room) -> int:
    """How many bytes a byte string takes."""
    count, size = generator.limits()
    low, high = both(both(count, size), (room.minimum, room.maximum))
    if node.size is None:
        return high if room.fill and high is not None else generator.amount(low, high)
    value: int = generator.value_of(node.size, low, high)
    if not 0 <= value <= SIZE_MAXIMUM:
        raise generator.refused(f"its size would be {value} bytes")
    return value


def raw(generator: Generator, node: Raw, room: Room) -> Made:
    """Bytes."""
    value: Any = NOTHING if fixed_size(node) is None else favourite(generator, node)
    if value is NOTHING:
        size = raw_size(generator, node, room)
        value = generator.source.blob(size, size)
    return Made(value, value, len(value))


def text(generator: Generator, node: Text, room: Room) -> Made:
    """Text, so many bytes of it as its node takes."""
    inner, prefix = node.node, 0
    value = favourite(generator, node)
    if isinstance(inner, Prefixed):
        room, prefix = prefixed_room(generator, inner, room)
        inner = inner.node
    assert isinstance(inner, Raw)
    if value is NOTHING or not fits(generator, node, inner, value, room):
        size = raw_size(generator, inner, room)
        value = letters(generator, size, wide=node.encoding.lower().startswith("utf") and not generator.limits()[0][1])
    return Made(value, value, prefix + len(value.encode(node.encoding)))


def fits(generator: Generator, node: Text, inner: Raw, value: str, room: Room) -> bool:
    """Whether a text has an encoding of the size that is asked for."""
    try:
        size = len(value.encode(node.encoding))
    except UnicodeEncodeError:
        return False
    exact = size if inner.size is None else generator.known(inner.size)
    return size == exact and room.minimum <= size and (room.maximum is None or size <= room.maximum)


def letters(generator: Generator, size: int, *, wide: bool) -> str:
    """Text of `size` bytes."""
    value = ""
    while wide and size >= 4 and generator.source.integer(0, 2) == 2:
        value += generator.source.choice(WIDE_CHARACTERS)
        size -= len(value[-1].encode())
    return value + bytes(byte & 0x7F for byte in generator.source.blob(size, size)).decode("ascii")


def prefixed_room(generator: Generator, node: Prefixed, room: Room) -> tuple[Room, int]:
    """The room for what stands behind a length prefix, and the size of the prefix in bytes."""
    own, bounds = fixed_size(node.length), number_bounds(node.length)
    if own is None or bounds is None:
        raise generator.refused("the length before it is no integer of fixed size")
    less = own if node.inclusive else 0
    outer = Room(max(0, room.minimum - own), None if room.maximum is None else room.maximum - own)
    return outer.within(max(0, bounds[0] - less), bounds[1] - less), own


def enumeration(generator: Generator, node: Enumeration, _room: Room) -> Made:
    """A name; now and then a number without one, where that is allowed."""
    size, names = fixed_size(node) or 0, known_names(node)
    value = favourite(generator, node)
    if value is NOTHING:
        if names and (node.closed or generator.source.integer(0, 7)):
            value = generator.source.choice([*names.values()])
        elif node.closed:
            raise generator.refused("none of its members fits its integer")
        else:
            number = generator.source.integer(*(number_bounds(node.node) or (0, 0)))
            value = names.get(number, number)
    return Made(value, value, size)


def flag_set(generator: Generator, node: FlagSet, _room: Room) -> Made:
    """Any flags."""
    flags = [(name, bit) for name, bit in known_flags(node) if generator.source.boolean()]
    value: Any = frozenset(name for name, _ in flags) if node.named else sum(bit for _, bit in flags)
    return Made(value, value, fixed_size(node) or 0)


def accepted(generator: Generator, node: Accepted, room: Room) -> Made:
    """One of the values, or none of them."""
    inner = node.node
    value = favourite(generator, node)
    if node.refused:
        for _ in range(64):
            made = generator.make(inner, room)
            if made.plain not in node.values:
                return made
        raise generator.refused("every value that was tried is one of those refused")
    if value is NOTHING:
        options = [option for option in node.values if holds(inner, option)]
        if isinstance(inner, Raw) and inner.size is not None:
            wanted = generator.value_of(inner.size, room.minimum, room.maximum)
            options = [option for option in options if isinstance(option, bytes) and len(option) == wanted]
        if not options:
            raise generator.refused("it can hold none of the values that are accepted")
        if generator.names() in generator.hints.sizing:
            options = small(generator, options)
        value = generator.source.choice(options)
    return Made(value, value, encoded_size(generator, inner, value))


def encoded_size(generator: Generator, node: Node, value: Any) -> int:
    """The size in bytes of a given value of a scalar."""
    size = fixed_size(node)
    if size is not None:
        return size
    if isinstance(node, Text):
        prefix = prefixed_room(generator, node.node, Room())[1] if isinstance(node.node, Prefixed) else 0
        return prefix + len(value.encode(node.encoding))
    return len(value) if isinstance(value, bytes) else 0


def constant(_generator: Generator, node: Constant, _room: Room) -> Made:
    """The constant, where it stands in the place of a value."""
    return Made(node.value, node.value, fixed_size(node) or 0)


def zeros(generator: Generator, node: Zeros, room: Room) -> Made:
    """Nothing, in so many bytes."""
    return Made(None, None, generator.derived_size(node, room))


def nothing(_generator: Generator, _node: Nothing, _room: Room) -> Made:
    """Nothing."""
    return Made(None, None, 0)


def expressed(generator: Generator, node: Computed | Rebuilt, _room: Room) -> Made:
    """What its expression gives."""
    value = generator.value_of(node.expression)
    return Made(value, value, fixed_size(node) or 0)


MAKERS: Final[Mapping[type, Maker]] = {
    Integer: integer,
    Bits: integer,
    Bounded: integer,
    Boolean: boolean,
    Float: floating,
    Raw: raw,
    Text: text,
    Enumeration: enumeration,
    FlagSet: flag_set,
    Accepted: accepted,
    Constant: constant,
    Zeros: zeros,
    Nothing: nothing,
    Computed: expressed,
    Rebuilt: expressed,
}
