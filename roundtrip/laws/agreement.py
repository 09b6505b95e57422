"""D10 lanes agree: oracle, fast codec, tuples and reference say the same of every input: verdict, value and rule.

Here the corruption plan is tried in full, raw and resealed, and gives the detection matrix. The inputs of all other
laws are compared too, as they pass.
"""

from __future__ import annotations

from ..matrix import detect
from .base import Law, Trial
from .total import random_inputs

#: Frames up to this many bytes are preferred for the plan: every field has its place in a small frame too.
PLAN_SIZE_MAXIMUM = 400
RANDOM_COUNT = 200


def examine(trial: Trial) -> None:
    """The corruption plan on a few samples; every sample; random bytes."""
    for sample in trial.samples:
        trial.watch.compare(sample.data, sample.seed)
    seed = trial.samples[0].seed
    for _, data in zip(range(RANDOM_COUNT), random_inputs(trial), strict=False):
        trial.watch.compare(data, seed)
    trial.matrix = detect(trial, plan_samples(trial))
    trial.count = trial.watch.comparisons
    missing = trial.subject.not_run
    if missing:
        trial.note(f"not run: {', '.join(missing)}")


def plan_samples(trial: Trial) -> list[int]:
    """The indices of the samples that get the plan: the larger ones among the small."""
    small = [index for index, sample in enumerate(trial.samples) if len(sample.data) <= PLAN_SIZE_MAXIMUM]
    chosen = small[-trial.budget.plan_samples :] or [0]
    return sorted({*chosen, 0} if len(chosen) < trial.budget.plan_samples else set(chosen))


LAW = Law("D10", "lanes agree", "oracle = fast = reference on every input: same verdict, value and rule", examine)
