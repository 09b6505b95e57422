"""Values of composite nodes: structs, arrays, regions, branches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from formats.expressions import Unknown
from formats.layout import (
    Array,
    BitGroup,
    Blocks,
    Captured,
    Choice,
    Conditional,
    CountedArray,
    CountOf,
    Expression,
    Field,
    LengthOf,
    Member,
    Node,
    Padded,
    Prefixed,
    Raw,
    Rebuilt,
    Records,
    Region,
    Slices,
    Struct,
    Text,
    fixed_size,
    is_value,
    minimum_size,
)
from formats.values import branch

from . import columns, streams
from .domains import fields_in, number_bounds, takes_rest
from .generator import Generator, Maker, both
from .scalars import prefixed_room
from .scopes import Limits, Made, Room, Scope

#: No attempt makes an array of more elements, whatever a field says.
COUNT_MAXIMUM: Final = 1 << 22


def struct(generator: Generator, node: Struct, room: Room) -> Made:
    """Its members in order."""
    plain: dict[str, Any] = {}
    with generator.scope(node) as scope:
        used = 0
        for index, member in enumerate(node.members):
            inner = room
            if room != Room():
                inner = room.after(used, *generator.extents(node.members[index + 1 :]))
            with generator.inside(member.name):
                made = make_member(generator, scope, index, inner)
            used += made.size
            if member.name is not None:
                scope.sizes[member.name] = made.size
                if is_value(member.node):
                    plain[member.name] = made.plain
                    scope.values[member.name] = made.full
        settle(generator, scope)
        return Made(plain, scope.values, used)


def make_member(generator: Generator, scope: Scope, index: int, room: Room) -> Made:
    """One member of a struct; of a derived one only the size."""
    member = scope.node.members[index]
    if not is_value(member.node):
        return Made(None, None, generator.derived_size(member.node, room))
    generator.sizing = sizing_limits(generator, scope, index, room)
    _, size = generator.limits()
    made = generator.make(member.node, room.within(*size))
    if made.size < size[0] or (size[1] is not None and made.size > size[1]):
        raise generator.refused(f"it takes {made.size} bytes, and its length field says otherwise")
    return made


def settle(generator: Generator, scope: Scope) -> None:
    """Derive what is derived, now that all else is made; what was planned must have come true."""
    for member in scope.node.members:
        if is_value(member.node):
            continue
        with generator.inside(member.name):
            settle_one(generator, scope, member)


def settle_one(generator: Generator, scope: Scope, member: Member) -> None:
    """Derive one field."""
    value, bounds = generator.derived_value(scope, member.node), number_bounds(member.node)
    if value is None:
        if isinstance(member.node, Rebuilt | LengthOf | CountOf):
            raise generator.refused("it has no value")
        return
    if member.name is not None and scope.values.setdefault(member.name, value) != value:
        raise generator.refused(f"it was planned as {scope.values[member.name]} and became {value}")
    if bounds is not None and not bounds[0] <= value <= bounds[1]:
        raise generator.refused(f"it would be {value}, outside {bounds[0]}..{bounds[1]}")


def sizing_limits(generator: Generator, scope: Scope, index: int, room: Room) -> Limits:
    """What a number may be, if sizes of later members follow it: they have to find room."""
    member, rest = scope.node.members[index], scope.node.members[index + 1 :]
    own = fixed_size(member.node) or 0
    slack = None if room.maximum is None else max(0, room.maximum - own)
    limits: Limits = (0, slack)
    if member.name is None:
        return limits
    for other in rest:
        unit = unit_of(generator, other.node, Field(0, (member.name,)))
        if unit is None:
            continue
        others = generator.extents(tuple(another for another in rest if another is not other))
        least = 0 if others[1] is None or not unit[1] else -(-max(0, room.minimum - own - others[1]) // unit[1])
        limits = both(limits, (least, None if slack is None else slack // max(1, unit[0])))
        if isinstance(other.node, Region | Padded):
            limits = both(limits, (minimum_size(other.node.node), None))
    return limits


def unit_of(generator: Generator, node: Node, field: Field) -> Limits | None:
    """The size in bytes of what a field counts in a sibling, if it is that sibling's count or size."""
    match node:
        case Raw(size=size) | Region(size=size) | Padded(size=size) if size == field:
            return 1, 1
        case Array(count=count, node=inner) if count == field:
            return generator.extent(inner)
        case Text(node=inner) | Captured(node=inner):
            return unit_of(generator, inner, field)
    return None


def bit_group(generator: Generator, node: BitGroup, _room: Room) -> Made:
    """Its bit fields."""
    plain: dict[str, Any] = {}
    full: dict[str, Any] = {}
    for member in node.members:
        if member.name is not None:
            with generator.inside(member.name):
                full[member.name] = made = generator.make(member.node, Room()).full
            if is_value(member.node):
                plain[member.name] = made
    return Made(plain, full, node.size)


