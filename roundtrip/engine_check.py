"""The engine's part of a check: a few seconds of histories, power failures and enumerated crash states.

The full proofs are commands of their own: `conform`, `crash`, `faults`. This part has a fixed size, so that the same
seed gives the same counts on any machine.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final

from .campaign.plan import blocks_of
from .campaign.runner import run_campaign
from .crash.blocks import EXHAUSTIVE, LIMITS, enumerations
from .findings import Finding

if TYPE_CHECKING:
    from collections.abc import Callable

    from .campaign.block import Block, BlockResult

#: Histories without and with power failures, of each of these presets.
HISTORIES: Final = 60
PRESETS: Final = ("tiny", "zoned")
#: Histories of one block: small, so that all cores have something to do.
PER_BLOCK: Final = 20
#: Prepared stores whose crash states are enumerated, and how far.
ENUMERATED: Final = ("empty", "unclean-open")
DEPTH: Final = 1


@dataclass(frozen=True)
class EngineOutcome:
    """What was run, and what was found. `states`: distinct crash images."""

    histories: int
    operations: int
    states: int
    findings: tuple[Finding, ...]


def check_engine(seed: int, watch: Callable[[int], None] | None = None) -> EngineOutcome:
    """Run the quick tier. `watch`: told how many histories are done."""
    blocks = chain(
        enumerations(("enumerated",), DEPTH, ENUMERATED),
        *(
            blocks_of(kind, preset, seed, HISTORIES, per_block=PER_BLOCK)
            for kind in ("conform", "crash-histories")
            for preset in PRESETS
        ),
    )
    campaign = run_campaign(blocks, workers=len(os.sched_getaffinity(0)), limits=LIMITS, watch=watch)
    findings = []
    for result in campaign.results:
        for finding in result.parsed_findings():
            failure = finding.failure
            what = f"expected {failure.expected}, found {failure.found}"
            command = command_of(result)
            findings.append(Finding("engine", failure.law, failure.operation, "", what, command=command))
    if not campaign.histories:
        findings.append(Finding("engine", "(all)", "(whole)", "", "nothing was tested: no history was run"))
    return EngineOutcome(campaign.histories, campaign.operations, campaign.images, tuple(findings))


def command_of(result: BlockResult) -> str:
    """The command that shows a block's findings again."""
    block: Block = result.block
    if block.kind.startswith(EXHAUSTIVE):
        return f"shardproof crash --exhaustive --depth {block.longest} --prepared {block.kind.removeprefix(EXHAUSTIVE)}"
    crashes = " --crashes" if block.kind == "crash-histories" else ""
    return f"shardproof conform --preset {block.preset}{crashes} --seed {block.seed} --histories {HISTORIES}"
