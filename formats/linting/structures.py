"""Handlers of Construct's structures: fields, repetition, choice, padding and regions."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Iterable
from typing import Any, Final

import construct as c
from construct.expr import ExprMixin
from construct.lib import bits2bytes, bytes2bits, swapbitsinbytes, swapbytes

from .domains import ANY, Domain, Shape, either, join, of_kind
from .expressions import is_long_winded, is_plain, text_of
from .scopes import Place, Scope
from .walk import REFUSED, Handler, Walk, bare

#: How many steps without a byte an array may make: enough for a few small constant ones, too few to hurt.
IDLE_LIMIT: Final = 64
#: Names that Construct keeps in the context, beside the fields.
CONTEXT_NAMES: Final = frozenset(
    {"_", "_io", "_root", "_params", "_index", "_parsing", "_building", "_sizing", "_subcons"}
)

Fields = list[tuple[str | None, Any, Shape]]


def renamed(walk: Walk, node: Any, place: Place) -> Shape:
    """The name was added to the path by the struct around it."""
    return walk.visit(node.subcon, place)


def named(walk: Walk, node: Any, place: Place, name: str | int | None, *, in_frame: bool = False) -> Shape:
    """Visit a field: the path grows by its name."""
    known_as = name if isinstance(name, str) else None
    return walk.visit(node, place.inside(path=place.below(name), name=known_as, in_frame=in_frame))


def open_scope(walk: Walk, subcons: Iterable[Any], place: Place) -> Place:
    """The place inside a struct, where its fields can be looked up by what is derived when written."""
    scope = Scope(place.scope, place.repetition)
    inner = place.inside(scope=scope)

    def later(node: Any, name: str) -> Callable[[], Domain]:
        seen: list[Domain] = []

        def glance() -> Domain:
            domain = (
                seen[0] if seen else walk.glance(node, inner.inside(path=inner.below(name), name=name, in_frame=True))
            )
            if not seen and not walk.quiet:  # with all its depth, so it need not be looked at again
                seen.append(domain)
            return domain

        return glance

    for node in subcons:
        if isinstance(node.name, str):
            scope.nodes[node.name] = bare(node)
            scope.later[node.name] = later(node, node.name)
    return inner


def check_name(walk: Walk, node: Any, place: Place, earlier: set[str]) -> None:
    """A field's name must be usable, and new."""
    name, content = node.name, bare(node)
    if name is None:
        return
    below = place.inside(path=place.below(name))
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name) or name in CONTEXT_NAMES:
        walk.report("field_name", below, content, repr(name))
    elif name in earlier:
        walk.report("duplicate_name", below, content)
    earlier.add(name)


def check_unnamed(walk: Walk, node: Any, place: Place, shape: Shape) -> None:
    """A field without a name must not carry anything, and Construct must be able to write it from nothing."""
    is_from_nothing = node.flagbuildnone or shape is REFUSED
    if node.name is None and (shape.carries or not is_from_nothing):
        walk.report("unnamed", place, bare(node))


def total(shapes: list[Shape], value: Domain) -> Shape:
    """The shape of nodes one after the other."""
    sizes = [shape.exact for shape in shapes]
    exact = None if None in sizes else sum(size for size in sizes if size is not None)
    minimum = sum(shape.minimum for shape in shapes)
    idle = max(1, sum(shape.idle for shape in shapes))
    carries = any(shape.carries for shape in shapes)
    return Shape(value, minimum, exact, any(shape.fills for shape in shapes), idle, carries)


def struct(walk: Walk, node: Any, place: Place) -> Shape:
    """Named fields one after the other."""
    return fields_in_order(walk, node.subcons, open_scope(walk, node.subcons, place))


def fields_in_order(walk: Walk, subcons: Iterable[Any], inner: Place, *, in_frame: bool = False) -> Shape:
    """Visit fields one after the other, each seeing those before it; the shape of the struct."""
    assert inner.scope is not None
    shapes, earlier = [], set[str]()
    for member in subcons:
        check_name(walk, member, inner, earlier)
        shapes.append(named(walk, member, inner, member.name, in_frame=in_frame))
        check_unnamed(walk, member, inner, shapes[-1])
        if member.name is not None:
            inner.scope.known[member.name] = shapes[-1].value
    return total(shapes, of_kind("struct", fields=inner.scope.known))


def sequence(walk: Walk, node: Any, place: Place) -> Shape:
    """A list of unlike elements; one without a name is found by its number."""
    inner = open_scope(walk, node.subcons, place)
    assert inner.scope is not None
    shapes, earlier = [], set[str]()
    for number, member in enumerate(node.subcons):
        if member.name is not None:
            check_name(walk, member, inner, earlier)
        shapes.append(named(walk, member, inner, number if member.name is None else member.name))
        if member.name is not None:
            inner.scope.known[member.name] = shapes[-1].value
    size = len(shapes)
    return total(shapes, of_kind("list", size, size, element=join(*(shape.value for shape in shapes))))


