"""Which bit of a real frame belongs to which field.

Walks the layout beside the value that the oracle read, so that what has no name of its own (counts and lengths in
front of what they count, constants, padding, trailers) is named as well, and bit fields are told apart. Every bit of an
accepted frame belongs to exactly one range, and every field that the oracle traced lies where the trace says.

Bits are counted from the start of the frame, the most significant bit of a byte first: bit 0 is 0x80 of byte 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from ..errors import LaneDisagreement, Path, path_text
from ..expressions import evaluate
from ..layout import (
    DERIVED,
    Array,
    BitGroup,
    Bits,
    Blocks,
    Boolean,
    Captured,
    Choice,
    Conditional,
    Constant,
    CountedArray,
    EndsOf,
    Enumeration,
    Expression,
    Integer,
    Layout,
    Literal,
    Node,
    Nothing,
    Padded,
    Prefixed,
    PrefixOf,
    Raw,
    Records,
    Region,
    Slices,
    Struct,
    Text,
    Zeros,
    fixed_size,
)
from ..oracle import Oracle
from ..tracing import Trace
from ..values import branch
from .constraints import constraint_text
from .prefixes import split_prefix
from .wording import labels

#: Padding of whatever size the frame leaves.
ZEROS = Zeros(Literal(0), "canonical")


class HasOracle(Protocol):
    """What `bit_ranges` needs of a format."""

    @property
    def oracle(self) -> Oracle:
        """The interpreted schema."""

    @property
    def layout(self) -> Layout:
        """Its layout tree."""


@dataclass(frozen=True)
class BitRange:
    """Bits start_bit..end_bit (end not included) of a frame hold the field at `path`.

    node: the leaf of the layout; constraint: what its value must satisfy, in words; value: what it says, None for
    reserved bytes and padding; derived: it follows from the rest and is no part of the frame's value.
    """

    path: Path
    start_bit: int
    end_bit: int
    node: Node
    constraint: str
    value: Any
    derived: bool

    def as_dict(self) -> dict[str, object]:
        """The same facts with stable keys, for `--json`; bytes in hexadecimal, named flags as a sorted list."""
        value = self.value.hex() if isinstance(self.value, bytes) else self.value
        return {
            "path": path_text(self.path),
            "start_bit": self.start_bit,
            "end_bit": self.end_bit,
            "constraint": self.constraint,
            "value": sorted(value) if isinstance(value, frozenset) else value,
            "derived": self.derived,
        }


def bit_ranges(entry: HasOracle, data: bytes, seed: int | None = 0) -> tuple[BitRange, ...]:
    """The field of every bit of an accepted frame, in order, without gap or overlap; fields of no bits are left out.

    Raises the `FormatError` of a refused frame. With `seed=None` seeded checksums are not verified.
    """
    trace = entry.oracle.trace(data, seed)
    if trace.error is not None:
        raise trace.error
    walk = Walk(entry.oracle.name, data, trace)
    end = walk.visit(Spot(()), entry.layout.root, 0, trace.consumed, trace.value)
    walk.require(end == trace.consumed, (), end)
    return tuple(walk.ranges)


@dataclass(frozen=True)
class Spot:
    """Where the walk is: the path, the values of the enclosing structs, their paths, and where the innermost starts."""

    path: Path
    environment: tuple[dict[str, Any], ...] = ()
    scopes: tuple[str, ...] = ()
    base: int = 0

    def below(self, part: str | int) -> Spot:
        """The same, one level further in."""
        return Spot((*self.path, part), self.environment, self.scopes, self.base)


@dataclass
class Walk:
    """One walk over one frame; `ranges` is what it found."""

    name: str
    data: bytes
    trace: Trace
    ranges: list[BitRange] = field(default_factory=list)
    texts: dict[tuple[int, tuple[str, ...]], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.structs: dict[Path, dict[str, Any]] = {}  # what expressions see of each struct
        self.traced: dict[Path, set[tuple[int, int]]] = {}
        for span in self.trace.spans:
            self.traced.setdefault(span.path, set()).add((span.start, span.end))

    def require(self, agreed: bool, path: Path, offset: int) -> None:
        """The layout and the trace of the schema must tell the same story."""
        if not agreed:
            detail = f"{path_text(path)} ends at byte {offset} by the layout, elsewhere by the trace"
            raise LaneDisagreement(self.name, "layout", "oracle", detail)

    def part(self, spot: Spot, label: str | int, node: Node, start: int, limit: int, value: Any) -> int:
        """A member or element; returns its end, which must be where the oracle's trace saw it."""
        inside = spot.below(label)
        end = self.visit(inside, node, start, limit, value)
        places = self.traced.get(inside.path)
        self.require(places is None or (start, end) in places, inside.path, end)
        return end

    def visit(self, spot: Spot, node: Node, start: int, limit: int, value: Any) -> int:
        """Add the ranges of a node that starts at a byte, in a region that ends at `limit`; returns its end."""
        match node:
            case Struct():
                return self.struct(spot, node, start, limit, value or {})
            case BitGroup():
                return self.bit_group(spot, node, start, value or {})
            case Array() | CountedArray() | Slices() | Records():
                return self.elements(spot, node, start, limit, value)
            case EndsOf():
                return self.ends(spot, node, start)
            case Blocks():
                return self.blocks(spot, node, start, limit, value)
            case Region(size=size):
                end = start + self.number(size, spot)
                return self.padding(spot, self.visit(spot, node.node, start, end, value), end)
            case Padded(size=size):
                used = self.visit(spot, node.node, start, limit, value)
                return self.padding(spot, used, start + self.number(size, spot))
            case Conditional() | Choice():
                chosen = branch(node, list(spot.environment))
                return start if chosen is None else self.visit(spot, chosen, start, limit, value)
            case Captured(node=inner):
                return self.visit(spot, inner, start, limit, value)
            case _ if split := split_prefix(node):
                return self.prefixed(spot, *split, start, value)
            case _:
                end = start + self.leaf_size(spot, node, limit - start)
                derived = isinstance(node, DERIVED)
                self.add(spot, node, start * 8, end * 8, self.stored(node, start, end) if derived else value)
                return end

    def add(
        self, spot: Spot, node: Node, start_bit: int, end_bit: int, value: Any, *, derived: bool | None = None
    ) -> None:
        """Add one range, unless it is empty."""
        if start_bit == end_bit:
            return
        key = (id(node), spot.scopes)
        if key not in self.texts:
            self.texts[key] = constraint_text(node, spot.scopes, start_bit // 8 - spot.base)
        is_derived = isinstance(node, DERIVED) if derived is None else derived
        self.ranges.append(BitRange(spot.path, start_bit, end_bit, node, self.texts[key], value, is_derived))

    def struct(self, spot: Spot, node: Struct, start: int, limit: int, value: dict[str, Any]) -> int:
        """Member after member; derived ones are read from the bytes, because expressions may name them."""
        values: dict[str, Any] = {}
        here, self.structs[spot.path] = start, values
        scope = path_text(spot.path) if spot.path else ""
        inside = Spot(spot.path, (*spot.environment, values), (*spot.scopes, scope), start)
        for label, member in zip(labels(node.members), node.members, strict=True):
            end = self.part(inside, label, member.node, here, limit, value.get(member.name or ""))
            if member.name is not None:
                held = value[member.name] if member.name in value else self.stored(member.node, here, end)
                values[member.name] = self.seen(member.node, held, inside.below(member.name))
            here = end
        return here

    def seen(self, node: Node, value: Any, spot: Spot) -> Any:
        """What expressions see of a field that has been walked."""
        match node:
            case Struct():
                return self.structs.get(spot.path, value)
            case Captured(node=inner):
                return {"value": self.seen(inner, value, spot)}
            case Prefixed(node=inner) | Region(node=inner) | Padded(node=inner):
                return self.seen(inner, value, spot)
            case Conditional() | Choice():
                chosen = branch(node, list(spot.environment))
                return value if chosen is None else self.seen(chosen, value, spot)
            case _:
                return value

    def bit_group(self, spot: Spot, node: BitGroup, start: int, value: dict[str, Any]) -> int:
        end, bit = start + node.size, start * 8
        number = int.from_bytes(self.data[start:end], "big")
        for label, member in zip(labels(node.members), node.members, strict=True):
            width = bit_width(member.node)
            stored = number >> (end * 8 - bit - width) & ((1 << width) - 1)
            shown = value.get(label, stored) if member.name else None
            self.add(spot.below(label), member.node, bit, bit + width, shown)
            bit += width
        return end

    def elements(
        self, spot: Spot, node: Array | CountedArray | Slices | Records, start: int, limit: int, value: Any
    ) -> int:
        if isinstance(node, CountedArray):
            start = self.counter(spot, "(count)", node.count, start)
        left_out = len(spot.environment[-1][node.prefix]) if isinstance(node, Slices) and node.prefix else 0
        for index, item in enumerate(value):
            if isinstance(node, Slices):
                start = self.part(spot, index, Raw(None), start, start + len(item) - left_out, item)
            else:
                start = self.part(spot, index, node.node, start, limit, item)
        return start

    def ends(self, spot: Spot, node: EndsOf, start: int) -> int:
        for index in range(self.number(node.count, spot)):
            end = start + node.node.size
            self.add(spot.below(index), node.node, start * 8, end * 8, self.stored(node.node, start, end), derived=True)
            start = end
        return start

    def blocks(self, spot: Spot, node: Blocks, start: int, limit: int, value: Any) -> int:
        for number, records in enumerate(value):
            inside, end = spot.below(number), min(start + node.size, limit)
            for index, record in enumerate(records):
                start = self.part(inside, index, node.node, start, end, record)
            start = self.padding(inside, start, end, "(trailer)")
        return start

    def prefixed(self, spot: Spot, prefix: Prefixed, inner: Node, start: int, value: Any) -> int:
        begin = self.counter(spot, "(length)", prefix.length, start)
        end = int(self.stored(prefix.length, start, begin)) + (start if prefix.inclusive else begin)
        return self.visit(spot, inner, begin, end, value)

    def counter(self, spot: Spot, label: str, node: Node, start: int) -> int:
        """The count or length in front of what it counts."""
        end = start + (fixed_size(node) or 0)
        self.add(spot.below(label), node, start * 8, end * 8, self.stored(node, start, end), derived=True)
        return end

    def padding(self, spot: Spot, start: int, end: int, label: str = "(padding)") -> int:
        """Zeros up to an end."""
        self.add(spot.below(label), ZEROS, start * 8, end * 8, None)
        return end

    def number(self, expression: Expression, spot: Spot) -> int:
        """The value of a size or count."""
        return int(evaluate(expression, list(spot.environment)))

    def leaf_size(self, spot: Spot, node: Node, left: int) -> int:
        """The size in bytes of a node without parts, of which `left` bytes are there at most."""
        size = fixed_size(node)
        if size is not None:
            return size
        match node:
            case Raw(size=None):
                return left
            case Raw(size=expression) | Zeros(size=expression) | PrefixOf(size=expression) if expression is not None:
                return self.number(expression, spot)
            case Nothing():
                return 0
            case _:
                inner: Node = node.node  # type: ignore[union-attr]  # what has no size of its own wraps one that has
                return self.leaf_size(spot, inner, left)

    def stored(self, node: Node, start: int, end: int) -> Any:
        """What a derived field says, read from its bytes."""
        raw = bytes(self.data[start:end])
        match node:
            case Constant(value=value):
                return value
            case Zeros() | Nothing():
                return None
            case Integer(signed=signed, little=little):
                return int.from_bytes(raw, "little" if little else "big", signed=signed)
            case Boolean():
                return bool(raw[0])
            case Text(encoding=encoding):
                return raw.decode(encoding)
            case Enumeration(node=inner, members=members):
                number = self.stored(inner, start, end)
                return {member: name for name, member in members}.get(number, number)
            case EndsOf(node=inner):
                return tuple(self.stored(inner, at, at + inner.size) for at in range(start, end, inner.size))
            case _:
                inner_node: Node | None = getattr(node, "node", None)
                return raw if inner_node is None else self.stored(inner_node, start, end)


def bit_width(node: Node) -> int:
    """The width of a member of a bit group in bits."""
    return node.width if isinstance(node, Bits) else bit_width(node.node)  # type: ignore[union-attr]  # all wrap Bits
