"""Which features the next file should show: one that is missing, and for every other field what covers most besides."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from corpus.exclusion import PAIR_SIZE_MAXIMUM
from corpus.features import Feature

from .state import Wanted, ordered


def assignment(wanted: Wanted, base: Sequence[int], random: Random) -> list[int]:
    """The numbers of features that one file may show at once: `base`, and greedily as many open pairs as fit.

    A field of a record takes one feature; elements and items take several, each can be shown by another one.
    """
    chosen = list(base)
    fields: dict[str, list[int]] = {}
    for number in wanted.possible:
        fields.setdefault(wanted.features[number].field, []).append(number)
    taken = {wanted.features[number].field for number in chosen}
    names = [name for name in fields if name not in taken or "[]" in name]
    random.shuffle(names)
    for name in names:
        options = [(worth(wanted, number, chosen), number) for number in fields[name] if number not in chosen]
        options = [option for option in options if option[0] > 0]
        options.sort(key=lambda option: -option[0])
        for _, number in options if "[]" in name else options[:3]:
            if agrees(wanted, number, chosen):
                chosen.append(number)
                if "[]" not in name:
                    break
    return chosen


def worth(wanted: Wanted, number: int, chosen: Sequence[int]) -> int:
    """How many open pairs a feature makes with those that are chosen."""
    return sum(ordered(number, other) in wanted.open for other in chosen) + (number in wanted.singles)


def agrees(wanted: Wanted, number: int, chosen: Sequence[int]) -> bool:
    """Whether no proof excludes the feature together with all that are chosen."""
    if any(wanted.is_excluded(ordered(number, other)) for other in chosen if differ(wanted, number, other)):
        return False
    together: tuple[Feature, ...] = tuple(wanted.features[other] for other in (*chosen, number))
    return wanted.prover.proof(*together, size_maximum=PAIR_SIZE_MAXIMUM) is None


def differ(wanted: Wanted, one: int, other: int) -> bool:
    """Whether two features are of different fields."""
    return wanted.features[one].field != wanted.features[other].field
