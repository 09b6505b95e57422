"""Values out of a store: into a stream, a file that appears only when it is whole, or a tree of files."""

# Paths are bytes here, as keys are, and pathlib takes text only.
# ruff: noqa: PTH102, PTH103, PTH118, PTH119

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from engine import Store
from engine.errors import ChunkRotten
from engine.values import ValueReader

from ..commands.exits import REFUTED, CommandError
from ..commands.output import Progress, one_line
from .keys import counted, key_text
from .own_files import OwnFiles
from .trees import Problem, kind_of, parts_of, reason_of
from .whole_files import write_all, write_whole

#: How much is copied at once.
PIECE_SIZE: Final = 2**20
#: What a write meets that the next file would meet as well.
NO_USE_GOING_ON: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})
OWN: Final = "this is the store itself"


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


def make_root(path: bytes, own: OwnFiles) -> None:
    """The directory that a tree is restored below, made where it is not there; `CommandError` where it cannot be."""
    shown = one_line(os.fsdecode(path))
    if own.hold(path):
        raise CommandError(f"{shown} is the store itself, or lies inside")
    try:
        os.makedirs(path, exist_ok=True)
    except FileExistsError:
        raise CommandError(f"{shown} is a file, not a directory") from None
    except OSError as error:
        raise CommandError(f"{shown}: {reason_of(error)}") from error


def copy(reader: ValueReader, target: BinaryIO, when_copied: Callable[[int], None] = lambda _done: None) -> int:
    """Copy a value; its size in bytes."""
    done = 0
    while piece := reader.read(PIECE_SIZE):
        write_all(target, piece)
        done += len(piece)
        when_copied(done)
    return done


def write_file(reader: ValueReader, path: bytes, when_copied: Callable[[int], None] = lambda _done: None) -> int:
    """Write a value to a file; its size in bytes. Raises `OSError`."""
    return write_whole(path, lambda file: copy(reader, file, when_copied))


class TreeGet:
    """Restores the files of a tree below a directory; nothing is ever written outside of it."""

    def __init__(self, store: Store, root: bytes, own: OwnFiles, progress: Progress | None) -> None:
        self.report = GetReport()
        self._store = store
        self._root = root
        self._own = own
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
                if error.errno in NO_USE_GOING_ON:
                    restored = counted(self.report.restored, "file")
                    raise CommandError(f"{key_text(key)}: {reason_of(error)}; {restored} restored before it") from error
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
        try:
            facts = os.lstat(path)
        except FileNotFoundError:
            facts = None
        if facts is not None and not stat.S_ISREG(facts.st_mode):
            return f"{kind_of(facts.st_mode)} is in its place"
        if facts is not None and self._own.has(facts):
            return OWN
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
            facts = os.lstat(path)
            if self._own.has(facts):
                return OWN
            if not stat.S_ISDIR(facts.st_mode):
                return f"{one_line(os.fsdecode(os.path.basename(path)))} is not a directory"
        self._directories.add(path)
        return None
