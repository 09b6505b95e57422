"""`shardproof conform`: random histories of the engine beside its model."""

from __future__ import annotations

import os
import shlex
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..storing.keys import counted
from .campaign_options import campaign_options
from .exits import NOTHING_TESTED, PROVED, REFUTED
from .options import chosen_seed, json_option, together
from .output import note, one_line, progress_bar, write, write_json, write_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..campaign.kept import KeptResult
    from ..campaign.reading import AnyFinding
    from ..campaign.runner import Campaign
    from .output import Progress

DEFAULT_SECONDS = 10.0


@click.command(short_help="Run random histories of the engine beside its model.")
@click.option(
    "--preset", default="tiny", metavar="NAME", show_default=True, help="The store; an unknown name lists them all."
)
@campaign_options
@click.option("--crashes", is_flag=True, help="With power failures.")
@click.option("--component", metavar="NAME", help="One part of the engine, beside its own model.")
@click.option("--every-operation", "always", is_flag=True, help="Compare the whole mapping after each operation.")
@click.option("--rates", "is_rates", is_flag=True, help="Measure instead: histories a second, beside Hypothesis.")
@click.option("--coverage", "is_coverage", is_flag=True, help="Trace instead: what of the engine the histories run.")
@together(json_option)
def command(
    preset: str,
    seed: int | None,
    budget: float | None,
    histories: int | None,
    workers: int | None,
    crashes: bool,
    component: str | None,
    always: bool,
    ledger: str | None,
    folder: str,
    is_rates: bool,
    is_coverage: bool,
    as_json: bool,
) -> int:
    """Run random histories of a store in memory, and compare every answer with a model: a dictionary, and for each key
    what a power failure may leave of it. The whole mapping is compared at the end.

    It stops after ten seconds, unless --budget or --histories says otherwise. Each finding becomes a text file that
    `shardproof replay` repeats and `shardproof shrink` makes smaller.

    Exit codes: 0 no difference, 1 findings, 3 nothing was tested.
    """
    chosen = chosen_seed(seed)
    if not as_json:
        write(f"seed {chosen}")
        sys.stdout.flush()
    if is_rates or is_coverage:
        from .conform_measures import show_coverage, show_rates  # noqa: PLC0415  # imports the engine

        measure = show_rates if is_rates else show_coverage
        return measure(preset, chosen, histories, as_json=as_json)
    from ..campaign.kept import run_kept  # noqa: PLC0415  # imports the engine
    from ..campaign.ledger import Ledger  # noqa: PLC0415  # imports the engine
    from ..campaign.plan import blocks_of  # noqa: PLC0415  # likewise
    from ..campaign.runner import run_campaign  # noqa: PLC0415  # likewise
    from ..histories.presets import preset_named  # noqa: PLC0415  # likewise

    kind = "component" if component is not None else "crash-histories" if crashes else "conform"
    if component is None:
        preset_named(preset)
    kept = run_kept() if component is None else []
    blocks = blocks_of(kind, component or preset, chosen, histories, always=always)
    seconds = DEFAULT_SECONDS if budget is None and histories is None else budget
    count = len(os.sched_getaffinity(0)) if workers is None else workers
    with (
        nullcontext() if ledger is None else Ledger(Path(ledger)) as book,
        progress_bar(quiet=as_json) as progress,
    ):
        if book is not None and book.torn_bytes:
            torn = f"the last line was torn ({book.torn_bytes} bytes)"
            note(f"note: {one_line(str(ledger))}: {torn}; its block is run again")
        campaign = run_campaign(blocks, workers=count, ledger=book, seconds=seconds, watch=watcher(progress, histories))
    files = write_findings(campaign, folder)
    if as_json:
        write_json({**facts(campaign, chosen, kind, component or preset, count, files), **kept_facts(kept)})
    else:
        show_kept(kept)
        show(campaign, count, files)
    if campaign.found or any(one.failure is not None for one in kept):
        return REFUTED
    return PROVED if campaign.histories else NOTHING_TESTED


def kept_facts(kept: list[KeptResult]) -> dict[str, Any]:
    """The kept findings with stable keys: how many there are, and which fail again."""
    failing = [one.name for one in kept if one.failure is not None]
    return {"kept": len(kept), "kept_failing": failing} | ({"ok": False} if failing else {})


