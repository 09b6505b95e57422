"""The fuzzer's quick tier, a part of `shardproof check`: a few seconds of mutants of every format, canaries first.

It begins with frames that are generated from the schemas, so that the same seed gives the same on any machine.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from .findings import Finding
from .fuzzing.hunting import Fuzzing, outcome, rows_of
from .fuzzing.seeds import generated_seeds

if TYPE_CHECKING:
    from formats.catalog import Catalog

    from .fuzzing.failure import Failure

#: Mutants of each format, and of each format with a canary at most.
INPUTS: Final = 10_000
CANARY_INPUTS: Final = 10_000


@dataclass(frozen=True)
class FuzzChecked:
    """How many mutants there were, how many of them all lanes saw, and what was found."""

    inputs: int
    judged: int
    findings: tuple[Finding, ...]


def check_fuzz(catalog: Catalog, seed: int, *, inputs: int = INPUTS) -> FuzzChecked:
    """Fuzz every format of a catalog a little."""
    bases = {entry.label: generated_seeds(entry) for entry in catalog}
    formats = [entry for entry in catalog if bases[entry.label]]
    found = [
        Finding(label, "fuzz", "(whole)", "", "nothing was fuzzed: no frame can be made")
        for label, base in bases.items()
        if not base
    ]
    rows, told = rows_of(formats, bases, seed=seed, inputs=inputs * len(formats), canary_inputs=CANARY_INPUTS)
    fuzzing = Fuzzing(rows, workers=len(os.sched_getaffinity(0)))
    hunt = outcome(fuzzing, fuzzing.run(), seed, told)
    found += map(finding_of, hunt.failures)
    for canary in hunt.missed:
        detail = f"the fuzzer found nothing where a bug was planted: {canary.what}"
        found.append(Finding(canary.format, "fuzz", canary.name, "canary", detail))
    return FuzzChecked(hunt.inputs, hunt.total("judged"), tuple(found))


def finding_of(failure: Failure) -> Finding:
    """A failure as a finding of the check, with the command that finds it again and shrinks it."""
    command = f"shardproof fuzz --format {failure.format}"
    where = failure.field or "(whole)"
    detail = f"{failure.where}: {failure.detail}"
    return Finding(failure.format, f"fuzz: {failure.law}", where, failure.rule, detail, failure.data, command=command)
