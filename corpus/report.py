"""What a run over the kept files found, as data, as JSON and as a few lines of text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal

Problem = Literal[
    "nothing",
    "corpus",
    "verdict",
    "value",
    "rule",
    "bytes",
    "raised",
    "features",
    "fingerprint",
    "readers",
    "misread",
    "image",
    "history",
]

#: In the name of a reader of another version: `oracle of v2`.
OTHER_VERSION: Final = " of v"
#: Exit codes, as for every command.
PROVED, REFUTED, NOTHING_TESTED = 0, 1, 3


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    problem: `nothing` (there is no file), `corpus` (the folder itself), `verdict`, `value` or `rule` (a reader says
    otherwise than the sidecar), `bytes` (a writer does not give the bytes back), `raised` (an error of no known kind),
    `features` (the file does not exercise what it claims), `fingerprint` (the layout has changed since), `readers`
    (nobody read it), `misread` (a reader of another version takes it for its own), `image` (a store image is not read
    as it should be), `history` (a kept history breaks a law again).
    reproduce: the command that shows it again.
    """

    problem: Problem
    entry: str
    reader: str
    expected: str
    found: str
    reproduce: str

    def __str__(self) -> str:
        who = f"{self.entry}: {self.reader}" if self.reader else self.entry
        return (
            printable(f"{who}: {self.problem}: expected {self.expected}, found {self.found}")
            + f"\n    {self.reproduce}"
        )

    def as_dict(self) -> dict[str, str]:
        """The same facts with stable keys."""
        return {
            "problem": self.problem,
            "entry": self.entry,
            "reader": self.reader,
            "expected": self.expected,
            "found": self.found,
            "reproduce": self.reproduce,
        }


@dataclass(frozen=True)
class Outcome:
    """What a run over another sort of kept things gave: store images, histories.

    checks: answers that were compared.
    """

    files: int
    checks: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class CorpusReport:
    """The outcome of one run. `checks`: answers of readers and writers that were compared with a sidecar.

    kinds: files of each kind; formats: files of each format; readers: answers of each reader. images and histories:
    what the other sorts of kept things gave, None where they were not run; their findings are among `findings`.
    """

    files: int
    checks: int
    features: int
    kinds: dict[str, int]
    formats: dict[str, int]
    readers: dict[str, int]
    findings: tuple[Finding, ...]
    images: Outcome | None = None
    histories: Outcome | None = None

    @property
    def ok(self) -> bool:
        """Whether something was tested and nothing was wrong."""
        return self.exit_code == PROVED

    @property
    def exit_code(self) -> int:
        """0 proved, 1 refuted, also where a sort of kept things is missing beside others; 3 nothing was tested."""
        if any(finding.problem != "nothing" for finding in self.findings):
            return REFUTED
        tested = self.checks + sum(outcome.checks for _, outcome in self.others())
        if not tested:
            return NOTHING_TESTED
        return REFUTED if self.findings else PROVED

    def others(self) -> list[tuple[str, Outcome]]:
        """The other sorts of kept things that were run, by name."""
        every = (("images", self.images), ("histories", self.histories))
        return [(name, outcome) for name, outcome in every if outcome is not None]

    def with_others(self, *, images: Outcome | None, histories: Outcome | None) -> CorpusReport:
        """The same report with what the other sorts of kept things gave."""
        more = tuple(finding for outcome in (images, histories) if outcome for finding in outcome.findings)
        return replace(self, images=images, histories=histories, findings=self.findings + more)

    def as_dict(self) -> dict[str, object]:
        """The report with stable keys, for `--json`."""
        return {
            "ok": self.ok,
            "files": self.files,
            "checks": self.checks,
            "features": self.features,
            "kinds": self.kinds,
            "formats": self.formats,
            "readers": self.readers,
            **dict.fromkeys(("images", "histories")),
            **{name: {"files": outcome.files, "checks": outcome.checks} for name, outcome in self.others()},
            "findings": [finding.as_dict() for finding in self.findings],
        }

    def text(self) -> str:
        """The report for people."""
        kinds = ", ".join(f"{count} {kind}" for kind, count in self.kinds.items())
        readers = ", ".join(name for name in self.readers if OTHER_VERSION not in name)
        if any(OTHER_VERSION in name for name in self.readers):
            readers += " and the readers of other versions"
        lines = [str(finding) for finding in self.findings]
        summary = f"{self.files} files ({kinds or 'none'}) of {len(self.formats)} formats"
        if self.files or not self.others():
            lines.append(f"{summary}, read by {readers or 'nobody'}: {self.checks} answers, {self.features} features")
        lines += [f"{outcome.files} {name}: {outcome.checks} answers" for name, outcome in self.others()]
        verdict = {
            PROVED: "as expected",
            REFUTED: f"{len(self.findings)} findings",
            NOTHING_TESTED: "nothing was tested",
        }
        lines.append(verdict[self.exit_code])
        return "\n".join(lines)


def counted(names: Iterable[str]) -> dict[str, int]:
    """How often each name occurs, by name."""
    return dict(sorted(Counter(names).items()))


def printable(text: str) -> str:
    """Text with line ends and other control characters escaped: names of files may hold any, and drive a terminal."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii") for sign in text)
