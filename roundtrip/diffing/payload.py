"""Where two long byte strings differ: insert-aware within reason.

What both begin and end with is found first, at the speed of memory. The rest is compared in place where it is as long
on both sides and mostly the same. Else a few insertions and removals are looked for, and then blocks of the old that
are there once are looked for at every byte of the new, and every hit is extended as far as it goes. What lies between
hits is a hunk. Longer rests than `SEARCHED_SIZE_MAXIMUM` are compared in place, or are one hunk.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from .alignment import Pair, TooMuch, longest_rising, shortest

#: The longest piece of bytes that is compared at once, and the first one.
PIECE_SIZE: Final = 2**20
FIRST_PIECE_SIZE: Final = 64
#: Rests that are searched for moved bytes, and the size of the blocks that are looked for.
SEARCHED_SIZE_MAXIMUM: Final = 2**21
BLOCK_SIZE: Final = 16
#: Bytes that differ in place; those between which few are the same are one run.
RUNS: Final = re.compile(rb"[^\0](?:\0{0,3}[^\0])*")
#: Insertions and removals of single bytes that are looked for, and the steps that this may take.
FEW: Final = 64
FEW_WORK_MAXIMUM: Final = 200_000
#: Fewer equal bytes than this between two hunks are part of one.
GAP_SIZE: Final = 4
#: Where more than one byte in so many differs in place, bytes may have moved.
SPARSE: Final = 8

Bytes = bytes | memoryview


@dataclass(frozen=True)
class Hunk:
    """Bytes old_start..old_end of the old value became new_start..new_end of the new one."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int

    def moved(self, old: int, new: int) -> Hunk:
        """The same hunk, counted from elsewhere."""
        return Hunk(self.old_start + old, self.old_end + old, self.new_start + new, self.new_end + new)


def hunks(old: Bytes, new: Bytes) -> tuple[Hunk, ...]:
    """The hunks that make the old bytes the new ones, in order; between them, bytes are the same."""
    if len(old) > len(new) or (len(old) == len(new) and bytes_after(new, old)):
        return tuple(Hunk(one.new_start, one.new_end, one.old_start, one.old_end) for one in ordered_hunks(new, old))
    return ordered_hunks(old, new)


def bytes_after(one: Bytes, other: Bytes) -> bool:
    """Whether the first byte in which two strings of one length differ is smaller in `one`."""
    at = common_start(one, other)
    return at < len(one) and one[at] < other[at]


def ordered_hunks(old: Bytes, new: Bytes) -> tuple[Hunk, ...]:
    """The same, for the sides in their order."""
    before = common_start(old, new)
    after = common_end(old, new, min(len(old), len(new)) - before)
    left, right = bytes(old[before : len(old) - after]), bytes(new[before : len(new) - after])
    if not left and not right:
        return ()
    return tuple(hunk.moved(before, before) for hunk in between(left, right))


def between(old: bytes, new: bytes) -> list[Hunk]:
    """The hunks of two strings that differ at both ends."""
    whole = [Hunk(0, len(old), 0, len(new))]
    if not old or not new:
        return whole
    in_place = hunks_in_place(old, new) if len(old) == len(new) else []
    if in_place and sum(hunk.old_end - hunk.old_start for hunk in in_place) * SPARSE <= len(old):
        return in_place
    if (few := hunks_of_few(old, new)) is not None:
        return few
    if max(len(old), len(new)) > SEARCHED_SIZE_MAXIMUM:
        return in_place or whole
    moved = hunks_moved(old, new)
    return min((moved, in_place), key=changed_size) if in_place else moved


def changed_size(found: list[Hunk]) -> int:
    """How many bytes hunks remove and insert."""
    return sum(hunk.old_end - hunk.old_start + hunk.new_end - hunk.new_start for hunk in found)


