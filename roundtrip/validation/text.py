"""A judgement for people: the word for it first, then format by format what was found, shown and advised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from formats.errors import path_text

from ..evolution.report import Advice, FieldChange
from ..evolution.verdicts import PairVerdict, Verdict, Witness
from .judging import Judged, Judgement, Word
from .readings import Row, excerpt
from .wording import bits_text, counted, headline

if TYPE_CHECKING:
    from rich.console import Console

WORD_STYLES: Final = {
    Word.SAFE: "bold green",
    Word.LOOK: "bold yellow",
    Word.VERSION: "bold yellow",
    Word.BREAKS: "bold red",
}
LEVEL_STYLES: Final = {"error": "bold red", "warning": "bold yellow", "note": "cyan"}
VERDICT_STYLES: Final = {
    Verdict.FULL: "green",
    Verdict.READ_ONLY: "yellow",
    Verdict.REFUSE: "yellow",
    Verdict.MISREAD: "bold red",
}
#: Witnesses of one format that are shown; every one is in the JSON and in the folder of `--witnesses`.
WITNESSES_SHOWN: Final = 2
FIELDS_SHOWN: Final = 12
#: Findings of one rule about one format that are shown.
FINDINGS_SHOWN: Final = 4
#: Text is not wrapped at fewer columns, however narrow the terminal.
WIDTH_MINIMUM: Final = 20

#: The rows of a witness, read by both sides; none where a side cannot be rebuilt.
Reading = Callable[[Witness], tuple[Row, ...]]


def write_judgement(console: Console, judgement: Judgement, reading: Reading) -> None:
    """The whole judgement; one line where nothing has changed."""
    versions = counted(len(judgement.report.versions), "format version")
    if judgement.unchanged:
        console.print(Text(f"{Word.SAFE}: {versions}, all as in {judgement.against}", style=WORD_STYLES[Word.SAFE]))
        return
    console.print(verdict_line(judgement), soft_wrap=True)
    tried = f"{versions}, {counted(judgement.report.frames, 'file')} run, seed {judgement.report.seed}"
    line(console, Text(f"compared with {judgement.against}: {tried}"))
    for name in names_of(judgement):
        console.print()
        line(console, Text(name, style="bold"))
        write_format(console, judgement, name, reading)


def verdict_line(judgement: Judgement) -> Text:
    """The verdict in a word, and how much makes it so."""
    word = judgement.word
    counts = [
        counted(number, level)
        for level in ("error", "warning")
        if (number := sum(judged.finding.level == level for judged in judgement.counting))
    ]
    new = sum(entry.state == "added" for entry in judgement.report.versions)
    counts += [counted(new, "new version")] if new else []
    counts += [f"{len(judgement.waived)} waived"] if judgement.waived else []
    counts += ["nothing breaks a file"] if word is Word.SAFE else []
    return Text(word.value, style=WORD_STYLES[word]).append(f": {', '.join(counts)}")


def names_of(judgement: Judgement) -> list[str]:
    """The formats that there is something to say about, those with findings that count first."""
    names = [judged.finding.format for judged in judgement.findings]
    names += [entry.format for entry in judgement.report.versions if entry.state != "unchanged"]
    return list(dict.fromkeys(names))


def write_format(console: Console, judgement: Judgement, name: str, reading: Reading) -> None:
    """What there is to say about one format."""
    for entry in judgement.report.versions:
        if entry.format == name and entry.state != "unchanged":
            indented(console, Text(f"v{entry.version}: {entry.state}"))
    findings = [judged for judged in judgement.findings if judged.finding.format == name]
    write_findings(console, findings)
    pairs = judgement.report.of(name)
    if pairs:
        indented(console, verdict_table(pairs))
    for pair, witness in witnesses_of(findings, pairs):
        write_witness(console, pair, witness, reading(witness))
    for advice in judgement.report.advice:
        if advice.format == name:
            write_advice(console, advice)


def write_findings(console: Console, findings: list[Judged]) -> None:
    """The findings of one format; of many of one rule (one for each kept file, say) the first few."""
    kinds = Counter((judged.finding.rule, judged.finding.level, judged.waiver) for judged in findings)
    shown: Counter[object] = Counter()
    for judged in findings:
        kind = (judged.finding.rule, judged.finding.level, judged.waiver)
        shown[kind] += 1
        if shown[kind] <= FINDINGS_SHOWN:
            write_finding(console, judged)
        elif shown[kind] == kinds[kind]:
            indented(
                console, Text(f"... and {kinds[kind] - FINDINGS_SHOWN} more {judged.finding.rule} (--json has all)")
            )


def write_finding(console: Console, judged: Judged) -> None:
    """One finding: rule and place, words, fields with both byte ranges, and what to do; a note in one line."""
    finding = judged.finding
    level = "waived" if judged.waiver else finding.level
    head = Text().append(f"{level} ", style="cyan" if judged.waiver else LEVEL_STYLES[finding.level])
    head.append(finding.rule, style="bold").append(f"  {headline(finding)}")
    if finding.level == "note":
        words = [f"{path_text(change.path)} {change.words} ({ranges(change)})" for change in finding.fields]
        indented(console, head.append(f"  {'; '.join(words) or finding.message}"))
        return
    head.append(f"  {judged.spot}" if judged.spot else "", style="dim")
    indented(console, head)
    indented(console, Text(finding.message), by=4)
    if len(finding.fields) == 1:
        indented(console, Text(f"{path_text(finding.fields[0].path)}: {ranges(finding.fields[0])}"), by=4)
    elif finding.fields:
        indented(console, field_table(finding.fields), by=4)
    hidden = len(finding.fields) - FIELDS_SHOWN
    if hidden > 0:
        indented(console, Text(f"... and {counted(hidden, 'more field')}"), by=4)
    if judged.waiver is not None:
        waiver = judged.waiver
        indented(console, Text(f"waived until {waiver.expiry} by {waiver.owner}: {waiver.reason}"), by=4)
    else:
        indented(console, Text(f"do: {judged.rule.action}", style="italic"), by=4)


def ranges(change: FieldChange) -> str:
    """The bytes of a field on both sides, in words."""
    if change.old_bits == change.new_bits:
        return f"bytes {bits_text(change.new_bits)}" if change.new_bits is not None else "no bytes of its own"
    return f"old bytes {bits_text(change.old_bits)}, new bytes {bits_text(change.new_bits)}"


def field_table(fields: tuple[FieldChange, ...]) -> Table:
    """Fields by path, with the byte ranges of both sides."""
    table = Table(pad_edge=False)
    for heading in ("field", "old bytes", "new bytes", "what"):
        table.add_column(heading, overflow="fold")
    for change in fields[:FIELDS_SHOWN]:
        table.add_row(field_name(change), bits_text(change.old_bits), bits_text(change.new_bits), Text(change.words))
    return table


def field_name(change: FieldChange) -> Text:
    """The path; both where it has changed."""
    if change.old_path is not None and change.new_path is not None and change.old_path != change.new_path:
        return Text(f"{path_text(change.old_path)} → {path_text(change.new_path)}")
    return Text(path_text(change.path))


def verdict_table(pairs: tuple[PairVerdict, ...]) -> Table:
    """Writer by reader: the verdict, the one with the version check off, and how many files showed it."""
    table = Table(pad_edge=False)
    for heading in ("files written by", "read by", "verdict", "version check off", "files: refused, misread, tried"):
        table.add_column(heading, overflow="fold")
    for pair in pairs:
        tried = f"{pair.refused:,}, {pair.misread:,}, {pair.frames:,}"
        verdict = verdict_text(pair.verdict)
        if pair.some:
            verdict.append(" (some)")
        verdict.append(f" ({pair.feature})" if pair.feature else "")
        unchecked = Text("-") if pair.unchecked is None else verdict_text(pair.unchecked)
        table.add_row(Text(str(pair.writer)), Text(str(pair.reader)), verdict, unchecked, tried)
    return table


def verdict_text(verdict: Verdict) -> Text:
    """A verdict in its colour."""
    return Text("").append(verdict.value, style=VERDICT_STYLES[verdict])


def witnesses_of(findings: list[Judged], pairs: tuple[PairVerdict, ...]) -> list[tuple[PairVerdict, Witness]]:
    """The witnesses worth a look, the most harmful first, each file and reader once.

    They are those of the findings that count; where none counts, one that shows what the version check guards against.
    """
    counting = [pair for judged in findings if judged.counts for pair in judged.finding.pairs]
    ranked = sorted(counting or pairs, key=lambda pair: -pair.verdict.harm)
    found: dict[tuple[bytes, str, bool], tuple[PairVerdict, Witness]] = {}
    for pair in ranked:
        for witness in (pair.witness if counting else None, pair.unchecked_witness):
            if witness is not None:
                key = (witness.data, str(witness.reader), witness.version_checked)
                found.setdefault(key, (pair, witness))
    return list(found.values())[: WITNESSES_SHOWN if counting else 1]


def write_witness(console: Console, pair: PairVerdict, witness: Witness, every: tuple[Row, ...]) -> None:
    """A file that shows a verdict: who reads it, what comes of it, and both readings side by side."""
    verdict = pair.verdict if witness.version_checked else pair.unchecked
    head = Text().append("witness ", style="bold").append(f"{witness.reader} reads {witness.writer}: ")
    head.append_text(verdict_text(verdict or pair.verdict))
    head.append("" if witness.version_checked else " (version check off)")
    indented(console, head)
    name = f", kept as {witness.kept}" if witness.kept else ""
    indented(console, Text(f"{counted(len(witness.data), 'byte')}{name}: {witness.outcome}"), by=4)
    shown, hidden = excerpt(every)
    if shown:
        indented(console, reading_table(shown), by=4)
    if hidden:
        indented(console, Text(f"... and {counted(hidden, 'more row')}"), by=4)


def reading_table(shown: tuple[Row, ...]) -> Table:
    """Bytes, what was written there, and what is read there."""
    table = Table(pad_edge=False)
    table.add_column("bytes", justify="right", no_wrap=True)
    for heading in ("", "written", "read"):
        table.add_column(heading, overflow="fold")
    for row in shown:
        style = "bold" if row.differs else "dim"
        table.add_row(
            f"{row.start}..{row.end}",
            Text(row.bytes_text, style=style),
            Text(row.written or "-", style=style),
            Text(row.read or "-", style=style),
        )
    return table


def write_advice(console: Console, advice: Advice) -> None:
    """The operator's words."""
    indented(console, Text("for the operator", style="bold"))
    for words in advice_lines(advice):
        indented(console, Text(f"- {words}"), by=4)


def advice_lines(advice: Advice) -> Iterator[str]:
    """Who first, together or not, and back, at a glance; then in sentences."""
    rolling = "yes" if advice.rolling else "no"
    yield f"upgrade first: {advice.upgrade_first}; rolling upgrade: {rolling}; rollback: {advice.rollback}"
    yield from advice.words


def line(console: Console, text: Text) -> None:
    """One line, however long."""
    console.print(text, soft_wrap=True)


def indented(console: Console, what: Text | Table, by: int = 2) -> None:
    """Something a few columns to the right; long text is wrapped there, without blanks at the ends of its lines."""
    if isinstance(what, Table):
        console.print(Padding(what, (0, 0, 0, by), expand=False))
        return
    for wrapped in what.wrap(console, max(console.width - by, WIDTH_MINIMUM)):
        wrapped.rstrip()
        line(console, Text(" " * by).append_text(wrapped))
