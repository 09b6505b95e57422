"""Runs the kept findings: each history that once failed must pass now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from roundtrip.histories.drivers_kept import kept_files
from roundtrip.histories.finding import BadFinding

from .reading import AnyFinding, parse_finding

if TYPE_CHECKING:
    from pathlib import Path

    from roundtrip.histories.failure import Failure


class KeptResult(msgspec.Struct, frozen=True):
    """One kept finding. `failure`: what it breaks now, None for nothing."""

    name: str
    finding: AnyFinding
    failure: Failure | None


def run_kept(folder: Path | None = None) -> list[KeptResult]:
    """Replay every kept finding of a folder, ours if none is named. `BadFinding` for a file that is none, by name."""
    results = []
    for name, text in kept_files(folder):
        try:
            finding = parse_finding(text)
        except BadFinding as error:
            raise BadFinding(f"{name}: {error}") from None
        results.append(KeptResult(name, finding, finding.replay()))
    return results
