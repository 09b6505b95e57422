"""Opens what `inspect` is given: a regular file, or a bounded piece of standard input; nothing else is read.

A FIFO would wait for a writer, a device has no end, a directory has no bytes: each is refused before it is opened.
"""

from __future__ import annotations

import mmap
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from ..commands.exits import NOTHING_TESTED, CommandError

#: Standard input is held in memory, up to this many bytes.
STANDARD_INPUT_MAXIMUM: Final = 64 * 2**20
#: Long files are searched in pieces of this size, each let go of when it has been searched.
PIECE_SIZE: Final = 2**24
#: Smaller files are read, larger ones are mapped.
MAPPED_SIZE_MINIMUM: Final = 2**20

KINDS: Final = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a character device"),
    (stat.S_ISBLK, "a block device"),
)


@contextmanager
def open_source(name: str) -> Iterator[memoryview]:
    """The bytes of a file, or of standard input for `-`, read-only; raises `CommandError`."""
    if name == "-":
        yield memoryview(read_standard_input())
        return
    descriptor = open_regular(name)
    try:
        held = held_bytes(descriptor, name)
        try:
            yield memoryview(held)
        finally:
            if isinstance(held, mmap.mmap):
                with suppress(BufferError):  # an error on its way out may still hold a piece of it
                    held.close()
    finally:
        os.close(descriptor)


def held_bytes(descriptor: int, name: str) -> bytes | mmap.mmap:
    """The bytes of an open file, mapped where they are many; raises `CommandError`."""
    try:
        size = os.fstat(descriptor).st_size
        if size == 0:
            raise CommandError(f"{name}: the file is empty", NOTHING_TESTED)
        if size < MAPPED_SIZE_MINIMUM:
            return read_all(descriptor, size, name)
        return mmap.mmap(descriptor, size, access=mmap.ACCESS_READ)
    except OSError as error:
        raise CommandError(f"{name}: {error.strerror or error}") from error


def release(view: memoryview, begin: int, end: int) -> None:
    """Let go of the memory that holds bytes begin..end of a mapped file; they can be read again."""
    mapped = view.obj
    if isinstance(mapped, mmap.mmap) and len(mapped) == len(view):
        first, last = -(-begin // mmap.PAGESIZE) * mmap.PAGESIZE, end // mmap.PAGESIZE * mmap.PAGESIZE
        if first < last and hasattr(mapped, "madvise"):
            mapped.madvise(mmap.MADV_DONTNEED, first, last - first)


def open_regular(name: str) -> int:
    """A file descriptor of a regular file; a typed error for anything else, without waiting."""
    try:
        refuse_special(name, os.stat(name))  # noqa: PTH116  # a device must not even be opened
        descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise CommandError(f"{name}: {error.strerror or error}") from None
    except ValueError as error:  # a NUL in the name
        raise CommandError(f"{name!r}: {error}") from None
    try:
        refuse_special(name, os.fstat(descriptor))  # it may have been replaced in between
    except CommandError:
        os.close(descriptor)
        raise
    return descriptor


def refuse_special(name: str, status: os.stat_result) -> None:
    """Raise `CommandError` unless this is a regular file."""
    if not stat.S_ISREG(status.st_mode):
        kind = next((words for is_kind, words in KINDS if is_kind(status.st_mode)), "no regular file")
        raise CommandError(f"{name}: this is {kind}; only regular files are read, and `-` for standard input")


def read_all(descriptor: int, size: int, name: str) -> bytes:
    """All `size` bytes of a file."""
    pieces, left = [], size
    while left and (piece := os.read(descriptor, left)):
        pieces.append(piece)
        left -= len(piece)
    if left:
        raise CommandError(f"{name}: the file shrank from {size} to {size - left} bytes while it was read")
    return b"".join(pieces)


def read_standard_input() -> bytes:
    """Standard input, in full; `CommandError` where it is longer than we hold in memory."""
    data = sys.stdin.buffer.read(STANDARD_INPUT_MAXIMUM + 1)
    if len(data) > STANDARD_INPUT_MAXIMUM:
        size = STANDARD_INPUT_MAXIMUM // 2**20
        raise CommandError(f"standard input holds more than {size} MiB; write it to a file and inspect that")
    if not data:
        raise CommandError("standard input is empty", NOTHING_TESTED)
    return data


def display_name(name: str) -> str:
    """What reports call the source."""
    return "standard input" if name == "-" else name


def sidecar_path(name: str) -> Path | None:
    """The JSON file beside a file that says where its bytes were written (`x.bin.json`, else `x.json`), if any."""
    if name == "-":
        return None
    path = Path(name)
    candidates = [path.with_name(path.name + ".json")]
    if path.suffix != ".json":
        with suppress(ValueError):
            candidates.append(path.with_suffix(".json"))
    return next((candidate for candidate in candidates if candidate.is_file()), None)
