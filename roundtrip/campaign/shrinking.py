"""Makes findings of every kind smaller, as long as they break the same law."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from roundtrip.histories.finding import Finding

if TYPE_CHECKING:
    from roundtrip.histories.history import History

    from .components import ComponentFinding
    from .reading import AnyFinding


def shrink_finding(finding: AnyFinding, seconds: float) -> AnyFinding | None:
    """The smallest that was found within the time; None where the finding does not occur any more."""
    if not isinstance(finding, Finding):
        return shrink_component_finding(finding)
    from roundtrip.histories.shrinking import shrink  # noqa: PLC0415  # needed here only

    first = finding.replay()
    if first is None:
        return None
    law = first.law

    def still_fails(history: History) -> bool:
        failure = msgspec.structs.replace(finding, history=history).replay()
        return failure is not None and failure.law == law

    small = msgspec.structs.replace(finding, history=shrink(finding.history, still_fails, seconds))
    failure = small.replay()
    assert failure is not None, "what shrinking gives back fails"
    return msgspec.structs.replace(small, failure=failure)


def shrink_component_finding(finding: ComponentFinding) -> ComponentFinding | None:
    """The same for a component; it takes no time limit, as a component is small."""
    from roundtrip.component_conformance import replay_component, shrink_component  # noqa: PLC0415  # imports all

    report = replay_component(finding.component, finding.seed, finding.lines)
    if report.finding is None:
        return None
    small = type(finding).of(shrink_component(report), finding.driver)
    return msgspec.structs.replace(small, planted=finding.planted)
