"""Planted bugs of the engine that only faults bring to light: each a mistake in how an error or damage is taken."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

from engine import chunk_reader, recovery, run_reader
from engine.assembly import StoreParts
from engine.chunks import ChunkStore
from engine.errors import ChunkRotten, DiskFailed
from engine.extents import Extents
from engine.store import Store
from engine.window import Window
from engine.writeback import Writeback
from formats.seeds import life_seed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from engine.extents import Extent, UsedOwner
    from engine.recovery import Recovered


@contextmanager
def read_error_ends_the_extent() -> Iterator[None]:
    """Reclamation takes bytes that cannot be read for the end of the extent (issue 5 of the ShardStore paper).

    The second look at what the index names, which would notice, is left out too.
    """
    take = Window.take

    def forgiving(window: Window, offset: int, length: int) -> bytes:
        try:
            return take(window, offset, length)
        except DiskFailed:
            window.end = offset
            return b""

    def nothing_named(*_: object) -> Iterator[Any]:
        return iter(())

    with (
        patch.object(Window, "take", forgiving),
        patch("engine.reclamation.Reclamation._named", nothing_named),
    ):
        yield


@contextmanager
def failed_sync_is_tried_again() -> Iterator[None]:
    """Writeback makes a sync that failed once more, and believes the second answer."""
    step = Writeback._step  # noqa: SLF001  # the method that is replaced

    def stubborn(writeback: Writeback) -> bool:
        disk = writeback.extents.disk
        sync = disk.sync

        def twice() -> None:
            try:
                sync()
            except OSError:
                sync()

        with patch.object(disk, "sync", twice):
            return step(writeback)

    with patch.object(Writeback, "_step", stubborn):
        yield


@contextmanager
def unreadable_is_absent() -> Iterator[None]:
    """A get answers that there is no value where the disk could not read it."""
    get = Store.get

    def forgiving(store: Store, key: bytes) -> bytes | None:
        try:
            return get(store, key)
        except DiskFailed:
            return None

    with patch.object(Store, "get", forgiving):
        yield


@contextmanager
def no_room_keeps_the_extent() -> Iterator[None]:
    """An extent for which the medium has no room is no longer free, and nobody's."""
    take = Extents.take

    def careless(extents: Extents, owner: UsedOwner) -> Extent | None:
        try:
            return take(extents, owner)
        except OSError:
            extents.free.popleft()
            raise

    with patch.object(Extents, "take", careless):
        yield


@contextmanager
def first_bad_copy_ends_the_chain() -> Iterator[None]:
    """Recovery stops at a root record of which one copy is bad, as if neither were good."""
    read = recovery.read_copy

    def both_or_none(blocks: Any, number: int, *others: Any) -> Any:
        mine = read(blocks, number, *others)
        offset, _seed, codec = others[:3]
        life = recovery.read_root_header(blocks.rest(number ^ 1, 0), number ^ 1)
        if mine is None or life is None:
            return None
        seed = life_seed(life.disk, number ^ 1, life.generation)
        return mine if read(blocks, number ^ 1, offset, seed, codec, None) is not None else None

    with patch.object(recovery, "read_copy", both_or_none):
        yield


@contextmanager
def open_overwrites_what_it_read() -> Iterator[None]:
    """An open for writing begins the superblock's new chain on the pair that it read, not on the other one."""
    opened = StoreParts._restore  # noqa: SLF001  # the method that is extended

    def overwriting(store: StoreParts, recovered: Recovered) -> Any:
        store.superblock.pair = 1 - store.superblock.pair
        return opened(store, recovered)

    with patch.object(StoreParts, "_restore", overwriting):
        yield


@contextmanager
def payload_is_not_verified() -> Iterator[None]:
    """A get believes any payload: the checksum that the index holds is not compared."""

    def believing(chunk_store: ChunkStore, locator: Any, key: bytes, part: int = 0, owner: str = "shard") -> bytes:
        with patch.object(chunk_reader, "crc32c", lambda _payload: locator[4]):
            return read(chunk_store, locator, key, part, owner)  # type: ignore[arg-type]  # as it was given

    read = ChunkStore.read
    with patch.object(ChunkStore, "read", believing):
        yield


@contextmanager
def rotten_page_is_empty() -> Iterator[None]:
    """A lookup goes on to older runs where a page of a newer one is rotten."""
    get = run_reader.Run.get

    def forgiving(run: run_reader.Run, key: bytes, hashed: int, cache: Any) -> Any:
        try:
            return get(run, key, hashed, cache)
        except ChunkRotten:
            return None

    with patch.object(run_reader.Run, "get", forgiving):
        yield


@contextmanager
def failed_write_counts_as_done() -> Iterator[None]:
    """A write that the disk refused is taken for done."""
    issue = Extents.issue

    def careless(extents: Extents, extent: Extent) -> None:
        disk = extents.disk
        write = disk.write

        def forgiving(*call: Any) -> None:
            try:
                write(*call)
            except OSError:
                return

        with patch.object(disk, "write", forgiving):
            issue(extents, extent)

    with patch.object(Extents, "issue", careless):
        yield


PLANTED: Final[dict[str, Callable[[], AbstractContextManager[None]]]] = {
    "read-error-ends-the-extent": read_error_ends_the_extent,
    "failed-sync-is-tried-again": failed_sync_is_tried_again,
    "unreadable-is-absent": unreadable_is_absent,
    "no-room-keeps-the-extent": no_room_keeps_the_extent,
    "first-bad-copy-ends-the-chain": first_bad_copy_ends_the_chain,
    "open-overwrites-what-it-read": open_overwrites_what_it_read,
    "payload-is-not-verified": payload_is_not_verified,
    "rotten-page-is-empty": rotten_page_is_empty,
    "failed-write-counts-as-done": failed_write_counts_as_done,
}
