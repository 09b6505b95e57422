"""The ledger of a campaign: a file to which the result of every block is appended, one line each.

    {"ledger":1,"fingerprint":"0123456789abcdef"}
    {"block":{"count":200,"first":0,…},"counts":{…},…}

1. A line is written with one call, and made durable, before the next block is asked for. So whatever ends the
   process leaves whole lines, and at most a torn one at the end, which is cut off when the ledger is opened again.
2. A block that is in the ledger is not run again. Lines come in the order in which blocks ended; the set of lines is
   the same for any number of workers.
3. A ledger of other code is refused: its results say nothing about this code.
"""

from __future__ import annotations

import fcntl
import json
import os
import stat
from typing import TYPE_CHECKING, Any, Final, Generic, Self

import msgspec

from formats.errors import ShardproofError

from .fingerprint import SOURCES, fingerprint
from .work import R

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


VERSION: Final = 1


class BadLedger(ShardproofError):
    """A file is no ledger, or one of other code; says what to do."""


class LedgerOf(Generic[R]):
    """An open ledger. `results`: what it holds, by block; `torn_bytes`: of a last line that was not whole.

    It is a context manager that closes it. Only one process may have it open.
    """

    def __init__(self, path: Path, read: Callable[[bytes], R], sources: tuple[str, ...] = SOURCES) -> None:
        """Open it, or make a new one. Raises `BadLedger`.

        read: the result of a line, or a `msgspec.MsgspecError`; sources: the folders and files of the code that results
        depend on.
        """
        self.path = path
        self.fingerprint = fingerprint(sources)
        self._read = read
        self.results: dict[Any, R] = {}
        self.torn_bytes = 0
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise BadLedger(f"{path}: {error.strerror}") from error
        try:
            self._lock()
            self._load()
        except BaseException:
            os.close(self._file)
            raise

    def append(self, result: R) -> None:
        """Remember a result, durably. Raises `BadLedger` where the file cannot be written."""
        assert result.block not in self.results, "a block is run once"
        self._write(result.to_json())
        self.results[result.block] = result

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _lock(self) -> None:
        if not stat.S_ISREG(os.fstat(self._file).st_mode):
            raise BadLedger(f"{self.path}: expected a file, found a device or a pipe; name another file")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BadLedger(f"{self.path}: another process has it open; wait for it, or name another file") from None

    def _load(self) -> None:
        data = read_all(self._file)
        whole, newline, torn = data.rpartition(b"\n")
        lines = whole.split(b"\n") if newline else []
        if not lines:
            if data and not is_torn_header(torn):
                raise self._refused(1, "a ledger's first line", torn)
            os.ftruncate(self._file, 0)
            self._write(json.dumps({"ledger": VERSION, "fingerprint": self.fingerprint}, separators=(",", ":")))
            return
        self._check_header(lines[0])
        for number, line in enumerate(lines[1:], 2):
            try:
                result = self._read(line)
            except msgspec.MsgspecError:
                raise self._refused(number, "the result of a block", line) from None
            self.results[result.block] = result
        if torn:
            self.torn_bytes = len(torn)
            os.ftruncate(self._file, len(data) - len(torn))

    def _check_header(self, line: bytes) -> None:
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict) or found.get("ledger") != VERSION:
            raise self._refused(1, f"a ledger of version {VERSION}", line)
        if found.get("fingerprint") != self.fingerprint:
            raise BadLedger(
                f"{self.path}: its blocks were run with code {found.get('fingerprint')}, this is {self.fingerprint}; "
                "name a new file, or check out the code that it was begun with"
            )

    def _refused(self, number: int, expected: str, line: bytes) -> BadLedger:
        return BadLedger(f"{self.path}: line {number}: expected {expected}, found {line[:60]!r}; name another file")

    def _write(self, line: str) -> None:
        data = line.encode() + b"\n"
        try:
            written = os.write(self._file, data)
            if written == len(data):
                os.fsync(self._file)
                return
        except OSError as error:
            raise BadLedger(f"{self.path}: {error.strerror}") from error
        raise BadLedger(f"{self.path}: only {written} of {len(data)} bytes could be written; is the disk full?")


if TYPE_CHECKING:
    from .block import BlockResult

    _OfHistories = LedgerOf[BlockResult]
else:
    _OfHistories = LedgerOf


class Ledger(_OfHistories):
    """The ledger of blocks of histories."""

    def __init__(self, path: Path) -> None:
        """Open it, or make a new one. Raises `BadLedger`."""
        from .block import BlockResult  # noqa: PLC0415  # imports the engine, which other ledgers do not need

        super().__init__(path, BlockResult.from_json)


def is_torn_header(data: bytes) -> bool:
    """Whether this is the beginning of a first line, and nothing else."""
    start = b'{"ledger":%d,"fingerprint":"' % VERSION
    return start.startswith(data[: len(start)])


def read_all(file: int) -> bytes:
    """Everything in a file."""
    pieces = []
    offset = 0
    while piece := os.pread(file, 1 << 20, offset):
        pieces.append(piece)
        offset += len(piece)
    return b"".join(pieces)
