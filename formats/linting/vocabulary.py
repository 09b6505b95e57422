"""Handlers of our own strict vocabulary: it is allowed, and what is put into it is linted."""

from __future__ import annotations

from typing import Any, Final

from .. import primitives as p
from .domains import ANY, NONE, SIZE_LIMIT, Domain, Shape, fixed, integer, integer_of, labels, literal, of_kind
from .expressions import text_of
from .scopes import Place
from .structures import fields_in_order, open_scope, repeated
from .walk import Handler, Walk, bare


def frame(walk: Walk, node: Any, place: Place) -> Shape:
    """Fields in order, except that the content of regions waits for the checksums, and so for all other fields."""
    inner = open_scope(walk, node.subcons, place.inside())
    waiting = [isinstance(bare(member), p.Region) for member in node.subcons]
    members = sorted(range(len(waiting)), key=waiting.__getitem__)
    return fields_in_order(walk, [node.subcons[index] for index in members], inner, in_frame=True)


def magic(_walk: Walk, node: Any, _place: Place) -> Shape:
    """Bytes that are checked."""
    return fixed(len(node.value), literal(node.value)).derived


def number(_walk: Walk, node: Any, _place: Place) -> Shape:
    """A byte that is checked."""
    return fixed(1, literal(node.number)).derived


def reserved(walk: Walk, node: Any, place: Place) -> Shape:
    """Zeros that are checked."""
    return fixed(stated(walk, node, place, node.size), NONE).derived


def stated(walk: Walk, node: Any, place: Place, value: Any) -> int:
    """A number that the vocabulary takes literally; reported where it is an expression or an object."""
    if type(value) is int:
        return value
    walk.report("foreign_value", place, node, text_of(value))
    return 1


def integral(walk: Walk, node: Any, place: Place) -> Shape:
    """The integer below a constraint."""
    inner = walk.visit(node.subcon, place.inside())
    if not inner.value.only("integer"):
        walk.report("wrong_type", place, node, type(bare(node.subcon)).__name__)
        return inner.valued(ANY)
    return inner


def bounded(walk: Walk, node: Any, place: Place) -> Shape:
    """An integer in a stated range, which expressions may rely on."""
    minimum, maximum = stated(walk, node, place, node.minimum), stated(walk, node, place, node.maximum)
    return integral(walk, node, place).valued(integer(minimum, maximum))


def closed_enum(walk: Walk, node: Any, place: Place) -> Shape:
    """Names for numbers, and no other numbers."""
    return integral(walk, node, place).valued(labels(frozenset(node.members)))


def require_frame(walk: Walk, node: Any, place: Place) -> None:
    """Report a field that only a Frame verifies or derives, and that no Frame holds."""
    if not place.in_frame:
        walk.report("outside_frame", place, node)


def sibling(walk: Walk, node: Any, place: Place, names: tuple[str, ...], *kinds: str, building: bool = False) -> Domain:
    """The field that a vocabulary class names; reported where it is not there, or of another kind."""
    domain = None if place.scope is None else place.scope.lookup(names[0], building=building)
    for name in names[1:]:
        known = domain is not None and domain.is_known
        domain = domain.fields.get(name) if domain is not None and known else domain
    if domain is None:
        walk.report("unknown_name", place, node, ".".join(names))
        return ANY
    if not domain.only(*kinds):
        walk.report("wrong_type", place, node, ".".join(names))
        return ANY
    return domain


def length(walk: Walk, node: Any, place: Place) -> Shape:
    """A length that its Frame derives; of what is inside a field, only that of a prefix, which Frame makes sure of."""
    require_frame(walk, node, place)
    if place.in_frame and place.scope is not None and node.of.split(".")[0] not in place.scope.nodes:
        walk.report("unknown_name", place, node, node.of)
    return bounded(walk, node, place)


def count(walk: Walk, node: Any, place: Place) -> Shape:
    """A count that its Frame derives."""
    require_frame(walk, node, place)
    if place.in_frame:
        sibling(walk, node, place, node.of, "list", "bytes", building=True)
    return bounded(walk, node, place)


def checksum(walk: Walk, node: Any, place: Place) -> Shape:
    """A checksum that its Frame verifies."""
    require_frame(walk, node, place)
    return fixed(4, integer_of(32, signed=False)).derived


