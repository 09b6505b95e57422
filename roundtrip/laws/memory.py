"""D2 memory: the fast lane's peak is at most 64 KiB + 32 x input; nothing is allocated from an unverified length."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from typing import Any, Final

from formats.layout import CountOf, Integer, LengthOf

from ..corrupt import plan, reseal
from ..lanes import FAST, TUPLES, Accepted, Lane
from ..spots import leaves
from ..subjects import Sample
from ..verbs import bounds_below
from .base import Law, Trial
from .growth import grown

ALLOWANCE_BYTES: Final = 64 << 10
ALLOWANCE_RATIO: Final = 32
#: Longer inputs are not shown to the interpreted lanes if they are valid.
SLOW_BYTES_MAXIMUM: Final = 8 << 10


def examine(trial: Trial) -> None:
    """Growing frames, hostile lengths, long zeros and long random bytes, through every lane."""
    peaks: dict[str, int] = {}
    ratios: dict[str, float] = {}
    for data, seed in inputs(trial):
        for lane in lanes_for(trial, data, seed):
            peak = peak_bytes(lane, data, seed)
            peaks[lane.name] = max(peaks.get(lane.name, 0), peak)
            if len(data) >= 1024:
                ratios[lane.name] = max(ratios.get(lane.name, 0.0), peak / len(data))
            if lane.name in (FAST, TUPLES):
                trial.count += 1
                judge(trial, lane, data, seed, peak)
    for name, peak in peaks.items():
        trial.facts[f"peak_bytes {name}"] = peak
    trial.note("peak: " + ", ".join(f"{name} {peak / 1024:.0f} KiB" for name, peak in peaks.items()))
    if ratios:
        trial.note("per input byte at most: " + ", ".join(f"{name} {ratio:.1f}" for name, ratio in ratios.items()))


def lanes_for(trial: Trial, data: bytes, seed: int) -> tuple[Lane, ...]:
    """All lanes; of long inputs that are accepted only the fast ones, since the others would take minutes."""
    subject = trial.subject
    if len(data) > SLOW_BYTES_MAXIMUM and isinstance(subject.fast.read(data, seed), Accepted):
        return subject.fast, subject.tuples
    return subject.lanes


def judge(trial: Trial, lane: Lane, data: bytes, seed: int, peak: int) -> None:
    """Hold one measured peak, in bytes, against the law."""
    allowed = ALLOWANCE_BYTES + ALLOWANCE_RATIO * len(data)
    if peak > allowed:
        detail = f"the {lane.name} lane took {peak} bytes for an input of {len(data)}; the law allows {allowed}"
        trial.find(blamed_length(trial, data, seed), None, detail, data, seed)


def blamed_length(trial: Trial, data: bytes, seed: int) -> tuple[Any, ...]:
    """The field that the oracle blames for an input, empty for a valid one."""
    return trial.watch.blamed(data, seed) if len(data) <= ALLOWANCE_BYTES else ()


def inputs(trial: Trial) -> Iterator[tuple[bytes, int]]:
    """What to measure, with its seed."""
    for sample in trial.samples:
        yield sample.data, sample.seed
    for sample in grown(trial):
        yield sample.data, sample.seed
        # A prefix that stands for many: what is decoded may be larger than the input without limit.
        for damage in plan(trial.subject.format, sample.data, sample.seed, trial.random, only=("swell",)):
            yield damage.data, sample.seed
    largest = trial.samples[-1]
    yield from hostile(trial, largest)
    size = 1024
    while size <= trial.budget.zeros_bytes:
        yield bytes(size), 0
        yield largest.data + bytes(size), largest.seed
        size *= 16
    yield trial.random.randbytes(ALLOWANCE_BYTES), largest.seed


def hostile(trial: Trial, sample: Sample) -> Iterator[tuple[bytes, int]]:
    """Every length and count, and every other number, at its greatest: raw, resealed, and alone with its header."""
    entry = trial.subject.format
    for spot in leaves(entry, sample.data, sample.seed):
        bounds = bounds_below(spot.node)
        if len(spot.path) > 1 or not isinstance(spot.node, LengthOf | CountOf | Integer):
            continue
        for number in {-1, bounds.maximum if bounds is not None else -1}:
            raw = spot.write(sample.data, number)
            sealed = reseal(entry, raw, sample.seed)
            for data in (raw, sealed, sealed[: trial.subject.header_size or spot.end]):
                yield data, sample.seed


def peak_bytes(lane: Lane, data: bytes, seed: int) -> int:
    """The peak of memory in bytes that Python allocated while the lane read the input, the result included."""
    call(lane, data[:64], seed)
    tracing = tracemalloc.is_tracing()
    if not tracing:
        tracemalloc.start()
    try:
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        call(lane, data, seed)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        if not tracing:
            tracemalloc.stop()
    return peak - before


def call(lane: Lane, data: bytes, seed: int) -> None:
    """Run the bare decoder; what it raises is another law's business."""
    try:
        lane.raw(data, seed)
    except Exception:  # noqa: BLE001  # D1 judges what a decoder raises
        return


LAW = Law(
    "D2", "memory", "peak <= 64 KiB + 32 x input in the fast lane; nothing allocated from an unverified length", examine
)
