"""The kept files as a part of a check."""

from __future__ import annotations

from dataclasses import dataclass

from formats.catalog import Catalog

from ..findings import Finding
from ..keeping.running import run_files


@dataclass(frozen=True)
class KeptOutcome:
    """What the run over the kept files gave, as a check wants it."""

    files: int
    findings: tuple[Finding, ...]
    not_run: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class KeptFiles:
    """The kept files as a part of a check. `catalog_name`: how a command names the catalog, None for ours."""

    catalog_name: str | None

    def __call__(self, catalog: Catalog) -> KeptOutcome:
        report = run_files(catalog, self.catalog_name)
        found = tuple(
            Finding(
                "corpus",
                one.problem,
                one.entry,
                one.reader,
                f"expected {one.expected}, found {one.found}",
                command=one.reproduce,
            )
            for one in report.findings
            if one.problem != "nothing"
        )
        return KeptOutcome(report.files, found)
