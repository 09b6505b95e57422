"""What is run: tasks, each a loop of scenarios that follows from its fields and the seed alone.

The quick plan holds every n of a few histories and every row of the atlas; the volume behind it every fault in every
fixed history, and then generated histories without end.
"""

from __future__ import annotations

from functools import cache
from random import Random
from typing import TYPE_CHECKING, Final

import msgspec

from ..histories.history import History
from ..histories.presets import preset_named
from .histories import HISTORIES, operations_named
from .kinds import CALLS, DECAYS, ERRORS, SILENT, Fault
from .nth import every_nth
from .rest import Image, decay_everywhere
from .tally import Tally
from .twice import both_copies, pending_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

#: A generated history has so many operations, from so many bytes at most.
LONGEST: Final = 25
BYTES: Final = 90
#: The preset whose runs fill several sectors.
WIDE: Final = "long-keys"
#: Of a generated history, every so manieth operation fails.
GENERATED_STRIDE: Final = 7


class Task(msgspec.Struct, frozen=True):
    """A loop of scenarios. `what`: faults (a planned fault at every n), decay, twice or pending; `history`: the name of
    a fixed one, or the number of a generated one; `most`: of decay, how many; None is all.
    """

    what: str
    history: str
    fault: Fault | None = None
    stride: int = 1
    decay: str = ""
    is_closed: bool = True
    most: int | None = None
    preset: str = ""

    def title(self) -> str:
        """For people who watch."""
        what = self.decay or self.what if self.fault is None else f"{self.fault.kind} {self.fault.verb}"
        return f"{what}, {self.history}"

    def run(self, preset: str, seed: int) -> Tally:
        """Run it."""
        tally = Tally()
        name = self.preset or preset
        history = history_of(self.history, name, seed)
        if self.fault is not None:
            every_nth(history, self.fault, tally, stride=self.stride)
        elif self.what == "pending":
            pending_bytes(history, tally)
        elif self.what == "twice":
            for draw in range(3):
                both_copies(image_of(history, is_closed=self.is_closed), seed + draw, tally)
        else:
            image = image_of(history, is_closed=self.is_closed)
            decay_everywhere(image, self.decay, tally, seed=seed, most=self.most)
        return tally


def history_of(name: str, preset: str, seed: int) -> History:
    """A fixed history, or the generated one of this number."""
    if name in HISTORIES:
        return History(preset=preset, placement="counter", operations=operations_named(name))
    preset_named(preset)
    data = Random(f"faults {seed} {name}").randbytes(BYTES)
    return History.from_bytes(data, preset, crashes=True, longest=LONGEST)


@cache
def image_of(history: History, *, is_closed: bool) -> Image:
    """The image that a history leaves; made once."""
    return Image(history, is_closed=is_closed)


def quick_plan() -> Iterator[Task]:
    """A few seconds."""
    for name, faults in QUICK_FAULTS.items():
        for line, stride in faults:
            yield Task("faults", name, Fault.parse(line), stride)
    for kind in DECAYS:
        for is_closed in (True, False):
            yield Task("decay", "upkeep", decay=kind, is_closed=is_closed, most=28)
        yield Task("decay", "wide", decay=kind, most=28, preset=WIDE)
    yield Task("twice", "upkeep")
    yield Task("twice", "crashes", is_closed=False)
    yield Task("pending", "pending")


def volume() -> Iterator[Task]:
    """Every fault in every fixed history, all decay, then generated histories without end."""
    fixed = [name for name in HISTORIES if name not in {"wide", "pending"}]
    for name in fixed:
        for fault in planned_faults():
            yield Task("faults", name, fault)
        for kind in DECAYS:
            for is_closed in (True, False):
                yield Task("decay", name, decay=kind, is_closed=is_closed)
    for kind in DECAYS:
        yield Task("decay", "wide", decay=kind, preset=WIDE)
    number = 0
    while True:
        faults = list(planned_faults())
        for at, fault in enumerate(faults):
            shifted = msgspec.structs.replace(fault, at=1 + (number + at) % GENERATED_STRIDE, draw=number)
            yield Task("faults", str(number), shifted, GENERATED_STRIDE)
        for kind in DECAYS:
            yield Task("decay", str(number), decay=kind, is_closed=number % 2 == 0, most=60)
        yield Task("twice", str(number), is_closed=number % 2 == 0)
        number += 1


def planned_faults() -> Iterator[Fault]:
    """Each fault once, as lasting as it may be."""
    for verb, kinds in ERRORS.items():
        for kind in kinds:
            for lasts in ("once", "all") if verb == "sync" else ("once", "extent", "all"):
                yield Fault(kind, verb, 1, lasts)
    for verb, kinds in SILENT.items():
        for kind in kinds:
            yield Fault(kind, verb, 1)
    for call, kinds in CALLS.items():
        for kind in kinds:
            yield Fault(kind, call, 1)


QUICK_FAULTS: Final[dict[str, tuple[tuple[str, int], ...]]] = {
    "changes": (
        ("eio read 1 once 0", 1),
        ("eio write 1 once 0", 1),
        ("short write 1 once 0", 2),
        ("sync-keeps sync 1 once 0", 1),
        ("sync-reverts sync 1 once 0", 1),
        ("sync-reaches sync 1 once 0", 2),
        ("sync-keeps sync 2 all 0", 3),
        ("eio reset 1 once 0", 1),
        ("enospc write 1 all 0", 4),
        ("eintr pread 1 once 0", 3),
        ("eintr pwritev 1 once 0", 3),
        ("less pread 1 once 0", 3),
        ("less pwritev 1 once 0", 3),
        ("eintr posix_fallocate 1 once 0", 2),
        ("eio pread 3 once 0", 9),
        ("eio pwritev 3 once 0", 7),
        ("eio posix_fallocate 1 once 0", 2),
        ("enospc posix_fallocate 1 once 0", 2),
        ("eio fdatasync 1 once 0", 4),
    ),
    "upkeep": (
        ("eio read 1 once 0", 1),
        ("eio read 2 extent 0", 2),
        ("enospc write 1 once 0", 3),
        ("short write 2 all 0", 6),
        ("enospc allocate 1 once 0", 1),
        ("eio allocate 1 once 0", 1),
        ("enospc allocate 1 all 0", 1),
        ("eio allocate 1 all 0", 1),
        ("eio write 2 all 0", 9),
        ("lost write 1 once 0", 3),
        ("misdirected write 1 once 0", 3),
        ("duplicated write 1 once 0", 3),
        ("rot write 1 once 0", 5),
        ("misdirected read 1 once 0", 3),
    ),
    "crashes": (
        ("eio read 1 all 0", 4),
        ("eio write 1 extent 0", 3),
        ("eio reset 1 all 0", 3),
        ("eio reset 2 once 0", 3),
        ("sync-keeps sync 1 once 0", 1),
        ("lost write 1 once 0", 3),
        ("misdirected write 2 once 1", 4),
        ("duplicated write 2 once 1", 4),
        ("misdirected read 2 once 0", 4),
    ),
    "full": (("enospc allocate 1 once 0", 3), ("eio read 1 once 0", 7)),
}
