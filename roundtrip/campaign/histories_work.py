"""Blocks of histories as work for child processes: one that is lost leaves the history that it was at as a finding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from roundtrip.histories.failure import Failure

from .block import Block, BlockResult
from .kinds import lost_finding, run_block
from .work import Work

if TYPE_CHECKING:
    from .kinds import Tick
    from .work import Lost


def message(block: Block) -> bytes:
    """A block says it all."""
    return block.to_json().encode()


def run(text: bytes, tick: Tick, _room: memoryview) -> bytes:
    """Run the block of a message."""
    return run_block(Block.from_json(text), tick).to_json().encode()


def result_of_lost(lost: Lost[Block]) -> BlockResult:
    """The result of a block whose process is gone, or was ended: the history that it was at is the finding."""
    block, number = lost.block, lost.number
    rest = f"; histories {number + 1} to {block.first + block.count - 1} were not run"
    last = number + 1 == block.first + block.count
    failure = Failure(lost.law, lost.expected, f"{lost.found}{'' if last else rest}")
    text = lost_finding(block, number, failure)
    return BlockResult(block=block, histories=number - block.first, operations=0, findings=(text,), found=1)


HISTORIES: Final[Work[Block, BlockResult]] = Work(message, run, BlockResult.from_json, result_of_lost)
