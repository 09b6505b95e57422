"""The folder of kept files: content-addressed, so that two branches that add files never conflict.

    <folder>/<kind>/<format>/v<version>/<first 16 hexadecimal digits of the SHA-256>.bin, .json and, if found, .txt

Files are added and never overwritten. A scan reads everything and names all that is wrong; nothing is skipped.
"""

from __future__ import annotations

import importlib.resources
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from formats.catalog import CATALOG, Catalog

from .entries import ANNOTATION, DATA, KEPT_SIZE_MAXIMUM, SIDECAR, Entry, check, find
from .errors import CorpusError
from .sidecar import parse

__all__ = [
    "DATA",
    "SIDECAR",
    "Entry",
    "Scan",
    "add",
    "find",
    "folder_of",
    "load",
    "own_folder",
    "remove",
    "scan",
    "select",
    "writable_folder",
]

#: What stands of one kept file in the folder.
SUFFIXES: Final = (DATA, SIDECAR, ANNOTATION)


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
            instead="run `shardproof corpus add --missing` or `corpus regenerate`, or name another folder",
        )
        return Scan((), (problem,))
    problems: list[CorpusError] = []
    files = dict(walk(folder, problems))
    stems = {path.rpartition(".")[0] for path in files if path.endswith((DATA, SIDECAR))}
    entries = [entry for stem in sorted(stems) if (entry := read(stem, files, catalog, problems)) is not None]
    strays = (path for path in sorted(files) if path.rpartition(".")[0] not in stems or not path.endswith(SUFFIXES))
    problems += [stray(path) for path in strays]
    return Scan(tuple(entries), tuple(problems))


def load(folder: Traversable, catalog: Catalog) -> tuple[Entry, ...]:
    """Every entry of a folder; raises the first problem."""
    found = scan(folder, catalog)
    if found.problems:
        raise found.problems[0]
    return found.entries


def walk(folder: Traversable, problems: list[CorpusError], prefix: str = "") -> Iterator[tuple[str, Traversable]]:
    """Every file below a folder: its path from there, with slashes, and the file.

    What is neither file nor folder (a pipe that would wait for ever, a link that leads in a circle) is not opened.
    """
    try:
        items = sorted(folder.iterdir(), key=lambda item: item.name)
    except OSError as error:
        problems.append(unreadable(prefix or str(folder), error))
        return
    for item in items:
        path = prefix + item.name
        try:
            is_file, is_folder = item.is_file(), item.is_dir() and not (isinstance(item, Path) and item.is_symlink())
        except OSError as error:
            problems.append(unreadable(path, error))
            continue
        if is_file:
            yield path, item
        elif is_folder:
            yield from walk(item, problems, f"{path}/")
        else:
            problems.append(stray(path))


def stray(path: str) -> CorpusError:
    """The problem of a file that does not belong here."""
    expected = f"{DATA} and {SIDECAR} files, and {ANNOTATION} beside found ones"
    return CorpusError("stray", path, expected=expected, found="another", instead="move it away")


def unreadable(path: str, error: OSError | UnicodeError) -> CorpusError:
    """The problem of a file or folder that is there and cannot be read."""
    found = (error.strerror if isinstance(error, OSError) else None) or str(error)
    instead = "mend it, or bring it back from version control"
    return CorpusError("unreadable", path, expected="a readable file", found=found, instead=instead)


def read(stem: str, files: dict[str, Traversable], catalog: Catalog, problems: list[CorpusError]) -> Entry | None:
    """One entry, or None after noting what is wrong with it. `stem`: its path without suffix."""
    try:
        entry = parts_of(stem, files)
    except CorpusError as error:
        problems.append(error)
        return None
    wrong = list(check(entry, stem, catalog))
    problems += wrong
    return None if wrong else entry


def parts_of(stem: str, files: dict[str, Traversable]) -> Entry:
    """The two or three files of one entry; `CorpusError` where one is lacking or cannot be read."""
    if stem + SIDECAR not in files:
        instead = "write its sidecar (corpus/README.md), or remove it"
        raise CorpusError("orphan_data", stem + DATA, expected=stem + SIDECAR, found="no such file", instead=instead)
    if stem + DATA not in files:
        instead = "bring the data back from version control, or remove the sidecar"
        raise CorpusError("orphan_sidecar", stem + SIDECAR, expected=stem + DATA, found="no such file", instead=instead)
    try:
        sidecar = parse(contents(stem + SIDECAR, files))
    except ValueError as error:
        instead = "correct it by hand, or make it again"
        raise CorpusError(
            "sidecar", stem + SIDECAR, expected="a readable sidecar", found=str(error), instead=instead
        ) from None
    annotation = contents(stem + ANNOTATION, files) if stem + ANNOTATION in files else b""
    try:
        text = annotation.decode()
    except UnicodeDecodeError as error:
        raise unreadable(stem + ANNOTATION, error) from None
    return Entry(sidecar, contents(stem + DATA, files), text)


