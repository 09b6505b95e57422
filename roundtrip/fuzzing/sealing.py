"""Makes the checksums of a mutated frame match again, fast: where they lie is known from the frame that it came from.

The oracle tells once per frame where its checksums are and what they cover. A mutant of the same size has them at the
same places; where bytes were put in or taken out, what lies behind moves along. That is a guess, and is meant to be:
a mutant whose checksums lie elsewhere now is refused, as it should be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from crc32c import crc32c

from formats.layout import Integer
from formats.reseal import checksums, computed

if TYPE_CHECKING:
    from formats.oracle import Oracle
    from formats.reseal import Checksum


class Site(NamedTuple):
    """A checksum in a frame: bytes start..end hold that of bytes cover_start..cover_end (ends not included).

    usual: an unmasked little-endian CRC32C, `seeded` with the place's or not; others take the slow path.
    """

    start: int
    end: int
    cover_start: int
    cover_end: int
    seeded: bool
    usual: bool
    checksum: Checksum


def sites_of(oracle: Oracle, data: bytes) -> tuple[Site, ...]:
    """The checksums of a frame in the order in which they are made: inner ones first."""
    pending = checksums(oracle, data)
    found = []
    while pending:
        inner = (one for one in pending if not any(one.covers(other) for other in pending if other is not one))
        chosen = next(inner, pending[0])
        pending.remove(chosen)
        found.append(site_of(chosen))
    return tuple(found)


def site_of(checksum: Checksum) -> Site:
    """The site of one checksum."""
    digest = checksum.digest
    is_crc32c = (digest.algorithm.module, digest.algorithm.name) == ("crc32c", "crc32c")
    little = not isinstance(digest.node, Integer) or digest.node.little
    usual = is_crc32c and little and not digest.masked and checksum.end - checksum.start == 4
    spans = (checksum.start, checksum.end, checksum.cover_start, checksum.cover_end)
    return Site(*spans, digest.sealing, usual, checksum)


def seal(data: bytearray, sites: tuple[Site, ...], seed: int) -> None:
    """Make every checksum again, in place; those that lie beyond the end are left out."""
    size = len(data)
    for start, end, cover_start, cover_end, seeded, usual, checksum in sites:
        if end > size:
            continue
        if usual:
            covered = data[cover_start:cover_end]
            number = crc32c(covered, seed) if seeded else crc32c(covered)
            data[start:end] = number.to_bytes(4, "little")
        else:
            data[start:end] = computed(checksum, bytes(data[cover_start:cover_end]), seed)


def moved(sites: tuple[Site, ...], at: int, by: int) -> tuple[Site, ...]:
    """The sites after `by` bytes were put in before byte `at` (or, if negative, that many before it were taken out)."""

    def place(offset: int) -> int:
        return offset + by if offset >= at else min(offset, at + by) if by < 0 else offset

    found = []
    for start, end, cover_start, cover_end, seeded, usual, checksum in sites:
        now = place(start)
        found.append(Site(now, now + end - start, place(cover_start), place(cover_end), seeded, usual, checksum))
    return tuple(found)
