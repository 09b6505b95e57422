"""A block: so many histories of one seed, the unit of work; and what running it gives.

A block is all that its result depends on (beside the code, see `fingerprint`), so it may run anywhere: in this
process, in a child, on another machine. Both records have a JSON form that parses back.
"""

from __future__ import annotations

import msgspec

from roundtrip.histories.drivers import LONGEST

from .reading import AnyFinding, parse_finding


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """Histories `first` to `first + count - 1` of a seed.

    `kind`: a key of `kinds.KINDS`; `longest`: operations of a history; `always`: the whole mapping is compared after
    each operation, not only at the end.
    """

    kind: str
    preset: str
    seed: int
    first: int
    count: int
    longest: int = LONGEST
    always: bool = False

    def __str__(self) -> str:
        last = self.first + self.count - 1
        return f"{self.kind} {self.preset}, seed {self.seed}, histories {self.first} to {last}"

    def to_json(self) -> str:
        """One line."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def from_json(cls, line: str | bytes) -> Block:
        """The block of a line. Raises `msgspec.DecodeError`."""
        return msgspec.json.decode(line, type=cls)


class BlockResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a block gave; the same for the same block and code.

    `histories`: that were run to their end or to a finding; `operations`: in them; `counts`: operations by verb;
    `survivals`: what power failures left, by kind; `refused`: operations that found no room; `images`: distinct images
    that power failures left, distinct within the block; `states`: what was done with crash states (`roundtrip.crash`);
    `names`: a share of the images, by name; `findings`: text forms, the first of each sort; `found`: how many there
    were with those of the same sort; `digest`: of every byte on every disk at the end of its history.
    """

    block: Block
    histories: int
    operations: int
    counts: dict[str, int] = {}
    survivals: dict[str, int] = {}
    refused: int = 0
    images: int = 0
    states: dict[str, int] = {}
    names: tuple[int, ...] = ()
    findings: tuple[str, ...] = ()
    found: int = 0
    digest: str = ""

    @property
    def done(self) -> int:
        """How many of its block's histories were run."""
        return self.histories

    def to_json(self) -> str:
        """One line; the same for the same result."""
        return msgspec.json.encode(self, order="deterministic").decode()

    @classmethod
    def from_json(cls, line: str | bytes) -> BlockResult:
        """The result of a line. Raises `msgspec.DecodeError`."""
        return msgspec.json.decode(line, type=cls)

    def parsed_findings(self) -> tuple[AnyFinding, ...]:
        """The findings, parsed."""
        return tuple(map(parse_finding, self.findings))
