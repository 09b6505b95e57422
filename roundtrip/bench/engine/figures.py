"""From what the measuring processes found to series, ratios and judgements."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Any

from ..figures import quartiles
from .promises import TIME, Promise
from .registry import OURS


@dataclass(frozen=True)
class Series:
    """One operation of one engine on values of one size. rounds: microseconds; facts: of each round, too."""

    engine: str
    operation: str
    value_size: int
    keys: int | None
    rounds: tuple[float, ...]
    facts: dict[str, tuple[float, ...]]

    @property
    def microseconds(self) -> float:
        """The median over rounds."""
        return median(self.rounds)

    def of(self, quantity: str) -> tuple[float, ...]:
        """A quantity, round by round; empty where it was not measured."""
        return self.rounds if quantity == TIME else self.facts.get(quantity, ())


@dataclass(frozen=True)
class Ratio:
    """Our time over a peer's: the median of the rounds' ratios, and the middle half of them."""

    operation: str
    value_size: int
    keys: int | None
    against: str
    ratio: float
    low: float
    high: float


@dataclass(frozen=True)
class Judgement:
    """A promise and the figure that it is judged by."""

    promise: Promise
    measured: float

    @property
    def ok(self) -> bool:
        """Whether it is kept."""
        return self.promise.kept(self.measured)


def series_of(found: Iterable[dict[str, Any]]) -> list[Series]:
    """The series of single measurements, rounds in the order in which they were made."""
    rows: dict[tuple[str, str, int, int | None], list[dict[str, Any]]] = {}
    for one in found:
        rows.setdefault((one["engine"], one["operation"], one["value_size"], one["keys"]), []).append(one)
    return [
        Series(
            engine,
            operation,
            value_size,
            keys,
            tuple(one["microseconds"] for one in group),
            {name: tuple(one["facts"][name] for one in group if name in one["facts"]) for name in group[0]["facts"]},
        )
        for (engine, operation, value_size, keys), group in rows.items()
    ]


def ratios_of(series: list[Series]) -> list[Ratio]:
    """Our series over every peer's."""
    found = []
    for one in series:
        for other in series:
            same = (one.operation, one.value_size, one.keys) == (other.operation, other.value_size, other.keys)
            if same and one.engine == OURS != other.engine:
                low, middle, high = quartiles(pairwise(one.rounds, other.rounds))
                found.append(Ratio(one.operation, one.value_size, one.keys, other.engine, middle, low, high))
    return found


def pairwise(mine: tuple[float, ...], theirs: tuple[float, ...]) -> list[float]:
    """The ratios of the rounds."""
    return [one / other for one, other in zip(mine, theirs, strict=False)]


def judged(promises: Iterable[Promise], series: list[Series]) -> tuple[list[Judgement], list[Promise]]:
    """The promises that can be judged, and those for which a figure is missing."""
    by_key = {(one.engine, one.operation, one.value_size, one.keys): one for one in series}
    found, lost = [], []
    for promise in promises:
        size, quantity = promise.value_size, promise.quantity
        ours = by_key.get((OURS, promise.operation, size, promise.keys))
        mine = ours.of(quantity) if ours else ()
        if promise.against is not None or promise.against_keys is not None:
            keys = promise.against_keys if promise.against is None else promise.keys
            other = by_key.get((promise.against or OURS, promise.operation, size, keys))
            values = pairwise(mine, other.of(quantity)) if other else []
        else:
            values = list(mine)
        if values:
            found.append(Judgement(promise, median(values)))
        else:
            lost.append(promise)
    return found, lost
