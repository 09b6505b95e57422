"""From runs to values: the newest entry of every key, then the chunks that it names."""

from __future__ import annotations

from collections.abc import Iterable

from .image import Frame, Rotten
from .named_chunk import Medium, named_chunk
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
        """Read a value: the payloads of its parts in their order, one after the other."""
        if isinstance(entry, Rotten):
            self.unreadable[key] = entry
            return
        parts = []
        for part, locator in enumerate(entry):
            payload, frame, fault = named_chunk(self._medium, locator, owner="shard", key=key, part=part)
            if frame is not None:
                self.frames.append(frame)
            if fault is not None:
                self.rotten.append(fault)
                self.unreadable.setdefault(key, fault)
            elif payload is not None:
                parts.append(payload)
        if key not in self.unreadable:
            self.whole[key] = b"".join(parts)
