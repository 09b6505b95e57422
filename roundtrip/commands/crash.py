"""`shardproof crash`: every state that a power failure can leave, recovered and compared."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from ..storing.keys import counted
from .campaign_options import campaign_options
from .conform import DEFAULT_SECONDS, show_findings, watcher, write_findings
from .exits import NOTHING_TESTED, PROVED, REFUTED
from .options import chosen_seed, json_option, together
from .output import progress_bar, write, write_json, write_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..campaign.block import Block
    from ..campaign.runner import Campaign

#: What the counts of `roundtrip.crash.judging.CrashCounts` mean to people.
WORDS: Final = {
    "points": "crash points",
    "judged": "images at them",
    "images": "distinct images",
    "examined": "recovered twice and read by the reference store",
    "audited": "of these, images that read as another one",
}


@click.command(short_help="Recover from every state that a power failure can leave.")
@click.option("--exhaustive", is_flag=True, help="Every short history from the prepared stores, every image.")
@click.option(
    "--prepared",
    multiple=True,
    metavar="NAME",
    help="Only from this prepared store; may come several times. empty, half-dead, two-runs, reset-pending, "
    "unclean-open or superblock-switch.",
)
@click.option(
    "--depth",
    type=click.IntRange(1, 4),
    default=2,
    show_default=True,
    metavar="NUMBER",
    help="Operations of an exhaustive history.",
)
@click.option(
    "--preset",
    "presets",
    multiple=True,
    metavar="NAME",
    help="The store: tiny if not given; enumerated with --exhaustive. May come several times.",
)
@campaign_options
@together(json_option)
def command(
    exhaustive: bool,
    prepared: tuple[str, ...],
    depth: int,
    presets: tuple[str, ...],
    seed: int | None,
    budget: float | None,
    histories: int | None,
    workers: int | None,
    ledger: str | None,
    folder: str,
    as_json: bool,
) -> int:
    """Stop a history at every disk operation, make the images that a power failure can leave there, and recover from
    each: what was persistent must be there, nothing may be called damaged, a second recovery and the reference store
    must find the same.

    With random histories the images are drawn, for ten seconds unless --budget or --histories says otherwise; with
    --exhaustive the histories are short, and the images are all: every subset of the writes that no sync has made
    durable, and each of them torn in every way.

    Exit codes: 0 no violation, 1 findings, 3 nothing was tested.
    """
    from ..campaign.ledger import Ledger  # noqa: PLC0415  # imports the engine
    from ..campaign.runner import run_campaign  # noqa: PLC0415  # likewise
    from ..crash.blocks import LIMITS  # noqa: PLC0415  # likewise

    chosen = chosen_seed(seed)
    if not as_json:
        write(f"seed {chosen}")
        sys.stdout.flush()
    blocks, planned = plan(presets, prepared, depth, chosen, histories, exhaustive=exhaustive)
    seconds = DEFAULT_SECONDS if budget is None and histories is None and not exhaustive else budget
    count = len(os.sched_getaffinity(0)) if workers is None else workers
    with (
        nullcontext() if ledger is None else Ledger(Path(ledger)) as book,
        progress_bar(quiet=as_json) as progress,
    ):
        watch = watcher(progress, planned)
        campaign = run_campaign(blocks, workers=count, ledger=book, seconds=seconds, limits=LIMITS, watch=watch)
    files = write_findings(campaign, folder)
    states = states_of(campaign)
    if as_json:
        write_json(
            {
                "ok": not campaign.found,
                "seed": chosen,
                "kind": "exhaustive" if exhaustive else "sampled",
                "presets": sorted({result.block.preset for result in campaign.results}),
                "depth": depth if exhaustive else None,
                "workers": count,
                "histories": campaign.histories,
                "histories_now": campaign.histories_now,
                "states": states,
                "digest": campaign.digest(),
                "found": campaign.found,
                "findings": [finding_facts(finding, path) for finding, path in files],
                "seconds": round(campaign.seconds, 3),
            }
        )
    else:
        show(campaign, states, count)
        show_findings(files)
        write(verdict(campaign, states))
    if campaign.found:
        return REFUTED
    return PROVED if states.get("images") else NOTHING_TESTED


def plan(
    presets: tuple[str, ...],
    prepared: tuple[str, ...],
    depth: int,
    seed: int,
    histories: int | None,
    *,
    exhaustive: bool,
) -> tuple[Iterator[Block], int | None]:
    """The blocks, and how many histories they have; None where there is no end of them."""
    from itertools import chain  # noqa: PLC0415

    from ..campaign.plan import blocks_of  # noqa: PLC0415  # imports the engine
    from ..crash.blocks import PER_BLOCK, SAMPLED, enumerations  # noqa: PLC0415  # likewise
    from ..histories.presets import preset_named  # noqa: PLC0415  # likewise

    if exhaustive:
        blocks = list(enumerations(presets or ("enumerated",), depth, prepared))
        return iter(blocks), sum(block.count for block in blocks)
    if prepared:
        raise click.UsageError("--prepared goes with --exhaustive")
    names = presets or ("tiny",)
    for name in names:
        preset_named(name)
    if histories is None and len(names) > 1:
        raise click.UsageError("give --histories with more than one --preset")
    parts = [blocks_of(SAMPLED, name, seed, histories, per_block=PER_BLOCK) for name in names]
    return chain(*parts), None if histories is None else histories * len(names)


def states_of(campaign: Campaign) -> dict[str, int]:
    """The counts of all blocks together, in the order of `WORDS`."""
    states = dict.fromkeys(WORDS, 0)
    for result in campaign.results:
        for name, count in result.states.items():
            states[name] += count
    return states


def finding_facts(finding: Any, path: Path) -> dict[str, Any]:
    """A finding with stable keys."""
    from .conform import again  # noqa: PLC0415

    failure = finding.failure
    return {
        "law": failure.law,
        "expected": failure.expected,
        "found": failure.found,
        "file": str(path),
        "command": again(path),
    }


def show(campaign: Campaign, states: dict[str, int], workers: int) -> None:
    """What was looked at, for people."""
    rows = []
    for result in campaign.results:
        if result.block.kind.startswith("exhaustive"):
            one = result.states
            name = f"{result.block.kind.removeprefix('exhaustive-')}, {result.block.preset}"
            rows.append((name, *(f"{one.get(key, 0):,}" for key in WORDS)))
    if rows:
        write_table([("prepared store", *WORDS), *rows])
    write_table([("crash states", "number"), *((words, f"{states[name]:,}") for name, words in WORDS.items())])
    seconds = max(campaign.seconds, 0.001)
    if not campaign.resumed:
        write(
            f"{states['images'] / seconds:,.0f} distinct images a second with {counted(workers, 'worker')}, "
            f"{states['examined'] / seconds:,.0f} of them recovered"
        )


def verdict(campaign: Campaign, states: dict[str, int]) -> str:
    """The last line."""
    judged = "no violation" if not campaign.found else counted(campaign.found, "violation")
    return (
        f"{counted(campaign.histories, 'history', 'histories')}, {states['images']:,} distinct images in "
        f"{campaign.seconds:.1f} s: {judged}\ndigest {campaign.digest()}"
    )
