"""The check: every law over every format of a catalog, and one report.

Never green on nothing: a format without samples and a law that tried nothing are findings. The same seed and budget
try the same inputs, on any machine and with any number of processes.
"""

from __future__ import annotations

import multiprocessing
import os
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from typing import Final, Protocol

from formats.catalog import Catalog, Format

from .findings import Finding, Origin
from .laws import LAWS, Budget, LawResult, budget_for
from .report import CorpusOutcome, EngineOutcome, FuzzOutcome, LockOutcome, NotRun, Report
from .subjects import Planted, Subject, subject_of

DEFAULT_SECONDS: Final = 25.0
#: Laws by how long they take, the longest first, so that processes end together.
LONGEST_FIRST: Final = ("D10", "D8", "D4", "D5", "D6", "D2", "D1", "D3", "D9", "D7")

#: Called with the number of units done, their total, and what was done last.
Progress = Callable[[int, int, str], None]
CorpusCheck = Callable[[Catalog], CorpusOutcome]


class Plant(Protocol):
    """A bug to plant: its name, the format it belongs to, and how it is planted there."""

    @property
    def name(self) -> str: ...
    @property
    def format(self) -> str: ...
    @property
    def plant(self) -> Callable[[Format], Planted]: ...


@dataclass(frozen=True)
class Plan:
    """What a check does: the subjects that are tried, those whose frames they are confused with, laws, budget, seed."""

    subjects: tuple[Subject, ...]
    others: tuple[Subject, ...]
    laws: tuple[str, ...]
    budget: Budget
    seed: int

    def units(self) -> Iterator[tuple[int, str]]:
        """Every (subject index, law), the longest laws first."""
        for law in sorted(self.laws, key=LONGEST_FIRST.index):
            for index in range(len(self.subjects)):
                yield index, law

    def run(self, index: int, law: str) -> LawResult:
        """Try one law on one subject."""
        return LAWS[law].check(self.subjects[index], self.others, self.budget, self.seed)


def check(
    catalog: Catalog,
    *,
    seed: int,
    budget_seconds: float = DEFAULT_SECONDS,
    budget: Budget | None = None,
    laws: Sequence[str] = tuple(LAWS),
    only: str | None = None,
    plant: Plant | None = None,
    catalog_name: str | None = None,
    corpus_check: CorpusCheck | None = None,
    lock_check: Callable[[Catalog], LockOutcome] | None = None,
    engine_check: Callable[[int], EngineOutcome] | None = None,
    fuzz_check: Callable[[Catalog, int], FuzzOutcome] | None = None,
    progress: Progress | None = None,
    processes: int | None = None,
) -> Report:
    """Prove the laws over a catalog.

    budget_seconds: for two cores; the budget follows from it, unless one is given. only: the one format to try (its
    frames are still confused with those of the others). plant: a bug to plant first. catalog_name: how a command
    names the catalog, None for ours. corpus_check: checks the kept files; lock_check: the formats against their lock.
    engine_check: proves the engine with a seed; fuzz_check: fuzzes the formats a little.
    processes: None for one per core, at most 4.
    """
    started = time.perf_counter()
    chosen = budget or budget_for(budget_seconds, len(catalog))
    plan = plan_of(catalog, seed=seed, budget=chosen, laws=tuple(laws), only=only, plant=plant)
    origin = Origin(seed, catalog_name, plant.name if plant is not None else None, replayed_budget(budget_seconds))
    results = run(plan, processes, progress)
    lock = None if lock_check is None else lock_check(catalog)
    corpus = None if corpus_check is None else corpus_check(catalog)
    engine = None if engine_check is None else engine_check(seed)
    fuzz = None if fuzz_check is None else fuzz_check(catalog, seed)
    addressed = tuple(address(result, origin) for result in results)
    return Report(
        catalog.name,
        seed,
        plan.subjects,
        addressed,
        missing(plan, corpus, lock),
        time.perf_counter() - started,
        corpus,
        engine,
        lock,
        fuzz,
        origin,
    )


def replayed_budget(seconds: float) -> float | None:
    """The budget that a replay must be told; None for the usual one."""
    return None if seconds == DEFAULT_SECONDS else seconds


