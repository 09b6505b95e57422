"""What an engine must be able to do to be measured.

`put`, `put_durable` and `get` are attributes, so that a library's own function stands there wherever it has the right
arguments: no peer pays for a wrapper that its users would not write.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

Pair = tuple[bytes, bytes]


@dataclass(frozen=True)
class Room:
    """What a store is told when it is made.

    capacity_bytes: the disk, for engines that have one of a fixed size; extent_size_bytes: of ours; value_size: of
    every value; durable: whether `put_durable` will be called, and nothing else that puts.
    """

    capacity_bytes: int
    extent_size_bytes: int
    value_size: int
    durable: bool = False


class Engine(ABC):
    """One open store of one engine. `note`: how it was set up."""

    name: ClassVar[str]
    note: ClassVar[str]

    #: Stores one value; it need not be durable when this returns.
    put: Callable[[bytes, bytes], object]
    #: Stores one value, durable before it returns.
    put_durable: Callable[[bytes, bytes], object]
    #: The value of a key, its checksums verified where the engine has any.
    get: Callable[[bytes], bytes | None]

    @abstractmethod
    def __init__(self, folder: Path, room: Room) -> None:
        """Open the store in a folder; make one where there is none."""

    @abstractmethod
    def put_batch(self, pairs: list[Pair]) -> object:
        """Store several values, not durable."""

    @abstractmethod
    def keys(self) -> Iterator[bytes]:
        """All keys in order."""

    @abstractmethod
    def items(self) -> Iterator[Pair]:
        """All keys with their values, in order."""

    @abstractmethod
    def drain(self) -> None:
        """Hand every accepted byte to the operating system, and wait until nothing is done in the background."""

    @abstractmethod
    def flush(self) -> None:
        """Write what is still in memory where it will stay, and sync."""

    @abstractmethod
    def settle(self) -> None:
        """Flush and compact, as far as the engine can."""

    @abstractmethod
    def close(self) -> None:
        """Close the store."""

    def levels(self) -> int | None:
        """Levels of sync so far, where the engine counts them."""
        return None

    def facts(self) -> dict[str, float]:
        """What else the engine says of itself."""
        return {}
