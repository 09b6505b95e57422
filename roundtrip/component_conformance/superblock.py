"""The superblock beside its model: what a disk says of its extents after a crash at any moment.

1. Between two records a crash leaves what the last one said: owner, generation and pointer of every extent.
2. A crash while a record is written leaves what it says or what the one before said, and nothing in between.
3. A reset is in no record before its inputs are persistent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.extents import RESERVED_COUNT
from engine.recovery import ExtentState, recover

from .extents import AFTER, SIZES, ExtentTrial
from .trial import Verb, disagree, equal, power_cut, survivors

if TYPE_CHECKING:
    from engine.memory_disk import MemoryDisk


class SuperblockTrial(ExtentTrial):
    """The extents' trial, with crashes instead of reads."""

    alphabet = (
        Verb("take", 16, (range(2),)),
        Verb("append", 24, (range(12), SIZES, AFTER)),
        Verb("issue", 4, (range(12),)),
        Verb("step", 32),
        Verb("reset", 14, (range(12), AFTER)),
        Verb("look", 6, (range(8),)),
        Verb("crash", 1, (range(8),)),
        Verb("crash_in_step", 1, (range(8),)),
        Verb("reboot", 1),
    )

    def look(self, fate: int) -> None:
        """What a crash would leave (1)."""
        self._expect_persisted(self.disk.crash(survivors(self.disk, fate)), clean=False)

    def crash(self, fate: int) -> None:
        """Lose what is not synced, but for a part, and go on."""
        disk = self.disk.crash(survivors(self.disk, fate))
        self.store.abandon()
        self._expect_persisted(disk, clean=False)
        self._open(disk, clean=False)

    def crash_in_step(self, fate: int) -> None:
        """The power goes before the sync of a record is done (2)."""
        before = self.superblock.persisted
        disk = power_cut(self.disk, self.step, 0, fate)
        self.store.abandon()
        found = said(disk)
        if found not in (before, self.superblock.persisted):
            disagree(before, found)
        self.superblock.persisted = found
        self._open(disk, clean=False)

    def reboot(self) -> None:
        """Close cleanly: the disk says so, and what is so (1)."""
        while self.superblock.resets:
            self.step()
        self.store.close()
        self.superblock.write_record()
        self._expect_persisted(self.disk.crash(), clean=True)
        self._open(self.disk.crash(), clean=True)

    def _expect_persisted(self, disk: MemoryDisk, *, clean: bool) -> None:
        equal(clean, recover(disk).is_clean)
        found, expected = said(disk), self.superblock.persisted
        if found != expected:
            for number, state in expected.items():
                equal(f"extent {number}: {tuple(state)}", f"extent {number}: {tuple(found.get(number, ()))}")
            disagree(expected, found)


def said(disk: MemoryDisk) -> dict[int, ExtentState]:
    """What the disk says of all extents but those of the roots."""
    return {number: state for number, state in recover(disk).extents.items() if number >= RESERVED_COUNT}
