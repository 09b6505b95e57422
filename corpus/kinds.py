"""The kinds of kept files: what readers must say of each, and which one the bytes at hand are.

Damage comes in two sorts, and both are needed. *Raw* damage is what chance does: a checksum is stale, or bytes are
missing. *Resealed* damage has every checksum made right again, so that the rule behind the checksums must catch it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

from formats.catalog import Format
from formats.reseal import checksums, holds_checksum

Kind = Literal["golden", "rejected", "resealed", "found"]

#: Every kind of kept file -> what readers must say of it.
KINDS: Final[dict[Kind, tuple[str, ...]]] = {
    "golden": ("accepted",),
    "rejected": ("refused",),
    "resealed": ("refused",),
    "found": ("accepted", "refused"),
}
#: What a file of resealed damage shows.
MATCHING: Final = "checksums=match"
#: The rule of bytes that are missing, which is damage by chance whatever the checksums say that are left.
MISSING_BYTES: Final = "truncated"


def damage_kind(entry_format: Format, data: bytes, *, rule: str, features: Iterable[str]) -> Kind:
    """Whether refused bytes are raw or resealed damage. `features`: those of their refusal."""
    if rule == MISSING_BYTES or MATCHING not in features:
        return "rejected"
    return "resealed" if checksums(entry_format.oracle, data) else "rejected"


def demanded(entry_format: Format) -> tuple[Kind, ...]:
    """The kinds of which a format version needs a file, so that it is proved at all.

    A format without checksums has no resealed damage: there is nothing that raw damage would leave stale. Of found
    ones there may be none: nobody can be asked to find something.
    """
    return ("golden", "rejected", "resealed") if holds_checksum(entry_format.layout.root) else ("golden", "rejected")
