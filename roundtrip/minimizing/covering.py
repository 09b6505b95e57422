"""Set cover over bit sets: few sets whose union is that of all.

A set is a Python int, an element one of its bits. Every answer is the same for the same arguments.

1. Sets that hold the same are one; the cheapest stands for it.
2. What is forced is taken (`roundtrip.minimizing.reducing`): a set that alone holds some element is in every cover.
3. The rest is chosen by lazy greedy: an old gain is an upper bound, so only the set at the top is counted anew.
4. What later choices have made redundant is dropped again, the last chosen first.
5. How few there could be is proved by weights (`roundtrip.minimizing.bounding`).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .bounding import lower_bound
from .reducing import reduce


@dataclass(frozen=True)
class Cover:
    """The numbers of the chosen sets in order, and the number of sets that no cover can do without.

    forced: how many sets are in every smallest cover, or stand for one that is.
    """

    chosen: tuple[int, ...]
    forced: int
    lower_bound: int


def cover(sets: Sequence[int], costs: Sequence[int], held: int = 0) -> Cover:
    """Few sets that together hold every element of all that is not `held` anyway.

    costs: what decides between sets that add the same number of elements; the lower wins, then the lower number.
    """
    cheapest: dict[int, int] = {}
    for number in sorted(range(len(sets)), key=lambda number: (costs[number], number)):
        cheapest.setdefault(sets[number] & ~held, number)
    cheapest.pop(0, None)
    wanted = {number: elements for elements, number in cheapest.items()}
    core = reduce(wanted, costs)
    ranked = greedy(core.sets, costs)
    chosen = without_redundant([*core.forced, *ranked], wanted)
    return Cover(tuple(sorted(chosen)), len(core.forced), len(core.forced) + lower_bound(list(core.sets.values())))


def union(sets: Iterable[int]) -> int:
    """Every element of any set."""
    elements = 0
    for one in sets:
        elements |= one
    return elements


def greedy(sets: Mapping[int, int], costs: Sequence[int]) -> list[int]:
    """The numbers of sets that hold everything, each adding the most when it is chosen."""
    missing = union(sets.values())
    heap = [(-elements.bit_count(), costs[number], number) for number, elements in sets.items()]
    heapq.heapify(heap)
    chosen = []
    while missing:
        _, cost, number = heapq.heappop(heap)
        entry = (-(sets[number] & missing).bit_count(), cost, number)
        if heap and heap[0] < entry:
            heapq.heappush(heap, entry)
            continue
        chosen.append(number)
        missing &= ~sets[number]
    return chosen


def without_redundant(chosen: Sequence[int], sets: Mapping[int, int]) -> list[int]:
    """The chosen numbers less those whose elements the others hold, looked at from the last to the first."""
    before = [0]
    for number in chosen:
        before.append(before[-1] | sets[number])
    kept, after = [], 0
    for earlier, number in zip(reversed(before[:-1]), reversed(chosen), strict=True):
        if sets[number] & ~(earlier | after):
            kept.append(number)
            after |= sets[number]
    return kept[::-1]
