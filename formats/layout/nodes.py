"""The layout tree: what a Construct schema says about bytes, as plain immutable data.

`translate` makes it from a schema; the compiler, byte map, generator, corruption plan, fingerprint, docs and exports
all read it and nothing else. The oracle does not: it runs the Construct schema itself, so the two can disagree.

A node describes a stretch of bytes. *Value* nodes carry information; *derived* nodes (constants, reserved bytes,
lengths, counts, checksums, closing tags) follow from the rest and are left out of values and records.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as Either

from .terms import Expression, Field

# --- scalars ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Integer:
    """An integer of `size` bytes (1 to 8); value int."""

    size: int
    signed: bool = False
    little: bool = True


@dataclass(frozen=True)
class Float:
    """An IEEE 754 number of 2, 4 or 8 bytes; value float."""

    size: int
    little: bool = True


@dataclass(frozen=True)
class Boolean:
    """One byte, 0 or 1 (rule `canonical` for others); value bool. Construct's Flag."""


@dataclass(frozen=True)
class Bits:
    """An unsigned or signed integer of `width` bits inside a BitGroup; value int, or bool where `boolean`."""

    width: int
    signed: bool = False
    boolean: bool = False


@dataclass(frozen=True)
class Raw:
    """`size` bytes; `None` takes all that is left of the enclosing region. Value bytes."""

    size: Expression | None


@dataclass(frozen=True)
class Text:
    """Text over a bytes-valued node (Raw or Prefixed); value str."""

    node: Node
    encoding: str


@dataclass(frozen=True)
class Constant:
    """A scalar, or Raw of literal size, that must hold `value`. Derived."""

    node: Node
    value: int | bytes | str
    rule: str = "constant"


@dataclass(frozen=True)
class Enumeration:
    """Named integers. Value: the name; where not `closed`, unknown numbers pass as int."""

    node: Node
    members: tuple[tuple[str, int], ...]
    closed: bool = True


@dataclass(frozen=True)
class FlagSet:
    """A bit mask; unknown bits are refused. Value: an int mask, or where `named` a frozenset of names."""

    node: Node
    members: tuple[tuple[str, int], ...]
    named: bool = False


@dataclass(frozen=True)
class Bounded:
    """An integer in minimum..maximum, both inclusive (rule `bounds`)."""

    node: Node
    minimum: int
    maximum: int


@dataclass(frozen=True)
class Accepted:
    """A scalar whose value must be one of (or, `refused`, none of) `values` (rule `invalid`). OneOf, NoneOf."""

    node: Node
    values: tuple[int | str | bytes, ...]
    refused: bool = False


# --- derived ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Zeros:
    """Reserved bytes or padding: `size` bytes, all zero (rule `reserved`; `canonical` for a plain Padding). Derived."""

    size: Expression
    rule: str = "reserved"


@dataclass(frozen=True)
class Rebuilt:
    """A scalar that must equal an expression over its struct (rule `canonical`). Construct's Rebuild. Derived."""

    node: Node
    expression: Expression


@dataclass(frozen=True)
class LengthOf:
    """The encoded length in bytes of the field `of`: a sibling, or one below it (`entries.prefix`). Derived."""

    node: Node
    of: str

    @property
    def names(self) -> tuple[str, ...]:
        """The names that lead to the field, from this struct downwards."""
        return tuple(self.of.split("."))


@dataclass(frozen=True)
class CountOf:
    """The number of elements of an array, `of` names it from this struct downwards. Derived."""

    node: Node
    of: tuple[str, ...]


@dataclass(frozen=True)
class EndsOf:
    """A column of `count` cumulative ends of the items of the sibling Slices `of`, as they are stored. Derived.

    prefix: the sibling PrefixOf that is left out of every stored item, if there is one.
    """

    node: Integer
    count: Expression
    of: str
    prefix: str = ""


@dataclass(frozen=True)
class PrefixOf:
    """The longest common prefix of the items of the sibling Slices `of`, in `size` bytes. Derived.

    The Slices, which name it as their `prefix`, refuse any other prefix (rule `canonical`).
    """

    size: Expression
    of: str


@dataclass(frozen=True)
class Algorithm:
    """A checksum function by import path: `module.name(data) -> int | bytes`."""

    module: str
    name: str


@dataclass(frozen=True)
class Digest:
    """A checksum over other bytes. Derived.

    `covers` names sibling fields that lie back to back (their first byte to their last), or, for a plain Construct
    Checksum, one field that is Captured. `sealing`: it covers its frame from the first byte up to itself.
    `seed` names the context fields it continues from. `masked`: LevelDB's rotation and constant are applied.
    `rule` is `header_checksum` for a seal and `checksum` for others.
    """

    node: Node
    algorithm: Algorithm
    covers: tuple[Field, ...] = ()
    sealing: bool = False
    seed: tuple[str, ...] = ()
    masked: bool = False

    @property
    def rule(self) -> str:
        return "header_checksum" if self.sealing else "checksum"


