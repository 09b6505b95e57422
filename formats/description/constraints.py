"""What the value of a node must satisfy, in words: `1..4096`, `shard=1, run=2`, `CRC32C of payload`."""

from __future__ import annotations

from typing import Final

from ..layout import (
    Accepted,
    Array,
    BitGroup,
    Blocks,
    Boolean,
    Bounded,
    Captured,
    Choice,
    Computed,
    Conditional,
    Constant,
    CountedArray,
    CountOf,
    Digest,
    EndsOf,
    Enumeration,
    FlagSet,
    LengthOf,
    Node,
    Prefixed,
    PrefixOf,
    Rebuilt,
    Records,
    Region,
    Repeated,
    Slices,
    Struct,
    Text,
    Zeros,
)
from .wording import Scopes, expression_text, joined, listing, literal_text, number_text

ORDER_WORDS: Final = {"": "", "ascending": "ascending", "strict": "strictly ascending"}
#: What has parts, each with a row and constraint of its own.
COMPOSITES: Final = (
    Array
    | BitGroup
    | Blocks
    | Choice
    | Conditional
    | CountedArray
    | EndsOf
    | Prefixed
    | Records
    | Region
    | Slices
    | Struct
)


def constraint_text(node: Node, scopes: Scopes = (), before: int | str | None = None) -> str:
    """The constraint on one field; empty where all bytes will do. `before`: bytes of the frame in front of a seal."""
    match node:
        case Bounded(minimum=minimum, maximum=maximum):
            return f"{number_text(minimum)}..{number_text(maximum)}"
        case Enumeration(members=members, closed=closed):
            named = (f"{name}={number}" for name, number in members)
            return listing(*named, "" if closed else "other numbers pass")
        case FlagSet(members=members):
            return listing(*(f"{name}={bit:#x}" for name, bit in members), "no other bit")
        case Accepted(values=values, refused=refused):
            return f"{'none' if refused else 'one'} of {listing(*map(literal_text, values))}"
        case Boolean():
            return "0 or 1"
        case Text(encoding=encoding):
            return f"valid {encoding.lower()}"
        case Slices(ends=ends, minimum=minimum, maximum=maximum, order=order, prefix=prefix, total=total):
            inside = scopes[-1] if scopes else ""
            sizes = f"each {minimum}..{number_text(maximum)} bytes"
            after = f"stored without {joined(inside, prefix)}" if prefix else ""
            together = "" if total is None else f"with it at most {number_text(total)} bytes in all"
            return listing(sizes, ORDER_WORDS[order], f"cut by {joined(inside, ends)}", after, together)
        case Array(node=inner, order=order, last=last):
            each = "" if isinstance(inner, COMPOSITES) else constraint_text(inner, scopes)
            ending = "" if last is None else f"the last is {expression_text(last, scopes)}"
            return listing(f"each {each}" if each else "", ORDER_WORDS[order], ending)
        case Captured(node=inner):
            return constraint_text(inner, scopes, before)
        case _:
            return derived_text(node, scopes, before)


def derived_text(node: Node, scopes: Scopes, before: int | str | None) -> str:
    """The constraint on a field that follows from others."""
    match node:
        case Constant(value=0, rule="canonical") | Zeros():
            return "zero"
        case Constant(value=value):
            return literal_text(value)
        case Rebuilt(expression=expression) | Computed(expression=expression):
            return f"= {expression_text(expression, scopes)}"
        case LengthOf(node=inner, of=of):
            return listing(constraint_text(inner, scopes), f"length of {of} in bytes")
        case CountOf(node=inner, of=names):
            return listing(constraint_text(inner, scopes), f"number of {'.'.join(names)}")
        case EndsOf(of=of, prefix=prefix):
            inside = scopes[-1] if scopes else ""
            without = f" without {joined(inside, prefix)}" if prefix else ""
            return f"cumulative ends of {joined(inside, of)}{without} in bytes"
        case PrefixOf(of=of):
            return f"the longest common prefix of {joined(scopes[-1] if scopes else '', of)}"
        case Repeated(of=of, size=size):
            return f"the first {size} bytes of {of}"
        case Digest():
            return digest_text(node, before)
        case _:
            return ""


def digest_text(digest: Digest, before: int | str | None = None) -> str:
    """What a checksum is computed of."""
    name = "CRC32C" if digest.algorithm.name == "crc32c" else f"{digest.algorithm.module}.{digest.algorithm.name}"
    covered = [".".join(field.names) for field in digest.covers]
    what = " to ".join(dict.fromkeys((covered[0], covered[-1]))) if covered else ""
    if digest.sealing:
        what = "all bytes before it" if before is None else f"the {before} bytes before it"
    place = f"continued from the place ({listing(*digest.seed)})" if digest.seed else ""
    return listing(f"{'masked ' if digest.masked else ''}{name} of {what}", place)
