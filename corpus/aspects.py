"""Aspects: what one field can show, by its node in the layout: members, ends of ranges, empty and full."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
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
    Integer,
    LengthOf,
    Node,
    Raw,
    Records,
    Slices,
    Text,
    literal_int,
)

Question = Callable[[Any], bool]


class Aspect(NamedTuple):
    """One thing that a field can show: its name behind the path, and how to tell from what was read."""

    name: str
    holds: Question


def aspects(node: Node) -> Iterator[Aspect]:
    """What one node can show by itself."""
    listed = ASPECTS.get(type(node))
    if listed is not None:
        yield from listed(node)


def equals(expected: Any) -> Question:
    """Whether the value is this one."""
    return lambda value: bool(value == expected)


def chosen(branch: Node) -> Question:
    """Whether this very branch was taken (two branches may look the same)."""
    return lambda node: node is branch


def has_flag(name: str, bit: int, *, expected: bool) -> Question:
    """Whether a flag of a mask, or of a mapping of flags, is as expected."""
    return lambda value: bool(value & bit if isinstance(value, int) else value[name]) is expected


def has_size(test: Callable[[int], bool]) -> Question:
    """Whether the number of elements or bytes passes a test."""
    return lambda value: test(len(value))


def has_item_of_size(size: int) -> Question:
    """Whether one of the items has this many bytes."""
    return lambda items: any(len(item) == size for item in items)


def has_equal_neighbours(values: Any) -> bool:
    """Whether a column repeats a value, or begins with the 0 that it is counted from."""
    return any(one == other for one, other in pairwise((0, *values)))


def within(name: str, aspect: Aspect) -> Question:
    """The same question about one field of a group."""
    return lambda group: aspect.holds(group[name])


def shown(value: int | str | bytes) -> str:
    """A value in the name of an aspect."""
    return value.hex() if isinstance(value, bytes) else str(value)


def of_range(minimum: int, maximum: int) -> Iterator[Aspect]:
    """The two ends of a range, and what lies between."""
    yield Aspect("=minimum", equals(minimum))
    if maximum - minimum > 1:
        yield Aspect("=inside", lambda value: minimum < value < maximum)
    yield Aspect("=maximum", equals(maximum))


def of_width(width: int, *, signed: bool) -> Iterator[Aspect]:
    """The two ends of what so many bits can say, and what lies between."""
    return of_range(-(1 << width - 1), (1 << width - 1) - 1) if signed else of_range(0, (1 << width) - 1)


def of_truth() -> Iterator[Aspect]:
    """Yes and no."""
    yield Aspect("=true", equals(expected=True))
    yield Aspect("=false", equals(expected=False))


def of_enumeration(node: Enumeration) -> Iterator[Aspect]:
    """Every member."""
    return (Aspect(f"={name}", equals(name)) for name, _ in node.members)


def of_accepted(node: Accepted) -> Iterator[Aspect]:
    """Every value that is allowed by name."""
    return iter(()) if node.refused else (Aspect(f"={shown(value)}", equals(value)) for value in node.values)


def of_flags(node: FlagSet) -> Iterator[Aspect]:
    """Every flag, set and clear."""
    for name, bit in node.members:
        yield Aspect(f".{name}=set", has_flag(name, bit, expected=True))
        yield Aspect(f".{name}=clear", has_flag(name, bit, expected=False))


def of_group(node: BitGroup) -> Iterator[Aspect]:
    """What each field of the group can show."""
    for member in node.members:
        if member.name is not None:
            for aspect in aspects(member.node):
                yield Aspect(f".{member.name}{aspect.name}", within(member.name, aspect))


def of_bytes(node: Raw) -> Iterator[Aspect]:
    """All zeros and all ones where the size is fixed, else empty and filled."""
    if literal_int(node.size) is None:
        yield from of_text(node)
    else:
        yield Aspect("=zeros", lambda value: not any(value))
        yield Aspect("=ones", lambda value: all(byte == 0xFF for byte in value))


def of_text(_: Raw | Text) -> Iterator[Aspect]:
    """Empty and filled."""
    yield Aspect("=empty", has_size(lambda size: size == 0))
    yield Aspect("=filled", has_size(lambda size: size > 0))


def of_array(node: Array) -> Iterator[Aspect]:
    """One element and more; whether there may be none, its count field shows."""
    yield Aspect("=one", has_size(lambda size: size == 1))
    yield Aspect("=many", has_size(lambda size: size > 1))
    if node.order == "ascending":
        yield Aspect("=equal_neighbours", has_equal_neighbours)


def of_sequence(_: CountedArray | Records | Blocks) -> Iterator[Aspect]:
    """No element, one, and more."""
    yield Aspect("=empty", has_size(lambda size: size == 0))
    yield Aspect("=one", has_size(lambda size: size == 1))
    yield Aspect("=many", has_size(lambda size: size > 1))


def of_slices(node: Slices) -> Iterator[Aspect]:
    """One item and more, the shortest and the longest."""
    yield Aspect("=one", has_size(lambda size: size == 1))
    yield Aspect("=many", has_size(lambda size: size > 1))
    yield Aspect("[]=shortest", has_item_of_size(node.minimum))
    yield Aspect("[]=longest", has_item_of_size(node.maximum))


def of_conditional(node: Conditional) -> Iterator[Aspect]:
    """Both branches."""
    yield Aspect("=then", chosen(node.then))
    yield Aspect("=otherwise", chosen(node.otherwise))


def of_choice(node: Choice) -> Iterator[Aspect]:
    """Every case."""
    return (Aspect(f"=case_{shown(selector)}", chosen(case)) for selector, case in node.cases)


ASPECTS: Final[dict[type, Callable[[Any], Iterator[Aspect]]]] = {
    Accepted: of_accepted,
    Array: of_array,
    BitGroup: of_group,
    Bits: lambda node: of_truth() if node.boolean else of_width(node.width, signed=node.signed),
    Blocks: of_sequence,
    Boolean: lambda _: of_truth(),
    Bounded: lambda node: of_range(node.minimum, node.maximum),
    Choice: of_choice,
    Conditional: of_conditional,
    CountOf: lambda node: aspects(node.node),
    CountedArray: of_sequence,
    Enumeration: of_enumeration,
    FlagSet: of_flags,
    Integer: lambda node: of_width(8 * node.size, signed=node.signed),
    LengthOf: lambda node: aspects(node.node),
    Raw: of_bytes,
    Records: of_sequence,
    Slices: of_slices,
    Text: of_text,
}
