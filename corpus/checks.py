"""The checks of one kept file: every reader's answer, every writer's bytes, and what the file claims to exercise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from formats.catalog import Format
from formats.errors import ShardproofError

from .entries import Entry
from .errors import PROBLEMS
from .features import exercised, refused_for
from .kinds import MATCHING, damage_kind
from .plain import identical, to_json
from .report import Finding, Problem
from .sidecar import Accepted, Refused

#: What a reader says: the plain value, or the rule that was broken (None where the reader diagnoses nothing).
Answer = tuple[Literal["accepted"], Any] | tuple[Literal["refused"], str | None]
#: data, seed -> answer. Whatever it raises is a finding.
Reader = Callable[[bytes, int], Answer]
#: plain value, seed -> bytes.
Writer = Callable[[Any, int], bytes]


@dataclass(frozen=True)
class Lanes:
    """Who takes part for one format: readers by name, and writers by name."""

    readers: Mapping[str, Reader]
    writers: Mapping[str, Writer] = field(default_factory=dict)


@dataclass(frozen=True)
class Subject:
    """One format version as a run sees it. `fingerprint`: of its layout now."""

    format: Format
    fingerprint: str
    lanes: Lanes


@dataclass
class Tally:
    """What a run has seen so far."""

    command: str
    findings: list[Finding] = field(default_factory=list)
    readers: Counter[str] = field(default_factory=Counter)
    rewritten: int = 0
    features: set[tuple[str, str]] = field(default_factory=set)

    def report(self, problem: Problem, entry: str, reader: str, expected: str, found: str) -> None:
        """Note a finding with the command that shows it again: this file alone, or the whole folder."""
        whole = problem in {"corpus", "nothing"}
        reproduce = self.command if whole else f"{self.command} --only {entry}"
        self.findings.append(Finding(problem, entry, reader, expected, found, reproduce))

    def absorb(self, other: Tally) -> None:
        """Count in what another part of the run has seen."""
        self.findings += other.findings
        self.readers.update(other.readers)
        self.rewritten += other.rewritten
        self.features |= other.features


def check(entry: Entry, subject: Subject, tally: Tally) -> None:
    """Everything about one entry."""
    sidecar, identity, lanes = entry.sidecar, entry.identity, subject.lanes
    seed = subject.format.seed(None if sidecar.place is None else sidecar.place.place)
    if seed is None:
        tally.report("corpus", identity, "", "the place it was written to", PROBLEMS["place"])
        return
    if not lanes.readers:
        tally.report("readers", identity, "", "at least one reader", "none")
    if sidecar.fingerprint != subject.fingerprint:
        found = f"{subject.fingerprint}: {PROBLEMS['fingerprint']}"
        tally.report("fingerprint", identity, "", sidecar.fingerprint, found)
    for name, reader in lanes.readers.items():
        check_reader(entry, name, reader, seed, tally)
    if isinstance(sidecar.expected, Accepted):
        for name, writer in lanes.writers.items():
            check_writer(entry, sidecar.expected.plain, name, writer, seed, tally)
    check_features(entry, subject.format, seed, tally)


def check_reader(entry: Entry, name: str, reader: Reader, seed: int, tally: Tally) -> None:
    """Compare one reader's answer with the sidecar's."""
    tally.readers[name] += 1
    expected = entry.sidecar.expected
    try:
        verdict, detail = reader(entry.data, seed)
    except Exception as error:  # noqa: BLE001  # whatever a reader raises is a finding of this file
        tally.report("raised", entry.identity, name, wording(expected), f"{type(error).__name__}: {error}"[:300])
        return
    if verdict != ("accepted" if isinstance(expected, Accepted) else "refused"):
        found = f"refused ({detail})" if verdict == "refused" else "accepted"
        tally.report("verdict", entry.identity, name, wording(expected), found)
    elif isinstance(expected, Refused):
        if detail is not None and detail != expected.rule:
            tally.report("rule", entry.identity, name, expected.rule, str(detail))
    elif not identical(detail, expected.plain):
        tally.report("value", entry.identity, name, *difference(expected.plain, detail))


def check_writer(entry: Entry, plain: Any, name: str, writer: Writer, seed: int, tally: Tally) -> None:
    """Have one writer encode the expected value, and compare byte for byte."""
    tally.rewritten += 1
    try:
        data = writer(plain, seed)
    except Exception as error:  # noqa: BLE001  # as above
        tally.report(
            "raised", entry.identity, f"{name} writer", "the same bytes", f"{type(error).__name__}: {error}"[:300]
        )
        return
    if data != entry.data:
        pairs = enumerate(zip(entry.data, data, strict=False))
        offset = next((index for index, (one, other) in pairs if one != other), min(len(entry.data), len(data)))
        old, new = entry.data[offset : offset + 8].hex(" "), data[offset : offset + 8].hex(" ")
        expected = f"{old or 'the end'} at byte {offset} of {len(entry.data)}"
        tally.report("bytes", entry.identity, f"{name} writer", expected, f"{new or 'the end'} of {len(data)}")


def check_features(entry: Entry, entry_format: Format, seed: int, tally: Tally) -> None:
    """Compare what the file exercises with what its sidecar claims."""
    compute = exercised if isinstance(entry.sidecar.expected, Accepted) else refused_for
    try:
        found = set(compute(entry_format, entry.data, seed))
    except ShardproofError as error:
        found = set()
        tally.report("raised", entry.identity, "features", "features", str(error)[:300])
    claimed = set(entry.sidecar.features)
    if isinstance(entry.sidecar.expected, Refused):
        claimed |= {f"rule={entry.sidecar.expected.rule}", f"field={entry.sidecar.expected.path}"}
    if entry.sidecar.kind == "resealed":
        claimed.add(MATCHING)
        check_resealed(entry, entry_format, found, tally)
    lacking = sorted(claimed - found)
    if lacking or (found and not claimed):
        tally.report("features", entry.identity, "", ", ".join(lacking) or "at least one feature", "not exercised")
    tally.features |= {(entry.sidecar.format, feature) for feature in found}


def check_resealed(entry: Entry, entry_format: Format, found: set[str], tally: Tally) -> None:
    """Whether a file that is said to be resealed damage is that: all of it is there, and checksums are among it."""
    assert isinstance(entry.sidecar.expected, Refused)
    rule = entry.sidecar.expected.rule
    if MATCHING in found and damage_kind(entry_format, entry.data, rule=rule, features=found) != "resealed":
        found_instead = "raw damage: bytes are missing, or nothing in them is a checksum"
        tally.report("features", entry.identity, "", "resealed damage", found_instead)


def wording(expected: Accepted | Refused) -> str:
    """The expected verdict in a few words."""
    return "accepted" if isinstance(expected, Accepted) else f"refused ({expected.rule} at {expected.path})"


def difference(expected: Any, found: Any, path: str = "") -> tuple[str, str]:
    """Where two plain values part, in words: what was expected there, and what was found."""
    if isinstance(expected, dict) and isinstance(found, dict) and expected.keys() == found.keys():
        for name, value in expected.items():
            if not identical(value, found[name]):
                return difference(value, found[name], f"{path}.{name}".removeprefix("."))
    if isinstance(expected, tuple) and isinstance(found, tuple) and len(expected) == len(found):
        for index, (one, other) in enumerate(zip(expected, found, strict=True)):
            if not identical(one, other):
                return difference(one, other, f"{path}[{index}]")
    return f"{path or 'the value'} = {shown(expected)}", shown(found)


def shown(plain: Any) -> str:
    """A plain value for a message."""
    try:
        return str(to_json(plain))[:120]
    except TypeError as error:
        return f"{plain!r:.100} ({error})"
