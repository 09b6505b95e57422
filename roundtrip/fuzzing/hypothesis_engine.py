"""The Hypothesis engine: the strategies of a format, with Hypothesis's own search and its database of examples.

Slow beside the others, and different: it makes values as well as bytes, it steers towards frames of which more can be
read before they are refused, and what it finds it keeps as choices, in a folder, and tries first the next time.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as with_seed
from hypothesis import target as steer
from hypothesis.database import DirectoryBasedExampleDatabase
from hypothesis.errors import Flaky

from ..lanes import Accepted, Refused
from .engines import FOUND, INPUTS, TIME, EngineFailed, EngineRun, Log, untold
from .judging import Examination, measured
from .strategies import inputs_of

if TYPE_CHECKING:
    from pathlib import Path

    from ..strategies import SealedFrame
    from .engines import Report
    from .failure import Failure
    from .target import Target

ENGINE: Final = "hypothesis"
#: Inputs of one round; after each the database is read again and the search begins anew.
ROUND: Final = 1000
#: Of so many inputs the memory and the work of one are counted; no power of two, so that no cycle hides anything.
MEASURE_EVERY: Final = 61
#: Everything but Hypothesis's shrinking: ours knows fields, and makes all findings small in the same way.
PHASES: Final = (Phase.explicit, Phase.reuse, Phase.generate, Phase.target)


class Broken(Exception):
    """An input breaks a law: how Hypothesis hears of it."""


class Over(BaseException):
    """The run is over. No `Exception`, so that Hypothesis does not take it for a failure."""


def run_hypothesis(
    target: Target,
    seconds: float,
    database_folder: Path,
    report: Report = untold,
    *,
    inputs: int | None = None,
    seed: int = 0,
    until_found: bool = False,
) -> EngineRun:
    """Fuzz a target for so long, or for so many inputs if these are made sooner.

    database_folder: where Hypothesis keeps its examples, in a folder for each format; with them it goes on next time.
    seed: of its random numbers: with `inputs`, the same seed and an empty database give the same run. until_found: stop
    at the first failure. Raises `EngineFailed` where the folder cannot be written.
    """
    folder = database_folder / target.label
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EngineFailed(f"{folder}: {error.strerror or error}; name a folder that can be written") from error
    run = Searching(target, time.monotonic() + seconds, inputs, report, until_found=until_found)
    begun = time.monotonic()
    ended = run.run(DirectoryBasedExampleDatabase(folder), seed)
    return EngineRun(
        engine=ENGINE,
        inputs=run.inputs,
        accepted=run.accepted,
        judged=run.inputs,
        seconds=time.monotonic() - begun,
        failures=tuple(run.log.failures.values()),
        found=run.log.found,
        kept=sum(1 for path in folder.rglob("*") if path.is_file()),
        ended=ended,
    )


class Searching:
    """One run: rounds of Hypothesis, until it is over."""

    def __init__(
        self, target: Target, deadline: float, limit: int | None, report: Report, *, until_found: bool
    ) -> None:
        self.target = target
        self.deadline = deadline
        self.limit = limit
        self.report = report
        self.until_found = until_found
        self.log = Log(report)
        self.inputs = 0
        self.accepted = 0
        self.known: set[tuple[str, ...]] = set()
        self.raised: tuple[str, ...] | None = None

    def run(self, database: DirectoryBasedExampleDatabase, seed: int) -> str:
        """Round after round; why it is over."""
        number = 0
        while True:
            try:
                self.round(database, seed + number)
            except Over:
                if self.until_found and self.log.failures:
                    return FOUND
                return INPUTS if self.limit is not None and self.inputs >= self.limit else TIME
            except Broken:
                # Known from now on: the next rounds look for others.
                assert self.raised is not None, "a failure was raised"
                self.known.add(self.raised)
            number += 1

    def round(self, database: DirectoryBasedExampleDatabase, seed: int) -> None:
        """One search. Raises `Broken` for a failure of a new sort, and `Over`."""
        self.raised = None

        # Outside of the seed, which would take the database away.
        @settings(
            max_examples=ROUND,
            database=database,
            deadline=None,
            derandomize=False,
            phases=PHASES,
            print_blob=False,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        )
        @with_seed(seed)
        @given(inputs_of(self.target))
        def search(frame: SealedFrame) -> None:
            self.judge(frame.data)

        try:
            search()
        except (Broken, Over):
            raise
        except Flaky as error:
            # A codec that remembers does not fail twice; what it did is noted all the same.
            raise Broken(str(error)) from error
        except Exception as error:
            raise EngineFailed(f"the engine {ENGINE} broke, which is a bug of ours: {error}") from error

    def judge(self, data: bytes) -> None:
        """Show one input to all lanes. Raises `Broken`, and `Over` before the next input where it is over."""
        is_found = self.until_found and bool(self.log.failures) and self.raised is None
        is_done = self.limit is not None and self.inputs >= self.limit
        if is_found or is_done or time.monotonic() >= self.deadline:
            raise Over
        self.inputs += 1
        examination = Examination(self.target, data)
        failures = list(examination.failures())
        if self.inputs % MEASURE_EVERY == 0:
            # Not for Hypothesis, which would ask for the same again where it is not its turn to be measured.
            for failure in measured(self.target, data):
                self.log.add(failure, self.inputs)
        self.accepted += isinstance(examination.fast, Accepted)
        if isinstance(examination.oracle, Refused):
            steer(float(len(self.target.format.oracle.trace(data, self.target.seed).spans)), label="fields read")
        for failure in failures:
            self.note(failure)
        self.report(self.inputs, None)

    def note(self, failure: Failure) -> None:
        """Note a failure, and tell Hypothesis of one sort in a round: it asks for the same again."""
        self.log.add(failure, self.inputs)
        sort = failure.sort()
        if sort not in self.known and self.raised in {None, sort}:
            self.raised = sort
            raise Broken(f"{failure.law}: {failure.detail}")
