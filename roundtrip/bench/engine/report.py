"""The report of a run: what was measured, what our engine promises, how it ends.

The keys of `as_dict` are stable:

    ok, seed, quick, growth, rounds, plant
    results      engine, operation, value_size, microseconds, low, high, [keys], [facts of that operation]
    ratios       engine, against, operation, value_size, [keys], ratio, low, high, [threshold, ok]
    promises     operation, value_size, [keys], quantity, [against], [against_keys], measured, threshold, at_least, ok
    engines      name, package, version, note
    not_run      what, reason, [install]
    findings     text
    machine      python, system, processor, cores, packages

`ratio` is our time over the time of `against`; `low` and `high` enclose the middle half of the rounds. Facts are
medians over rounds: write_amplification, space_amplification, peak_memory_bytes, levels, gain, p999_microseconds, …
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from ..figures import quartiles
from ..report import NOTHING_TESTED, PROVED, REFUTED
from .figures import Judgement, Ratio, Series
from .promises import TIME
from .registry import OURS

if TYPE_CHECKING:
    from rich.console import Console

    from .promises import Promise


@dataclass(frozen=True)
class EngineReport:
    """The outcome of a run. quick: nothing is judged; growth: the store grew; plant: what was made slow on purpose."""

    seed: int
    rounds: int
    series: tuple[Series, ...] = ()
    ratios: tuple[Ratio, ...] = ()
    judgements: tuple[Judgement, ...] = ()
    engines: tuple[dict[str, str], ...] = ()
    not_run: tuple[dict[str, str], ...] = ()
    findings: tuple[str, ...] = ()
    machine: dict[str, Any] | None = None
    quick: bool = False
    growth: bool = False
    plant: str | None = None

    @property
    def missed(self) -> list[Judgement]:
        """The promises that were not kept."""
        return [one for one in self.judgements if not one.ok]

    @property
    def ok(self) -> bool:
        """Something was measured, every promise was kept, every engine answered what it should."""
        return bool(self.series) and not self.missed and not self.findings

    @property
    def exit_code(self) -> int:
        """0 every promise kept, 1 one missed or an engine failed, 3 nothing was measured."""
        if not self.series and not self.findings:
            return NOTHING_TESTED
        return PROVED if self.ok else REFUTED

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "ok": self.ok,
            "seed": self.seed,
            "quick": self.quick,
            "growth": self.growth,
            "rounds": self.rounds,
            "plant": self.plant,
            "results": [result_row(one) for one in self.series],
            "ratios": [self.ratio_row(one) for one in self.ratios],
            "promises": [promise_row(one) for one in self.judgements],
            "engines": list(self.engines),
            "not_run": list(self.not_run),
            "findings": list(self.findings),
            "machine": self.machine or {},
        }

    def ratio_row(self, ratio: Ratio) -> dict[str, Any]:
        """One row of `ratios`."""
        row = {
            "engine": OURS,
            "against": ratio.against,
            **named(ratio),
            "ratio": ratio.ratio,
            "low": ratio.low,
            "high": ratio.high,
        }
        for one in self.judgements:
            if one.promise.against == ratio.against and named(one.promise) == named(ratio):
                row |= {"threshold": one.promise.limit, "ok": one.ok}
        return row

    def render(self, console: Console) -> None:
        """The report for people."""
        from .rendering import write_report  # noqa: PLC0415  # rich is heavy, and not needed for JSON

        write_report(console, self)


def named(one: Series | Ratio | Promise) -> dict[str, Any]:
    """The keys that name what was measured."""
    keys = {} if one.keys is None else {"keys": one.keys}
    return {"operation": one.operation, "value_size": one.value_size, **keys}


def result_row(one: Series) -> dict[str, Any]:
    """One row of `results`."""
    low, middle, high = quartiles(one.rounds)
    facts = {name: median(values) for name, values in one.facts.items() if values}
    return {"engine": one.engine, **named(one), TIME: middle, "low": low, "high": high, **facts}


def promise_row(one: Judgement) -> dict[str, Any]:
    """One row of `promises`."""
    promise = one.promise
    row: dict[str, Any] = {**named(promise), "quantity": promise.quantity}
    if promise.against is not None:
        row["against"] = promise.against
    if promise.against_keys is not None:
        row["against_keys"] = promise.against_keys
    return {**row, "measured": one.measured, "threshold": promise.limit, "at_least": promise.at_least, "ok": one.ok}
