"""What one unit of an exhaustive proof gives, and how units come together in a report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from ..findings import Finding
from ..report import NOTHING_TESTED, PROVED, REFUTED, NotRun

DAMAGE: Final = "damage"
CHECKSUMS: Final = "checksums"
CONFUSION: Final = "confusion"
SYMBOLIC: Final = "symbolic"
IMAGES: Final = "images"
#: Every part, in the order of reports, and what it is.
PARTS: Final = {
    DAMAGE: "every flip of one bit and every truncation of every golden file",
    CHECKSUMS: "how many wrong bits, and which bursts, the checksums always notice",
    CONFUSION: "every structure as every other one, and at every foreign place",
    SYMBOLIC: "decoders on every buffer up to a size, as formulas",
    IMAGES: "bits and sectors of a whole store, read by the engine and by the reference store",
}


@dataclass(frozen=True)
class Row:
    """One line of a part's table. `columns`: text by heading, in order; `facts`: the same and more, for `--json`."""

    columns: dict[str, str]
    facts: dict[str, object]


@dataclass(frozen=True)
class Outcome:
    """What one unit gave.

    count: inputs, patterns or paths that were tried; facts: counts to be added up, by name; rows: lines of a table of
    their own; done: False where time was up before the unit began.
    """

    part: str
    subject: str
    count: int = 0
    findings: tuple[Finding, ...] = ()
    facts: dict[str, int | float] = field(default_factory=dict)
    rows: tuple[Row, ...] = ()
    not_run: tuple[NotRun, ...] = ()
    seconds: float = 0.0
    done: bool = True


@dataclass(frozen=True)
class ExhaustiveReport:
    """All outcomes of the parts that were asked for.

    seconds: how long it took by the clock (those of units are of the processor); named: parts that somebody asked for
    by name, so that they must have tried something.
    """

    catalog: str
    seed: int
    parts: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]
    seconds: float
    named: tuple[str, ...] = ()

    def of(self, part: str) -> tuple[Outcome, ...]:
        """The outcomes of one part."""
        return tuple(outcome for outcome in self.outcomes if outcome.part == part)

    def count(self, part: str) -> int:
        """How much a part has tried."""
        return sum(outcome.count for outcome in self.of(part))

    @property
    def empty(self) -> tuple[str, ...]:
        """The parts that should have tried something and did not."""
        return tuple(part for part in self.parts if not self.count(part) and not self.is_excused(part))

    def is_excused(self, part: str) -> bool:
        """Whether each unit of a part that nobody named says why it could not run: an extra is missing, say."""
        outcomes = self.of(part)
        return part not in self.named and bool(outcomes) and all(one.done and one.not_run for one in outcomes)

    @property
    def unfinished(self) -> dict[str, tuple[int, int]]:
        """By part: how many units the time was not enough for, and of how many; only where there are some."""
        found = {}
        for part in self.parts:
            outcomes = self.of(part)
            left = sum(not outcome.done for outcome in outcomes)
            if left:
                found[part] = left, len(outcomes)
        return found

    @property
    def not_run(self) -> tuple[NotRun, ...]:
        """What could not be run, each once, and what the time was not enough for."""
        named = {entry: None for outcome in self.outcomes for entry in outcome.not_run}
        late = [
            NotRun(part, f"the time was up: {left} of {total} units were not begun")
            for part, (left, total) in self.unfinished.items()
        ]
        return (*named, *late)

    @property
    def exit_code(self) -> int:
        """0 proved, 1 refuted, 3 a part tried nothing: never green on nothing."""
        if self.findings:
            return REFUTED
        tried = sum(self.count(part) for part in self.parts)
        return NOTHING_TESTED if self.empty or not tried else PROVED

    def as_dict(self) -> dict[str, object]:
        """The whole report with stable keys, for `--json`."""
        return {
            "ok": self.exit_code == PROVED,
            "catalog": self.catalog,
            "seed": self.seed,
            "parts": {part: self.part_dict(part) for part in self.parts},
            "findings": [finding.as_dict() for finding in self.findings],
            "not_run": [{"name": entry.name, "reason": entry.reason} for entry in self.not_run],
            "seconds": round(self.seconds, 3),
        }

    def part_dict(self, part: str) -> dict[str, object]:
        """One part with stable keys."""
        outcomes = self.of(part)
        return {
            "count": self.count(part),
            "complete": bool(outcomes) and all(outcome.done for outcome in outcomes),
            "totals": summed(outcomes),
            "formats": {name: summed(group) for name, group in by_subject(outcomes).items()},
            "rows": [row.facts for outcome in outcomes for row in outcome.rows],
            "seconds": round(sum(outcome.seconds for outcome in outcomes), 3),
        }


def by_subject(outcomes: Iterable[Outcome]) -> dict[str, tuple[Outcome, ...]]:
    """Outcomes by what they are about, in the order in which they come."""
    found: dict[str, tuple[Outcome, ...]] = {}
    for outcome in outcomes:
        found[outcome.subject] = (*found.get(outcome.subject, ()), outcome)
    return found


def summed(outcomes: Iterable[Outcome]) -> dict[str, int | float]:
    """All further counts added up, by name."""
    total: dict[str, int | float] = {}
    for outcome in outcomes:
        for name, number in outcome.facts.items():
            total[name] = total.get(name, 0) + number
    return total
