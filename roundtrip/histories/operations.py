"""Operations: what a history does, one frozen record each, with a one-line text form that parses back.

    get 3            the value of key 3, compared         put 3 517        a value of 517 bytes under key 3
    contains 3       whether it is there                  delete 3
    size 3           the size of its value                put-durable 3 517
    scan 3           all keys from key 3 on, in order     put-many 3 4 517 four keys from key 3 on, one call
    get-stream 3     the value of key 3 in pieces         put-stream 3 517 the value from a stream, in pieces
    scrub            verify everything that is named

    flush            the memtable becomes a run           reclaim 2        free two extents (0: all with garbage)
    sync             flush, and wait for persistence      reboot           close cleanly and open again
    drain            hand every byte to the disk          crash 17         power fails; 17 draws what survives
    step             one level of writeback and sync      cut 2 5          power fails after 2 disk operations of
    compact          merge all runs                                        the next operation; 5 draws what survives
    power-cut 0 1:9  power fails; exactly this survives of the unsynced writes (`engine.crash_choice`)
    cut-keep 2 0 1:9 as `cut`, and exactly this survives
    reclaim-later    evacuate an extent and queue its reset, nothing synced
    records 5        five records of the superblock that say nothing new

Keys are numbers of the preset's keys, sizes are bytes. The order of the classes below is that of the alphabet, from
simple to complex: whoever shrinks a history prefers the earlier ones.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final, Self

import msgspec

from engine.crash_choice import Kept
from formats.errors import ShardproofError


class BadHistory(ShardproofError):
    """A line that is no operation; says what was expected."""


class Operation(msgspec.Struct, frozen=True):
    """What all operations have in common: the verb of the text form, and fields that are numbers."""

    verb: ClassVar[str]

    def __str__(self) -> str:
        return " ".join((self.verb, *(str(getattr(self, name)) for name in self.__struct_fields__)))

    @classmethod
    def parse_words(cls, words: list[str]) -> Self:
        """The operation from the words after its verb. Raises `BadHistory`."""
        names = cls.__struct_fields__
        if len(words) != len(names) or not all(word.isascii() and word.isdigit() for word in words):
            wanted = " ".join((cls.verb, *(name.upper() for name in names)))
            raise BadHistory(f"expected `{wanted}` with whole numbers, found `{' '.join((cls.verb, *words))[:80]}`")
        return cls(*map(int, words))


class Get(Operation, frozen=True):
    """The value of a key."""

    verb = "get"
    key: int


class GetStream(Operation, frozen=True):
    """The value of a key, read piece by piece."""

    verb = "get-stream"
    key: int


class Contains(Operation, frozen=True):
    """Whether a key is there."""

    verb = "contains"
    key: int


class Size(Operation, frozen=True):
    """The size of a key's value."""

    verb = "size"
    key: int


class Put(Operation, frozen=True):
    """A value under a key."""

    verb = "put"
    key: int
    size: int


class Delete(Operation, frozen=True):
    """Delete a key."""

    verb = "delete"
    key: int


class Scan(Operation, frozen=True):
    """All keys from one on."""

    verb = "scan"
    key: int


class Flush(Operation, frozen=True):
    """The memtable becomes a run."""

    verb = "flush"


class Synchronize(Operation, frozen=True):
    """Flush, and wait until everything is persistent."""

    verb = "sync"


class Drain(Operation, frozen=True):
    """Hand every accepted byte to the disk; nothing is synced for it."""

    verb = "drain"


class Step(Operation, frozen=True):
    """One level of writeback: what is ready is issued, and synced."""

    verb = "step"


class PutDurable(Operation, frozen=True):
    """A value under a key, persistent when the call returns."""

    verb = "put-durable"
    key: int
    size: int


class PutMany(Operation, frozen=True):
    """Several values under neighbouring keys in one call."""

    verb = "put-many"
    key: int
    count: int
    size: int


class PutStream(Operation, frozen=True):
    """A value from a stream, stored piece by piece."""

    verb = "put-stream"
    key: int
    size: int


class Compact(Operation, frozen=True):
    """Merge all runs into one."""

    verb = "compact"


class Reclaim(Operation, frozen=True):
    """Free so many extents; 0: all that hold anything dead."""

    verb = "reclaim"
    extents: int


class Scrub(Operation, frozen=True):
    """Verify everything that is named."""

    verb = "scrub"


class Reboot(Operation, frozen=True):
    """Close cleanly and open again."""

    verb = "reboot"


class Crash(Operation, frozen=True):
    """Power fails. `draw`: 0 nothing unsynced survives, 1 all of it, else the seed of what does."""

    verb = "crash"
    draw: int


class Cut(Operation, frozen=True):
    """Power fails after so many disk operations of the next operation, or at its end; `draw` as in `Crash`."""

    verb = "cut"
    after: int
    draw: int


class PowerCut(Operation, frozen=True):
    """Power fails, and exactly this survives of the unsynced writes."""

    verb = "power-cut"
    kept: tuple[Kept, ...]

    def __str__(self) -> str:
        return " ".join((self.verb, *map(str, self.kept)))

    @classmethod
    def parse_words(cls, words: list[str]) -> Self:
        """See `Operation.parse_words`."""
        return cls(tuple(map(Kept.parse, words)))


class CutKeep(Operation, frozen=True):
    """Power fails after so many disk operations of the next operation, or at its end, and exactly this survives."""

    verb = "cut-keep"
    after: int
    kept: tuple[Kept, ...]

    def __str__(self) -> str:
        return " ".join((self.verb, str(self.after), *map(str, self.kept)))

    @classmethod
    def parse_words(cls, words: list[str]) -> Self:
        """See `Operation.parse_words`."""
        if not words or not (words[0].isascii() and words[0].isdigit()):
            raise BadHistory(f"expected `{cls.verb} AFTER KEPT…` with a whole number, found `{' '.join(words)[:80]}`")
        return cls(int(words[0]), tuple(map(Kept.parse, words[1:])))


class ReclaimLater(Operation, frozen=True):
    """Evacuate the extent with the fewest live bytes, and queue its reset; nothing is synced for it."""

    verb = "reclaim-later"


class Records(Operation, frozen=True):
    """So many records of the superblock that say nothing new, each synced."""

    verb = "records"
    count: int


OPERATIONS: Final[tuple[type[Operation], ...]] = (
    Get,
    GetStream,
    Contains,
    Size,
    Put,
    Delete,
    Scan,
    Flush,
    Synchronize,
    Drain,
    Step,
    PutDurable,
    PutMany,
    PutStream,
    Compact,
    Reclaim,
    Scrub,
    Reboot,
    Crash,
    Cut,
    PowerCut,
    CutKeep,
    ReclaimLater,
    Records,
)
BY_VERB: Final[dict[str, Any]] = {kind.verb: kind for kind in OPERATIONS}


def parse_operation(line: str) -> Operation:
    """One operation from its text form. Raises `BadHistory`."""
    verb, *words = line.split() or [""]
    kind = BY_VERB.get(verb)
    if kind is None:
        raise BadHistory(f"expected one of {', '.join(BY_VERB)}, found `{line.strip()[:80]}`")
    operation: Operation = kind.parse_words(words)
    return operation
