"""What every format of ours begins with: magic, kind, version.

The magic is "SP" (shardproof) with the high bit of each letter set, so it never occurs in ASCII text and never in
valid UTF-8 (D3 asks for a continuation byte, which D0 is not). Magic and kinds are frozen: they are on disk.
"""

from __future__ import annotations

from typing import Any, Final

from .primitives import Kind, Magic, Version

MAGIC: Final = b"\xd3\xd0"
assert bytes(letter | 0x80 for letter in b"SP") == MAGIC

EXTENT_HEADER: Final = 1
CHUNK: Final = 2
SUPERBLOCK: Final = 3
TREE_METADATA: Final = 4
LSM_DATA: Final = 5
LSM_INDEX: Final = 6
LSM_FILTER: Final = 7
LSM_FOOTER: Final = 8

#: Checksum contexts, see `formats.place`.
PHYSICAL_PLACE: Final = ("disk", "extent", "generation", "offset")
EXTENT_PLACE: Final = ("extent", "offset")
RUN_PLACE: Final = ("disk", "run", "offset")


def lead(kind: int, version: int) -> tuple[Any, ...]:
    """The four leading bytes of a header."""
    return ("magic" / Magic(MAGIC), "kind" / Kind(kind), "version" / Version(version))
