"""What the operating system says of a process and of a folder: memory, bytes dirtied, space."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

STATUS: Final = Path("/proc/self/status")
COUNTERS: Final = Path("/proc/self/io")
CLEAR: Final = Path("/proc/self/clear_refs")
#: Written to `CLEAR`: begin to measure the peak of resident memory anew.
FORGET_PEAK: Final = "5"
BLOCK_BYTES: Final = 512


class Meter:
    """Counts from the moment when it is made; sizes in bytes, None where the system does not tell.

    Bytes dirtied (`write_bytes`) are counted page by page when a page of a file becomes dirty, by write calls or by
    writing to mapped memory; a page that was written back and becomes dirty again counts again, one that is written to
    while it is still dirty does not. And where the kernel keeps pages in larger folios, it counts a whole folio for one
    byte of it. So bytes handed to write calls are counted as well. A file system that is not backed by a disk counts no
    dirtied bytes.
    """

    def __init__(self) -> None:
        forget_peak()
        self.resident_bytes = status_bytes("VmRSS")
        self._dirtied, self._written = dirtied_bytes(), written_bytes()

    def grown_bytes(self) -> int | None:
        """The peak of resident memory over what was resident at the start."""
        peak = status_bytes("VmHWM")
        if peak is None or self.resident_bytes is None:
            return None
        return max(0, peak - self.resident_bytes)

    def peak_bytes(self) -> int | None:
        """The peak of resident memory, the interpreter and everything else included."""
        return status_bytes("VmHWM")

    def dirtied_bytes(self) -> int | None:
        """Bytes dirtied since the start; None where nothing is counted."""
        now = dirtied_bytes()
        return None if now is None or self._dirtied is None else (now - self._dirtied) or None

    def written_bytes(self) -> int | None:
        """Bytes handed to write calls since the start."""
        now = written_bytes()
        return None if now is None or self._written is None else now - self._written


def forget_peak() -> None:
    """Begin to measure the peak of resident memory anew, where the system can."""
    with suppress(OSError):  # then the peak is that of the whole process, and preparing is part of it
        CLEAR.write_text(FORGET_PEAK, encoding="ascii")


def status_bytes(name: str) -> int | None:
    """A size of this process. VmHWM and not `ru_maxrss`, which a process inherits from the one that started it."""
    return number_in(STATUS, name, 1024)


def dirtied_bytes() -> int | None:
    """Bytes of file pages that this process has made dirty."""
    return number_in(COUNTERS, "write_bytes", 1)


def written_bytes() -> int | None:
    """Bytes that this process has handed to write calls."""
    return number_in(COUNTERS, "wchar", 1)


def number_in(file: Path, name: str, unit: int) -> int | None:
    """The number behind a name in one of the system's files."""
    try:
        lines = file.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * unit for line in lines if line.startswith(f"{name}:")), None)


def space_bytes(folder: Path) -> int:
    """What the files of a folder take of the disk, holes left out."""
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            total += (Path(path) / name).lstat().st_blocks * BLOCK_BYTES
    return total
