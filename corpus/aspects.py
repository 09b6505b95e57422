"""Aspects: what one field can show, by its node in the layout: members, ends of ranges and next to them, sizes.

A field shows its boundary values (0, 1, the minimum, the maximum and their neighbours inside the range), its sizes (0,
1, 2, the longest and one less), its members, its flags set and clear, its branches. What lies just outside a range no
accepted file can show; `outside` names it for files that are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from math import copysign, isinf
from typing import Any, Final, NamedTuple

from formats.layout import (
    Accepted,
    Array,
    BitGroup,
    Bits,
    Blocks,
    Boolean,
    Bounded,
    Choice,
    Conditional,
    CountedArray,
    CountOf,
    Enumeration,
    FlagSet,
    Float,
    Integer,
    LengthOf,
    Node,
    Prefixed,
    Raw,
    Records,
    Slices,
    Text,
    literal_int,
)

from .bounds import Range, bounds_of, width_of
from .needs import Exact, Flagged, ItemSize, Need, Number, Size, Taken, Within

Question = Callable[[Any], bool]


class Aspect(NamedTuple):
    """One thing that a field can show: its name behind the path, how to tell from what was read, what it needs."""

    name: str
    holds: Question
    need: Need | None = None


def aspects(node: Node) -> Iterator[Aspect]:
    """What one node can show by itself, each aspect once."""
    listed = ASPECTS.get(type(node))
    named: dict[str, Aspect] = {}
    for aspect in listed(node) if listed is not None else ():
        named.setdefault(aspect.name, aspect)
    yield from named.values()


def outside(node: Node) -> Iterator[tuple[str, int]]:
    """The numbers just outside a range that its width can hold, by name: only refused files can show them."""
    while isinstance(node, LengthOf | CountOf):
        node = node.node
    if isinstance(node, Bounded):
        low, high = width_of(node.node) or (node.minimum, node.maximum)
        if node.minimum > low:
            yield "=minimum-1", node.minimum - 1
        if node.maximum < high:
            yield "=maximum+1", node.maximum + 1


def equals(expected: Any) -> Question:
    """Whether the value is this one."""
    return lambda value: bool(value == expected)


def chosen(branch: Node) -> Question:
    """Whether this very branch was taken (two branches may look the same)."""
    return lambda node: node is branch


def has_flag(name: str, bit: int, *, expected: bool) -> Question:
    """Whether a flag of a mask, or of a mapping of flags, is as expected."""
    return lambda value: bool(value & bit if isinstance(value, int) else value[name]) is expected


def has_equal_neighbours(values: Any) -> bool:
    """Whether a column repeats a value, or begins with the 0 that it is counted from."""
    return any(one == other for one, other in pairwise((0, *values)))


def equals_float(expected: float) -> Question:
    """Whether the value is this number, and of its sign if it is 0."""
    return lambda value: repr(value) == repr(expected)


def all_hold(questions: list[Question]) -> Question:
    """Whether all of these are so."""
    return lambda value: all(question(value) for question in questions)


def within(name: str, aspect: Aspect) -> Question:
    """The same question about one field of a group."""
    return lambda group: aspect.holds(group[name])


def shown(value: int | str | bytes) -> str:
    """A value in the name of an aspect."""
    return value.hex() if isinstance(value, bytes) else str(value)


def number(name: str, low: int, high: int) -> Aspect:
    """The value is a number in low..high."""
    return Aspect(name, lambda value: bool(low <= value <= high), Number(low, high))


def size(name: str, low: int, high: int | None) -> Aspect:
    """The value has low..high elements, bytes or characters (None: any number from `low` on)."""
    return Aspect(name, lambda value: low <= len(value) and (high is None or len(value) <= high), Size(low, high))


def item_size(name: str, length: int) -> Aspect:
    """One of the items has this many bytes."""
    return Aspect(name, lambda items: any(len(item) == length for item in items), ItemSize(length))


def of_range(minimum: int, maximum: int) -> Iterator[Aspect]:
    """The ends of a range and what lies next to them, 0 and 1, and what lies between; no number under two names."""
    yield number("=minimum", minimum, minimum)
    named = {minimum, maximum}
    points = (("=minimum+1", minimum + 1), ("=zero", 0), ("=one", 1), ("=maximum-1", maximum - 1))
    for name, point in points:
        if minimum < point < maximum and point not in named:
            named.add(point)
            yield number(name, point, point)
    if maximum - minimum > 1:
        yield number("=inside", minimum + 1, maximum - 1)
    yield number("=maximum", maximum, maximum)


def of_width(width: int, *, signed: bool) -> Iterator[Aspect]:
    """The same of what so many bits can say."""
    return of_range(-(1 << width - 1), (1 << width - 1) - 1) if signed else of_range(0, (1 << width) - 1)


def of_truth() -> Iterator[Aspect]:
    """Yes and no."""
    yield Aspect("=true", equals(expected=True), Exact(value=True))
    yield Aspect("=false", equals(expected=False), Exact(value=False))


def of_float(_: Float) -> Iterator[Aspect]:
    """Both zeros, both infinities, and any other number."""
    for name, sign in (("", 1.0), ("negative_", -1.0)):
        zero, infinity = copysign(0.0, sign), copysign(float("inf"), sign)
        yield Aspect(f"={name}zero", equals_float(zero), Exact(zero))
        yield Aspect(f"={name}infinity", equals(infinity), Exact(infinity))
    yield Aspect("=finite", lambda value: value != 0 and not isinf(value))


def of_enumeration(node: Enumeration) -> Iterator[Aspect]:
    """Every member, and where any number may stand, one without a name."""
    low, high = bounds_of(node.node) or (0, 0)
    names = {number: name for name, number in node.members}
    for name, number in node.members:
        # Of two names for one number Construct reads the last.
        if low <= number <= high and names[number] == name:
            yield Aspect(f"={name}", equals(name), Exact(name))
    if not node.closed and len([number for number in names if low <= number <= high]) <= high - low:
        yield Aspect("=unknown", lambda value: not isinstance(value, str))


def of_accepted(node: Accepted) -> Iterator[Aspect]:
    """Every value that is allowed by name; where some are refused by name, what the others show."""
    if node.refused:
        for aspect in aspects(node.node):
            if not any(fits_exactly(aspect.need, value) for value in node.values):
                yield aspect
    else:
        for value in node.values:
            if is_holdable(node.node, value):
                yield Aspect(f"={shown(value)}", equals(value), Exact(value))


def fits_exactly(need: Need | None, value: Any) -> bool:
    """Whether a need is for this one value only."""
    return need in (Exact(value), Number(value, value)) if isinstance(value, int) else need == Exact(value)


def is_holdable(node: Node, value: Any) -> bool:
    """Whether an integer is wide enough for a value; True of what is no integer."""
    bounds = bounds_of(node)
    return bounds is None or (isinstance(value, int) and bounds[0] <= value <= bounds[1])


def of_flags(node: FlagSet) -> Iterator[Aspect]:
    """Every flag set and clear; none of them and all, where there are several."""
    _, high = bounds_of(node.node) or (0, 0)
    flags = [(name, bit) for name, bit in node.members if bit <= high]
    for name, bit in flags:
        yield Aspect(f".{name}=set", has_flag(name, bit, expected=True), Flagged(((name, True),)))
        yield Aspect(f".{name}=clear", has_flag(name, bit, expected=False), Flagged(((name, False),)))
    if len(flags) > 1:
        for label, expected in (("none", False), ("all", True)):
            tests = [has_flag(name, bit, expected=expected) for name, bit in flags]
            need = Flagged(tuple((name, expected) for name, _ in flags))
            yield Aspect(f"={label}", all_hold(tests), need)


def of_group(node: BitGroup) -> Iterator[Aspect]:
    """What each field of the group can show."""
    for member in node.members:
        if member.name is not None:
            for aspect in aspects(member.node):
                need = None if aspect.need is None else Within(member.name, aspect.need)
                yield Aspect(f".{member.name}{aspect.name}", within(member.name, aspect), need)


def of_bytes(node: Raw) -> Iterator[Aspect]:
    """All zeros, all ones and others where the size is fixed, else the sizes."""
    length = literal_int(node.size)
    if length is None:
        yield from of_sizes(None)
    else:
        yield Aspect("=zeros", lambda value: not any(value), Exact(bytes(length)))
        if length:
            yield Aspect("=ones", lambda value: all(byte == 0xFF for byte in value), Exact(b"\xff" * length))
            yield Aspect("=mixed", lambda value: any(value) and any(byte != 0xFF for byte in value))


def of_sizes(longest: Range | None) -> Iterator[Aspect]:
    """Empty and filled, one and two, and the longest where a length of its own says which that is."""
    low, high = longest or (0, None)
    if low <= 0:
        yield size("=empty", 0, 0)
    yield size("=filled", max(1, low), high)
    yield from few_and_longest(low, high)


def few_and_longest(low: int, high: int | None) -> Iterator[Aspect]:
    """One, two, the longest and one less, as far as these are different sizes in low..high."""
    taken = {0}
    last = () if high is None else (("=longest", high), ("=longest-1", high - 1))
    for name, length in (("=one", 1), ("=two", 2), *last):
        if low <= length and (high is None or length <= high) and length not in taken:
            taken.add(length)
            yield size(name, length, length)


def of_text(node: Text) -> Iterator[Aspect]:
    """The sizes, and characters beyond ASCII where the encoding has them."""
    inner = node.node
    length = literal_int(inner.size) if isinstance(inner, Raw) else None
    if length is not None:
        yield size("=filled" if length else "=empty", min(1, length), None if length else 0)
    else:
        longest = prefix_bounds(inner) if isinstance(inner, Prefixed) else None
        # The bounds count bytes, the value has characters: they are as many in one-byte encodings only.
        one_byte = longest is not None and not node.encoding.lower().startswith("utf")
        yield from of_sizes(longest if one_byte else None)
    if node.encoding.lower().startswith("utf") and length not in {0, 1}:
        yield Aspect("=beyond_ascii", lambda value: not value.isascii())


def prefix_bounds(node: Prefixed) -> Range | None:
    """How many bytes a length prefix can measure behind itself; None where that is not known."""
    own, bounds = bounds_of(node.length), width_of(node.length)
    if own is None or bounds is None:
        return None
    less = (bounds[1].bit_length() + 7) // 8 if node.inclusive else 0
    return max(0, own[0] - less), own[1] - less


def of_prefixed(node: Prefixed) -> Iterator[Aspect]:
    """The sizes of free bytes behind a length prefix; what else stands there shows its own."""
    if isinstance(node.node, Raw) and node.node.size is None:
        yield from of_sizes(prefix_bounds(node))


def of_array(node: Array) -> Iterator[Aspect]:
    """One element, two, and more; whether there may be none, its count field shows."""
    count = literal_int(node.count)
    for name, low, high in (("=one", 1, 1), ("=two", 2, 2), ("=many", 2, None)):
        if count is None or (low <= count and (high is None or count <= high)):
            yield size(name, low, high)
    if node.order == "ascending" and count != 0:
        yield Aspect("=equal_neighbours", has_equal_neighbours, Size(1, None))


def of_counted(node: CountedArray) -> Iterator[Aspect]:
    """No element, one, two and more, and as many as the count can say."""
    yield from of_sequence(bounds_of(node.count))


def of_sequence(count: Range | None = None) -> Iterator[Aspect]:
    """No element, one, two, and more."""
    low, high = count or (0, None)
    if low <= 0:
        yield size("=empty", 0, 0)
    yield from few_and_longest(low, high)
    if high is None or high > 1:
        yield size("=many", max(2, low), high)


def of_slices(node: Slices) -> Iterator[Aspect]:
    """One item, two and more, the shortest, the longest and their neighbours."""
    yield size("=one", 1, 1)
    yield size("=two", 2, 2)
    yield size("=many", 2, None)
    shortest, longest = node.minimum, node.maximum
    yield item_size("[]=shortest", shortest)
    if longest - shortest > 1:
        yield item_size("[]=shortest+1", shortest + 1)
    if longest - shortest > 2:
        yield item_size("[]=longest-1", longest - 1)
    yield item_size("[]=longest", longest)


def of_conditional(node: Conditional) -> Iterator[Aspect]:
    """Both branches."""
    yield Aspect("=then", chosen(node.then), Taken(node.then))
    yield Aspect("=otherwise", chosen(node.otherwise), Taken(node.otherwise))


def of_choice(node: Choice) -> Iterator[Aspect]:
    """Every case, and the branch of all other values."""
    for selector, case in node.cases:
        yield Aspect(f"=case_{shown(selector)}", chosen(case), Taken(case, selector))
    if node.otherwise is not None:
        yield Aspect("=case_other", chosen(node.otherwise), Taken(node.otherwise))


ASPECTS: Final[dict[type, Callable[[Any], Iterator[Aspect]]]] = {
    Accepted: of_accepted,
    Array: of_array,
    BitGroup: of_group,
    Bits: lambda node: of_truth() if node.boolean else of_width(node.width, signed=node.signed),
    Blocks: lambda _: of_sequence(),
    Boolean: lambda _: of_truth(),
    Bounded: lambda node: of_range(*(bounds_of(node) or (node.minimum, node.maximum))),
    Choice: of_choice,
    Conditional: of_conditional,
    CountOf: lambda node: aspects(node.node),
    CountedArray: of_counted,
    Enumeration: of_enumeration,
    FlagSet: of_flags,
    Float: of_float,
    Integer: lambda node: of_width(8 * node.size, signed=node.signed),
    LengthOf: lambda node: aspects(node.node),
    Prefixed: of_prefixed,
    Raw: of_bytes,
    Records: lambda _: of_sequence(),
    Slices: of_slices,
    Text: of_text,
}
