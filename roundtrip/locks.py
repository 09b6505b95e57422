"""Lock files: where the lock of a catalog is, what it held in a git revision, and how it is written.

LockNotFound    no lock can be had there: no file, no git, no repository, no such revision, none in the revision
LockRefused     (formats.errors) there is one, and it is not what it should be; or it must not be changed so
FrozenChanged   (formats.errors) what is to be written gives a locked version another layout
"""

from __future__ import annotations

import os
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Final, Literal

from formats.catalog import CATALOG, Catalog
from formats.errors import FrozenChanged, LockRefused, ShardproofError
from formats.locking import LOCK_NAME, Lock, read_lock, write_lock
from formats.locking.blocks import NEW_VERSION
from formats.locking.lock import Locked

from .storing.whole_files import write_all, write_whole

#: What a revision begins with, where a path could stand as well.
GIT_PREFIX: Final = "git:"
Problem = Literal["file", "git", "repository", "revision", "lock"]


class LockNotFound(ShardproofError):
    """No lock can be had: `problem` says what kind of thing is missing, `where` names it."""

    def __init__(self, problem: Problem, where: str, *, expected: str, found: str, instead: str) -> None:
        super().__init__(f"{where}: expected {expected}, found {found}; {instead}")
        self.problem = problem
        self.where = where
        self.expected = expected
        self.found = found
        self.instead = instead


def lock_path_of(catalog: Catalog) -> Path:
    """The lock file of a catalog, which need not exist: in the package for ours, for others as they name it."""
    if catalog is CATALOG:
        return Path(str(files("formats") / LOCK_NAME))
    if catalog.lock is not None:
        return Path(catalog.lock)
    instead = "name its file: Catalog(..., lock='path/to/formats.lock')"
    raise LockNotFound("file", f"catalog {catalog.name}", expected="a lock", found="none named", instead=instead)


def load_lock(path: Path) -> Lock:
    """The lock in a file."""
    try:
        data = path.read_bytes()
    except OSError as error:
        instead = "give the path of a formats.lock, or accept a version first"
        found = error.strerror or str(error)
        raise LockNotFound("file", str(path), expected="a lock file", found=found, instead=instead) from None
    return lock_of_bytes(data, str(path))


def lock_of_bytes(data: bytes, source: str) -> Lock:
    """The lock that bytes hold; `source` names them."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = f"the byte {data[error.start]:#04x}"
        instead = "give the path of a formats.lock"
        raise LockRefused(source, line, expected="UTF-8", found=found, instead=instead) from None
    return read_lock(text, source=source)


def lock_against(against: str, path: Path) -> Lock:
    """What `--against` names: a lock file, or what `path` held in the revision of `git:REVISION`."""
    return lock_at_revision(against, path) if against.startswith(GIT_PREFIX) else load_lock(Path(against))


def lock_at_revision(revision: str, path: Path) -> Lock:
    """The lock that a file held in a git revision (`git:HEAD~3`, or without the prefix); the file may be gone now."""
    revision = revision.removeprefix(GIT_PREFIX)
    folder, name = path.absolute().parent, path.name
    if not folder.is_dir():
        instead = "give the path of a lock in a git repository"
        raise LockNotFound("file", str(folder), expected="a folder", found="none", instead=instead)
    inside = git(folder, "rev-parse", "--is-inside-work-tree")
    if inside.returncode or inside.stdout.strip() != b"true":
        instead = "give the path of a lock file instead of a revision"
        found = words_of(inside) or "none"
        raise LockNotFound("repository", str(folder), expected="a git work tree", found=found, instead=instead)
    commit = git(folder, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    if commit.returncode or revision.startswith("-"):
        instead = "see `git log`; a shallow clone lacks old revisions (`git fetch --unshallow`)"
        where = f"{GIT_PREFIX}{revision}"
        raise LockNotFound("revision", where, expected="a revision", found="none of that name", instead=instead)
    held = git(folder, "show", "--no-textconv", f"{commit.stdout.strip().decode()}:./{name}")
    where = f"{name} at {GIT_PREFIX}{revision}"
    if held.returncode:
        instead = "name a revision that has one, or give the path of a lock file"
        raise LockNotFound("lock", where, expected="a lock file", found=words_of(held) or "none", instead=instead)
    return lock_of_bytes(held.stdout, where)


def git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """What git says about a folder, in English."""
    command = shutil.which("git")
    if command is None:
        instead = "install git, or give the path of a lock file"
        raise LockNotFound("git", "git", expected="git on PATH", found="none", instead=instead)
    environment = {**os.environ, "LC_ALL": "C"}
    return subprocess.run(  # noqa: S603  # the git that was found; it only reads
        [command, "-C", str(folder), *arguments], capture_output=True, check=False, env=environment
    )


def words_of(finished: subprocess.CompletedProcess[bytes]) -> str:
    """The first line of what git complains of."""
    lines = finished.stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[0].removeprefix("fatal: ") if lines else ""


def save_lock(path: Path, lock: Lock) -> bool:
    """Write a lock as a whole or not at all; False where the file says the same already.

    A block that is in the file stays as it is: `FrozenChanged` for another layout, `LockRefused` for any other change
    and for a block that would be dropped. Nothing is written then.
    """
    if path.exists():
        before = load_lock(path)
        refuse_broken(path, before, lock)
        if before == lock:
            return False
    text = write_lock(lock)
    assert read_lock(text, source=str(path)) == lock, "what is written is read again"
    try:
        write_whole(os.fsencode(path), lambda file: write_all(file, text.encode("utf-8")))
    except OSError as error:
        found, instead = error.strerror or str(error), "make its folder, or let it be written"
        raise LockNotFound("file", str(path), expected="a file to write", found=found, instead=instead) from None
    return True


def refuse_broken(path: Path, before: Lock, after: Lock) -> None:
    """Refuse a lock that breaks a promise of the one before it."""
    for entry in before:
        now = after.get(entry.name, entry.version)
        if now is not None and now.fingerprint != entry.fingerprint:
            expected, found = entry.fingerprint, now.fingerprint
            raise FrozenChanged(entry.name, entry.version, expected=expected, found=found)
        if now != entry:
            found = "none" if now is None else f"another one ({', '.join(changed(entry, now))})"
            expected = f"the block of {entry.title} as it is"
            raise LockRefused(str(path), 0, expected=expected, found=found, instead=NEW_VERSION)


def changed(before: Locked, after: Locked) -> list[str]:
    """The names of what differs between two entries."""
    names = ("since", "summary", "sealed", "feature")
    return [name for name in names if getattr(before, name) != getattr(after, name)]
