"""Bytes from anywhere become kept files: judged by every reader first, and kept only where they all agree.

All candidates are judged before any is kept, so an addition that is refused leaves the folder as it was.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

import msgspec

from corpus.entries import DATA, SIDECAR, Entry, find
from corpus.errors import CorpusError
from corpus.keeping import entry_of
from corpus.kinds import KINDS
from corpus.regression import COMMAND, Looking
from corpus.report import Finding
from corpus.sidecar import Accepted, Refused, RefusedBy, Sidecar, parse
from corpus.store import add
from corpus.versions import other_versions, stated_now
from formats.catalog import Catalog, Format
from formats.place import Place

from ..commands.exits import CommandError
from .opinions import Opinion, opinions, version_for
from .readers import lanes_of

State = Literal["new", "kept"]

EXPECTATION: Final = re.compile(r"(accepted|refused)(?::([a-z_]+)(?:@(.+))?)?", re.DOTALL)


@dataclass(frozen=True)
class Expectation:
    """What a person expects of some bytes. Empty parts may be anything."""

    verdict: str = ""
    rule: str = ""
    path: str = ""
    kind: str = ""

    @classmethod
    def of(cls, text: str, kind: str = "") -> Expectation:
        """The expectation of a text, `accepted` or `refused:RULE@PATH`; `CommandError` for what is none."""
        match = EXPECTATION.fullmatch(text)
        if text and (match is None or (match[1] == "accepted" and match[2])):
            raise CommandError(
                f"{text!r} is no expectation; write accepted, refused, refused:RULE or refused:RULE@PATH"
            )
        verdict, rule, path = match.groups("") if match else ("", "", "")
        return cls(verdict, rule, path, kind)

    def unmet(self, entry: Entry) -> str:
        """What is otherwise than expected; empty where nothing is."""
        expected, sidecar = entry.sidecar.expected, entry.sidecar
        rule, path = (expected.rule, expected.path) if isinstance(expected, Refused) else ("", "")
        found = f"{sidecar.verdict}{f' ({rule} at {path})' if rule else ''}"
        pairs = ((self.verdict, sidecar.verdict), (self.rule, rule), (self.path, path))
        if any(wanted and wanted != is_ for wanted, is_ in pairs):
            wanted = self.verdict + (f" ({self.rule}{f' at {self.path}' if self.path else ''})" if self.rule else "")
            return f"expected {wanted}, found {found}"
        if self.kind and self.kind != sidecar.kind:
            return f"expected a {self.kind} file, found a {sidecar.kind} one: {found}"
        return ""


@dataclass(frozen=True)
class Candidate:
    """Bytes that may be kept. name: where they came from; unmet: what is not as expected, empty for nothing.

    state: `kept` where the bytes are in the folder already, as `identity` says; findings: what `corpus run` would say.
    """

    name: str
    entry: Entry
    identity: str
    state: State
    opinions: tuple[Opinion, ...]
    findings: tuple[Finding, ...]
    unmet: str = ""

    @property
    def refusal(self) -> str:
        """Why it is not kept; empty where nothing is in the way."""
        if self.unmet:
            return self.unmet
        if self.findings and self.entry.sidecar.kind != "found":
            first = self.findings[0]
            who = f"{first.reader}: " if first.reader else ""
            return f"{who}{first.problem}: expected {first.expected}, found {first.found}"
        return ""

    def as_dict(self) -> dict[str, object]:
        """The same with stable keys."""
        return {
            "file": self.name,
            "id": self.identity,
            "state": self.state,
            "verdict": self.entry.sidecar.verdict,
            "refusal": self.refusal or None,
            "readers": [opinion.as_dict() for opinion in self.opinions],
            "findings": [finding.as_dict() for finding in self.findings],
            "features": list(self.entry.sidecar.features),
        }


@dataclass(frozen=True)
class Origin:
    """What a person says of bytes. found: keep them as `found` whatever they are; state_readers: what readers of other
    versions say is right, and the sidecar is to say so."""

    why: str
    writer: str
    place: Place | None = None
    found: bool = False
    state_readers: bool = False


def candidate(
    name: str, data: bytes, catalog: Catalog, format_name: str, origin: Origin, folder: Path, expected: Expectation
) -> Candidate:
    """Judge some bytes: as what they would be kept, what every reader says, and whether they are kept already.

    Raises `ShardproofError` for an unknown format, `CorpusError` where the format is seeded and no place is given.
    """
    entry = entry_for(data, catalog, format_name, origin)
    return judged(name, entry, catalog, folder, expected)


def entry_for(data: bytes, catalog: Catalog, format_name: str, origin: Origin) -> Entry:
    """The entry that bytes would be kept as."""
    seeds = {one.version: one.seed(origin.place) or 0 for one in catalog.versions(format_name)}
    entry_format = version_for(catalog, format_name, data, seeds)
    entry = entry_of(entry_format, data, why=origin.why, writer=origin.writer, place=origin.place, found=origin.found)
    if not origin.state_readers:
        return entry
    stated = readers_now(entry, entry_format, catalog, origin.place)
    return replace(entry, sidecar=msgspec.structs.replace(entry.sidecar, readers=stated))


def readers_now(
    entry: Entry, entry_format: Format, catalog: Catalog, place: Place | None
) -> dict[str, Accepted | RefusedBy]:
    """What readers of other versions say, where a sidecar must state it for the file to be no misread one."""
    lanes = {one.version: lanes_of(one) for one in catalog.versions(entry_format.name)}
    others = other_versions(entry_format, catalog, lanes)
    seeds = {one.name: one.format.seed(place) or 0 for one in others}
    own = entry.sidecar.expected
    return stated_now(entry.data, seeds, others, own if isinstance(own, Accepted) else None)


def judged(name: str, entry: Entry, catalog: Catalog, folder: Path, expected: Expectation) -> Candidate:
    """An entry as a candidate. Raises `CorpusError` where its bytes are kept already and said to be something else."""
    sidecar = entry.sidecar
    entry_format = find(catalog, sidecar.format, sidecar.version)
    assert entry_format is not None, "the entry was made with a format of the catalog"
    unmet = expected.unmet(entry)
    kept = kept_as(folder, entry, entry_format)
    tally = Looking(catalog, lanes_of, COMMAND)(entry)
    return Candidate(
        name,
        entry,
        kept or entry.identity,
        "kept" if kept else "new",
        opinions(entry, entry_format, catalog),
        tuple(tally.findings),
        unmet,
    )


def says_the_same(there: Sidecar, here: Sidecar, entry_format: Format) -> bool:
    """Whether two sidecars are of the same bytes at the same place, as far as a place matters to the format."""
    seeds = {entry_format.seed(None if one.place is None else one.place.place) for one in (there, here)}
    return (there.sha256, there.expected) == (here.sha256, here.expected) and len(seeds) == 1


def kept_as(folder: Path, entry: Entry, entry_format: Format) -> str:
    """The identity under which the same bytes are kept already, of whatever kind; empty where they are not.

    `CorpusError` where that file's sidecar is unreadable, or expects something else of the same bytes.
    """
    for kind in KINDS:
        if entry.sidecar.verdict not in KINDS[kind]:
            continue
        identity = msgspec.structs.replace(entry.sidecar, kind=kind).identity
        stem = folder / identity
        path = stem.with_name(stem.name + SIDECAR)
        if not path.exists() or not stem.with_name(stem.name + DATA).exists():
            continue
        instead = "say both in one sidecar by hand, or remove that file first"
        try:
            there = parse(path.read_bytes())
        except (ValueError, OSError) as error:
            name = f"{identity}{SIDECAR}"
            raise CorpusError("sidecar", name, expected="a sidecar", found=str(error), instead=instead) from None
        if says_the_same(there, entry.sidecar, entry_format):
            return identity
        found = "another place or verdict for the same bytes"
        raise CorpusError("conflict", identity, expected="what is kept already", found=found, instead=instead)
    return ""


def keep(folder: Path, candidates: Sequence[Candidate]) -> tuple[str, ...]:
    """Keep every candidate that is new: the identities of those that were added. None of them may be refused."""
    assert not any(candidate.refusal for candidate in candidates), "refused candidates are not kept"
    new = [candidate for candidate in candidates if candidate.state == "new"]
    return tuple(candidate.identity for candidate in new if add(folder, candidate.entry))
