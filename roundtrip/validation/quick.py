"""The part of a check that asks whether the formats agree with their lock: the whole judgement, where they do not.

Where every layout is as it was locked there is nothing to judge, and comparing fingerprints takes milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from formats.catalog import Catalog

from ..findings import Finding
from .comparing import Comparison, Home, compare, home_of
from .judging import Judged, judge
from .source_lines import spots
from .waivers import FILE_NAME, load_waivers
from .wording import headline


@dataclass(frozen=True)
class LockOutcome:
    """How many format versions were compared, what counts against them, and (name, reason) of what did not run."""

    versions: int
    findings: tuple[Finding, ...] = ()
    not_run: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class LockCheck:
    """Compares a catalog with its lock. `catalog_name`: how a command names the catalog, None for ours."""

    catalog_name: str | None

    def __call__(self, catalog: Catalog) -> LockOutcome:
        home = home_of(catalog, self.catalog_name)
        if self.catalog_name is not None and not home.lock.exists():
            command = f"shardproof validate{home.words} --accept --release NAME"
            return LockOutcome(0, (), (("lock", f"there is no {home.lock}; `{command}` makes one"),))
        comparison = compare(home, None)
        versions = {(entry.name, entry.version) for entry in (*comparison.old, *comparison.new)}
        return LockOutcome(len(versions), tuple(found_in(comparison, home)))


def found_in(comparison: Comparison, home: Home) -> list[Finding]:
    """What counts against the formats of a catalog, as findings of a check."""
    waivers = load_waivers(home.lock.with_name(FILE_NAME))
    if comparison.as_locked and not waivers:
        return []
    judgement = judge(
        comparison.run(seed=0),
        catalog=home.catalog.name,
        against=comparison.against,
        waivers=waivers,
        today=datetime.now(UTC).date(),
        spot_of=spots(home.catalog, home.lock),
    )
    return [finding_of(judged, home) for judged in judgement.counting]


def finding_of(judged: Judged, home: Home) -> Finding:
    """One finding as a check reports it."""
    fields = ", ".join(".".join(map(str, change.path)) for change in judged.finding.fields)
    command = f"shardproof validate{home.words}"
    return Finding(
        headline(judged.finding), "lock", fields, judged.finding.rule, judged.finding.message, command=command
    )
