"""The folder of kept files: content-addressed, so that two branches that add files never conflict.

    <folder>/<kind>/<format>/v<version>/<first 16 hexadecimal digits of the SHA-256>.bin and .json

Files are added and never overwritten. A scan reads everything and names all that is wrong; nothing is skipped.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from formats.catalog import CATALOG, Catalog, Format

from .errors import CorpusError
from .sidecar import Sidecar, hashed, parse

DATA: Final = ".bin"
SIDECAR: Final = ".json"


@dataclass(frozen=True)
class Entry:
    """One kept file: its sidecar and its bytes."""

    sidecar: Sidecar
    data: bytes

    @property
    def identity(self) -> str:
        """Where it stands, without suffix: `golden/chunk/v1/0123456789abcdef`."""
        return self.sidecar.identity

    def as_dict(self) -> dict[str, object]:
        """One line of a listing, with stable keys."""
        sidecar = self.sidecar
        return {
            "id": self.identity,
            "kind": sidecar.kind,
            "format": sidecar.format,
            "version": sidecar.version,
            "size_bytes": sidecar.size_bytes,
            "why": sidecar.why,
            "features": list(sidecar.features),
        }


@dataclass(frozen=True)
class Scan:
    """All that is in a folder: the entries that are whole, by identity, and what is wrong with the rest."""

    entries: tuple[Entry, ...]
    problems: tuple[CorpusError, ...]


def own_folder() -> Traversable:
    """The kept files that come with the package."""
    return importlib.resources.files("corpus") / "data"


def folder_of(catalog: Catalog) -> Traversable:
    """The folder of a catalog: the one that it names, or for ours the one in the package; `CorpusError` for none."""
    if catalog.corpus is not None:
        return Path(catalog.corpus)
    if catalog is CATALOG:
        return own_folder()
    instead = "name one: Catalog(..., corpus='path/to/folder')"
    raise CorpusError("folder", catalog.name, expected="a folder of kept files", found="none named", instead=instead)


def writable_folder(catalog: Catalog) -> Path:
    """The folder of a catalog as a path; `CorpusError` where it is packed inside an archive."""
    folder = folder_of(catalog)
    if isinstance(folder, Path):
        return folder
    instead = "work in a checkout, or name another folder"
    raise CorpusError("folder", str(folder), expected="a folder to write in", found="a packed one", instead=instead)


def scan(folder: Traversable, catalog: Catalog) -> Scan:
    """Every entry of a folder in the order of identities, and every problem."""
    if not folder.is_dir():
        problem = CorpusError(
            "folder",
            str(folder),
            expected="a folder of kept files",
            found="none",
            instead="run `shardproof corpus regenerate`, or name another folder",
        )
        return Scan((), (problem,))
    problems: list[CorpusError] = []
    files = dict(walk(folder))
    entries = [
        entry
        for stem in sorted({path.rpartition(".")[0] for path in files if path.endswith((DATA, SIDECAR))})
        if (entry := read(stem, files, catalog, problems)) is not None
    ]
    strays = (path for path in sorted(files) if not path.endswith((DATA, SIDECAR)))
    problems += [stray(path) for path in strays]
    return Scan(tuple(entries), tuple(problems))


def load(folder: Traversable, catalog: Catalog) -> tuple[Entry, ...]:
    """Every entry of a folder; raises the first problem."""
    found = scan(folder, catalog)
    if found.problems:
        raise found.problems[0]
    return found.entries


def walk(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, Traversable]]:
    """Every file below a folder: its path from there, with slashes, and the file."""
    for item in folder.iterdir():
        if item.is_dir():
            yield from walk(item, f"{prefix}{item.name}/")
        else:
            yield prefix + item.name, item


def stray(path: str) -> CorpusError:
    """The problem of a file that does not belong here."""
    return CorpusError("stray", path, expected=f"{DATA} and {SIDECAR} files", found="another", instead="move it away")


def read(stem: str, files: dict[str, Traversable], catalog: Catalog, problems: list[CorpusError]) -> Entry | None:
    """One entry, or None after noting what is wrong with it. `stem`: its path without suffix."""
    if stem + SIDECAR not in files:
        instead = "write its sidecar (corpus/README.md), or remove it"
        problems.append(
            CorpusError("orphan_data", stem + DATA, expected=stem + SIDECAR, found="no such file", instead=instead)
        )
        return None
    if stem + DATA not in files:
        instead = "bring the data back from version control, or remove the sidecar"
        problems.append(
            CorpusError("orphan_sidecar", stem + SIDECAR, expected=stem + DATA, found="no such file", instead=instead)
        )
        return None
    try:
        sidecar = parse(files[stem + SIDECAR].read_bytes())
    except ValueError as error:
        instead = "correct it by hand, or make it again"
        problems.append(
            CorpusError("sidecar", stem + SIDECAR, expected="a readable sidecar", found=str(error), instead=instead)
        )
        return None
    entry = Entry(sidecar, files[stem + DATA].read_bytes())
    wrong = list(check(entry, stem, catalog))
    problems += wrong
    return None if wrong else entry


def check(entry: Entry, stem: str, catalog: Catalog) -> Iterator[CorpusError]:
    """Everything that is wrong with an entry that stands at `stem`."""
    sidecar, data_path, sidecar_path = entry.sidecar, stem + DATA, stem + SIDECAR
    restore = "bring it back from version control: kept files never change"
    if len(entry.data) != sidecar.size_bytes:
        expected, found = f"{sidecar.size_bytes} bytes", f"{len(entry.data)} bytes"
        yield CorpusError("size", data_path, expected=expected, found=found, instead=restore)
    digest = hashed(entry.data)
    if digest != sidecar.sha256:
        yield CorpusError("hash", data_path, expected=sidecar.sha256, found=digest, instead=restore)
    if sidecar.identity != stem:
        instead = "move both files there"
        yield CorpusError("misfiled", sidecar_path, expected=sidecar.identity, found=stem, instead=instead)
    entry_format = find(catalog, sidecar.format, sidecar.version)
    if entry_format is None:
        known = ", ".join(f"{one.name} v{one.version}" for one in catalog)
        found = f"{sidecar.format} v{sidecar.version}"
        instead = "keep the format in the catalog as long as there are files of it"
        yield CorpusError("unknown_format", sidecar_path, expected=known, found=found, instead=instead)
    elif entry_format.layout.seed and sidecar.place is None:
        expected = f"the place ({', '.join(entry_format.layout.seed)})"
        yield CorpusError("place", sidecar_path, expected=expected, found="none", instead="write it into the sidecar")


def find(catalog: Catalog, name: str, version: int) -> Format | None:
    """One version of a format, or None."""
    return next((entry for entry in catalog if (entry.name, entry.version) == (name, version)), None)


def select(entries: Iterable[Entry], wanted: str) -> tuple[Entry, ...]:
    """The entries whose identity is, begins with or (from the hash on) contains `wanted`."""
    every = tuple(entries)
    wanted = wanted.removesuffix(DATA).removesuffix(SIDECAR).strip("/")
    chosen = tuple(
        entry
        for entry in every
        if (entry.identity + "/").startswith(wanted + "/") or entry.sidecar.sha256.startswith(wanted)
    )
    if not chosen or not wanted:
        found = f"{len(every)} files, none of them"
        instead = "see `shardproof corpus list`"
        raise CorpusError("selection", wanted or "(nothing)", expected="a kept file", found=found, instead=instead)
    return chosen


def add(folder: Path, entry: Entry) -> bool:
    """Keep an entry; False where it is there already. Never overwrites: other contents are a `conflict`."""
    stem = folder / entry.identity
    data_path = stem.with_name(stem.name + DATA)
    sidecar_path = stem.with_name(stem.name + SIDECAR)
    text = entry.sidecar.text().encode()
    for path, wanted in ((data_path, entry.data), (sidecar_path, text)):
        if path.exists() and path.read_bytes() != wanted:
            raise CorpusError(
                "conflict",
                path.relative_to(folder).as_posix(),
                expected="the same contents, or none",
                found="other contents",
                instead="say both reasons in one sidecar, or remove the file first",
            )
    if data_path.exists() and sidecar_path.exists():
        return False
    data_path.parent.mkdir(parents=True, exist_ok=True)
    data_path.write_bytes(entry.data)
    sidecar_path.write_bytes(text)
    return True


def remove(folder: Path, identity: str) -> None:
    """Remove an entry and the folders that it leaves empty."""
    stem = folder / identity
    for suffix in (DATA, SIDECAR):
        stem.with_name(stem.name + suffix).unlink(missing_ok=True)
    for parent in stem.parents:
        if parent == folder or any(parent.iterdir()):
            break
        parent.rmdir()
