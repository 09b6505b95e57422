"""What reads keep in memory: pages of runs, and entries that were found in them.

The page cache holds verified pages by the place where they lie on disk. It is nested by extent, so that a reset drops
all of an extent at once: a page that outlives its extent's reset would be taken for one of the extent's next life
(issue 2 of the ShardStore paper).
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .data_page import DataPage
    from .locator import Entry

#: Longer keys, and values of several parts, are looked up in pages each time.
FOUND_KEY_MAXIMUM: Final = 128
#: Memory of a found entry with its key, at most, about.
FOUND_BYTES: Final = 400


class FoundEntries(dict[bytes, "Entry"]):
    """Entries that were found in one set of runs, by key, up to `limit_bytes`.

    It belongs to that set: another set of runs begins with an empty one, so nothing in it is ever out of date, and a
    reader that was overtaken adds to one that nobody asks any more. A full one takes nothing, and starts over once it
    has missed as often as it holds entries: what is asked for may have changed. Its single steps are atomic in CPython.
    """

    def __init__(self, limit_bytes: int) -> None:
        super().__init__()
        self.limit_bytes = limit_bytes
        self.limit_count = limit_bytes // FOUND_BYTES
        self._refused = 0

    def add(self, key: bytes, entry: Entry) -> None:
        """Keep an entry."""
        if len(key) > FOUND_KEY_MAXIMUM or len(entry) > 1:
            return
        if len(self) < self.limit_count:
            self[key] = entry
            return
        self._refused += 1
        if self._refused > self.limit_count:
            self._refused = 0
            self.clear()


class PageCache:
    """At most `limit_bytes` of pages; the page that came first goes first. 0 keeps nothing.

    Its single steps are atomic in CPython, and a page that is lost to a race is only read again.
    """

    __slots__ = ("_arrivals", "_pages", "hits", "limit_bytes", "misses", "used_bytes")

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.used_bytes = 0
        self.hits = 0
        self.misses = 0
        self._pages: dict[int, dict[int, DataPage]] = {}
        self._arrivals: deque[tuple[int, int]] = deque()

    def get(self, extent: int, place: int) -> DataPage | None:
        """The page at a place (generation and offset in one number) of an extent, or None."""
        pages = self._pages.get(extent)
        if pages is not None:
            page = pages.get(place)
            if page is not None:
                self.hits += 1
                return page
        self.misses += 1
        return None

    def add(self, extent: int, place: int, page: DataPage) -> None:
        """Keep a page, and let go of the oldest ones while there are too many bytes."""
        if page.size_bytes > self.limit_bytes:
            return
        pages = self._pages.setdefault(extent, {})
        if place in pages:
            return
        pages[place] = page
        self.used_bytes += page.size_bytes
        self._arrivals.append((extent, place))
        while self.used_bytes > self.limit_bytes and self._arrivals:
            old_extent, old_place = self._arrivals.popleft()
            dropped = self._pages.get(old_extent, {}).pop(old_place, None)
            if dropped is not None:
                self.used_bytes -= dropped.size_bytes

    def drain(self, extent: int) -> None:
        """Forget every page of an extent: it was reset."""
        pages = self._pages.pop(extent, None)
        if pages is not None:
            self.used_bytes -= sum(page.size_bytes for page in pages.values())
