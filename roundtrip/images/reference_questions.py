"""What the reference store asks of an image, part by part: the roots, each run, each value, each extent's header."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from ..reference import store
from ..reference.image import Frame, NoStore, Run, StoreImage
from ..reference.mapping import Values, newest_entries
from ..reference.named_chunk import Medium
from ..reference.roots import Geometry
from ..reference.runs import RunContent, read_run
from .question import Answer, Question, reports_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .medium import ImageDisk


class ReferenceQuestions:
    """The questions of the reference store about an image."""

    def __init__(self, disk: ImageDisk, values: dict[bytes, bytes]) -> None:
        self.disk = disk
        self.values = values
        self.image = image = self.read()
        self.medium = Medium(
            disk.read_reference, image.disk, image.extent_count, image.extent_size_bytes, image.extents, image.masks[2]
        )
        self.geometry = Geometry(image.disk, image.extent_size_bytes, image.page_size_bytes)
        self.roots_alone = self.read_roots()

    def every(self) -> Iterator[Question]:
        """All of them."""
        yield Question("reference", "roots", self.roots)
        contents = [read_run(self.medium, run) for run in self.image.runs]
        for run, content in zip(self.image.runs, contents, strict=True):
            yield Question("reference", f"run {run.number}", partial(self.run, run, content))
        for key, entry in newest_entries(contents).items():
            yield Question("reference", f"value of {key!r}", partial(self.value, key, entry))
        for number in sorted({frame.extent for frame in self.image.named if frame.structure == "chunk"}):
            yield Question("reference", f"header of extent {number}", partial(self.header, number))

    def read(self) -> StoreImage:
        """The whole reading. Raises NoStore."""
        return store.read_store(self.disk.read_reference, self.disk.extent_count, self.disk.extent_size_bytes)

    def read_roots(self) -> StoreImage:
        """The roots alone: no run is read, so no value."""
        with patch.object(store, "read_run", unread):
            return self.read()

    def roots(self) -> Answer:
        """What the roots say together."""
        try:
            found = self.read_roots()
        except NoStore as refusal:
            return ("no store", refusal.rule)
        before = self.roots_alone
        if found == before:
            return ()
        state, former = (
            (one.extents, one.runs, one.masks, one.next_run, one.superblock_sequence, one.metadata_sequence)
            for one in (found, before)
        )
        changed = "" if state == former else repr(state)
        return (changed, found.is_clean, reports_of(found.rotten), reports_of(found.torn))

    def run(self, run: Run, content: RunContent) -> Answer:
        """What a run says."""
        again = read_run(self.medium, run)
        if again == content:
            return ()
        is_less = again.entries.items() <= content.entries.items()
        changed = [] if is_less else [key for key, entry in again.entries.items() if content.entries.get(key) != entry]
        hidden = tuple((one.after, one.last) for one in again.hidden)
        return (*reports_of(again.rotten), hidden, again.filter is None, tuple(changed))

    def value(self, key: bytes, entry: Any) -> Answer:
        """The value of a key."""
        values = Values(self.medium)
        values.take(key, entry)
        if values.rotten:
            return reports_of(values.rotten)
        return () if values.whole.get(key) == self.values[key] else ("wrong data", key)

    def header(self, number: int) -> Answer:
        """The header of an extent in which something is named."""
        frames = [Frame("chunk", number, 0, 0)]
        _, faults = store.headers_of(self.disk.read_reference, self.geometry, self.image.extents, frames)
        return reports_of(faults)


def unread(_medium: Medium, _run: Run) -> RunContent:
    """A run that nobody reads."""
    return RunContent({}, (), None, (), ())
