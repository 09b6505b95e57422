"""The regression run: every kept file, with every reader, against what its sidecar says.

Readers and writers are given by the caller, one set per format, so that decoders this package does not know take part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from importlib.resources.abc import Traversable
from typing import Any, Final

from formats.catalog import Catalog, Format
from formats.errors import FormatError
from formats.fingerprint import fingerprint

from .checks import Answer, Lanes, Subject, Tally, check
from .errors import PROBLEMS, CorpusError
from .report import CorpusReport, Problem, counted
from .sidecar import KINDS
from .store import Entry, Scan, find, folder_of, scan, select

COMMAND: Final = "shardproof corpus run"


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
    command: str = COMMAND,
    progress: Callable[[int, int], None] = silent,
) -> CorpusReport:
    """Scan a folder, the catalog's own for None, and run over it; `only` selects files, `CorpusError` for none.

    command: what the reproduce lines begin with; progress: called with files done and files in all.
    """
    try:
        found = scan(folder or folder_of(catalog), catalog)
    except CorpusError as error:
        found = Scan((), (error,))
    entries = select(found.entries, only) if only else found.entries
    problems = () if only else (*found.problems, *missing(found, catalog))
    return run(entries, catalog, lanes_of, problems=problems, command=command, progress=progress)


def missing(found: Scan, catalog: Catalog) -> Iterator[CorpusError]:
    """Every format version that lacks a kind of file; none where there is no file at all."""
    present = {(entry.sidecar.kind, entry.sidecar.format, entry.sidecar.version) for entry in found.entries}
    for entry_format in catalog if found.entries else ():
        for kind in KINDS:
            if (kind, entry_format.name, entry_format.version) not in present:
                path = f"{kind}/{entry_format.name}/v{entry_format.version}"
                instead = "keep one (corpus/README.md), or run `shardproof corpus regenerate`"
                yield CorpusError("missing", path, expected="at least one file", found="none", instead=instead)


def run(
    entries: Iterable[Entry],
    catalog: Catalog,
    lanes_of: Callable[[Format], Lanes] = own_lanes,
    *,
    problems: Iterable[CorpusError] = (),
    command: str = COMMAND,
    progress: Callable[[int, int], None] = silent,
) -> CorpusReport:
    """Read every entry with every reader and compare; `problems` of the folder become findings of the report."""
    every = tuple(entries)
    tally = Tally(command)
    for problem in problems:
        what: Problem = "nothing" if problem.problem == "folder" else "corpus"
        tally.report(what, problem.path, "", problem.expected, f"{problem.found} ({PROBLEMS[problem.problem]})")
    if not every and not tally.findings:
        tally.report("nothing", "(whole)", "", "at least one kept file", "none")
    known: dict[tuple[str, int], Subject] = {}
    for number, entry in enumerate(every):
        progress(number, len(every))
        key = (entry.sidecar.format, entry.sidecar.version)
        if key not in known:
            entry_format = find(catalog, *key)
            if entry_format is None:
                tally.report("corpus", entry.identity, "", "a format of the catalog", PROBLEMS["unknown_format"])
                continue
            known[key] = Subject(entry_format, fingerprint(entry_format.layout), lanes_of(entry_format))
        check(entry, known[key], tally)
    progress(len(every), len(every))
    return CorpusReport(
        files=len(every),
        checks=len(tally.readers) + tally.rewritten,
        features=len(tally.features),
        kinds=counted([entry.sidecar.kind for entry in every]),
        formats=counted([entry.sidecar.format for entry in every]),
        readers=counted(tally.readers),
        findings=tuple(tally.findings),
    )
