"""The page cache: verified pages of runs, by the place where they lie on disk.

It is nested by extent, so that a reset drops all of an extent at once: a page that outlives its extent's reset would
be taken for one of the extent's next life (issue 2 of the ShardStore paper).
"""

from __future__ import annotations

from collections import deque


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
        self._pages: dict[int, dict[int, bytes]] = {}
        self._arrivals: deque[tuple[int, int]] = deque()

    def get(self, extent: int, place: int) -> bytes | None:
        """The page at a place (generation and offset in one number) of an extent, or None."""
        pages = self._pages.get(extent)
        if pages is not None:
            page = pages.get(place)
            if page is not None:
                self.hits += 1
                return page
        self.misses += 1
        return None

    def add(self, extent: int, place: int, page: bytes) -> None:
        """Keep a page, and let go of the oldest ones while there are too many bytes."""
        if len(page) > self.limit_bytes:
            return
        pages = self._pages.setdefault(extent, {})
        if place in pages:
            return
        pages[place] = page
        self.used_bytes += len(page)
        self._arrivals.append((extent, place))
        while self.used_bytes > self.limit_bytes and self._arrivals:
            old_extent, old_place = self._arrivals.popleft()
            dropped = self._pages.get(old_extent, {}).pop(old_place, None)
            if dropped is not None:
                self.used_bytes -= len(dropped)

    def drain(self, extent: int) -> None:
        """Forget every page of an extent: it was reset."""
        pages = self._pages.pop(extent, None)
        if pages is not None:
            self.used_bytes -= sum(map(len, pages.values()))
