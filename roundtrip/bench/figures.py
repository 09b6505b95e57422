"""From what pytest-benchmark measured to microseconds and ratios."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any, Final

from .thresholds import LANES_HELD, YARDSTICKS, Threshold, threshold_for

#: Operations that are reported as a rate, not as a ratio.
RATES: Final = ("flips",)


@dataclass(frozen=True)
class Series:
    """One lane of one benchmark: the median seconds of one operation in each round."""

    format: str
    operation: str
    lane: str
    rounds: tuple[float, ...]

    @property
    def microseconds(self) -> float:
        """The median over rounds."""
        return median(self.rounds) * 1e6


@dataclass(frozen=True)
class Ratio:
    """How long a lane takes in units of another: the median of the rounds' ratios, and the middle half of them."""

    format: str
    operation: str
    lane: str
    against: str
    ratio: float
    low: float
    high: float
    threshold: Threshold | None = None

    @property
    def ok(self) -> bool | None:
        """Whether the threshold holds; None where there is none."""
        return None if self.threshold is None else self.ratio <= self.threshold.maximum


def series_of(benchmarks: dict[str, Any]) -> list[Series]:
    """The series in pytest-benchmark's JSON, in the order in which they were first measured."""
    found: dict[tuple[str, str, str], list[float]] = {}
    for benchmark in benchmarks["benchmarks"]:
        facts = benchmark["extra_info"]
        if facts["round"] < 0:
            continue
        key = (facts["format"], facts["operation"], facts["lane"])
        found.setdefault(key, []).append(median(benchmark["stats"]["data"]) / facts["operations"])
    return [Series(*key, tuple(rounds)) for key, rounds in found.items()]


def ratios_of(series: list[Series], *, judged: bool = True) -> list[Ratio]:
    """Our lanes against all others that do the same; `judged`: with their thresholds."""
    return [
        ratio_of(one, other, judged=judged)
        for one in series
        if one.lane in LANES_HELD and one.operation not in RATES
        for other in series
        if (other.format, other.operation) == (one.format, one.operation) and other.lane not in LANES_HELD[one.lane]
    ]


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """The quartiles of some values, also of one."""
    if len(values) == 1:
        return values[0], values[0], values[0]
    low, middle, high = quantiles(values, n=4, method="inclusive")
    return low, middle, high


def ratio_of(one: Series, other: Series, *, judged: bool = True) -> Ratio:
    """The ratio of two series, round by round."""
    pairs = [mine / theirs for mine, theirs in zip(one.rounds, other.rounds, strict=False)]
    low, middle, high = quartiles(pairs)
    threshold = threshold_for(one.format, one.operation, one.lane, other.lane) if judged else None
    return Ratio(one.format, one.operation, one.lane, other.lane, middle, low, high, threshold)


def yardsticks(ratios: list[Ratio]) -> dict[str, Ratio]:
    """For each benchmark the ratio that a saved run is compared by: against hand-written code, else the oracle."""
    chosen: dict[str, Ratio] = {}
    for against in YARDSTICKS:
        for ratio in ratios:
            if ratio.against == against:
                chosen.setdefault(f"{ratio.format} {ratio.operation} {ratio.lane}", ratio)
    return chosen
