"""Which runs to merge: a pure decision.

Level 0 holds the runs that memtables became, newest number first; each level below holds at most one run. When level 0
has `fanout` runs (more while they are small), all of them are merged into the first level whose capacity, which grows
by `fanout` from level to level, holds them together with what the levels down to it hold. So the tiny runs of durable
puts are merged among themselves, and a large run is rewritten only when a good part of its size has come in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

#: What the format of tree metadata allows for a level.
LEVEL_MAXIMUM: Final = 255
#: While the runs of level 0 are small, there may be so many times more of them: merging costs more than asking them.
PATIENCE: Final = 4


class RunFacts(Protocol):
    """What the decision needs to know of a run."""

    @property
    def number(self) -> int:
        """A newer run of level 0 has a greater one."""
        ...

    @property
    def level(self) -> int:
        """0: a memtable became it."""
        ...

    @property
    def entry_count(self) -> int:
        """Its keys, deleted ones included."""
        ...

    @property
    def size_bytes(self) -> int:
        """Its pages together."""
        ...


class Compaction(NamedTuple):
    """Runs to merge into one at a level; tombstones may go when nothing older lies below."""

    inputs: tuple[int, ...]
    target_level: int
    drop_tombstones: bool


def capacity(level: int, fanout: int) -> int:
    """Entries that a level may hold."""
    return int(fanout ** (level + 1))


def plan(runs: Sequence[RunFacts], fanout: int, *, small_entries: int = 0) -> Compaction | None:
    """What to merge now, or None while level 0 has few runs.

    small_entries: up to so many entries in all of level 0, its runs are small.
    """
    newest = [run for run in runs if run.level == 0]
    if len(newest) < fanout:
        return None
    if len(newest) < PATIENCE * fanout and sum([run.entry_count for run in newest]) <= small_entries:
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
    while True:
        level += 1
        chosen += [run for run in runs if run.level == level]
        if sum([run.entry_count for run in chosen]) <= capacity(level, fanout) or level == LEVEL_MAXIMUM:
            is_bottom = not any(run.level > level for run in runs)
            return Compaction(tuple([run.number for run in chosen]), level, drop_tombstones=is_bottom)


def most_bytes(runs: Sequence[RunFacts]) -> int:
    """Bytes of the run that these are merged into, at most: no key is in two of them."""
    return sum([run.size_bytes for run in runs])


def likely_bytes(runs: Sequence[RunFacts]) -> int:
    """The same where most keys of the smaller runs are in the largest one: what was put again and again."""
    sizes = [run.size_bytes for run in runs]
    largest = max(sizes, default=0)
    return largest + (sum(sizes) - largest) // 4


def has_garbage(runs: Sequence[RunFacts]) -> bool:
    """Whether merging all of them is likely to free a tenth of their bytes at least."""
    return len(runs) > 1 and likely_bytes(runs) * 10 <= most_bytes(runs) * 9
