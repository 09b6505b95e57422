"""One question of a reading, and how its answers name damage."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from engine.errors import ChunkRotten

    from ..reference.image import Rotten

Answer: TypeAlias = tuple[Any, ...]


class Question(NamedTuple):
    """One part of a reading. `lane`: whose; `ask`: finds the answer from the image as it is now."""

    lane: str
    name: str
    ask: Callable[[], Answer]


def reports_of(damage: Iterable[ChunkRotten | Rotten]) -> Answer:
    """Reports, by what they name."""
    return tuple((one.structure, one.extent, one.offset, one.key) for one in damage)