def show_kept(kept: list[KeptResult]) -> None:
    """The kept findings that fail again, for people."""
    for one in kept:
        if one.failure is not None:
            write(f"kept finding {one_line(one.name)} fails again: {one_line(one.failure.law)}")
            write(f"  expected  {one_line(one.failure.expected)}")
            write(f"  found     {one_line(one.failure.found)}")
    if kept:
        write(f"{counted(len(kept), 'kept finding')} run again")


def watcher(progress: Progress | None, histories: int | None) -> Callable[[int], None] | None:
    """Shows how many histories there are behind us, and how fast they come."""
    if progress is None:
        return None
    start = time.monotonic()

    def watch(done: int) -> None:
        rate = done / max(time.monotonic() - start, 0.001)
        progress(done, histories or 0, f"{counted(done, 'history', 'histories')}, {rate:,.0f} a second")

    return watch


def write_findings(campaign: Campaign, folder: str) -> list[tuple[AnyFinding, Path]]:
    """Each finding in a file of its own, named for what repeats it."""
    from ..campaign.reading import write_finding  # noqa: PLC0415  # imports the engine

    files = []
    for number, finding in enumerate(campaign.findings(), 1):
        name = f"{finding.driver}-{finding.seed}-{number}".replace(", history ", "-").replace(" ", "-")
        path = Path(folder) / f"{name}.txt"
        write_finding(finding, path)
        files.append((finding, path))
    return files


def again(path: Path) -> str:
    """The command that repeats a finding."""
    return f"shardproof replay {shlex.quote(str(path))}"


def facts(
    campaign: Campaign, seed: int, kind: str, preset: str, workers: int, files: list[tuple[AnyFinding, Path]]
) -> dict[str, Any]:
    """The report with stable keys."""
    return {
        "ok": not campaign.found,
        "seed": seed,
        "kind": kind,
        "preset": preset,
        "workers": workers,
        "histories": campaign.histories,
        "histories_now": campaign.histories_now,
        "operations": campaign.operations,
        "counts": campaign.counts(),
        "survivals": campaign.survivals(),
        "images": campaign.images,
        "refused": campaign.refused,
        "digest": campaign.digest(),
        "found": campaign.found,
        "findings": [
            {
                "law": finding.law,
                "expected": finding.failure.expected,
                "found": finding.failure.found,
                "operation": finding.failure.number,
                "text": finding.failure.operation,
                "file": str(path),
                "command": again(path),
            }
            for finding, path in files
        ],
        "seconds": round(campaign.seconds, 3),
    }


def show(campaign: Campaign, workers: int, files: list[tuple[AnyFinding, Path]]) -> None:
    """The report for people."""
    for heading, counts in (("operation", campaign.counts()), ("power failures left", campaign.survivals())):
        if counts:
            write_table([(heading, "times"), *((name, f"{count:,}") for name, count in counts.items())])
    show_findings(files)
    resumed = f" ({campaign.histories_now:,} of them now)" if campaign.resumed else ""
    refused = f", {campaign.refused:,} refused for want of room" if campaign.refused else ""
    images = f", {campaign.images:,} images after power failures" if campaign.images else ""
    rate = campaign.histories_now / max(campaign.seconds, 0.001)
    verdict = (
        "no difference"
        if not campaign.found
        else counted(campaign.found, "history breaks a law", "histories break a law")
    )
    done = f"{counted(campaign.histories, 'history', 'histories')}{resumed}, {campaign.operations:,} operations"
    write(
        f"{done}{refused}{images} in {campaign.seconds:.1f} s, {rate:,.0f} a second with "
        f"{counted(workers, 'worker')} ({campaign.histories_per_core_second:,.0f} a second and core): {verdict}"
    )
    write(f"digest {campaign.digest()}")


def show_findings(files: list[tuple[AnyFinding, Path]]) -> None:
    """Each finding, and what repeats it."""
    for finding, path in files:
        failure = finding.failure
        write(f"broken: {one_line(failure.law)} ({one_line(finding.driver)})")
        write(f"  expected  {one_line(failure.expected)}")
        write(f"  found     {one_line(failure.found)}")
        if failure.number >= 0:
            write(f"  at        operation {failure.number}: {one_line(failure.operation)}")
        write(f"  again     {one_line(again(path))}")
