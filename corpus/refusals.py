"""Refusals: by which rule, at which field, with which checksums the bytes of a layout can be refused.

A refusal is named `<field>=refused: <rule>, checksums <match or stale>`. Every rule that a node of the layout has is
listed with its field, and so are bytes that end too early or too late. Some of these no bytes can show, by
construction of frames; `excluded` says which.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from formats.description.rulebook import is_inside, region_paths, rules_at
from formats.errors import RULES
from formats.layout import (
    Accepted,
    Array,
    BitGroup,
    Blocks,
    Bounded,
    Captured,
    Choice,
    Conditional,
    CountedArray,
    Digest,
    EndsOf,
    Enumeration,
    FlagSet,
    Layout,
    LengthOf,
    Node,
    Nothing,
    Prefixed,
    PrefixOf,
    Raw,
    Records,
    Region,
    Slices,
    Struct,
    Text,
    children,
    digests,
    fixed_size,
    minimum_size,
)

from .aspects import outside
from .bounds import takes_rest, width_of
from .exclusion import SINGLE_SIZE_MAXIMUM
from .features import refusal_of

#: In a sealed frame these rules are checked before the checksums of its body, so those may be stale.
BEFORE_CHECKSUMS: Final = frozenset(tuple(RULES)[: tuple(RULES).index("checksum")])
BEFORE_SEAL: Final = frozenset(tuple(RULES)[: tuple(RULES).index("header_checksum")])
CHECKSUM_RULES: Final = frozenset({"header_checksum", "checksum"})


@dataclass(frozen=True)
class Refusal:
    """One verdict that bytes can get. field: without indices, empty for the whole."""

    rule: str
    field: str
    match: bool

    @property
    def text(self) -> str:
        """As a feature."""
        return refusal_of(self.rule, self.field, match=self.match)


@dataclass(frozen=True)
class Spot:
    """A node in a layout: its path; whether it is in a region cut out of the frame, and whether it may end one."""

    path: str
    node: Node
    nested: bool
    body: bool


def refusals_in(layout: Layout) -> tuple[Refusal, ...]:
    """Every refusal that the layout knows, each rule and field with checksums stale and matching."""
    found: dict[tuple[str, str], None] = {}
    for spot in spots(layout.root, Spot("", layout.root, nested=False, body=not is_frame(layout.root))):
        for rule in rules_of_spot(spot, layout):
            found[rule, spot.path] = None
    if is_frame(layout.root):
        found["truncated", ""] = None
    if not takes_rest(layout.root):
        found["trailing", ""] = None
    return tuple(Refusal(rule, field, match) for rule, field in found for match in (False, True))


def outsides_in(layout: Layout) -> tuple[str, ...]:
    """The features of numbers just outside their range."""
    walk = spots(layout.root, Spot("", layout.root, nested=False, body=False))
    return tuple(dict.fromkeys(spot.path + name for spot in walk for name, _ in outside(spot.node)))


def excluded(layout: Layout, refusal: Refusal) -> str | None:
    """Why no bytes can be refused like this, by construction; None where nothing speaks against it."""
    every = digests(layout.root)
    if not every:
        return None if refusal.match else "the format has no checksum that could be stale"
    if refusal.rule in CHECKSUM_RULES:
        return "a checksum that matches refuses nothing" if refusal.match else None
    if refusal.match or not is_sealed(layout.root):
        return None
    if refusal.rule == "truncated":
        return "of a sealed frame that ends too early, every checksum that is all there has been verified before"
    if refusal.rule in BEFORE_SEAL:
        return None
    if refusal.rule not in BEFORE_CHECKSUMS:
        return f"a sealed frame is held to {refusal.rule!r} only when every checksum in it matches"
    if any(is_inside(refusal.field, region) for region in region_paths(layout)):
        return "a frame reads its regions only when every checksum in it matches"
    if len(every) == 1:
        return "the seal is its only checksum, and is checked before"
    return covered_by_length(layout.root, refusal.field)


def covered_by_length(root: Node, name: str) -> str | None:
    """Why no checksum can be stale behind a length that is out of bounds: all cover what has no such length in a file.

    A length above its maximum promises more bytes than a kept file has, so what it measures is never all there.
    """
    assert isinstance(root, Struct)
    node = next((member.node for member in root.members if member.name == name), None)
    if (
        not isinstance(node, LengthOf)
        or not isinstance(node.node, Bounded)
        or (width_of(node) or (1, 0))[0] < node.node.minimum
    ):
        return None
    others = [digest for digest in digests(root) if not digest.sealing]
    if any(field.names[0] != node.of for digest in others for field in digest.covers[:1]):
        return None
    least = minimum_size(root) + node.node.maximum + 1
    if least <= SINGLE_SIZE_MAXIMUM:
        return None
    return f"its checksum covers {node.of}, which would take a file of {least:,} bytes to be all there"


def is_frame(root: Node) -> bool:
    """Whether a header is read as a whole before the rest."""
    return isinstance(root, Struct) and root.header > 0


def is_sealed(root: Node) -> bool:
    """Whether the header of a frame is sealed."""
    return isinstance(root, Struct) and any(
        isinstance(member.node, Digest) and member.node.sealing for member in root.members[: root.header]
    )


def spots(node: Node, at: Spot) -> Iterator[Spot]:
    """A node and all below it, with their paths."""
    yield at
    match node:
        case Struct(members=members, header=header):
            for number, member in enumerate(members):
                path = at.path if member.name is None else f"{at.path}.{member.name}".removeprefix(".")
                yield from spots(member.node, Spot(path, member.node, at.nested, at.body or number >= header))
        case BitGroup(members=members):
            for member in members:
                path = at.path if member.name is None else f"{at.path}.{member.name}".removeprefix(".")
                yield from spots(member.node, Spot(path, member.node, at.nested, body=False))
        case Array(node=element) | CountedArray(node=element) | Records(node=element):
            yield from spots(element, Spot(f"{at.path}[]", element, at.nested, at.body))
        case Blocks(node=element):
            yield from spots(element, Spot(f"{at.path}[][]", element, nested=True, body=at.body))
        case Region(node=inner) | Prefixed(node=inner):
            yield from spots(inner, Spot(at.path, inner, nested=True, body=at.body))
        case Conditional() | Choice():
            for _, child in children(node):
                yield from spots(child, Spot(at.path, child, at.nested, at.body))
        case EndsOf() | Digest() | Text():
            return
        case _:
            for _, child in children(node):
                yield from spots(child, Spot(at.path, child, at.nested, body=False))


def rules_of_spot(spot: Spot, layout: Layout) -> Iterator[str]:
    """The rules that a node can break where it stands, those of its size included."""
    node = spot.node
    for rule in rules_at(node):
        if not always_kept(rule, node):
            yield rule
    if not spot.body or not takes_bytes(node):
        return
    if spot.nested:
        if isinstance(node, EndsOf | PrefixOf | Array) or not is_frame(layout.root):
            yield "length"
    else:
        yield "truncated"


def always_kept(rule: str, node: Node) -> bool:
    """Whether no bytes can break a rule of this node: its range is its width, its names are all numbers."""
    match node:
        case Bounded(node=inner, minimum=minimum, maximum=maximum):
            low, high = width_of(inner) or (minimum - 1, maximum)
            return minimum <= low and high <= maximum
        case Enumeration(node=inner, members=members):
            low, high = width_of(inner) or (0, 1 << 62)
            return len({number for _, number in members if low <= number <= high}) > high - low
        case FlagSet(node=inner, members=members, named=named):
            _, high = width_of(inner) or (0, 1 << 62)
            known = 0
            for _, bit in members:
                known |= bit
            return not named and known & high == high
        case Region(node=inner, exact=exact) if rule == "length":
            return exact and takes_rest(inner)
    return False


def takes_bytes(node: Node) -> bool:
    """Whether a leaf, or a node that is read at one go, takes bytes that can be missing."""
    match node:
        case Struct() | Conditional() | Choice() | Captured() | Nothing() | Accepted() | Records() | Slices():
            return False
        case Raw(size=None):
            return False
        case _:
            return fixed_size(node) != 0