def plan_of(
    catalog: Catalog,
    *,
    seed: int,
    budget: Budget,
    laws: tuple[str, ...] = tuple(LAWS),
    only: str | None = None,
    plant: Plant | None = None,
) -> Plan:
    """The plan of a check; a planted bug takes the place of the format that it was planted in."""
    subjects = []
    for entry in catalog:
        planted = plant.plant(entry) if plant is not None and entry.label == plant.format else None
        subjects.append(subject_of(entry, seed=seed, samples=budget.samples, planted=planted))
    wanted = tuple(catalog) if only is None else catalog.versions(only)
    tried = tuple(subject for subject, entry in zip(subjects, catalog, strict=True) if entry in wanted)
    return Plan(tried, tuple(subjects), tuple(law for law in LAWS if law in laws), budget, seed)


def try_plant(plan: Plan, plant: Plant, entry: Format, laws: Sequence[str] = tuple(LAWS)) -> list[LawResult]:
    """The results of laws on a format with a planted bug, in the order of `laws`, up to the first one that finds it.

    `plan` is one of the same catalog without the bug; its frames are reused.
    """
    subject = subject_of(entry, seed=plan.seed, samples=plan.budget.samples, planted=plant.plant(entry))
    results: list[LawResult] = []
    for law in laws:
        results.append(LAWS[law].check(subject, plan.others, plan.budget, plan.seed))
        if results[-1].findings:
            break
    return results


def run(plan: Plan, processes: int | None, progress: Progress | None) -> list[LawResult]:
    """Every unit of a plan, in processes where that helps; the results in the order of formats and laws."""
    units = list(plan.units())
    count = min(processes or min(4, os.cpu_count() or 1), len(units))
    if count > 1 and "fork" in multiprocessing.get_all_start_methods():
        found = run_in_processes(plan, units, count, progress)
    else:
        found = {}
        for done, (index, law) in enumerate(units, 1):
            found[index, law] = plan.run(index, law)
            report_progress(progress, done, len(units), found[index, law])
    return [found[index, law] for index in range(len(plan.subjects)) for law in plan.laws]


#: The plan of this process and, by fork, of its workers: schemas cannot be sent between processes.
_PLANS: list[Plan] = []


def _run_unit(index: int, law: str) -> LawResult:
    return _PLANS[-1].run(index, law)


def run_in_processes(
    plan: Plan, units: list[tuple[int, str]], count: int, progress: Progress | None
) -> dict[tuple[int, str], LawResult]:
    """Every unit of a plan, in so many forked processes."""
    found: dict[tuple[int, str], LawResult] = {}
    _PLANS.append(plan)
    try:
        with warnings.catch_warnings():
            # A progress bar runs in a thread. It holds no lock that a worker would wait for.
            warnings.simplefilter("ignore", DeprecationWarning)
            pool = ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("fork"))
            with pool:
                waiting: dict[Future[LawResult], tuple[int, str]] = {
                    pool.submit(_run_unit, *unit): unit for unit in units
                }
                for done, future in enumerate(as_completed(waiting), 1):
                    found[waiting[future]] = future.result()
                    report_progress(progress, done, len(units), future.result())
    finally:
        _PLANS.pop()
    return found


def report_progress(progress: Progress | None, done: int, total: int, result: LawResult) -> None:
    """Tell whoever watches."""
    if progress is not None:
        progress(done, total, f"{result.format} {result.law}")


def address(result: LawResult, origin: Origin) -> LawResult:
    """The result with a command in each finding; one that tried nothing gets a finding that says so."""
    findings = result.findings
    if result.count == 0 and not findings:
        findings = (
            Finding(result.format, result.law, "(whole)", "", f"nothing was tested: {result.note or 'no input'}"),
        )
    return replace(result, findings=tuple(origin.addressed(finding) for finding in findings))


def missing(plan: Plan, corpus: CorpusOutcome | None, lock: LockOutcome | None) -> tuple[NotRun, ...]:
    """What could not be run, by name and reason."""
    found = []
    lanes = {name for subject in plan.subjects for name in subject.not_run}
    for lane in sorted(lanes):
        names = ", ".join(subject.name for subject in plan.subjects if lane in subject.not_run)
        found.append(NotRun(lane, f"there is none for {names}; the other lanes were compared"))
    if corpus is None:
        found.append(NotRun("corpus", "no kept files were given"))
    else:
        found += [NotRun(*entry) for entry in corpus.not_run]
    found += [NotRun(*entry) for entry in lock.not_run] if lock is not None else []
    return tuple(found)