def array(generator: Generator, node: Array, room: Room) -> Made:
    """Elements, as many as its expression says."""
    low, high = element_limits(generator, node.node, room)
    count = generator.value_of(node.count, low, high)
    if not isinstance(count, int) or not 0 <= count <= COUNT_MAXIMUM:
        raise generator.refused(f"its count would be {count!r}")
    if node.order or node.last is not None:
        return columns.column(generator, node, count)
    return elements(generator, node.node, count, room)


def counted_array(generator: Generator, node: CountedArray, room: Room) -> Made:
    """Elements, as many as its own count field can say."""
    own, bounds = fixed_size(node.count), number_bounds(node.count)
    if own is None or bounds is None:
        raise generator.refused("the count before it is no integer of fixed size")
    room = Room(max(0, room.minimum - own), None if room.maximum is None else room.maximum - own, room.fill)
    limits = both(bounds, both(element_limits(generator, node.node, room), generator.limits()[0]))
    made = elements(generator, node.node, generator.amount(*limits), room)
    return made._replace(size=own + made.size)


def element_limits(generator: Generator, node: Node, room: Room) -> Limits:
    """How many elements the room allows; where they are counted elsewhere, what is said there."""
    low, high = generator.extent(node)
    least = -(-room.minimum // high) if high else 0
    most = None if room.maximum is None else max(0, room.maximum) // max(1, low)
    return both((least, most), generator.limits()[0])


def elements(generator: Generator, node: Node, count: int, room: Room) -> Made:
    """So many elements, each smaller the more there are."""
    low, high = generator.extent(node)
    made, used, size = [], 0, generator.size
    generator.size = min(size, 8) if generator.scaling else max(size // max(1, count), min(size, 4))
    try:
        for index in range(count):
            rest = count - 1 - index
            inner = room
            if room != Room():
                inner = room.after(used, rest * low, None if high is None else rest * high)
            with generator.inside(None, index):
                made.append(generator.make(node, inner))
            used += made[-1].size
    finally:
        generator.size = size
    return Made(tuple(one.plain for one in made), tuple(one.full for one in made), used)


def prefixed(generator: Generator, node: Prefixed, room: Room) -> Made:
    """Content that its length field can measure."""
    inner, own = prefixed_room(generator, node, room)
    made = generator.make(node.node, inner)
    if made.size < inner.minimum or (inner.maximum is not None and made.size > inner.maximum):
        raise generator.refused(f"it takes {made.size} bytes, and its length field allows {inner.maximum}")
    return made._replace(size=own + made.size)


def region(generator: Generator, node: Region, room: Room) -> Made:
    """Content that fills the region; a length field that names it follows the content."""
    size = generator.known(node.size)
    if size is None and isinstance(node.size, Field) and (pending := generator.pending(node.size)):
        scope, name = pending[0]
        made = generator.make(node.node, Room(room.minimum, room.maximum))
        if not isinstance(scope.derived(name), LengthOf):
            generator.plan(scope, name, made.size, made.size)
        return made
    size = generator.value_of(node.size, max(room.minimum, minimum_size(node.node)), room.maximum)
    if not node.exact:
        return padded_to(generator, node.node, size)
    made = generator.make(node.node, Room(size, size))
    if made.size != size:
        raise generator.refused(f"it takes {made.size} bytes of a region of {size}")
    return made


def padded(generator: Generator, node: Padded, room: Room) -> Made:
    """Content of at most so many bytes."""
    return padded_to(generator, node.node, generator.value_of(node.size, room.minimum, room.maximum))


def padded_to(generator: Generator, node: Node, size: int) -> Made:
    """Content, and zeros up to `size` bytes."""
    made = generator.make(node, Room(size if takes_rest(node) else 0, size, fill=True))
    if made.size > size or (made.size < size and takes_rest(node)):
        raise generator.refused(f"it takes {made.size} bytes of {size}")
    return made._replace(size=size)


def selected(generator: Generator, node: Conditional | Choice, room: Room) -> Made:
    """A value of the branch that is selected."""
    expression: Expression = node.condition if isinstance(node, Conditional) else node.selector
    for field in fields_in(expression):
        generator.value_of(field)
    try:
        chosen = branch(node, [scope.values for scope in generator.scopes])
    except Unknown as unknown:
        raise generator.refused(str(unknown)) from None
    if chosen is None:
        raise generator.refused("no case matches the selector")
    return generator.make(chosen, room)


def captured(generator: Generator, node: Captured, room: Room) -> Made:
    """The value, which expressions find under `value`."""
    with generator.inside("value"):
        generator.path.pop()
        try:
            made = generator.make(node.node, room)
        finally:
            generator.path.append("value")
    return made._replace(full={"value": made.full})


MAKERS: Final[Mapping[type, Maker]] = {
    Struct: struct,
    BitGroup: bit_group,
    Array: array,
    CountedArray: counted_array,
    Prefixed: prefixed,
    Region: region,
    Padded: padded,
    Conditional: selected,
    Choice: selected,
    Captured: captured,
    Slices: columns.slices,
    Records: streams.records,
    Blocks: streams.blocks,
}
