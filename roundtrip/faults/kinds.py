"""Faults: what goes wrong with which operation of a disk, as records with a text form that parses back.

    eio read 3 once 0           the third read fails
    eio read 3 extent 0         and every later one of its extent
    eio read 3 all 0            and every later one
    enospc allocate 1 once 0    no room
    short write 2 once 0        its first half is written, then it fails
    sync-keeps sync 1 once 0    the sync fails; what it lost is read on, and gone after a crash (ext4, XFS)
    sync-reverts sync 1 once 0  the sync fails; reads give what was durable at once (Btrfs)
    sync-reaches sync 1 once 0  the sync fails; what it lost is on the medium all the same
    lost write 3 once 0         never done, acknowledged
    misdirected write 3 once 7  it lands elsewhere; 7 says where
    duplicated write 3 once 7   it lands elsewhere too
    rot write 3 once 7          one bit of it is stored wrong
    misdirected read 3 once 7   the bytes of another place
    eintr pread 4 once 0        the fourth call of the system that reads is interrupted (`less`: does half of the work)

The number is that of the operation among those of its verb, from 1; the last one draws what is left to choose. Decay at
rest (`rot`, `zeroed`, `ones`, `stale`) has no operation: see `FaultyDisk.decay`.
"""

from __future__ import annotations

from typing import Final, Literal, Self, TypeAlias

import msgspec

from formats.errors import ShardproofError

Verb: TypeAlias = Literal["read", "write", "sync", "allocate", "reset"]
Phase: TypeAlias = Literal["create", "open", "close", "call"]

#: For each verb the kinds that raise an error, and those that nobody is told of.
ERRORS: Final[dict[str, tuple[str, ...]]] = {
    "read": ("eio",),
    "write": ("eio", "enospc", "short"),
    "sync": ("sync-keeps", "sync-reverts", "sync-reaches"),
    "allocate": ("enospc", "eio"),
    "reset": ("eio",),
}
SILENT: Final[dict[str, tuple[str, ...]]] = {
    "read": ("misdirected",),
    "write": ("lost", "misdirected", "duplicated", "rot"),
}
#: Calls of the system below a disk in a file.
CALLS: Final[dict[str, tuple[str, ...]]] = {
    "pread": ("eintr", "less", "eio"),
    "pwritev": ("eintr", "less", "eio"),
    "posix_fallocate": ("eintr", "eio", "enospc"),
    "fdatasync": ("eio",),
}
#: Decay of bytes that lie there: one bit, or a sector.
DECAYS: Final = ("rot", "zeroed", "ones", "stale")
LASTS: Final = ("once", "extent", "all")


class BadFault(ShardproofError):
    """A line that is no fault; says what was expected."""


class Fault(msgspec.Struct, frozen=True):
    """A fault that is planned. `at`: of the operations of the verb the how manieth, from 1; `lasts`: one of `LASTS`."""

    kind: str
    verb: str
    at: int
    lasts: str = "once"
    draw: int = 0

    def __str__(self) -> str:
        return f"{self.kind} {self.verb} {self.at} {self.lasts} {self.draw}"

    @classmethod
    def parse(cls, line: str) -> Self:
        """The fault from its text form. Raises `BadFault`."""
        words = line.split()
        is_known = len(words) == 5 and any(words[0] in group.get(words[1], ()) for group in (ERRORS, SILENT, CALLS))
        if not is_known or words[3] not in LASTS or not (words[2].isdecimal() and words[4].isdecimal()):
            groups = (ERRORS, SILENT, CALLS)
            known = sorted({f"{kind} {verb}" for group in groups for verb in group for kind in group[verb]})
            raise BadFault(
                f"expected KIND VERB NUMBER {'|'.join(LASTS)} NUMBER, with one of {', '.join(known)}; found "
                f"`{line.strip()[:80]}`"
            )
        return cls(words[0], words[1], int(words[2]), words[3], int(words[4]))

    def is_error(self) -> bool:
        """Whether the caller is told."""
        return self.kind not in SILENT.get(self.verb, ())


class Injected(msgspec.Struct, frozen=True):
    """A fault that happened. `operation`: of all that the disk was asked for, from 1; extent -1 is the whole disk.

    `touched`: for silent faults the stretches (extent, start, end; bytes) that hold something else than they should.
    `owner`: whose extent it was; `phase`: in what it happened.
    """

    operation: int
    kind: str
    verb: str
    extent: int
    offset: int
    length: int
    owner: str
    phase: str
    touched: tuple[tuple[int, int, int], ...] = ()

    def __str__(self) -> str:
        place = f"extent {self.extent}, offset {self.offset}, {self.length} bytes" if self.extent >= 0 else "the disk"
        others = "".join(f"; now wrong: extent {extent}, {start} to {end}" for extent, start, end in self.touched)
        return f"operation {self.operation} ({self.phase}): {self.kind} {self.verb}, {place} ({self.owner}){others}"
