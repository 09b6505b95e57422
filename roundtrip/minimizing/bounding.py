"""How few sets a cover can do with: a lower bound by weights, which prove it whoever found them.

Every element gets a weight of at least 0. A cover holds every element, so it is at least as many sets as

    the weights of all elements + the sum over all sets of min(0, 1 - the weights of the set's elements)

(a set that weighs more than 1 may count its elements for more than it costs, and the second term takes that back). The
weights are whole numbers of 1 / UNIT, so the sum is exact.

Good weights are found by subgradient ascent: an element that too many heavy sets hold gets lighter, one that none holds
gets heavier.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .reducing import bits

#: What 1 is in the weights.
UNIT: Final = 1 << 40
#: Rounds of ascent at the most, and elements in all sets that are looked at in all rounds together at the most.
ROUNDS_MAXIMUM: Final = 300
LOOKS_MAXIMUM: Final = 30_000_000
#: Rounds without a better bound after which steps become half as long.
PATIENCE: Final = 10


def lower_bound(sets: Sequence[int]) -> int:
    """The number of sets that every cover of all their elements needs."""
    # Numbered anew: an element that no set holds would have a weight too, which no set ever takes back.
    numbers: dict[int, int] = {}
    members = [[numbers.setdefault(one, len(numbers)) for one in bits(elements)] for elements in sets if elements]
    if not members:
        return 0
    best = max(ascent(members), key=lambda weights: proved(weights, members))
    return max(1, -(-proved(best, members) // UNIT))


def proved(weights: Sequence[int], members: Sequence[Sequence[int]]) -> int:
    """What the weights prove, in units."""
    spare = (UNIT - sum(weights[element] for element in elements) for elements in members)
    return sum(weights) + sum(min(0, one) for one in spare)


def ascent(members: Sequence[Sequence[int]]) -> list[list[int]]:
    """Weights that prove much: those at the start, and the best that were found."""
    count = 1 + max(max(elements) for elements in members)
    weights = [1.0] * count
    for elements in members:
        for element in elements:
            weights[element] = min(weights[element], 1 / len(elements))
    start, best = list(weights), list(weights)
    highest, stride, waited = 0.0, 1.0, 0
    looks = sum(len(elements) for elements in members)
    for _ in range(min(ROUNDS_MAXIMUM, max(1, LOOKS_MAXIMUM // looks))):
        held = [0] * count
        value = sum(weights)
        for elements in members:
            spare = 1 - sum([weights[element] for element in elements])
            if spare < 0:
                value += spare
                for element in elements:
                    held[element] += 1
        waited += 1
        if value > highest:
            highest, best, waited = value, list(weights), 0
        elif waited >= PATIENCE:
            stride, waited = stride / 2, 0
        length = sum((1 - times) ** 2 for times in held)
        if not length:
            break
        step = stride * max(1.0, 0.05 * highest) / length
        weights = [max(0.0, weight + step * (1 - times)) for weight, times in zip(weights, held, strict=True)]
    return [[int(weight * UNIT) for weight in found] for found in (start, best)]
