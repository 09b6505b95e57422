"""Findings: what refutes a law, with the bytes and the one command that shows it again."""

from __future__ import annotations

import shlex
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Final

from formats.errors import Path, path_text

#: Distinct findings of one law that are kept for one format; the rest are counted.
KEPT_MAXIMUM: Final = 8
#: Longer inputs do not go into a command; the command then repeats the whole law.
COMMAND_BYTES_MAXIMUM: Final = 16384


@dataclass(frozen=True)
class Finding:
    """One refutation. `path`: the field, as text; `rule`: the broken or the expected rule, if any.

    data: the bytes; seed: the checksum seed of their place, an int; None and None where no single input shows it.
    also: how many more findings of the same law, field and rule there were.
    """

    format: str
    law: str
    path: str
    rule: str
    detail: str
    data: bytes | None = None
    seed: int | None = None
    command: str = ""
    also: int = 0

    def as_dict(self) -> dict[str, object]:
        """The finding with stable keys, for `--json`."""
        return {
            "format": self.format,
            "law": self.law,
            "field": self.path,
            "rule": self.rule,
            "detail": self.detail,
            "bytes": None if self.data is None else self.data.hex(),
            "place_seed": self.seed,
            "command": self.command,
            "also": self.also,
        }


@dataclass(frozen=True)
class Origin:
    """What a command must name to meet a finding again: the run's seed, catalog and planted bug, and the budget in
    seconds where it was not the usual one."""

    seed: int = 0
    catalog: str | None = None
    plant: str | None = None
    budget_seconds: float | None = None

    def command(self, finding: Finding) -> str:
        """`shardproof replay` for one finding: on its bytes, or where it has none, the whole law."""
        words = ["shardproof", "replay"]
        if self.catalog is not None:
            words += ["--catalog", self.catalog]
        words += ["--format", finding.format, "--law", finding.law]
        if self.plant is not None:
            words += ["--plant", self.plant]
        if finding.data is None or finding.seed is None or len(finding.data) > COMMAND_BYTES_MAXIMUM:
            words += ["--seed", str(self.seed)]
            if self.budget_seconds is not None:
                words += ["--budget", f"{self.budget_seconds:g}s"]
        else:
            words += ["--place-seed", str(finding.seed), "--bytes", finding.data.hex() or "''"]
        return " ".join(word if word == "''" else shlex.quote(word) for word in words)

    def addressed(self, finding: Finding) -> Finding:
        """The finding with its command."""
        return replace(finding, command=self.command(finding))


def general(path: Path) -> str:
    """The path with every index as `*`, so that elements of one array are one field."""
    text = path_text(tuple("*" if isinstance(part, int) else part for part in path))
    return text.replace(".*", "[*]")


@dataclass
class FindingLog:
    """Keeps the first finding of every law, field and rule, and counts the others."""

    format: str
    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    kept: dict[tuple[str, str, str], Finding] = field(default_factory=dict)

    def add(
        self,
        law: str,
        path: Path,
        rule: str | None,
        detail: str,
        data: bytes | bytearray | None = None,
        seed: int | None = None,
    ) -> None:
        """Note one finding."""
        place, rule = general(path), rule or ""
        key = (law, place, rule)
        self.counts[key] += 1
        shown = None if data is None else bytes(data)
        old = self.kept.get(key)
        shorter = old is not None and shown is not None and old.data is not None and len(shown) < len(old.data)
        if shorter or (old is None and sum(one[0] == law for one in self.kept) < KEPT_MAXIMUM):
            self.kept[key] = Finding(self.format, law, place, rule, detail, shown, seed)

    @property
    def total(self) -> int:
        """How many there were."""
        return sum(self.counts.values())

    def findings(self) -> tuple[Finding, ...]:
        """The kept ones, each with the number of its like."""
        return tuple(replace(one, also=self.counts[key] - 1) for key, one in self.kept.items())
