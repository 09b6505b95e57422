"""D3 time: the work grows with the input and not faster, and no schema repeats what has no bytes.

Work is the number of opcodes that Python runs, which is the same on every machine. What C code does inside one opcode
(a checksum, an unpacking) is not seen; it is linear by construction.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from math import log2
from typing import Final

from formats.errors import Path
from formats.layout import Array, CountedArray, Literal, Node, Records, children, fixed_size

from ..counting import steps
from ..lanes import Lane
from ..subjects import Sample
from .base import Law, Trial
from .growth import grown

#: Steps may grow so many times when the input doubles.
GROWTH_MAXIMUM: Final = 2.2
#: Below so many steps constant parts hide the growth.
STEPS_MINIMUM: Final = 64
#: From so many steps on neither constant parts nor chance can look like growth.
STEPS_CERTAIN: Final = 50_000
#: What seems steep below that is measured again in larger frames, where constant parts and chance weigh less.
LARGER_SCALES: Final = (8, 16)


def examine(trial: Trial) -> None:
    """Frames at n, 2n and 4n through every lane, cut ones too; and every repetition in the layout."""
    for path in zero_width(trial.subject.format.layout.root):
        trial.find(path, None, "a repetition of elements without bytes: a count alone decides how long it runs")
    scaled = grown(trial)
    samples = scaled if len(scaled) > 1 else [trial.samples[0], trial.samples[-1]]
    if samples is not scaled:
        trial.note("the format cannot be scaled: its smallest and its largest sample were compared")
    larger: list[Sample] | None = None
    for lane in trial.subject.lanes:
        excess = steep(lane, samples)
        if excess is not None and measured(lane, samples[:1])[0] < STEPS_CERTAIN:
            larger = grown(trial, LARGER_SCALES) if larger is None else larger
            excess = steep(lane, larger) if len(larger) > 1 else excess
        if excess is not None:
            trial.find((), None, f"the {lane.name} lane took {excess}")
        trial.count += 2 * len(samples)
        trial.facts[f"steps {lane.name}"] = measured(lane, samples[-1:])[0]
    sizes = ", ".join(str(len(sample.data)) for sample in samples)
    counts = ", ".join(f"{lane.name} {trial.facts[f'steps {lane.name}']:.0f}" for lane in trial.subject.lanes)
    trial.note(f"{sizes} bytes; steps for the last: {counts}")


def steep(lane: Lane, samples: list[Sample]) -> str | None:
    """Where the steps of a lane grow too fast, for valid frames or for cut ones; None where they do not."""
    cut = [Sample(sample.data[:-1], None, sample.place, sample.seed) for sample in samples]
    return steepest(lane, samples, "a valid frame") or steepest(lane, cut, "a cut frame")


def measured(lane: Lane, samples: list[Sample]) -> list[int]:
    """The steps that a lane takes for each frame."""
    return [steps(partial(lane.raw, sample.data, sample.seed)) for sample in samples]


def steepest(lane: Lane, samples: list[Sample], what: str) -> str | None:
    """Hold the growth of steps against the growth of bytes; the excess in words."""
    for (small, before), (large, after) in pairwise(zip(samples, measured(lane, samples), strict=True)):
        doublings = max(1.0, log2(max(1, len(large.data)) / max(1, len(small.data))))
        if after > GROWTH_MAXIMUM**doublings * max(before, STEPS_MINIMUM):
            return (
                f"{before} steps for {what} of {len(small.data)} bytes and {after} for {len(large.data)} bytes:"
                f" {after / max(1, before):.1f} x"
            )
    return None


def zero_width(node: Node, path: Path = ()) -> Iterator[Path]:
    """The paths of repetitions of what never has bytes: they run as long as a hostile count says."""
    match node:
        case Array(count=count, node=element) if not isinstance(count, Literal):
            endless = fixed_size(element) == 0
        case CountedArray(node=element) | Records(node=element):
            endless = fixed_size(element) == 0
        case _:
            endless = False
    if endless:
        yield path
    for name, child in children(node):
        yield from zero_width(child, path if name is None else (*path, name))


LAW = Law("D3", "time", "linear: steps grow at most 2.2 x when the input doubles", examine)