@dataclass(frozen=True)
class Repeated:
    """A closing tag: the first `size` bytes of the sibling bytes field `of` again (rule `closing_tag`). Derived."""

    of: str
    size: int


@dataclass(frozen=True)
class Nothing:
    """No bytes; value None. Construct's Pass; where `end`, its Terminated: the region ends (rule `trailing`)."""

    end: bool = False


# --- composites ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Member:
    """A field of a struct; an unnamed one is checked and dropped."""

    name: str | None
    node: Node


@dataclass(frozen=True)
class Struct:
    """Fields one after the other; value: a mapping of its value members. Opens a scope.

    `header`: in a sealed frame, the number of leading members that make up the fixed header, seal included.
    """

    members: tuple[Member, ...]
    header: int = 0


@dataclass(frozen=True)
class BitGroup:
    """`size` bytes divided into bit fields, most significant bit first; value: a mapping. Construct's BitStruct."""

    size: int
    members: tuple[Member, ...]


@dataclass(frozen=True)
class Array:
    """`count` elements; value: a tuple.

    order: "" none, "ascending" never falling, "strict" always rising (rule `order`); last: what the last element
    must be (0 elements: the expression must be 0), rule `order`.
    """

    count: Expression
    node: Node
    order: Either["", "ascending", "strict"] = ""
    last: Expression | None = None


@dataclass(frozen=True)
class CountedArray:
    """A count field, then as many elements; value: a tuple. Construct's PrefixedArray."""

    count: Node
    node: Node


@dataclass(frozen=True)
class Prefixed:
    """A length field, then a region of so many bytes, which the node fills exactly; value: the node's.

    `inclusive`: the length counts the length field too.
    """

    length: Node
    node: Node
    inclusive: bool = False


@dataclass(frozen=True)
class Region:
    """A region of `size` bytes: the node's bytes, then nothing (`exact`, rule `length`) or zeros (rule `canonical`)."""

    size: Expression
    node: Node
    exact: bool = True


@dataclass(frozen=True)
class Padded:
    """The node's bytes, then zeros up to `size` bytes in all (rule `canonical`); no region of its own."""

    size: Expression
    node: Node


@dataclass(frozen=True)
class Slices:
    """Byte strings back to back up to the end of the region, cut by the sibling EndsOf column `ends`; value: a tuple.

    minimum and maximum: length of one item in bytes (rule `bounds`); order as in Array; the last end must be the
    region's end (rule `length`).

    prefix: the sibling PrefixOf that every item begins with and that is not stored again: it must be the longest one
    (rule `canonical`); total: then the most bytes that all items take with it (rule `bounds`), because few bytes could
    stand for very many.
    """

    ends: str
    minimum: int
    maximum: int
    order: Either["", "ascending", "strict"] = ""
    prefix: str = ""
    total: int | None = None


@dataclass(frozen=True)
class Conditional:
    """`then` where the condition holds, else `otherwise`; value: the branch's."""

    condition: Expression
    then: Node
    otherwise: Node


@dataclass(frozen=True)
class Choice:
    """The case whose value equals the selector, or `otherwise` (None: refused, rule `choice`); value: the branch's."""

    selector: Expression
    cases: tuple[tuple[int | str | bytes | bool, Node], ...]
    otherwise: Node | None


@dataclass(frozen=True)
class Computed:
    """No bytes; value: the expression's."""

    expression: Expression


@dataclass(frozen=True)
class Captured:
    """A node whose raw bytes a checksum may cover; value: the node's. Construct's RawCopy."""

    node: Node


@dataclass(frozen=True)
class Records:
    """Records back to back up to the end of the region (each at least one byte); value: a tuple. A stream format."""

    node: Node


@dataclass(frozen=True)
class Blocks:
    """A stream cut into blocks of `size` bytes, each filled with whole records; value: a tuple of tuples of records.

    In every block but the last fewer bytes than the smallest record are left over, and they are zero (rule
    `reserved`). The last block is not empty and ends with a record. No bytes at all is the empty stream.
    """

    size: int
    node: Node


Node = (
    Integer | Float | Boolean | Bits | Raw | Text | Constant | Enumeration | FlagSet | Bounded | Accepted
    | Zeros | Rebuilt | LengthOf | CountOf | EndsOf | PrefixOf | Digest | Repeated | Nothing
    | Struct | BitGroup | Array | CountedArray | Prefixed | Region | Padded | Slices | Conditional | Choice
    | Computed | Captured | Records | Blocks
)  # fmt: skip

DERIVED = (Constant, Zeros, Rebuilt, LengthOf, CountOf, EndsOf, PrefixOf, Digest, Repeated, Nothing)


@dataclass(frozen=True)
class Layout:
    """A whole format: its root node and the context fields that seed its checksums (empty: none)."""

    root: Node
    seed: tuple[str, ...] = ()
