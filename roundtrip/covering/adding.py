"""Makes the files that are missing from a folder of kept files, so that its coverage is whole.

For every format version: accepted files for the features and pairs that none shows, then refused files for the
refusals that none shows. Every file is read by every reader before it is kept. The same folder and seed give the same
files.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version as installed_version
from pathlib import Path
from random import Random
from typing import Final, Protocol

import msgspec

from corpus.coverage import features_of, written_reasons
from corpus.entries import Entry
from corpus.keeping import entry_of
from corpus.regression import COMMAND, Looking
from corpus.report import Finding
from corpus.sidecar import Accepted, hashed
from corpus.store import add, scan
from formats.catalog import Catalog, Format
from formats.place import Place

from ..keeping.adding import readers_now
from ..keeping.readers import lanes_of
from .accepting import Accepting
from .refusing import Base, Refusing, bases_of, goals
from .state import Wanted

#: Seconds after which a format is left as it is: a layout that costs so much is not worked through here.
SECONDS_MAXIMUM: Final = 120.0


class Progress(Protocol):
    """Takes how much is done, how much there is, and what is done now."""

    def __call__(self, done: int, total: int, what: str = "") -> None: ...


@dataclass(frozen=True)
class Options:
    """pairs: pairs of features too; thorough: two laws broken at once, and every verb of damage, too."""

    pairs: bool = True
    thorough: bool = False
    seed: int = 0


@dataclass(frozen=True)
class AddedFormat:
    """What was made for one format version. failed: what could not be shown, and why; stopped: it took too long."""

    label: str
    entries: tuple[Entry, ...]
    failed: dict[str, str]
    stopped: bool

    @property
    def accepted(self) -> int:
        """How many of the files are accepted."""
        return sum(isinstance(entry.sidecar.expected, Accepted) for entry in self.entries)

    def as_dict(self) -> dict[str, object]:
        """The same with stable keys."""
        return {
            "format": self.label,
            "accepted": self.accepted,
            "refused": len(self.entries) - self.accepted,
            "size_bytes": sum(len(entry.data) for entry in self.entries),
            "failed": self.failed,
            "stopped": self.stopped,
            "files": [entry.as_dict() for entry in self.entries],
        }


@dataclass(frozen=True)
class Added:
    """What was made, what of it was kept, and what readers said against the rest (which was not kept)."""

    formats: tuple[AddedFormat, ...]
    kept: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def files(self) -> int:
        """How many files were made."""
        return sum(len(one.entries) for one in self.formats)

    def as_dict(self) -> dict[str, object]:
        """The same with stable keys."""
        return {
            "files": self.files,
            "kept": list(self.kept),
            "formats": [one.as_dict() for one in self.formats],
            "findings": [finding.as_dict() for finding in self.findings],
        }


def writer() -> str:
    """Who writes these files: program, version and part."""
    return f"shardproof {installed_version('shardproof')} covering"


def add_missing(
    catalog: Catalog,
    folder: Path,
    options: Options = Options(),  # it is frozen
    *,
    formats: Sequence[Format] | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Added:
    """Make what is missing in a folder, which need not be there yet, and keep what every reader agrees on.

    Raises `CorpusError` where something is wrong with the folder.
    """
    present = entries_in(folder, catalog)
    chosen = tuple(catalog) if formats is None else tuple(formats)
    made = []
    for number, entry_format in enumerate(chosen):
        if progress is not None:
            progress(number, len(chosen), entry_format.label)
        made.append(missing_of(entry_format, catalog, present, options))
    findings: list[Finding] = []
    kept: list[str] = []
    look = Looking(catalog, lanes_of, COMMAND)
    for entry in (entry for one in made for entry in one.entries):
        against = look(entry).findings
        findings += against
        if not against and not dry_run and add(folder, entry):
            kept.append(entry.identity)
    return Added(tuple(made), tuple(sorted(kept)), tuple(findings))


def entries_in(folder: Path, catalog: Catalog) -> tuple[Entry, ...]:
    """What is kept already; raises the first problem that there is with it."""
    if not folder.exists():
        return ()
    found = scan(folder, catalog)
    if found.problems:
        raise found.problems[0]
    return found.entries


def missing_of(entry_format: Format, catalog: Catalog, present: Sequence[Entry], options: Options) -> AddedFormat:
    """Every file that is missing for one format version."""
    making = Making(entry_format, catalog, present, options)
    entries = tuple(making.entries())
    return AddedFormat(entry_format.label, entries, making.failed, making.late())


class Making:
    """Makes the missing files of one format version."""

    def __init__(self, entry_format: Format, catalog: Catalog, present: Sequence[Entry], options: Options) -> None:
        self.format = entry_format
        self.catalog = catalog
        self.options = options
        self.failed: dict[str, str] = {}
        self.deadline = time.monotonic() + SECONDS_MAXIMUM
        self.random = Random(f"{options.seed} {entry_format.label}")
        self.wanted = Wanted(entry_format.layout, written_reasons(entry_format), pairs=options.pairs)
        self.refused: set[str] = set()
        self.bases: list[Base] = []
        self.hashes: set[str] = set()
        key = (entry_format.name, entry_format.version)
        for entry in present:
            if (entry.sidecar.format, entry.sidecar.version) == key:
                self.note(entry)

    def late(self) -> bool:
        """Whether it has taken too long."""
        return time.monotonic() > self.deadline

    def note(self, entry: Entry) -> None:
        """A file that is kept already."""
        features = features_of(entry, self.format)
        self.hashes.add(entry.sidecar.sha256)
        if isinstance(entry.sidecar.expected, Accepted):
            self.wanted.note(features)
            place = Place() if entry.sidecar.place is None else entry.sidecar.place.place
            self.bases.append(Base(entry.data, place, features))
        else:
            self.refused |= features

    def entries(self) -> Iterator[Entry]:
        """Every missing file, accepted ones first."""
        accepting = Accepting(self.format, self.wanted, self.random, stop=self.late, has_files=bool(self.bases))
        for made in accepting.files():
            self.bases.append(Base(made.data, made.place, frozenset(made.features)))
            if self.is_new(made.data):
                yield self.entry(made.data, made.place, made.why)
        self.failed = accepting.failed
        missing = goals(self.format) - self.refused
        refusing = Refusing(
            self.format,
            missing,
            set(self.refused),
            self.random,
            thorough=self.options.thorough,
            stop=self.late,
            fresh=self.is_fresh,
        )
        for damaged in refusing.files(bases_of(self.bases)):
            if self.is_new(damaged.data):
                yield self.entry(damaged.data, damaged.place, damaged.why)
        tried = f"{refusing.tried:,} damaged frames were tried"
        self.failed |= dict.fromkeys(sorted(refusing.missing), tried)

    def is_fresh(self, data: bytes) -> bool:
        """Whether these bytes are not kept yet."""
        return hashed(data) not in self.hashes

    def is_new(self, data: bytes) -> bool:
        """The same, and from now on they are."""
        fresh = self.is_fresh(data)
        self.hashes.add(hashed(data))
        return fresh

    def entry(self, data: bytes, place: Place, why: str) -> Entry:
        """The bytes as they are kept; what readers of other versions make of them is stated, where they accept."""
        entry = entry_of(self.format, data, why=why, writer=writer(), place=place)
        stated = readers_now(entry, self.format, self.catalog, place)
        return replace(entry, sidecar=msgspec.structs.replace(entry.sidecar, readers=stated)) if stated else entry
