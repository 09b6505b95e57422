"""The corruption plan: every field of a real frame, damaged in every way that a field of its kind can be.

Each damage comes twice: *raw*, with the checksums as they were, and *resealed*, with every checksum made again over
the damaged bytes. Raw damage asks whether the checksums cover; resealed damage gets past them, to the checks behind.
Damage always changes the bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from formats.description.bitranges import HasOracle
from formats.errors import Path
from formats.layout import Captured, Node, children
from formats.reseal import reseal as reseal_by_oracle
from formats.reseal import seal_once

from .spots import Spot, chosen, composites, integer_below, leaves
from .verbs import COMPOSITE, VERBS, Wound


@dataclass(frozen=True)
class Damage:
    """One damaged frame: `verb` says what was done to the field at `path`."""

    path: Path
    verb: str
    resealed: bool
    data: bytes


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
        wound = Wound(frame, spot, following, measured(spot, frame, (*found, *whole)), random, found, entry.layout.root)
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
