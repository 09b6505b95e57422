"""The verbs of corruption: every way in which one field can be damaged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import Final

from formats.layout import Bounded, Constant, Enumeration, FlagSet, LengthOf, Node, PrefixOf, Slices, children

from .inspection.roles import node_at
from .spots import Spot

#: Unknown tags tried for one enumeration.
UNKNOWN_TAGS_MAXIMUM: Final = 4


@dataclass(frozen=True)
class Wound:
    """What a verb works on: the frame, the field, the field behind it, what it is the length of (if any), chance.

    leaves: every field of the frame; root: its layout.
    """

    frame: bytes
    spot: Spot
    following: Spot | None
    measured: Spot | None
    random: Random
    leaves: tuple[Spot, ...] = ()
    root: Node | None = None

    @property
    def piece(self) -> bytes:
        """The field's own bytes."""
        return self.frame[self.spot.start : self.spot.end]

    def replaced(self, piece: bytes) -> bytes:
        """The frame with other bytes in the field's place, of any length."""
        return self.frame[: self.spot.start] + piece + self.frame[self.spot.end :]

    def valued(self, number: int) -> bytes:
        """The frame with another number in the field."""
        return self.spot.write(self.frame, number)


Verb = Callable[[Wound], Iterator[bytes]]


def zero(wound: Wound) -> Iterator[bytes]:
    """Every bit 0."""
    yield wound.valued(0)


def ones(wound: Wound) -> Iterator[bytes]:
    """Every bit 1: the largest number."""
    yield wound.valued(-1)


def flip_lowest(wound: Wound) -> Iterator[bytes]:
    """The lowest bit flipped."""
    yield wound.valued(wound.spot.read(wound.frame) ^ 1)


def flip_highest(wound: Wound) -> Iterator[bytes]:
    """The highest bit flipped."""
    yield wound.valued(wound.spot.read(wound.frame) ^ 1 << wound.spot.bits - 1)


def increment(wound: Wound) -> Iterator[bytes]:
    """One more."""
    yield wound.valued(wound.spot.read(wound.frame) + 1)


def decrement(wound: Wound) -> Iterator[bytes]:
    """One less."""
    yield wound.valued(wound.spot.read(wound.frame) - 1)


def edges(wound: Wound) -> Iterator[bytes]:
    """The least and the greatest number allowed, and those just outside."""
    bounds = bounds_below(wound.spot.node)
    if bounds is not None:
        for number in (bounds.minimum - 1, bounds.minimum, bounds.maximum, bounds.maximum + 1):
            if 0 <= number < 1 << wound.spot.bits:
                yield wound.valued(number)


def unknown_tag(wound: Wound) -> Iterator[bytes]:
    """Numbers that are no member of the enumeration, 0 and the greatest first."""
    if isinstance(wound.spot.node, Enumeration):
        known = {number for _, number in wound.spot.node.members}
        top = (1 << wound.spot.bits) - 1
        free = (number for number in (0, top, *range(1, min(top, 1 << 12))) if number not in known)
        for _, number in zip(range(UNKNOWN_TAGS_MAXIMUM), free, strict=False):
            yield wound.valued(number)


def other_tag(wound: Wound) -> Iterator[bytes]:
    """Every other member of the enumeration."""
    if isinstance(wound.spot.node, Enumeration):
        for _, number in wound.spot.node.members:
            yield wound.valued(number)


def unknown_flag(wound: Wound) -> Iterator[bytes]:
    """Each bit that is no known flag, set."""
    if isinstance(wound.spot.node, FlagSet):
        known = 0
        for _, mask in wound.spot.node.members:
            known |= mask
        for bit in range(wound.spot.bits):
            if not known >> bit & 1:
                yield wound.valued(wound.spot.read(wound.frame) | 1 << bit)


def next_version(wound: Wound) -> Iterator[bytes]:
    """The version after this one."""
    if isinstance(wound.spot.node, Constant) and wound.spot.node.rule == "version":
        yield wound.valued(wound.spot.read(wound.frame) + 1)


def other_kind(wound: Wound) -> Iterator[bytes]:
    """Every other kind below 16."""
    if isinstance(wound.spot.node, Constant) and wound.spot.node.rule == "kind":
        for kind in range(16):
            yield wound.valued(kind)


def scramble(wound: Wound) -> Iterator[bytes]:
    """Random bits."""
    yield wound.valued(wound.random.getrandbits(wound.spot.bits))


def reverse(wound: Wound) -> Iterator[bytes]:
    """The bytes in the other order: the wrong endianness."""
    yield wound.replaced(wound.piece[::-1])


def swap(wound: Wound) -> Iterator[bytes]:
    """The field and the one behind it in each other's place."""
    if wound.following is not None and wound.following.start == wound.spot.end:
        other = wound.frame[wound.following.start : wound.following.end]
        yield wound.frame[: wound.spot.start] + other + wound.piece + wound.frame[wound.following.end :]


def repeat(wound: Wound) -> Iterator[bytes]:
    """The field written over the one behind it, where both have one size: two equal neighbours."""
    if wound.following is not None and wound.following.size == wound.spot.size:
        following = wound.following
        yield wound.frame[: following.start] + wound.piece + wound.frame[following.end :]


