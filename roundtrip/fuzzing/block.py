"""A block of fuzzing: so many mutants of one format, the unit of work; and what running it gives.

A block is all that its result depends on, beside the code and the blocks before it that it learns from (`plan`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from formats.place import Place

from .failure import Failure
from .frames import Seed

if TYPE_CHECKING:
    from collections.abc import Sequence


class FuzzBlock(msgspec.Struct, frozen=True, kw_only=True):
    """Inputs `first` to `first + count - 1` of a format.

    number: of the block, from 0 on, in its format's row of blocks; layout: the format's code (`Row.code`); base: the
    digest of the seeds that it begins with; planted: the name of the bug in it, which ends the block once it is found.
    """

    format: str
    seed: int
    number: int
    first: int
    count: int
    layout: str
    base: str
    planted: str = ""

    def __str__(self) -> str:
        planted = f" with {self.planted}" if self.planted else ""
        return f"{self.format}{planted}, seed {self.seed}, inputs {self.first} to {self.first + self.count - 1}"

    def to_json(self) -> str:
        """One line."""
        return msgspec.json.encode(self).decode()


class Novel(msgspec.Struct, frozen=True, kw_only=True):
    """An input that showed what none before it had shown: `keys` (see `novelty`)."""

    data: bytes
    place: Place
    keys: tuple[str, ...]

    @property
    def seed(self) -> Seed:
        """As what mutants are made from."""
        return Seed(self.data, self.place)


class FuzzResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a block gave; the same for the same block, code and blocks before it.

    inputs: that were made and shown to the fast lane; sealed: of those, with checksums made again, all that was
    accepted or shows by its refusal; accepted: by the fast lane; repeated: of those, not judged again because the same
    bytes were judged in this block; judged: inputs that all lanes saw; refused: of those, refused by the oracle;
    measured: whose memory and work were counted; rules: refusals of judged inputs by rule; novel: inputs that showed
    something new; failures: the first of each sort; found: how many there were; digest: of all that was judged.
    """

    block: FuzzBlock
    inputs: int
    accepted: int = 0
    repeated: int = 0
    judged: int = 0
    refused: int = 0
    measured: int = 0
    rules: dict[str, int] = {}
    novel: tuple[Novel, ...] = ()
    failures: tuple[Failure, ...] = ()
    found: int = 0
    digest: str = ""

    @property
    def done(self) -> int:
        """How many of its block's inputs were run."""
        return self.inputs

    def to_json(self) -> str:
        """One line; the same for the same result."""
        return msgspec.json.encode(self, order="deterministic").decode()

    @classmethod
    def from_json(cls, line: str | bytes) -> FuzzResult:
        """The result of a line. Raises `msgspec.DecodeError`."""
        return msgspec.json.decode(line, type=cls)


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What a child is sent: the block, and what the blocks before it have found."""

    block: FuzzBlock
    novel: tuple[Novel, ...] = ()

    def to_json(self) -> bytes:
        """One line."""
        return msgspec.json.encode(self)

    @classmethod
    def from_json(cls, line: bytes) -> Message:
        """The message of a line."""
        return msgspec.json.decode(line, type=cls)


def distinct(found: Sequence[Novel]) -> tuple[Novel, ...]:
    """Without those that show nothing which none before them shows: two blocks may find the same side by side."""
    shown: set[str] = set()
    kept = []
    for one in found:
        if not shown.issuperset(one.keys):
            shown.update(one.keys)
            kept.append(one)
    return tuple(kept)
