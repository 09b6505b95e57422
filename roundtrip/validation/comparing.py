"""What is compared with what: the formats of a catalog, those of a lock, and the kept files of both."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from corpus.store import folder_of, scan
from formats.catalog import CATALOG, Catalog, Format
from formats.fingerprint import fingerprint
from formats.locking import Lock
from formats.place import Place

from ..commands.exits import NOTHING_TESTED, CommandError
from ..locks import GIT_PREFIX, lock_against, lock_path_of
from .source_lines import shown

if TYPE_CHECKING:
    from ..evolution import Kept, Report


@dataclass(frozen=True)
class Home:
    """Where a catalog lives. `name`: as `--catalog` names it, None for ours; `lock`: the path of its lock file."""

    catalog: Catalog
    name: str | None
    lock: Path

    @property
    def words(self) -> str:
        """The option that a command needs to work on this catalog, after a space."""
        return "" if self.name is None else f" --catalog {shlex.quote(self.name)}"


@dataclass(frozen=True)
class Comparison:
    """Both sides. `lock`: what the formats are compared with; `against`: its name for people; `only`: the one format.

    old, new: the formats of both sides; kept: golden files of either.
    """

    home: Home
    lock: Lock
    against: str
    old: tuple[Format, ...]
    new: tuple[Format, ...]
    kept: tuple[Kept, ...]
    only: str | None = None

    def run(self, seed: int) -> Report:
        """Let the bytes judge."""
        from ..evolution import validate  # noqa: PLC0415  # heavy

        return validate(self.old, self.new, kept=self.kept, seed=seed)

    @property
    def as_locked(self) -> bool:
        """Whether both sides have the same versions with the same layouts."""
        return identities(self.old) == identities(self.new)


def home_of(catalog: Catalog, name: str | None, *, lock: Path | None = None) -> Home:
    """Where a catalog lives; its lock is the one that it names, or that lies beside its module, or `lock`."""
    return Home(catalog, name, lock_path_of(catalog) if lock is None else lock)


def compare(home: Home, against: str | None, *, only: str | None = None) -> Comparison:
    """Both sides, loaded. `against`: a lock's path or `git:REVISION`; None for the catalog's own lock.

    Raises `CommandError` where there is no lock or nothing in it, and whatever the lock's reader refuses.
    """
    if against is None and not home.lock.exists():
        message = f"there is no lock {home.lock}, so nothing was compared; {first_steps(home)}"
        raise CommandError(message, NOTHING_TESTED)
    lock = lock_against(str(home.lock) if against is None else against, home.lock)
    is_revision = against is not None and against.startswith(GIT_PREFIX)
    words = str(against) if is_revision else shown(str(home.lock if against is None else against))
    if not len(lock):
        raise CommandError(f"{words} holds no version, so nothing was compared; {first_steps(home)}", NOTHING_TESTED)
    return sides(home, lock, words, only)


def nothing_locked(home: Home, *, only: str | None = None) -> Comparison:
    """The catalog beside nothing: what the first `--accept` begins with."""
    return sides(home, Lock(), "no lock", only)


def first_steps(home: Home) -> str:
    """How a lock is begun."""
    release = "" if home.name is None else " --release NAME"
    return f"`shardproof validate{home.words} --accept{release}` makes the first one"


def sides(home: Home, lock: Lock, words: str, only: str | None) -> Comparison:
    """Both sides, of the one format or of all."""
    names = {entry.name for entry in lock} | {entry.name for entry in home.catalog}
    if only is not None and only not in names:
        known = ", ".join(sorted(names))
        raise CommandError(f"neither catalog nor lock has a format {only!r}; there are {known}")
    old = tuple(entry.format for entry in lock if only in {None, entry.name})
    new = tuple(fresh(entry, lock) for entry in home.catalog if only in {None, entry.name})
    return Comparison(home, lock, words, old, new, kept_files(home.catalog, old, new), only)


def fresh(entry: Format, lock: Lock) -> Format:
    """A format whose codec is that of its schema: a committed one follows a changed schema later, or never."""
    locked = lock.get(entry.name, entry.version)
    is_as_locked = locked is not None and locked.fingerprint == fingerprint(entry.layout)
    return entry if is_as_locked or not entry.generated else replace(entry, generated=False)


def kept_files(catalog: Catalog, old: tuple[Format, ...], new: tuple[Format, ...]) -> tuple[Kept, ...]:
    """The golden files of a catalog, of formats that either side has; the first problem of the folder is raised."""
    from ..evolution import Kept  # noqa: PLC0415  # heavy

    if catalog is not CATALOG and (catalog.corpus is None or not Path(catalog.corpus).is_dir()):
        return ()
    # Files of a version that has left the catalog are evidence too, so the folder is read with both sides' formats.
    every = {(entry.name, entry.version): entry for entry in (*catalog, *new, *old)}
    scanned = scan(folder_of(catalog), Catalog(catalog.name, tuple(every.values())))
    if scanned.problems:
        raise scanned.problems[0]
    names = {entry.name for entry in (*old, *new)}
    return tuple(
        Kept(
            entry.sidecar.format,
            entry.sidecar.version,
            entry.identity,
            entry.data,
            entry.sidecar.place.place if entry.sidecar.place is not None else Place(),
        )
        for entry in scanned.entries
        if entry.sidecar.kind == "golden" and entry.sidecar.format in names
    )


def identities(side: tuple[Format, ...]) -> set[tuple[str, int, str]]:
    """What a side declares, without the order."""
    return {(entry.name, entry.version, fingerprint(entry.layout)) for entry in side}


def side_of(comparison: Comparison, side: str, name: str, version: int) -> Format | None:
    """The format of a revision; `side`: "old", "new" or "both"."""
    entries = comparison.old if side == "old" else comparison.new
    return next((entry for entry in entries if (entry.name, entry.version) == (name, version)), None)