def focused_sequence(walk: Walk, node: Any, place: Place) -> Shape:
    """One field counts, and stands at the path of the whole; PrefixedArray is made of this."""
    inner, focus = open_scope(walk, node.subcons, place), node.parsebuildfrom
    assert inner.scope is not None
    if not isinstance(focus, str) or focus not in inner.scope.nodes:
        walk.report("focus", place, node, text_of(focus))
    shapes, earlier = [], set[str]()
    for member in node.subcons:
        is_focus = isinstance(focus, str) and member.name == focus
        check_name(walk, member, inner, earlier)
        place_of_member = inner.inside(path=inner.path if is_focus else inner.below(member.name), name=member.name)
        shapes.append(walk.visit(member, place_of_member))
        check_unnamed(walk, member, inner, shapes[-1])
        if member.name is not None:
            inner.scope.known[member.name] = shapes[-1].value
    return total(shapes, inner.scope.known.get(focus, ANY) if isinstance(focus, str) else ANY)


# --- repetition ------------------------------------------------------------------------------------------------------


def array(walk: Walk, node: Any, place: Place) -> Shape:
    """A number of elements that a literal or an expression gives."""
    shape = repeated(walk, node, place, walk.integer(node, place, node.count))
    if node.discard:
        walk.report("discarded", place, node)
        return shape.valued(of_kind("list", 0, 0))
    return shape


def repeated(walk: Walk, node: Any, place: Place, count: Domain) -> Shape:
    """`count` elements, which must take bytes."""
    low, high = max(0, count.low), max(0, count.high)
    element = walk.visit(node.subcon, place.inside(repetition=place.repetition + 1))
    idle = 1 if element.minimum else high * element.idle
    minimum = low * element.minimum
    if idle > IDLE_LIMIT:
        walk.report("zero_width", place, node, text_of(node.count))
        idle, minimum = 1, max(1, minimum)
    exact = low * element.exact if low == high and element.exact is not None else None
    value = of_kind("list", low, high, element=element.value)
    return Shape(value, minimum, exact, element.fills and low > 0, max(1, idle))


# --- choice ----------------------------------------------------------------------------------------------------------


def one_of(shapes: list[Shape], value: Domain) -> Shape:
    """The shape of one of several nodes."""
    sizes = {shape.exact for shape in shapes}
    exact = sizes.pop() if len(sizes) == 1 else None
    minimum = min(shape.minimum for shape in shapes)
    idle, carries = max(shape.idle for shape in shapes), any(shape.carries for shape in shapes)
    return Shape(value, minimum, exact, all(shape.fills for shape in shapes), idle, carries)


def if_then_else(walk: Walk, node: Any, place: Place) -> Shape:
    """Two branches; If has one, and reads nothing else. Fields under one condition see each other."""
    walk.expression(node, place, node.condfunc)
    condition = condition_of(node.condfunc, place)
    then = walk.visit(node.thensubcon, place.assuming(condition, holds=True))
    otherwise = walk.visit(node.elsesubcon, place.assuming(condition, holds=False))
    branches = zip((then, otherwise), (node.thensubcon, node.elsesubcon), strict=True)
    reached = [shape for shape, branch in branches if bare(branch) is not c.Error]
    if len(reached) < 2:
        return reached[0] if reached else then
    return one_of(reached, either(condition, then.value, otherwise.value))


def condition_of(value: Any, place: Place) -> str:
    """What a condition is known by in its struct: its text, if it has one, and means the same throughout."""
    text = text_of(value) if isinstance(value, ExprMixin) and not is_long_winded(value) else ""
    return f"{id(place.scope)}:{text}" if text and "_index" not in text else ""


def switch(walk: Walk, node: Any, place: Place) -> Shape:
    """A branch for each value of the selector, which must be hashable and should be complete."""
    selector = walk.expression(node, place, node.keyfunc)
    if selector.is_known and selector.kinds & {"list", "struct"}:
        walk.report("wrong_type", place, node, f"{text_of(node.keyfunc)}: a list or struct has no hash")
    if type(node.cases) is not dict or not all(is_plain(value) for value in node.cases):
        walk.report("foreign_value", place, node, "cases")
        return REFUSED
    cases = [*node.cases.values(), node.default]
    possible = selector.possible()
    is_complete = possible is not None and possible <= node.cases.keys()
    if bare(node.default) is c.Pass and selector.is_known and not is_complete:
        walk.report("open_switch", place, node, text_of(node.keyfunc))
    shapes = [(case, walk.visit(case, place.inside())) for case in cases]
    reached = [shape for case, shape in shapes if bare(case) is not c.Error]
    if is_complete:
        reached = [shape for case, shape in shapes[:-1] if bare(case) is not c.Error]
    return one_of(reached, join(*(shape.value for shape in reached))) if reached else REFUSED


