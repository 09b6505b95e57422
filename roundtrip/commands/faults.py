"""`shardproof faults`: disks on which things go wrong, and what the store makes of it."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..storing.keys import counted
from .exits import NOTHING_TESTED, PROVED, REFUTED, CommandError
from .options import chosen_seed, duration, json_option, seed_option, together
from .output import one_line, progress_bar, write, write_json, write_table
from .store_options import not_empty

if TYPE_CHECKING:
    from ..faults.run import FaultReport


@click.command(short_help="Let operations of the disk fail or lie, one by one.")
@click.option("--preset", default="tiny", show_default=True, metavar="NAME", help="The store.")
@together(seed_option)
@click.option("--budget", callback=duration, metavar="TIME", help="Go on with more faults for this time: 30s, 10m.")
@click.option(
    "--workers", type=click.IntRange(1, 256), metavar="NUMBER", help="Processes; one for each core if not given."
)
@click.option(
    "--findings",
    "folder",
    callback=not_empty,
    default="findings",
    show_default=True,
    metavar="FOLDER",
    help="Write findings here; made when there is one.",
)
@click.option("--atlas", "only_atlas", is_flag=True, help="Print the fault atlas instead, and run nothing.")
@together(json_option)
def command(
    preset: str,
    seed: int | None,
    budget: float | None,
    workers: int | None,
    folder: str,
    only_atlas: bool,
    as_json: bool,
) -> int:
    """Let the n-th operation of the disk fail, for every n; let writes be lost, land elsewhere or twice; let bytes rot;
    and hold the store to the fault atlas: never wrong data, errors that name the place, everything back after healing.

    Exit codes: 0 no finding, 1 findings, 3 nothing was tested.
    """
    if only_atlas:
        show_atlas(as_json=as_json)
        return PROVED
    from ..faults.run import run_faults  # noqa: PLC0415  # imports the engine

    chosen = chosen_seed(seed)
    if not as_json:
        write(f"seed {chosen}")
        sys.stdout.flush()
    count = len(os.sched_getaffinity(0)) if workers is None else workers
    with progress_bar(quiet=as_json) as progress:
        report = run_faults(preset, chosen, budget, progress, workers=count)
    files = write_findings(report, folder)
    if as_json:
        facts = report.as_dict()
        for finding, path in zip(facts["findings"], files, strict=True):
            finding.update(file=str(path), command=again(path))
        write_json({"ok": not report.found, **facts})
    else:
        show(report, files)
    if report.found:
        return REFUTED
    return PROVED if report.kinds else NOTHING_TESTED


def show_atlas(*, as_json: bool) -> None:
    """The fault atlas, for people or as JSON."""
    from ..faults.atlas import ATLAS, atlas_markdown  # noqa: PLC0415

    if as_json:
        write_json({"ok": True, "atlas": [row._asdict() for row in ATLAS]})
    else:
        write(atlas_markdown().rstrip("\n"))


def write_findings(report: FaultReport, folder: str) -> list[Path]:
    """Each finding that was kept in a file of its own."""
    files = []
    for number, finding in enumerate(report.findings, 1):
        path = Path(folder) / f"faults-{report.preset}-{report.seed}-{number}.txt"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(finding.text(), encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{one_line(str(path))}: {error.strerror}") from error
        files.append(path)
    return files


def again(path: Path) -> str:
    """The command that repeats a finding."""
    return f"shardproof replay {shlex.quote(str(path))}"


def show(report: FaultReport, files: list[Path]) -> None:
    """The report for people."""
    write_table([("fault", "hit"), *((kind, f"{times:,}") for kind, times in report.kinds.items())])
    for finding, path in zip(report.findings, files, strict=True):
        failure = finding.finding.failure
        write(f"broken: {one_line(failure.law)}")
        write(f"  expected  {one_line(failure.expected)}")
        write(f"  found     {one_line(failure.found)}")
        for line in finding.finding.faults:
            write(f"  fault     {one_line(line)}")
        for line in finding.log[:1]:
            write(f"  it hit    {one_line(line)}")
        if failure.number >= 0:
            write(f"  at        operation {failure.number}: {one_line(failure.operation)}")
        history = finding.finding.history
        write(f"  history   {'; '.join(map(str, history.operations))} (preset {history.preset})")
        write(f"  again     {one_line(again(path))}")
    for fault, where in report.never_fired:
        write(f"never fired: {fault}, {where}")
    rows = len(report.fired) + len(report.never_fired)
    verdict = "no finding" if not report.found else counted(report.found, "finding")
    write(
        f"{counted(report.scenarios, 'scenario')} in {report.seconds:.1f} s "
        f"({report.scenarios / max(report.seconds, 0.001):,.0f} a second), "
        f"{len(report.fired)} of {rows} rows of the atlas fired: {verdict}"
    )
