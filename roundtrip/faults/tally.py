"""What runs with faults count: scenarios, faults by kind, outcomes by row of the atlas, findings."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec

from ..histories.failure import Failure
from ..histories.finding import Finding
from .atlas import ATLAS, BY_PLACE

if TYPE_CHECKING:
    from ..histories.history import History
    from .kinds import Injected

#: Findings of one law that are kept; the others are counted.
KEPT_MAXIMUM = 3
#: Faults of a log that a finding shows.
LOG_MAXIMUM = 12


class FaultFinding(msgspec.Struct, frozen=True):
    """A finding with the log of what the disk did wrong, and the number of the operation that failed first."""

    finding: Finding
    log: tuple[str, ...]
    n: int

    def text(self) -> str:
        """The text form of the finding, the log in lines that mean nothing to who replays it."""
        return self.finding.text() + "".join(f"# {line}\n" for line in self.log)

    def as_dict(self) -> dict[str, Any]:
        """The finding with stable keys."""
        failure = self.finding.failure
        return {
            "law": failure.law,
            "expected": failure.expected,
            "found": failure.found,
            "faults": list(self.finding.faults),
            "n": self.n,
            "log": list(self.log),
            "history": self.finding.history.text(),
        }


class Tally(msgspec.Struct):
    """`observed`: for fault, place and outcome how often; `found`: findings, the ones that were not kept included."""

    scenarios: int = 0
    kinds: Counter[str] = msgspec.field(default_factory=Counter)
    observed: Counter[tuple[str, str, str]] = msgspec.field(default_factory=Counter)
    findings: list[FaultFinding] = msgspec.field(default_factory=list)
    found: int = 0

    def observe(self, place: tuple[str, str], outcome: str) -> str | None:
        """Count an outcome; what the atlas has to say against it, if anything."""
        self.observed[(*place, outcome)] += 1
        row = BY_PLACE.get(place)
        if row is None:
            return f"the atlas has no row for {place[0]} in {place[1]}"
        return None if outcome in row.legal else f"{place[0]} in {place[1]}: {outcome}, legal is {', '.join(row.legal)}"

    def find(  # what is known of it
        self,
        history: History,
        error: BaseException | Failure,
        *,
        faults: tuple[str, ...],
        log: list[Injected],
        number: int = -1,
        operation: str = "",
        n: int = 0,
        driver: str = "",
    ) -> None:
        """A law was broken."""
        failure = error if isinstance(error, Failure) else Failure.of(error, number, operation)
        self.found += 1
        if sum(one.finding.law == failure.law for one in self.findings) < KEPT_MAXIMUM:
            finding = Finding(history=history, failure=failure, kind="faults", faults=faults, driver=driver)
            self.findings.append(FaultFinding(finding, tuple(str(one) for one in log[:LOG_MAXIMUM]), n))

    def add(self, other: Tally) -> None:
        """Take over what another one counted."""
        self.scenarios += other.scenarios
        self.kinds.update(other.kinds)
        self.observed.update(other.observed)
        self.found += other.found
        for one in other.findings:
            if sum(kept.finding.law == one.finding.law for kept in self.findings) < KEPT_MAXIMUM:
                self.findings.append(one)

    def never_fired(self) -> list[tuple[str, str]]:
        """Rows of the atlas of which no legal outcome was seen."""
        return [
            (row.fault, row.where)
            for row in ATLAS
            if not any(self.observed[row.fault, row.where, outcome] for outcome in row.legal)
        ]
