"""Removes files that are proved to be redundant; an interruption loses nothing and leaves nothing half done.

The list of what goes is written first, beside the folder. Each file is removed whole even when Ctrl-C comes in between.
Where the process was killed, the next run finds the list: a file of it of which only a part is left is removed, all
others are looked at anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from corpus.store import SUFFIXES, add
from formats.catalog import Catalog

from .survey import entry_at


def journal_of(folder: Path) -> Path:
    """The list of what goes while it goes: beside the folder, in which no other file may lie."""
    return folder.with_name(f"{folder.name}.minimizing")


def remove_all(
    folder: Path,
    identities: Sequence[str],
    catalog: Catalog,
    into: Path | None,
    progress: Callable[[int, int], None],
) -> None:
    """Remove files from a folder; `into`: keep them in that folder instead, which has the same shape."""
    for identity in identities if into is not None else ():
        assert into is not None
        add(into, entry_at(folder, identity, catalog)[0])
    journal = journal_of(folder)
    journal.write_text("".join(f"{identity}\n" for identity in identities), encoding="utf-8")
    for done, identity in enumerate(identities):
        try:
            remove(folder, identity)
        except KeyboardInterrupt:
            remove(folder, identity)
            journal.unlink()
            raise
        progress(done + 1, len(identities))
    remove_empty(folder, identities)
    journal.unlink()


def remove(folder: Path, identity: str) -> None:
    """Remove what there is of one file. Its folder is not listed: that takes long where thousands of files lie."""
    for suffix in SUFFIXES:
        (folder / f"{identity}{suffix}").unlink(missing_ok=True)


def remove_empty(folder: Path, identities: Iterable[str]) -> None:
    """Remove the folders that these files have left empty."""
    for parent in sorted({parent for identity in identities for parent in (folder / identity).parents}, reverse=True):
        if folder in parent.parents and parent.is_dir() and not any(parent.iterdir()):
            parent.rmdir()


def finish(folder: Path) -> int:
    """Finish what a killed run has left half done; the answer is the number of files that were."""
    journal = journal_of(folder)
    if not journal.is_file():
        return 0
    halves = [
        identity
        for identity in journal.read_text(encoding="utf-8").splitlines()
        if 0 < sum((folder / f"{identity}{suffix}").is_file() for suffix in SUFFIXES[:2]) < 2
        or ((folder / f"{identity}{SUFFIXES[2]}").is_file() and not (folder / f"{identity}{SUFFIXES[0]}").is_file())
    ]
    for identity in halves:
        remove(folder, identity)
    remove_empty(folder, halves)
    journal.unlink()
    return len(halves)
