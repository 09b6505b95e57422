"""The files of the store that a command works with: nothing else may be written in their place."""

# Paths are bytes here, as keys are, and pathlib takes text only.
# ruff: noqa: PTH116, PTH120

from __future__ import annotations

import os

from ..commands.exits import CommandError
from ..commands.output import one_line


class OwnFiles:
    """A store's directory and its files, known by device and inode: by whatever path somebody comes."""

    def __init__(self, store: str) -> None:
        with os.scandir(os.fsencode(store)) as entries:
            paths = [os.fsencode(store), *(entry.path for entry in entries)]
        self._identities = {identity for path in paths if (identity := identity_of(path)) is not None}

    def has(self, facts: os.stat_result) -> bool:
        """Whether this is the directory or one of the files."""
        return (facts.st_dev, facts.st_ino) in self._identities

    def hold(self, path: bytes) -> bool:
        """Whether the path is one of them or lies inside, also where it is not there yet."""
        place = os.path.realpath(path)
        while identity_of(place) not in self._identities:
            above = os.path.dirname(place)
            if above == place:
                return False
            place = above
        return True


def identity_of(path: bytes) -> tuple[int, int] | None:
    """Device and inode; None where nothing can be found."""
    try:
        facts = os.stat(path)
    except OSError:
        return None
    return facts.st_dev, facts.st_ino


def refuse_own_file(path: bytes, store: str) -> None:
    """`CommandError` where a file would be written in the place of the store's own, or beside them."""
    if OwnFiles(store).hold(path):
        raise CommandError(f"{one_line(os.fsdecode(path))} would belong to the store itself")
