"""Values out of a store: into a stream, a file that appears only when it is whole, or a tree of files."""

# Paths are bytes here, as keys are, and pathlib takes text only.
# ruff: noqa: PTH101, PTH102, PTH103, PTH105, PTH108, PTH110, PTH112, PTH113, PTH114, PTH116, PTH118, PTH119, PTH120, PTH121, PTH123

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from engine import Store
from engine.errors import ChunkRotten
from engine.values import ValueReader

from ..commands.exits import REFUTED, CommandError
from ..commands.output import Progress, one_line
from .keys import key_text
from .trees import Problem, parts_of, reason_of

#: How much is copied at once.
PIECE_SIZE: Final = 2**20


@dataclass
class GetReport:
    """What became of a tree. Sizes in bytes."""

    restored: int = 0
    restored_bytes: int = 0
    problems: list[Problem] = field(default_factory=list)


def reader_of(store: Store, key: bytes) -> ValueReader:
    """The value of a key as a stream; `CommandError` where there is none."""
    reader = store.open_value(key)
    if reader is None:
        raise CommandError(f"no such key: {key_text(key)}", REFUTED)
    return reader


def refuse_own_file(path: bytes, store: str) -> None:
    """`CommandError` where a file would be written into the store's own directory."""
    folder = os.path.dirname(os.path.realpath(path))
    if os.path.exists(folder) and os.path.samefile(folder, store):
        raise CommandError(f"{one_line(os.fsdecode(path))} would belong to the store itself")


def make_root(path: bytes, store: str) -> None:
    """The directory that a tree is restored below, made where it is not there; `CommandError` where it cannot be."""
    shown = one_line(os.fsdecode(path))
    try:
        os.makedirs(path, exist_ok=True)
    except FileExistsError:
        raise CommandError(f"{shown} is a file, not a directory") from None
    except OSError as error:
        raise CommandError(f"{shown}: {reason_of(error)}") from error
    if os.path.samefile(path, store):
        raise CommandError(f"{shown} is the store itself")


def copy(reader: ValueReader, target: BinaryIO, when_copied: Callable[[int], None] = lambda _done: None) -> int:
    """Copy a value; its size in bytes."""
    done = 0
    while piece := reader.read(PIECE_SIZE):
        target.write(piece)
        done += len(piece)
        when_copied(done)
    return done


def write_file(reader: ValueReader, path: bytes, when_copied: Callable[[int], None] = lambda _done: None) -> int:
    """Write a value to a file: under another name first, so that the file is there whole or not at all.

    What is no regular file (a device, a FIFO) is written to as it is. Raises `OSError`.
    """
    path = os.path.realpath(path)
    if os.path.exists(path) and not os.path.isfile(path):
        with open(path, "wb", buffering=0) as device:
            return copy(reader, device, when_copied)
    folder, name = os.path.split(path)
    descriptor, partial = tempfile.mkstemp(prefix=b"." + name[:200] + b".", suffix=b".partial", dir=folder)
    try:
        with open(descriptor, "wb") as file:
            size = copy(reader, file, when_copied)
        os.chmod(partial, mode_of(path))
        os.replace(partial, path)
    except BaseException:
        os.unlink(partial)
        raise
    return size


def mode_of(path: bytes) -> int:
    """The permissions of the file that is replaced, or those of any new file."""
    try:
        return stat.S_IMODE(os.stat(path).st_mode)
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


class TreeGet:
    """Restores the files of a tree below a directory; nothing is ever written outside of it."""

    def __init__(self, store: Store, root: bytes, progress: Progress | None) -> None:
        self.report = GetReport()
        self._store = store
        self._root = root
        self._progress = progress
        #: Directories below the root that were seen to be real ones, by their path.
        self._directories: set[bytes] = set()

    def run(self, prefix: bytes) -> GetReport:
        """Restore every key with the prefix, under the rest of its name."""
        total = sum(1 for _ in self._store.scan(prefix=prefix)) if self._progress is not None else 0
        for done, key in enumerate(self._store.scan(prefix=prefix)):
            if self._progress is not None:
                self._progress(done, total, key_text(key)[-40:])
            parts = parts_of(key[len(prefix) :])
            try:
                reason = parts if isinstance(parts, str) else self._restore(key, parts)
            except ChunkRotten as error:
                reason = str(error)
            except OSError as error:
                if error.filename is None:
                    raise  # no room on the disk: the next file fares no better
                reason = reason_of(error)
            if reason is not None:
                self.report.problems.append(Problem(key, reason))
        return self.report

    def _restore(self, key: bytes, parts: list[bytes]) -> str | None:
        """Restore one file; the answer is why not."""
        folder = self._root
        for part in parts[:-1]:
            folder = os.path.join(folder, part)
            reason = self._refusal_of_directory(folder)
            if reason is not None:
                return reason
        path = os.path.join(folder, parts[-1])
        if os.path.islink(path):
            return "a symbolic link is in its place"
        if os.path.isdir(path):
            return "a directory is in its place"
        reader = self._store.open_value(key)
        if reader is not None:
            self.report.restored_bytes += write_file(reader, path)
            self.report.restored += 1
        return None

    def _refusal_of_directory(self, path: bytes) -> str | None:
        """Make a directory, unless it is there; the answer is why not."""
        if path in self._directories:
            return None
        try:
            os.mkdir(path)
        except FileExistsError:
            if not stat.S_ISDIR(os.lstat(path).st_mode):
                return f"{one_line(os.fsdecode(os.path.basename(path)))} is not a directory"
        self._directories.add(path)
        return None
