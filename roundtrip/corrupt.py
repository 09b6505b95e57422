"""The corruption plan: every field of a real frame, damaged in every way that a field of its kind can be.

Each damage comes twice: *raw*, with the checksums as they were, and *resealed*, with every checksum made again over
the damaged bytes. Raw damage asks whether the checksums cover; resealed damage gets past them, to the checks behind.
Damage always changes the bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Final

from formats.bitranges import HasOracle
from formats.errors import Path
from formats.layout import Bounded, Captured, Constant, Enumeration, FlagSet, Node, children
from formats.reseal import reseal as reseal_by_oracle
from formats.reseal import seal_once

from .spots import Spot, chosen, composites, integer_below, leaves

#: Unknown tags tried for one enumeration.
UNKNOWN_TAGS_MAXIMUM: Final = 4


@dataclass(frozen=True)
class Damage:
    """One damaged frame: `verb` says what was done to the field at `path`."""

    path: Path
    verb: str
    resealed: bool
    data: bytes


@dataclass(frozen=True)
class Wound:
    """What a verb works on: the frame, the field, the field behind it, what it is the length of (if any), chance."""

    frame: bytes
    spot: Spot
    following: Spot | None
    measured: Spot | None
    random: Random

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


def reseal(entry: HasOracle, data: bytes, seed: int) -> bytes:
    """The same bytes with every checksum and seal made again over what they now cover.

    A plain Construct Checksum ends a trace when it does not match, so each needs a pass of its own; those of the
    vocabulary are all seen in one.
    """
    once = not holds_captured(entry.layout.root)
    return seal_once(entry.oracle, data, seed) if once else reseal_by_oracle(entry.oracle, data, seed)


@lru_cache(maxsize=256)
def holds_captured(node: Node) -> bool:
    """Whether raw bytes are captured for a plain Construct Checksum anywhere inside."""
    return isinstance(node, Captured) or any(holds_captured(child) for _, child in children(node))


def plan(
    entry: HasOracle, frame: bytes, seed: int, random: Random, only: tuple[str, ...] | None = None
) -> Iterator[Damage]:
    """Every damage of a frame that was written with this seed, raw and resealed, field by field.

    only: the names of the verbs to use, None for all.
    """
    found = leaves(entry, frame, seed)
    whole = composites(found)
    for spot, following, verbs in targets(found, whole):
        wound = Wound(frame, spot, following, measured(spot, frame, (*found, *whole)), random)
        for verb in verbs:
            if only is not None and verb not in only:
                continue
            for data in dict.fromkeys(VERBS[verb](wound)):
                if data == frame:
                    continue
                yield Damage(spot.path, verb, False, data)
                sealed = reseal(entry, data, seed)
                if sealed not in (frame, data):
                    yield Damage(spot.path, verb, True, sealed)


def measured(spot: Spot, frame: bytes, stretches: tuple[Spot, ...]) -> Spot | None:
    """The nearest stretch behind a number that is as many bytes long as the number says: what it is the length of."""
    if integer_below(spot.node) is None:
        return None
    size = spot.read(frame)
    alike = [other for other in stretches if other.size == size and other.start >= spot.end]
    return min(alike, key=lambda other: (other.start, len(other.path)), default=None)


def targets(found: tuple[Spot, ...], whole: tuple[Spot, ...]) -> Iterator[tuple[Spot, Spot | None, tuple[str, ...]]]:
    """What to damage: the spot, the one behind it, and the verbs to use."""
    behind = {spot.start: spot for spot in found}
    for spot in chosen(found):
        yield spot, behind.get(spot.end), tuple(VERBS)
    starts: dict[int, Spot] = {}
    for spot in whole:
        if spot.start not in starts or spot.size < starts[spot.start].size:
            starts[spot.start] = spot
    for spot in chosen(whole):
        yield spot, starts.get(spot.end), COMPOSITE
