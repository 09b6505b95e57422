"""Acceptance: a declared new version becomes a promise, and the files that show its bytes are frozen with it.

What is locked never changes: an existing version that is changed or gone, and any finding of level error that nobody
answers for, refuse the whole acceptance. Files are written first, the lock last and as a whole; where anything fails,
the files are removed again.
"""

from __future__ import annotations

import stat
from dataclasses import dataclass
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

from corpus.store import Entry, add, remove, scan, writable_folder
from formats.catalog import CATALOG, Format
from formats.locking import Lock, locked_of

from ..commands.exits import CommandError
from ..locks import save_lock
from .comparing import Comparison
from .freezing import files_of
from .judging import Judged, Judgement


@dataclass(frozen=True)
class Acceptance:
    """What would be done. `refused`: the findings that forbid it; `files`: those to keep, in `folder` (None: nowhere).

    before: the text of the lock as it was read, None where there is none.
    """

    path: Path
    lock: Lock
    added: tuple[Format, ...]
    files: tuple[Entry, ...]
    folder: Path | None
    before: bytes | None
    refused: tuple[Judged, ...] = ()

    def as_dict(self, written: tuple[str, ...]) -> dict[str, Any]:
        """What was done, with stable keys. `written`: identities of the files that are new."""
        return {
            "lock": str(self.path),
            "added": [{"format": entry.name, "version": entry.version} for entry in self.added],
            "files": list(written),
            "folder": None if self.folder is None else str(self.folder),
            "refused": sorted({judged.finding.rule for judged in self.refused}),
        }


def plan(comparison: Comparison, judgement: Judgement, *, release: str | None) -> Acceptance:
    """What accepting would do; nothing is written."""
    home, lock = comparison.home, comparison.lock
    refused = tuple(judged for judged in judgement.counting if judged.finding.level == "error")
    added = tuple(entry for entry in comparison.new if lock.get(entry.name, entry.version) is None)
    before = home.lock.read_bytes() if home.lock.exists() else None
    if refused or not added:
        return Acceptance(home.lock, lock, () if refused else added, (), None, before, refused)
    since = release_of(comparison, release)
    extended = lock.extended(locked_of(entry, since=since) for entry in added)
    folder = folder_of(comparison)
    files = frozen_files(comparison, added, folder) if folder is not None else ()
    return Acceptance(home.lock, extended, added, files, folder, before)


def release_of(comparison: Comparison, release: str | None) -> str:
    """The release that freezes the new versions: the named one, or ours for our own catalog."""
    if release is not None:
        return release
    if comparison.home.catalog is CATALOG:
        return installed_version("shardproof")
    raise CommandError("say which release of yours freezes the new versions: --release NAME")


def folder_of(comparison: Comparison) -> Path | None:
    """The folder of the catalog's kept files; None for a user's catalog that has none."""
    catalog = comparison.home.catalog
    return None if catalog is not CATALOG and catalog.corpus is None else writable_folder(catalog)


def frozen_files(comparison: Comparison, added: tuple[Format, ...], folder: Path) -> tuple[Entry, ...]:
    """The files of every new version; raises the first problem of the folder."""
    catalog = comparison.home.catalog
    present: tuple[Entry, ...] = ()
    if folder.exists():
        scanned = scan(folder, catalog)
        if scanned.problems:
            raise scanned.problems[0]
        present = scanned.entries
    return tuple(one for entry in added for one in files_of(entry, present, ours=catalog is CATALOG))


def carry_out(acceptance: Acceptance) -> tuple[str, ...]:
    """Write files and lock, both or neither; the answer is the identities of the files that are new.

    Raises `CommandError` where something cannot be written, and leaves everything as it was then.
    """
    refuse_unwritable(acceptance)
    begun: list[str] = []
    folder = acceptance.folder
    is_new_folder = folder is not None and not folder.exists()
    try:
        for entry in acceptance.files:
            assert folder is not None, "without a folder there are no files"
            if not is_kept(folder, entry.identity):
                begun.append(entry.identity)
            add(folder, entry)
        save_lock(acceptance.path, acceptance.lock)
    except BaseException as error:
        if folder is not None:
            take_back(folder, begun, with_folder=is_new_folder)
        if isinstance(error, OSError):
            where = error.filename if isinstance(error.filename, str) else acceptance.path
            message = f"{where}: {error.strerror or error}; nothing was accepted"
            raise CommandError(message) from error
        raise
    return tuple(begun)


def take_back(folder: Path, identities: list[str], *, with_folder: bool) -> None:
    """Remove files again, and the folder itself where it was made for them."""
    for identity in identities:
        remove(folder, identity)
    if with_folder and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def is_kept(folder: Path, identity: str) -> bool:
    """Whether a file of this identity is there."""
    stem = folder / identity
    return stem.with_name(f"{stem.name}.bin").exists()


def refuse_unwritable(acceptance: Acceptance) -> None:
    """A lock that is no file, that somebody has protected, or that has changed since it was read stays as it is."""
    path = acceptance.path
    now = path.read_bytes() if path.is_file() else None
    if now != acceptance.before:
        raise CommandError(f"{path} was changed by somebody else meanwhile; run the command again")
    if now is not None and not stat.S_IMODE(path.stat().st_mode) & 0o222:
        raise CommandError(f"{path} is read-only; nothing was accepted (chmod u+w allows it)")
