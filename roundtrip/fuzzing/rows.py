"""Rows of blocks, one for each format, and what later blocks learn from earlier ones.

A block begins with the inputs that showed something new in the first block of its row and in all that lie at least
`LAG` blocks before it. So the search goes deeper from block to block, up to `LAG` blocks of one row run side by side,
and what a block gives is the same whoever runs it and whenever: with one worker or many, at once or resumed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final

from corpus.sidecar import hashed
from formats.fingerprint import fingerprint
from formats.layout import Digest, Node, children

from .block import FuzzBlock, FuzzResult, Message, distinct
from .seeds import digest_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .block import Novel
    from .frames import Seed
    from .target import Target

LAG: Final = 4
#: Inputs of a block: a second or two of work. The first is shorter, because the others wait for it.
PER_BLOCK: Final = 100_000
FIRST_BLOCK: Final = 25_000


@dataclass
class Row:
    """The blocks of one target, in order. `planted`: the name of the bug in it, if there is one.

    inputs: how many there are to be in all, None for no end; per_block: in each but the first.
    """

    target: Target
    base: tuple[Seed, ...]
    seed: int
    planted: str = ""
    inputs: int | None = None
    per_block: int = PER_BLOCK
    blocks: list[FuzzBlock] = field(default_factory=list)

    @cached_property
    def code(self) -> str:
        """What tells the format's code from other code: its layout, and the modules of checksums that are not ours."""
        layout = self.target.format.layout
        modules = {node.algorithm.module for node in below(layout.root) if isinstance(node, Digest)}
        sources = [source_of(name) for name in sorted(modules)]
        return fingerprint(layout) + "".join(hashed(source.encode())[:16] for source in sources if source)

    @property
    def key(self) -> tuple[str, str]:
        """What tells rows apart."""
        return self.target.label, self.planted

    def grow(self, known: Callable[[FuzzBlock], FuzzResult | None]) -> FuzzBlock | None:
        """The next block; None where the row ends here, by its number of inputs or because its bug is found."""
        number = len(self.blocks)
        first = self.blocks[-1].first + self.blocks[-1].count if self.blocks else 0
        size = self.per_block if number else min(FIRST_BLOCK, self.per_block)
        size = size if self.inputs is None else min(size, self.inputs - first)
        if size <= 0 or (self.planted and self.failed(known)):
            return None
        block = FuzzBlock(
            format=self.target.label,
            seed=self.seed,
            number=number,
            first=first,
            count=size,
            layout=self.code,
            base=digest_of(self.base),
            planted=self.planted,
        )
        self.blocks.append(block)
        return block

    def failed(self, known: Callable[[FuzzBlock], FuzzResult | None]) -> bool:
        """Whether a block has found something."""
        return any(result.failures for block in self.blocks if (result := known(block)) is not None)

    def teachers(self, number: int) -> list[FuzzBlock]:
        """The blocks that the one of this number learns from."""
        return [block for block in self.blocks[:number] if block.number == 0 or block.number <= number - LAG]

    def is_ready(self, known: Callable[[FuzzBlock], FuzzResult | None]) -> bool:
        """Whether the next block has all that it learns from; of a planted bug, whether it is still wanted."""
        wanted = self.blocks if self.planted else self.teachers(len(self.blocks))
        return all(known(block) is not None for block in wanted)


def below(node: Node) -> Iterator[Node]:
    """A node and all that is inside it."""
    yield node
    for _, child in children(node):
        yield from below(child)


def source_of(module: str) -> str:
    """The text of a module outside of `formats`, whose text the ledger answers for; none of one that has none."""
    path = getattr(import_module(module), "__file__", None)
    if module.partition(".")[0] == "formats" or path is None or not path.endswith(".py"):
        return ""
    return Path(path).read_text(encoding="utf-8", errors="replace")


class Plan:
    """The blocks of all rows in turn, as a campaign asks for them. `known`: what is known of a block by now."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = {row.key: row for row in rows}
        assert len(self.rows) == len(rows), "one row for each target"
        self.known: Callable[[FuzzBlock], FuzzResult | None] = lambda _: None

    def blocks(self) -> Iterator[FuzzBlock | None]:
        """Every block, in an order that does not hang on who runs them; None while the next one must wait."""
        open_rows = list(self.rows.values())
        for _ in count():
            for row in list(open_rows):
                while not row.is_ready(self.known):
                    yield None
                block = row.grow(self.known)
                if block is None:
                    open_rows.remove(row)
                else:
                    yield block
            if not open_rows:
                return

    def message(self, block: FuzzBlock) -> Message:
        """The block with what it learns."""
        found: list[Novel] = []
        for teacher in self.row(block).teachers(block.number):
            result = self.known(teacher)
            assert result is not None, "what a block learns from is known before it begins"
            found += result.novel
        return Message(block=block, novel=distinct(found))

    def row(self, block: FuzzBlock) -> Row:
        """The row of a block."""
        return self.rows[block.format, block.planted]
