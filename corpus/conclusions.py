"""Conclusions: which ranges quantities can have, once some of them are assumed."""

from __future__ import annotations

from collections.abc import Mapping

from .quantities import INFINITE, ROUNDS_MAXIMUM, Bond, Column, Contradiction, Quantities, Ranges, SharedPrefix


class Narrowing:
    """Ranges that are narrowed step by step; `Contradiction` where one becomes empty."""

    def __init__(self, ranges: Mapping[str, tuple[int, int]]) -> None:
        self.ranges: Ranges = dict(ranges)
        self.changed = False

    def low(self, name: str) -> int:
        """The least that a quantity can be."""
        return self.ranges.get(name, (0, INFINITE))[0]

    def high(self, name: str) -> int:
        """The most that a quantity can be."""
        return self.ranges.get(name, (0, INFINITE))[1]

    def narrow(self, name: str, low: int, high: int) -> None:
        """Know that a quantity is in low..high, too."""
        before = self.ranges.get(name, (-INFINITE, INFINITE))
        low, high = max(before[0], low), min(before[1], high)
        if low > high:
            raise Contradiction(name, low, high)
        if (low, high) != before:
            self.ranges[name] = low, high
            self.changed = True

    def sum_up(self, bond: Bond) -> None:
        """Narrow every quantity of a sum by all others."""
        lows = [(factor * self.low(name), factor * self.high(name)) for name, factor in bond.terms]
        ranges = [(min(pair), max(pair)) for pair in lows]
        least = bond.constant + sum(low for low, _ in ranges)
        most = bond.constant + sum(high for _, high in ranges)
        for (name, factor), (low, high) in zip(bond.terms, ranges, strict=True):
            if factor == 0:
                continue
            # factor * quantity <= -(the least of the rest), and for a sum of 0 >= -(the most of the rest)
            upper = -(least - low)
            lower = -(most - high) if not bond.at_most and most < INFINITE else -INFINITE
            if factor > 0:
                self.narrow(name, -(-lower // factor), upper // factor)
            else:
                self.narrow(name, -(upper // -factor), -lower // -factor)

    def end(self, column: Column) -> None:
        """What the number that the last element equals says of how many there are, and the other way round."""
        count = f"#{column.path}"
        if self.high(count) == 0:
            self.narrow(column.last, 0, 0)
        if self.low(column.last) > 0:
            self.narrow(count, 1, INFINITE)
        if column.order and self.low(count) > 0:
            rising = self.low(count) - 1 if column.order == "strict" else 0
            self.narrow(column.last, column.low + rising, INFINITE)

    def share(self, prefix: SharedPrefix) -> None:
        """What a common prefix says of the items that have it."""
        count, size, items = f"#{prefix.path}", prefix.size, prefix.items
        self.narrow(size, 0, items.maximum)
        if self.high(count) == 0:
            self.narrow(size, 0, 0)
        if self.low(size) > 0:
            self.narrow(count, 1, INFINITE)
        if self.low(count) > 1 and items.order == "strict":
            self.narrow(size, 0, items.maximum - 1)
        if self.low(size) == items.maximum and items.order == "strict":
            self.narrow(count, 0, 1)
        if (self.low(count), self.high(count)) == (1, 1):  # one item is all prefix
            self.narrow(size, self.low(prefix.whole), self.high(prefix.whole))
            self.narrow(prefix.whole, self.low(size), self.high(size))
            self.narrow(prefix.stored, 0, 0)
        shared = self.low(count) * self.low(size), min(INFINITE, self.high(count) * self.high(size))
        self.narrow(prefix.whole, self.low(prefix.stored) + shared[0], self.high(prefix.stored) + shared[1])
        self.narrow(prefix.stored, max(0, self.low(prefix.whole) - shared[1]), self.high(prefix.whole) - shared[0])
        if self.low(size) > 0 and self.high(prefix.whole) < INFINITE:
            self.narrow(count, 0, self.high(prefix.whole) // self.low(size))


def concluded(quantities: Quantities, assumed: Mapping[str, tuple[int, int]], extra: tuple[Bond, ...] = ()) -> Ranges:
    """What all quantities can be, where some are in these ranges; `Contradiction` where one can be nothing."""
    narrowing = Narrowing(quantities.ranges)
    for name, (low, high) in assumed.items():
        narrowing.narrow(name, low, high)
    for _ in range(ROUNDS_MAXIMUM):
        narrowing.changed = False
        for bond in (*quantities.bonds, *extra):
            narrowing.sum_up(bond)
        for column in quantities.columns:
            narrowing.end(column)
        for prefix in quantities.prefixes:
            narrowing.share(prefix)
        if not narrowing.changed:
            break
    return narrowing.ranges
