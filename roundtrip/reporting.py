"""A report for people: seed first, a table of formats and laws with counts, the detection matrix, the findings."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from .findings import Finding
from .laws import LAWS, LawResult
from .matrix import Cell, Matrix
from .report import Report

#: Findings shown; the rest are counted.
SHOWN_MAXIMUM = 20


def write_seed(console: Console, seed: int) -> None:
    """What repeats the run, printed before anything else."""
    console.print(f"seed {seed}", highlight=False)


def write_report(console: Console, report: Report) -> None:
    """The whole report, without the seed."""
    console.print(law_table(report))
    console.print(damage_table(report))
    for finding in report.findings[:SHOWN_MAXIMUM]:
        write_finding(console, finding)
    hidden = len(report.findings) - SHOWN_MAXIMUM
    if hidden > 0:
        console.print(f"... and {hidden} more findings", highlight=False)
    for text in unprotected(report):
        console.print(Text(text, style="yellow"))
    for entry in report.not_run:
        console.print(Text(f"not run: {entry.name} ({entry.reason})", style="yellow"))
    console.print(verdict_line(report))


def unprotected(report: Report) -> list[str]:
    """What no checksum protects, a line for each format that has such bits."""
    lines = []
    for result in report.results:
        bits = result.facts.get("unprotected_bits", 0)
        if bits:
            passed = result.facts.get("unprotected_accepted", 0)
            lines.append(
                f"unprotected: {bits:,.0f} bits in the samples of {result.format} lie under no checksum;"
                f" {passed:,.0f} of their flips gave another valid value"
            )
    return lines


def law_table(report: Report) -> Table:
    """Formats by laws: how many inputs, and whether the law held."""
    laws = [number for number in LAWS if any(result.law == number for result in report.results)]
    table = Table(title=None, pad_edge=False)
    table.add_column("format", no_wrap=True)
    for number in laws:
        table.add_column(f"{number} {LAWS[number].title}", justify="right", overflow="fold")
    results = {(result.format, result.law): result for result in report.results}
    for subject in report.subjects:
        cells = [result_text(results[subject.name, number]) for number in laws]
        table.add_row(subject.name, *cells)
    return table


def result_text(result: LawResult) -> Text:
    """One cell: the count, red where the law was refuted."""
    if result.ok:
        return Text(f"{result.count:,}", style="green")
    return Text(f"{result.count:,} refuted" if result.count else "nothing tested", style="bold red")


def damage_table(report: Report) -> Table:
    """The detection matrix in short, one row for each format."""
    table = Table(pad_edge=False)
    table.add_column("damage", no_wrap=True)
    for name in ("raw", "resealed"):
        for what in ("refused", "another value", "silent"):
            table.add_column(f"{name}: {what}", justify="right", overflow="fold")
    for matrix in report.matrices:
        row: list[str | Text] = []
        for resealed in (False, True):
            cell = Cell()
            for part in matrix.summed(resealed=resealed, by="verb").values():
                cell.add(part)
            row += [f"{cell.refused.total():,}", f"{cell.valid:,}", silent_text(cell)]
        table.add_row(matrix.format, *row)
    return table


def silent_text(cell: Cell) -> Text:
    """The number of silent damages, red above zero."""
    return Text(f"{cell.silent:,}", style="bold red" if cell.silent else "green")


def matrix_table(matrix: Matrix, *, resealed: bool, by: str = "field") -> Table:
    """One detection matrix, by `field` or by `verb`: how often it was refused, by which rules."""
    table = Table(title=f"{matrix.format}: {'resealed' if resealed else 'raw'} damage", pad_edge=False)
    for name in (by, "refused by", "another value", "silent"):
        table.add_column(name, justify="left" if name in (by, "refused by") else "right", overflow="fold")
    for name, cell in matrix.summed(resealed=resealed, by=by).items():
        rules = ", ".join(f"{rule} {count}" for rule, count in cell.refused.most_common())
        table.add_row(name, rules, str(cell.valid), silent_text(cell))
    return table


def write_finding(console: Console, finding: Finding) -> None:
    """One finding: where, which law, what, and the command that shows it again."""
    more = f" (and {finding.also} more)" if finding.also else ""
    head = Text("refuted ", style="bold red")
    head.append(f"{finding.law} {finding.format}", style="bold")
    head.append(f" {finding.path}" + (f" [{finding.rule}]" if finding.rule else ""), style="cyan")
    head.append(f": {finding.detail}{more}", style="default")
    console.print(head, soft_wrap=True)
    if finding.command:
        console.print(f"    {finding.command}", soft_wrap=True, highlight=False, markup=False)


def verdict_line(report: Report) -> Text:
    """The last line: proved or not, and how much was tried in how long."""
    counts = report.counts
    if report.nothing_tested:
        return Text("nothing was tested", style="bold red")
    tried = (
        f"{counts['structures']} structures of {counts['formats']} formats in {counts['versions']} versions,"
        f" {counts['laws']} laws,"
        f" {counts['bit_flips']:,} bit flips ({report.flips_per_second:,.0f} a second and core),"
        f" {counts['lane_comparisons']:,} lane comparisons, {counts['corpus_files']} corpus files,"
        f" {counts['locked_versions']} locked versions,"
        f" {counts['silent']} silent, {counts['fuzzed_inputs']:,} mutants{engine_text(report)}, {report.seconds:.1f} s"
    )
    if report.ok:
        return Text(f"proved: {tried}", style="bold green")
    return Text(f"refuted: {len(report.findings)} findings; {tried}", style="bold red")


def engine_text(report: Report) -> str:
    """How much of the engine was run, if it was."""
    if report.engine is None:
        return ""
    engine = report.engine
    return f"; engine: {engine.histories:,} histories, {engine.operations:,} operations, {engine.states:,} crash images"
