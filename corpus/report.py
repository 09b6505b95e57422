"""What a run over the kept files found, as data, as JSON and as a few lines of text."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

Problem = Literal[
    "nothing", "corpus", "verdict", "value", "rule", "bytes", "raised", "features", "fingerprint", "readers"
]

#: Exit codes, as for every command.
PROVED, REFUTED, NOTHING_TESTED = 0, 1, 3


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    problem: `nothing` (there is no file), `corpus` (the folder itself), `verdict`, `value` or `rule` (a reader says
    otherwise than the sidecar), `bytes` (a writer does not give the bytes back), `raised` (an error of no known kind),
    `features` (the file does not exercise what it claims), `fingerprint` (the layout has changed since), `readers`
    (nobody read it).
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
        return f"{who}: {self.problem}: expected {self.expected}, found {self.found}\n    {self.reproduce}"

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
class CorpusReport:
    """The outcome of one run. `checks`: answers of readers and writers that were compared with a sidecar.

    kinds: files of each kind; formats: files of each format; readers: answers of each reader.
    """

    files: int
    checks: int
    features: int
    kinds: dict[str, int]
    formats: dict[str, int]
    readers: dict[str, int]
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether something was tested and nothing was wrong."""
        return self.exit_code == PROVED

    @property
    def exit_code(self) -> int:
        """0 proved, 1 refuted, 3 nothing was tested."""
        if any(finding.problem != "nothing" for finding in self.findings):
            return REFUTED
        return PROVED if self.checks and not self.findings else NOTHING_TESTED

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
            "findings": [finding.as_dict() for finding in self.findings],
        }

    def text(self) -> str:
        """The report for people."""
        kinds = ", ".join(f"{count} {kind}" for kind, count in self.kinds.items())
        readers = ", ".join(self.readers)
        lines = [str(finding) for finding in self.findings]
        summary = f"{self.files} files ({kinds or 'none'}) of {len(self.formats)} formats"
        lines.append(f"{summary}, read by {readers or 'nobody'}: {self.checks} answers, {self.features} features")
        verdict = {
            PROVED: "as expected",
            REFUTED: f"{len(self.findings)} findings",
            NOTHING_TESTED: "nothing was tested",
        }
        lines.append(verdict[self.exit_code])
        return "\n".join(lines)


def counted(names: list[str]) -> dict[str, int]:
    """How often each name occurs, by name."""
    return dict(sorted(Counter(names).items()))
