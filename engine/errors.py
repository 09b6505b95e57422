"""What can go wrong with a store, as one tree, by what the caller does next.

EngineError
├── CallRefused          mend the call: a key of 0 or 5000 bytes, a size that no store can have
│   ├── ChecksumMismatch send the value again: it is not the one that the client has summed up
│   └── StoreClosed      open the store again
├── NotAStore            give another path: these bytes are no store (also ValueError-like: nothing was touched)
├── StoreExists          give another path: there is a store already
├── UnsupportedStore     use a newer release: the store was written by one with features that this one lacks
├── StoreBusy            wait: another process has the store open
├── StoreFull            delete, reclaim, or give the store more room; reads and deletes go on
├── WaitTimeout          wait again: the dependency is not persistent yet
├── DiskFailed           try again, or replace the disk: the medium refused to read or write
├── StorePoisoned        close the store and open it again: a sync failed, nobody knows what reached the medium
├── ValueChanged         read it again: the value was replaced while it was read in pieces
├── ChunkRotten          fetch the shard from a replica: bytes that a persistent record names are damaged
│   └── UnknownVersion   the same, or use a newer release: they say that they are of a version that nobody declared
└── OutOfService         return the disk to service: the node does not use it now
"""

from __future__ import annotations

from typing import Final

from formats.errors import ShardproofError

#: Rules that take more words than one.
WORDS: Final = {
    "version": "version: it says that a newer release wrote it, and the store declares no feature of one",
    "undeclared": "undeclared: it has a version that the store does not declare",
    "value_checksum": "value_checksum: it is whole, and not a part of the value that was put",
}


class EngineError(ShardproofError):
    """Root of the errors of the engine."""


class CallRefused(EngineError):
    """An argument is outside what the store takes; nothing was changed."""


class StoreClosed(CallRefused):
    """The store was closed before."""


class ChecksumMismatch(CallRefused):
    """A value does not have the checksum that came with it. `expected`: the client's; `found`: that of the value."""

    def __init__(self, message: str, *, expected: int = 0, found: int = 0) -> None:
        super().__init__(message)
        self.expected = expected
        self.found = found


class NotAStore(EngineError):
    """The path or the bytes are not a store; the message says what was found."""


class StoreExists(EngineError):
    """There is a store at the path already."""


class UnsupportedStore(EngineError):
    """The store needs features or a format version that this release lacks."""


class StoreBusy(EngineError):
    """Another process, or another `Store` of this one, has the store open."""


class StoreFull(EngineError):
    """There is no room for the put; the store still reads, deletes and reclaims."""


class WaitTimeout(EngineError):
    """The dependency was not persistent when the time was over."""


class DiskFailed(EngineError):
    """The medium refused to read or to write. `extent` and `offset` say where, -1 where it is the whole disk."""

    def __init__(self, message: str, *, extent: int = -1, offset: int = -1) -> None:
        super().__init__(message)
        self.extent = extent
        self.offset = offset


class StorePoisoned(EngineError):
    """A sync failed; what was written since the one before may be lost, and the store refuses to guess."""


class ChunkRotten(EngineError):
    """Bytes that a persistent record names are not whole.

    `structure` is the format's name, `extent`, `generation` and `offset` (bytes) the place, `rule` a key of
    `formats.errors.RULES` where it is known, and `key` the shard that is hurt, where it is one.
    """

    def __init__(
        self,
        structure: str,
        *,
        extent: int,
        generation: int,
        offset: int,
        rule: str = "",
        key: bytes | None = None,
    ) -> None:
        whose = "" if key is None else f" of key {shown(key)}"
        what = f" ({WORDS.get(rule, rule)})" if rule else ""
        cure = "put it again from a replica, or delete it" if key is not None else "restore the disk from a replica"
        super().__init__(
            f"{structure}{whose} is damaged{what}: extent {extent}, generation {generation}, offset {offset}; {cure}"
        )
        self.structure = structure
        self.extent = extent
        self.generation = generation
        self.offset = offset
        self.rule = rule
        self.key = key


class UnknownVersion(ChunkRotten):
    """Something that is named says that it has a version which this release does not know.

    A release that writes a new version declares it first, and a store that declares what this one does not know is not
    opened at all. So it is damage of the version byte, or another release's mistake: which, a newer release can tell.
    """


def rotten_frame(
    structure: str, *, extent: int, generation: int, offset: int, rule: str, key: bytes | None = None
) -> ChunkRotten:
    """The error for something that is named and not whole: `UnknownVersion` where the rule is `version`."""
    kind = UnknownVersion if rule == "version" else ChunkRotten
    return kind(structure, extent=extent, generation=generation, offset=offset, rule=rule, key=key)


def shown(key: bytes) -> str:
    """A key in a message: its start as text, quoted, with what a terminal would act upon escaped."""
    return repr(key[:40].decode("utf-8", "backslashreplace"))


class ValueChanged(EngineError):
    """The value was replaced or deleted while it was read in pieces."""


class OutOfService(EngineError):
    """The disk that holds the shard is not in service."""
