"""Decoding of scalars: numbers, bytes, text, enumerations, flags, and the derived fields that are checked."""

from __future__ import annotations

from typing import Final

from ..errors import SchemaRefused
from ..layout import (
    Accepted,
    Bits,
    Boolean,
    Bounded,
    Constant,
    Enumeration,
    FlagSet,
    Float,
    Integer,
    Node,
    Raw,
    Text,
    Zeros,
    literal_int,
)
from .known import Bound
from .reader import Reader
from .scalars import ZEROS_MAXIMUM, constant_bytes, flag_mask, integer_code, integer_range, text_codec
from .tables import Trail
from .text import Code, quoted

UNDECODABLE: Final = "try:\n    {} = {}.decode({})\nexcept UnicodeDecodeError:\n    return None"


def read_integer(reader: Reader, node: Integer, trail: Trail, suffix: str = "") -> Bound:
    """An integer, in the run where struct knows its size."""
    start = reader.spot
    low, high = integer_range(node)
    code, order = integer_code(node)
    if code:
        local = reader.take(code, node.size, trail, order=order, suffix=suffix)
    else:
        source = reader.take(f"{node.size}s", node.size, trail, suffix="_bytes")
        local = reader.names.local(trail.hint, suffix)
        signed = ", signed=True" if node.signed else ""
        reader.line(f'{local} = int.from_bytes({source}, "{"little" if node.little else "big"}"{signed})')
    return Bound(node, Code(local, "int", low, high), start, reader.spot)


def read_float(reader: Reader, node: Float, trail: Trail) -> Bound:
    """A float; of the NaNs only those that packing gives back."""
    start = reader.spot
    code, order = {2: "e", 4: "f", 8: "d"}[node.size], "<" if node.little else ">"
    local = reader.take(code, node.size, trail, order=order)
    if node.size < 8:
        reader.tables.need("math", "isnan")
        shape = reader.tables.shape(order + code, "FLOAT")
        found = reader.bytes_text(start, reader.spot, view=True)
        reader.check(f"isnan({local}) and {shape}.pack({local}) != {found}")
    return Bound(node, Code(local, "float"), start, reader.spot)


def read_boolean(reader: Reader, node: Boolean, trail: Trail) -> Bound:
    """A byte that is 0 or 1."""
    start = reader.spot
    local = reader.take("B", 1, trail, suffix="_byte")
    reader.check(f"{local} > 1")
    return Bound(node, Code(f"{local} == 1", "bool", 0, 1), start, reader.spot)


def read_raw(reader: Reader, node: Raw, trail: Trail, suffix: str = "") -> Bound:
    """Bytes: in the run where their number is fixed, else a slice."""
    size = literal_int(node.size)
    start = reader.spot
    if size is not None and size >= 0:
        local = reader.take(f"{size}s", size, trail, suffix=suffix) if size else 'b""'
        return Bound(node, Code(local, "bytes"), start, reader.spot, raw=local)
    reader.flush()
    source = None
    if node.size is None:
        end = reader.limit
    else:
        source = reader.source(node.size)
        end = reader.end_of(reader.size(node.size, trail), trail.hint)
    local = reader.names.local(trail.hint, suffix)
    reader.line(f"{local} = {reader.bytes_text(start, end, view=reader.single)}")
    if reader.single:
        reader.line(f"if type({local}) is not bytes:\n    {local} = bytes({local})")
    reader.spot = end
    return Bound(node, Code(local, "bytes"), start, end, local, source)


def read_text(reader: Reader, node: Text, trail: Trail) -> Bound:
    """Text, which must be decodable."""
    encoding = text_codec(node, trail)
    inner = (
        read_raw(reader, node.node, trail, "_bytes")
        if isinstance(node.node, Raw)
        else reader.read(reader, node.node, trail)
    )
    assert inner.code is not None
    local = reader.names.local(trail.hint)
    reader.line(UNDECODABLE.format(local, inner.code.text, quoted(encoding)))
    return Bound(node, Code(local, "str"), inner.start, inner.end, inner.raw, inner.source)


def read_constant(reader: Reader, node: Constant, trail: Trail) -> Bound:
    """Bytes that must be what they must be."""
    start = reader.spot
    if isinstance(node.node, Bits) or reader.bits is not None:
        raise SchemaRefused(trail.path, "a constant of bits stands outside a bit group")
    data = constant_bytes(node, trail)
    reader.take(
        "", len(data), trail, constant=data, comment=trail.hint[-1] if trail.hint and trail.words else node.rule
    )
    kind = type(node.value).__name__
    bound = node.value if isinstance(node.value, int) else None
    return Bound(node, Code(quoted(node.value), kind, bound, bound), start, reader.spot)


