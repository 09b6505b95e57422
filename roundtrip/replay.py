"""Replay: the judgement of one law, again, on the bytes of a finding, or the whole law where it has none."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

from formats.catalog import Catalog, Format

from .check import DEFAULT_SECONDS, Plant, address, plan_of
from .findings import FindingLog, Origin
from .lanes import Accepted, Refused, describe
from .laws import LAWS, Budget, LawResult, Trial, budget_for
from .laws import memory as memory_law
from .watch import Watch


def replay(
    catalog: Catalog,
    format_name: str,
    law: str,
    *,
    seed: int = 0,
    place_seed: int | None = None,
    data: bytes | None = None,
    plant: Plant | None = None,
    budget_seconds: float = DEFAULT_SECONDS,
    catalog_name: str | None = None,
) -> LawResult:
    """Judge bytes again as a law judged them; its findings are empty where the law now holds.

    seed: the run's, used where there are no bytes; place_seed: the checksum seed of the place that the bytes are read
    at. `ShardproofError` where the catalog has no such format, `KeyError` where there is no such law.
    """
    entry = catalog.labelled(format_name)
    budget = budget_for(budget_seconds, len(catalog))
    origin = Origin(seed, catalog_name, plant.name if plant is not None else None)
    if data is None:
        plan = plan_of(catalog, seed=seed, budget=budget, laws=(law,), only=entry.name, plant=plant)
        index = next(number for number, subject in enumerate(plan.subjects) if subject.name == entry.label)
        return address(plan.run(index, law), origin)
    trial = bare_trial(entry, law, budget, plant)
    JUDGEMENTS.get(law, agree)(trial, data, place_seed or 0)
    trial.count = 1
    result = LawResult(law, trial.subject.name, 1, trial.log.findings(), trial.log.total, "; ".join(trial.notes))
    return address(result, origin)


def bare_trial(entry: Format, law: str, budget: Budget, plant: Plant | None) -> Trial:
    """A trial of one format without samples."""
    from .subjects import subject_of  # noqa: PLC0415

    planted = plant.plant(entry) if plant is not None and plant.format == entry.label else None
    subject = subject_of(entry, seed=0, samples=0, planted=planted)
    log = FindingLog(subject.name)
    return Trial(LAWS[law].number, subject, (subject,), budget, Random(0), log, Watch(subject, Random(0), log))


Judgement = Callable[[Trial, bytes, int], None]


def agree(trial: Trial, data: bytes, seed: int) -> None:
    """Every lane answers, what is accepted is written again as it was, and all lanes agree (D1, D5, D10)."""
    for name, verdict in trial.watch.compare(data, seed).items():
        trial.note(f"{name}: {describe(verdict)}")


def refuse(trial: Trial, data: bytes, seed: int) -> None:
    """Every lane refuses them (D6, D7, D9)."""
    judge_refusal(trial, data, seed, rule=None)


def refuse_truncated(trial: Trial, data: bytes, seed: int) -> None:
    """Every lane refuses them, as truncated (D8)."""
    judge_refusal(trial, data, seed, rule="truncated")


def judge_refusal(trial: Trial, data: bytes, seed: int, *, rule: str | None) -> None:
    """Every lane refuses them, by the rule if one is named."""
    for name, verdict in trial.watch.compare(data, seed).items():
        trial.note(f"{name}: {describe(verdict)}")
        if not isinstance(verdict, Refused) or (rule is not None and verdict.rule not in (None, rule)):
            trial.find((), rule, f"the {name} lane {describe(verdict)}", data, seed)


def accept(trial: Trial, data: bytes, seed: int) -> None:
    """Every lane accepts them: they were written by the oracle (D4)."""
    for name, verdict in trial.watch.compare(data, seed).items():
        trial.note(f"{name}: {describe(verdict)}")
        if not isinstance(verdict, Accepted):
            trial.find((), None, f"written by the oracle, the {name} lane {describe(verdict)}", data, seed)


def measure(trial: Trial, data: bytes, seed: int) -> None:
    """The fast lanes stay within the memory that D2 allows."""
    for lane in trial.subject.lanes:
        peak = memory_law.peak_bytes(lane, data, seed)
        trial.note(f"{lane.name}: {peak} bytes")
        if lane.name in ("fast", "fast tuples"):
            memory_law.judge(trial, lane, data, seed, peak)


JUDGEMENTS: Final[dict[str, Judgement]] = {
    "D2": measure,
    "D4": accept,
    "D6": refuse,
    "D7": refuse,
    "D8": refuse_truncated,
    "D9": refuse,
}
