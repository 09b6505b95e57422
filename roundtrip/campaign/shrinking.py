"""Makes findings of every kind smaller, as long as they break the same law."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Final

import msgspec

from roundtrip.histories.failure import Failure
from roundtrip.histories.finding import Finding

from .workers import ENDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from roundtrip.histories.history import History

    from .components import ComponentFinding
    from .reading import AnyFinding


#: What takes longer than this hangs, as far as shrinking is concerned.
CANDIDATE_SECONDS: Final = 5.0


def shrink_finding(finding: AnyFinding, seconds: float) -> AnyFinding | None:
    """The smallest that was found within the time; None where the finding does not occur any more."""
    if not isinstance(finding, Finding):
        return shrink_component_finding(finding)
    from roundtrip.histories.shrinking import shrink  # noqa: PLC0415  # needed here only

    def again(history: History) -> Failure | None:
        return within(CANDIDATE_SECONDS, msgspec.structs.replace(finding, history=history).replay)

    first = again(finding.history)
    if first is None:
        return None
    law = first.law

    def still_fails(history: History) -> bool:
        failure = again(history)
        return failure is not None and failure.law == law

    small = msgspec.structs.replace(finding, history=shrink(finding.history, still_fails, seconds))
    failure = again(small.history)
    assert failure is not None, "what shrinking gives back fails"
    return msgspec.structs.replace(small, failure=failure)


class TooLong(BaseException):
    """The time of a candidate is over. No `Exception`, so that nothing in between takes it for a finding."""


def within(seconds: float, replay: Callable[[], Failure | None]) -> Failure | None:
    """What a replay in this thread, the main one, breaks; where it takes longer, that is what it breaks."""

    def ring(_signal: int, _frame: object) -> None:
        raise TooLong

    former = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return replay()
    except TooLong:
        return Failure(ENDS, f"an end within {seconds:g} seconds", "none")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)


def shrink_component_finding(finding: ComponentFinding) -> ComponentFinding | None:
    """The same for a component; it takes no time limit, as a component is small."""
    from roundtrip.component_conformance import replay_component, shrink_component  # noqa: PLC0415  # imports all

    report = replay_component(finding.component, finding.seed, finding.lines)
    if report.finding is None:
        return None
    small = type(finding).of(shrink_component(report), finding.driver)
    return msgspec.structs.replace(small, planted=finding.planted)
