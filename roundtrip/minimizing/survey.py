"""The survey: every file of a folder is read once, in processes, and leaves a line; its bytes are forgotten again.

A line is the identity, the size, why the file stays whatever it shows (if so), and a number for what it shows: files
that show the same have the same number. So a hundred thousand files take a few megabytes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from corpus.entries import Entry
from corpus.errors import CorpusError
from corpus.store import SUFFIXES, find, read, walk
from formats.catalog import Catalog, Format

from ..keeping.processes import spread
from .showing import Shown, reason_to_stay, shown_by

#: Files that a process takes at a time.
PORTION: Final = 200

#: Called with files done and files in all.
Progress = Callable[[int, int], None]


class Line(NamedTuple):
    """One file: where it stands, size in bytes, why it stays (empty for a candidate), what it shows by number."""

    identity: str
    size_bytes: int
    reason: str
    shows: int


class Seen(NamedTuple):
    """One file as a process has read it: as a line, with name and version of its format, and what it shows."""

    identity: str
    size_bytes: int
    reason: str
    key: tuple[str, int]
    shown: Shown


@dataclass
class Survey:
    """The files of one format version, and what they show: `Line.shows` counts in `shown`."""

    format: Format
    lines: list[Line] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)


def survey(folder: Path, catalog: Catalog, formats: Sequence[Format], workers: int, progress: Progress) -> list[Survey]:
    """Every file of some formats of a catalog, by format; `CorpusError` for the first that is not as it should be."""
    surveys = {(one.name, one.version): Survey(one) for one in formats}
    numbers: dict[tuple[str, int, Shown], int] = {}
    stems = stems_of(folder, catalog, formats)

    def read_portion(portion: Sequence[str]) -> list[Seen]:
        return [read_one(folder, stem, catalog) for stem in portion]

    done = 0
    for seen in spread(read_portion, portions(stems), workers, together=1):
        for stem, size, reason, key, shown in seen:
            one = surveys[key]
            number = numbers.setdefault((*key, shown), len(one.shown))
            if number == len(one.shown):
                one.shown.append(shown)
            one.lines.append(Line(stem, size, reason, number))
        done += len(seen)
        progress(done, len(stems))
    return list(surveys.values())


def stems_of(folder: Path, catalog: Catalog, formats: Sequence[Format]) -> list[str]:
    """The paths without suffix of every file of some formats, in order; `CorpusError` where others lie about."""
    problems: list[CorpusError] = []
    paths = [path for path, _ in walk(folder, problems)]
    if problems:
        raise problems[0]
    stems = {path.rpartition(".")[0] for path in paths if path.endswith(SUFFIXES)}
    known = {f"{one.name}/v{one.version}" for one in catalog}
    wanted = {f"{one.name}/v{one.version}" for one in formats}
    for path in paths:
        _, _, rest = path.partition("/")
        if not path.endswith(SUFFIXES) or rest.rpartition("/")[0] not in known:
            expected, found = "kept files of formats of the catalog", "another file"
            raise CorpusError("stray", path, expected=expected, found=found, instead="move it away first")
    return sorted(stem for stem in stems if stem.partition("/")[2].rpartition("/")[0] in wanted)


def read_one(folder: Path, stem: str, catalog: Catalog) -> Seen:
    """What there is to know of one file."""
    entry, entry_format = entry_at(folder, stem, catalog)
    key = (entry_format.name, entry_format.version)
    return Seen(stem, len(entry.data), reason_to_stay(entry, entry_format), key, shown_by(entry, entry_format))


def entry_at(folder: Path, stem: str, catalog: Catalog) -> tuple[Entry, Format]:
    """One entry, read now, and its format; `CorpusError` says what is wrong with it."""
    paths = {stem + suffix: folder / (stem + suffix) for suffix in SUFFIXES}
    problems: list[CorpusError] = []
    entry = read(stem, {name: path for name, path in paths.items() if path.is_file()}, catalog, problems)
    if entry is None:
        raise problems[0]
    entry_format = find(catalog, entry.sidecar.format, entry.sidecar.version)
    assert entry_format is not None, "an entry of an unknown format is a problem"
    return entry, entry_format


def portions(stems: Sequence[str]) -> list[Sequence[str]]:
    """The files in portions for processes."""
    return [stems[start : start + PORTION] for start in range(0, len(stems), PORTION)]
