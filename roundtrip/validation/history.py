"""The log of a format: what each locked version changed, since which release, and who can read it.

All of it follows from the lock: the formats are made again from it, and old and new ones run over each other's files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from formats.errors import path_text
from formats.locking.lock import Locked

from ..evolution import Report, validate
from ..evolution.report import FieldChange
from ..evolution.rules import RULES
from ..evolution.verdicts import PairVerdict
from .wording import bits_text


@dataclass(frozen=True)
class Change:
    """One change of a version: the rule's id, what it says, and the fields with their bytes before and after."""

    rule: str
    title: str
    words: str


@dataclass(frozen=True)
class Step:
    """One locked version. `since`: the release that froze it; `changes`: from the version before; `words`: for the
    operator; both are empty for the first one."""

    version: int
    since: str
    summary: str
    changes: tuple[Change, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class History:
    """The log of one format: its locked versions in order, and (writer, reader) -> what that reader makes of the files.

    `readings` holds, for each pair of different versions, the verdict and the one with the version check off.
    """

    name: str
    steps: tuple[Step, ...]
    readings: dict[tuple[int, int], str]

    @property
    def versions(self) -> tuple[int, ...]:
        """The version numbers, in order."""
        return tuple(step.version for step in self.steps)


def history_of(entries: Iterable[Locked]) -> History:
    """The log of one format from its blocks in a lock, one for each version."""
    ordered = sorted(entries, key=lambda entry: entry.version)
    formats = tuple(entry.format for entry in ordered)
    reports = [validate(formats[:index], formats[: index + 1]) if index else None for index in range(len(formats))]
    steps = tuple(step_of(entry, report) for entry, report in zip(ordered, reports, strict=True))
    pairs = reports[-1].pairs if reports[-1] is not None else ()
    readings = {(pair.writer.version, pair.reader.version): reading(pair) for pair in pairs}
    return History(ordered[0].name, steps, readings)


def step_of(entry: Locked, report: Report | None) -> Step:
    """One version; `report`: of the step from the versions before it, None for the first."""
    if report is None:
        return Step(entry.version, entry.since, entry.summary)
    changes = [
        Change(finding.rule, RULES[finding.rule].title, "; ".join(map(field_words, finding.fields)) or finding.message)
        for finding in report.findings
        if finding.versions[1] == entry.version and finding.rule != "version-added"
    ]
    words = tuple(words for advice in report.advice for words in advice.words)
    return Step(entry.version, entry.since, entry.summary, tuple(dict.fromkeys(changes)), words)


def field_words(change: FieldChange) -> str:
    """A field with what changed, and its bytes before and now."""
    return f"`{path_text(change.path)}` {change.words}{where(change)}"


def where(change: FieldChange) -> str:
    """Where the field lies in a small file, before and now."""
    before, now = change.old_bits, change.new_bits
    if before is None and now is None:
        return ""
    if before is None:
        return f" (bytes {bits_text(now)})"
    if now is None:
        return f" (it was bytes {bits_text(before)})"
    return (
        f" (bytes {bits_text(now)})" if before == now else f" (bytes {bits_text(before)} before, {bits_text(now)} now)"
    )


def reading(pair: PairVerdict) -> str:
    """What a reader makes of a writer's files, in a cell."""
    text = f"{pair.verdict} (some files)" if pair.some else str(pair.verdict)
    if pair.feature:
        text += f" ({pair.feature})"
    unchecked = pair.unchecked
    return text if unchecked is None or unchecked is pair.verdict else f"{text}; {unchecked} but for the version check"


def markdown(histories: Iterable[History]) -> str:
    """The section of a page: a part for each format where there are several. Ends in a newline; empty for none."""
    every = tuple(histories)
    if not every:
        return ""
    lines = ["## History", ""]
    for history in every:
        if len(every) > 1:
            lines += [f"### `{history.name}`", ""]
        lines += history_lines(history)
    return "\n".join(lines).rstrip("\n") + "\n"


def history_lines(history: History) -> Iterator[str]:
    """The log of one format, the first version first."""
    for step in history.steps:
        yield from step_lines(step)
    if len(history.steps) > 1:
        yield from table_lines(history)


def step_lines(step: Step) -> Iterator[str]:
    """One version."""
    head = f"**Version {step.version}**, since release {step.since}"
    if not step.changes:
        yield from (f"{head}: the first." if not step.words else f"{head}.", "")
        return
    yield from (f"{head}:", "")
    for change in step.changes:
        yield f"- `{change.rule}`: {change.words}."
    yield ""
    if step.words:
        yield from (" ".join(step.words), "")


def table_lines(history: History) -> Iterator[str]:
    """Who reads what, each reader alone: a program keeps the readers of all versions."""
    yield from ("Each reader alone makes of each version's files (a program keeps the readers of all versions):", "")
    yield "| files of | " + " | ".join(f"reader of version {version}" for version in history.versions) + " |"
    yield "|---|" + "---|" * len(history.versions)
    for writer in history.versions:
        cells = [history.readings.get((writer, reader), "full") for reader in history.versions]
        yield f"| version {writer} | " + " | ".join(cells) + " |"
    yield ""
