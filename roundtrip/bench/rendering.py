"""The report for people: one table for each operation, the promises, what was not run, the verdict."""

from __future__ import annotations

from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .figures import RATES, Ratio, Series
from .report import BenchReport
from .saved import Comparison

#: Columns that a format's name and one lane's figures take.
NAME_WIDTH: Final = 16
LANE_WIDTH: Final = 11


def write_report(console: Console, report: BenchReport) -> None:
    """The whole report, without the seed, which the command prints before it measures."""
    for operation in dict.fromkeys(one.operation for one in report.series if one.operation not in RATES):
        write_operation(console, report, operation)
    if any(ratio.threshold for ratio in report.ratios):
        console.print(promises(report))
    write_rates(console, report)
    if report.comparison is not None:
        write_comparison(console, report.comparison)
    for finding in report.findings:
        console.print(Text(f"wrong: {finding}", style="bold red"), soft_wrap=True)
    for row in report.not_run:
        install = f"; {row['install']}" if "install" in row else ""
        console.print(Text(f"not run: {row['what']}: {row['reason']}{install}", style="yellow"), soft_wrap=True)
    console.print(verdict(report), soft_wrap=True)


def write_operation(console: Console, report: BenchReport, operation: str) -> None:
    """Formats by lanes: microseconds, and in brackets how they compare with the fast lane."""
    chosen = [one for one in report.series if one.operation == operation]
    lanes = list(dict.fromkeys(one.lane for one in chosen))
    formats = list(dict.fromkeys(one.format for one in chosen))
    found = {(one.format, one.lane): one for one in chosen}
    per_table = max(3, (console.width - NAME_WIDTH) // LANE_WIDTH)
    for start in range(0, len(lanes), per_table):
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title_justify="left")
        table.add_column(f"{operation}, µs", no_wrap=True)
        part = lanes[start : start + per_table]
        for lane in part:
            table.add_column(lane.replace("_", " "), justify="right", overflow="fold")
        for name in formats:
            table.add_row(name, *(cell(found.get((name, lane)), found.get((name, "fast"))) for lane in part))
        console.print(table)


def cell(one: Series | None, fast: Series | None) -> Text:
    """One figure and, below, its multiple of the fast lane's."""
    if one is None:
        return Text("-", style="dim")
    text = Text(figure(one.microseconds), style="bold" if one is fast else "")
    if fast is not None and one is not fast:
        text.append(f"\n{factor(one.microseconds / fast.microseconds)}", style="dim")
    return text


def figure(microseconds: float) -> str:
    """Microseconds in three digits."""
    if microseconds >= 100:
        return f"{microseconds:,.0f}"
    return f"{microseconds:.1f}" if microseconds >= 10 else f"{microseconds:.2f}"


def factor(value: float) -> str:
    """A multiple in two or three digits."""
    return f"{value:.0f}x" if value >= 10 else f"{value:.1f}x" if value >= 2 else f"{value:.2f}x"


def promises(report: BenchReport) -> Table:
    """The ratios that have a threshold."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("promise of the fast lane", "measured", "middle half", "limit", ""):
        table.add_column(name, justify="left" if name.startswith("promise") or not name else "right", no_wrap=True)
    for ratio in report.ratios:
        if ratio.threshold is None:
            continue
        if ratio.threshold.maximum < 1:
            measured, limit = f"{1 / ratio.ratio:.1f} x faster", f">= {1 / ratio.threshold.maximum:.0f}"
            spread = f"{1 / ratio.high:.1f}-{1 / ratio.low:.1f}"
        else:
            measured, limit = f"{ratio.ratio:.2f} x its time", f"<= {ratio.threshold.maximum:.2f}"
            spread = f"{ratio.low:.2f}-{ratio.high:.2f}"
        table.add_row(promise_name(ratio), measured, spread, limit, held(ratio.ok))
    return table


def promise_name(ratio: Ratio) -> str:
    """Which benchmark, against what."""
    return f"{ratio.format} {ratio.operation}, {ratio.against.replace('_', ' ')}"


def held(ok: bool | None) -> Text:
    """A verdict in one word."""
    return Text("kept", style="green") if ok else Text("missed", style="bold red")


def write_rates(console: Console, report: BenchReport) -> None:
    """Flips, and what a lookup allocates."""
    if report.rates:
        line = Text("bit flips of headers, a second and core: ")
        for number, row in enumerate(report.rates):
            name = row["format"] + (f".{row['structure']}" if row["structure"] else "")
            style = "" if row.get("ok", True) else "bold red"
            line.append(f"{', ' if number else ''}{name} {row['per_second']:,}", style=style)
        console.print(line, soft_wrap=True)
    for row in report.allocations:
        short, long = row["short"], row["long"]
        text = (
            f"{row['format']} lookup allocates at most {short['peak_bytes']} bytes in a page of {short['entries']} keys"
            f" and {long['peak_bytes']} in one of {long['entries']}; it runs {short['lines']} and {long['lines']} lines"
        )
        console.print(Text(text, style="" if row["ok"] else "bold red"), soft_wrap=True)


def write_comparison(console: Console, comparison: Comparison) -> None:
    """The run against a saved one."""
    if not comparison.found:
        console.print(Text(comparison.note, style="yellow"), soft_wrap=True)
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in (f"against {comparison.name}", "then", "now", "change", "limit", ""):
        table.add_column(name, justify="left" if name.startswith("against") or not name else "right", no_wrap=True)
    for change in comparison.changes:
        name = f"{change.format} {change.operation} {change.lane}"
        figures = (
            f"{change.before:.2f}",
            f"{change.now:.2f}",
            f"{change.change:.2f}x",
            f"{change.threshold:.2f}x",
        )
        table.add_row(name, *figures, Text("slower", style="bold red") if change.ok is False else "")
    console.print(table)
    for title, keys in (
        ("new, not in the saved run", comparison.new),
        ("no longer measured", comparison.missing),
    ):
        if keys:
            console.print(f"{title}: {', '.join(keys)}", soft_wrap=True, highlight=False)


def verdict(report: BenchReport) -> Text:
    """The last line."""
    if report.nothing_tested:
        return Text("nothing was measured", style="bold red")
    count = f"{len(report.series)} benchmarks, {len(report.ratios)} ratios"
    if report.quick:
        return Text(f"measured: {count}; a quick run, too short to judge thresholds", style="bold")
    again = f"; measured twice: {', '.join(report.measured_again)}" if report.measured_again else ""
    if report.ok:
        return Text(f"every promise kept: {count}{again}", style="bold green")
    slower = [] if report.comparison is None else [one for one in report.comparison.changes if one.ok is False]
    rows = sum(not row.get("ok", True) for row in (*report.rates, *report.allocations))
    parts = [
        f"{len(report.missed) + rows} promises missed" if report.missed or rows else "",
        f"{len(slower)} slower than {report.comparison.name}" if report.comparison and slower else "",
        f"{len(report.findings)} lanes wrong" if report.findings else "",
    ]
    return Text(f"{', '.join(part for part in parts if part)}: {count}{again}", style="bold red")
