"""The regression run: every kept file, with every reader, against what its sidecar says.

Readers and writers are given by the caller, one set per format, so that decoders this package does not know take part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.resources.abc import Traversable
from typing import Any, Final

from formats.catalog import Catalog, Format
from formats.errors import FormatError
from formats.fingerprint import fingerprint

from .checks import Answer, Lanes, Subject, Tally, check
from .entries import Entry, find
from .errors import PROBLEMS, CorpusError
from .kinds import KINDS, MATCHING, MISSING_BYTES, Kind, demanded
from .report import CorpusReport, Problem, counted
from .sidecar import Refused, Sidecar
from .store import SUFFIXES, Scan, bare, folder_of, is_named, scan, select
from .versions import OtherVersion, check_versions, other_versions

COMMAND: Final = "shardproof corpus run"

#: Has a function look at every entry, in whatever processes; gives the answers in the order of the entries.
Spread = Callable[[Callable[[Entry], Tally], Sequence[Entry]], Iterable[Tally]]


def in_turn(look: Callable[[Entry], Tally], entries: Sequence[Entry]) -> Iterable[Tally]:
    """One entry after the other, in this process."""
    return map(look, entries)


@dataclass(frozen=True)
class Selection:
    """Which files a run is about: all of them unless something is named.

    only: an identity, or how one begins; kinds and formats: any of these (`chunk`, `chunk@2`).
    """

    only: str = ""
    kinds: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.only or self.kinds or self.formats)

    def of(self, entries: Sequence[Entry]) -> tuple[Entry, ...]:
        """The chosen ones; `CorpusError` for none of those that were asked for."""
        chosen = tuple(entry for entry in entries if self.takes(entry.sidecar))
        if self.only:
            return select(chosen, self.only)
        if self and not chosen:
            wanted = " ".join((*self.kinds, *self.formats))
            found, instead = f"{len(entries)} files, none of them", "see `shardproof corpus list`"
            raise CorpusError("selection", wanted, expected="a kept file", found=found, instead=instead)
        return chosen

    def concerns(self, problem: CorpusError) -> bool:
        """Whether a problem may hide a file that is meant: by where it stands, for what is in it is not known."""
        is_folder = problem.problem in {"folder", "unreadable"} and not problem.path.endswith(SUFFIXES)
        if is_folder or not self:
            return True
        stem, wanted = bare(problem.path), bare(self.only)
        kind, name, version, digits = (*stem.split("/"), "", "", "")[:4]
        names = {name, f"{name}@{version.removeprefix('v')}"}
        has_hash = bool(digits) and wanted.startswith(digits)
        return (
            (not self.kinds or kind in self.kinds)
            and (not self.formats or bool(names & set(self.formats)))
            and (not wanted or has_hash or is_named(stem, digits, wanted))
        )

    def of_files(self) -> Selection:
        """The same without kinds that no file has (images, histories)."""
        return replace(self, kinds=tuple(kind for kind in self.kinds if kind in KINDS))

    def takes(self, sidecar: Sidecar) -> bool:
        """Whether a file is of one of the kinds and formats."""
        names = {sidecar.format, f"{sidecar.format}@{sidecar.version}"}
        return (not self.kinds or sidecar.kind in self.kinds) and (not self.formats or bool(names & set(self.formats)))


EVERYTHING: Final = Selection()


def silent(_done: int, _total: int) -> None:
    """Show no progress."""


def own_lanes(entry_format: Format) -> Lanes:
    """The two lanes that every catalog has: the oracle and the fast codec."""
    oracle, codec = entry_format.oracle, entry_format.codec

    def interpreted(data: bytes, seed: int) -> Answer:
        try:
            return "accepted", oracle.decode(data, seed)
        except FormatError as error:
            return "refused", error.rule

    def fast(data: bytes, seed: int) -> Answer:
        record = codec.probe(data, seed)
        return ("refused", None) if record is None else ("accepted", codec.plain(record))

    def encode_fast(plain: Any, seed: int) -> bytes:
        return codec.encode(codec.record(plain), seed)

    return Lanes({"oracle": interpreted, "fast": fast}, {"oracle": oracle.encode, "fast": encode_fast})


def run_catalog(
    catalog: Catalog,
    lanes_of: Callable[[Format], Lanes] = own_lanes,
    *,
    folder: Traversable | None = None,
    only: str = "",
    selection: Selection = EVERYTHING,
    command: str = COMMAND,
    progress: Callable[[int, int], None] = silent,
    spread: Spread = in_turn,
) -> CorpusReport:
    """Scan a folder, the catalog's own for None, and run over it.

    only: short for a selection of that; `CorpusError` where a selection takes no file. A damaged file that it means is
    a finding, as without one; what else is wrong with the folder is left alone. command: what the reproduce lines begin
    with; progress: called with files done and files in all; spread: where the work is done.
    """
    try:
        found = scan(folder or folder_of(catalog), catalog)
    except CorpusError as error:
        found = Scan((), (error,))
    selection = replace(selection, only=only) if only else selection
    problems = tuple(problem for problem in found.problems if selection.concerns(problem))
    try:
        entries = selection.of(found.entries)
    except CorpusError:
        if not problems:
            raise
        entries = ()
    if not selection:
        problems = (*problems, *missing(found, catalog))
    return run(entries, catalog, lanes_of, problems=problems, command=command, progress=progress, spread=spread)


def missing(found: Scan, catalog: Catalog) -> Iterator[CorpusError]:
    """Every format version that lacks a kind of file that it needs; none where there is no file at all."""
    present = {(kind, one.format, one.version) for one in sidecars(found) for kind in shown_kinds(one)}
    for entry_format in catalog if found.entries else ():
        for kind in demanded(entry_format):
            if (kind, entry_format.name, entry_format.version) not in present:
                path = f"{kind}/{entry_format.name}/v{entry_format.version}"
                instead = "keep one (corpus/README.md), or run `shardproof corpus add --missing`"
                yield CorpusError("missing", path, expected="at least one file", found="none", instead=instead)


def sidecars(found: Scan) -> Iterator[Sidecar]:
    """The sidecars of a scan."""
    return (entry.sidecar for entry in found.entries)


def shown_kinds(sidecar: Sidecar) -> Iterator[Kind]:
    """The kinds that a file stands for: its own; resealed damage also where it was kept before that was a kind."""
    yield sidecar.kind
    is_resealed = isinstance(sidecar.expected, Refused) and sidecar.expected.rule != MISSING_BYTES
    if sidecar.kind == "rejected" and is_resealed and MATCHING in sidecar.features:
        yield "resealed"


class Looking:
    """Looks at entries of a catalog one by one; what is needed of each format is made once."""

    def __init__(self, catalog: Catalog, lanes_of: Callable[[Format], Lanes], command: str) -> None:
        self.catalog = catalog
        self.command = command
        self._lanes_of = lanes_of
        self._known: dict[tuple[str, int], tuple[Subject, tuple[OtherVersion, ...]]] = {}

    def __call__(self, entry: Entry) -> Tally:
        """All that is to be said of one entry."""
        tally = Tally(self.command)
        key = (entry.sidecar.format, entry.sidecar.version)
        entry_format = find(self.catalog, *key)
        if entry_format is None:
            tally.report("corpus", entry.identity, "", "a format of the catalog", PROBLEMS["unknown_format"])
            return tally
        if key not in self._known:
            self._known[key] = self._prepared(entry_format)
        subject, others = self._known[key]
        check(entry, subject, tally)
        check_versions(entry, others, tally)
        return tally

    def _prepared(self, entry_format: Format) -> tuple[Subject, tuple[OtherVersion, ...]]:
        lanes = {one.version: self._lanes_of(one) for one in self.catalog.versions(entry_format.name)}
        subject = Subject(entry_format, fingerprint(entry_format.layout), lanes[entry_format.version])
        return subject, other_versions(entry_format, self.catalog, lanes)


def run(
    entries: Iterable[Entry],
    catalog: Catalog,
    lanes_of: Callable[[Format], Lanes] = own_lanes,
    *,
    problems: Iterable[CorpusError] = (),
    command: str = COMMAND,
    progress: Callable[[int, int], None] = silent,
    spread: Spread = in_turn,
) -> CorpusReport:
    """Read every entry with every reader and compare; `problems` of the folder become findings of the report."""
    every = tuple(entries)
    tally = Tally(command)
    for problem in problems:
        what: Problem = "nothing" if problem.problem == "folder" else "corpus"
        tally.report(what, problem.path, "", problem.expected, f"{problem.found} ({PROBLEMS[problem.problem]})")
    if not every and not tally.findings:
        tally.report("nothing", "(whole)", "", "at least one kept file", "none")
    progress(0, len(every))
    for done, part in enumerate(spread(Looking(catalog, lanes_of, command), every), 1):
        tally.absorb(part)
        progress(done, len(every))
    return CorpusReport(
        files=len(every),
        checks=tally.readers.total() + tally.rewritten,
        features=len(tally.features),
        kinds=counted(entry.sidecar.kind for entry in every),
        formats=counted(entry.sidecar.format for entry in every),
        readers=dict(sorted(tally.readers.items())),
        findings=tuple(tally.findings),
    )
