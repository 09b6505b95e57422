"""What every engine of the fuzzer that runs by itself gives back, and whom it tells meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from formats.errors import ShardproofError

if TYPE_CHECKING:
    from .failure import Failure

#: Told how many inputs there were, and of a failure of a new sort (or a smaller one of a known sort), if there is one.
Report = Callable[[int, "Failure | None"], None]

#: Why an engine stopped: its time was over, its inputs were made, what it was to find was found.
TIME: Final = "time"
INPUTS: Final = "inputs"
FOUND: Final = "found"


class EngineFailed(ShardproofError):
    """An engine cannot run, or ended by itself; says what it said last and what to do."""


@dataclass(frozen=True)
class EngineRun:
    """What a run of an engine gave.

    engine: its name; inputs: that it made and showed to the fast lane; accepted: of those, by the fast lane; judged:
    that all lanes saw; failures: the smallest of each sort; found: how many there were; kept: files in the engine's
    own folder, with which it goes on next time; ended: why it stopped.
    """

    engine: str
    inputs: int
    accepted: int
    judged: int
    seconds: float
    failures: tuple[Failure, ...] = ()
    found: int = 0
    kept: int = 0
    ended: str = TIME

    @property
    def rate(self) -> float:
        """Inputs per second."""
        return self.inputs / self.seconds if self.seconds else 0.0


@dataclass
class Log:
    """The failures of a run: the smallest of each sort."""

    report: Report
    failures: dict[tuple[str, ...], Failure] = field(default_factory=dict)
    found: int = 0

    def add(self, failure: Failure, inputs: int) -> bool:
        """Note a failure; whether it is news."""
        self.found += 1
        old = self.failures.get(failure.sort())
        if old is not None and len(old.data) <= len(failure.data):
            return False
        self.failures[failure.sort()] = failure
        self.report(inputs, failure)
        return True


def untold(_inputs: int, _failure: Failure | None) -> None:
    """Nobody is told."""