def read_zeros(reader: Reader, node: Zeros, trail: Trail) -> Bound:
    """Bytes that must be zero."""
    start, size = reader.spot, literal_int(node.size)
    if size is not None and 0 <= size <= ZEROS_MAXIMUM:
        reader.take("", size, trail, constant=bytes(size), comment=trail.hint[-1] if trail.words else node.rule)
    else:
        end = reader.end_of(reader.size(node.size, trail), trail.hint or (node.rule,))
        reader.check(reader.filled_with(start, end), node.rule)
        reader.spot = end
    return Bound(node, Code("None", "none"), start, reader.spot)


# --- numbers with a meaning ------------------------------------------------------------------------------------------


def number(reader: Reader, node: Node, trail: Trail, suffix: str = "") -> Bound:
    """The integer below a mapping."""
    inner = read_integer(reader, node, trail, suffix) if isinstance(node, Integer) else reader.read(reader, node, trail)
    if inner.code is None or inner.code.kind != "int":
        raise SchemaRefused(trail.path, f"a {type(node).__name__} is no integer")
    return inner


def read_enumeration(reader: Reader, node: Enumeration, trail: Trail) -> Bound:
    """The name of a number."""
    inner = number(reader, node.node, trail, "_number")
    assert inner.code is not None
    names = reader.tables.enumeration(node, trail).names
    local = reader.names.local(trail.hint)
    if node.closed:
        reader.list_number(node)
        reader.check(f"({local} := {names}.get({inner.code.text})) is None")
    else:
        reader.line(f"{local} = {names}.get({inner.code.text}, {inner.code.text})")
    return Bound(node, Code(local, "str" if node.closed else "mixed"), inner.start, inner.end)


def read_flags(reader: Reader, node: FlagSet, trail: Trail) -> Bound:
    """A mask without unknown bits, or the names of its bits."""
    inner = number(reader, node.node, trail, "_bits" if node.named else "")
    assert inner.code is not None
    mask = flag_mask(node, trail)
    if inner.code.low is not None and inner.code.low >= 0 and inner.code.high is not None:
        unknown = ((1 << inner.code.high.bit_length()) - 1) & ~mask
        if unknown:
            reader.check(f"{inner.code.atom} & {unknown:#x}")
    else:
        reader.check(f"{inner.code.atom} & ~{mask:#x}")
    bits = {name: Bound(node, Code(f"{inner.code.atom} & {bit:#x} != 0", "bool", 0, 1)) for name, bit in node.members}
    if not node.named:
        return Bound(node, Code(inner.code.text, "int", 0, mask), inner.start, inner.end)
    local = reader.names.local(trail.hint)
    table = reader.tables.flags(node, trail)
    reader.line(f"{local} = frozenset([name for name, bit in {table}.items() if {inner.code.atom} & bit])")
    return Bound(node, Code(local, "set"), inner.start, inner.end, fields=bits)


def read_bounded(reader: Reader, node: Bounded, trail: Trail) -> Bound:
    """An integer within bounds; the half that its width guarantees is not checked."""
    inner = number(reader, node.node, trail)
    assert inner.code is not None
    code, low, high = inner.code, node.minimum, node.maximum
    below = code.low is None or code.low < low
    above = code.high is None or code.high > high
    if below and above:
        reader.check(f"not {low} <= {code.atom} <= {high}")
    elif below or above:
        reader.check(f"{code.atom} < {low}" if below else f"{code.atom} > {high}")
    inner.code = Code(code.text, "int", max(low, code.low or low), min(high, high if code.high is None else code.high))
    return inner


def read_accepted(reader: Reader, node: Accepted, trail: Trail) -> Bound:
    """A scalar that is one of some values, or none of them."""
    inner = reader.read(reader, node.node, trail)
    assert inner.code is not None
    if inner.code.kind not in ("int", "str", "bytes", "mixed"):
        raise SchemaRefused(trail.path, f"a choice of {inner.code.kind} values cannot be compiled")
    values = ", ".join(quoted(value) for value in node.values)
    if not node.values and not node.refused:
        reader.check("True", "no value is accepted")
    elif node.values:
        reader.check(f"{inner.code.atom} {'in' if node.refused else 'not in'} {{{values}}}")
    return inner
