"""What is measured, and in which order engines take their turns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from .child import GROWTH, OPERATIONS
from .durable import THREADS
from .growth import KEY_COUNTS, QUICK_KEY_COUNTS, VALUE_SIZE
from .promises import Promise
from .registry import OURS
from .workload import SIZES

#: Which operation measures what a promise is about, where they are not called the same.
MEASURED_BY: Final = {"put_settled": "put", f"put_durable_{THREADS}": "put_durable", "get": "read"}


@dataclass(frozen=True)
class Selection:
    """What is to be measured; empty: all of it."""

    engines: Sequence[str] = ()
    operations: Sequence[str] = ()
    sizes: Sequence[int] = ()

    def takes(self, promise: Promise, present: set[str]) -> bool:
        """Whether a promise can be judged by it, with these engines present."""
        operation = MEASURED_BY.get(promise.operation, promise.operation)
        return (
            OURS in present
            and (promise.against is None or promise.against in present)
            and operation in (self.operations or OPERATIONS)
            and promise.value_size in (self.sizes or SIZES)
        )


def ordinary_tasks(selection: Selection) -> list[dict[str, Any]]:
    """Each operation with each value size."""
    return [
        {"operation": operation, "value_size": size}
        for operation in OPERATIONS
        if operation in (selection.operations or OPERATIONS)
        for size in sorted(selection.sizes or SIZES)
    ]


def growth_tasks(*, quick: bool) -> list[dict[str, Any]]:
    """Each number of keys."""
    counts = QUICK_KEY_COUNTS if quick else KEY_COUNTS
    return [{"operation": GROWTH, "value_size": VALUE_SIZE, "keys": count} for count in counts]


def turns_of(
    engines: list[str], tasks: list[dict[str, Any]], rounds: int, *, quick: bool
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Every process in order: engines follow each other at once, forwards in even rounds and backwards in odd ones."""
    for number in range(rounds):
        order = engines if number % 2 == 0 else engines[::-1]
        if quick:
            yield from ((engine, tasks) for engine in order)
        else:
            yield from ((engine, [task]) for task in tasks for engine in order)
