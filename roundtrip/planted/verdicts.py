"""What one scenario shows: nothing, or the law that was broken.

A scenario is anything that can be run: a history, or one with more around it. What it raises is a finding, whatever it
is: nothing that a scenario does may end in an exception.
"""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

from ..histories.mismatch import Mismatch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Seconds after which a scenario hangs: a thousand times what a history takes.
LONGEST_SECONDS: Final = 5.0
HANGS: Final = "hangs"


class Scenario(Protocol):
    """Operations on something, which can be fewer."""

    @property
    def operations(self) -> tuple[Any, ...]:
        """What is done."""
        ...

    def with_operations(self, operations: Sequence[Any]) -> Self:
        """The same with other operations."""
        ...

    def run(self) -> object:
        """Do it and compare; raises where something is wrong."""
        ...

    def text(self) -> str:
        """For people."""
        ...


class TooLong(BaseException):
    """The scenario takes too long; not to be caught by what it runs."""


@dataclass(frozen=True)
class Failure:
    """`law`: what was broken, by name: that of a mismatch, or the kind of the exception; `message`: for people."""

    law: str
    message: str

    @property
    def is_hang(self) -> bool:
        """Whether the scenario did not come to its end."""
        return self.law == HANGS


def verdict(scenario: Scenario, longest_seconds: float = LONGEST_SECONDS) -> Failure | None:
    """Run a scenario once; None where all is well."""
    try:
        with time_limit(longest_seconds):
            scenario.run()
    except TooLong:
        return Failure(HANGS, f"it takes more than {longest_seconds:.0f} s")
    except Mismatch as error:
        return Failure(error.law, str(error))
    except Exception as error:  # noqa: BLE001  # whatever it is, it is what was looked for
        return Failure(type(error).__name__, f"{type(error).__name__}: {error}")
    return None


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """`TooLong` after so many seconds; without a limit outside the main thread, which alone can be interrupted."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def expire(_signal: int, _frame: object) -> None:
        raise TooLong

    former = signal.signal(signal.SIGALRM, expire)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)
