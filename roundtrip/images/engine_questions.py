"""What the engine asks of an image when it opens it, is asked for every key, and scrubs; part by part.

Parts of a scrub and of a run are called by themselves here, so this follows `engine/scrub.py` and
`engine/run_reader.py`: a part that is added there reads bytes that no question reads, and `Questions` refuses.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from engine.errors import ChunkRotten, EngineError
from engine.extents import StalePlace
from engine.recovery import Recovered, recover
from engine.run_reader import Run
from engine.scrub import Scrub
from engine.value_checksum import PartChecks

from .question import Answer, Question, reports_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine import Store

    from .medium import ImageDisk

# ruff: noqa: SLF001 - parts of a scrub and of a run are private, and asked one by one here


class EngineQuestions:
    """The questions of the engine about the image that a store was opened on."""

    def __init__(self, disk: ImageDisk, store: Store, values: dict[bytes, bytes]) -> None:
        self.disk = disk
        self.store = store
        self.values = values
        self.recovered = recover(disk)

    def every(self) -> Iterator[Question]:
        """All of them."""
        yield Question("engine", "roots", self.roots)
        named: set[int] = set()
        for run in self.store.index.runs:
            again = self.open(run)
            versions, pages = again.page_versions(), len(facts_of(again)[3])
            yield Question("engine", f"opening run {run.number}", partial(self.opening, run, versions, facts_of(again)))
            for page in range(pages):
                yield Question("engine", f"page {page} of run {run.number}", partial(self.page, run, page))
            for part, locator in enumerate(run.chunks):
                yield Question("engine", f"part {part} of run {run.number}", partial(self.part, run, part))
                named.add(locator[0])
        for key in self.values:
            entry = self.store.index.find(key)
            assert entry, "a key with a value has an entry"
            yield Question("engine", f"get {key!r}", partial(self.get, key))
            yield Question("engine", f"scrub of {key!r}", partial(self.value, key, entry))
            named.update(locator[0] for locator in entry)
        for number in sorted(named):
            yield Question("engine", f"header of extent {number}", partial(self.header, number))

    def scrub(self) -> Scrub:
        """A scrub that has not begun."""
        store = self.store
        return Scrub(store.extents, store.chunks, store.index, (store.superblock, store.metadata))

    def open(self, run: Run) -> Run:
        """A run, opened anew."""
        store = self.store
        return Run.open(store.extents.uuid, run.number, run.level, run.chunks, store.extents, store.chunks.versions)

    def roots(self) -> Answer:
        """What recovery makes of the roots, and where that is the same state, what a scrub reports of them."""
        try:
            found = recover(self.disk)
        except EngineError as error:
            return (type(error).__name__, str(error))
        if state_of(found) != state_of(self.recovered):
            # What follows from another state only a full examination finds.
            return ("another state", repr(state_of(found)), reports_of(found.damage))
        scrub = self.scrub()
        for log in scrub.logs:
            scrub._root(log)
        return reports_of((*found.damage, *scrub.damage))

    def opening(self, run: Run, versions: list[int], facts: Answer) -> Answer:
        """What an opening learns of a run, and which versions its pages say they have."""
        try:
            again = self.open(run)
            if facts_of(again) != facts:
                return ("another run", repr(facts_of(again)))
            return () if again.page_versions() == versions else ("versions",)
        except ChunkRotten as error:
            return reports_of((error,))
        except StalePlace:
            return ("a former life",)

    def page(self, run: Run, page: int) -> Answer:
        """A page of a run that was opened anew; its content is sealed, so it is this one or none."""
        try:
            again = self.open(run)
        except (ChunkRotten, StalePlace):
            return ("not opened",)
        try:
            again._data_page(page)
        except ChunkRotten as error:
            return reports_of((error,))
        return ()

    def part(self, run: Run, part: int) -> Answer:
        """One chunk of a run, as a scrub reads it."""
        scrub = self.scrub()
        scrub._run_chunk(run.number, part, PartChecks())
        return reports_of(scrub.damage)

    def get(self, key: bytes) -> Answer:
        """The value of a key."""
        try:
            value = self.store.get(key)
        except ChunkRotten as error:
            return reports_of((error,))
        return () if value == self.values[key] else ("wrong data", key)

    def value(self, key: bytes, entry: Any) -> Answer:
        """The same as a scrub reads it."""
        scrub = self.scrub()
        scrub._value(key, entry)
        return reports_of(scrub.damage)

    def header(self, number: int) -> Answer:
        """The header of an extent, as a scrub reads it."""
        scrub = self.scrub()
        scrub._header(self.store.extents.all[number])
        return reports_of(scrub.damage)


def state_of(found: Recovered) -> Recovered:
    """What recovery found, but for what it reports as damaged."""
    return found._replace(damage=())


def facts_of(run: Run) -> Answer:
    """All that an opening learns of a run."""
    words = run._filter
    return (
        run.entry_count,
        run.tombstone_count,
        run._last_keys,
        run._offsets,
        run._lengths,
        words._words,
        words._masks,
    )
