"""Which extents a reclamation takes, and what it reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from .extents import HEADER_SIZE

if TYPE_CHECKING:
    from .chunks import ChunkStore
    from .extents import Extents

#: Extents that one reclamation frees together: they share one flush and four syncs.
VICTIMS_AT_ONCE: Final = 8
#: What an extent must have dead, as a share of its size, for it to be worth reclaiming when room runs short.
GAIN_SHARE: Final = 16


class ReclaimReport(msgspec.Struct, frozen=True):
    """What a reclamation did: extents reset (they are free once `dependency` is persistent), chunks and bytes moved."""

    extents: tuple[int, ...] = ()
    moved_chunks: int = 0
    moved_bytes: int = 0
    dropped_bytes: int = 0


def together(reports: list[ReclaimReport]) -> ReclaimReport:
    """Several reclamations as one."""
    return ReclaimReport(
        tuple(number for report in reports for number in report.extents),
        sum(report.moved_chunks for report in reports),
        sum(report.moved_bytes for report in reports),
        sum(report.dropped_bytes for report in reports),
    )


class Candidate(msgspec.Struct, frozen=True):
    """An extent that might be reclaimed. Sizes in bytes: of what is written, `live_bytes` are alive, `spent_bytes` come
    back with the extent, live ones included; `rest_bytes` are behind the pointer, and nobody will write them.
    """

    number: int
    live_bytes: int
    spent_bytes: int
    rest_bytes: int = 0


def choose(
    candidates: list[Candidate],
    *,
    room_bytes: int,
    most: int,
    gain_bytes: int = 1,
    index_share: float = 0,
    capacity_bytes: int = 0,
) -> list[int]:
    """Victims, those with the fewest live bytes first, as many as can be copied into so much room.

    gain_bytes: what each must give back at least. index_share: bytes of runs that a live byte costs when it moves.
    capacity_bytes: of an empty extent; where it is given, extents in which nothing is dead are taken too, if together
    they fit into fewer: each alone would leave the same rest behind again.
    """
    chosen: list[int] = []
    loose: list[Candidate] = []
    for candidate in sorted(candidates, key=lambda candidate: (candidate.live_bytes, candidate.number)):
        if len(chosen) == most:
            break
        cost = int(candidate.live_bytes * (1 + index_share))
        if candidate.spent_bytes + candidate.rest_bytes - cost < gain_bytes:
            continue
        if candidate.spent_bytes <= candidate.live_bytes:
            loose.append(candidate)
            continue
        room_bytes -= cost
        if room_bytes < 0:
            break
        chosen.append(candidate.number)
    loose = loose[: most - len(chosen)]
    total = int(sum(candidate.live_bytes for candidate in loose) * (1 + index_share))
    if capacity_bytes and total <= room_bytes and -(-total // capacity_bytes) < len(loose):
        chosen += [candidate.number for candidate in loose]
    return chosen


def room_for_copies(extents: Extents, chunks: ChunkStore) -> int:
    """Bytes that evacuation may use: the open extent of moved chunks, and the free extents that it may take.

    At the end of each, as much is left out as a chunk that does not fit any more may leave unused. Of many extents, a
    quarter is left to the run that will name the copies.
    """
    stream = chunks.streams["moved"].extent
    left = 0 if stream is None else extents.size - stream.pointer
    unused = min(chunks.limits.chunk_bytes, extents.size // 16)
    available = chunks.available(chunks.streams["moved"])
    return max(0, left - unused) + (available - available // 4) * (extents.size - HEADER_SIZE - unused)
