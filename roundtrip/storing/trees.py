"""Trees of files: what a directory holds, as keys, and where a key goes when a tree is restored.

A key is a prefix and the path below the directory, as bytes, with `/` between the parts. Only regular files have
contents that a store can keep. Everything else, and what cannot be read, is a `Problem` with its name, never silent.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from engine.chunks import KEY_MAXIMUM

from .keys import key_facts

KINDS: Final = (
    (stat.S_ISLNK, "a symbolic link"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISDIR, "a directory"),
)


class Problem(NamedTuple):
    """What was left out, and why. `key`: its key, or what would be its key."""

    key: bytes
    reason: str

    def as_dict(self) -> dict[str, Any]:
        """With stable keys."""
        return {**key_facts(self.key), "reason": self.reason}


class TreeFile(NamedTuple):
    """A regular file of a tree."""

    path: bytes
    key: bytes


@dataclass(frozen=True)
class EmptyDirectory:
    """A directory with nothing in it: a store keeps files, so it leaves no trace."""

    path: bytes


def kind_of(mode: int) -> str:
    """What a file is that is not a regular one, in words."""
    return next((words for test, words in KINDS if test(mode)), "no regular file")


def walk(root: bytes, prefix: bytes, store: os.stat_result) -> Iterator[TreeFile | Problem | EmptyDirectory]:
    """Everything below a directory, in one order whatever the file system says; `store` is left out by name.

    Raises `OSError` where the directory itself cannot be listed.
    """
    pending = [(entry, b"") for entry in listed(root)]
    if not pending:
        yield EmptyDirectory(root)
    while pending:
        entry, above = pending.pop()
        name = above + entry.name
        try:
            facts = entry.stat(follow_symlinks=False)
            if not stat.S_ISDIR(facts.st_mode):
                yield file_or_problem(entry.path, prefix + name, facts)
                continue
            if os.path.samestat(facts, store):
                yield Problem(prefix + name, "the store itself")
                continue
            inside = listed(entry.path)
        except OSError as error:
            yield Problem(prefix + name, reason_of(error))
            continue
        if not inside:
            yield EmptyDirectory(entry.path)
        pending += [(one, name + b"/") for one in inside]


def listed(path: bytes) -> list[os.DirEntry[bytes]]:
    """The entries of a directory, the last one first."""
    with os.scandir(path) as entries:
        return sorted(entries, key=lambda entry: entry.name, reverse=True)


def file_or_problem(path: bytes, key: bytes, facts: os.stat_result) -> TreeFile | Problem:
    """What becomes of something that is not a directory."""
    if not stat.S_ISREG(facts.st_mode):
        return Problem(key, f"{kind_of(facts.st_mode)}, not a regular file")
    if len(key) > KEY_MAXIMUM:
        return Problem(key, f"the key has {len(key)} bytes, {KEY_MAXIMUM} is the most")
    return TreeFile(path, key)


def reason_of(error: OSError) -> str:
    """Why the system refused, in its own words."""
    return error.strerror or str(error)


def parts_of(rest: bytes) -> list[bytes] | str:
    """The parts of the path that a key is restored to, or why it is restored nowhere."""
    parts = rest.split(b"/")
    if not rest:
        return "nothing of the key is left behind the prefix"
    if b"\0" in rest:
        return "the key holds a zero byte, which no path can"
    if rest.startswith(b"/"):
        return "the key is an absolute path, which leads out of the directory"
    if b".." in parts:
        return "the key leads out of the directory (..)"
    if b"" in parts or b"." in parts:
        return "the key is no path of a file (an empty part, or .)"
    return parts
