"""From runs to values: the newest entry of every key, then the chunks that it names."""

from __future__ import annotations

from collections.abc import Iterable

from .image import Frame, Rotten
from .named_chunk import Medium, NamedChunk, named_chunk, wrong_value
from .runs import Entry, RunContent


def newest_entries(newest_first: Iterable[RunContent]) -> dict[bytes, Entry | Rotten]:
    """What each key means now, tombstones left out; a Rotten where what might be its newest entry cannot be read.

    Runs are laid over one another, the oldest first. A part of a run that cannot be read lies over the keys below it,
    too: what they were is known, what they are is not.
    """
    known: dict[bytes, Entry | Rotten] = {}
    for content in reversed(list(newest_first)):
        if content.hidden:
            for key in known:
                fault = content.may_hide(key)
                if fault is not None:
                    known[key] = fault
        known |= content.entries
    return {key: entry for key, entry in known.items() if entry}


class Values:
    """The values that entries name, read one after the other."""

    def __init__(self, medium: Medium) -> None:
        self._medium = medium
        self.whole: dict[bytes, bytes] = {}
        self.unreadable: dict[bytes, Rotten] = {}
        self.rotten: list[Rotten] = []
        self.frames: list[Frame] = []

    def take(self, key: bytes, entry: Entry | Rotten) -> None:
        """Read a value: the payloads of its parts in their order, and whether they are the value as it was put."""
        if isinstance(entry, Rotten):
            self.unreadable[key] = entry
            return
        parts: list[NamedChunk] = []
        for part, locator in enumerate(entry):
            found = named_chunk(self._medium, locator, owner="shard", key=key, part=part)
            parts.append(found)
            if found.frame is not None:
                self.frames.append(found.frame)
            self._note(key, found.fault)
        if key not in self.unreadable:
            self._note(key, wrong_value(parts, entry, key))
        if key not in self.unreadable:
            self.whole[key] = b"".join(part.payload or b"" for part in parts)

    def _note(self, key: bytes, fault: Rotten | None) -> None:
        if fault is not None:
            self.rotten.append(fault)
            self.unreadable.setdefault(key, fault)
