"""`shardproof shrink`: a finding with fewer and simpler operations, or bytes, which breaks the same law."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..storing.keys import counted
from .exits import PROVED, REFUTED, CommandError
from .options import duration, finding_file, json_option, together
from .output import one_line, write, write_json
from .store_options import not_empty

if TYPE_CHECKING:
    from ..campaign.reading import AnyFinding

DEFAULT_BUDGET = "60s"


@click.command(short_help="Make a finding smaller.")
@click.argument("file", metavar="FILE", callback=finding_file)
@click.option(
    "-o",
    "--output",
    callback=not_empty,
    metavar="FILE",
    help="Write the smaller one here; else beside FILE, as …-small.",
)
@click.option(
    "--budget", callback=duration, default=DEFAULT_BUDGET, show_default=True, metavar="TIME", help="How long to try."
)
@click.option("--plant", metavar="BUG", help="The bug that was planted (see `shardproof plant`).")
@together(json_option)
def command(file: str, output: str | None, budget: float, plant: str | None, as_json: bool) -> int:
    """Leave operations of the finding in FILE out, and make the others simpler, as long as it breaks the same law. Of
    a finding of `fuzz`, leave out fields, elements and bytes, and make the numbers in it small.

    Exit codes: 0 the finding does not occur any more, and nothing was written; 1 it does, and the smaller one was
    written.
    """
    from .replay_fuzz import is_fuzz_file, shrink_fuzz_file  # noqa: PLC0415  # imports construct

    if is_fuzz_file(file):
        return shrink_fuzz_file(file, output, plant, budget, as_json=as_json)
    from ..campaign.reading import read_finding, write_finding  # noqa: PLC0415  # imports the engine
    from .replay_history import facts, planted, show  # noqa: PLC0415  # likewise

    path = Path(file)
    finding = read_finding(path)
    target = path.with_name(f"{path.stem}-small{path.suffix}") if output is None else Path(output)
    with planted(plant):
        smaller = smaller_finding(finding, budget)
    if smaller is None:
        if as_json:
            write_json({"ok": True, "file": None, "before": size_of(finding), "after": None, **facts(finding, None)})
        else:
            show(finding, None)
        return PROVED
    write_finding(smaller, target)
    before, after = size_of(finding), size_of(smaller)
    if as_json:
        found = facts(smaller, smaller.failure)
        write_json({"ok": False, "file": str(target), "before": before, "after": after, **found})
        return REFUTED
    show(smaller, smaller.failure)
    write(f"{counted(before, 'operation')} before, {after:,} after, in {one_line(str(target))}")
    write(f"  again     shardproof replay {one_line(shlex.quote(str(target)))}")
    return REFUTED


def size_of(finding: AnyFinding) -> int:
    """How many operations it has."""
    from ..histories.finding import Finding  # noqa: PLC0415  # imports the engine

    return len(finding.history.operations if isinstance(finding, Finding) else finding.lines)


def smaller_finding(finding: AnyFinding, seconds: float) -> AnyFinding | None:
    """The smallest that was found within the time; None where the finding does not occur any more."""
    from ..campaign.shrinking import shrink_finding  # noqa: PLC0415  # imports the engine
    from ..campaign.workers import LIVES  # noqa: PLC0415  # likewise

    if finding.law == LIVES:
        raise CommandError(
            f"a finding of law {finding.law!r} is not made smaller: leave out lines by hand, and replay it"
        )
    return shrink_finding(finding, seconds)
