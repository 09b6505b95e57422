"""The plan of a campaign: its blocks, in order."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Final

from .block import Block

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Histories of a block: less than half a second of work.
PER_BLOCK: Final = 100


def blocks_of(
    kind: str, preset: str, seed: int, histories: int | None = None, *, always: bool = False, per_block: int = PER_BLOCK
) -> Iterator[Block]:
    """The blocks of so many histories of one seed; without a number there is no end of them.

    The last block is shorter where the number says so. The blocks of a smaller number, the last one apart, are among
    those of a greater one: a ledger carries a campaign on that was planned smaller.
    """
    for first in count(0, per_block) if histories is None else range(0, histories, per_block):
        size = per_block if histories is None else min(per_block, histories - first)
        yield Block(kind=kind, preset=preset, seed=seed, first=first, count=size, always=always)
