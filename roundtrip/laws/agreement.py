"""D10 lanes agree: oracle, fast codec, tuples and reference say the same of every input: verdict, value and rule.

Here the corruption plan is tried in full, raw and resealed, and gives the detection matrix. The inputs of all other
laws are compared too, as they pass.
"""

from __future__ import annotations

from ..matrix import detect
from .base import Law, Trial
from .total import random_inputs

RANDOM_COUNT = 200


def examine(trial: Trial) -> None:
    """The corruption plan on a few samples; every sample; blank and random bytes."""
    for sample in trial.samples:
        for data in (sample.data, bytes(len(sample.data)), b"\xff" * len(sample.data)):
            trial.watch.compare(data, sample.seed)
    seed = trial.samples[0].seed
    for _, data in zip(range(RANDOM_COUNT), random_inputs(trial), strict=False):
        trial.watch.compare(data, seed)
    trial.matrix = detect(trial, trial.plan_samples)
    trial.count = trial.watch.comparisons
    missing = trial.subject.not_run
    if missing:
        trial.note(f"not run: {', '.join(missing)}")


LAW = Law("D10", "lanes agree", "oracle = fast = reference on every input: same verdict, value and rule", examine)
