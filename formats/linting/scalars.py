"""Handlers of Construct's numbers, bytes, texts and adapters."""

from __future__ import annotations

import codecs
from dataclasses import replace
from typing import Any, Final

import construct as c

from .domains import (
    BOOLEAN,
    BYTES,
    NUMBER,
    POSITION,
    TEXT,
    Domain,
    Shape,
    fixed,
    integer,
    integer_of,
    join,
    labels,
    of_kind,
)
from .expressions import is_plain, of_values, text_of
from .scopes import Place
from .walk import REFUSED, Handler, Walk, bare

WIDTH_LIMIT_BYTES: Final = 16
#: Encodings that give one text one byte string, as `codecs` calls them.
STRICT_ENCODINGS: Final = frozenset({"ascii", "utf-8", "iso8859-1", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"})


def raw(walk: Walk, node: Any, place: Place) -> Shape:
    """A number of bytes that a literal or an expression gives."""
    length = walk.integer(node, place, node.length)
    low, high = max(0, length.low), max(0, length.high)
    return Shape(of_kind("bytes", low, high), low, low if low == high else None)


def greedy_bytes(_walk: Walk, _node: Any, _place: Place) -> Shape:
    """All bytes of the region."""
    return Shape(BYTES, fills=True)


def format_field(walk: Walk, node: Any, place: Place) -> Shape:
    """An integer or float of the `struct` module."""
    order, code = node.fmtstr[0], node.fmtstr[1]
    if order == "=" and node.length > 1:
        walk.report("native_order", place, node, node.fmtstr)
    if code == "?":
        walk.report("flag", place, node, node.fmtstr)
        return fixed(node.length, BOOLEAN)
    if code in "efd":
        walk.report("float", place, node, node.fmtstr)
        return fixed(node.length, NUMBER)
    return fixed(node.length, integer_of(8 * node.length, signed=code.islower()))


def bytes_integer(walk: Walk, node: Any, place: Place) -> Shape:
    """An integer of a number of bytes."""
    if node is c.Int24un or node is c.Int24sn:
        walk.report("native_order", place, node)
    return wide(walk, node, place, 8)


def bits_integer(walk: Walk, node: Any, place: Place) -> Shape:
    """An integer of a number of bits."""
    if not place.is_bits:
        walk.report("bits_outside", place, node)
    return wide(walk, node, place, 1)


def wide(walk: Walk, node: Any, place: Place, unit_bits: int) -> Shape:
    """An integer of a number of bytes, or bits, that an expression may give."""
    length = walk.integer(node, place, node.length)
    walk.expression(node, place, node.swapped)
    if length.is_known and length.high * unit_bits > 8 * WIDTH_LIMIT_BYTES:
        walk.report("wide_integer", place, node, text_of(node.length))
        return REFUSED
    if not length.is_known:
        return REFUSED
    low, high = max(1, length.low), max(1, length.high)
    return Shape(integer_of(unit_bits * high, signed=bool(node.signed)), low, low if low == high else None)


def flag(walk: Walk, node: Any, place: Place) -> Shape:
    """A boolean: strict as one bit, not as a byte."""
    if not place.is_bits:
        walk.report("flag", place, node)
    return fixed(1, BOOLEAN)


def text(walk: Walk, node: Any, place: Place) -> Shape:
    """Text over bytes."""
    try:
        name = codecs.lookup(node.encoding).name
    except (LookupError, TypeError):
        name = ""
    if name not in STRICT_ENCODINGS:
        walk.report("lenient_text", place, node, text_of(node.encoding))
    return replace(walk.visit(node.subcon, place.inside()), value=TEXT, carries=True)


# --- numbers with names ----------------------------------------------------------------------------------------------


def numbered(walk: Walk, node: Any, place: Place, members: Any) -> Shape | None:
    """The integer below an enumeration; None, reported, where it is none or a member is no integer."""
    inner = walk.visit(node.subcon, place.inside())
    if not inner.value.only("integer"):
        walk.report("wrong_type", place, node, type(bare(node.subcon)).__name__)
    elif not all(isinstance(number, int) and is_plain(number) for number in members.values()):
        walk.report("foreign_value", place, node)
    else:
        return inner
    return None


def enumeration(walk: Walk, node: Any, place: Place) -> Shape:
    """Names for numbers; open unless all possible numbers have one, or OneOf or Const is around it."""
    members = {str(name): number for name, number in node.encmapping.items()}
    inner = numbered(walk, node, place, members)
    if inner is None:
        return REFUSED
    if len(set(members.values())) < len(members):
        walk.report("aliases", place, node)
    possible = inner.value.possible()
    names = labels(frozenset(members))
    if place.is_closed or (possible is not None and possible <= set(members.values())):
        return inner.valued(names)
    walk.report("open_enum", place, node)
    return inner.valued(join(names, inner.value))


def flags_enumeration(walk: Walk, node: Any, place: Place) -> Shape:
    """Names for bits; canonical where every possible bit has one of its own."""
    inner = numbered(walk, node, place, node.flags)
    if inner is None:
        return REFUSED
    taken = 0
    for mask in node.flags.values():
        if mask & taken or mask & (mask - 1) or mask <= 0:
            walk.report("aliases", place, node)
        taken |= mask
    if inner.value.is_known and (inner.value.low < 0 or taken != (1 << inner.value.high.bit_length()) - 1):
        walk.report("dropped_flags", place, node)
    return inner.valued(of_kind("struct", fields={str(name): BOOLEAN for name in node.flags}))


def mapping(walk: Walk, node: Any, place: Place) -> Shape:
    """Values for numbers; refuses other numbers."""
    inner = walk.visit(node.subcon, place.inside())
    if not is_plain(node.encmapping):
        walk.report("foreign_value", place, node)
        return REFUSED
    if len(node.decmapping) < len(node.encmapping):
        walk.report("aliases", place, node)
    return inner.valued(of_values(node.encmapping))


def validator(walk: Walk, node: Any, place: Place) -> Shape:
    """OneOf and NoneOf, which are data; every other validator is code."""
    listed = listed_values(node)
    if listed is None:
        return walk.refuse("adapter_code", node, place)
    macro, values = listed
    inner = walk.visit(node.subcon, place.inside(is_closed=macro == "OneOf"))
    if not isinstance(values, list | tuple | set | frozenset | range) or not is_plain(values):
        walk.report("foreign_value", place, node, text_of(values))
        return inner
    if isinstance(values, set | frozenset) and inner.value.is_known and inner.value.kinds & {"list", "struct"}:
        walk.report("wrong_type", place, node, "a list or struct has no hash")
    if macro == "NoneOf":
        return inner.valued(without(inner.value, values))
    return inner.valued(of_values(values) if len(values) <= 256 else inner.value)


def without(domain: Domain, values: Any) -> Domain:
    """A range of integers that has lost values at its ends."""
    low, high = domain.low, domain.high
    if domain.kinds != {"integer"} or len(values) > 256 or not all(isinstance(value, int) for value in values):
        return domain
    while low < high and low in values:
        low += 1
    while high > low and high in values:
        high -= 1
    return integer(low, high)


def listed_values(node: Any) -> tuple[str, Any] | None:
    """The macro (OneOf or NoneOf) that made a validator and the values it was given; None for any other."""
    try:
        outer = vars(node)["_validate"]
        function = outer.__closure__[0].cell_contents
        macro = function.__qualname__.partition(".")[0]
        made_by = {"OneOf": c.OneOf, "NoneOf": c.NoneOf}[macro]
        (values,) = (cell.cell_contents for cell in function.__closure__)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    is_ours = outer.__code__ in c.ExprValidator.__init__.__code__.co_consts
    return (macro, values) if is_ours and function.__code__ in made_by.__code__.co_consts else None


def same(walk: Walk, node: Any, place: Place) -> Shape:
    """A node that only prints its content differently."""
    return walk.visit(node.subcon, place.inside(is_closed=place.is_closed))


def captured(walk: Walk, node: Any, place: Place) -> Shape:
    """RawCopy: a struct of the value and the bytes that it was read from."""
    inner = walk.visit(node.subcon, place.inside())
    data = of_kind("bytes", inner.minimum, captured=True)
    fields: dict[str, Domain] = {"data": data, "value": inner.value}
    fields.update(dict.fromkeys(("offset1", "offset2", "length"), POSITION))
    return inner.valued(of_kind("struct", fields=fields))


def slicing(walk: Walk, node: Any, place: Place) -> Shape:
    """Part of a list or of bytes; the rest is read and dropped."""
    walk.report("slicing", place, node)
    inner = walk.visit(node.subcon, place.inside())
    if not inner.value.only("list") and not inner.value.only("bytes"):
        walk.report("wrong_type", place, node, type(bare(node.subcon)).__name__)
        return REFUSED
    if not all(bound is None or type(bound) is int for bound in (node.start, node.stop, node.step)) or node.step == 0:
        walk.report("foreign_value", place, node, "start, stop, step")
    return inner.valued(replace(inner.value, low=0))


HANDLERS: Final[dict[type[Any], Handler]] = {
    c.Bytes: raw,
    type(c.GreedyBytes): greedy_bytes,
    c.FormatField: format_field,
    c.BytesInteger: bytes_integer,
    c.BitsInteger: bits_integer,
    type(c.Flag): flag,
    c.StringEncoded: text,
    c.Enum: enumeration,
    c.FlagsEnum: flags_enumeration,
    c.Mapping: mapping,
    c.ExprValidator: validator,
    c.Hex: same,
    c.HexDump: same,
    c.Slicing: slicing,
    c.RawCopy: captured,
}
