"""Bytes to be kept, from any file: never more than a kept file may have, and never from what is no regular file."""

from __future__ import annotations

import os
import sys
from typing import Final

from corpus.entries import KEPT_SIZE_MAXIMUM

from ..commands.exits import CommandError
from ..inspection.sources import open_regular, read_all

STANDARD_INPUT: Final = "-"


def bytes_of(name: str) -> bytes:
    """The bytes of a file, or of standard input for `-`; `CommandError` where they cannot be had.

    A file that is too large is refused before it is read; an empty one is kept as well as any other.
    """
    if name == STANDARD_INPUT:
        data = sys.stdin.buffer.read(KEPT_SIZE_MAXIMUM + 1)
        if len(data) > KEPT_SIZE_MAXIMUM:
            raise too_large("standard input", f"more than {KEPT_SIZE_MAXIMUM:,}")
        return data
    descriptor = open_regular(name)
    try:
        size = os.fstat(descriptor).st_size
        if size > KEPT_SIZE_MAXIMUM:
            raise too_large(name, f"{size:,}")
        return read_all(descriptor, size, name)
    except OSError as error:
        raise CommandError(f"{name}: {error.strerror or error}") from error
    finally:
        os.close(descriptor)


def too_large(name: str, size: str) -> CommandError:
    """The refusal of a file that is larger than anything that is kept."""
    return CommandError(f"{name}: it has {size} bytes; a kept file has at most {KEPT_SIZE_MAXIMUM:,}")