def tag(walk: Walk, node: Any, place: Place) -> Shape:
    """The first bytes of a field before it, again."""
    sibling(walk, node, place, (node.of,), "bytes")
    size = stated(walk, node, place, node.size)
    return fixed(size, of_kind("bytes", size, size)).derived


def region(walk: Walk, node: Any, place: Place) -> Shape:
    """A region that checks that its content fills it."""
    size = walk.integer(node, place, node.size)
    inner = walk.visit(node.subcon, place.inside())
    return inner.spread(max(0, size.low), size.low if size.low == size.high else None)


def column(walk: Walk, node: Any, place: Place) -> Shape:
    """A list of scalars of fixed width."""
    shape = repeated(walk, node, place, walk.integer(node, place, node.count))
    element = shape.value.element
    if node.order and element is not None and not element.only("integer") and not element.only("bytes"):
        walk.report("wrong_type", place, node, f"order={node.order!r}")
    if node.last is not None:
        walk.expression(node, place, node.last)
    return shape


def ends(walk: Walk, node: Any, place: Place) -> Shape:
    """A column that is derived from slices beside it."""
    beside(walk, node, place, node.of)
    if node.prefix:
        beside(walk, node, place, node.prefix, p.PrefixOf)
    return column(walk, node, place)


def beside(walk: Walk, node: Any, place: Place, name: str, kind: type[Any] = object) -> Any:
    """The field of the same struct that a vocabulary class names; reported where there is none of this kind."""
    found = None if place.scope is None else place.scope.nodes.get(name)
    if found is None:
        walk.report("unknown_name", place, node, name)
    elif not isinstance(found, kind):
        walk.report("wrong_type", place, node, name)
        return None
    return found


def prefix(walk: Walk, node: Any, place: Place) -> Shape:
    """A prefix that follows from slices behind it, which must say that they have it."""
    size = walk.integer(node, place, node.size)
    whole = beside(walk, node, place, node.of, p.Slices)
    if whole is not None and whole.prefix != place.name:
        walk.report("unknown_name", place, node, node.of)
    low, high = max(0, size.low), max(0, size.high)
    return Shape(of_kind("bytes", low, high), low, low if low == high else None).derived


def slices(walk: Walk, node: Any, place: Place) -> Shape:
    """Byte strings that a column before it cuts."""
    found = sibling(walk, node, place, (node.ends,), "list")
    if found.element is not None and not found.element.only("integer"):
        walk.report("wrong_type", place, node, node.ends)
    if node.prefix and beside(walk, node, place, node.prefix, p.PrefixOf) is not None:
        sibling(walk, node, place, (node.prefix,), "bytes")
        stated(walk, node, place, node.total)
    minimum = max(0, stated(walk, node, place, node.minimum))
    item = of_kind("bytes", minimum, stated(walk, node, place, node.maximum))
    low, high = (found.low, found.high) if found.is_known else (0, SIZE_LIMIT)
    least = 0 if node.prefix else low * minimum
    return Shape(of_kind("list", low, high, element=item), least, fills=True)


def records(walk: Walk, node: Any, place: Place) -> Shape:
    """Records to the end: one without bytes is refused when it is met, so it cannot hang."""
    inner = walk.visit(node.subcon, of_records(place))
    return Shape(of_kind("list", element=inner.value), fills=True)


def blocks(walk: Walk, node: Any, place: Place) -> Shape:
    """Blocks of records."""
    inner = walk.visit(node.subcon, of_records(place))
    return Shape(of_kind("list", element=of_kind("list", element=inner.value)), fills=True)


def of_records(place: Place) -> Place:
    """The place of a record."""
    return place.inside(repetition=place.repetition + 1)


HANDLERS: Final[dict[type[Any], Handler]] = {
    p.Frame: frame,
    p.Magic: magic,
    p.Kind: number,
    p.Version: number,
    p.Reserved: reserved,
    p.Bounded: bounded,
    p.ClosedEnum: closed_enum,
    p.ClosedFlags: integral,
    p.Length: length,
    p.Count: count,
    p.Crc32c: checksum,
    p.Seal: checksum,
    p.Tag: tag,
    p.Region: region,
    p.Column: column,
    p.Ends: ends,
    p.PrefixOf: prefix,
    p.Slices: slices,
    p.RecordsToEnd: records,
    p.Blocks: blocks,
}
