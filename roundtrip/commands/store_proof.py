"""`shardproof store exercise` and `survive`: proofs on a store that they make for it."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..storing.keys import bytes_text, counted, path_facts
from .exits import NOTHING_TESTED, PROVED, REFUTED, CommandError
from .options import chosen_seed, duration, json_option, seed_option, together
from .output import one_line, progress_bar, write, write_json, write_table
from .store_options import not_empty, path_argument

if TYPE_CHECKING:
    from ..exercise import ExerciseReport
    from ..killing import SurvivalReport


@click.command("exercise", short_help="Do everything with a new store, at random, and compare with a dictionary.")
@click.argument("path", metavar="PATH", callback=not_empty, required=False)
@together(json_option, seed_option)
@click.option("--memory", "in_memory", is_flag=True, help="With a store in memory, which repeats a run exactly.")
@click.option(
    "--operations",
    "operations",
    type=click.IntRange(min=1),
    default=1_000_000,
    show_default=True,
    metavar="NUMBER",
    help="How many.",
)
@click.option("--budget", "budget", callback=duration, metavar="TIME", help="Stop after this time: 10m, 30s.")
@click.option(
    "--keys",
    "keys",
    type=click.IntRange(1, 1_000_000),
    metavar="NUMBER",
    help="Different keys, up to 1,000,000; few collide more.",
)
@click.option(
    "--preset",
    "preset",
    type=click.Choice(["tiny", "small", "default"]),
    default="small",
    show_default=True,
    help="The size of the store; tiny makes what is rare happen all the time.",
)
def exercise(
    path: str | None,
    as_json: bool,
    seed: int | None,
    in_memory: bool,
    operations: int,
    budget: float | None,
    keys: int | None,
    preset: str,
) -> int:
    """Make a new store in PATH (or in memory) and do everything with it that can be done: put, overwrite, delete, get,
    scan, flush, compact, reclaim, scrub, close and open, in an order that follows from the seed. Each answer is
    compared with a dictionary, and now and then everything is.

    Exit codes: 0 no difference, 1 a difference, with the command that repeats it.
    """
    from ..exercise import Exercise  # noqa: PLC0415  # imports the engine
    from ..exercise_load import PRESETS, InMemory, Load, OnDisk  # noqa: PLC0415  # likewise

    if (path is None) != in_memory:
        raise CommandError("say where: exercise PATH, a new directory, or exercise --memory")
    chosen, settings = chosen_seed(seed), PRESETS[preset]
    if not as_json:
        write_seed(chosen)
    where = "--memory" if path is None else shlex.quote(f"{path}-again")
    key_words = "" if keys is None else f" --keys {keys}"
    command = f"shardproof store exercise {where} --preset {preset}{key_words} --seed {chosen}"
    place = InMemory(settings, chosen) if path is None else OnDisk(path, settings)
    load = Load(settings, keys or settings.keys, chosen)
    with progress_bar(quiet=as_json) as progress:
        run = Exercise(place, settings, load, seed=chosen, command=command)
        report = run.run(operations, seconds=budget, progress=progress)
    if as_json:
        write_json({"ok": report.finding is None, "preset": preset, **facts(report)})
    else:
        show_exercise(report)
    return PROVED if report.finding is None else REFUTED


def write_seed(seed: int) -> None:
    """What repeats the run, before anything else."""
    write(f"seed {seed}")
    sys.stdout.flush()


def facts(report: ExerciseReport | SurvivalReport) -> dict[str, object]:
    """A report with stable keys."""
    import msgspec  # noqa: PLC0415  # heavy

    found: dict[str, object] = msgspec.to_builtins(report)
    return found


def show_exercise(report: ExerciseReport) -> None:
    """The report for people."""
    counts = sorted(report.counts.items(), key=lambda item: -item[1])
    write_table([("operation", "times"), *((name, f"{count:,}") for name, count in counts)])
    finding = report.finding
    if finding is not None:
        write(f"difference at operation {finding.operation:,} ({finding.what}), seed {report.seed}")
        if finding.key is not None:
            write(f"  key       {finding.key}")
        write(f"  expected  {one_line(finding.expected)}")
        write(f"  found     {one_line(finding.found)}")
        write(f"  again     {finding.command}")
    refused = f", {counted(report.refused, 'put')} refused for want of room" if report.refused else ""
    verdict = "no difference" if finding is None else "1 difference"
    write(
        f"{counted(report.operations, 'operation')} in {report.seconds} s, {bytes_text(report.put_bytes)} put"
        f"{refused}: {verdict}"
    )


@click.command("survive", short_help="Kill processes that write to a store, and check what is left.")
@path_argument
@together(json_option, seed_option)
@click.option(
    "--times",
    "times",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    metavar="NUMBER",
    help="How many processes to kill.",
)
@click.option("--keep", "keep", is_flag=True, help="Leave store and tree in PATH; they stay anyway if something broke.")
def survive(path: str, as_json: bool, seed: int | None, times: int, keep: bool) -> int:
    """Kill processes that put, delete or reclaim (`kill -9`) at random moments; PATH must be new or empty.

    After each kill the store must open and be whole, hold everything that was reported persistent, and of the rest the
    state before or the state after. The seed repeats trees and choices; the moments are as the machine has them.

    Exit codes: 0 survived, 1 something was lost or damaged, 3 no process was killed before it was done.
    """
    from ..killing import Survival  # noqa: PLC0415  # imports the engine

    root, chosen = Path(path), chosen_seed(seed)
    try:
        root.mkdir(parents=True, exist_ok=True)
        occupied = next(root.iterdir(), None)
    except OSError as error:
        raise CommandError(f"{one_line(path)}: {error.strerror}") from error
    if occupied is not None:
        raise CommandError(f"{one_line(path)} is not empty: give the path of a new directory")
    if not as_json:
        write_seed(chosen)
    survival = Survival(root, chosen)
    is_evidence = keep
    try:
        with progress_bar(quiet=as_json) as progress:
            report = survival.run(times, progress)
        is_evidence = keep or bool(report.violations)
    finally:
        for folder in () if is_evidence else (survival.store, survival.tree):
            shutil.rmtree(folder, ignore_errors=True)
    if as_json:
        write_json({"ok": not report.violations, **path_facts("store", path), **facts(report)})
    else:
        show_survival(report, str(survival.store))
    if report.violations:
        return REFUTED
    return PROVED if report.killed else NOTHING_TESTED


def show_survival(report: SurvivalReport, store: str) -> None:
    """The report for people."""
    write_table([("killed in", "times"), *((moment, str(count)) for moment, count in report.moments.items())])
    for violation in report.violations:
        write(f"broken by kill {violation.kill} ({violation.moment}), seed {report.seed}")
        if violation.key is not None:
            write(f"  key       {violation.key}")
        write(f"  expected  {one_line(violation.expected)}")
        write(f"  found     {one_line(violation.found)}")
        write(f"  store     {one_line(store)}")
    verdict = "nothing lost" if not report.violations else counted(len(report.violations), "violation")
    write(
        f"{counted(report.killed, 'process', 'processes')} of {report.kills} killed in {report.seconds} s "
        f"(one that is left alone takes {report.measured_seconds} s); {report.keys_checked:,} values compared, "
        f"{report.reported_persistent:,} of them reported persistent: {verdict}"
    )
