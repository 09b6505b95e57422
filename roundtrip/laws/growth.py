"""Frames of one format that double in size, for the laws that measure."""

from __future__ import annotations

from random import Random

from formats.errors import ValueRefused
from formats.values import comparable

from ..generate import NoValue, RandomSource, generate_at
from ..subjects import Sample, random_place, written
from .base import Trial

#: Each frame has so many times the elements of the first.
SCALES = (1, 2, 4)
ATTEMPTS = 4


def grown(trial: Trial, scales: tuple[int, ...] = SCALES) -> list[Sample]:
    """Frames at these multiples of the budget's scale; fewer where the format cannot be scaled."""
    found: list[Sample] = []
    for scale in scales:
        for attempt in range(ATTEMPTS):
            random = Random(f"{trial.subject.name} {attempt} {trial.random.getrandbits(32)}")
            try:
                value = generate_at(trial.subject.format.layout, RandomSource(random), trial.budget.scale * scale)
                sample = written(trial.subject.format, value, random_place(random))
            except (ValueRefused, NoValue):
                continue
            assert comparable(sample.value) == comparable(value)
            found.append(sample)
            break
    return found
