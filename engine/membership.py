"""Which disk of which node a directory holds: a small file beside the store's disk file and lock.

Shards are found by the number of their disk, so a directory in another's place would hide every shard of both. The
file is written once, when the node is made.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from .errors import CallRefused, DiskFailed, EngineError, NotAStore
from .file_disk import sync_directory
from .store import Store
from .system_calls import SYSTEM

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .config import Limits

MEMBER_FILE: Final = "node"


class Membership(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`node`: 16 random bytes as hexadecimal digits; `disk`: the number of this disk, from 0; `disks`: of the node."""

    node: str
    disk: int
    disks: int


def write_membership(directory: Path, membership: Membership) -> None:
    """Write the file, durable with its name. Raises `DiskFailed`."""
    file = directory / MEMBER_FILE
    draft = directory / f"{MEMBER_FILE}.new"
    try:
        with draft.open("wb") as stream:
            stream.write(msgspec.json.encode(membership) + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(file)
        sync_directory(directory, SYSTEM)
    except OSError as error:
        raise DiskFailed(f"{file}: {error.strerror}") from error


def read_membership(directory: Path) -> Membership:
    """What the file says. Raises `NotAStore` where the directory is no disk of a node, and `DiskFailed`."""
    file = directory / MEMBER_FILE
    try:
        content = file.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        found = "a store that belongs to no node" if (directory / "disk").exists() else "no store"
        raise NotAStore(f"{directory}: expected a disk of a node, found {found}") from None
    except OSError as error:
        raise DiskFailed(f"{file}: {error.strerror}") from error
    try:
        membership = msgspec.json.decode(content, type=Membership)
    except msgspec.DecodeError as error:
        raise NotAStore(f"{file}: expected node, disk and disks as JSON: {error}") from None
    if not 0 <= membership.disk < membership.disks:
        raise NotAStore(f"{file}: expected a disk from 0 to {membership.disks - 1}, found {membership.disk}")
    return membership


class Group:
    """The directories of one node. `disks`: how many the node has, given or not.

    Raises `CallRefused` where the directories do not belong together, and what reading failed with where none of them
    says what it belongs to.
    """

    def __init__(self, directories: Sequence[Path], limits: Limits | None) -> None:
        self._limits = limits
        self._places: dict[int, Path] = {}
        unknown: list[Path] = []
        failures: list[EngineError] = []
        node = ""
        for directory in directories:
            try:
                found = read_membership(directory)
            except EngineError as error:
                failures.append(error)
                unknown.append(directory)
                continue
            if not node:
                node, self.disks = found.node, found.disks
            if (found.node, found.disks) != (node, self.disks):
                raise CallRefused(f"{directory} belongs to node {found.node}, others that were given to node {node}")
            if found.disk in self._places:
                raise CallRefused(
                    f"{directory} and {self._places[found.disk]} are both disk {found.disk}: one is a copy"
                )
            self._places[found.disk] = directory
        if not node:
            raise failures[0] if failures else CallRefused("a node: expected at least one directory, found none")
        if len(directories) > self.disks:
            raise CallRefused(f"the node has {self.disks} disks, and {len(directories)} directories were given")
        self._node = node
        for number in range(self.disks):
            if number not in self._places and unknown:
                # Nobody knows which it is; that it is the right one is checked when it is opened.
                self._places[number] = unknown.pop(0)

    def place(self, number: int, directory: Path | None = None) -> tuple[str, Callable[[], Store]]:
        """What people know a disk by, and the function that opens its store."""
        directory = directory or self._places.get(number)
        expected = Membership(self._node, number, self.disks)
        return str(directory or "no directory given"), partial(open_member, expected, directory, self._limits)


def open_member(expected: Membership, directory: Path | None, limits: Limits | None) -> Store:
    """The store of one disk of a node. Raises `NotAStore` where the directory is not that disk, and as `Store.open`."""
    if directory is None:
        raise NotAStore(f"disk {expected.disk}: no directory was given for it")
    found = read_membership(directory)
    if found != expected:
        raise NotAStore(
            f"{directory}: expected disk {expected.disk} of node {expected.node}, "
            f"found disk {found.disk} of node {found.node}"
        )
    return Store.open(directory, limits)


def distinct(paths: Sequence[str | Path]) -> list[Path]:
    """The paths, each once. Raises `CallRefused` where two are the same."""
    directories = [Path(path) for path in paths]
    if len({path.resolve() for path in directories}) < len(directories):
        raise CallRefused("a node: expected a directory for each disk, found one twice")
    return directories
