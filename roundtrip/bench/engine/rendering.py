"""The report for people: a table for each operation, what it costs, the promises, what was not run, the verdict."""

from __future__ import annotations

from statistics import median
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..rendering import factor, figure, held
from .figures import Judgement, Series
from .names import megabytes, size_name, task_name
from .promises import NAMES, TIME
from .registry import OURS
from .report import EngineReport

#: What each operation's time is of.
TITLES: Final = {
    "put_accepted": "put, until the last call returns",
    "put": "put, background work drained",
    "put_settled": "put, flushed and synced at the end",
    "put_batch_accepted": "batched put, until the last call returns",
    "put_batch": "batched put, drained",
    "put_batch_settled": "batched put, flushed and synced at the end",
    "put_durable": "durable put, one thread",
    "put_durable_8": "durable put, eight threads",
    "fdatasync": "plain append with fdatasync",
    "reopen": "reopen, first get included",
    "reopen_as_put": "reopen before it was settled",
    "get": "random get, settled",
    "scan": "scan of keys",
    "scan_values": "scan of keys and values",
    "overwrite": "overwrite with reclamation",
}
#: Facts that have a table: the operation, the fact, and how it is written.
FACTS: Final = (
    ("put_settled", "write_amplification", "bytes dirtied over user bytes, after the flush"),
    ("put_settled", "call_amplification", "bytes of write calls over user bytes, after the flush"),
    ("put_settled", "space_amplification", "space over user bytes, after the flush"),
    ("get", "space_amplification", "space over user bytes, settled"),
    ("put_settled", "peak_memory_bytes", "peak memory of puts, over the start"),
    ("get", "peak_memory_bytes", "peak memory of gets and scans, over the start"),
    ("put_settled", "resident_bytes", "peak resident memory of puts"),
    ("get", "resident_bytes", "peak resident memory of gets"),
    ("put_durable", "levels", "levels of sync of a durable put"),
    ("put_durable", "syncs", "durable put in units of fdatasync"),
    ("put_durable_8", "gain", "throughput of eight threads over one"),
    ("overwrite", "write_amplification", "overwrite: bytes dirtied over user bytes"),
    ("overwrite", "call_amplification", "overwrite: bytes of write calls over user bytes"),
    ("overwrite", "p999_microseconds", "overwrite: slowest put of a thousand, µs"),
    ("overwrite", "reserve_share", "overwrite: extents in reserve"),
)


def write_report(console: Console, report: EngineReport) -> None:
    """The whole report, without the seed, which the command prints before it measures."""
    measured = {one.operation for one in report.series}
    for operation in (name for name in TITLES if name in measured):
        console.print(times(report, operation))
    for operation, fact, title in FACTS:
        chosen = [one for one in report.series if one.operation == operation and one.facts.get(fact)]
        if chosen:
            console.print(fact_table(chosen, fact, title))
    if report.judgements:
        console.print(promises(report))
    for engine in report.engines:
        version = f" ({engine['package']} {engine['version']})" if engine["version"] else ""
        console.print(Text(f"{engine['name']}{version}: {engine['note']}", style="dim"), soft_wrap=True)
    for finding in report.findings:
        console.print(Text(f"wrong: {finding}", style="bold red"), soft_wrap=True)
    for row in report.not_run:
        install = f"; {row['install']}" if "install" in row else ""
        console.print(Text(f"not run: {row['what']}: {row['reason']}{install}", style="yellow"), soft_wrap=True)
    console.print(verdict(report), soft_wrap=True)


def times(report: EngineReport, operation: str) -> Table:
    """Engines by value sizes: microseconds, and how they compare with ours."""
    chosen = [one for one in report.series if one.operation == operation]
    found = {(one.engine, column_of(one)): one for one in chosen}
    table = table_of(f"{TITLES[operation]}, µs", chosen)
    for engine in dict.fromkeys(one.engine for one in chosen):
        table.add_row(engine, *(cell(found.get((engine, key)), found.get((OURS, key))) for key in columns_of(chosen)))
    return table


def columns_of(chosen: list[Series]) -> list[tuple[int, int]]:
    """The columns of a table: value sizes, or numbers of keys."""
    return sorted({column_of(one) for one in chosen})


def column_of(one: Series) -> tuple[int, int]:
    """The column that a series belongs to."""
    return one.value_size, one.keys or 0


def table_of(title: str, chosen: list[Series]) -> Table:
    """An empty table with its columns."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title_justify="left")
    table.add_column(title, no_wrap=True)
    for size, keys in columns_of(chosen):
        table.add_column(f"{keys:,} keys" if keys else size_name(size), justify="right", no_wrap=True)
    return table


def cell(one: Series | None, ours: Series | None) -> Text:
    """One figure and its multiple of ours."""
    if one is None:
        return Text("-", style="dim")
    text = Text(figure(one.microseconds), style="bold" if one is ours else "")
    if ours is not None and one is not ours:
        text.append(f" {factor(one.microseconds / ours.microseconds)}", style="dim")
    return text


def fact_table(chosen: list[Series], fact: str, title: str) -> Table:
    """Engines by value sizes: one fact."""
    found = {(one.engine, column_of(one)): one for one in chosen}
    table = table_of(title, chosen)
    for engine in dict.fromkeys(one.engine for one in chosen):
        cells = (found.get((engine, key)) for key in columns_of(chosen))
        table.add_row(engine, *("-" if one is None else quantity(fact, median(one.of(fact))) for one in cells))
    return table


def quantity(name: str, value: float) -> str:
    """A fact as text."""
    if name.endswith("_bytes"):
        return megabytes(value)
    if name.endswith(TIME):
        return figure(value)
    return f"{value:.1%}" if name.endswith("_share") else f"{value:.2f}"


def promises(report: EngineReport) -> Table:
    """The promises that were judged."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("promise of our engine", "measured", "limit", ""):
        table.add_column(name, justify="left" if name.startswith("promise") or not name else "right", no_wrap=True)
    for one in report.judgements:
        sign = ">=" if one.promise.at_least else "<="
        table.add_row(
            promise_name(one), shown(one, one.measured), f"{sign} {shown(one, one.promise.limit)}", held(one.ok)
        )
    return table


def promise_name(one: Judgement) -> str:
    """Which operation, and what of it."""
    promise = one.promise
    name = task_name(vars(promise))
    if promise.against is not None:
        return f"{name}, over {promise.against}"
    if promise.against_keys is not None:
        return f"{name}, over that of {promise.against_keys:,}"
    return f"{name}, {NAMES[promise.quantity]}"


def shown(one: Judgement, value: float) -> str:
    """A figure of a promise as text."""
    is_multiple = one.promise.against is not None or one.promise.against_keys is not None
    return f"{value:.2f}" if is_multiple else quantity(one.promise.quantity, value)


def verdict(report: EngineReport) -> Text:
    """The last line."""
    if not report.series and not report.findings:
        return Text("nothing was measured", style="bold red")
    rounds = f"{report.rounds} round{'s' if report.rounds > 1 else ''}"
    count = f"{len(report.series)} figures, {len(report.ratios)} ratios, {rounds}"
    parts = [
        f"{len(report.missed)} promises missed" if report.missed else "",
        f"{len(report.findings)} findings" if report.findings else "",
    ]
    if not report.ok:
        return Text(f"{', '.join(part for part in parts if part)}: {count}", style="bold red")
    if report.quick:
        return Text(f"measured: {count}; a quick run, too short to judge promises", style="bold")
    if not report.judgements:
        return Text(f"measured: {count}; no promise is about what was chosen", style="bold")
    return Text(f"every promise kept: {count}", style="bold green")
