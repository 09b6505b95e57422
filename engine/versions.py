"""Which format versions a store writes, and which ones its superblock declares.

A store that is told to write a newer version says so first: the superblock's record that opens it for writing carries
the feature bit, and is durable before anything is appended. The bit stays for ever, whatever is written later. So a
frame of a newer version is only looked for where the bit is set, and a store without it costs nothing more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from formats.features import CHUNK_V2, PAGE_V2

from .config import AS_DECLARED

if TYPE_CHECKING:
    from .config import Limits

#: The features that are known, by name, in the mask `incompatible`: who does not know one must not read the store.
INCOMPATIBLE_FEATURES: Final = {feature.name: feature.value for feature in (CHUNK_V2, PAGE_V2)}
CHUNK_BIT: Final = CHUNK_V2.value
PAGE_BIT: Final = PAGE_V2.value
INCOMPATIBLE: Final = CHUNK_BIT | PAGE_BIT

assert {feature.mask for feature in (CHUNK_V2, PAGE_V2)} == {"incompatible"}


class Versions(NamedTuple):
    """`chunk`, `page`: the versions that are written, 1 or 2; `declared`: the mask of incompatible features."""

    chunk: int = 1
    page: int = 1
    declared: int = 0

    @property
    def mixed_chunks(self) -> bool:
        """Whether there may be chunks of version 2 beside those of version 1."""
        return self.declared & CHUNK_BIT != 0

    @property
    def mixed_pages(self) -> bool:
        """Whether there may be data pages of version 2 beside those of version 1."""
        return self.declared & PAGE_BIT != 0


def versions_of(limits: Limits, declared: int, *, read_only: bool) -> Versions:
    """What a store with these limits writes and declares, `declared` being what its superblock said before."""
    chunk, page = (
        asked if asked != AS_DECLARED else 2 if declared & feature.value else 1
        for asked, feature in ((limits.chunk_version, CHUNK_V2), (limits.page_version, PAGE_V2))
    )
    if not read_only:
        declared |= (CHUNK_V2.value if chunk == 2 else 0) | (PAGE_V2.value if page == 2 else 0)
    return Versions(chunk, page, declared)


def feature_names(declared: int) -> tuple[str, ...]:
    """The names of the known features in a mask of incompatible ones."""
    return tuple(name for name, bit in INCOMPATIBLE_FEATURES.items() if declared & bit)
