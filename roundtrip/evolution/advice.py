"""The operator's words: who upgrades first, whether nodes can be upgraded one by one, and what the way back costs.

All of it follows from three questions that the verdicts answer: what does the old program make of what the new one
writes, what does the new program make of what the old one wrote, and can the new program still write the old version.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from .report import Advice
from .subjects import Subject
from .verdicts import PairVerdict, Revision, Verdict, worst

Pairs = Mapping[tuple[Revision, Revision], PairVerdict]
Order = Literal["readers", "writers", "either", "nobody"]
Rollback = Literal["full", "read-only", "loses new files", "unsafe"]


def advise(name: str, subjects: Sequence[Subject], pairs: Pairs) -> Advice | None:
    """The advice on one format; None where one side does not have it. `pairs`: (writer, reader) -> verdict."""
    old = [one.revision for one in subjects if one.revision.side in ("old", "both")]
    new = [one.revision for one in subjects if one.revision.side in ("new", "both")]
    if not old or not new:
        return None
    before, after = max(old, key=lambda one: one.version), max(new, key=lambda one: one.version)
    forward, some_forward = program(old, after, pairs)
    backward = [program(new, revision, pairs) for revision in old]
    reads_old = worst(*(verdict for verdict, _ in backward))
    some_backward = all(some for verdict, some in backward if verdict is reads_old)
    still_writes = before in new
    first = order(forward, reads_old)
    rolling = first == "either" or (reads_old is Verdict.FULL and still_writes)
    back = rollback(forward)
    words = (
        order_words(first, name, before, after),
        forward_words(forward, after, some=some_forward),
        backward_words(reads_old, name, some=some_backward),
        rolling_words(first, before, rolling=rolling, still_writes=still_writes),
        rollback_words(back, after),
    )
    versions = before.version, after.version
    return Advice(name, versions, first, rolling, back, reads_old, forward, words)


def program(readers: Sequence[Revision], writer: Revision, pairs: Pairs) -> tuple[Verdict, bool]:
    """What a program with these readers makes of a writer's files, and whether that is so of some files only.

    It reads a file with whichever of its readers accepts it; one that accepts and misreads is enough to misread.
    """
    if writer in readers:
        return Verdict.FULL, False
    verdicts = [pairs[writer, reader] for reader in readers]
    chosen = [pair for pair in verdicts if pair.verdict is Verdict.MISREAD]
    pair = chosen[0] if chosen else min(verdicts, key=lambda one: one.verdict.harm)
    return pair.verdict, pair.some


def order(forward: Verdict, backward: Verdict) -> Order:
    """Who must have the new program first."""
    if forward is Verdict.FULL:
        return "either" if backward is Verdict.FULL else "writers"
    return "readers" if backward is Verdict.FULL else "nobody"


def rollback(forward: Verdict) -> Rollback:
    """What the old program can do once new files exist."""
    costs: dict[Verdict, Rollback] = {
        Verdict.FULL: "full",
        Verdict.READ_ONLY: "read-only",
        Verdict.REFUSE: "loses new files",
        Verdict.MISREAD: "unsafe",
    }
    return costs[forward]


def order_words(first: Order, name: str, before: Revision, after: Revision) -> str:
    """Who upgrades first."""
    change = "the changed layout" if before.version == after.version else f"version {after.version}"
    return {
        "either": f"Upgrade in any order: old and new programs read each other's {name} files.",
        "readers": f"Upgrade every reader first; let nobody write {change} of {name} before all of them are upgraded.",
        "writers": f"Upgrade every writer first; the new reader does not read all that old writers make of {name}.",
        "nobody": f"No order of upgrades is safe for {name}: neither side reads all that the other one writes.",
    }[first]


def forward_words(forward: Verdict, after: Revision, *, some: bool) -> str:
    """What the old program makes of new files."""
    which = f"some files of version {after.version}" if some else f"files of version {after.version}"
    return {
        Verdict.FULL: f"The old program reads {which} that the new one writes.",
        Verdict.READ_ONLY: f"The old program opens a store with {which} read-only.",
        Verdict.REFUSE: f"The old program refuses {which} that the new one writes, cleanly.",
        Verdict.MISREAD: f"The old program accepts {which} that the new one writes and reads other values: "
        "data goes bad without an error.",
    }[forward]


def backward_words(backward: Verdict, name: str, *, some: bool) -> str:
    """What the new program makes of old files."""
    which = f"some {name} files" if some else f"{name} files"
    return {
        Verdict.FULL: "The new program reads every file that the old one wrote.",
        Verdict.READ_ONLY: f"The new program opens a store with old {which} read-only.",
        Verdict.REFUSE: f"The new program refuses {which} that the old one wrote: they are lost unless converted.",
        Verdict.MISREAD: f"The new program accepts {which} that the old one wrote and reads other values: "
        "data goes bad without an error.",
    }[backward]


def rolling_words(first: Order, before: Revision, *, rolling: bool, still_writes: bool) -> str:
    """Whether nodes can be upgraded one by one."""
    if first == "either":
        return "A rolling upgrade is possible."
    if rolling:
        return f"A rolling upgrade is possible while everybody keeps writing version {before.version}."
    if not still_writes and first == "readers":
        return "A rolling upgrade is not possible: the new program writes nothing that the old one surely reads."
    return "A rolling upgrade is not possible: stop the old programs first."


def rollback_words(back: Rollback, after: Revision) -> str:
    """What the way back costs."""
    return {
        "full": "Rollback is possible at any time and loses nothing.",
        "read-only": f"After a rollback a store that holds version {after.version} can only be read.",
        "loses new files": f"Rollback is possible until version {after.version} is written; "
        "after that the old program cannot read what was written in it.",
        "unsafe": "Do not roll back once new files exist: the old program would misread them without an error.",
    }[back]
