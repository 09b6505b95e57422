"""How many wrong bits a CRC always notices, by search: the shortest pattern of each weight that it does not.

The syndrome of a wrong bit j places before the end of data and checksum is x^j modulo the generator, and a pattern
of wrong bits passes exactly when the syndromes of its bits cancel out. A pattern that passes may be moved, so the
search looks only for those that begin at the last bit (x^0 = 1):

- weight 1: never passes, as x has an inverse;
- weight 2: x^d = 1, so d is the order of x, which follows from the factors of the generator;
- odd weights, where x + 1 divides the generator: a polynomial with an odd number of terms is no multiple of x + 1;
- weight 3 otherwise: 1 + x^b = x^c, one look into a table for each c;
- weight 4: 1 + x^b + x^d = x^c, one look into a table for each pair b < d;
- weight 5 otherwise: 1 + x^d + x^e against the table of all sums of two.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import cache
from math import comb
from typing import Final

from .polynomials import divided, factors, order_of_x, times_x

#: How far the search goes, in bits of data and checksum; beyond, nothing is claimed.
BITS_SEARCHED: Final = {3: 1 << 17, 4: 8192, 5: 1024}
X_PLUS_1: Final = 3


@dataclass(frozen=True)
class Weight:
    """What is known of patterns of so many wrong bits.

    bits: all of them are noticed in up to so many bits, data and checksum together; None for any number of bits.
    first: the shortest pattern that passes, as places counted from the last bit; None where none was met.
    exact: whether one bit more lets a pattern pass (or nothing ever does); else the search ended at `bits`.
    """

    weight: int
    bits: int | None
    first: tuple[int, ...] | None
    exact: bool
    argument: str
    seconds: float = 0.0

    @property
    def patterns(self) -> int | None:
        """How many patterns of the weight there are in so many bits; None for no limit."""
        return None if self.bits is None else comb(self.bits, self.weight)

    def as_dict(self) -> dict[str, object]:
        """The row with stable keys, for `--json`."""
        return {
            "weight": self.weight,
            "bits": self.bits,
            "patterns": self.patterns,
            "first_undetected": None if self.first is None else list(self.first),
            "exact": self.exact,
            "argument": self.argument,
            "seconds": round(self.seconds, 3),
        }


@cache
def weights(generator: int) -> tuple[Weight, ...]:
    """What holds for patterns of 1 to 5 wrong bits."""
    known = factors(generator)
    is_even = X_PLUS_1 in known
    found = [Weight(1, None, None, exact=True, argument="x has an inverse: the generator has a constant term")]
    for weight in (2, 3, 4, 5):
        started = time.process_time()
        if weight % 2 and is_even:
            row = Weight(weight, None, None, exact=True, argument="x + 1 divides the generator: odd weights never pass")
        elif weight == 2:
            row = weight_2(generator, known)
        else:
            row = searched(weight, generator, BITS_SEARCHED[weight])
        found.append(replace(row, seconds=time.process_time() - started))
    return tuple(found)


def weight_2(generator: int, known: dict[int, int]) -> Weight:
    """Two wrong bits: they pass exactly when they are a multiple of the order of x apart."""
    order = order_of_x(generator, known)
    return Weight(2, order, (0, order), exact=True, argument=f"x has the order {order:,}, by factorization")


SEARCHES: Final = {
    3: "search: one look-up for each place",
    4: "search: one look-up for each pair of places",
    5: "search: one look-up for each pair of places, in a table of pairs",
}


def searched(weight: int, generator: int, limit: int) -> Weight:
    """Three, four or five wrong bits, by search up to `limit` bits."""
    search = {3: first_of_weight_3, 4: first_of_weight_4, 5: first_of_weight_5}[weight]
    first = search(generator, limit)
    bits = limit if first is None else first[-1]
    return Weight(weight, bits, first, exact=first is not None, argument=SEARCHES[weight])


def syndromes(generator: int, count: int) -> list[int]:
    """The syndromes of wrong bits at places 0 to count - 1 before the end."""
    found = [divided(1, generator)[1]]
    while len(found) < count:
        found.append(times_x(found[-1], generator))
    return found[:count]


def first_of_weight_3(generator: int, limit: int) -> tuple[int, ...] | None:
    """The shortest pattern of three that passes within `limit` bits, its places in order; None for none."""
    known: dict[int, int] = {}
    for place, syndrome in enumerate(syndromes(generator, limit)):
        if place and (other := known.get(1 ^ syndrome)) is not None:
            return 0, other, place
        known[syndrome] = place
    return None


def first_of_weight_4(generator: int, limit: int) -> tuple[int, ...] | None:
    """The same of four. Of two equal syndromes (see weight 2) the first place counts."""
    every = syndromes(generator, limit)
    known: dict[int, int] = {}
    for last, syndrome in enumerate(every):
        wanted = 1 ^ syndrome
        # A set operation makes the search fast: which of the sums of three bits is the syndrome of a fourth?
        hit = known.keys() & {wanted ^ other for other in every[1:last]}
        for sum_of_three in sorted(hit, key=lambda one: known[one]):
            places = sorted({0, last, known[sum_of_three], known.get(wanted ^ sum_of_three, 0)})
            if len(places) == 4:
                return tuple(places)
        if syndrome not in known and last:
            known[syndrome] = last
    return None


def first_of_weight_5(generator: int, limit: int) -> tuple[int, ...] | None:
    """The same of five: a table of all sums of two places grows beside the search."""
    every = syndromes(generator, limit)
    pairs: dict[int, tuple[int, int]] = {}
    for last in range(2, len(every)):
        for other in range(1, last):
            pair = pairs.get(1 ^ every[last] ^ every[other])
            if pair is not None and other not in pair:
                return tuple(sorted({0, *pair, other, last}))
        pairs.update({every[other] ^ every[last]: (other, last) for other in range(1, last)})
    return None