# --- padding and regions ---------------------------------------------------------------------------------------------


def padded(walk: Walk, node: Any, place: Place) -> Shape:
    """The content, then bytes that nobody looks at."""
    size = walk.integer(node, place, node.length)
    inner = walk.visit(node.subcon, place.inside())
    low, exact = max(0, size.low), size.low if size.low == size.high else None
    if exact is None or inner.exact != exact:
        walk.report("padding", place, node, text_of(node.length))
    return inner.spread(max(low, inner.minimum), exact)


def aligned(walk: Walk, node: Any, place: Place) -> Shape:
    """The content, then bytes that nobody looks at, up to a multiple."""
    modulus = walk.integer(node, place, node.modulus)
    inner = walk.visit(node.subcon, place.inside())
    is_literal = modulus.low == modulus.high > 0 and inner.exact is not None
    pad = -(inner.exact or 0) % modulus.low if is_literal else None
    if pad != 0:
        walk.report("padding", place, node, text_of(node.modulus))
    exact = None if pad is None or inner.exact is None else inner.exact + pad
    return inner.spread(inner.minimum, exact)


def prefixed(walk: Walk, node: Any, place: Place) -> Shape:
    """A length, then a region that its content should fill."""
    length = walk.visit(node.lengthfield, place.inside())
    if not length.value.only("integer"):
        walk.report("wrong_type", place, node, f"the length is a {type(bare(node.lengthfield)).__name__}")
    inner = walk.visit(node.subcon, place.inside())
    if not inner.fills:
        walk.report("inner_trailing", place, node)
    return inner.spread(length.minimum, None)


def fixed_sized(walk: Walk, node: Any, place: Place) -> Shape:
    """A region of a stated size that its content should fill."""
    size = walk.integer(node, place, node.length)
    inner = walk.visit(node.subcon, place.inside())
    exact = size.low if size.low == size.high else None
    if not inner.fills and (exact is None or inner.exact != exact):
        walk.report("inner_trailing", place, node, text_of(node.length))
    return inner.spread(max(0, size.low), exact)


def null_stripped(walk: Walk, node: Any, place: Place) -> Shape:
    """The rest of the region without its trailing padding."""
    walk.report("stripped", place, node)
    return walk.visit(node.subcon, place.inside()).spread(0, None, fills=True)


def offsetted_end(walk: Walk, node: Any, place: Place) -> Shape:
    """All but so many bytes at the end."""
    walk.report("offsetted_end", place, node, text_of(node.endoffset))
    walk.integer(node, place, node.endoffset)
    return walk.visit(node.subcon, place.inside()).spread(0, None, fills=True)


#: Construct's own transformations: decoder, encoder, units of content for a unit of bytes (times 8), and whether they
#: stand among bits, and whether their content does. None: where they stand.
TRANSFORMATIONS: Final = (
    (bytes2bits, bits2bytes, 64, False, True),
    (bits2bytes, bytes2bits, 1, True, False),
    (swapbytes, swapbytes, 8, None, None),
    (swapbitsinbytes, swapbitsinbytes, 8, False, False),
)


def transformed(walk: Walk, node: Any, place: Place) -> Shape:
    """Bytes turned into bits, or back, or swapped, over a fixed number of them."""
    for decoder, encoder, eighths, outside, inside in TRANSFORMATIONS:
        is_known = node.decodefunc is decoder and node.encodefunc is encoder and outside in (None, place.is_bits)
        if is_known and isinstance(node.decodeamount, int):
            is_bits = place.is_bits if inside is None else inside
            inner = walk.visit(node.subcon, place.inside(is_bits=is_bits))
            decoded = node.decodeamount * eighths // 8
            if not inner.fills and (inner.exact is None or inner.exact < decoded):
                walk.report("inner_trailing", place, node)
            return inner.spread(node.decodeamount, node.decodeamount)
    return walk.refuse("transform", node, place)


HANDLERS: Final[dict[type[Any], Handler]] = {
    c.Renamed: renamed,
    c.Struct: struct,
    c.Sequence: sequence,
    c.FocusedSeq: focused_sequence,
    c.Array: array,
    c.IfThenElse: if_then_else,
    c.Switch: switch,
    c.Padded: padded,
    c.Aligned: aligned,
    c.Prefixed: prefixed,
    c.FixedSized: fixed_sized,
    c.NullStripped: null_stripped,
    c.OffsettedEnd: offsetted_end,
    c.Transformed: transformed,
}
