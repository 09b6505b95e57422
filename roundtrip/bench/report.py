"""The report of a run: what was measured, what it promises, how it ends.

The keys of `as_dict` are stable:

    ok, seed, catalog, quick
    results      format, structure, operation, lane, microseconds, low, high, bytes, checks, same_bytes
    ratios       format, structure, operation, lane, against, ratio, times_faster, low, high, [threshold, ok]
    rates        format, structure, operation, lane, per_second, [threshold, ok]
    allocations  format, structure, operation, lane, short, long, grown_bytes, threshold, ok
    not_run      what, reason, [install]
    findings     text
    comparison   name, file, found, changes, new, missing, note, ok, or null
    machine      python, system, processor, cores, packages

`ratio` is the lane's time over the time of `against`; `times_faster` is its inverse. `low` and `high` enclose the
middle half of the rounds. `structure` is the part of a format's name behind the dot, or null; `version` is the
format's.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from .figures import RATES, Ratio, Series, quartiles
from .saved import Comparison
from .thresholds import FLIPS_PER_SECOND_MINIMUM

if TYPE_CHECKING:
    from rich.console import Console

PROVED: Final = 0
REFUTED: Final = 1
NOTHING_TESTED: Final = 3


@dataclass(frozen=True)
class BenchReport:
    """The outcome of a run. lanes: what `child` says of each group; judged: whether thresholds count."""

    catalog: str
    seed: int
    quick: bool
    series: tuple[Series, ...]
    ratios: tuple[Ratio, ...]
    lanes: tuple[dict[str, Any], ...] = ()
    allocations: tuple[dict[str, Any], ...] = ()
    not_run: tuple[dict[str, str], ...] = ()
    findings: tuple[str, ...] = ()
    machine: dict[str, Any] | None = None
    comparison: Comparison | None = None
    measured_again: tuple[str, ...] = ()

    @property
    def nothing_tested(self) -> bool:
        """Whether nothing was measured."""
        return not self.series

    @property
    def missed(self) -> list[Ratio]:
        """The promises that were not kept."""
        return [ratio for ratio in self.ratios if ratio.ok is False]

    @property
    def ok(self) -> bool:
        """Something was measured, every promise was kept, nothing has become slower."""
        kept = all(row.get("ok", True) for row in (*self.rates, *self.allocations)) and not self.missed
        compared = self.comparison is None or self.comparison.ok
        return not self.nothing_tested and not self.findings and kept and compared

    @property
    def exit_code(self) -> int:
        """0 every promise kept, 1 one missed or a lane wrong, 3 nothing was measured."""
        return NOTHING_TESTED if self.nothing_tested and not self.findings else PROVED if self.ok else REFUTED

    @cached_property
    def rates(self) -> list[dict[str, Any]]:
        """What is reported by the second."""
        rows = []
        for one in self.series:
            if one.operation in RATES:
                row = {**named(one), "lane": one.lane, "per_second": round(1e6 / one.microseconds)}
                if self.catalog == "" and not self.quick:
                    row["threshold"] = FLIPS_PER_SECOND_MINIMUM
                    row["ok"] = row["per_second"] >= FLIPS_PER_SECOND_MINIMUM
                rows.append(row)
        return rows

    def as_dict(self) -> dict[str, Any]:
        """The JSON form, seed first after the verdict."""
        return {
            "ok": self.ok,
            "seed": self.seed,
            "catalog": self.catalog or "shardproof",
            "quick": self.quick,
            "results": [self.result(one) for one in self.series],
            "ratios": [ratio_row(ratio) for ratio in self.ratios],
            "rates": self.rates,
            "allocations": [{**split(row["format"]), **without(row, "format")} for row in self.allocations],
            "not_run": list(self.not_run),
            "findings": list(self.findings),
            "comparison": None if self.comparison is None else self.comparison.as_dict(),
            "measured_again": list(self.measured_again),
            "machine": self.machine or {},
        }

    def result(self, one: Series) -> dict[str, Any]:
        """One row of `results`."""
        low, _, high = quartiles(one.rounds)
        row = {
            **named(one),
            "lane": one.lane,
            "microseconds": one.microseconds,
            "low": low * 1e6,
            "high": high * 1e6,
        }
        for group in self.lanes:
            if (group["format"], group["operation"]) == (one.format, one.operation):
                facts = group["lanes"][one.lane]
                row |= {
                    "bytes": group["size_bytes"],
                    "checks": facts["checks"],
                    "same_bytes": facts["same_bytes"],
                }
        return row

    def render(self, console: Console) -> None:
        """The report for people."""
        from .rendering import write_report  # noqa: PLC0415  # rich is heavy, and not needed for JSON

        write_report(console, self)


def split(name: str) -> dict[str, Any]:
    """A format's label as family, structure and version."""
    known, _, version = name.partition("@")
    family, _, structure = known.partition(".")
    return {"format": family, "structure": structure or None, "version": int(version or 1)}


def named(one: Series | Ratio) -> dict[str, Any]:
    """The keys that name a benchmark."""
    return {**split(one.format), "operation": one.operation}


def without(row: dict[str, Any], key: str) -> dict[str, Any]:
    """A row without one key."""
    return {name: value for name, value in row.items() if name != key}


def ratio_row(ratio: Ratio) -> dict[str, Any]:
    """One row of `ratios`."""
    row = {
        **named(ratio),
        "lane": ratio.lane,
        "against": ratio.against,
        "ratio": ratio.ratio,
        "times_faster": 1 / ratio.ratio,
        "low": ratio.low,
        "high": ratio.high,
    }
    if ratio.threshold is not None:
        row |= {"threshold": ratio.threshold.maximum, "ok": ratio.ok}
    return row
