"""Which operations of a disk go wrong, by their numbers, and the log of those that did."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from .kinds import Fault, Injected, Phase

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: Calls that one operation of a history may make; an ordinary one makes a few dozen.
PATIENCE: Final = 20_000


#: What a call of the system does for the disk.
VERB_OF_CALL: Final = {"pread": "read", "pwritev": "write", "posix_fallocate": "allocate", "fdatasync": "sync"}


class NeverEnds(BaseException):
    """The store asks and asks: no operation of a history needs that many calls. None of its business to catch."""


class Injector:
    """Which operations go wrong, what did, and how many there were.

    `is_armed`: off, operations are neither counted nor harmed; `phase`: what the caller is doing, for the log;
    `owner_of`: whose extent this is; `patience`: the number of calls, counted in `asked`, after which `NeverEnds` is
    raised.
    """

    def __init__(self, faults: Sequence[Fault] = ()) -> None:
        self.faults = list(faults)
        self.is_armed = True
        self.phase: Phase = "call"
        self.owner_of: Callable[[int], str] = owner_by_number
        self.log: list[Injected] = []
        self.counts: Counter[str] = Counter()
        self.operations = 0
        self.asked = 0
        self.patience = PATIENCE
        self._extents: dict[Fault, int] = {}

    def hit(self, verb: str, extent: int) -> Fault | None:
        """Count an operation; the fault that it meets, if any."""
        self.asked += 1
        if self.asked > self.patience:
            raise NeverEnds
        if not self.is_armed:
            return None
        self.operations += 1
        self.counts[verb] = number = self.counts[verb] + 1
        for fault in self.faults:
            if fault.verb != verb or number < fault.at:
                continue
            if number == fault.at:
                self._extents[fault] = extent
                return fault
            if fault.lasts == "all" or (fault.lasts == "extent" and self._extents.get(fault) == extent):
                return fault
        return None

    def note(  # the facts of one fault
        self, fault: Fault, extent: int, offset: int, length: int, *touched: tuple[int, int, int]
    ) -> None:
        """Log a fault that happens now."""
        owner = self.owner_of(extent)
        verb = VERB_OF_CALL.get(fault.verb, fault.verb)
        kind = fault.kind if verb == fault.verb else f"{fault.kind} {fault.verb}"
        self.log.append(Injected(self.operations, kind, verb, extent, offset, length, owner, self.phase, touched))


def owner_by_number(extent: int) -> str:
    """Whose extent it is, as far as its number tells."""
    if extent < 0:
        return "disk"
    return "superblock" if extent < 4 else "metadata" if extent < 8 else "ordinary"
