"""Files into a store: one file, standard input, or a whole tree, piece by piece where they are large."""

# Paths are bytes here, as keys are, and pathlib takes text only.
# ruff: noqa: PTH110, PTH112, PTH118, PTH121, PTH123

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from engine import Dependency, Store
from engine.errors import StoreFull
from engine.store_directory import DISK_FILE

from ..commands.exits import CommandError
from ..commands.output import Progress, one_line
from .keys import counted, key_text
from .persistence import Persistence
from .sessions import Interrupts
from .trees import EmptyDirectory, Problem, TreeFile, kind_of, reason_of, walk

#: Files up to this size are read whole: one put costs less than a stream.
WHOLE_SIZE: Final = 256 * 1024
MIB: Final = 2**20


class SourceUnreadable(Exception):
    """The file that is being stored cannot be read on; nothing of it is stored."""


class FileSource:
    """A file as the store reads it. `when_read` is told, after each piece, how many bytes there were so far."""

    def __init__(self, file: BinaryIO, interrupts: Interrupts, when_read: Callable[[int], None] | None = None) -> None:
        self.size_bytes = 0
        self._file = file
        self._interrupts = interrupts
        self._when_read = when_read

    def read(self, size: int, /) -> bytes:
        """The next piece; Ctrl-C is heeded here, where nothing of the store is under way."""
        try:
            with self._interrupts.at_once():
                piece = self._file.read(size)
        except OSError as error:
            raise SourceUnreadable(reason_of(error)) from error
        self.size_bytes += len(piece)
        if self._when_read is not None:
            self._when_read(self.size_bytes)
        return piece


@dataclass
class PutReport:
    """What became of a tree. Sizes in bytes."""

    stored: int = 0
    stored_bytes: int = 0
    empty_directories: int = 0
    problems: list[Problem] = field(default_factory=list)


def put_source(store: Store, key: bytes, source: FileSource) -> Dependency:
    """Store what a file holds from here on."""
    start = source.read(WHOLE_SIZE)
    whole = start
    while start and len(whole) < WHOLE_SIZE and (start := source.read(WHOLE_SIZE - len(whole))):
        whole += start
    if len(whole) < WHOLE_SIZE:
        return store.put(key, whole)
    return store.put(key, Resumed(whole, source))


class Resumed:
    """A source of which the start was read already."""

    def __init__(self, start: bytes, rest: FileSource) -> None:
        self._start = memoryview(start)
        self._rest = rest

    def read(self, size: int, /) -> bytes:
        """The next piece."""
        if not self._start:
            return self._rest.read(size)
        piece, self._start = bytes(self._start[:size]), self._start[size:]
        return piece


@contextmanager
def regular_file(path: bytes) -> Iterator[BinaryIO]:
    """A file opened to be stored; never waits on a FIFO, never follows a link. Raises `OSError`, `SourceUnreadable`."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb", buffering=0) as file:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            raise SourceUnreadable(f"{kind_of(facts.st_mode)}, not a regular file")
        yield file


class TreePut:
    """Stores the files of one tree."""

    def __init__(
        self,
        store: Store,
        persistence: Persistence,
        interrupts: Interrupts,
        progress: Progress | None,
    ) -> None:
        self.report = PutReport()
        self._store = store
        self._persistence = persistence
        self._interrupts = interrupts
        self._progress = progress

    def run(self, root: bytes, prefix: bytes, own: os.stat_result) -> PutReport:
        """Store everything below the directory; `own` is the store's own directory, which is left out."""
        total = self._count(root, own)
        for seen, entry in enumerate(walk(root, prefix, own)):
            self._interrupts.check()
            if self._progress is not None:
                self._progress(seen, total, key_text(getattr(entry, "key", b""))[-40:])
            match entry:
                case TreeFile():
                    self._put(entry)
                case Problem():
                    self.report.problems.append(entry)
                case EmptyDirectory():
                    self.report.empty_directories += 1
        self._persistence.settle()
        return self.report

    def _count(self, root: bytes, own: os.stat_result) -> int:
        """How much there is, where somebody watches."""
        if self._progress is None:
            return 0
        total = 0
        for total, _ in enumerate(walk(root, b"", own), 1):  # noqa: B007  # the last number is the count
            self._interrupts.check()
        return total

    def _put(self, entry: TreeFile) -> None:
        try:
            with regular_file(entry.path) as file:
                before = os.fstat(file.fileno())
                source = FileSource(file, self._interrupts)
                dependency = put_source(self._store, entry.key, source)
                after = os.fstat(file.fileno())
        except OSError as error:
            self.report.problems.append(Problem(entry.key, reason_of(error)))
        except SourceUnreadable as error:
            self.report.problems.append(Problem(entry.key, str(error)))
        except StoreFull as error:
            are = "is" if self.report.stored == 1 else "are"
            stored = f"{counted(self.report.stored, 'file')} before it {are} stored"
            raise StoreFull(f"{key_text(entry.key)}: {error}; {stored}") from error
        else:
            size = source.size_bytes
            self.report.stored += 1
            self.report.stored_bytes += size
            if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or size != after.st_size:
                self.report.problems.append(Problem(entry.key, "the file changed while it was read; stored as read"))
            self._persistence.add(entry.key, size, dependency)


@contextmanager
def source_file(name: str, store: str) -> Iterator[BinaryIO]:
    """The one file to store, `-` for standard input; `CommandError` says why it cannot be read."""
    if name == "-":
        yield sys.stdin.buffer
        return
    shown = one_line(name)
    if os.path.isdir(name):
        raise CommandError(f"{shown} is a directory; its files are stored without KEY: put PATH DIRECTORY")
    disk = os.path.join(store, DISK_FILE)
    if os.path.exists(disk) and os.path.exists(name) and os.path.samefile(name, disk):
        raise CommandError(f"{shown} is the store itself")
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise CommandError(f"{shown}: {reason_of(error)}") from error
    with open(descriptor, "rb", buffering=0) as file:
        yield file
