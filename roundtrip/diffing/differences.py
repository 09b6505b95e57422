"""What is reported: one difference each, with its place on both sides."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Final, Literal

from formats.errors import Path, path_text

from ..inspection.report import json_value
from .nodes import Leaf, Node
from .payload import Hunk

#: changed: another value; added, removed: there on one side only; encoding: the same value in other bytes.
Kind = Literal["changed", "added", "removed", "encoding"]
#: Stands for the place that a frame is sealed with, where that is what a checksum differs for.
PLACE: Final = "(place)"
#: Fields inside an added or removed entry, and hunks, that `--json` shows without `--all`.
PARTS_SHOWN: Final = 100


@dataclass(frozen=True)
class Side:
    """Bits start..end of one file. Where the field is not there (`node` is None), both are where it would begin.

    slot: the path in the tree, where the path of the other reports has no list of rows.
    """

    path: Path
    slot: Path
    start: int
    end: int
    node: Node | None = None

    @property
    def value(self) -> Any:
        """The value, None where the field is not there."""
        return None if self.node is None else self.node.plain()

    @property
    def has_parts(self) -> bool:
        """Whether this is no field itself, but holds some."""
        return self.node is not None and not isinstance(self.node, Leaf)

    def part_count(self) -> int:
        """How many fields are inside."""
        return self.node.leaf_count() if self.node is not None and self.has_parts else 0

    def parts(self, most: int | None = None) -> list[Leaf]:
        """The fields inside, or the first ones."""
        return list(islice(self.node.leaves(), most)) if self.node is not None and self.has_parts else []

    def as_dict(self, *, everything: bool) -> dict[str, object] | None:
        """The side with stable keys; `start` and `end` in bytes, rounded outwards where bits are meant."""
        shown = self.parts(None if everything else PARTS_SHOWN)
        return {
            "present": self.node is not None,
            "path": path_text(self.path),
            "start": self.start // 8,
            "end": -(-self.end // 8),
            "start_bit": self.start,
            "end_bit": self.end,
            "value": None if self.has_parts else json_value(self.value, everything=everything),
            "fields": [leaf_dict(leaf, everything=everything) for leaf in shown],
            "elided_fields": max(0, self.part_count() - len(shown)),
        }


def leaf_dict(leaf: Leaf, *, everything: bool) -> dict[str, object]:
    """A field inside an entry, with stable keys."""
    return {
        "path": path_text(leaf.path),
        "start": leaf.start // 8,
        "end": -(-leaf.end // 8),
        "value": json_value(leaf.value, everything=everything),
    }


@dataclass(frozen=True)
class Difference:
    """One field or entry that is not the same on both sides.

    row: the path and value of the key of the row that it is a cell of; hunks: where long byte strings differ;
    because: the paths of the differences that it follows from (none: it stands for itself).
    """

    kind: Kind
    old: Side
    new: Side
    row: tuple[Path, Any] | None = None
    hunks: tuple[Hunk, ...] = ()
    because: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """The path that names it: the old one, unless it is new."""
        return self.new.path if self.kind == "added" else self.old.path

    @property
    def leaf(self) -> Leaf | None:
        """The field, where it is one on the side that has it."""
        node = self.old.node or self.new.node
        return node if isinstance(node, Leaf) else None

    @property
    def is_derived(self) -> bool:
        """Whether it is no part of the value."""
        return self.leaf is not None and self.leaf.role != "value"

    def following(self, because: tuple[str, ...]) -> Difference:
        """The same, as the consequence of others."""
        return replace(self, because=because)

    def as_dict(self, *, everything: bool) -> dict[str, object]:
        """The difference with stable keys."""
        shown = self.hunks if everything else self.hunks[:PARTS_SHOWN]
        return {
            "kind": self.kind,
            "path": path_text(self.path),
            "row": None
            if self.row is None
            else {"path": path_text(self.row[0]), "value": json_value(self.row[1], everything=everything)},
            "old": self.old.as_dict(everything=everything),
            "new": self.new.as_dict(everything=everything),
            "hunks": [self.hunk_dict(hunk) for hunk in shown],
            "elided_hunks": len(self.hunks) - len(shown),
            "because": list(self.because),
        }

    def hunk_dict(self, hunk: Hunk) -> dict[str, object]:
        """A hunk with stable keys: bytes of the field, and bytes of the file."""
        in_file = self.in_file(hunk)
        return {
            "old": {"start": hunk.old_start, "end": hunk.old_end, "file_start": in_file.old_start},
            "new": {"start": hunk.new_start, "end": hunk.new_end, "file_start": in_file.new_start},
        }

    def in_file(self, hunk: Hunk) -> Hunk:
        """A hunk of this field, counted from the start of each file.

        What stands before the field's own bytes (a prefix that it shares with others) lies elsewhere.
        """
        old, new = self.old, self.new
        old_shared = len(old.value) - (old.end - old.start) // 8 if isinstance(old.value, bytes) else 0
        new_shared = len(new.value) - (new.end - new.start) // 8 if isinstance(new.value, bytes) else 0
        return hunk.moved(old.start // 8 - old_shared, new.start // 8 - new_shared)


@dataclass(frozen=True)
class Same:
    """A field that is the same on both sides, for `--all`."""

    old: Leaf
    new: Leaf


@dataclass
class Found:
    """All that a comparison of two trees has found. unchanged: fields that are the same; notes: what was given up."""

    differences: list[Difference]
    unchanged: int
    same: list[Same]
    notes: list[str]
