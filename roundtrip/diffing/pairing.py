"""Which elements of a replaced stretch are the same ones, changed: those that are most alike, in order.

Small stretches are decided by the greatest sum of likenesses, large ones element by element in their order. Elements
that are not alike at all are paired, too, where no likeness speaks against it, unless `least` asks for some.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Final

from .alignment import Pair, is_first

#: Pairs of elements that are compared with each other; more are not, and elements are paired in their order.
COMPARED_MAXIMUM: Final = 10_000
#: What any pair is worth, so that nothing stays alone where it need not.
COMPANY: Final = 1e-6

#: What an element is made of, in a form that can be compared: the more two have in common, the more they are alike.
Features = frozenset[Hashable]


def pair_alike(old: Sequence[Features], new: Sequence[Features], *, least: float = 0.0) -> list[Pair]:
    """Pairs of elements, both numbers rising; the same ones for swapped sides."""
    if len(old) * len(new) > COMPARED_MAXIMUM:
        return [(index, index) for index in range(min(len(old), len(new)))] if least == 0.0 else []
    if is_first([tuple(sorted(map(repr, one))) for one in new], [tuple(sorted(map(repr, one))) for one in old]):
        return [(left, right) for right, left in best_pairs(new, old, least)]
    return best_pairs(old, new, least)


def likeness(one: Features, other: Features) -> float:
    """How much two elements have in common, from 0 to 1."""
    return len(one & other) / max(1, len(one | other))


def best_pairs(old: Sequence[Features], new: Sequence[Features], least: float) -> list[Pair]:
    """The pairs with the greatest sum of likenesses."""
    scores = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    worth = [[0.0] * len(new) for _ in old]
    for left in range(len(old) - 1, -1, -1):
        for right in range(len(new) - 1, -1, -1):
            alike = likeness(old[left], new[right])
            worth[left][right] = alike + COMPANY if alike >= least else -1.0
            paired = worth[left][right] + scores[left + 1][right + 1]
            scores[left][right] = max(paired, scores[left + 1][right], scores[left][right + 1])
    pairs: list[Pair] = []
    left = right = 0
    while left < len(old) and right < len(new):
        if worth[left][right] > 0 and scores[left][right] == worth[left][right] + scores[left + 1][right + 1]:
            pairs.append((left, right))
            left, right = left + 1, right + 1
        elif scores[left][right] == scores[left + 1][right]:
            left += 1
        else:
            right += 1
    return pairs
