"""Blocks of histories: each is run beside its model, and what it left on the disk goes into a digest."""

from __future__ import annotations

import gc
import hashlib
import zlib
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import crc32c

from roundtrip.histories.drivers import history_of
from roundtrip.histories.failure import REPEATABLE, Failure, examine
from roundtrip.histories.finding import Finding
from roundtrip.histories.presets import preset_named
from roundtrip.histories.session import Session

from .block import Block, BlockResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from engine import Store
    from engine.crash_choice import Kept
    from engine.disk import Buffer
    from engine.memory_disk import MemoryDisk
    from roundtrip.histories.history import History
    from roundtrip.histories.operations import Operation
    from roundtrip.histories.presets import Preset

    from .kinds import Tick

#: The kind whose histories have power failures.
CRASHING_KIND: Final = "crash-histories"
#: Garbage is collected so often only: stores are rings of objects, and looking for them all the time is dear.
COLLECT_EVERY: Final = 200
#: Sorts of findings that a block keeps; the others are counted.
KEPT_MAXIMUM: Final = 5


class CountingSession(Session):
    """A session that remembers the images which power failures leave, and counts what survived."""

    def __init__(self, preset: Preset, placement: str, images: set[int], survivals: Counter[str]) -> None:
        self.images = images
        self.survivals = survivals
        self._is_crash = False
        super().__init__(preset, placement)

    def recover(self, kept: Sequence[Kept]) -> None:
        """See `Session.recover`."""
        self._is_crash = True
        survivals = self.survivals
        if not kept:
            survivals["nothing"] += 1
        for one in kept:
            if one.length is not None:
                survivals["a write cut short"] += 1
            elif one.without_sector is not None:
                survivals["a write without a sector"] += 1
            else:
                survivals["a whole write"] += 1
        super().recover(kept)

    def open(self) -> Store:
        """See `Session.open`; what the power failure left is remembered before recovery changes it."""
        if self._is_crash:
            self._is_crash = False
            self.images.add(checksum(self.disk, crc32c.crc32c) << 32 | checksum(self.disk, zlib.crc32))
        return super().open()


def run_block(block: Block, tick: Tick) -> BlockResult:
    """Run the histories of a block one after the other. Raises `UnknownPreset`."""
    preset, crashes = preset_named(block.preset), block.kind == CRASHING_KIND
    verbs: Counter[type[Operation]] = Counter()
    survivals: Counter[str] = Counter()
    images: set[int] = set()
    digest = hashlib.blake2b(digest_size=16)
    findings: dict[tuple[str, str], str] = {}
    operations = refused = found = 0
    with collecting_seldom() as collect:
        for number in range(block.first, block.first + block.count):
            tick(number)
            if number % COLLECT_EVERY == 0:
                collect()
            history = history_of(block.seed, number, block.preset, crashes=crashes, longest=block.longest)
            verbs.update(map(type, history.operations))
            operations += len(history.operations)
            session = CountingSession(preset, history.placement, images, survivals)
            try:
                run(session, history, always=block.always)
            except Exception as error:  # noqa: BLE001  # whatever the engine raises is what is looked for
                found += 1
                finding = finding_of(block, number, history, error)
                sort = finding.law, finding.failure.operation.partition(" ")[0]
                if sort not in findings and len(findings) < KEPT_MAXIMUM:
                    findings[sort] = finding.text()
                digest.update(b"finding" + finding.law.encode())
                continue
            refused += session.refused
            digest.update(checksum(session.disk, crc32c.crc32c).to_bytes(4, "big"))
            session.end()
    return BlockResult(
        block=block,
        histories=block.count,
        operations=operations,
        counts={kind.verb: count for kind, count in verbs.items()},
        survivals=dict(survivals),
        refused=refused,
        images=len(images),
        findings=tuple(findings.values()),
        found=found,
        digest=digest.hexdigest(),
    )


def checksum(disk: MemoryDisk, function: Callable[[Buffer, int], int]) -> int:
    """That of the image of a disk, extent by extent: to put them together takes longer."""
    value = 0
    for image in disk.images():
        value = function(image, value)
    return value


def run(session: Session, history: History, *, always: bool) -> None:
    """All operations; the whole mapping at the end, or after each."""
    if not always:
        session.run(history.operations)
        return
    for operation in history.operations:
        session.apply(operation)
        session.compare_all()


def finding_of(block: Block, number: int, history: History, error: Exception) -> Finding:
    """Where in the history it went wrong: it is run again, operation by operation."""
    failure = examine(history, always=block.always)
    if failure is None:
        failure = Failure(REPEATABLE, f"what the first run gave: {Failure.of(error).found}", "no failure")
    return finding_in(block, number, history, failure)


def lost_finding(block: Block, number: int, failure: Failure) -> str:
    """See `kinds`."""
    history = history_of(block.seed, number, block.preset, crashes=block.kind == CRASHING_KIND, longest=block.longest)
    return finding_in(block, number, history, failure).text()


def finding_in(block: Block, number: int, history: History, failure: Failure) -> Finding:
    """A finding of a block."""
    driver = f"{block.kind}, history {number}"
    return Finding.of(history, failure, seed=block.seed, driver=driver, always=block.always)


@contextmanager
def collecting_seldom() -> Iterator[Callable[[], int]]:
    """No garbage collection but by hand; the block gets the function that does it.

    What is there when it begins (modules, mostly) is left out: to look through all of it took a twentieth of the time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    gc.freeze()
    try:
        yield gc.collect
    finally:
        gc.unfreeze()
        if was_enabled:
            gc.enable()
