"""Which elements of two sequences are the same ones: insert-aware, and never slow.

What both begin and end with is the same; so one insertion is one insertion, wherever it is. Elements that only one
side has cannot match and are left out. For what remains Myers' algorithm ("An O(ND) Difference Algorithm", 1986) finds
the fewest insertions and removals, as long as its work stays within `WORK_MAXIMUM`; else the elements that are there
once on each side divide the sequences (patience), and each piece is tried again. A piece that still asks for too much
is one replaced stretch, and the answer says that it is coarse.

The answer does not depend on which side is called old: swapped sides give swapped pairs.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final

#: Steps of the search over the whole, and again of all searches over pieces: a second or so each.
WORK_MAXIMUM: Final = 2_000_000
#: The most insertions and removals that one search looks for; it keeps a number for each pair of them.
DISTANCE_MAXIMUM: Final = 1500
#: Pieces of a sequence that was too much as a whole get so many steps for each element, and are divided so often.
WORK_PER_ELEMENT: Final = 64
DEPTH_MAXIMUM: Final = 8

Pair = tuple[int, int]
Symbols = Sequence[int]


@dataclass(frozen=True)
class Alignment:
    """`pairs`: (index in the old, index in the new) of equal elements, both rising.

    coarse: in some stretch the search was given up, although both sides have elements in common there.
    """

    pairs: tuple[Pair, ...]
    coarse: bool = False


@dataclass(frozen=True)
class Stretch:
    """Elements old_start..old_end and new_start..new_end: all equal, or none matched."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int
    equal: bool


class TooMuch(Exception):
    """A search has used up its work."""


def align(old: Sequence[Hashable], new: Sequence[Hashable]) -> Alignment:
    """The equal elements of two sequences, in order."""
    if is_first(new, old):
        swapped = align_ordered(new, old)
        return Alignment(tuple((one, other) for other, one in swapped.pairs), swapped.coarse)
    return align_ordered(old, new)


def is_first(one: Sequence[Hashable], other: Sequence[Hashable]) -> bool:
    """An order of any two different sequences that does not depend on which one is called what."""
    if len(one) != len(other):
        return len(one) < len(other)
    pairs = zip(one, other, strict=True)
    return next((repr(left) < repr(right) for left, right in pairs if left != right), False)


def align_ordered(old: Sequence[Hashable], new: Sequence[Hashable]) -> Alignment:
    """The same, with the sides in their order."""
    numbers: dict[Hashable, int] = {}
    first = [numbers.setdefault(element, len(numbers)) for element in old]
    second = [numbers.setdefault(element, len(numbers)) for element in new]
    search = Search()
    pairs = search.pairs(list(enumerate(first)), list(enumerate(second)))
    return Alignment(tuple(pairs), search.coarse)


def align_keys(old: Sequence[Hashable], new: Sequence[Hashable]) -> Alignment:
    """The common elements of two sequences whose elements rise strictly, each being there once."""
    places = {key: index for index, key in enumerate(new)}
    return Alignment(tuple((index, places[key]) for index, key in enumerate(old) if key in places))


def stretches(alignment: Alignment, old_count: int, new_count: int) -> list[Stretch]:
    """The whole of both sequences, cut where equal elements begin and end."""
    found: list[Stretch] = []
    old, new = 0, 0
    for left, right in (*alignment.pairs, (old_count, new_count)):
        if (left, right) != (old, new):
            found.append(Stretch(old, left, new, right, equal=False))
        if left < old_count:
            last = found[-1] if found else None
            if last is not None and last.equal and (last.old_end, last.new_end) == (left, right):
                found[-1] = Stretch(last.old_start, left + 1, last.new_start, right + 1, equal=True)
            else:
                found.append(Stretch(left, left + 1, right, right + 1, equal=True))
        old, new = left + 1, right + 1
    return found


#: An element with the index that it has in its sequence.
Numbered = list[tuple[int, int]]


