"""Hunts for many bugs, one after the other or in several processes; the result is the same."""

from __future__ import annotations

import multiprocessing
import time
import warnings
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .catalog import bug_named
from .checkers import chosen_checkers
from .hunt import Outcome, hunt

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .planting import Bug


@dataclass(frozen=True)
class Plan:
    """What all hunts have in common: the checkers by name (none: all), the preset they run on, seed and budget."""

    seed: int
    budget_seconds: float
    checkers: tuple[str, ...] = ()
    preset: str | None = None


@dataclass(frozen=True)
class Report:
    """All hunts, in the order of the bugs. Where nothing was planted `bug` is None in every outcome."""

    plan: Plan
    outcomes: tuple[Outcome, ...]
    seconds: float

    @property
    def ok(self) -> bool:
        """Every bug was found, and nothing where nothing was planted; no hunt at all proves nothing."""
        return bool(self.outcomes) and all(each.killed == (each.bug is not None) for each in self.outcomes)

    @property
    def killed(self) -> int:
        """How many hunts found something."""
        return sum(each.killed for each in self.outcomes)

    @property
    def scenarios(self) -> int:
        """Of all hunts."""
        return sum(each.scenarios for each in self.outcomes)


def hunt_all(
    bugs: Sequence[Bug], plan: Plan, *, workers: int = 1, progress: Callable[[int, int, str], None] | None = None
) -> Report:
    """Hunt each bug. `progress` is told how many are done, of how many, and which was last."""
    return run_units([(bug.name, plan.seed) for bug in bugs], plan, workers, progress)


def hunt_nothing(plan: Plan, *, workers: int = 1, progress: Callable[[int, int, str], None] | None = None) -> Report:
    """The same checkers with nothing planted, for the whole budget, in each process with another seed."""
    return run_units([(None, plan.seed + number) for number in range(max(1, workers))], plan, workers, progress)


def run_units(
    units: list[tuple[str | None, int]],
    plan: Plan,
    workers: int,
    progress: Callable[[int, int, str], None] | None,
) -> Report:
    """One hunt for each name of a bug and seed."""
    started = time.perf_counter()
    outcomes: dict[int, Outcome] = {}

    def done(number: int, outcome: Outcome) -> None:
        name = units[number][0]
        outcomes[number] = replace(outcome, bug=None if name is None else bug_named(name))
        if progress is not None:
            progress(len(outcomes), len(units), units[number][0] or "nothing")

    if workers <= 1 or len(units) == 1:
        for number, unit in enumerate(units):
            done(number, run_unit(unit, plan))
    else:
        with warnings.catch_warnings():
            # A progress bar runs in a thread. It holds no lock that a worker would wait for.
            warnings.simplefilter("ignore", DeprecationWarning)
            pool = ProcessPoolExecutor(min(workers, len(units)), mp_context=multiprocessing.get_context("fork"))
            with pool:
                waiting: dict[Future[Outcome], int] = {
                    pool.submit(run_unit, unit, plan): number for number, unit in enumerate(units)
                }
                for future in as_completed(waiting):
                    done(waiting[future], future.result())
    return Report(plan, tuple(outcomes[number] for number in range(len(units))), time.perf_counter() - started)


def run_unit(unit: tuple[str | None, int], plan: Plan) -> Outcome:
    """One hunt, in whatever process. The outcome says nothing of the bug, which cannot be sent to another one."""
    name, seed = unit
    bug = None if name is None else bug_named(name)
    checkers = chosen_checkers(plan.checkers, plan.preset)
    return replace(hunt(bug, checkers, seed=seed, budget_seconds=plan.budget_seconds), bug=None)
