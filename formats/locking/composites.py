"""The constructs of structs, arrays, regions, branches, and of what is derived: see `formats.locking.rebuild`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import construct as c

from .. import primitives as p
from ..layout import (
    Algorithm,
    Array,
    BitGroup,
    Blocks,
    Boolean,
    Bounded,
    Captured,
    Choice,
    Conditional,
    CountedArray,
    CountOf,
    Digest,
    EndsOf,
    Enumeration,
    Field,
    FlagSet,
    Float,
    Integer,
    LengthOf,
    Node,
    Padded,
    Prefixed,
    PrefixOf,
    Raw,
    Records,
    Region,
    Repeated,
    Slices,
    Struct,
    children,
    fixed_size,
    minimum_size,
)
from ..translate import CRC32C
from .functions import function_of
from .paths import field_term

if TYPE_CHECKING:
    from .rebuild import Rebuilder

#: The checksums of the strict vocabulary, by function and field.
FRAME_CHECKSUMS: Final[Mapping[tuple[Algorithm, Node], Any]] = {(CRC32C, Integer(4)): p.Crc32c}
#: Elements that a column reads as an array does, and checks the size of before it does.
COLUMN_ELEMENTS: Final = (Integer, Float, Boolean, Raw, Bounded, Enumeration, FlagSet)


# --- structs ---------------------------------------------------------------------------------------------------------


def struct(rebuilder: Rebuilder, node: Struct) -> Any:
    """A Frame where only a frame can be this struct, else a plain Struct."""
    members = [rebuilder.member(node, member.name, member.node) for member in node.members]
    return p.Frame(*members) if is_frame(node) else c.Struct(*members)


def is_frame(node: Struct) -> bool:
    """Whether only a frame can be this struct: what it derives, no plain struct does."""
    inner = [member.node for member in node.members]
    return node.header > 0 or any(
        isinstance(one, LengthOf | CountOf) or (isinstance(one, Digest) and is_of_frame(one, node)) for one in inner
    )


def is_of_frame(digest: Digest, node: Struct) -> bool:
    """Whether a checksum in a struct is one that the frame verifies, and no plain Checksum over a captured field."""
    if digest.sealing:
        return True
    if (digest.algorithm, digest.node) not in FRAME_CHECKSUMS:
        return False
    nodes = {member.name: member.node for member in node.members}
    covered = [nodes.get(field.names[0]) for field in digest.covers if not field.up and len(field.names) == 1]
    is_local = len(covered) == len(digest.covers) and None not in covered
    return is_local and not any(holds_captured(one) for one in covered if one is not None)


def holds_captured(node: Node) -> bool:
    """Whether the value of a node is, or may be, that of a captured one."""
    return isinstance(node, Captured) or any(
        holds_captured(inner) for name, inner in children(node) if name is None and not isinstance(node, Array)
    )


def bit_group(rebuilder: Rebuilder, node: BitGroup) -> Any:
    """A BitStruct."""
    return c.BitStruct(*(rebuilder.member(node, member.name, member.node) for member in node.members))


# --- derived ---------------------------------------------------------------------------------------------------------


def digest(rebuilder: Rebuilder, node: Digest) -> Any:
    """A Seal or checksum of its frame, or a plain Checksum over what a RawCopy has captured."""
    if isinstance(rebuilder.struct, Struct) and is_of_frame(node, rebuilder.struct):
        if node.sealing:
            return p.Seal(seed=node.seed)
        covers = tuple(field.names[0] for field in node.covers)
        return FRAME_CHECKSUMS[node.algorithm, node.node](covers=covers, is_masked=node.masked)
    if len(node.covers) != 1:
        raise rebuilder.refused("a checksum of its own field covers one captured field")
    (covered,) = node.covers
    data = field_term(Field(covered.up, (*covered.names, "data")), rebuilder.path, rebuilder.scopes)
    return c.Checksum(rebuilder.schema(node.node), function_of(node.algorithm, rebuilder.path), data)


def length_of(rebuilder: Rebuilder, node: LengthOf) -> Any:
    """A Length."""
    inner, minimum, maximum = bounds(rebuilder, node.node)
    return p.Length(inner, of=node.of, minimum=minimum, maximum=maximum)


def count_of(rebuilder: Rebuilder, node: CountOf) -> Any:
    """A Count."""
    inner, minimum, maximum = bounds(rebuilder, node.node)
    return p.Count(inner, of=".".join(node.of), minimum=minimum, maximum=maximum)


def bounds(rebuilder: Rebuilder, node: Node) -> tuple[Any, int, int]:
    """The integer of a length or count, and its bounds."""
    if not isinstance(node, Bounded):
        raise rebuilder.refused("a length or count has bounds")
    return rebuilder.schema(node.node), node.minimum, node.maximum


def ends_of(rebuilder: Rebuilder, node: EndsOf) -> Any:
    """A column of Ends."""
    return p.Ends(rebuilder.term(node.count), rebuilder.schema(node.node), of=node.of, prefix=node.prefix)


def prefix_of(rebuilder: Rebuilder, node: PrefixOf) -> Any:
    """A PrefixOf."""
    return p.PrefixOf(rebuilder.term(node.size), of=node.of)


def repeated(_rebuilder: Rebuilder, node: Repeated) -> Any:
    """A closing Tag."""
    return p.Tag(of=node.of, size=node.size)


# --- many and few ----------------------------------------------------------------------------------------------------


def array(rebuilder: Rebuilder, node: Array) -> Any:
    """A Column of scalars, else a plain Array."""
    count, inner = rebuilder.term(node.count), rebuilder.schema(node.node)
    is_column = isinstance(node.node, COLUMN_ELEMENTS) and fixed_size(node.node) is not None
    if not is_column and not node.order and node.last is None:
        return c.Array(count, inner)
    last = None if node.last is None else rebuilder.term(node.last)
    return p.Column(count, inner, order=node.order, last=last)


def counted_array(rebuilder: Rebuilder, node: CountedArray) -> Any:
    """A PrefixedArray, which has a context of its own."""
    hidden = rebuilder.hidden()
    return c.PrefixedArray(hidden.schema(node.count), hidden.schema(node.node))


def slices(_rebuilder: Rebuilder, node: Slices) -> Any:
    """Slices."""
    return p.Slices(
        ends=node.ends,
        minimum=node.minimum,
        maximum=node.maximum,
        order=node.order,
        prefix=node.prefix,
        total=node.total,
    )


def records(rebuilder: Rebuilder, node: Records) -> Any:
    """RecordsToEnd."""
    return p.RecordsToEnd(rebuilder.schema(node.node))


def blocks(rebuilder: Rebuilder, node: Blocks) -> Any:
    """Blocks; what its smallest record has follows from the record."""
    return p.Blocks(node.size, rebuilder.schema(node.node), smallest=minimum_size(node.node))


def prefixed(rebuilder: Rebuilder, node: Prefixed) -> Any:
    """A Prefixed."""
    return c.Prefixed(rebuilder.schema(node.length), rebuilder.schema(node.node), includelength=node.inclusive)


def region(rebuilder: Rebuilder, node: Region) -> Any:
    """A Region that its content fills, or a FixedSized that zeros fill up."""
    kind: Any = p.Region if node.exact else c.FixedSized
    return kind(rebuilder.term(node.size), rebuilder.schema(node.node))


def padded(rebuilder: Rebuilder, node: Padded) -> Any:
    """A Padded."""
    return c.Padded(rebuilder.term(node.size), rebuilder.schema(node.node))


def captured(rebuilder: Rebuilder, node: Captured) -> Any:
    """A RawCopy."""
    return c.RawCopy(rebuilder.schema(node.node))


def conditional(rebuilder: Rebuilder, node: Conditional) -> Any:
    """An IfThenElse."""
    then, otherwise = rebuilder.schema(node.then), rebuilder.schema(node.otherwise)
    return c.IfThenElse(rebuilder.term(node.condition), then, otherwise)


def choice(rebuilder: Rebuilder, node: Choice) -> Any:
    """A Switch; Error where there is no other branch."""
    cases = {value: rebuilder.schema(case) for value, case in node.cases}
    otherwise = c.Error if node.otherwise is None else rebuilder.schema(node.otherwise)
    return c.Switch(rebuilder.term(node.selector), cases, default=otherwise)


MAKERS: Final[Mapping[type, Callable[[Any, Any], Any]]] = {
    Array: array,
    BitGroup: bit_group,
    Blocks: blocks,
    Captured: captured,
    Choice: choice,
    Conditional: conditional,
    CountOf: count_of,
    CountedArray: counted_array,
    Digest: digest,
    EndsOf: ends_of,
    LengthOf: length_of,
    Padded: padded,
    PrefixOf: prefix_of,
    Prefixed: prefixed,
    Records: records,
    Region: region,
    Repeated: repeated,
    Slices: slices,
    Struct: struct,
}
