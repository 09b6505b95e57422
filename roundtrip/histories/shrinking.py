"""Shrinking: from a history that fails to the few operations that matter.

A candidate is the history with something left out or made simpler, and is taken when it still fails in the same way,
which the caller decides. Operations go first, many at a time and then one by one; then verbs, keys, sizes and other
numbers become smaller, and what the operations run on simpler. This goes on until nothing of it succeeds any more.

1. Every step makes the history shorter, or simpler in an order without infinite descent: so it ends.
2. The same history and the same judgement give the same result, unless the time runs out first.
"""

from __future__ import annotations

import time
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, Self, TypeVar

import msgspec

from engine.crash_choice import SECTOR_SIZE
from engine.frames import FRAME_OVERHEAD

from .history import History
from .operations import Operation, Put
from .placement import PLACEMENTS
from .simpler import simpler_forms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

#: Runs that shrinking takes at most: the same on every machine.
ATTEMPTS_MAXIMUM: Final = 6000
#: Of most keys, in bytes.
KEY_LENGTH: Final = 1
#: Pairs of operations are left out of histories of at most so many.
PAIRS_MAXIMUM: Final = 12


class Shrinkable(Protocol):
    """Operations on something, which can be fewer."""

    @property
    def operations(self) -> tuple[Any, ...]:
        """What is done."""
        ...

    def with_operations(self, operations: Sequence[Any]) -> Self:
        """The same with other operations."""
        ...


AnyHistory = TypeVar("AnyHistory", bound=Shrinkable)


def shrink(
    history: AnyHistory,
    still_fails: Callable[[AnyHistory], bool],
    budget_seconds: float,
    settings: Callable[[AnyHistory], Iterable[AnyHistory]] | None = None,
) -> AnyHistory:
    """The smallest history that was found within the time and still fails; `history` is known to.

    settings: the same operations on something simpler; without it that is known for a `History` only.
    """
    return Shrinking(history, still_fails, budget_seconds, settings or simpler_settings).run()


class Shrinking(Generic[AnyHistory]):
    """One history on its way to a smaller one."""

    def __init__(
        self,
        history: AnyHistory,
        still_fails: Callable[[AnyHistory], bool],
        budget_seconds: float,
        settings: Callable[[AnyHistory], Iterable[AnyHistory]],
    ) -> None:
        self.best = history
        self.attempts = 0
        self._still_fails = still_fails
        self._settings = settings
        self._deadline = time.perf_counter() + budget_seconds

    def run(self) -> AnyHistory:
        """The smallest history."""
        passes = (
            self.leave_out,
            self.join_puts,
            self.rename_keys,
            self.simplify,
            self.change_settings,
            self.leave_out_pairs,
        )
        while not self.is_over():
            # All of them, whatever the first ones did.
            if not sum(step() for step in passes):
                break
        return self.best

    def is_over(self) -> bool:
        """Whether time or attempts have run out."""
        return self.attempts >= ATTEMPTS_MAXIMUM or time.perf_counter() >= self._deadline

    def take(self, candidate: AnyHistory) -> bool:
        """Go on with this one, if it fails."""
        if self.is_over():
            return False
        self.attempts += 1
        if not self._still_fails(candidate):
            return False
        self.best = candidate
        return True

    def take_operations(self, operations: Sequence[Operation]) -> bool:
        """The same with these operations."""
        return self.take(self.best.with_operations(operations))

    def leave_out(self) -> bool:
        """Leave out neighbours, half of all at first, then ever fewer, from the end; whether any went."""
        before = len(self.best.operations)
        count = max(1, before // 2)
        while True:
            end = len(self.best.operations)
            while end > 0:
                operations = self.best.operations
                self.take_operations((*operations[: max(0, end - count)], *operations[end:]))
                end -= count
            if count == 1:
                return len(self.best.operations) < before
            count //= 2

    def leave_out_pairs(self) -> bool:
        """Leave out two that are not neighbours: a put and what takes its place; whether any went."""
        operations = self.best.operations
        if len(operations) > PAIRS_MAXIMUM:
            return False
        return any(
            self.take_operations([one for at, one in enumerate(operations) if at not in pair])
            for pair in combinations(range(len(operations)), 2)
        )

    def join_puts(self) -> bool:
        """Leave out a put, and let its neighbour take the room of both; whether any went."""
        changed = False
        at = 1
        while at < len(self.best.operations):
            operations = self.best.operations
            first, second = operations[at - 1 : at + 1]
            if isinstance(first, Put) and isinstance(second, Put):
                whole = first.size + second.size + FRAME_OVERHEAD + KEY_LENGTH
                # To the same place in its page, or, with one frame for both or as many as before, in the extent.
                sizes = dict.fromkeys((whole % SECTOR_SIZE, first.size + second.size, whole))
                joined = [msgspec.structs.replace(one, size=size) for size in sizes for one in (first, second)]
                if any(self.take_operations((*operations[: at - 1], one, *operations[at + 1 :])) for one in joined):
                    changed = True
                    continue
            at += 1
        return changed

    def rename_keys(self) -> bool:
        """Give the keys the lowest numbers, in the order in which they come; whether any has another one now."""
        operations = self.best.operations
        keys = list(dict.fromkeys(one.key for one in operations if hasattr(one, "key")))
        numbers = {key: number for number, key in enumerate(keys)}
        renamed = tuple(
            msgspec.structs.replace(one, key=numbers[one.key]) if hasattr(one, "key") else one for one in operations
        )
        return renamed != operations and sum(keys) > sum(numbers.values()) and self.take_operations(renamed)

    def simplify(self) -> bool:
        """Put something simpler in the place of each operation; whether any was."""
        changed = False
        for at in range(len(self.best.operations)):
            while any(self.take_operations(each) for each in self._with_simpler(at)):
                changed = True
        return changed

    def _with_simpler(self, at: int) -> Iterator[Sequence[Operation]]:
        operations = self.best.operations
        for simpler in simpler_forms(operations[at]):
            yield (*operations[:at], simpler, *operations[at + 1 :])

    def change_settings(self) -> bool:
        """What the operations run on, simpler; whether it is."""
        return any(self.take(candidate) for candidate in self._settings(self.best))


def simpler_settings(history: Any) -> Iterator[Any]:
    """The same with random bytes that are easier to read."""
    if isinstance(history, History):
        for placement in PLACEMENTS[: PLACEMENTS.index(history.placement)]:
            yield msgspec.structs.replace(history, placement=placement)
