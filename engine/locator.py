"""Where a chunk is: what the index keeps for each part of a value, and what tree metadata keeps for each part of a run.

A locator is a plain tuple, because the index holds millions of them and pages unpack into tuples at no cost:

    (extent, generation, offset, length, checksum)

`offset` is that of the chunk's frame in the extent, `length` that of its payload, both in bytes; `checksum` is the
plain CRC32C of the payload. The generation makes locators unique over time.
"""

from __future__ import annotations

from typing import Final, TypeAlias

Locator: TypeAlias = tuple[int, int, int, int, int]

#: What the index keeps for a key: the locators of the value's parts, in order. No locator: the key is deleted.
Entry: TypeAlias = tuple[Locator, ...]
TOMBSTONE: Final[Entry] = ()
