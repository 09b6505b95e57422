"""A store's parts put together: created, opened from what recovery found, closed cleanly or abandoned."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Self

from . import recovery
from .buffers import BufferPool
from .cache import PageCache
from .chunks import ChunkStore
from .config import Limits, Shape, checked_limits, checked_shape
from .errors import (
    CallRefused,
    ChunkRotten,
    DiskFailed,
    EngineError,
    NotAStore,
    StoreClosed,
    StoreExists,
    UnsupportedStore,
)
from .extents import RESERVED_COUNT, Extents
from .file_disk import FileDisk, sync_directory
from .index import Index
from .lock_file import LockFile
from .maintenance import Maintenance
from .reclamation import Reclamation
from .roots import forget_roots
from .seams import Seams
from .store_directory import DISK_FILE, LOCK_FILE, find_extent_size, lock_of
from .superblock import Superblock
from .system_calls import SYSTEM
from .tree_metadata import TreeMetadata
from .versions import versions_of
from .writeback import Writeback

if TYPE_CHECKING:
    from .disk import Disk
    from .extents import Extent


class StoreParts:
    """The parts of one store, made, opened and closed: what `Store` builds its calls on."""

    def __init__(
        self,
        disk: Disk,
        uuid: bytes,
        shape: Shape,
        limits: Limits,
        seams: Seams,
        recovered: recovery.Recovered | None,
        lock_file: LockFile | None,
        *,
        read_only: bool,
    ) -> None:
        self.disk = disk
        self.shape = shape
        self.limits = checked_limits(limits)
        self.seams = seams
        self.is_read_only = read_only
        #: What recovery found damaged in the roots; an open for writing has repaired it from the other copy.
        self.root_damage: tuple[ChunkRotten, ...] = ()
        if recovered is not None:
            self.root_damage = (*recovered.damage, *((recovered.lost,) if recovered.lost else ()))
        self._lock_file = lock_file
        self._lock = seams.sync.lock()
        self._refusal: EngineError | None = None
        if read_only:
            self._refusal = CallRefused("the store was opened for reading only")
        self._is_closed = False
        #: Whether upkeep failed after a change had taken effect: the next one tries it first.
        self._is_behind = False
        reserve = limits.reserve_extents
        if reserve is None:
            reserve = max(4, shape.extent_count // 50)
        self.pool = BufferPool(limits.buffer_pool_bytes)
        self.cache = PageCache(limits.cache_bytes // 2)
        self.extents = Extents(disk, uuid, shape, self.pool)
        self.writeback = Writeback(self.extents, self._lock, seams.sync, seams.clock)
        self.extents.writeback = self.writeback
        if lock_file is not None:
            self.writeback.when_poisoned = lock_file.poison
        #: What is written, and what the superblock declares: what is new in it is durable before the first append.
        declared = 0 if recovered is None else recovered.masks[2]
        self.versions = versions_of(limits, declared, read_only=read_only)
        self.chunks = ChunkStore(self.extents, limits, seams.randomness, reserve, self.versions)
        if recovered is None:
            self.superblock = Superblock(self.extents, pair=1, sequence=0, incompatible=self.versions.declared)
            self.metadata = TreeMetadata(self.extents, pair=1, sequence=0, next_run=1, table={})
        else:
            self.superblock = Superblock(
                self.extents,
                pair=recovered.superblock_pair,
                sequence=recovered.superblock_sequence,
                compatible=recovered.masks[0],
                read_only_compatible=recovered.masks[1],
                incompatible=self.versions.declared,
            )
            self.metadata = TreeMetadata(
                self.extents,
                pair=recovered.metadata_pair,
                sequence=recovered.metadata_sequence,
                next_run=recovered.next_run,
                table=dict(recovered.runs),
            )
        # Tree metadata first: the superblock's record of the same step covers its pointer.
        self.writeback.roots = (self.metadata, self.superblock)
        self.index = Index(
            self.extents,
            self.chunks,
            self.superblock,
            self.metadata,
            self.writeback,
            self.cache,
            limits,
            seams.sync,
            seams.clock,
        )
        # Bound once: they are on the way of every get.
        self._find, self._read = self.index.find, self.chunks.read
        self.reclamation = Reclamation(self.extents, self.chunks, self.index, self.superblock, self.writeback)
        self.maintenance = Maintenance(
            self.extents,
            self.chunks,
            self.index,
            self.reclamation,
            self.writeback,
            limits,
            seams.sync,
            seams.clock,
        )

    # Making one.

    @classmethod
    def create(cls, path: str | Path, shape: Shape | None = None, limits: Limits | None = None) -> Self:
        """A new store in a directory, which is made, or must be empty. Raises `StoreExists`, `CallRefused`."""
        directory = Path(path)
        shape = checked_shape(shape or Shape())
        try:
            missing = [path for path in (directory, *directory.parents) if not path.exists()]
            directory.mkdir(parents=True, exist_ok=True)
            for made in missing:
                sync_directory(made.parent, SYSTEM)
            occupied = sorted(entry.name for entry in directory.iterdir())
        except (FileExistsError, NotADirectoryError):
            raise StoreExists(f"{directory} is a file, not a directory: give the path of a new directory") from None
        except OSError as error:
            raise DiskFailed(f"{directory}: {error.strerror}") from error
        if DISK_FILE in occupied:
            raise StoreExists(f"{directory} holds a store already; open it, or give another path")
        if set(occupied) - {LOCK_FILE}:
            raise StoreExists(f"{directory} is not empty ({occupied[0]} is in it): give the path of a new directory")
        lock_file = LockFile(directory / LOCK_FILE)
        try:
            disk = FileDisk.create(directory / DISK_FILE, shape.extent_count, shape.extent_size_bytes)
        except OSError as error:
            lock_file.release()
            raise DiskFailed(f"{directory / DISK_FILE}: {error.strerror}") from error
        try:
            lock_file.hold(directory / DISK_FILE)
            return cls._created(disk, shape, limits or Limits(), Seams(), lock_file)
        except BaseException:
            # Half a store would be refused by whoever opens it, and by whoever makes one here.
            disk.close()
            (directory / DISK_FILE).unlink(missing_ok=True)
            lock_file.release()
            raise

    @classmethod
    def create_on(cls, disk: Disk, shape: Shape, limits: Limits | None = None, seams: Seams | None = None) -> Self:
        """A new store on any disk; whatever was on it is gone."""
        forget_roots(disk)
        return cls._created(disk, checked_shape(shape), limits or Limits(), seams or Seams(), None)

    @classmethod
    def _created(cls, disk: Disk, shape: Shape, limits: Limits, seams: Seams, lock_file: LockFile | None) -> Self:
        store = cls(disk, seams.randomness.bytes(16), shape, limits, seams, None, lock_file, read_only=False)
        try:
            for extent in store.extents.all:
                store.extents.begin_life(extent, 0 if extent.number < RESERVED_COUNT else 1)
            store.extents.free.extend(range(RESERVED_COUNT, shape.extent_count))
            store._begin()
            store._start_background()
        except BaseException:
            store.abandon()
            raise
        return store

    @classmethod
    def open(cls, path: str | Path, limits: Limits | None = None, *, read_only: bool = False) -> Self:
        """The store in a directory.

        Raises `NotAStore`, `UnsupportedStore`, `StoreBusy`, `StorePoisoned`, `DiskFailed`.
        """
        directory = Path(path)
        file = directory / DISK_FILE
        try:
            if not file.is_file():
                found = (
                    "nothing" if not directory.exists() else "a file" if directory.is_file() else "no disk file in it"
                )
                raise NotAStore(f"{directory}: expected the directory of a store, found {found}")
            lock_file = lock_of(directory, read_only=read_only)
        except OSError as error:
            raise DiskFailed(f"{directory / LOCK_FILE}: {error.strerror}") from error
        try:
            lock_file.hold(file)
            disk = FileDisk.open(file, read_only=read_only)
        except BaseException as error:
            lock_file.release()
            if isinstance(error, OSError):
                raise DiskFailed(f"{file}: {error.strerror}") from error
            raise
        try:
            # A page that a failed sync left in the cache would vouch for bytes that the medium never got.
            disk.drop_cached_pages()
            disk.divide(find_extent_size(disk))
            return cls._opened(disk, limits or Limits(), Seams(), lock_file, read_only=read_only)
        except BaseException as error:
            disk.close()
            lock_file.release()
            if isinstance(error, OSError):
                raise DiskFailed(f"{file}: {error.strerror}") from error
            if isinstance(error, NotAStore | UnsupportedStore):
                raise type(error)(f"{directory}: {error}") from None
            raise

    @classmethod
    def open_on(
        cls, disk: Disk, limits: Limits | None = None, seams: Seams | None = None, *, read_only: bool = False
    ) -> Self:
        """The store on any disk."""
        return cls._opened(disk, limits or Limits(), seams or Seams(), None, read_only=read_only)

    @classmethod
    def _opened(cls, disk: Disk, limits: Limits, seams: Seams, lock_file: LockFile | None, *, read_only: bool) -> Self:
        try:
            recovered = recovery.recover(disk)
            if not read_only:
                recovered.refuse_writing()
            store = cls(disk, recovered.uuid, recovered.shape, limits, seams, recovered, lock_file, read_only=read_only)
        except BaseException:
            disk.close()
            if lock_file is not None:
                lock_file.release()
            raise
        try:
            open_extents = store._restore(recovered)
            store.index.open_runs()
            if not read_only:
                if recovered.is_clean:
                    # The mark goes before anything else comes: it vouches for what was there when it was written.
                    with store._lock:
                        store.superblock.next_record()
                    store.writeback.step()
                store._begin()
                if recovered.is_clean:
                    # Only now: what a crash leaves behind the pointer would else be taken for what a clean close left.
                    store._go_on_in(open_extents)
                store._start_background()
        except BaseException:
            store.abandon()
            raise
        return store

    def _restore(self, recovered: recovery.Recovered) -> dict[str, list[Extent]]:
        """Take over what the superblock says of the extents; those with room, by owner."""
        page = self.shape.page_size_bytes
        open_extents: dict[str, list[Extent]] = {"data": [], "index": []}
        for extent in self.extents.all:
            number = extent.number
            if number < RESERVED_COUNT:
                self.extents.begin_life(extent, recovered.generations.get(number, 0))
                if self.is_read_only and number in recovered.extents:
                    # For people to see; a writer opens the other pair of each root.
                    _, extent.pointer, extent.owner = recovered.extents[number]
                    extent.issued = extent.persisted = extent.pointer
                continue
            state = recovered.extents.get(number)
            generation, pointer, owner = state or (1, 0, "free")
            if owner == "free":
                # After a crash, bytes of puts that nobody acknowledged may lie in a free extent, in its present life.
                self.extents.begin_life(extent, generation if recovered.is_clean else generation + 1)
                self.extents.free.append(number)
                continue
            extent.owner = owner
            self.extents.begin_life(extent, generation)
            extent.pointer = extent.issued = extent.persisted = pointer
            if not recovered.is_clean and not self.is_read_only:
                # Frames that nobody acknowledged may lie behind the pointer, in this very life: nothing is appended
                # here until it is reset, not after a clean close either.
                extent.pointer = extent.issued = self.extents.size
                self.extents.changed.add(number)
            if owner in open_extents and extent.pointer + page < self.extents.size:
                open_extents[owner].append(extent)
        return open_extents

    def _go_on_in(self, open_extents: dict[str, list[Extent]]) -> None:
        """After a clean close, go on in the emptiest extents, at a page border."""
        with self._lock:
            for stream in (self.chunks.streams["shard"], self.chunks.streams["run"]):
                if stream.extent is not None or not open_extents[stream.owner]:
                    continue
                extent = min(open_extents[stream.owner], key=lambda extent: extent.pointer)
                gap = -extent.pointer % self.shape.page_size_bytes
                if gap:
                    # Zeros, and not a hole: a disk with hard write pointers has none.
                    self.extents.append(extent, (bytes(gap),), gap)
                stream.extent = extent

    def _begin(self) -> None:
        """Say on disk that the store is open."""
        with self._lock:
            self.superblock.next_record()
            self.metadata.rewrite = True
        self.writeback.step()

    def _start_background(self) -> None:
        """Begin background work, last: what it finds, it may reclaim, but for the extents that the streams go on in."""
        if self.limits.background:
            self.maintenance.start()

    # Ending.

    def close(self) -> None:
        """Make everything persistent, mark the store cleanly closed, give everything back. A second call does nothing.

        Raises `StoreFull`, `DiskFailed`: the store stays open, and `abandon` closes it as a crash would. A poisoned
        store is abandoned without a word.
        """
        if self._is_closed:
            return
        if not self.is_read_only and self.writeback.refusal is None:
            self.maintenance.stop()
            try:
                self._close_cleanly()
            except EngineError:
                if self.limits.background:
                    self.maintenance.start()
                raise
        self.abandon()

    def _close_cleanly(self) -> None:
        with self._lock:
            self._refusal = self._closed()
        try:
            self.index.flush()
            # Nobody moves anything any more: what the mark vouches for stays as it is.
            with self.maintenance.alone():
                self.index.flush()
                with self._lock:
                    barrier = self.index.barrier()
                self.writeback.persist(barrier)
                while self.writeback.step():
                    pass
                with self._lock:
                    self.superblock.clean_close = True
                self.writeback.step()
        except EngineError:
            with self._lock:
                self._refusal = None
                self.superblock.withdraw_clean_close()
            raise

    def abandon(self) -> None:
        """Give everything back without making anything persistent, as a crash would."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
            self._refusal = self._closed()
            self.writeback.halt(self._closed())
        try:
            self.maintenance.stop()
            self.disk.close()
            self.maintenance.let_go()
        finally:
            if self._lock_file is not None:
                self._lock_file.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.close()

    # Refusing.

    def _refuse(self) -> None:
        """Raise why the store takes no changes, if it does not. The lock is held."""
        if self._refusal is not None:
            raise type(self._refusal)(*self._refusal.args)
        self.writeback.refuse_if_unfit()

    def _closed(self) -> StoreClosed:
        return StoreClosed("the store was closed; open it again")
