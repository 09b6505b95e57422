"""Trees of files for the kill test: new contents under the same names, and what was written remembered."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from random import Random
from typing import Final

#: Files of one tree, and how large they are: many small ones, and some of several chunks' size.
FILE_COUNT: Final = 400
LARGE_COUNT: Final = 4
SMALL_MAXIMUM: Final = 40_000
LARGE_MAXIMUM: Final = 2_500_000
#: Names that trees choose their files from, so that rounds replace what others have put.
NAME_COUNT: Final = 600

#: A value as the test remembers it: size in bytes and BLAKE2 digest. None: no such key.
Print = tuple[int, str] | None


def print_of(value: bytes | None) -> Print:
    """What is remembered of a value."""
    return None if value is None else (len(value), hashlib.blake2b(value, digest_size=16).hexdigest())


def print_text(value: Print) -> str:
    """A value for people."""
    return "no such key" if value is None else f"{value[0]} bytes, digest {value[1][:12]}"


def write_tree(root: Path, random: Random, round_number: int) -> dict[bytes, Print]:
    """Write a new tree in place of the one before; what each of its keys must have."""
    shutil.rmtree(root, ignore_errors=True)
    written: dict[bytes, Print] = {}
    for position, number in enumerate(random.sample(range(NAME_COUNT), FILE_COUNT)):
        name = f"{number % 7}/{number % 3}/file {number}" if number % 2 else f"file-{number}"
        size = random.randrange(LARGE_MAXIMUM) if position < LARGE_COUNT else int(random.random() ** 2 * SMALL_MAXIMUM)
        value = f"round {round_number} {name} ".encode() + random.randbytes(size)
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(value if number % 20 else b"")
        written[name.encode()] = print_of(path.read_bytes())
    return written
