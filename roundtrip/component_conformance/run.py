"""Runs a component beside its model: one seed makes one history, and a finding says where they part."""

from __future__ import annotations

from functools import partial
from random import Random
from typing import TYPE_CHECKING, Final

import msgspec

from ..compiled.loading import refuse_compiled
from .chunks import ChunkTrial
from .extents import ExtentTrial
from .index import IndexTrial
from .node import NodeTrial
from .superblock import SuperblockTrial
from .trial import Disagreement, Operation, Trial, draw, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

COMPONENTS: Final[dict[str, type[Trial]]] = {
    "chunks": ChunkTrial,
    "extents": ExtentTrial,
    "index": IndexTrial,
    "node": NodeTrial,
    "superblock": SuperblockTrial,
}


class ComponentFinding(msgspec.Struct, frozen=True):
    """Where component and model part. `number`: of the operation, the first is 1."""

    number: int
    operation: str
    expected: str
    found: str


class ComponentReport(msgspec.Struct, frozen=True):
    """What one history showed. `operations`: done, the one that failed included; `history`: their text."""

    component: str
    seed: int
    operations: int
    finding: ComponentFinding | None
    history: tuple[str, ...]


def run_component(name: str, seed: int, operations: int) -> ComponentReport:
    """Run so many random operations on a component and its model; the same seed runs the same ones."""
    return _run(name, seed, history_of_component(name, seed, operations))


def history_of_component(name: str, seed: int, operations: int) -> Iterable[Operation]:
    """So many random operations; the same ones for the same seed."""
    return draw(COMPONENTS[name].alphabet, Random(f"{name} {seed}"), operations)


def replay_component(name: str, seed: int, history: Iterable[str]) -> ComponentReport:
    """Run a history from its text, or what is left of it. Raises `CallRefused` where a line is no operation."""
    return _run(name, seed, [Operation.parse(line, COMPONENTS[name].alphabet) for line in history])


def shrink_component(report: ComponentReport) -> ComponentReport:
    """Leave out operations as long as something is found; the report of what is left."""
    size = max(1, len(report.history) // 2)
    while report.finding is not None and size:
        start = 0
        while start < len(report.history):
            shorter = report.history[:start] + report.history[start + size :]
            attempt = replay_component(report.component, report.seed, shorter)
            if attempt.finding is None:
                start += size
            else:
                report = attempt
        size //= 2
    return report


def _run(name: str, seed: int, operations: Iterable[Operation]) -> ComponentReport:
    done: list[str] = []
    finding = None
    refuse_compiled("a component beside its model")  # its neighbours are mocks
    trial = COMPONENTS[name](seed)
    for operation in operations:
        done.append(str(operation))
        finding = _attempt(partial(trial.apply, operation), len(done), done[-1])
        if finding is not None:
            break
    finding = _attempt(trial.end, len(done), "end", finding)
    return ComponentReport(name, seed, len(done), finding, tuple(done))


def _attempt(
    action: Callable[[], None], number: int, operation: str, former: ComponentFinding | None = None
) -> ComponentFinding | None:
    """Do something: what it shows, unless something was found before."""
    try:
        action()
    except Disagreement as difference:
        return former or ComponentFinding(number, operation, difference.expected, difference.found)
    except Exception as error:  # noqa: BLE001  # whatever a component raises that its model does not is a finding
        return former or ComponentFinding(number, operation, "an answer", shown(f"{type(error).__name__}: {error}"))
    return former
