"""What a report of the core comes to: which findings count, where each stands in somebody's files, the word for it all.

safe             nothing that counts was found
needs a look     findings that neither break a file nor ask for a version: an expired waiver, a skipped number
needs a version  a locked version has another layout; no file that exists becomes wrong, if it gets a number
breaks files     files that exist are refused or misread by the new program, or new files are misread by the old one
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from ..evolution.report import Finding, Report
from ..evolution.rules import RULES, Rule
from ..evolution.verdicts import PairVerdict, Verdict
from .waivers import WAIVER_RULES, Waiver, waiver_findings, waiver_for

#: Every rule that `validate --rules` lists.
ALL_RULES: Final[dict[str, Rule]] = {**RULES, **WAIVER_RULES}
LEVELS: Final = ("error", "warning", "note")
#: Rules that break files without a pair of versions: nothing is left that reads them.
WITHOUT_A_READER: Final = frozenset({"version-removed", "format-removed"})


class Word(StrEnum):
    """The verdict in a word, from harmless to harmful."""

    SAFE = "safe"
    LOOK = "needs a look"
    VERSION = "needs a version"
    BREAKS = "breaks files"


@dataclass(frozen=True)
class Spot:
    """A line of a file that a person may edit; `line`: from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Judged:
    """A finding, where it stands, and the waiver that covers it, if there is one."""

    finding: Finding
    spot: Spot | None = None
    waiver: Waiver | None = None

    @property
    def rule(self) -> Rule:
        """Its rule, with title, explanation and action."""
        return ALL_RULES[self.finding.rule]

    @property
    def counts(self) -> bool:
        """Whether it makes the answer red: notes and what is waived do not."""
        return self.finding.level != "note" and self.waiver is None


@dataclass(frozen=True)
class Judgement:
    """The report of a comparison, judged. `against`: what the formats were compared with, in words.

    findings: those of the report, then those of the waivers; what counts first, errors before warnings before notes.
    """

    catalog: str
    against: str
    report: Report
    findings: tuple[Judged, ...]
    waivers: tuple[Waiver, ...] = ()

    @property
    def counting(self) -> tuple[Judged, ...]:
        """The findings that make the answer red."""
        return tuple(judged for judged in self.findings if judged.counts)

    @property
    def waived(self) -> tuple[Judged, ...]:
        """The findings that somebody answers for."""
        return tuple(judged for judged in self.findings if judged.waiver is not None)

    @property
    def ok(self) -> bool:
        """Whether nothing counts."""
        return not self.counting

    @property
    def unchanged(self) -> bool:
        """Whether every version is as it was, and there is nothing to say."""
        return not self.findings and all(line.state == "unchanged" for line in self.report.versions)

    @property
    def word(self) -> Word:
        """The verdict in a word."""
        words = [word_of(judged.finding, self.report) for judged in self.counting]
        return max(words, key=list(Word).index, default=Word.SAFE)


def word_of(finding: Finding, report: Report) -> Word:
    """What one finding comes to."""
    if finding.rule in WITHOUT_A_READER or any(map(breaks, finding.pairs)):
        return Word.BREAKS
    changed = {(line.format, line.version) for line in report.versions if line.state == "changed"}
    if any((finding.format, number) in changed for number in finding.versions):
        return Word.VERSION
    return Word.LOOK


def breaks(pair: PairVerdict) -> bool:
    """Whether a pair's verdict makes files wrong that exist, or that will."""
    return pair.verdict is Verdict.MISREAD or (pair.verdict is Verdict.REFUSE and pair.direction == "new reads old")


def judge(
    report: Report,
    *,
    catalog: str,
    against: str,
    waivers: Collection[Waiver],
    today: date,
    spot_of: Callable[[Finding], Spot | None],
    only: str | None = None,
) -> Judgement:
    """Judge a report by the waivers of today. `spot_of`: where a finding stands in the files of the catalog.

    only: the one format that was compared; waivers for other formats are left alone then.
    """
    concerned = tuple(waiver for waiver in waivers if only in {None, waiver.format})
    judged = [Judged(finding, spot_of(finding), waiver_for(finding, concerned, today)) for finding in report.findings]
    judged += [
        Judged(finding, Spot(waiver.file, waiver.line))
        for finding, waiver in waiver_findings(concerned, report.findings, today)
    ]
    return Judgement(catalog, against, report, ordered(judged), concerned)


def ordered(findings: Iterable[Judged]) -> tuple[Judged, ...]:
    """What counts first, errors before warnings before notes; else as they came."""
    return tuple(sorted(findings, key=lambda judged: (not judged.counts, LEVELS.index(judged.finding.level))))
