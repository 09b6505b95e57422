"""The hunt for one bug: all checkers take turns on it until one finds it; then the finding is shrunk.

Turns are counted in scenarios, not in time, and every checker has a stream of its own from the seed. So the same seed
gives the same finding, on a fast machine and on a slow one, as long as the budget is enough.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, Final

from ..histories.shrinking import shrink
from .crash_states import CrashStates
from .planting import planted
from .verdicts import Failure, Scenario, verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .checkers import Checker
    from .planting import Bug

#: Scenarios of a checker in its first turn; each turn is twice the one before, up to the longest.
FIRST_TURN: Final = 8
LONGEST_TURN: Final = 256
#: Seconds that shrinking takes at most, beyond the budget of the hunt.
SHRINK_SECONDS: Final = 120.0
#: A scenario of so many operations is small. Where more are left, a few others are shrunk as well, as far as they come
#: among the next scenarios: so many for each one that was tried before.
SMALL: Final = 8
STARTS: Final = 4
OTHERS_PER_SCENARIO: Final = 4
#: Seconds after which one hangs that is shrunk from one that did.
HANG_SECONDS: Final = 1.0


@dataclass(frozen=True)
class Found:
    """What a checker found. `scenarios`: of all checkers until then, `seconds` as well; `drawn`: operations before
    shrinking; `scenario`: the shrunk one."""

    checker: str
    scenarios: int
    seconds: float
    drawn: int
    scenario: Scenario
    failure: Failure


@dataclass(frozen=True)
class Outcome:
    """What became of one hunt; `bug` is None where nothing was planted."""

    bug: Bug | None
    found: Found | None
    scenarios: int
    seconds: float

    @property
    def killed(self) -> bool:
        """Whether something was found."""
        return self.found is not None

    def as_dict(self) -> dict[str, object]:
        """The same with stable keys, for `--json`."""
        bug, found = self.bug, self.found
        return {
            "name": None if bug is None else bug.name,
            "issue": None if bug is None else bug.issue,
            "component": None if bug is None else bug.component,
            "what": None if bug is None else bug.what,
            "expected": [] if bug is None else list(bug.checkers),
            "found": found is not None,
            "checker": None if found is None else found.checker,
            "scenarios": self.scenarios,
            "seconds": round(self.seconds, 3),
            "operations_drawn": None if found is None else found.drawn,
            "operations": None if found is None else len(found.scenario.operations),
            "law": None if found is None else found.failure.law,
            "message": None if found is None else found.failure.message,
            "history": None if found is None else found.scenario.text(),
        }


def hunt(
    bug: Bug | None, checkers: Sequence[Checker], *, seed: int, budget_seconds: float, shrinks: bool = True
) -> Outcome:
    """Plant the bug and look for it until one checker finds something or the time is over.

    Raises `PlantFailed`.
    """
    started = time.perf_counter()
    name = "nothing" if bug is None else bug.name
    scenarios = 0
    with planted(bug):
        for checker, scenario in drawn(checkers, name, seed):
            if time.perf_counter() - started >= budget_seconds:
                break
            scenarios += 1
            failure = verdict(scenario, checker.longest_seconds)
            if failure is not None:
                found = Found(
                    checker.name, scenarios, time.perf_counter() - started, len(scenario.operations), scenario, failure
                )
                if shrinks:
                    found = smallest(found, checker, Random(f"{seed} {name} {checker.name} again"))
                return Outcome(bug, found, scenarios, found.seconds)
    return Outcome(bug, None, scenarios, time.perf_counter() - started)


def drawn(checkers: Sequence[Checker], name: str, seed: int) -> Iterator[tuple[Checker, Scenario]]:
    """Scenarios without end, checker by checker in turns that grow."""
    streams = [Random(f"{seed} {name} {checker.name}") for checker in checkers]
    turn = FIRST_TURN
    while True:
        for checker, stream in zip(checkers, streams, strict=True):
            for _ in range(max(1, turn // checker.cost)):
                yield checker, checker.draw(stream)
        turn = min(2 * turn, LONGEST_TURN)


def smallest(found: Found, checker: Checker, stream: Random) -> Found:
    """The finding, shrunk. Where much is left of it, a few others of the same checker are tried, too.

    Shrinking ends where every single change helps the bug to hide; from elsewhere there may be a way around it.
    """
    deadline = time.perf_counter() + SHRINK_SECONDS
    best = shrunk(found, checker, deadline)
    starts, left = 1, OTHERS_PER_SCENARIO * (found.scenarios + FIRST_TURN)
    while len(best.scenario.operations) > SMALL and starts < STARTS and left and time.perf_counter() < deadline:
        left -= 1
        scenario = checker.draw(stream)
        failure = verdict(scenario, checker.longest_seconds)
        if failure is not None:
            starts += 1
            drawn_count = len(scenario.operations)
            other = replace(found, scenario=scenario, failure=failure, drawn=drawn_count)
            best = min(best, shrunk(other, checker, deadline), key=lambda each: len(each.scenario.operations))
    return best


def shrunk(found: Found, checker: Checker, deadline: float) -> Found:
    """The same finding with the smallest scenario that breaks the same law. `deadline`: of `time.perf_counter`."""
    scenario, law = found.scenario, found.failure.law
    longest_seconds = HANG_SECONDS if found.failure.is_hang else checker.longest_seconds

    def still_fails(candidate: Scenario) -> bool:
        again = verdict(candidate, longest_seconds)
        return again is not None and again.law == law

    plain = scenario.history() if isinstance(scenario, CrashStates) else None
    if plain is not None and still_fails(plain):
        scenario = plain
    small = shrink(scenario, still_fails, deadline - time.perf_counter())
    # Once more, for the words that fit what is shown.
    return replace(found, scenario=small, failure=verdict(small, longest_seconds) or found.failure)
