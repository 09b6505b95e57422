"""`shardproof fuzz --plant`: fuzz for planted bugs, and the table of what finds each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..fuzzing.planted import BUDGET_SECONDS, hunt_planted
from ..mutants import MUTANTS, mutant_named
from .exits import PROVED, REFUTED
from .output import progress_bar, write, write_json, write_table

if TYPE_CHECKING:
    from ..fuzzing.planted import PlantedOutcome

ALL = "all"
HEADING = ("bug", "format", "law", "lanes", "inputs", "seconds", "bytes", "shrunk")


def show_planted(name: str, seed: int, *, seconds: float | None, workers: int, as_json: bool) -> int:
    """Hunt one planted bug, or all, and print the table; the exit code."""
    bugs = list(MUTANTS) if name == ALL else [mutant_named(name)]
    outcomes = []
    with progress_bar(quiet=as_json) as bar:
        # A bug is for one core: a block of two that found it would say nothing of how long it takes.
        for one in hunt_planted(bugs, seed=seed, seconds=seconds or BUDGET_SECONDS, workers=min(workers, 1)):
            outcomes.append(one)
            if bar is not None:
                bar(len(outcomes), len(bugs), one.bug.name)
    is_ok = all(one.ok for one in outcomes)
    if as_json:
        write_json({"ok": is_ok, "seed": seed, "bugs": [one.as_dict() for one in outcomes]})
        return PROVED if is_ok else REFUTED
    write_table([HEADING, *map(row_of, outcomes)])
    for one in outcomes:
        if one.reason:
            write(f"{one.bug.name}: no bytes can show it: {one.reason}")
    found = sum(one.failure is not None for one in outcomes)
    write(f"{found} of {len(outcomes)} planted bugs found in {sum(one.seconds for one in outcomes):.1f} s")
    return PROVED if is_ok else REFUTED


def row_of(one: PlantedOutcome) -> tuple[str, ...]:
    """One line of the table."""
    failure, small = one.failure, one.small
    end = (f"{one.inputs:,}", f"{one.seconds:.2f}")
    if failure is None:
        return (one.bug.name, one.bug.format, "unreachable" if one.reason else "SURVIVED", "", *end, "", "")
    sizes = str(len(failure.data)), "" if small is None else str(len(small.data))
    return (one.bug.name, one.bug.format, failure.law, failure.where, *end, *sizes)