def common_start(old: Bytes, new: Bytes) -> int:
    """How many bytes both begin with."""
    least = min(len(old), len(new))
    done, size = 0, FIRST_PIECE_SIZE
    while done < least:
        end = min(done + size, least)
        one, other = bytes(old[done:end]), bytes(new[done:end])
        if one != other:
            return done + first_difference(one, other)
        done, size = end, min(size * 4, PIECE_SIZE)
    return least


def common_end(old: Bytes, new: Bytes, most: int) -> int:
    """How many bytes both end with, `most` at most."""
    done, size = 0, FIRST_PIECE_SIZE
    while done < most:
        taken = min(size, most - done)
        one = bytes(old[len(old) - done - taken : len(old) - done])
        other = bytes(new[len(new) - done - taken : len(new) - done])
        if one != other:
            return done + first_difference(one[::-1], other[::-1])
        done, size = done + taken, min(size * 4, PIECE_SIZE)
    return most


def first_difference(one: bytes, other: bytes) -> int:
    """The index of the first byte in which two different strings of one length differ."""
    different = int.from_bytes(one, "big") ^ int.from_bytes(other, "big")
    return len(one) - (different.bit_length() + 7) // 8


def hunks_in_place(old: bytes, new: bytes) -> list[Hunk]:
    """The runs of bytes that differ between two strings of one length."""
    found = []
    for start in range(0, len(old), PIECE_SIZE):
        one, other = old[start : start + PIECE_SIZE], new[start : start + PIECE_SIZE]
        different = (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).to_bytes(len(one), "big")
        for run in RUNS.finditer(different):
            begin, end = start + run.start(), start + run.end()
            found.append(Hunk(begin, end, begin, end))
    return found


def hunks_of_few(old: bytes, new: bytes) -> list[Hunk] | None:
    """The hunks of a few insertions and removals; None where it takes more."""
    try:
        pairs = shortest(old, new, FEW_WORK_MAXIMUM, FEW)
    except TooMuch:
        return None
    found: list[Hunk] = []
    old_end = new_end = 0
    for run in (*runs_of(pairs), (len(old), len(new), 0)):
        left, right, size = run
        if 0 < size < GAP_SIZE:
            continue
        if left > old_end or right > new_end:
            found.append(Hunk(old_end, left, new_end, right))
        old_end, new_end = left + size, right + size
    return found


def runs_of(pairs: list[Pair]) -> list[tuple[int, int, int]]:
    """Runs of equal bytes: where each begins on both sides, and how long it is."""
    runs: list[tuple[int, int, int]] = []
    for left, right in pairs:
        if runs and (runs[-1][0] + runs[-1][2], runs[-1][1] + runs[-1][2]) == (left, right):
            runs[-1] = (runs[-1][0], runs[-1][1], runs[-1][2] + 1)
        else:
            runs.append((left, right, 1))
    return runs


def hunks_moved(old: bytes, new: bytes) -> list[Hunk]:
    """The hunks between blocks of the old that are found in the new."""
    blocks: dict[bytes, int] = {}
    for start in range(0, len(old) - BLOCK_SIZE + 1, BLOCK_SIZE):
        block = old[start : start + BLOCK_SIZE]
        blocks[block] = start if block not in blocks else -1
    candidates: dict[int, int] = {}
    at = 0
    while at <= len(new) - BLOCK_SIZE:
        start = blocks.get(new[at : at + BLOCK_SIZE], -1)
        if start >= 0:
            candidates.setdefault(start, at)
            at += BLOCK_SIZE
        else:
            at += 1
    found: list[Hunk] = []
    one, other = memoryview(old), memoryview(new)
    old_end = new_end = 0
    for start, place in longest_rising(sorted(candidates.items())):
        if start < old_end or place < new_end:
            continue
        back = common_end(one[:start], other[:place], min(start - old_end, place - new_end))
        if start - back > old_end or place - back > new_end:
            found.append(Hunk(old_end, start - back, new_end, place - back))
        forth = common_start(one[start:], other[place:])
        old_end, new_end = start + forth, place + forth
    if old_end < len(old) or new_end < len(new):
        found.append(Hunk(old_end, len(old), new_end, len(new)))
    return found
