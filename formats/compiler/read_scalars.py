"""Decoding of scalars: numbers, bytes, text, enumerations, flags, and the derived fields that are checked."""

from __future__ import annotations

from typing import Final

from ..errors import SchemaRefused
from ..layout import (
    Accepted,
    BitGroup,
    Bits,
    Boolean,
    Bounded,
    Constant,
    CountOf,
    Digest,
    Enumeration,
    Field,
    FlagSet,
    Float,
    Integer,
    LengthOf,
    Node,
    Raw,
    Rebuilt,
    Repeated,
    Struct,
    Text,
    Zeros,
    fixed_size,
    literal_int,
)
from .expressions import Unbound, compiled
from .reader import OTHER, SEAL, Bound, Reader, Spot
from .scalars import constant_bytes, constant_number, flag_mask, integer_code, integer_range, text_codec
from .tables import Trail
from .text import Code, quoted

#: LevelDB's mask over a checksum in `c`.
MASKED: Final = "(((unmasked := {}) >> 15 | unmasked << 17) + 0xA282EAD8) & 0xFFFFFFFF"
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
    reader.line(f"{local} = {reader.bytes_text(start, end)}")
    reader.spot = end
    return Bound(node, Code(local, "bytes"), start, end, local, source)


def read_text(reader: Reader, node: Text, trail: Trail) -> Bound:
    """Text, which must be decodable."""
    encoding = text_codec(node, trail)
    inner = read_raw(reader, node.node, trail, "_bytes") if isinstance(node.node, Raw) else reader.read(reader, node.node, trail)
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
    reader.take("", len(data), trail, constant=data, comment=trail.hint[-1] if trail.hint and trail.words else node.rule)
    kind = type(node.value).__name__
    bound = node.value if isinstance(node.value, int) else None
    return Bound(node, Code(quoted(node.value), kind, bound, bound), start, reader.spot)


def read_zeros(reader: Reader, node: Zeros, trail: Trail) -> Bound:
    """Bytes that must be zero."""
    start, size = reader.spot, literal_int(node.size)
    if size is not None and size >= 0:
        reader.take("", size, trail, constant=bytes(size), comment=trail.hint[-1] if trail.words else node.rule)
    else:
        end = reader.end_of(reader.size(node.size, trail), trail.hint or (node.rule,))
        reader.check(f"any({reader.bytes_text(start, end, view=True)})", node.rule)
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


# --- derived ---------------------------------------------------------------------------------------------------------


def read_rebuilt(reader: Reader, node: Rebuilt, trail: Trail) -> Bound:
    """A scalar that equals an expression."""
    inner = reader.read(reader, node.node, trail)
    bound = Bound(node, inner.code, inner.start, inner.end)

    def check() -> None:
        assert inner.code is not None
        expected = compiled(node.expression, reader.context(trail))
        reader.check(f"{inner.code.atom} != {expected.atom}")

    reader.wait(trail, check)
    return bound


def read_length(reader: Reader, node: LengthOf, trail: Trail) -> Bound:
    """The length of a sibling; nothing to check where the sibling takes its size from here."""
    inner = number(reader, node.node, trail)
    bound = Bound(node, inner.code, inner.start, inner.end)

    def check() -> None:
        target = reader.bound(Field(0, (node.of,)))
        if target.source is bound:
            return
        if target.start is None or target.end is None:
            raise Unbound(node.of)
        assert inner.code is not None
        reader.check(f"{inner.code.atom} != {distance(target.start, target.end)}")

    reader.wait(trail, check)
    return bound


def read_count(reader: Reader, node: CountOf, trail: Trail) -> Bound:
    """The number of elements of an array; nothing to check where the array takes its count from here."""
    inner = number(reader, node.node, trail)
    bound = Bound(node, inner.code, inner.start, inner.end)

    def check() -> None:
        target = reader.bound(Field(0, node.of))
        if target.source is bound:
            return
        if target.code is None:
            raise Unbound(".".join(node.of))
        if target.code.kind != "tuple":
            raise SchemaRefused(trail.path, f"{'.'.join(node.of)} is no array")
        assert inner.code is not None
        reader.check(f"{inner.code.atom} != len({target.code.text})")

    reader.wait(trail, check)
    return bound


def distance(start: Spot, end: Spot) -> str:
    """The number of bytes between two spots, as text."""
    if start.base == end.base:
        return str(end.offset - start.offset)
    return f"({end} - {start})" if not start.base or not start.offset else f"({end} - ({start}))"


