"""`shardproof conform --rates` and `--coverage`: how fast histories are, and what of the engine they run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .exits import NOTHING_TESTED, PROVED, REFUTED
from .output import progress_bar, write, write_json, write_table

if TYPE_CHECKING:
    from ..campaign.coverage import Coverage, ModuleCoverage

#: Names and lines of a module that are shown; `--json` has all.
SHOWN_MAXIMUM = 12


def show_rates(preset: str, seed: int, histories: int | None, *, as_json: bool) -> int:
    """Measure, and show histories a second and core."""
    import msgspec  # noqa: PLC0415  # heavy

    from ..campaign.rates import HISTORIES, MACHINE, REPLAYED, TURNS, measure, ratios  # noqa: PLC0415  # likewise

    with progress_bar(quiet=as_json) as progress:
        rates = measure(preset, seed, histories or HISTORIES, progress)
    times = ratios(rates)
    if as_json:
        write_json({"ok": True, "seed": seed, "preset": preset, "rates": msgspec.to_builtins(rates), "ratios": times})
        return PROVED
    rows = [
        (rate.name, f"{rate.histories_per_second:,.0f}", f"{rate.operations_per_second:,.0f}", f"{rate.operations:,}")
        for rate in rates
    ]
    write_table([("in one second of one core", "histories", "operations", "measured on"), *rows])
    write(f"histories of 50 operations, preset {preset}, the best of {TURNS} turns")
    write(f"{times[MACHINE]:.1f} times the rate of the state machine, {times[REPLAYED]:.1f} times that of {REPLAYED}")
    return PROVED


def show_coverage(preset: str, seed: int, histories: int | None, *, as_json: bool) -> int:
    """Trace histories, and show which lines and branches of the engine they ran, and what never ran."""
    import msgspec  # noqa: PLC0415  # heavy

    from ..campaign.coverage import HISTORIES, cover  # noqa: PLC0415  # imports the engine

    with progress_bar(quiet=as_json) as progress:
        coverage = cover(preset, seed, histories or HISTORIES, progress)
    if as_json:
        write_json({"ok": not coverage.failed, **msgspec.to_builtins(coverage)})
    else:
        write_coverage(coverage)
    if coverage.failed:
        return REFUTED
    return PROVED if any(module.lines_run for module in coverage.modules) else NOTHING_TESTED


def write_coverage(coverage: Coverage) -> None:
    """The report for people: a table of modules, and what never ran."""
    reached = [module for module in coverage.modules if module.lines_run]
    absent = [module.module for module in coverage.modules if not module.lines_run]
    write_table([("operation", "times"), *((verb, f"{count:,}") for verb, count in coverage.counts.items())])
    write_table([("power failures left", "times"), *((kind, f"{n:,}") for kind, n in coverage.survivals.items())])
    rows = [
        (
            module.module,
            f"{module.lines_run} of {module.lines}",
            f"{module.branches_run} of {module.branches}",
            f"{module.functions - len(module.never_run)} of {module.functions}",
        )
        for module in reached
    ]
    write_table([("module", "lines", "branches", "functions"), *rows])
    for module in reached:
        for text in missed(module):
            write(f"{module.module}: {text}")
    write(f"not reached, as one store in memory does not use it: {', '.join(absent)}")
    lines = sum(module.lines for module in reached), sum(module.lines_run for module in reached)
    branches = sum(module.branches for module in reached), sum(module.branches_run for module in reached)
    failed = (
        f"; {coverage.failed} of them break a law, which a run without --coverage reports" if coverage.failed else ""
    )
    write(
        f"{coverage.histories:,} histories, half of them with power failures, preset {coverage.preset}: "
        f"{lines[1]:,} of {lines[0]:,} lines and {branches[1]:,} of {branches[0]:,} branches in {len(reached)} "
        f"modules{failed}"
    )


def missed(module: ModuleCoverage) -> list[str]:
    """What never ran, for people."""
    found = []
    names = [name for name in module.never_run if "<locals>" not in name]
    for what, items in (
        ("functions that never ran", names),
        ("lines that never ran", spans(module.missed_lines)),
        ("branches never taken", [f"{source} to {target}" for source, target in module.missed_branches]),
    ):
        if items:
            more = f" and {len(items) - SHOWN_MAXIMUM} more" if len(items) > SHOWN_MAXIMUM else ""
            found.append(f"{what}: {', '.join(items[:SHOWN_MAXIMUM])}{more}")
    return found


def spans(lines: tuple[int, ...]) -> list[str]:
    """Line numbers, neighbours together: `7`, `9-12`."""
    groups: list[list[int]] = []
    for line in lines:
        if groups and groups[-1][-1] == line - 1:
            groups[-1].append(line)
        else:
            groups.append([line])
    return [str(group[0]) if len(group) == 1 else f"{group[0]}-{group[-1]}" for group in groups]
