"""Minimizing: survey, plan, recount, and only then removal."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from pathlib import Path

from formats.catalog import Catalog
from formats.errors import ShardproofError

from .planning import Part, part_of
from .recount import Recount, prove
from .removing import finish, remove_all
from .report import Minimized
from .survey import survey

#: Called with what is being done, how much of it is done, and how much there is.
Progress = Callable[[int, int, str], None]


def silent(_done: int, _total: int, _what: str) -> None:
    """Show no progress."""


def minimize(
    folder: Path,
    catalog: Catalog,
    *,
    format_name: str | None = None,
    pairs: bool = True,
    dry_run: bool = False,
    into: Path | None = None,
    workers: int = 1,
    progress: Progress = silent,
) -> Minimized:
    """Remove from a folder what shows nothing that the others do not show.

    format_name: only files of this format, or of `name@version`; pairs: whether pairs of features must stay too;
    dry_run: prove, and remove nothing; into: a folder of the same shape for what is removed.

    Raises `WouldLose`, `BlindRecount` and `CorpusError` before anything is removed.
    """
    started = time.perf_counter()
    if into is not None and (into.resolve() == folder.resolve() or folder.resolve() in into.resolve().parents):
        raise ShardproofError(f"{into} lies in the folder that is minimized; name one elsewhere")
    if format_name is not None:
        catalog[format_name]
    formats = tuple(catalog) if format_name is None else catalog.versions(format_name)
    halves = 0 if dry_run else finish(folder)
    surveyed = survey(folder, catalog, formats, workers, lambda done, total: progress(done, total, "read"))
    parts = [part_of(one, pairs=pairs) for one in surveyed if one.lines]
    labels = {one.label: one for one in formats}
    recounts: dict[str, Recount] = {}
    for number, part in enumerate(parts):
        progress(number, len(parts), f"recount {part.format}")
        if part.goes:
            needed = part.chosen[0] if part.chosen else None
            recounts[part.format] = prove(
                folder, labels[part.format], part.goes, needed=needed, pairs=pairs, workers=workers
            )
    goes = [identity for part in parts for identity in part.goes]
    if goes and not dry_run:
        remove_all(folder, goes, catalog, into, lambda done, total: progress(done, total, "remove"))
    return Minimized(
        parts=tuple(parts),
        recounts=recounts,
        pairs=pairs,
        removed=() if dry_run else tuple(goes),
        finished=halves,
        seconds=time.perf_counter() - started,
        peak_bytes=peak_bytes(),
    )


def peak_bytes() -> int:
    """The most memory that this process, or any one of its workers, has had."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return 1024 * max(resource.getrusage(one).ru_maxrss for one in who)


__all__ = ["Minimized", "Part", "minimize"]
