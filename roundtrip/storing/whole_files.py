"""Files that appear when they are whole; what is no regular file is written to as it is."""

# Paths are bytes here, as keys are, and pathlib takes text only.
# ruff: noqa: PTH101, PTH105, PTH108, PTH116, PTH120, PTH123

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Callable
from typing import BinaryIO, Final, TypeVar

Answer = TypeVar("Answer")

#: Where descriptors of processes have names: such a file was opened by somebody else, who sees what is in it.
DESCRIPTORS: Final = b"/proc/"


def write_whole(path: bytes, fill: Callable[[BinaryIO], Answer]) -> Answer:
    """Let `fill` write a file under another name and put it in place: the file is there whole, or as it was before.

    A device or a FIFO is written to as it is, and a symbolic link is followed. Raises `OSError`.
    """
    if is_written_directly(path):
        with open(path, "wb", buffering=0) as device:
            return fill(device)
    path = os.path.realpath(path)
    folder, name = os.path.split(path)
    descriptor, partial = tempfile.mkstemp(prefix=b"." + name[:200] + b".", suffix=b".partial", dir=folder)
    try:
        with open(descriptor, "wb") as file:
            answer = fill(file)
            file.flush()
            os.fsync(descriptor)
        os.chmod(partial, mode_of(path))
        os.replace(partial, path)
    except BaseException:
        os.unlink(partial)
        raise
    return answer


def is_written_directly(path: bytes) -> bool:
    """Whether the path names something that another file cannot take the place of."""
    try:
        facts = os.stat(path)
    except FileNotFoundError:
        return False
    return not stat.S_ISREG(facts.st_mode) or os.path.realpath(os.path.dirname(path)).startswith(DESCRIPTORS)


def write_all(target: BinaryIO, data: bytes) -> None:
    """Write every byte: one write to a device or a FIFO may take fewer."""
    rest = memoryview(data)
    while rest:
        written = target.write(rest)
        if written is None:  # a raw file that does not wait says so
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        rest = rest[written:]


def mode_of(path: bytes) -> int:
    """The permissions of the file that is replaced, or those of any new file."""
    try:
        return stat.S_IMODE(os.stat(path).st_mode)
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask
