"""The hunt: every planted bug against the law that must kill it, and no kill where nothing is planted.

A bug that its law does not find has survived, and a law that finds something without a bug is broken: both are red.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from formats.catalog import CATALOG
from formats.errors import ShardproofError

from ..check import Plan, plan_of, try_plant
from ..findings import Finding
from ..laws import LAWS, LawResult, budget_for
from .planted import MUTANTS
from .planting import Mutant

#: The budget that a hunt gives to each law, in seconds of a whole check: small, since one format is tried at a time.
BUDGET_SECONDS: Final = 5.0

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Outcome:
    """What became of one planted bug. `finding`: the first of its law's; `tried`: inputs that the law made."""

    mutant: Mutant
    finding: Finding | None
    tried: int
    seconds: float

    @property
    def killed(self) -> bool:
        """Whether the law that should have found the bug did."""
        return self.finding is not None

    def as_dict(self) -> dict[str, object]:
        """The same with stable keys, for `--json`."""
        finding = self.finding
        return {
            "name": self.mutant.name,
            "format": self.mutant.format,
            "what": self.mutant.what,
            "where": self.mutant.where,
            "law": self.mutant.law,
            "killed": self.killed,
            "tried": self.tried,
            "field": None if finding is None else finding.path,
            "detail": None if finding is None else finding.detail,
        }


@dataclass(frozen=True)
class Hunt:
    """All outcomes. `false_alarms`: what the same laws found where nothing was planted."""

    seed: int
    outcomes: tuple[Outcome, ...]
    false_alarms: tuple[Finding, ...]
    seconds: float

    @property
    def ok(self) -> bool:
        """Every bug was killed and nothing else was found; a hunt without bugs proves nothing."""
        return bool(self.outcomes) and all(outcome.killed for outcome in self.outcomes) and not self.false_alarms

    def as_dict(self) -> dict[str, object]:
        """One object with stable keys, for `--json`."""
        return {
            "ok": self.ok,
            "seed": self.seed,
            "planted": len(self.outcomes),
            "killed": sum(outcome.killed for outcome in self.outcomes),
            "false_alarms": [finding.detail for finding in self.false_alarms],
            "mutants": [outcome.as_dict() for outcome in self.outcomes],
            "seconds": round(self.seconds, 3),
        }


def mutant_named(name: str) -> Mutant:
    """The planted bug of this name; `ShardproofError` names those that there are."""
    for mutant in MUTANTS:
        if mutant.name == name:
            return mutant
    raise ShardproofError(f"there is no planted bug {name!r}; there are {', '.join(mutant.name for mutant in MUTANTS)}")


def hunt(*, seed: int, mutants: Sequence[Mutant] = MUTANTS, progress: Progress | None = None) -> Hunt:
    """Plant the bugs one by one and run the law that must kill each; then the same laws without any bug."""
    started = time.perf_counter()
    plan = plan_of(CATALOG, seed=seed, budget=budget_for(BUDGET_SECONDS, len(CATALOG)))
    outcomes = []
    for number, mutant in enumerate(mutants, 1):
        outcomes.append(tried(plan, mutant))
        if progress is not None:
            progress(number, len(mutants), mutant.name)
    alarms = tuple(finding for result in without_bugs(plan, mutants) for finding in result.findings)
    return Hunt(seed, tuple(outcomes), alarms, time.perf_counter() - started)


def tried(plan: Plan, mutant: Mutant) -> Outcome:
    """One planted bug against its law."""
    started = time.perf_counter()
    (result,) = try_plant(plan, mutant, CATALOG.labelled(mutant.format), [mutant.law])
    found = [finding for finding in result.findings if finding.law == mutant.law]
    return Outcome(mutant, found[0] if found else None, result.count, time.perf_counter() - started)


def without_bugs(plan: Plan, mutants: Sequence[Mutant]) -> list[LawResult]:
    """The results of the same laws on the same formats, unplanted."""
    pairs = sorted({(mutant.format, mutant.law) for mutant in mutants})
    subjects = {subject.name: subject for subject in plan.subjects}
    return [LAWS[law].check(subjects[name], plan.others, plan.budget, plan.seed) for name, law in pairs]
