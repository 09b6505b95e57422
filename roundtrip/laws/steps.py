"""D3 time: the work grows with the input and not faster, and no schema repeats what has no bytes.

Work is the number of opcodes that Python runs, which is the same on every machine. What C code does inside one opcode
(a checksum, an unpacking) is not seen; it is linear by construction.
"""

from __future__ import annotations

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


def examine(trial: Trial) -> None:
    """Frames at n, 2n and 4n through every lane, damaged ones too; and every repetition in the layout."""
    zero_width(trial, trial.subject.format.layout.root, ())
    samples = grown(trial)
    if len(samples) < 2:
        samples = [trial.samples[0], trial.samples[-1]]
        trial.note("the format cannot be scaled: its smallest and its largest sample were compared")
    for lane in trial.subject.lanes:
        counts = measured(lane, samples)
        judge(trial, lane, samples, counts, "a valid frame")
        cut = [Sample(sample.data[:-1], None, sample.place, sample.seed) for sample in samples]
        judge(trial, lane, cut, measured(lane, cut), "a cut frame")
        trial.count += 2 * len(samples)
        trial.facts[f"steps {lane.name}"] = counts[-1]
    sizes = ", ".join(str(len(sample.data)) for sample in samples)
    counts_note = ", ".join(f"{lane.name} {trial.facts[f'steps {lane.name}']:.0f}" for lane in trial.subject.lanes)
    trial.note(f"{sizes} bytes; steps for the last: {counts_note}")


def measured(lane: Lane, samples: list[Sample]) -> list[int]:
    """The steps that a lane takes for each frame."""
    return [steps(partial(lane.raw, sample.data, sample.seed)) for sample in samples]


def judge(trial: Trial, lane: Lane, samples: list[Sample], counts: list[int], what: str) -> None:
    """Hold the growth of steps against the growth of bytes."""
    for (small, before), (large, after) in pairwise(zip(samples, counts, strict=True)):
        doublings = max(1.0, log2(max(1, len(large.data)) / max(1, len(small.data))))
        allowed = GROWTH_MAXIMUM**doublings * max(before, STEPS_MINIMUM)
        if after > allowed:
            detail = (
                f"the {lane.name} lane took {before} steps for {what} of {len(small.data)} bytes and {after} for"
                f" {len(large.data)} bytes: {after / max(1, before):.1f} x"
            )
            trial.find((), None, detail)


def zero_width(trial: Trial, node: Node, path: Path) -> None:
    """A repetition of something that never has bytes runs as long as a hostile count says."""
    match node:
        case Array(count=count, node=element) if not isinstance(count, Literal):
            endless = fixed_size(element) == 0
        case CountedArray(node=element) | Records(node=element):
            endless = fixed_size(element) == 0
        case _:
            endless = False
    if endless:
        trial.find(path, None, "a repetition of elements without bytes: a count alone decides how long it runs")
    for name, child in children(node):
        zero_width(trial, child, path if name is None else (*path, name))


LAW = Law("D3", "time", "linear: steps grow at most 2.2 x when the input doubles", examine)
