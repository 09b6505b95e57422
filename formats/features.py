"""What a store must say about itself before it may hold frames of a newer format version.

A store's superblock has three masks of 64 bits, one for each way in which a reader may meet a bit that it does not
know: it ignores the bit (`compatible`), it opens the store for reading only (`read_only_compatible`), or it refuses
the store (`incompatible`). A format version that names a feature asks the store to set that feature's bit as long as
it holds such frames.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

Mask = Literal["compatible", "read_only_compatible", "incompatible"]
#: The masks of the superblock, by the names of its fields.
MASKS: Final[tuple[str, ...]] = get_args(Mask)
#: Each mask has so many bits.
MASK_BIT_COUNT: Final = 64


@dataclass(frozen=True)
class Feature:
    """A feature bit of a store: its name for people, the mask that it stands in, its number there (0 is the lowest)."""

    name: str
    mask: Mask
    bit: int

    def __post_init__(self) -> None:
        if self.mask not in MASKS:
            raise ValueError(f"feature {self.name}: its mask is one of {', '.join(MASKS)}, not {self.mask!r}")
        if not 0 <= self.bit < MASK_BIT_COUNT:
            raise ValueError(f"feature {self.name}: its bit is 0..{MASK_BIT_COUNT - 1}, not {self.bit}")

    @property
    def value(self) -> int:
        """The mask with this bit alone."""
        return 1 << self.bit


# What our own stores say before they may hold frames of a newer version. On disk: frozen.

#: The store may hold chunks of version 2.
CHUNK_V2: Final = Feature("chunk-v2", "incompatible", 0)
#: Sorted runs of the store may hold data pages of version 2.
PAGE_V2: Final = Feature("page-v2", "incompatible", 1)
