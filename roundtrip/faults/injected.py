"""A session on a faulty disk: it knows which faults have hit since when, and in what."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, cast

from engine.errors import EngineError
from engine.extents import RESERVED_COUNT

from .disk import FaultyDisk
from .injector import owner_by_number
from .unknown import UnknownSession

if TYPE_CHECKING:
    from engine import Store
    from engine.memory_disk import MemoryDisk

    from ..histories.presets import Preset
    from .injector import Injector
    from .kinds import Injected
    from .system import FileMedium

    FaultyMedium: TypeAlias = FaultyDisk | FileMedium


class InjectedSession(UnknownSession):
    """An `UnknownSession` on a `FaultyDisk`.

    `outcomes`: for each operation in which a fault hit, the first such fault and how the operation ended; `is_over`:
    nothing more can be done with the store.
    """

    def __init__(self, preset: Preset, placement: str, injector: Injector, disk: FaultyMedium | None = None) -> None:
        self.injector = injector
        injector.owner_of = self.owner_of
        self.outcomes: list[tuple[Injected, str]] = []
        #: Whether nothing more can be done with the store.
        self.is_over = False
        self._is_refused = False
        self._opened_at = self._began_at = 0
        self._poisoned_operations = 0
        # What a session needs of a `MemoryDisk`, a `FaultyDisk` has.
        medium = FaultyDisk(preset.new_disk(), injector) if disk is None else disk
        super().__init__(preset, placement, cast("MemoryDisk", medium))

    # Making and opening.

    def create(self) -> Store:
        """A store, new; where that fails, another attempt on the same disk works."""
        self.injector.phase = "create"
        try:
            return super().create()
        except EngineError as error:
            self.judge("create", error)
            self.injector.is_armed = False
            self.disk = self.disk.crash(())
            store = super().create()
            self.injector.is_armed = True
            self.note("not opened")
            return store
        finally:
            self.injector.phase = "call"
            self._opened_at = len(self.injector.log)

    def open(self) -> Store:
        """The store, as the disk has it."""
        self.injector.phase = "open"
        try:
            return super().open()
        finally:
            self.injector.phase = "call"

    def owner_of(self, extent: int) -> str:
        """Whose extent it is, as the store says or said."""
        if extent < RESERVED_COUNT or "store" not in vars(self):
            return owner_by_number(extent)
        return self.store.extents.all[extent].owner

    def judge(self, what: str, error: EngineError) -> None:
        """Raise `Mismatch` unless the faults explain the error."""
        raise NotImplementedError

    # Faults that have hit.

    def fired(self) -> list[Injected]:
        """The faults that hit since the operation began."""
        return self.injector.log[self._began_at :]

    def note(self, outcome: str) -> None:
        """How the operation ended in which faults hit."""
        fired = self.fired()
        if fired:
            # An operation in which others were absorbed may end in an open.
            self.outcomes.append((fired[-1] if outcome == "not opened" else fired[0], outcome))

    def has_failed_sync(self) -> bool:
        """Whether a sync has failed since the store was opened."""
        return any(one.verb == "sync" for one in self.injector.log[self._opened_at :])

    def is_stuck(self) -> bool:
        """Whether a write broke off in a zone: its pointer stands where no write of ours begins, until an open."""
        return self.preset.is_zoned and any(one.kind == "short" for one in self.injector.log[self._opened_at :])

    def is_reverted(self) -> bool:
        """Whether reads may give what was there before a sync that failed, as Btrfs does."""
        return any(one.kind == "sync-reverts" for one in self.injector.log[self._opened_at :])

    def lasts(self) -> bool:
        """Whether a fault has hit that goes on."""
        return bool(self.injector.log) and any(fault.lasts != "once" for fault in self.injector.faults)
