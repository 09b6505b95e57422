"""Which of our format versions are frozen, and the check that a frozen one is still what it was.

A block in `formats.lock` is a promise: bytes of this version are read for ever, with the same values, and written the
same. So its layout never changes, its kept files are never made anew, and it never leaves the catalog. Blocks are added
and never edited. Whoever needs another layout gives it the next version, beside this one.

The lock is read as part of the package, like code: it is the one file that this room reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from . import locking
from .errors import FrozenChanged
from .fingerprint import fingerprint
from .locking.blocks import LOCK_NAME, blocks_of

if TYPE_CHECKING:
    from .catalog import Format
    from .locking import Lock


def own_lock_text() -> str:
    """The text of the lock that comes with the package, its line ends as they are."""
    return files("formats").joinpath(LOCK_NAME).read_bytes().decode("utf-8")


@cache
def own_lock() -> Lock:
    """The lock that comes with the package."""
    return locking.read_lock(own_lock_text())


#: Format and version -> fingerprint of its layout on the day it was frozen. Taken of the blocks alone, which is fast.
FROZEN: Final[Mapping[tuple[str, int], str]] = {
    (block.name, block.version): block.fingerprint for block in blocks_of(own_lock_text(), LOCK_NAME)
}


def refuse_changed(formats: Iterable[Format]) -> None:
    """Raise `FrozenChanged` for the first frozen format whose layout has not the fingerprint it was frozen with."""
    for entry in formats:
        if entry.frozen is not None and (found := fingerprint(entry.layout)) != entry.frozen:
            raise FrozenChanged(entry.name, entry.version, expected=entry.frozen, found=found)
