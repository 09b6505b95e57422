"""All planted bugs of the engine and its models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from formats.errors import ShardproofError

from .graph_bugs import GRAPH_BUGS
from .index_bugs import INDEX_BUGS
from .paper_bugs import PAPER_BUGS
from .storage_bugs import STORAGE_BUGS
from .version_bugs import VERSION_BUGS

if TYPE_CHECKING:
    from .planting import Bug

BUGS: Final[tuple[Bug, ...]] = (*PAPER_BUGS, *GRAPH_BUGS, *INDEX_BUGS, *STORAGE_BUGS, *VERSION_BUGS)

assert len({bug.name for bug in BUGS}) == len(BUGS)


class UnknownBug(ShardproofError):
    """No planted bug has this name."""


def bug_named(name: str) -> Bug:
    """The bug of this name, or of this issue number of the paper. Raises `UnknownBug`."""
    for bug in BUGS:
        if name in {bug.name, str(bug.issue)}:
            return bug
    raise UnknownBug(f"bug: expected one of {', '.join(bug.name for bug in BUGS)}, found {name[:40]!r}")
