"""Makes a set cover smaller without losing the best answer, until nothing is left to do.

- An element that is in every set that holds some other element need not be asked for: that other one brings it.
- A set whose elements are all in another set need not be chosen (of two equal ones, the cheaper stays).
- A set that alone holds some element must be chosen.

Each step may open the way for the others, so they take turns. What is left is the *core*.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

#: Comparisons of sets (or elements) with each other are quadratic; above so many of them they are left out.
COMPARED_MAXIMUM: Final = 4000


@dataclass(frozen=True)
class Core:
    """The numbers of the sets that are chosen already, and what is left: sets by number, elements numbered anew."""

    forced: tuple[int, ...]
    sets: dict[int, int]


def reduce(sets: Mapping[int, int], costs: Sequence[int]) -> Core:
    """The core of a set cover. costs: which of two sets that hold the same stays, the lower."""
    rows = dict(sets)
    forced: list[int] = []
    while True:
        before = len(rows)
        columns = without_implied(columns_of(rows))
        alone = {holders.bit_length() - 1 for holders in columns if holders.bit_count() == 1}
        numbers = list(rows)
        forced += [numbers[position] for position in sorted(alone)]
        left = [holders for holders in columns if not any(holders >> position & 1 for position in alone)]
        rows = without_contained(rows_of(left, numbers), costs)
        if not rows or (len(rows) == before and not alone):
            return Core(tuple(forced), rows)


def bits(elements: int) -> Iterator[int]:
    """The numbers of the bits that are set, ascending."""
    text = bin(elements)[:1:-1]
    position = text.find("1")
    while position >= 0:
        yield position
        position = text.find("1", position + 1)


def columns_of(rows: Mapping[int, int]) -> list[int]:
    """Who holds each element, as bit sets of the positions of rows; elements that the same rows hold are one."""
    holders: dict[int, int] = {}
    for position, elements in enumerate(rows.values()):
        mask = 1 << position
        for element in bits(elements):
            holders[element] = holders.get(element, 0) | mask
    return sorted(set(holders.values()), key=lambda one: (one.bit_count(), one))


def rows_of(columns: Sequence[int], numbers: Sequence[int]) -> dict[int, int]:
    """The rows that hold anything of these columns, by number; elements are numbered in the order of the columns."""
    rows: dict[int, int] = {}
    for element, holders in enumerate(columns):
        mask = 1 << element
        for position in bits(holders):
            rows[position] = rows.get(position, 0) | mask
    return {numbers[position]: rows[position] for position in sorted(rows)}


def without_implied(columns: Sequence[int]) -> list[int]:
    """The columns (those of few holders first) that no other one implies."""
    if len(columns) > COMPARED_MAXIMUM:
        return list(columns)
    kept: list[int] = []
    for holders in columns:
        if not any(one & holders == one for one in kept):
            kept.append(holders)
    return kept


def without_contained(rows: Mapping[int, int], costs: Sequence[int]) -> dict[int, int]:
    """The rows that no other one contains."""
    if len(rows) > COMPARED_MAXIMUM:
        return dict(rows)
    kept: dict[int, int] = {}
    for number in sorted(rows, key=lambda number: (-rows[number].bit_count(), costs[number], number)):
        elements = rows[number]
        if not any(elements & ~other == 0 for other in kept.values()):
            kept[number] = elements
    return {number: rows[number] for number in rows if number in kept}
