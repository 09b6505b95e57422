"""The fault atlas: which fault, where, and what the store may make of it. The one table that runs and documents share.

Outcomes of errors:

    failed      the call ends in an error that is typed and names the place; what it was to change is as it was
    absorbed    the call does its work all the same, or does it later
    not opened  the open ends in an error that is typed and names the place; the next one works
    poisoned    the store answers, and changes nothing until it is opened again

Outcomes of damage, which nobody is told of when it happens:

    refused     what needs the bytes ends in `ChunkRotten` with the place; everything else is answered
    repaired    everything is answered, the place is reported, and the next open for writing has made it whole
    reported    everything is answered, and a scrub reports the place
    masked      nothing is different: no answer, no report
    not opened  the open is refused, with the place
    older       the state before the lost record is found, which no check of one disk can tell from the truth
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .kinds import Injected

VALUES: Final = "values"
RUNS: Final = "runs"
SUPERBLOCK: Final = "superblock"
METADATA: Final = "tree metadata"
FREE: Final = "free extent"
DISK: Final = "whole disk"
#: Of an extent's owner, as the engine calls it, the atlas's word.
WHERE_OF: Final = {
    "data": VALUES,
    "index": RUNS,
    "superblock": SUPERBLOCK,
    "metadata": METADATA,
    "free": FREE,
    "ordinary": FREE,
    "disk": DISK,
}

VALUE_FRAME: Final = "named value frame"
RUN_FRAME: Final = "frame around a run"
DATA_PAGE: Final = "data page of a run"
RUN_END: Final = "index, filter or footer of a run"
EXTENT_HEADER: Final = "extent header"
DEAD_FRAME: Final = "dead frame"
DEBRIS: Final = "debris, gaps, free extents"
SUPERBLOCK_RECORD: Final = "superblock record, one copy"
SUPERBLOCK_NEWEST: Final = "newest superblock record, one copy"
METADATA_RECORD: Final = "tree metadata record, one copy"
METADATA_NEWEST: Final = "newest tree metadata record, one copy"
METADATA_NEWEST_CRASHED: Final = "newest tree metadata record, one copy, after a crash"
ROOT_HEADER: Final = "header of a root extent, one copy"
BOTH_SUPERBLOCK: Final = "newest superblock record, both copies"
BOTH_METADATA: Final = "newest tree metadata record, both copies"
BOTH_METADATA_CRASHED: Final = "newest tree metadata record, both copies, after a crash"
PENDING: Final = "bytes that wait in memory"
OTHER_COPY: Final = "one copy of a root, landing on the other"

DECAY_NAMES: Final = {"rot": "bit rot", "zeroed": "zeroed sector", "ones": "0xFF sector", "stale": "stale sector"}


class Row(NamedTuple):
    """One row: the fault, where, the outcomes that are legal, and why."""

    fault: str
    where: str
    legal: tuple[str, ...]
    why: str


def error_rows() -> Iterator[Row]:
    """What the store owes where the disk says that something failed."""
    reads = {
        VALUES: (("failed", "absorbed"), "a get, a scrub or a reclaim needs the bytes"),
        RUNS: (("failed", "absorbed", "not opened"), "lookups, merges and opens read runs; upkeep can wait"),
        SUPERBLOCK: (("failed", "not opened"), "only an open and a scrub read roots"),
        METADATA: (("failed", "not opened"), "only an open and a scrub read roots"),
    }
    for lasting in ("once", "for ever"):
        for where, (legal, why) in reads.items():
            yield Row(f"EIO on a read, {lasting}", where, legal, why)
    writes = {
        VALUES: "the bytes are kept, and written again at the next wait",
        RUNS: "the bytes are kept, and written again at the next wait",
        SUPERBLOCK: "the record is kept, and written again as it is",
        METADATA: "the record is kept, and written again as it is",
    }
    for fault in ("EIO on a write", "ENOSPC on a write", "short write with an error"):
        for lasting in ("once", "for ever"):
            for where, why in writes.items():
                legal = ("failed", "absorbed") if where in {VALUES, RUNS} else ("failed", "absorbed", "not opened")
                yield Row(f"{fault}, {lasting}", where, legal, why)
    for lasting in ("once", "for ever"):
        yield Row(f"ENOSPC on an allocation, {lasting}", FREE, ("failed", "absorbed"), "another extent may have room")
        yield Row(f"EIO on an allocation, {lasting}", FREE, ("failed", "absorbed"), "another extent may work")
        yield Row(f"EIO on a reset, {lasting}", FREE, ("failed", "absorbed"), "the extent stays free")
        for where in (SUPERBLOCK, METADATA):
            legal = ("failed", "absorbed", "not opened")
            yield Row(f"EIO on a reset, {lasting}", where, legal, "the pair is opened at the next wait")
    why = "nobody knows what reached the medium: no sync is tried again, an open decides"
    for behaviour in ("pages stay readable and are lost (ext4, XFS)", "reads revert (Btrfs)", "the writes arrived"):
        yield Row(f"failed sync, {behaviour}", DISK, ("poisoned", "not opened"), why)


def decay_rows() -> Iterator[Row]:
    """What becomes of damage at rest."""
    places = {
        VALUE_FRAME: (("refused",), "key, payload and place are sealed, and the index has the checksum"),
        RUN_FRAME: (("reported",), "pages carry their own seals; only a scrub and a reclaim read the frame"),
        DATA_PAGE: (
            ("refused", "reported"),
            "sealed with disk, run and offset; what newer runs hide is reported",
        ),
        RUN_END: (("not opened",), "an open needs them of every run"),
        EXTENT_HEADER: (("reported",), "no answer needs it"),
        DEAD_FRAME: (("masked",), "nothing names it"),
        DEBRIS: (("masked",), "nothing names it"),
        SUPERBLOCK_RECORD: (("repaired",), "the other copy decides; a later record says that both were written"),
        SUPERBLOCK_NEWEST: (("masked",), "the other copy decides; a second copy may never have been written"),
        METADATA_RECORD: (("repaired",), "the other copy decides; a later record says that both were written"),
        METADATA_NEWEST: (("repaired",), "the mark of the clean close says that both were written"),
        METADATA_NEWEST_CRASHED: (("masked",), "the other copy decides; a second copy may never have been written"),
        ROOT_HEADER: (("repaired", "masked"), "the other copy decides; masked where the extent holds one record only"),
    }
    for kind in DECAY_NAMES.values():
        for where, (legal, why) in places.items():
            yield Row(kind, where, legal, why)
    both = "two faults: the record before counts, as if it had never been acknowledged"
    known = "two faults: the superblock of a clean close knows how far tree metadata went"
    yield Row(
        "bit rot twice", BOTH_SUPERBLOCK, ("masked", "not opened"), f"{both}; of a clean close it holds the mark alone"
    )
    yield Row("bit rot twice", BOTH_METADATA, ("not opened",), known)
    yield Row("bit rot twice", BOTH_METADATA_CRASHED, ("older", "not opened"), both)
    yield Row("any damage", PENDING, ("masked",), "they are written over it")


def flight_rows() -> Iterator[Row]:
    """What becomes of a write or a read that goes wrong without a word."""
    written = ("masked", "repaired", "reported", "refused", "not opened")
    names = {
        "lost write": "what names the bytes knows their checksum; a root has its other copy",
        "misdirected write": "a frame knows its place; the place that was hit is judged like decay there",
        "duplicated write": "a frame knows its place; the place that was hit is judged like decay there",
        "bit rot in a write": "as bit rot at rest",
    }
    for fault, why in names.items():
        for where in (VALUES, RUNS, SUPERBLOCK, METADATA):
            yield Row(fault, where, written, why)
    read = ("masked", "refused", "repaired", "reported", "not opened")
    for where in (VALUES, RUNS, SUPERBLOCK, METADATA):
        yield Row("misdirected read", where, read, "the bytes know that they belong elsewhere; the next read is right")
    legal = (*written, "older")
    yield Row("misdirected write", OTHER_COPY, legal, "one fault that takes both copies: beyond what is assumed")
    yield Row("duplicated write", OTHER_COPY, legal, "the other copy is written after it, or was hit: as decay there")


def call_rows() -> Iterator[Row]:
    """What becomes of calls of the system that do less than they were asked for."""
    for call in ("pread", "pwritev", "posix_fallocate"):
        yield Row("EINTR", call, ("absorbed",), "the call is made again")
    for call in ("pread", "pwritev"):
        yield Row("short transfer", call, ("absorbed",), "the rest is asked for")
    for call in ("pread", "pwritev", "posix_fallocate"):
        yield Row("EIO", call, ("failed", "absorbed", "not opened"), "as EIO of the disk")
    yield Row("EIO", "fdatasync", ("poisoned", "not opened"), "as a failed sync: the call is not made again")
    yield Row("ENOSPC", "posix_fallocate", ("failed", "absorbed"), "as ENOSPC of the disk")


ATLAS: Final[tuple[Row, ...]] = (*error_rows(), *decay_rows(), *flight_rows(), *call_rows())
BY_PLACE: Final = {(row.fault, row.where): row for row in ATLAS}
assert len(BY_PLACE) == len(ATLAS), "one row for each fault and place"

ERROR_NAMES: Final = {
    ("read", "eio"): "EIO on a read",
    ("write", "eio"): "EIO on a write",
    ("write", "enospc"): "ENOSPC on a write",
    ("write", "short"): "short write with an error",
    ("allocate", "enospc"): "ENOSPC on an allocation",
    ("allocate", "eio"): "EIO on an allocation",
    ("reset", "eio"): "EIO on a reset",
}
SYNC_NAMES: Final = {
    "sync-keeps": "failed sync, pages stay readable and are lost (ext4, XFS)",
    "sync-reverts": "failed sync, reads revert (Btrfs)",
    "sync-reaches": "failed sync, the writes arrived",
}
FLIGHT_NAMES: Final = {
    ("write", "lost"): "lost write",
    ("write", "misdirected"): "misdirected write",
    ("write", "duplicated"): "duplicated write",
    ("write", "rot"): "bit rot in a write",
    ("read", "misdirected"): "misdirected read",
}


CALL_NAMES: Final = {"eintr": "EINTR", "less": "short transfer", "eio": "EIO", "enospc": "ENOSPC"}


def place_of(one: Injected, lasts: str) -> tuple[str, str]:
    """Fault and place of the atlas for a fault that happened; `lasts` as it was planned."""
    where = WHERE_OF[one.owner]
    if " " in one.kind:
        kind, call = one.kind.split()
        return CALL_NAMES[kind], call
    if one.verb == "sync":
        return SYNC_NAMES[one.kind], where
    if (one.verb, one.kind) in FLIGHT_NAMES:
        twins = {extent ^ 1 for extent, *_ in one.touched if extent < 8} & {one.extent}
        return FLIGHT_NAMES[one.verb, one.kind], OTHER_COPY if twins else where
    return f"{ERROR_NAMES[one.verb, one.kind]}, {'once' if lasts == 'once' else 'for ever'}", where


def atlas_markdown() -> str:
    """The atlas as a table for people."""
    lines = ["| fault | where | legal | why |", "|---|---|---|---|"]
    lines += [f"| {row.fault} | {row.where} | {', '.join(row.legal)} | {row.why} |" for row in ATLAS]
    return "\n".join(lines) + "\n"
