"""Whether a lookup allocates for each entry: measured on a page of the usual size and on one sixteen times as long.

`tracemalloc` says how many bytes were allocated at the most while keys were looked up; a lookup that decoded columns,
or made a list, would need more of them on the longer page. Line events say how much of the code was run; a search that
passes over all entries would need sixteen times as many, a binary search four steps more.
"""

from __future__ import annotations

import random
import sys
import tracemalloc
from collections.abc import Callable
from typing import Any, Final

from formats.catalog import CATALOG

from .lanes import FAST
from .plan import Group
from .records import ENTRY_COUNT, data_page, data_page_2, index_page

LONGER: Final = 16
#: Bytes by which the peak may differ: numbers above 256 are objects, keys differ in length.
TOLERANCE_BYTES: Final = 256
PAGES: Final = {"lsm_page.data": data_page, "lsm_page.data@2": data_page_2, "lsm_page.index": index_page}


def lookup_growth(group: Group, seed: int) -> dict[str, Any] | None:
    """What a lookup allocates and how far it goes on the short and the long page; None where it is no such group."""
    if group.operation != "lookup" or group.format not in PAGES:
        return None
    lookup = next((lane.call.function for lane in group.lanes if lane.name == FAST), None)
    if lookup is None:
        return None
    short, long = (measured(group.format, lookup, count, seed) for count in (ENTRY_COUNT, ENTRY_COUNT * LONGER))
    grown = long["peak_bytes"] - short["peak_bytes"]
    return {
        "format": group.format,
        "operation": "lookup",
        "lane": FAST,
        "short": short,
        "long": long,
        "grown_bytes": grown,
        "threshold": TOLERANCE_BYTES,
        "ok": grown <= TOLERANCE_BYTES and long["blocks_left"] == 0 and long["lines"] <= 3 * short["lines"],
    }


def measured(name: str, lookup: Callable[[bytes, bytes], Any], count: int, seed: int) -> dict[str, int]:
    """Lookups of a few keys of a page with so many entries."""
    plain = PAGES[name](random.Random(seed), count)
    entry = CATALOG.labelled(name)
    data = entry.codec.encode(entry.codec.record(plain))
    keys = plain["entries"]["keys"][:: max(1, count // 16)]
    for key in keys:
        lookup(data, key)
    blocks = sys.getallocatedblocks()
    for key in keys:
        lookup(data, key)
    left = sys.getallocatedblocks() - blocks
    return {
        "entries": count,
        "peak_bytes": max(peak_of(lookup, data, key) for key in keys),
        "blocks_left": max(0, left - 1),
        "lines": max(lines_of(lookup, data, key) for key in keys),
    }


def peak_of(lookup: Callable[[bytes, bytes], Any], data: bytes, key: bytes) -> int:
    """The most bytes that were allocated at once during one lookup."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        lookup(data, key)
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def lines_of(lookup: Callable[[bytes, bytes], Any], data: bytes, key: bytes) -> int:
    """How many lines one lookup runs."""
    lines = 0

    def trace(_frame: Any, event: str, _argument: Any) -> Any:
        nonlocal lines
        lines += event == "line"
        return trace

    previous = sys.gettrace()
    sys.settrace(trace)
    try:
        lookup(data, key)
    finally:
        sys.settrace(previous)
    return lines
