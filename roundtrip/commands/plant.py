"""`shardproof plant`: bugs planted in the engine and its models, and which checker finds each."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..storing.keys import counted
from .exits import PROVED, REFUTED, CommandError
from .options import chosen_seed, duration, json_option, seed_option, together
from .output import one_line, progress_bar, write, write_json, write_table
from .store_options import not_empty

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..planted import Bug, Outcome, Report

DEFAULT_BUDGET = "5m"


@click.command(short_help="Plant bugs in the engine, and name the checker that finds each.")
@click.argument("names", metavar="[BUG]...", nargs=-1)
@click.option("--list", "only_list", is_flag=True, help="Name the bugs, and plant none.")
@click.option("--paper", is_flag=True, help="Only issues 1 to 10 of the ShardStore paper.")
@click.option("--none", "nothing", is_flag=True, help="Plant nothing: the checkers must find nothing.")
@together(seed_option)
@click.option(
    "--budget",
    callback=duration,
    default=DEFAULT_BUDGET,
    show_default=True,
    metavar="TIME",
    help="How long to look for each bug, shrinking apart.",
)
@click.option("--checker", "checkers", multiple=True, metavar="NAME", help="Only this checker; may come several times.")
@click.option("--preset", metavar="NAME", help="Only conform, crash and faults, on this preset.")
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    metavar="NUMBER",
    help="Processes; one for each core if not given. They change no result but the seconds.",
)
@click.option(
    "--findings",
    "folder",
    callback=not_empty,
    metavar="FOLDER",
    help="Write what was found here, for `replay` and `shrink`; made when it is missing.",
)
@together(json_option)
def command(
    names: tuple[str, ...],
    only_list: bool,
    paper: bool,
    nothing: bool,
    seed: int | None,
    budget: float,
    checkers: tuple[str, ...],
    preset: str | None,
    workers: int | None,
    folder: str | None,
    as_json: bool,
) -> int:
    """Plant BUGs in the engine or its models, one at a time (all of them if none is named, by name or by the number of
    its issue), and let all checkers look for it until one finds it. What is found is shrunk.

    Exit codes: 0 every bug was found (with --none: nothing was found), 1 otherwise.
    """
    from ..planted import BUGS, Plan, bug_named, chosen_checkers, hunt_all, hunt_nothing  # noqa: PLC0415  # heavy

    if nothing and (names or paper or only_list):
        raise CommandError("--none plants nothing: name no bugs with it")
    bugs: Sequence[Bug] = [bug_named(name) for name in names] or BUGS
    if paper:
        bugs = [bug for bug in bugs if bug.issue is not None]
    if only_list:
        return show_list(bugs, as_json=as_json)
    tried = chosen_checkers(checkers, preset)
    plan = Plan(chosen_seed(seed), budget, tuple(checker.name for checker in tried), preset)
    count = len(os.sched_getaffinity(0)) if workers is None else workers
    if not as_json:
        write(f"seed {plan.seed}")
        sys.stdout.flush()
    with progress_bar(quiet=as_json) as progress:
        if nothing:
            report = hunt_nothing(plan, workers=count, progress=progress)
        else:
            report = hunt_all(bugs, plan, workers=count, progress=progress)
    files = [] if folder is None else write_findings(report, Path(folder))
    if as_json:
        write_json(facts(report, count, files))
    else:
        show(report, files)
    return PROVED if report.ok else REFUTED


def show_list(bugs: Sequence[Bug], *, as_json: bool) -> int:
    """The bugs, without planting any."""
    if as_json:
        write_json({"ok": True, "bugs": [bug_facts(bug) for bug in bugs]})
        return PROVED
    rows = [("bug", "issue", "in", "what it is")]
    rows += [(bug.name, issue_of(bug), bug.component, bug.what) for bug in bugs]
    write_table(rows)
    return PROVED


def bug_facts(bug: Bug) -> dict[str, Any]:
    """A bug with stable keys."""
    return {
        "name": bug.name,
        "issue": bug.issue,
        "component": bug.component,
        "what": bug.what,
        "expected": list(bug.checkers),
    }


def issue_of(bug: Bug | None) -> str:
    """The number in the paper's table, if it has one."""
    return "" if bug is None or bug.issue is None else str(bug.issue)