class Search:
    """One alignment: the work that is left for the pieces of a sequence that was too much as a whole."""

    def __init__(self) -> None:
        self.work = WORK_MAXIMUM
        self.coarse = False

    def pairs(self, old: Numbered, new: Numbered, work: int = WORK_MAXIMUM, depth: int = 0) -> list[Pair]:
        """The equal elements of two stretches."""
        before, after = common_ends(old, new)
        old_end, new_end = len(old) - after, len(new) - after
        head = [(old[index][0], new[index][0]) for index in range(before)]
        tail = [(old[old_end + index][0], new[new_end + index][0]) for index in range(after)]
        shared = {number for _, number in old[before:old_end]} & {number for _, number in new[before:new_end]}
        if not shared:
            return head + tail
        left = [one for one in old[before:old_end] if one[1] in shared]
        right = [one for one in new[before:new_end] if one[1] in shared]
        return head + self.middle(left, right, work, depth) + tail

    def middle(self, old: Numbered, new: Numbered, work: int, depth: int) -> list[Pair]:
        """The same, of stretches that hold the same elements."""
        try:
            found = shortest([number for _, number in old], [number for _, number in new], work)
            return [(old[left][0], new[right][0]) for left, right in found]
        except TooMuch:
            anchors = unique_anchors(old, new) if depth < DEPTH_MAXIMUM else []
        if not anchors:
            self.coarse = True
            return []
        pairs: list[Pair] = []
        old_start = new_start = 0
        for left, right in (*anchors, (len(old), len(new))):
            pairs += self.piece(old[old_start:left], new[new_start:right], depth + 1)
            if left < len(old):
                pairs.append((old[left][0], new[right][0]))
            old_start, new_start = left + 1, right + 1
        return pairs

    def piece(self, old: Numbered, new: Numbered, depth: int) -> list[Pair]:
        """The equal elements of a piece, which gets its part of the work that is left."""
        work = min(self.work, WORK_PER_ELEMENT * (len(old) + len(new)))
        self.work -= work
        return self.pairs(old, new, work, depth)


def shortest(old: Symbols, new: Symbols, work: int, farthest: int = DISTANCE_MAXIMUM) -> list[Pair]:
    """Myers' greedy search: the pairs of a longest common subsequence; raises `TooMuch`.

    farthest: the most insertions and removals, `work`: the most steps. reached[middle + k]: how far in `old` a path of
    so many insertions and removals comes on diagonal k.
    """
    middle = farthest + 1
    reached, history = [0] * (2 * middle + 1), []
    for distance in range(min(len(old) + len(new), farthest) + 1):
        history.append(reached[middle - distance - 1 : middle + distance + 2])
        for diagonal in range(-distance, distance + 1, 2):
            at = middle + diagonal
            inserts = diagonal == -distance or (diagonal != distance and reached[at - 1] < reached[at + 1])
            x = begin = reached[at + 1] if inserts else reached[at - 1] + 1
            y = x - diagonal
            while x < len(old) and y < len(new) and old[x] == new[y]:
                x, y = x + 1, y + 1
            reached[at] = x
            work -= 1 + x - begin
            if x >= len(old) and y >= len(new):
                return walked_back(history, len(old), len(new))
        if work < 0:
            break
    raise TooMuch


def walked_back(history: list[list[int]], x: int, y: int) -> list[Pair]:
    """The equal elements on the path that a search has found, from its end to its start."""
    pairs: list[Pair] = []
    for distance in range(len(history) - 1, -1, -1):
        reached, diagonal, middle = history[distance], x - y, distance + 1
        at = middle + diagonal
        inserts = diagonal == -distance or (diagonal != distance and reached[at - 1] < reached[at + 1])
        before_x = reached[at + 1] if inserts else reached[at - 1]
        before_y = before_x - (diagonal + 1 if inserts else diagonal - 1)
        while x > before_x and y > before_y:
            x, y = x - 1, y - 1
            pairs.append((x, y))
        x, y = before_x, before_y
    return pairs[::-1]


def common_ends(old: Numbered, new: Numbered) -> tuple[int, int]:
    """How many elements both begin with, and how many of the rest both end with."""
    least = min(len(old), len(new))
    before = next((index for index in range(least) if old[index][1] != new[index][1]), least)
    rest = least - before
    after = next((index for index in range(rest) if old[-1 - index][1] != new[-1 - index][1]), rest)
    return before, after


def unique_anchors(old: Numbered, new: Numbered) -> list[Pair]:
    """Places of elements that are there once on each side, in the longest order that both sides have."""
    once_old = Counter(number for _, number in old)
    once_new = Counter(number for _, number in new)
    places = {number: index for index, (_, number) in enumerate(new) if once_new[number] == 1}
    candidates = [
        (index, places[number]) for index, (_, number) in enumerate(old) if once_old[number] == 1 and number in places
    ]
    return longest_rising(candidates)


def longest_rising(candidates: list[Pair]) -> list[Pair]:
    """The longest subsequence whose second numbers rise; the first ones do."""
    tops: list[int] = []
    holders: list[int] = []
    before: list[int] = []
    for index, (_, place) in enumerate(candidates):
        pile = bisect_left(tops, place)
        before.append(holders[pile - 1] if pile else -1)
        tops[pile : pile + 1] = [place]
        holders[pile : pile + 1] = [index]
    found: list[Pair] = []
    index = holders[-1] if holders else -1
    while index >= 0:
        found.append(candidates[index])
        index = before[index]
    return found[::-1]
