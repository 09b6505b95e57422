"""What kinds of blocks there are, and the one way to run any of them.

A kind is a module with a function `run_block(block, tick) -> BlockResult`. It calls `tick(number)` before it begins
history `number`: whoever watches the process then knows how far it came, and which history it did not survive. Of that
history its function `lost_finding(block, number, failure) -> str` makes a finding, without running it.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Final, TypeAlias

from formats.errors import ShardproofError

if TYPE_CHECKING:
    from roundtrip.histories.failure import Failure

    from .block import Block, BlockResult

#: Told the number of each history before it is begun.
Tick: TypeAlias = Callable[[int], None]

#: The prepared stores whose crash states are enumerated (`roundtrip.crash.prepared`).
PREPARED_NAMES: Final = ("empty", "half-dead", "two-runs", "reset-pending", "unclean-open", "superblock-switch")
#: Kind -> module and function.
KINDS: Final[dict[str, tuple[str, str]]] = {
    "conform": ("roundtrip.campaign.volume", "run_block"),
    "crash-histories": ("roundtrip.campaign.volume", "run_block"),
    "component": ("roundtrip.campaign.components", "run_block"),
    "crash-states": ("roundtrip.crash.blocks", "sampled_block"),
    **{f"exhaustive-{name}": ("roundtrip.crash.blocks", "exhaustive_block") for name in PREPARED_NAMES},
}


class UnknownKind(ShardproofError):
    """No kind of block has this name."""


def run_block(block: Block, tick: Tick | None = None) -> BlockResult:
    """Run a block here and now: a pure function of the block. Raises `UnknownKind`, `UnknownPreset`."""
    module, name = kind_of(block)
    result: BlockResult = getattr(import_module(module), name)(block, tick or silent)
    return result


def lost_finding(block: Block, number: int, failure: Failure) -> str:
    """The text of a finding: history `number` of the block, which its process did not survive."""
    module, _ = kind_of(block)
    text: str = import_module(module).lost_finding(block, number, failure)
    return text


def kind_of(block: Block) -> tuple[str, str]:
    """Module and function of a block's kind. Raises `UnknownKind`."""
    if block.kind not in KINDS:
        raise UnknownKind(f"kind: expected one of {', '.join(KINDS)}, found {block.kind[:40]!r}")
    return KINDS[block.kind]


def silent(_number: int) -> None:
    """Nobody watches."""