def show(report: Report, files: list[tuple[Outcome, Path]]) -> None:
    """The table, and below it what survived, or what was found without any bug."""
    rows: list[tuple[str, ...]] = [
        ("bug", "issue", "found by", "scenarios", "seconds", "operations", "shrunk to", "law")
    ]
    rows += [row_of(outcome) for outcome in report.outcomes]
    write_table(rows)
    for outcome in report.outcomes:
        if outcome.bug is None and outcome.found is not None:
            write(f"found without any bug by {outcome.found.checker}: {one_line(outcome.found.failure.message)}")
            write(outcome.found.scenario.text().rstrip())
    for outcome, path in files:
        bug = outcome.bug
        plant = "" if bug is None else f" --plant {bug.name}"
        write(f"written to {one_line(str(path))}: shardproof replay {one_line(str(path))}{plant}")
    made = counted(report.scenarios, "scenario")
    if report.outcomes[0].bug is None:
        write(f"nothing planted, {report.killed} found in {made} and {report.seconds:.1f} s")
    else:
        write(f"{report.killed} of {len(report.outcomes)} planted bugs found in {made} and {report.seconds:.1f} s")


def row_of(outcome: Outcome) -> tuple[str, ...]:
    """One row of the table."""
    name = "(none)" if outcome.bug is None else outcome.bug.name
    before = (name, issue_of(outcome.bug))
    found, seconds = outcome.found, f"{outcome.seconds:.1f}"
    if found is None:
        verdict = "nothing" if outcome.bug is None else "SURVIVED"
        return (*before, verdict, f"{outcome.scenarios:,}", seconds, "", "", "")
    operations = (str(found.drawn), str(len(found.scenario.operations)))
    return (*before, found.checker, f"{found.scenarios:,}", seconds, *operations, found.failure.law)


def write_findings(report: Report, folder: Path) -> list[tuple[Outcome, Path]]:
    """Each finding that is a history in a file of its own; those of a node or with faults are in the table only."""
    from ..histories.failure import examine  # noqa: PLC0415  # imports the engine
    from ..histories.finding import Finding  # noqa: PLC0415  # likewise
    from ..histories.history import History  # noqa: PLC0415  # likewise
    from ..planted import planted  # noqa: PLC0415  # likewise

    files = []
    for number, outcome in enumerate(report.outcomes, 1):
        found = outcome.found
        if found is None or type(found.scenario) is not History or found.failure.is_hang:
            continue
        name = "none" if outcome.bug is None else outcome.bug.name
        with planted(outcome.bug):
            failure = examine(found.scenario)
        assert failure is not None, "what was found is found again"
        finding = Finding.of(
            found.scenario,
            failure,
            seed=report.plan.seed,
            driver=f"plant, {found.checker}",
            planted="" if outcome.bug is None else name,
        )
        path = folder / (f"{name}.txt" if outcome.bug is not None else f"{name}-{number}.txt")
        finding.write(path)
        files.append((outcome, path))
    return files


def facts(report: Report, workers: int, files: list[tuple[Outcome, Path]]) -> dict[str, Any]:
    """The report with stable keys."""
    paths = {id(outcome): str(path) for outcome, path in files}
    return {
        "ok": report.ok,
        "seed": report.plan.seed,
        "planted": sum(outcome.bug is not None for outcome in report.outcomes),
        "found": report.killed,
        "scenarios": report.scenarios,
        "checkers": list(report.plan.checkers),
        "preset": report.plan.preset,
        "workers": workers,
        "bugs": [{**outcome.as_dict(), "file": paths.get(id(outcome))} for outcome in report.outcomes],
        "seconds": round(report.seconds, 3),
    }
