"""Checksums that do not match, kept so: a finding may consist of one, and must not lose it while it shrinks.

All others are made again after every step, so that a smaller input still gets past them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from formats.layout import Digest
from formats.reseal import PASS_COUNT_MAXIMUM, Checksum, computed, holds_checksum, located
from formats.walking import Walk

if TYPE_CHECKING:
    from formats.catalog import Format
    from formats.errors import Path
    from formats.oracle import Oracle

#: How a checksum can be wrong: in its last bit, with or without LevelDB's mask where it should be the other way, or not
#: continued from the place.
Way = Literal["bit", "mask", "place"]
WAYS: Final[tuple[Way, ...]] = ("mask", "place", "bit")


class Stale(NamedTuple):
    """The checksum at `path` does not match; `way`: how it was made wrong, a plain bit where nobody can tell."""

    path: Path
    way: Way = "bit"


def checksums_by_path(oracle: Oracle, data: bytes) -> dict[Path, Checksum]:
    """Every checksum that is there with all that it covers, by its path."""
    walk = Walk(oracle, data)
    steps = (step for step in walk.steps(holds_checksum) if isinstance(step.node, Digest))
    found = ((step.path, located(walk, step, len(data))) for step in steps)
    return {path: checksum for path, checksum in found if checksum is not None}


def stale_checksums(oracle: Oracle, data: bytes, seed: int) -> frozenset[Stale]:
    """The checksums that do not match what they cover."""
    found = set()
    for path, one in checksums_by_path(oracle, data).items():
        covered, stored = data[one.cover_start : one.cover_end], data[one.start : one.end]
        if stored != computed(one, covered, seed):
            alike = [way for way in WAYS if made_wrong(one, covered, seed, way) == stored]
            found.add(Stale(path, *alike[:1]))
    return frozenset(found)


def made_wrong(checksum: Checksum, covered: bytes, seed: int, way: Way) -> bytes:
    """A checksum of these bytes that does not match them."""
    digest = checksum.digest
    right = computed(checksum, covered, seed)
    wrong = right
    if way == "mask" and not digest.sealing:
        wrong = computed(replace(checksum, digest=replace(digest, masked=not digest.masked)), covered, seed)
    elif way == "place":
        wrong = computed(checksum, covered, 0)
    return wrong if wrong != right else right[:-1] + bytes([right[-1] ^ 1])


def sealed_except(oracle: Oracle, data: bytes, seed: int, stale: frozenset[Stale]) -> bytes:
    """The bytes with every checksum made again, innermost first, and those of `stale` made wrong."""
    ways = dict(stale)
    for _ in range(PASS_COUNT_MAXIMUM):
        sealed = sealed_once(oracle, data, seed, ways)
        if sealed == data:
            break
        data = sealed
    return data


def sealed_once(oracle: Oracle, data: bytes, seed: int, ways: dict[Path, Way]) -> bytes:
    """One pass; a plain Construct Checksum ends the trace where it does not match, so several may be needed."""
    sealed = bytearray(data)
    pending = list(checksums_by_path(oracle, data).items())
    while pending:
        inner = (
            pair for pair in pending if not any(pair[1].covers(other) for path, other in pending if path != pair[0])
        )
        path, chosen = next(inner, pending[0])
        pending.remove((path, chosen))
        covered = bytes(sealed[chosen.cover_start : chosen.cover_end])
        make = computed(chosen, covered, seed) if path not in ways else made_wrong(chosen, covered, seed, ways[path])
        sealed[chosen.start : chosen.end] = make
    return bytes(sealed)


def moved(entry: Format, data: bytes, old_seed: int, new_seed: int) -> bytes:
    """Bytes that were written at one place as they would be at another: what matched there matches here."""
    if old_seed == new_seed or not entry.layout.seed:
        return data
    return sealed_except(entry.oracle, data, new_seed, stale_checksums(entry.oracle, data, old_seed))
