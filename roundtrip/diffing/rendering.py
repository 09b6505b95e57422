"""A comparison as text: what was added, removed and changed, what follows from it, and how much stayed as it was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any, Final

from formats.errors import RULES, Path, path_text

from ..commands.output import one_line, paint
from ..inspection import Stretch
from ..inspection.rendering import characters, short
from .differences import Difference, Side
from .files import PartDifference
from .frames import WORDS, FrameDifference
from .nodes import Leaf
from .payload import SEARCHED_SIZE_MAXIMUM, Hunk
from .reading import FramePart

#: What one frame shows without `--all`: differences, consequences, fields of an entry, hunks of a field, violations.
DIFFERENCES_SHOWN: Final = 40
CONSEQUENCES_SHOWN: Final = 20
PARTS_SHOWN: Final = 10
HUNKS_SHOWN: Final = 8
VIOLATIONS_SHOWN: Final = 10
#: So many neighbours that differ by the same number are one line.
RUN_LEAST: Final = 4
#: Bytes of a hunk, and the width of the columns of paths and values.
HUNK_SIZE_SHOWN: Final = 32
ROW_SIZE: Final = 16
PATH_WIDTH: Final = 32
VALUE_WIDTH: Final = 48

SIGNS: Final[dict[str, str]] = {"added": "+", "removed": "-", "changed": "~", "encoding": "≈", "same": " "}
STYLES: Final[dict[str, dict[str, Any]]] = {
    "added": {"fg": "green"},
    "removed": {"fg": "red"},
    "changed": {"fg": "yellow"},
    "encoding": {"fg": "cyan"},
    "same": {},
    "damage": {"fg": "red", "bold": True},
}


@dataclass(frozen=True)
class Line:
    """One difference as text, before its columns are aligned. below: lines under it."""

    kind: str
    path: str
    value: str
    old: str
    new: str
    remark: str = ""
    below: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rendering:
    """How to render: with colours, and everything or only so much. `data`: the two files."""

    data: tuple[memoryview, memoryview]
    colours: bool = False
    everything: bool = False

    def part(self, part: PartDifference) -> Iterator[str]:
        """The lines for one part; none for one that is the same, unless everything is shown or it is damaged."""
        if part.frames is not None and part.old is not None and part.new is not None:
            yield from self.frames(part, part.frames)
        elif part.kind == "changed" and part.old is not None and part.new is not None:
            names = " → ".join(dict.fromkeys((title(part.old), title(part.new))))
            yield self.painted("changed", f"~ {names}: {extent('A', part.old)} → {extent('B', part.new)}")
            if names != "zeros":
                yield from self.hunk_lines(part.hunks, Hunk(part.old.start, 0, part.new.start, 0), "  ")
        elif part.kind != "same":
            side, one = ("A", part.old) if part.kind == "removed" else ("B", part.new)
            yield self.painted(part.kind, f"{SIGNS[part.kind]} {title(one)}: {extent(side, one)}")
            yield from self.fields_of(one, part.kind)
            yield from self.damage(one, side)

    def moved(self, run: Sequence[PartDifference]) -> str:
        """One line for frames that lie back to back and have only moved."""
        words = f"{len(run)} frames" if len(run) > 1 else f"{title(run[0].old)}"
        places = [f"{side} {first.start:#x}..{last.end:#x}" for side, first, last in ends_of(run)]
        return f"{words}: {' → '.join(places)}: {WORDS['place']}"

    def frames(self, part: PartDifference, found: FrameDifference) -> Iterator[str]:
        """The lines for two frames."""
        if found.verdict == "same" and not self.everything and not violations(part.old) + violations(part.new):
            return
        names = dict.fromkeys((title(part.old), title(part.new)))
        yield f"{' → '.join(names)}: {extent('A', part.old)}, {extent('B', part.new)}: {WORDS[found.verdict]}"
        yield from self.damage(part.old, "A")
        yield from self.damage(part.new, "B")
        runs = runs_of(found.differences, least=len(found.differences) + 1 if self.everything else RUN_LEAST)
        causes = runs if self.everything else runs[:DIFFERENCES_SHOWN]
        consequences = found.consequences if self.everything else found.consequences[:CONSEQUENCES_SHOWN]
        lines = [self.line(run[0]) if len(run) == 1 else self.run_line(run) for run in causes]
        following = [self.line(one) for one in consequences]
        widths = widths_of([*lines, *following])
        left = sum(len(run) for run in runs[len(causes) :])
        yield from self.table(lines, widths, left, "more differences")
        if following:
            yield "  what follows from this:"
            yield from self.table(following, widths, len(found.consequences) - len(following), "more")
        if found.same:
            yield "  the same on both sides:"
            same = [
                Line("same", path_text(one.old.path), valued(one.old), at(one.old), at(one.new)) for one in found.same
            ]
            yield from self.table(same, widths_of(same), 0, "")
        if found.unchanged:
            yield f"  unchanged: {found.unchanged} field{'' if found.unchanged == 1 else 's'}"
        for note in found.notes:
            yield f"  note: {one_line(note)}"

    def table(self, lines: Sequence[Line], widths: Sequence[int], left: int, what: str) -> Iterator[str]:
        """Lines with aligned columns."""
        for line in lines:
            cells = (line.path, line.value, line.old, line.new)
            text = "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
            yield self.painted(line.kind, f"  {SIGNS[line.kind]} {text}  {line.remark}".rstrip())
            yield from line.below
        if left:
            yield f"  … {left} {what} (--all shows them)"

    def line(self, found: Difference) -> Line:
        """One difference."""
        old, new = found.old, found.new
        value, below = values_of(found)
        if found.hunks:
            below += tuple(self.hunk_lines(found.hunks, found.in_file(Hunk(0, 0, 0, 0)), "      "))
        else:
            side, entry = ("A", old) if found.kind == "removed" else ("B", new)
            shown = entry.parts(None if self.everything else PARTS_SHOWN)
            left = entry.part_count() - len(shown)
            below += tuple(f"      {path_text(one.path)}: {valued(one)}  {side} {at(one)}" for one in shown)
            below += (f"      … {left} more fields (--all shows them)",) * (left > 0)
        return Line(
            found.kind, path_pair(found), value, f"A {where(old)}", f"B {where(new)}", one_line(remark(found)), below
        )

    def run_line(self, run: Sequence[Difference]) -> Line:
        """Neighbours that have all grown or shrunk by the same number."""
        first, last = run[0], run[-1]
        value = f"{len(run)} times {first.new.value - first.old.value:+d}"
        old, new = bits(first.old.start, last.old.end), bits(first.new.start, last.new.end)
        return Line(first.kind, f"{path_pair(first)} … {path_pair(last)}", value, f"A {old}", f"B {new}")

    def hunk_lines(self, hunks: Sequence[Hunk], base: Hunk, indent: str) -> Iterator[str]:
        """Where long bytes differ, with the first bytes of both sides."""
        shown = hunks if self.everything else hunks[:HUNKS_SHOWN]
        for hunk in shown:
            moved = hunk.moved(base.old_start, base.new_start)
            yield (
                f"{indent}bytes {span(hunk.old_start, hunk.old_end)} → {span(hunk.new_start, hunk.new_end)}"
                f"  (file: A {span(moved.old_start, moved.old_end)}, B {span(moved.new_start, moved.new_end)})"
            )
            yield from self.dump("removed", self.data[0], moved.old_start, moved.old_end, indent)
            yield from self.dump("added", self.data[1], moved.new_start, moved.new_end, indent)
            if min(hunk.old_end - hunk.old_start, hunk.new_end - hunk.new_start) > SEARCHED_SIZE_MAXIMUM:
                yield f"{indent}  (too long to be searched for bytes that have only moved)"
        if len(shown) < len(hunks):
            yield f"{indent}… {len(hunks) - len(shown)} more places (--all shows them)"

    def dump(self, kind: str, data: memoryview, start: int, end: int, indent: str) -> Iterator[str]:
        """The first bytes of one side of a hunk."""
        stop = end if self.everything else min(end, start + HUNK_SIZE_SHOWN)
        for row in range(start, stop, ROW_SIZE):
            piece = bytes(data[row : min(row + ROW_SIZE, stop)])
            text = f"{SIGNS[kind]} {row:08x} │ {piece.hex(' ').ljust(3 * ROW_SIZE - 1)} │ {characters(piece)}"
            yield indent + "  " + self.painted(kind, text)
        if stop < end:
            yield f"{indent}  {SIGNS[kind]} … {end - stop} more bytes"

    def fields_of(self, part: Any, kind: str) -> Iterator[str]:
        """The first fields of a frame that is there on one side only."""
        if not isinstance(part, FramePart):
            return
        leaves = part.tree.leaves()
        values = leaves if self.everything else (leaf for leaf in leaves if leaf.role == "value")
        shown = list(islice(values, None if self.everything else PARTS_SHOWN))
        for leaf in shown:
            yield self.painted(kind, f"  {SIGNS[kind]} {path_text(leaf.path)}: {valued(leaf)}  {at(leaf)}")
        left = part.tree.leaf_count() - len(shown)
        if left > 0:
            yield f"  … {left} more fields (--all shows them)"

    def damage(self, part: Any, side: str) -> Iterator[str]:
        """Every violation of a frame, with path, place, rule, expected and found."""
        found = violations(part)
        shown = found if self.everything else found[:VIOLATIONS_SHOWN]
        for one in shown:
            place = f"{path_text(one.path)} at byte {part.start + one.offset} ({one.rule})"
            facts = f"expected {one.expected or 'something else'}, found {one.found or 'nothing'}"
            yield "  " + self.painted("damage", one_line(f"✗ {side} is damaged: {place}: {facts}; {RULES[one.rule]}"))
        if len(shown) < len(found):
            yield f"  … {len(found) - len(shown)} more violations in {side} (--all shows them)"
        if getattr(part, "partial", ""):
            yield f"  {side} in part: {part.partial}"

    def painted(self, kind: str, text: str) -> str:
        """Text in the colour of its kind."""
        return paint(text, enabled=self.colours, **STYLES[kind])


def runs_of(found: Sequence[Difference], *, least: int) -> list[list[Difference]]:
    """Differences one by one; `least` or more neighbours of one column that differ by one number are together."""
    runs: list[list[Difference]] = []
    for _, group in groupby(found, key=shift_of):
        together = list(group)
        is_run = len(together) >= least and shift_of(together[0]) is not None
        runs += [together] if is_run else [[one] for one in together]
    return runs


def shift_of(found: Difference) -> tuple[Path, int] | None:
    """The column and the number that an element of it has grown by; None for anything else."""
    if found.kind != "changed" or not isinstance(found.old.node, Leaf) or not isinstance(found.new.node, Leaf):
        return None
    old, new = found.old.node.value, found.new.node.value
    if type(old) is not int or type(new) is not int:
        return None
    return tuple(part for part in found.path if not isinstance(part, int)), new - old


def widths_of(lines: Sequence[Line]) -> tuple[int, ...]:
    """The widths of the columns: path, value, both ranges; one very long cell does not make all others wide."""
    rows = [(line.path, line.value, line.old, line.new) for line in lines]
    limits = (PATH_WIDTH, VALUE_WIDTH, VALUE_WIDTH, VALUE_WIDTH)
    return tuple(min(limits[column], max((len(row[column]) for row in rows), default=0)) for column in range(4))


def ends_of(run: Sequence[PartDifference]) -> Iterator[tuple[str, Any, Any]]:
    """The first and the last part of a run, on both sides."""
    yield "A", run[0].old, run[-1].old
    yield "B", run[0].new, run[-1].new


def violations(part: Any) -> tuple[Any, ...]:
    """The violations of a frame; a stretch has none."""
    return part.violations if isinstance(part, FramePart) else ()


def title(part: Any) -> str:
    """What a part is."""
    if isinstance(part, FramePart):
        return f"{part.entry.name} v{part.entry.version}"
    return "zeros" if isinstance(part, Stretch) and part.zeros else "unrecognised bytes"


def extent(side: str, part: Any) -> str:
    """Where a part is."""
    return f"{side} {part.end - part.start} bytes at {part.start:#x}"


def span(start: int, end: int) -> str:
    """Bytes start..end, end not included."""
    return f"{start:#x}" if start == end else f"{start:#x}..{end:#x}"


def bits(start: int, end: int) -> str:
    """The same of bits; bits inside bytes are told."""
    if start % 8 or end % 8:
        byte = start // 8
        return f"{byte:#x} bits {start - byte * 8}..{end - byte * 8}"
    return span(start // 8, end // 8)


def at(leaf: Leaf) -> str:
    """Where a field is."""
    return bits(leaf.start, leaf.end)


def where(found: Side) -> str:
    """Where one side of a difference is, or an entry of a list would be."""
    if found.node is None and not (found.slot and isinstance(found.slot[-1], int)):
        return "(none)"
    return bits(found.start, found.end)


def path_pair(found: Difference) -> str:
    """The path, and the other one where indices have moved."""
    old, new = path_text(found.old.path), path_text(found.new.path)
    if found.kind in {"added", "removed"} or old == new:
        return path_text(found.path)
    pairs = list(zip(found.old.path, found.new.path, strict=False))
    if len(found.old.path) != len(found.new.path) or any(one != other and isinstance(one, str) for one, other in pairs):
        return f"{old} → {new}"
    return moved_path(pairs)


def moved_path(pairs: Sequence[tuple[str | int, str | int]]) -> str:
    """A path with the indices of both sides: `entries.lengths[8→9]`."""
    text = ""
    for one, other in pairs:
        if isinstance(one, int):
            text += f"[{one}]" if one == other else f"[{one}→{other}]"
        else:
            text += f".{one}" if text else one
    return text


def valued(leaf: Leaf) -> str:
    """A value on one line."""
    if leaf.role == "checksum" and isinstance(leaf.value, int):
        return f"{leaf.value:#010x}"
    if leaf.value is None:
        return f"{(leaf.end - leaf.start) // 8} bytes of zeros" if leaf.end > leaf.start else "nothing"
    return one_line(short(leaf.value))


def sided(found: Side) -> str:
    """The value of one side on one line; of an entry how many fields it has."""
    if isinstance(found.node, Leaf):
        return valued(found.node)
    parts = found.part_count()
    return f"{parts} field{'' if parts == 1 else 's'}"


def values_of(found: Difference) -> tuple[str, tuple[str, ...]]:
    """The value of a difference, or both, and lines below it where they are too long for one."""
    if found.kind in {"added", "removed"}:
        return sided(found.new if found.kind == "added" else found.old), ()
    if found.kind == "encoding":
        return f"{sided(found.old)}, in other bytes", ()
    one, other = found.old.value, found.new.value
    if found.hunks:
        return f"{len(one)} → {len(other)} bytes", ()
    if found.is_derived and isinstance(one, tuple) and isinstance(other, tuple):
        return elements_text(one, other), ()
    old, new = sided(found.old), sided(found.new)
    if old == new:  # too long to be shown to the end
        return f"{old}, and others", ()
    text = f"{old} → {new}"
    return (text, ()) if len(text) <= VALUE_WIDTH else ("", (f"      - {old}", f"      + {new}"))


def elements_text(old: tuple[Any, ...], new: tuple[Any, ...]) -> str:
    """How two derived columns differ."""
    if len(old) != len(new):
        return f"{len(old)} → {len(new)} elements"
    return f"{sum(one != other for one, other in zip(old, new, strict=True))} of {len(old)} elements"


def remark(found: Difference) -> str:
    """What else is to be known: the row of a cell, the causes of a consequence."""
    if found.because:
        return "because of " + ", ".join(found.because)
    if found.row is not None:
        return f"in the row {path_text(found.row[0])} = {short(found.row[1])}"
    return ""
