"""Crash states as blocks of a campaign: long random histories, and whole enumerations from a prepared store."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

import msgspec

from roundtrip.campaign.block import Block, BlockResult
from roundtrip.campaign.volume import COLLECT_EVERY, KEPT_MAXIMUM, collecting_seldom
from roundtrip.campaign.workers import Limits
from roundtrip.histories.drivers import history_of
from roundtrip.histories.finding import Finding
from roundtrip.histories.history import History

from .exhaustive import ALPHABET, PLACEMENT, Enumeration, histories_of
from .prepared import PREPARED, prepared_named
from .sampling import Sampling

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from roundtrip.campaign.kinds import Tick
    from roundtrip.histories.failure import Failure

    from .judging import Judge

SAMPLED: Final = "crash-states"
#: The kind of an enumeration is this and the prepared store's name; `longest` is its depth.
EXHAUSTIVE: Final = "exhaustive-"
#: An enumeration remembers each image; one history of it may take long.
LIMITS: Final = Limits(memory_bytes=8 << 30, seconds=600.0)
#: Histories of a sampled block.
PER_BLOCK: Final = 20


def sampled_block(block: Block, tick: Tick) -> BlockResult:
    """Run a block of sampled crash states. Raises `UnknownPreset`."""
    sampling = Sampling(block.preset, seed=block.seed)
    with collecting_seldom() as collect:
        for number in range(block.first, block.first + block.count):
            tick(number)
            if number % PER_BLOCK == 0:
                collect()
            history = history_of(block.seed, number, block.preset, crashes=True, longest=block.longest)
            sampling.history(history, number)
    return result_of(block, block.count, sampling.operations, sampling.judge, sampling.findings, sampling.found)


def exhaustive_block(block: Block, tick: Tick) -> BlockResult:
    """Run a whole enumeration. Raises `UnknownPrepared`, `UnknownPreset`."""
    prepared = prepared_named(block.kind.removeprefix(EXHAUSTIVE))
    enumeration = Enumeration(prepared, block.preset, seed=block.seed)
    with collecting_seldom() as collect:
        for _ in enumeration.run(block.longest):
            tick(enumeration.histories)
            if enumeration.histories % COLLECT_EVERY == 0:
                collect()
    count = enumeration.histories
    return result_of(block, count, count, enumeration.judge, enumeration.findings, enumeration.found)


def lost_finding(block: Block, number: int, failure: Failure) -> str:
    """See `campaign.kinds`. Of an enumeration, histories are numbered as they come, from 0 on."""
    driver = f"{block.kind}, history {number}"
    if block.kind == SAMPLED:
        history = history_of(block.seed, number, block.preset, crashes=True, longest=block.longest)
    else:
        prepared = prepared_named(block.kind.removeprefix(EXHAUSTIVE))
        last = next(islice(histories_of(block.longest), number, None), ())
        history = History(preset=block.preset, placement=PLACEMENT, operations=(*prepared.operations, *last))
    return Finding.of(history, failure, seed=block.seed, driver=driver).text()


def result_of(
    block: Block, histories: int, operations: int, judge: Judge, findings: Sequence[Finding], found: int
) -> BlockResult:
    """The result of a block: counts, a share of the images by name, and one finding of each law."""
    laws: dict[str, str] = {}
    for finding in findings:
        if len(laws) < KEPT_MAXIMUM:
            laws.setdefault(finding.law, finding.text())
    return BlockResult(
        block=block,
        histories=histories,
        operations=operations,
        images=judge.counts.images,
        states=msgspec.structs.asdict(judge.counts),
        names=tuple(judge.names()),
        findings=tuple(laws.values()),
        found=found,
        digest=judge.digest(),
    )


def enumerations(presets: Sequence[str], depth: int, names: Sequence[str] = ()) -> Iterator[Block]:
    """The blocks of an enumeration of these prepared stores (all, if none is named)."""
    count = sum(len(ALPHABET) ** length for length in range(1, depth + 1))
    for preset in presets:
        for name in names or PREPARED:
            prepared_named(name)
            yield Block(kind=EXHAUSTIVE + name, preset=preset, seed=0, first=0, count=count, longest=depth)
