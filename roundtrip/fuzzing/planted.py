"""Plants bugs in the codecs and fuzzes for each, from generated frames alone: which law finds it, after how much.

Every planted bug of `roundtrip.mutants` is one that bytes can reach, those of encoders too: what is decoded is encoded
again. A bug whose codec decodes and encodes as the right one does could not be reached; `unreachable` names such.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from formats.catalog import CATALOG

from .hunting import LIMITS, Fuzzing, shortest
from .rows import Row
from .seeds import generated_seeds
from .target import target_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from formats.codec import Codec

    from ..mutants import Mutant
    from .failure import Failure
    from .target import Target

#: Seconds that a bug may take.
BUDGET_SECONDS: Final = 120.0
#: Inputs of a block: few, since most bugs are found among the first thousands.
PER_BLOCK: Final = 50_000
SHRINK_SECONDS: Final = 10.0

#: Functions of a codec that see bytes, or make them.
FUNCTIONS: Final = ("probe", "probe_tuple", "probe_prefix", "encode", "encode_tuple", "lookup", "lower_bound", "key_at")


@dataclass(frozen=True)
class PlantedOutcome:
    """What became of one planted bug. `failure`: the shortest that was found, and `small` the same shrunk.

    inputs: that were made until then, or in all; reason: why bytes cannot reach it, empty where they can.
    """

    bug: Mutant
    failure: Failure | None
    small: Failure | None
    inputs: int
    seconds: float
    reason: str = ""

    @property
    def ok(self) -> bool:
        """It was found, or cannot be."""
        return self.failure is not None or bool(self.reason)

    def as_dict(self) -> dict[str, object]:
        """The same with stable keys, for `--json`."""
        return {
            "name": self.bug.name,
            "format": self.bug.format,
            "what": self.bug.what,
            "where": self.bug.where,
            "found": self.failure is not None,
            "law": None if self.failure is None else self.failure.law,
            "inputs": self.inputs,
            "seconds": round(self.seconds, 2),
            "size": None if self.failure is None else len(self.failure.data),
            "shrunk_size": None if self.small is None else len(self.small.data),
            "reason": self.reason,
        }


def hunt_planted(
    bugs: Sequence[Mutant], *, seed: int, seconds: float = BUDGET_SECONDS, workers: int = 1, shrink: bool = True
) -> Iterator[PlantedOutcome]:
    """Fuzz for each bug, one after the other."""
    for bug in bugs:
        yield hunt_one(bug, seed=seed, seconds=seconds, workers=workers, shrink=shrink)


def hunt_one(bug: Mutant, *, seed: int, seconds: float, workers: int, shrink: bool) -> PlantedOutcome:
    """Fuzz for one bug until it is found, or the time is over."""
    entry = CATALOG.labelled(bug.format)
    target = target_of(entry, bug.plant(entry))
    reason = unreachable(target)
    if reason:
        return PlantedOutcome(bug, None, None, 0, 0.0, reason)
    row = Row(target, generated_seeds(entry, seed), seed, bug.name, None, PER_BLOCK)
    progress = Fuzzing([row], workers=workers, seconds=seconds, limits=LIMITS).run()
    results = progress.results()
    found = shortest(failure for result in results for failure in result.failures)
    took, _ = progress.spent()
    failure = min(found, key=lambda one: len(one.data), default=None)
    small = shrunk(target, failure) if shrink and failure is not None else None
    return PlantedOutcome(bug, failure, small, sum(result.inputs for result in results), took)


def shrunk(target: Target, failure: Failure) -> Failure:
    """The same failure in fewer bytes."""
    from .findings.shrinking import shrink  # noqa: PLC0415  # only when there is something to shrink

    return shrink(target, failure, SHRINK_SECONDS)


def unreachable(target: Target) -> str:
    """Why no bytes can show what is planted in a target; empty where some may.

    It is so where all that the lanes call is what the right codec has: then the bug is in something else.
    """
    entry = target.format
    catalog = CATALOG.labelled(entry.label)
    if entry is not catalog or any(not same(target, catalog.codec, name) for name in FUNCTIONS):
        return ""
    if target.subject.reference is None or target.subject.reference.raw is not reference_of(entry.label):
        return ""
    return "its lanes call nothing that differs from the right codec"


def same(target: Target, right: Codec, name: str) -> bool:
    """Whether a function of the planted codec is that of the right one, on the codec and in its module."""
    codec, modules = target.codec, (target.codec.module, right.module)
    in_module = getattr(modules[0], name, None) is getattr(modules[1], name, None)
    return in_module and vars(codec).get(name) is vars(right).get(name)


def reference_of(label: str) -> Callable[..., object] | None:
    """The right hand-written decoder of a format."""
    from ..reference import DECODERS  # noqa: PLC0415  # beside the one question where it matters

    return DECODERS.get(label)
