"""How many histories a core runs in a second, and how many a Hypothesis state machine does, in one run.

Seconds are those of the processor that this process used: what else the machine does hardly counts. The lanes take
turns, so that none has the quiet minutes for itself.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import msgspec

from roundtrip.histories.drivers import LONGEST

from .block import Block
from .kinds import run_block
from .volume import collecting_seldom

if TYPE_CHECKING:
    from collections.abc import Callable

    from roundtrip.histories.history import History

TURNS: Final = 3
HISTORIES: Final = 200
#: The lanes.
VOLUME: Final = "histories from bytes"
CRASHES: Final = "the same with power failures"
ALWAYS: Final = "the whole mapping after every operation"
MACHINE: Final = "Hypothesis state machine"
REPLAYED: Final = "its operations without Hypothesis"
#: The state machine gets so many times fewer, as it is so many times slower.
MACHINE_SHARE: Final = 2


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """One lane: the best of its turns."""

    name: str
    operations: int
    histories_per_second: float
    operations_per_second: float


def measure(
    preset: str, seed: int, histories: int = HISTORIES, watch: Callable[[int, int, str], None] | None = None
) -> list[Rate]:
    """All lanes, by the names above. Raises `Mismatch` where a history fails."""
    from roundtrip.histories.drivers_machine import run_machine  # noqa: PLC0415  # imports Hypothesis

    made: list[History] = []

    def volume(kind: str, *, always: bool = False) -> Callable[[int, int], int]:
        def run(turn: int, count: int) -> int:
            block = Block(kind=kind, preset=preset, seed=seed, first=turn * count, count=count, always=always)
            return run_block(block).operations

        return run

    def machine(_turn: int, count: int) -> int:
        made[:] = run_machine(preset, count)
        return sum(len(history.operations) for history in made)

    def its_operations(_turn: int, _count: int) -> int:
        with collecting_seldom():
            for history in made:
                history.run()
        return sum(len(history.operations) for history in made)

    small = max(1, histories // MACHINE_SHARE)
    lanes: list[tuple[str, Callable[[int, int], int], int]] = [
        (VOLUME, volume("conform"), histories),
        (CRASHES, volume("crash-histories"), histories),
        (ALWAYS, volume("conform", always=True), max(1, histories // 4)),
        (MACHINE, machine, small),
        (REPLAYED, its_operations, small),
    ]
    best: dict[str, Rate] = {}
    for turn in range(TURNS):
        for at, (name, run, count) in enumerate(lanes):
            if watch is not None:
                watch(turn * len(lanes) + at, TURNS * len(lanes), name)
            start = time.process_time()
            operations = run(turn, count)
            rate = operations / (time.process_time() - start)
            if name not in best or rate > best[name].operations_per_second:
                # Hypothesis ends some histories early: what counts is how many of full length there would be.
                best[name] = Rate(
                    name=name, operations=operations, histories_per_second=rate / LONGEST, operations_per_second=rate
                )
    return list(best.values())


def ratios(rates: list[Rate]) -> dict[str, float]:
    """How many times faster histories from bytes are than the state machine, and than its own operations by hand."""
    by_name = {rate.name: rate.operations_per_second for rate in rates}
    return {name: by_name[VOLUME] / by_name[name] for name in (MACHINE, REPLAYED)}
