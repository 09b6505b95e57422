"""D10 lanes agree: oracle, fast codec, tuples and reference say the same of every input: verdict, value and rule.

Here the corruption plan is tried in full, raw and resealed, and gives the detection matrix. The inputs of all other
laws are compared too, as they pass. What the fast codec reads off a header, or finds in a page, is compared as well.
"""

from __future__ import annotations

from ..lanes import broken, describe
from ..matrix import detect
from ..schemas.pages import header_fault, page_fault, page_keys
from ..subjects import Sample
from .base import Law, Trial
from .total import random_inputs

RANDOM_COUNT = 200


def examine(trial: Trial) -> None:
    """The corruption plan on a few samples; every sample; blank and random bytes."""
    for sample in trial.samples:
        for data in (sample.data, bytes(len(sample.data)), b"\xff" * len(sample.data)):
            trial.watch.compare(data, sample.seed)
        searched(trial, sample)
    seed = trial.samples[0].seed
    for _, data in zip(range(RANDOM_COUNT), random_inputs(trial), strict=False):
        trial.watch.compare(data, seed)
    trial.matrix = detect(trial, trial.plan_samples)
    trial.count = trial.watch.comparisons
    missing = trial.subject.not_run
    if missing:
        trial.note(f"not run: {', '.join(missing)}")


def searched(trial: Trial, sample: Sample) -> None:
    """What the fast codec finds in a frame without decoding it is what the oracle decodes: headers, keys of pages."""
    module, keys = trial.subject.codec.module, page_keys(trial.subject.format.layout.root, sample.value)
    try:
        fault = header_fault(module, sample.data, sample.seed)
        fault = fault or (page_fault(module, keys, sample.data) if keys is not None else "")
    except Exception as error:  # noqa: BLE001  # on a valid frame these functions do not raise
        fault = f"a function on the bytes {describe(broken(error))}"
    if fault:
        trial.find((), None, fault, sample.data, sample.seed)


LAW = Law("D10", "lanes agree", "oracle = fast = reference on every input: same verdict, value and rule", examine)
