"""Which runs to merge: a pure decision.

Level 0 holds the runs that memtables became, newest number first; each level below holds at most one run. When level 0
has `fanout` runs (more while they are tiny), all of them are merged into the first level whose capacity, which grows by
`fanout` from level to level, holds them together with what the levels down to it hold. So the tiny runs of durable puts
are merged among themselves, and a large run is rewritten only when a good part of its size has come in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

#: What the format of tree metadata allows for a level.
LEVEL_MAXIMUM: Final = 255
#: Up to so many entries in level 0, its runs are tiny: merging them costs more than asking them, so there may be more.
TINY_ENTRIES: Final = 512
TINY_FACTOR: Final = 4


class RunFacts(NamedTuple):
    """What the decision needs to know of a run."""

    number: int
    level: int
    entry_count: int


class Compaction(NamedTuple):
    """Runs to merge into one at a level; tombstones may go when nothing older lies below."""

    inputs: tuple[int, ...]
    target_level: int
    drop_tombstones: bool


def capacity(level: int, fanout: int) -> int:
    """Entries that a level may hold."""
    return int(fanout ** (level + 1))


def plan(runs: Sequence[RunFacts], fanout: int) -> Compaction | None:
    """What to merge now, or None while level 0 has few runs."""
    newest = [run for run in runs if run.level == 0]
    if len(newest) < fanout:
        return None
    if len(newest) < TINY_FACTOR * fanout and sum(run.entry_count for run in newest) <= TINY_ENTRIES:
        return None
    return _merge_down(runs, newest, fanout)


def plan_full(runs: Sequence[RunFacts], fanout: int) -> Compaction | None:
    """Everything into one run without tombstones; None where there is none."""
    if not runs:
        return None
    total = sum(run.entry_count for run in runs)
    level = next(level for level in range(1, LEVEL_MAXIMUM + 1) if total <= capacity(level, fanout))
    return Compaction(tuple(run.number for run in runs), level, drop_tombstones=True)


def _merge_down(runs: Sequence[RunFacts], newest: list[RunFacts], fanout: int) -> Compaction:
    chosen, level = list(newest), 0
    total = sum(run.entry_count for run in newest)
    while True:
        level += 1
        here = [run for run in runs if run.level == level]
        chosen += here
        total += sum(run.entry_count for run in here)
        if total <= capacity(level, fanout) or level == LEVEL_MAXIMUM:
            is_bottom = not any(run.level > level for run in runs)
            return Compaction(tuple(run.number for run in chosen), level, drop_tombstones=is_bottom)
