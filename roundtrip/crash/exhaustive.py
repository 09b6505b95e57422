"""Exhaustive crash states: every short history from a prepared store, every moment, every image.

A history is extended operation by operation; of each only the crash points of its last operation are new.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final

from roundtrip.histories.failure import Failure
from roundtrip.histories.finding import Finding
from roundtrip.histories.history import History
from roundtrip.histories.operations import (
    Compact,
    Crash,
    CutKeep,
    Delete,
    Drain,
    Flush,
    Operation,
    Put,
    Reboot,
    Reclaim,
    Step,
    Synchronize,
    parse_operation,
)
from roundtrip.histories.presets import preset_named
from roundtrip.histories.session import Session

from .judging import Judge
from .points import crash_points
from .variants import images_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .judging import Illegal
    from .prepared import Prepared

#: What short histories are made of: two keys, a size that ends at a page border, all the upkeep there is, and power
#: failures that leave nothing or everything, so that power fails in recovery too.
ALPHABET: Final[tuple[Operation, ...]] = (
    Put(0, 10),
    Put(1, 398),
    Delete(0),
    Flush(),
    Synchronize(),
    Drain(),
    Step(),
    Compact(),
    Reclaim(0),
    Reboot(),
    Crash(0),
    Crash(1),
)
#: Histories after which what images read like is forgotten.
FORGET_EVERY: Final = 150
#: The kind of such findings: `replaying` replays them.
CRASH_STATE: Final = "crash-state"
PLACEMENT: Final = "counter"
#: Findings of one law that are kept; the others are counted.
FINDINGS_MAXIMUM: Final = 3


class Enumeration:
    """All crash states of one prepared store, as far as its histories go."""

    def __init__(self, prepared: Prepared, preset: str, *, seed: int = 0) -> None:
        self.prepared = prepared
        self.preset = preset
        self.judge = Judge(preset_named(preset), seed=seed)
        self.histories = 0
        self.findings: list[Finding] = []
        self.found = 0

    def run(self, depth: int) -> Iterator[None]:
        """Every history of at most `depth` operations; yields after each."""
        with self.judge.recording():
            for operations in histories_of(depth):
                if self.histories % FORGET_EVERY == 0:
                    self.judge.forget_readings()
                self.history(operations)
                yield

    def history(self, operations: Sequence[Operation]) -> None:
        """The crash points of the last operation."""
        session = Session(preset_named(self.preset))
        self.histories += 1
        try:
            for operation in (*self.prepared.operations, *operations[:-1]):
                session.apply(operation)
            points = crash_points(session, operations[-1])
        except Exception as error:  # noqa: BLE001  # whatever the engine raises is what is looked for
            self.find((*self.prepared.operations, *operations), error)
            return
        for point in points:
            for illegal in self.judge.judge(point, images_of):
                before = (*self.prepared.operations, *operations[:-1])
                self.find(cut_history(before, operations[-1], illegal), illegal.mismatch)
        session.store.abandon()

    def find(self, operations: Sequence[Operation], error: Exception) -> None:
        """Keep a finding, as a history."""
        self.found += 1
        if sum(each.law == Failure.of(error).law for each in self.findings) < FINDINGS_MAXIMUM:
            history = History(preset=self.preset, placement=PLACEMENT, operations=tuple(operations))
            driver = f"exhaustive, {self.prepared.name}"
            self.findings.append(Finding.of(history, error, driver=driver, kind=CRASH_STATE))


def histories_of(depth: int) -> Iterator[tuple[Operation, ...]]:
    """Every history of the alphabet, the shorter ones first."""
    for length in range(1, depth + 1):
        yield from product(ALPHABET, repeat=length)


def cut_history(before: Sequence[Operation], last: Operation, illegal: Illegal) -> tuple[Operation, ...]:
    """The history that ends in this very crash state."""
    cut = parse_operation(f"{CutKeep.verb} {illegal.after} {illegal.kept}")
    return (*before, cut, last)
