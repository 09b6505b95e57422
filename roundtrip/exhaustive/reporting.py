"""The report of exhaustive proofs for people: a table for each part, findings, what was not run, the verdict."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..report import NOTHING_TESTED, PROVED
from ..reporting import write_finding
from .outcome import (
    CHECKSUMS,
    CONFUSION,
    DAMAGE,
    IMAGES,
    PARTS,
    SYMBOLIC,
    ExhaustiveReport,
    Outcome,
    Row,
    by_subject,
    summed,
)
from .wording import grouped

#: Counts in the tables of parts that have a line for each structure: heading, and the name of the count.
COUNTS = {
    DAMAGE: {
        "files": "files",
        "bits flipped": "bit_flips",
        "truncations": "truncations",
        "seen by all lanes": "lane_comparisons",
        "unprotected": "unprotected_bits",
        "of them accepted": "unprotected_accepted",
        "silent": "silent",
    },
    CONFUSION: {
        "foreign frames": "foreign_frames",
        "sealed again": "foreign_resealed",
        "foreign places": "foreign_places",
        "accepted": "foreign_accepted",
        "same seed": "seed_collisions",
    },
    IMAGES: {
        "damaged": "damaged",
        "as it was": "same",
        "nobody reads": "unread",
        "all who read asked": "asked",
        "noticed": "noticed",
        "read in full": "read_in_full",
        "wrong": "wrong",
    },
}


def write_exhaustive(console: Console, report: ExhaustiveReport) -> None:
    """The whole report, without the seed."""
    for part in report.parts:
        console.print(Text(f"{part}: {PARTS[part]}", style="bold"))
        for table in tables(part, report.of(part)):
            console.print(table)
    for finding in report.findings:
        write_finding(console, finding)
    for entry in report.not_run:
        console.print(Text(f"not run: {entry.name} ({entry.reason})", style="yellow"), soft_wrap=True)
    console.print(verdict_line(report), soft_wrap=True)


def tables(part: str, outcomes: Sequence[Outcome]) -> list[Table]:
    """The tables of one part: counts by structure, then rows with the same headings together."""
    found = []
    if part in COUNTS:
        found.append(count_table(COUNTS[part], outcomes))
    groups: dict[tuple[str, ...], list[Row]] = {}
    for outcome in outcomes:
        for row in outcome.rows:
            groups.setdefault(tuple(row.columns), []).append(row)
    return found + [row_table(headings, rows) for headings, rows in groups.items()]


def count_table(columns: dict[str, str], outcomes: Sequence[Outcome]) -> Table:
    """One line for each structure."""
    table = Table(pad_edge=False)
    table.add_column("structure", no_wrap=True)
    for heading in (*columns, "seconds"):
        table.add_column(heading, justify="right", overflow="fold")
    for name, group in by_subject(outcomes).items():
        totals = summed(group)
        cells = [grouped(totals.get(count, 0)) for count in columns.values()]
        table.add_row(name, *cells, f"{sum(outcome.seconds for outcome in group):.1f}")
    return table


def row_table(headings: tuple[str, ...], rows: Sequence[Row]) -> Table:
    """Rows with the same headings."""
    table = Table(pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row.columns.values()))
    return table


def verdict_line(report: ExhaustiveReport) -> Text:
    """The last line: proved or not, and how much was tried in how long."""
    units = {
        DAMAGE: "damaged files",
        CHECKSUMS: "calls of checksums and decoders",
        CONFUSION: "foreign frames and places",
        SYMBOLIC: "paths",
        IMAGES: "damaged stores",
    }
    tried = ", ".join(f"{grouped(report.count(part))} {units[part]}" for part in report.parts)
    tried += f", {report.seconds:.1f} s"
    if report.exit_code == NOTHING_TESTED:
        return Text(f"nothing was tested: {', '.join(report.empty)}; {tried}", style="bold red")
    if report.exit_code == PROVED:
        gaps = f" (but for the {len(report.not_run)} that were not run)" if report.not_run else ""
        return Text(f"proved{gaps}: {tried}", style="bold green")
    return Text(f"refuted: {len(report.findings)} findings; {tried}", style="bold red")
