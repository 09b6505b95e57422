"""Runs the fault tasks: the quick plan whole, then the volume while the budget lasts, in one process or in several."""

from __future__ import annotations

import multiprocessing
import time
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from typing import TYPE_CHECKING, Any

import msgspec

from ..histories.presets import preset_named
from .plan import image_of, quick_plan, volume
from .tally import FaultFinding, Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .plan import Task

    Progress = Callable[[int, int, str], None]

#: Tasks that wait for a worker: one each, so that a budget that is over is noticed.
WAITING = 2


class FaultReport(msgspec.Struct, frozen=True):
    """What a run with faults showed.

    `kinds`: faults that were hit, by kind and verb; `fired`, `never_fired`: rows of the atlas (fault and place), the
    first with the outcomes that were seen; `found`: findings, of which `findings` are those that were kept.
    """

    preset: str
    seed: int
    tasks: int
    scenarios: int
    kinds: dict[str, int]
    fired: dict[tuple[str, str], dict[str, int]]
    never_fired: tuple[tuple[str, str], ...]
    found: int
    findings: tuple[FaultFinding, ...]
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """The report with stable keys, for `--json`."""
        return {
            "preset": self.preset,
            "seed": self.seed,
            "tasks": self.tasks,
            "scenarios": self.scenarios,
            "faults": self.kinds,
            "fired": [
                {"fault": fault, "where": where, "outcomes": outcomes}
                for (fault, where), outcomes in self.fired.items()
            ],
            "never_fired": [{"fault": fault, "where": where} for fault, where in self.never_fired],
            "found": self.found,
            "findings": [finding.as_dict() for finding in self.findings],
            "seconds": round(self.seconds, 3),
        }


def run_faults(
    preset: str = "tiny",
    seed: int = 1,
    budget_seconds: float | None = None,
    progress: Progress | None = None,
    *,
    workers: int = 1,
    tasks: Iterable[Task] | None = None,
) -> FaultReport:
    """Run the quick plan and, while a budget lasts, the volume behind it.

    The same seed gives the same report, whatever the number of workers, as long as no budget ends it.
    tasks: others than the quick plan. Raises `UnknownPreset`.
    """
    preset_named(preset)
    # Images that another run made, perhaps with a bug planted, are not ours.
    image_of.cache_clear()
    began = time.monotonic()
    tally, done = Tally(), 0
    for task, result in results(planned(tasks, began, budget_seconds), preset, seed, workers):
        tally.add(result)
        done += 1
        if progress is not None:
            rate = tally.scenarios / max(0.001, time.monotonic() - began)
            progress(tally.scenarios, 0, f"{task.title()}: {rate:,.0f} scenarios/s")
    return report_of(preset, seed, done, tally, time.monotonic() - began)


def planned(tasks: Iterable[Task] | None, began: float, budget_seconds: float | None) -> Iterator[Task]:
    """The tasks that begin before the budget is over; those of the quick plan always do."""
    yield from quick_plan() if tasks is None else tasks
    if budget_seconds is not None:
        for task in volume():
            if time.monotonic() - began >= budget_seconds:
                return
            yield task


def results(tasks: Iterator[Task], preset: str, seed: int, workers: int) -> Iterator[tuple[Task, Tally]]:
    """Each task with its tally, in the order of the tasks."""
    if workers < 2 or "fork" not in multiprocessing.get_all_start_methods():
        for task in tasks:
            yield task, task.run(preset, seed)
        return
    waiting: deque[tuple[Task, Future[Tally]]] = deque()
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("fork")) as pool:
        for task in tasks:
            waiting.append((task, pool.submit(run_task, task, preset, seed)))
            if len(waiting) >= workers * WAITING:
                first, future = waiting.popleft()
                yield first, future.result()
        for task, future in waiting:
            yield task, future.result()


def run_task(task: Task, preset: str, seed: int) -> Tally:
    """A task, in a worker."""
    return task.run(preset, seed)


def report_of(preset: str, seed: int, tasks: int, tally: Tally, seconds: float) -> FaultReport:
    """The tally of a run as its report."""
    fired: dict[tuple[str, str], dict[str, int]] = {}
    for (fault, where, outcome), times in sorted(tally.observed.items()):
        fired.setdefault((fault, where), {})[outcome] = times
    return FaultReport(
        preset=preset,
        seed=seed,
        tasks=tasks,
        scenarios=tally.scenarios,
        kinds=dict(sorted(tally.kinds.items())),
        fired=fired,
        never_fired=tuple(tally.never_fired()),
        found=tally.found,
        findings=tuple(tally.findings),
        seconds=seconds,
    )
