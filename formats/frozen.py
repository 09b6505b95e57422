"""Which of our format versions are frozen, and the check that a frozen one is still what it was.

A line in `FROZEN` is a promise: bytes of this version are read for ever, with the same values, and written the same.
So its layout never changes, its kept files are never made anew, and it never leaves the catalog. Lines are added and
never edited. Whoever needs another layout gives it the next version, beside this one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from .errors import FrozenChanged
from .fingerprint import fingerprint

if TYPE_CHECKING:
    from .catalog import Format

#: Format and version -> fingerprint of its layout on the day it was frozen.
FROZEN: Final[Mapping[tuple[str, int], str]] = {
    ("extent_header", 1): "693d6d9a9c8cad9a1affe7c8f89187dd8588a8724dd3df1ef749845703748487",
    ("chunk", 1): "8d9b34ecdac0f79174df6ad126fe43ac898bfdca93c41a503dfa99f39dfaf83e",
    ("superblock", 1): "521263c863f358413496c5356c042d8208e3d2a0f9c7a5d639c93ea71147a963",
    ("tree_metadata", 1): "1c6053064c42ecc8d7da83011148a10b2382026eb8ec0f45b0a99b457ab9e11f",
    ("lsm_page.data", 1): "6fab73d2f851d57892763c70257a14e0fabae34276edf89c28008aaf22b0948b",
    ("lsm_page.index", 1): "56fbabb54bcbd9caa32f6a1ac92a2868ae7fd51c6424fede8f4b0fedbbfa0383",
    ("lsm_page.filter", 1): "4f270cb22a05385934e80a4180d75eb748875e8a177bf6bee226260f7dabe543",
    ("lsm_page.footer", 1): "92a7644931fb9f9b4a32d1c3ba36435ef26f4e106c85a12fc438a7a5141c7ebb",
}


def refuse_changed(formats: Iterable[Format]) -> None:
    """Raise `FrozenChanged` for the first frozen format whose layout has not the fingerprint it was frozen with."""
    for entry in formats:
        if entry.frozen is not None and (found := fingerprint(entry.layout)) != entry.frozen:
            raise FrozenChanged(entry.name, entry.version, expected=entry.frozen, found=found)