def contents(path: str, files: dict[str, Traversable]) -> bytes:
    """The bytes of one file; `CorpusError` where they cannot be read, or are more than any kept file has."""
    file = files[path]
    try:
        if isinstance(file, Path) and (size := file.stat().st_size) > KEPT_SIZE_MAXIMUM:
            raise huge(path, size)
        return file.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from None


def huge(path: str, size: int) -> CorpusError:
    """The problem of a file that is larger than anything that is kept. `size`: in bytes."""
    instead = "keep a smaller file that shows the same"
    expected, found = f"at most {KEPT_SIZE_MAXIMUM:,} bytes", f"{size:,}"
    return CorpusError("huge", path, expected=expected, found=found, instead=instead)


def select(entries: Iterable[Entry], wanted: str) -> tuple[Entry, ...]:
    """The entries whose identity is, begins with or (from the hash on) contains `wanted`."""
    every = tuple(entries)
    wanted = bare(wanted)
    chosen = tuple(entry for entry in every if is_named(entry.identity, entry.sidecar.sha256, wanted))
    if not chosen or not wanted:
        found = f"{len(every)} files, none of them"
        instead = "see `shardproof corpus list`"
        raise CorpusError("selection", wanted or "(nothing)", expected="a kept file", found=found, instead=instead)
    return chosen


def bare(wanted: str) -> str:
    """An identity as it may be typed or completed by a shell, without suffix and slashes at the ends."""
    return wanted.removesuffix(DATA).removesuffix(SIDECAR).removesuffix(ANNOTATION).strip("/")


def is_named(identity: str, sha256: str, wanted: str) -> bool:
    """Whether `wanted` (bare) is an identity, one of the folders it begins with, or begins a hash."""
    return (identity + "/").startswith(wanted + "/") or sha256.startswith(wanted)


def add(folder: Path, entry: Entry) -> bool:
    """Keep an entry; False where it is there already. Never overwrites: other contents are a `conflict`.

    Each file appears whole or not at all, the sidecar last. `CorpusError` too where nothing can be written; what was
    begun is removed then, as it is at Ctrl-C.
    """
    if len(entry.data) > KEPT_SIZE_MAXIMUM:
        raise huge(entry.identity + DATA, len(entry.data))
    stem = folder / entry.identity
    wanted = {stem.with_name(stem.name + suffix): text for suffix, text in entry.files().items()}
    begun: list[Path] = []
    try:
        lacking = {path: text for path, text in wanted.items() if not is_kept(folder, path, text)}
        for path, text in lacking.items():
            begun.append(path)
            write_whole(path, text)
    except (OSError, KeyboardInterrupt) as error:
        # Data without its sidecar would stop every command until somebody removes it.
        for path in begun:
            with suppress(OSError):
                path.unlink()
        if isinstance(error, KeyboardInterrupt):
            raise
        found = f"{error.strerror or error} ({error.filename or stem})"
        instead = "make room, or name a folder that can be written"
        raise CorpusError("unwritable", entry.identity, expected="a file kept", found=found, instead=instead) from error
    return bool(lacking)


def is_kept(folder: Path, path: Path, contents: bytes) -> bool:
    """Whether a file is there with these contents; `CorpusError` for others."""
    if not path.exists():
        return False
    if path.read_bytes() != contents:
        raise CorpusError(
            "conflict",
            path.relative_to(folder).as_posix(),
            expected="the same contents, or none",
            found="other contents",
            instead="say both reasons in one sidecar, or remove the file first",
        )
    return True


def write_whole(path: Path, contents: bytes) -> None:
    """Write a new file so that it appears whole; what an interruption leaves has a name of its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.unfinished")
    try:
        unfinished.write_bytes(contents)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def remove(folder: Path, identity: str) -> None:
    """Remove an entry and the folders that it leaves empty."""
    stem = folder / identity
    for suffix in SUFFIXES:
        stem.with_name(stem.name + suffix).unlink(missing_ok=True)
    for parent in stem.parents:
        if parent == folder or any(parent.iterdir()):
            break
        parent.rmdir()