def shorten(wound: Wound) -> Iterator[bytes]:
    """The last byte gone: off by one length."""
    yield wound.replaced(wound.piece[:-1])


def lengthen(wound: Wound) -> Iterator[bytes]:
    """One zero byte more: off by one length."""
    yield wound.replaced(wound.piece + b"\0")


def grow(wound: Wound) -> Iterator[bytes]:
    """A length one greater, and a zero byte behind what it is the length of."""
    if wound.measured is not None:
        end = wound.measured.end
        longer = wound.frame[:end] + b"\0" + wound.frame[end:]
        yield wound.spot.write(longer, wound.spot.read(wound.frame) + 1)


def shrink(wound: Wound) -> Iterator[bytes]:
    """A length one less, and the last byte of what it is the length of gone."""
    if wound.measured is not None and wound.measured.size:
        end = wound.measured.end
        shorter = wound.frame[: end - 1] + wound.frame[end:]
        yield wound.spot.write(shorter, wound.spot.read(wound.frame) - 1)


def share_less(wound: Wound) -> Iterator[bytes]:
    """The last byte of a common prefix stored with every item instead, all lengths as they must be then."""
    spot, outer = wound.spot, wound.spot.path[:-1]
    if not isinstance(spot.node, PrefixOf):
        return
    items = items_of(wound, spot.node)
    if items is None:
        return
    ends = [other for other in wound.leaves if other.path[:-1] == (*outer, items.ends)]
    cuts = [spot.end, *(spot.end + end.read(wound.frame) for end in ends)]
    last = wound.frame[spot.end - 1 : spot.end]
    heap = b"".join(last + wound.frame[start:stop] for start, stop in pairwise(cuts))
    frame = wound.frame
    for number, end in enumerate(ends, 1):
        frame = end.write(frame, end.read(frame) + number)
    frame = with_lengths(wound, frame, own=-1, outer=len(ends) - 1)
    yield frame[: spot.end - 1] + heap + frame[cuts[-1] :]


def swell(wound: Wound) -> Iterator[bytes]:
    """A common prefix as long as an item can be, all lengths as they must be then: few bytes stand for many."""
    if isinstance(wound.spot.node, PrefixOf) and (items := items_of(wound, wound.spot.node)) is not None:
        more = max(0, items.maximum - wound.spot.size - 1)
        frame = with_lengths(wound, wound.frame, own=more, outer=more)
        yield frame[: wound.spot.end] + bytes(more) + frame[wound.spot.end :]


def items_of(wound: Wound, prefix: PrefixOf) -> Slices | None:
    """The heap of items that a prefix, which is the wounded field, stands before."""
    found = None if wound.root is None else node_at(wound.root, (*wound.spot.path[:-1], prefix.of))
    return found if isinstance(found, Slices) else None


def with_lengths(wound: Wound, frame: bytes, *, own: int, outer: int) -> bytes:
    """The frame with the lengths of the wounded field and of what it stands in changed by so many bytes."""
    changes = {wound.spot.path: own, wound.spot.path[:-1]: outer}
    for length in wound.leaves:
        if isinstance(length.node, LengthOf) and length.node.names in changes:
            frame = length.write(frame, length.read(frame) + changes[length.node.names])
    return frame


def duplicate(wound: Wound) -> Iterator[bytes]:
    """The field twice."""
    yield wound.replaced(wound.piece * 2)


def drop(wound: Wound) -> Iterator[bytes]:
    """The field gone."""
    yield wound.replaced(b"")


def insert(wound: Wound) -> Iterator[bytes]:
    """A random byte before the field."""
    yield wound.replaced(wound.random.randbytes(1) + wound.piece)


def truncate(wound: Wound) -> Iterator[bytes]:
    """Nothing from the field on, and nothing from its middle on."""
    yield wound.frame[: wound.spot.start]
    yield wound.frame[: wound.spot.start + wound.spot.size // 2]


#: Every verb by name. Those in COMPOSITE also make sense for columns, records and regions.
VERBS: Final[dict[str, Verb]] = {
    "zero": zero,
    "ones": ones,
    "flip lowest bit": flip_lowest,
    "flip highest bit": flip_highest,
    "add one": increment,
    "subtract one": decrement,
    "edges": edges,
    "unknown tag": unknown_tag,
    "other tag": other_tag,
    "unknown flag": unknown_flag,
    "next version": next_version,
    "other kind": other_kind,
    "random": scramble,
    "reverse": reverse,
    "swap": swap,
    "repeat": repeat,
    "shorten": shorten,
    "lengthen": lengthen,
    "grow": grow,
    "shrink": shrink,
    "share less": share_less,
    "swell": swell,
    "duplicate": duplicate,
    "drop": drop,
    "insert": insert,
    "truncate": truncate,
}
COMPOSITE: Final = ("zero", "ones", "random", "reverse", "swap", "shorten", "lengthen", "duplicate", "drop", "insert")


def bounds_below(node: Node | None) -> Bounded | None:
    """The bounds that a length, a count or the field itself is held to."""
    while node is not None and not isinstance(node, Bounded):
        inner = children(node)
        node = inner[0][1] if len(inner) == 1 else None
    return node
