"""The settings of a store: its shape, which is written to disk once, and its limits, which may differ at each open."""

from __future__ import annotations

from typing import Final

import msgspec

from .errors import CallRefused

MIB: Final = 2**20
EXTENT_SIZE_MAXIMUM: Final = 2**31
EXTENT_COUNT_MAXIMUM: Final = 65536
#: Format versions of chunks and data pages, and the word for the newest that a store declares.
AS_DECLARED: Final = 0
VERSIONS: Final = (AS_DECLARED, 1, 2)


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """The shape of a disk, fixed when the store is created.

    `extent_count`: extents of the disk, the 8 reserved ones included; `extent_size_bytes`: a multiple of 4096, up to
    2^31; `page_size_bytes`: appends go on at a multiple of it after an open; a power of two from 512 to 65536.
    """

    extent_count: int = 256
    extent_size_bytes: int = 4 * MIB
    page_size_bytes: int = 4096


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What a store may use; nothing of it is on disk.

    `memtable_entries`: keys in memory before they are written as a sorted run; `cache_bytes`: pages of runs and entries
    found in them that are kept in memory, half of it for each; `buffer_pool_bytes`: bytes accepted and not yet
    handed to the disk; `write_bytes`: neighbouring appends are handed over together at this size; `chunk_bytes`: most
    payload of one chunk; `run_fanout`: runs of level 0 before they are merged, and the growth of levels;
    `reserve_extents`: free extents that only deletes, flushes and reclamation may use (None: 2 % of the disk, at
    least 4); `cadence_seconds`: the longest that an accepted put stays unpersisted while background work runs;
    `background`: run flush, compaction and reclamation in a thread of the store (without it they run inside the calls
    that need them, or by hand); `chunk_version`, `page_version`: the version in which chunks, and data pages of runs,
    are written: 1, 2, or 0 for the newest that the store declares. All are read, whatever is written; a store that was
    once opened for writing with a 2 declares it, and can only be opened by releases that know it.
    """

    memtable_entries: int = 65536
    cache_bytes: int = 112 * MIB
    buffer_pool_bytes: int = 32 * MIB
    write_bytes: int = MIB
    chunk_bytes: int = 16 * MIB
    run_fanout: int = 8
    reserve_extents: int | None = None
    cadence_seconds: float = 5.0
    background: bool = True
    chunk_version: int = 1
    page_version: int = 1


def checked_shape(shape: Shape) -> Shape:
    """The same shape; `CallRefused` where no store can have it."""
    from .superblock import record_size_bytes  # noqa: PLC0415  # the superblock's size depends on the shape

    size, page = shape.extent_size_bytes, shape.page_size_bytes
    if not 512 <= page <= 65536 or page & (page - 1):
        raise CallRefused(f"page size: expected a power of two from 512 to 65536 bytes, found {page}")
    if not 4096 <= size <= EXTENT_SIZE_MAXIMUM or size % 4096 or size % page:
        raise CallRefused(f"extent size: expected a multiple of 4096 and of the page size up to 2^31, found {size}")
    if not 12 <= shape.extent_count <= EXTENT_COUNT_MAXIMUM:
        hint = "; use larger extents" if shape.extent_count > 12 else "; use smaller extents, or a larger disk"
        raise CallRefused(f"extents: expected 12 to {EXTENT_COUNT_MAXIMUM}, found {shape.extent_count}{hint}")
    if record_size_bytes(shape.extent_count) * 2 > size:
        raise CallRefused(
            f"{shape.extent_count} extents of {size} bytes: a full superblock record must fit into half an extent; "
            "use larger or fewer extents"
        )
    return shape


def checked_limits(limits: Limits) -> Limits:
    """The same limits; `CallRefused` names the first that makes no sense."""
    for name, minimum in (
        ("memtable_entries", 1),
        ("cache_bytes", 0),
        ("buffer_pool_bytes", 4096),
        ("write_bytes", 1),
        ("chunk_bytes", 1),
        ("run_fanout", 2),
    ):
        if getattr(limits, name) < minimum:
            raise CallRefused(f"{name}: expected at least {minimum}, found {getattr(limits, name)}")
    for name in ("chunk_version", "page_version"):
        if getattr(limits, name) not in VERSIONS:
            raise CallRefused(f"{name}: expected 1, 2, or 0 for what the store declares, found {getattr(limits, name)}")
    return limits
