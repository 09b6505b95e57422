"""The kept files, read by every reader that there is: oracle, fast codec and, for ours, the reference decoder."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace

from corpus.checks import Answer, Lanes
from corpus.regression import COMMAND, own_lanes, run_catalog
from corpus.report import CorpusReport
from formats.catalog import Catalog, Format

from .. import reference
from ..findings import Finding
from .output import Progress


def lanes_of(entry: Format) -> Lanes:
    """The readers and writers of one format."""
    lanes, decode = own_lanes(entry), reference.DECODERS.get(entry.label)
    if decode is None:
        return lanes

    def read(data: bytes, seed: int) -> Answer:
        try:
            return "accepted", decode(data, seed)
        except reference.Refusal as refusal:
            return "refused", refusal.rule

    return replace(lanes, readers={**lanes.readers, "reference": read})


def run_kept(
    catalog: Catalog, catalog_name: str | None, *, only: str = "", progress: Progress | None = None
) -> CorpusReport:
    """Every kept file of a catalog with every reader; `only` selects files."""
    command = COMMAND if catalog_name is None else f"{COMMAND} --catalog {shlex.quote(catalog_name)}"

    def report(done: int, total: int) -> None:
        if progress is not None:
            progress(done, total, "corpus")

    return run_catalog(catalog, lanes_of, only=only, command=command, progress=report)


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
        report = run_kept(catalog, self.catalog_name)
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
