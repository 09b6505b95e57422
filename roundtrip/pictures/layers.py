"""Layout of a small graph in columns: what requires nothing stands rightmost, everything else left of what it requires.

A pure function from sizes and edges to places. An edge that passes a column gets a slot of its own in it, so no
edge ever crosses a box. The order within columns follows neighbours, and the same graph always gets the same layout.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise
from typing import Final, NamedTuple, TypeAlias

from formats.errors import ShardproofError

Edge: TypeAlias = tuple[int, int]
#: A box is named by its number, a slot by its edge and its column.
Slot: TypeAlias = "int | tuple[Edge, int]"

GAP: Final = 14.0
SLOT_HEIGHT: Final = 4.0
SWEEPS: Final = 12


class Layout(NamedTuple):
    """Where everything goes. `levels`: of each box; `middles`: of boxes and slots, from 0 down; `height`: of all."""

    levels: dict[int, int]
    middles: dict[Slot, float]
    height: float

    def path(self, edge: Edge) -> list[tuple[int, float]]:
        """The columns (as levels) and heights of the slots of an edge, in its direction."""
        upper, lower = (self.levels[end] for end in edge)
        return [(level, self.middles[edge, level]) for level in range(upper - 1, lower, -1)]


def levels_of(nodes: Iterable[int], edges: Sequence[Edge]) -> dict[int, int]:
    """The level of each node: one more than the highest that it requires, 0 where it requires nothing."""
    required: dict[int, list[int]] = {node: [] for node in nodes}
    dependants: dict[int, list[int]] = {node: [] for node in required}
    for upper, lower in edges:
        required[upper].append(lower)
        dependants[lower].append(upper)
    missing = {node: len(lowers) for node, lowers in required.items()}
    levels: dict[int, int] = {}
    ready = [node for node, count in missing.items() if not count]
    for node in ready:
        levels[node] = 1 + max((levels[lower] for lower in required[node]), default=-1)
        for upper in dependants[node]:
            missing[upper] -= 1
            if not missing[upper]:
                ready.append(upper)
    if len(levels) < len(required):
        stuck = sorted(node for node in required if node not in levels)
        raise ShardproofError(f"the dependency graph has a circle: nodes {stuck[:8]} wait for one another")
    return levels


def arrange(heights: dict[int, float], edges: Sequence[Edge], low: Collection[int] = ()) -> Layout:
    """Lay out boxes of these heights.

    Those in `low` stay at the bottom of their column, and, where they require nothing, beside what requires them first.
    """
    levels = levels_of(heights, edges)
    uppers = [edge[0] for edge in edges]
    for node in low:
        if node not in uppers:
            levels[node] = min((levels[upper] for upper, lower in edges if lower == node), default=1) - 1
    columns: list[list[Slot]] = [[] for _ in range(1 + max(levels.values(), default=-1))]
    neighbours: dict[Slot, list[Slot]] = {node: [] for node in heights}
    for node in heights:
        columns[levels[node]].append(node)
    for edge in dict.fromkeys(edges):
        upper, lower = edge
        chain: list[Slot] = [upper]
        for level in range(levels[upper] - 1, levels[lower], -1):
            columns[level].append((edge, level))
            neighbours[edge, level] = []
            chain.append((edge, level))
        chain.append(lower)
        for one, other in pairwise(chain):
            neighbours[one].append(other)
            neighbours[other].append(one)
    sizes = {slot: heights[slot] if isinstance(slot, int) else SLOT_HEIGHT for column in columns for slot in column}
    for column in columns:
        column.sort(key=lambda slot: slot in low)
    middles: dict[Slot, float] = {}
    for column in columns:
        middles |= stacked(column, sizes)
    for sweep in range(SWEEPS):
        for column in columns if sweep % 2 else reversed(columns):
            wanted = {slot: mean([middles[one] for one in neighbours[slot]], middles[slot]) for slot in column}
            column.sort(key=lambda slot: (slot in low, wanted[slot]))
            middles |= placed(column, sizes, wanted)
    top = min((middles[slot] - sizes[slot] / 2 for slot in sizes), default=0.0)
    bottom = max((middles[slot] + sizes[slot] / 2 for slot in sizes), default=0.0)
    return Layout(levels, {slot: round(middle - top, 1) for slot, middle in middles.items()}, round(bottom - top, 1))


def mean(values: list[float], default: float) -> float:
    """The mean, or the default of nothing."""
    return sum(values) / len(values) if values else default


def stacked(column: list[Slot], sizes: dict[Slot, float]) -> dict[Slot, float]:
    """The middles of a column's members, one below the other around 0."""
    at = -(sum(sizes[slot] for slot in column) + GAP * (len(column) - 1)) / 2
    middles = {}
    for slot in column:
        middles[slot] = at + sizes[slot] / 2
        at += sizes[slot] + GAP
    return middles


def placed(column: list[Slot], sizes: dict[Slot, float], wanted: dict[Slot, float]) -> dict[Slot, float]:
    """The middles nearest to the wanted ones that keep the order and the gaps (isotonic regression)."""
    offsets: list[float] = []
    blocks: list[list[float]] = []  # each the sum of what its members want, and their number
    at = 0.0
    for number, slot in enumerate(column):
        if number:
            at += (sizes[column[number - 1]] + sizes[slot]) / 2 + GAP
        offsets.append(at)
        blocks.append([wanted[slot] - at, 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            total, count = blocks.pop()
            blocks[-1][0] += total
            blocks[-1][1] += count
    starts = [total / count for total, count in blocks for _ in range(int(count))]
    return {slot: start + offset for slot, start, offset in zip(column, starts, offsets, strict=True)}