def read_digest(reader: Reader, node: Digest, trail: Trail) -> Bound:
    """A checksum, compared as soon as what it covers is known."""
    if not isinstance(node.node, Integer | Raw) or fixed_size(node.node) is None:
        raise SchemaRefused(trail.path, f"a checksum in a {type(node.node).__name__} cannot be compiled")
    inner = reader.read(reader, node.node, trail)
    own = node.algorithm.module == "crc32c" and node.algorithm.name == "crc32c"
    if (node.seed or node.masked) and not own:
        raise SchemaRefused(trail.path, "only CRC32C is seeded or masked")
    if node.seed and node.seed != reader.tables.layout.seed:
        raise SchemaRefused(trail.path, f"it is seeded with {node.seed}, the format with {reader.tables.layout.seed}")
    function = reader.tables.function(node.algorithm)
    reader.seeded = reader.seeded or bool(node.seed)

    def check() -> None:
        covered = covered_text(reader, node, inner, view=own)
        text = f"{function}({covered}{', seed' if node.seed else ''})"
        if node.masked:
            text = MASKED.format(text)
        assert inner.code is not None
        reader.check(f"{inner.code.text} != {text}", stage=SEAL if node.sealing else OTHER)

    reader.wait(trail, check)
    return Bound(node, inner.code, inner.start, inner.end)


def covered_text(reader: Reader, node: Digest, inner: Bound, *, view: bool) -> str:
    """The bytes that a checksum covers."""
    if node.sealing:
        assert inner.start is not None
        start = reader.scopes[-1].start if reader.scopes else Spot("")
        return reader.bytes_text(start, inner.start, view=view)
    parts = [reader.bound(name) for name in node.covers]
    if len(parts) == 1 and parts[0].raw:
        return parts[0].raw
    first, last = parts[0].start, parts[-1].end
    if first is None or last is None:
        raise Unbound("the covered bytes")
    return reader.bytes_text(first, last, view=view)


def read_repeated(reader: Reader, node: Repeated, trail: Trail) -> Bound:
    """A closing tag."""
    start = reader.spot
    local = reader.take(f"{node.size}s", node.size, trail)

    def check() -> None:
        code = reader.lookup(Field(0, (node.of,)))
        if code.kind != "bytes":
            raise SchemaRefused(trail.path, f"{node.of} is not bytes")
        reader.check(f"{local} != {code.atom}[:{node.size}]")

    reader.wait(trail, check)
    return Bound(node, Code(local, "bytes"), start, reader.spot, raw=local)


# --- bits ------------------------------------------------------------------------------------------------------------


def read_bit_group(reader: Reader, node: BitGroup, trail: Trail) -> Bound:
    """Bit fields, cut from one big-endian number."""
    start = reader.spot
    native = {1: "B", 2: "H", 4: "I", 8: "Q"}.get(node.size)
    if native and (node.size == 1 or reader.run is None or reader.run.order in ("", ">")):
        whole = reader.take(native, node.size, trail, order=">" if node.size > 1 else "", suffix="_bits")
    else:
        source = reader.take(f"{node.size}s", node.size, trail, suffix="_bytes")
        whole = reader.names.local(trail.hint, "_bits")
        reader.line(f'{whole} = int.from_bytes({source}, "big")')
    fields: dict[str, Bound] = {}
    shift, mask, value = node.size * 8, 0, 0
    for member in node.members:
        inner, bits = member.node, bits_of(member.node, trail.named(member.name))
        shift -= bits.width
        below = trail.named(member.name)
        ones = (1 << bits.width) - 1
        if isinstance(inner, Constant):
            number_ = constant_number(inner, below) & ones
            mask, value = mask | ones << shift, value | number_ << shift
            fields[member.name or ""] = Bound(inner, Code(quoted(inner.value), type(inner.value).__name__))
            continue
        text = f"{whole} >> {shift}" if shift else whole
        if shift + bits.width < node.size * 8:
            text += f" & {ones:#x}"
        if bits.signed:
            sign = 1 << bits.width - 1
            text = f"({text} ^ {sign:#x}) - {sign:#x}"
        reader.bits = Code(text, "int", *integer_range(bits))
        fields[member.name or ""] = reader.read(reader, inner, below)
        reader.bits = None
    if shift:
        raise SchemaRefused(trail.path, f"the bits fill all but {shift} bits of {node.size} bytes")
    if mask:
        reader.check(f"{whole} & {mask:#x} != {value:#x}" if value else f"{whole} & {mask:#x}")
    return Bound(node, None, start, reader.spot, fields=fields)


def bits_of(node: Node, trail: Trail) -> Bits:
    """The bits below a mapping."""
    while not isinstance(node, Bits):
        inner = getattr(node, "node", None)
        if inner is None or isinstance(node, Struct):
            raise SchemaRefused(trail.path, f"a {type(node).__name__} cannot be compiled among bits")
        node = inner
    return node


def read_bits(reader: Reader, node: Bits, trail: Trail) -> Bound:
    """One bit field."""
    code, reader.bits = reader.bits, None
    if code is None:
        raise SchemaRefused(trail.path, "bits stand outside a bit group")
    local = reader.names.local(trail.hint)
    if node.boolean:
        reader.line(f"{local} = {code.atom} != 0")
        return Bound(node, Code(local, "bool", 0, 1))
    reader.line(f"{local} = {code.text}")
    return Bound(node, Code(local, "int", code.low, code.high))
