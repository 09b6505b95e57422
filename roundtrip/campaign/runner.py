"""The runner: gives blocks to workers, takes their results, and keeps them in a ledger if there is one."""

from __future__ import annotations

import hashlib
import resource
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Generic

from .work import B, R, Work
from .workers import Limits, Worker, wait_for_any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .block import Block, BlockResult
    from .ledger import LedgerOf
    from .reading import AnyFinding

#: Seconds between two looks at how far the workers are.
LOOK_SECONDS: Final = 0.2
DEFAULT_LIMITS: Final = Limits()


@dataclass
class Campaign:
    """What blocks gave together. `results` are in the order of the plan.

    `resumed`: blocks that a ledger had already; `histories_now`: those that were run by this run; `seconds`: it took;
    `core_seconds`: of the processor, all children together.
    """

    results: list[BlockResult] = field(default_factory=list)
    resumed: int = 0
    histories_now: int = 0
    seconds: float = 0.0
    core_seconds: float = 0.0

    @property
    def histories_per_core_second(self) -> float:
        """How many histories one core ran in a second, whatever else the machine did."""
        return self.histories_now / max(self.core_seconds, 0.001)

    @property
    def histories(self) -> int:
        """How many were run, those of a ledger included."""
        return sum(result.histories for result in self.results)

    @property
    def operations(self) -> int:
        """In them."""
        return sum(result.operations for result in self.results)

    @property
    def refused(self) -> int:
        """Operations that found no room."""
        return sum(result.refused for result in self.results)

    @property
    def images(self) -> int:
        """Images that power failures left, distinct within their block."""
        return sum(result.images for result in self.results)

    @property
    def found(self) -> int:
        """Histories that broke a law."""
        return sum(result.found for result in self.results)

    def counts(self) -> dict[str, int]:
        """Operations by verb, the most frequent first."""
        return total(result.counts for result in self.results)

    def survivals(self) -> dict[str, int]:
        """What power failures left, by kind."""
        return total(result.survivals for result in self.results)

    def digest(self) -> str:
        """Of all results: the same blocks of the same code give the same one."""
        digest = hashlib.blake2b(digest_size=16)
        for result in self.results:
            digest.update(result.to_json().encode() + b"\n")
        return digest.hexdigest()

    def findings(self) -> list[AnyFinding]:
        """The first of each sort: law, and verb of the operation at which it showed."""
        sorts: dict[tuple[str, str], AnyFinding] = {}
        for result in self.results:
            for finding in result.parsed_findings():
                sorts.setdefault((finding.law, finding.failure.operation.partition(" ")[0]), finding)
        return list(sorts.values())


def total(counts: Iterator[dict[str, int]]) -> dict[str, int]:
    """Counts added up, the largest first, and by name where they are equal."""
    added: Counter[str] = Counter()
    for each in counts:
        added.update(each)
    return dict(sorted(added.items(), key=lambda item: (-item[1], item[0])))


class Progress(Generic[B, R]):
    """Blocks of a plan one after the other, and their results; those that the ledger has are not asked for again.

    A plan may say None for a block that waits for the results of others, as long as one of these is under way.
    """

    def __init__(self, blocks: Iterator[B | None], ledger: LedgerOf[R] | None, seconds: float | None) -> None:
        self.start = time.monotonic()
        self._core_start = core_seconds()
        self._blocks = blocks
        self._ledger = ledger
        self._end = None if seconds is None else self.start + seconds
        self._plan: list[B] = []
        self._results: dict[B, R] = {}
        self.resumed = 0
        self.histories_now = 0

    def next(self) -> B | None:
        """The next block to run; None where there is none (by now), or no time is left."""
        if self._end is not None and time.monotonic() > self._end:
            return None
        for block in self._blocks:
            if block is None:
                return None
            self._plan.append(block)
            known = None if self._ledger is None else self._ledger.results.get(block)
            if known is None:
                return block
            self._results[block] = known
            self.resumed += 1
        return None

    def take(self, result: R) -> None:
        """Keep a result."""
        if self._ledger is not None:
            self._ledger.append(result)
        self._results[result.block] = result
        self.histories_now += result.done

    def known(self, block: B) -> R | None:
        """The result of a block, if there is one by now."""
        return self._results.get(block)

    def results(self) -> list[R]:
        """Of the blocks that have one by now, in the order of the plan."""
        return [self._results[block] for block in self._plan if block in self._results]

    def spent(self) -> tuple[float, float]:
        """Seconds since the start, and those of the processor that all processes together used which have ended."""
        return time.monotonic() - self.start, core_seconds() - self._core_start


def core_seconds() -> float:
    """What this process and the children that have ended used of the processor."""
    usages = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def run_campaign(
    blocks: Iterator[Block],
    *,
    workers: int = 1,
    ledger: LedgerOf[BlockResult] | None = None,
    seconds: float | None = None,
    limits: Limits = DEFAULT_LIMITS,
    watch: Callable[[int], None] | None = None,
) -> Campaign:
    """Run the blocks of a plan in so many child processes; with 0 in this process, and without limits.

    seconds: no block is begun after this time; those under way are ended. watch: told how many histories this run has
    behind it, several times a second. Whatever is raised ends the children, and leaves the ledger whole.
    """
    from .histories_work import HISTORIES  # noqa: PLC0415  # imports the engine, which other work does not need

    progress: Progress[Block, BlockResult] = Progress(blocks, ledger, seconds)
    run_all(progress, HISTORIES, workers=workers, limits=limits, watch=watch)
    return Campaign(progress.results(), progress.resumed, progress.histories_now, *progress.spent())


def run_all(
    progress: Progress[B, R],
    work: Work[B, R],
    *,
    workers: int,
    limits: Limits = DEFAULT_LIMITS,
    watch: Callable[[int], None] | None = None,
) -> None:
    """The same for any work: run what `progress` gives, and give it the results."""
    if workers:
        run_in_children(progress, work, workers, limits, watch)
        return
    while (block := progress.next()) is not None:
        room = memoryview(bytearray(8 + work.room_bytes))
        progress.take(work.result(work.run(work.message(block), unwatched, room)))
        if watch is not None:
            watch(progress.histories_now)


def unwatched(_number: int) -> None:
    """Nobody watches."""


def run_in_children(
    progress: Progress[B, R],
    work: Work[B, R],
    count: int,
    limits: Limits,
    watch: Callable[[int], None] | None,
) -> None:
    """Run what `progress` gives in so many processes."""
    workers: list[Worker[B, R]] = []
    try:
        while True:
            for worker in workers:
                if worker.block is not None and (result := worker.result()) is not None:
                    progress.take(result)
                if worker.block is None and (block := progress.next()) is not None:
                    worker.begin(block)
            while len(workers) < count and (block := progress.next()) is not None:
                workers.append(Worker(limits, work))
                workers[-1].begin(block)
            busy = [worker for worker in workers if worker.block is not None]
            if watch is not None:
                watch(progress.histories_now + sum(worker.done for worker in busy))
            if not busy:
                return
            wait_for_any(busy, LOOK_SECONDS)
    finally:
        for worker in workers:
            worker.stop()
