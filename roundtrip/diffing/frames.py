"""What differs between two frames, and what that comes to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from formats.errors import path_text

from .comparing import Comparison
from .consequences import divided
from .differences import PLACE, Difference, Same
from .nodes import Leaf, Node
from .payload import common_start
from .reading import FramePart

#: same: every byte; place: the same value, sealed for another place; encoding: the same value in other bytes.
Verdict = Literal["same", "place", "encoding", "different"]

WORDS: Final[dict[Verdict, str]] = {
    "same": "same value, same bytes",
    "place": "same value, written to another place",
    "encoding": "same value, other bytes",
    "different": "different",
}


@dataclass(frozen=True)
class FrameDifference:
    """Two frames compared: what differs, what follows from it, how many fields are the same, for `--all` which."""

    verdict: Verdict
    differences: tuple[Difference, ...] = ()
    consequences: tuple[Difference, ...] = ()
    unchanged: int = 0
    same: tuple[Same, ...] = field(default=(), repr=False)
    notes: tuple[str, ...] = ()


def compare_frames(
    old: FramePart, new: FramePart, data: tuple[memoryview, memoryview], *, everything: bool = False
) -> FrameDifference:
    """Two frames of one format, of whatever versions; `data`: the two files."""
    pieces = data[0][old.start : old.end], data[1][new.start : new.end]
    comparison = Comparison(*data, everything=everything)
    if pieces[0] == pieces[1] and old.entry is new.entry and not everything:
        return FrameDifference("same", unchanged=old.tree.leaf_count())
    comparison.compare(old.tree, new.tree)
    found = comparison.found
    found.differences.sort(key=lambda one: (one.kind not in {"added", "removed"}, one.old.start, one.new.start))
    causes, consequences = divided(found.differences)
    verdict = verdict_of(causes, consequences, is_same=pieces[0] == pieces[1] and old.entry is new.entry)
    notes = list(found.notes)
    if not found.differences and verdict != "same":
        at = common_start(*pieces)
        notes.append(f"the first byte that differs is byte {at} of the frame, {place_in(old.tree, old.start + at)}")
        if old.partial or new.partial or old.violations or new.violations:
            verdict = "different"
    return FrameDifference(
        verdict, tuple(causes), tuple(consequences), found.unchanged, tuple(found.same), tuple(notes)
    )


def verdict_of(causes: list[Difference], consequences: list[Difference], *, is_same: bool) -> Verdict:
    """What differences come to."""
    if is_same:
        return "same"
    if any(one.kind != "encoding" for one in causes):
        return "different"
    if causes or not consequences:
        return "encoding"
    return "place" if any(PLACE in one.because for one in consequences) else "different"


def place_in(tree: Node, offset: int) -> str:
    """Which field a byte of the file belongs to, in words."""
    found = next((leaf for leaf in tree.leaves() if leaf.start <= offset * 8 < leaf.end), None)
    return "where no field was read" if not isinstance(found, Leaf) else f"in {path_text(found.path)}"
