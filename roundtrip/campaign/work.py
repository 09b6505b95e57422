"""What campaigns need to know of the work that they do: how a block is run, and what becomes of one that was not.

A block says all that its result depends on (beside the code), and both have a JSON form of one line.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from .kinds import Tick


class AnyBlock(Protocol):
    """A unit of work: numbers `first` to `first + count - 1` of something."""

    @property
    def first(self) -> int:
        """The first number."""

    @property
    def count(self) -> int:
        """How many."""

    def to_json(self) -> str:
        """One line."""

    def __hash__(self) -> int: ...


class AnyResult(Protocol):
    """What a block gave."""

    @property
    def block(self) -> Any:
        """The block."""

    @property
    def done(self) -> int:
        """How many of its numbers were run."""

    def to_json(self) -> str:
        """One line; the same for the same result."""


B = TypeVar("B", bound=AnyBlock)
R = TypeVar("R", bound=AnyResult)


@dataclass(frozen=True)
class Lost(Generic[B]):
    """A block whose process died, or did not come to its end, at this number; and the law that it broke so.

    noted: what the process had noted last of what it was about to do.
    """

    block: B
    number: int
    law: str
    expected: str
    found: str
    noted: bytes = b""


@dataclass(frozen=True)
class Work(Generic[B, R]):
    """One sort of blocks. Children are forked, so its functions see what was there before.

    message: what a child is sent for a block; run: in the child, the answer to a message; result: of an answer;
    lost: the result of a block that was lost; room_bytes: how much a child may note of what it is about to do.
    """

    message: Callable[[B], bytes]
    run: Callable[[bytes, Tick, memoryview], bytes]
    result: Callable[[bytes], R]
    lost: Callable[[Lost[B]], R]
    room_bytes: int = 0
