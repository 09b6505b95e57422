"""Wishes: what a generated file should show, as what the fields on the way must be.

The features of a wish are needs of single fields. What follows from them for counts and lengths, `corpus.conclusions`
draws; so a wish for two elements settles the count that counts them, and the length of the region that they fill.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from corpus.conclusions import concluded
from corpus.exclusion import ELEMENT_COUNT_MAXIMUM, Assumed, Excluded, Prover, assume, relative, split
from corpus.features import Feature
from corpus.needs import Exact, Flagged, ItemSize, Need, Number, Size, Within
from corpus.quantities import Contradiction, Quantities

Range = tuple[int, int]


@dataclass(frozen=True)
class Wishes:
    """What fields should be, by path without indices.

    needs: of scalars and of elements, which may have several; ranges: of numbers, sizes (`#path`) and bytes; exact:
    numbers that are settled before anything is made; values: of fields that decide on branches; twins: columns in
    which a value should stand twice.
    """

    ranges: dict[str, Range] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    exact: dict[str, int] = field(default_factory=dict)
    needs: dict[str, list[Need]] = field(default_factory=dict)
    items: dict[str, list[int]] = field(default_factory=dict)
    twins: frozenset[str] = frozenset()


def wishes_for(prover: Prover, features: Sequence[Feature], size_maximum: int) -> Wishes | None:
    """The wishes of several features at once; None where they exclude each other."""
    try:
        assumed = assume(prover.quantities, tuple(features))
        for path in prover.quantities.arrays:
            assumed.within(f"#{path}", 0, ELEMENT_COUNT_MAXIMUM)
        assumed.within("||", 0, size_maximum)
        ranges = concluded(prover.quantities, assumed.ranges, tuple(assumed.bonds))
    except (Contradiction, Excluded):
        return None
    wishes = Wishes(narrowed(prover.quantities, ranges, ""), dict(assumed.values), settled(assumed))
    for level in {split(feature.path)[0] for feature in features} - {""}:
        of_elements(prover, level, [one for one in features if split(one.path)[0] == level], size_maximum, wishes)
    for feature in features:
        if feature.aspect.need is not None:
            collect(feature.path, feature.aspect.need, wishes)
    twins = frozenset(feature.path for feature in features if feature.aspect.name == "=equal_neighbours")
    return replace(wishes, twins=twins)


def settled(assumed: Assumed) -> dict[str, int]:
    """The numbers that a wish leaves no choice."""
    return {name: low for name, (low, high) in assumed.ranges.items() if low == high and name[:1] not in {"#", "|"}}


def narrowed(quantities: Quantities, ranges: Mapping[str, Range], level: str) -> dict[str, Range]:
    """The ranges that are narrower than without any wish, by the names that they have in the whole."""
    usual = quantities.ranges
    return {below(level, name): found for name, found in ranges.items() if found != usual.get(name)}


def below(level: str, name: str) -> str:
    """The name of an element's quantity in the whole."""
    mark = name[:1] if name[:1] in {"#", "|"} else ""
    inner = name.strip("|").removeprefix("#")
    path = f"{level}.{inner}" if inner and level else level + inner
    return f"{mark}{path}{'|' if mark == '|' else ''}"


def of_elements(prover: Prover, level: str, features: Sequence[Feature], size_maximum: int, wishes: Wishes) -> None:
    """What follows for elements, where all that is wished of them fits one of them; else of the first wish."""
    quantities = prover.elements.get(level)
    for chosen in (features, features[:1]) if quantities is not None else ():
        assert quantities is not None
        inner = [
            replace(
                one,
                path=split(one.path)[1],
                guards=tuple(relative(guard, level) for guard in one.guards if guard.path.startswith(level)),
            )
            for one in chosen
        ]
        try:
            assumed = assume(quantities, tuple(inner))
            assumed.within("||", 0, size_maximum)
            ranges = concluded(quantities, assumed.ranges, tuple(assumed.bonds))
        except (Contradiction, Excluded):
            continue
        wishes.ranges.update(narrowed(quantities, ranges, level))
        wishes.exact.update({below(level, name): number for name, number in settled(assumed).items()})
        wishes.values.update({below(level, name): value for name, value in assumed.values.items()})
        return


def collect(path: str, need: Need, wishes: Wishes) -> None:
    """Note the need of one field."""
    match need:
        case Within(name=name, need=inner):
            collect(f"{path}.{name}", inner, wishes)
        case ItemSize(size=size):
            wishes.items.setdefault(path, []).append(size)
        case Flagged(flags=flags):
            before = wishes.needs.setdefault(path, [Flagged(())])
            known = before[0]
            if isinstance(known, Flagged):
                before[0] = Flagged((*known.flags, *flags))
        case Number() | Exact() | Size():
            wishes.needs.setdefault(path, []).append(need)
