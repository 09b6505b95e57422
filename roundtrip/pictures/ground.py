"""What lies under the graph: the tree (memtable and runs) and the extents with their write pointers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from .canvas import NORMAL, SMALL, Box, group, hatching, rectangle, text, text_in, text_width
from .words import extent_ranges, key_text, plural, shortened, size_text

if TYPE_CHECKING:
    from .snapshot import ExtentView, RunView, Snapshot

LABEL_WIDTH: Final = 212.0
CHIP_HEIGHT: Final = 22.0
CHIP_GAP: Final = 8.0
CHIP_WIDTH_MAXIMUM: Final = 260.0
#: Lines of chips behind one label, and extents, before the rest is only counted.
CHIP_LINES_MAXIMUM: Final = 2
EXTENTS_MAXIMUM: Final = 16
BAR_HEIGHT: Final = 16.0
ROW_HEIGHT: Final = 26.0
NOTE_WIDTH: Final = 268.0


class Drawn(NamedTuple):
    """Elements, and where the next thing may begin."""

    parts: list[str]
    bottom: float


def tree(snapshot: Snapshot, left: float, top: float, width: float) -> Drawn:
    """The memtable's keys, and the runs of every level."""
    parts = [text(left, top + 13, "The tree", size=NORMAL, classes="ink bold")]
    y = top + 24
    keys = [key_text(key) for key in snapshot.memtable_keys]
    rows: list[tuple[str, Sequence[str], str]] = [("memtable", keys, "key")]
    for level in sorted({run.level for run in snapshot.runs}):
        runs = [run_words(run) for run in snapshot.runs if run.level == level]
        rows.append((f"level {level}", runs, "run"))
    if not snapshot.runs:
        rows.append(("runs", [], "run"))
    for label, names, noun in rows:
        parts.append(text(left, y + 15, label, classes="faint"))
        drawn = chips(names, noun, left + LABEL_WIDTH, y, left + width)
        parts += drawn.parts
        y = drawn.bottom + 6
    return Drawn(parts, y)


def run_words(run: RunView) -> str:
    """A run in a few words."""
    extents = sorted({extent for extent, _ in run.chunks})
    where = f"in extent{'s' if len(extents) != 1 else ''} {extent_ranges(extents)}"
    return f"run {run.number}: {plural(run.entry_count, 'entry')} {where}"


def chips(names: Sequence[str], noun: str, left: float, top: float, right: float) -> Drawn:
    """Small boxes in up to two lines; what does not fit is counted."""
    if not names:
        return Drawn([text(left, top + 15, "empty", classes="faint")], top + CHIP_HEIGHT)
    parts: list[str] = []
    x, y, lines = left, top, 1
    reserve = text_width("… 00,000 more entries", SMALL)
    for number, name in enumerate(names):
        width = min(text_width(name, SMALL) + 14, CHIP_WIDTH_MAXIMUM)
        rest = len(names) - number
        is_last_line = lines == CHIP_LINES_MAXIMUM
        if x + width > right - (reserve if is_last_line and rest > 1 else 0):
            if is_last_line:
                parts.append(text(x, y + 15, f"… {plural(rest, f'more {noun}')}", classes="faint"))
                break
            x, y, lines = left, y + CHIP_HEIGHT + CHIP_GAP, lines + 1
        box = Box(x, y, width, CHIP_HEIGHT)
        shape = [rectangle(box, "other", 4), rectangle(box, "line outline", 4), text_in(box, name)]
        parts.append(group(f'class="chip" {box.text()}', name, shape))
        x += width + CHIP_GAP
    return Drawn(parts, y + CHIP_HEIGHT)


def extent_name(extent: ExtentView) -> str:
    """Number, owner and generation of an extent."""
    return f"{extent.number} {extent.owner}, generation {extent.generation}"


def disk(snapshot: Snapshot, left: float, top: float, width: float) -> Drawn:
    """The extents that hold anything, each as a bar with its write pointer; the others by number."""
    used = [extent for extent in snapshot.extents if extent.pointer_bytes]
    empty = [extent.number for extent in snapshot.extents if not extent.pointer_bytes]
    drawn, hidden = used[:EXTENTS_MAXIMUM], used[EXTENTS_MAXIMUM:]
    size = max((extent.size_bytes for extent in snapshot.extents), default=0)
    furthest = max((extent.pointer_bytes for extent in drawn), default=0)
    span = size if furthest * 4 >= size else max(1, furthest * 5 // 4)
    scale = f"a bar is {size_text(size)}" if span == size else f"bars show {size_text(span)} of {size_text(size)}"
    parts = [text(left, top + 13, f"The disk: extents, {scale}", size=NORMAL, classes="ink bold")]
    y = top + 26
    bar_width = width - LABEL_WIDTH - NOTE_WIDTH
    for extent in drawn:
        parts += bar(extent, Box(left + LABEL_WIDTH, y, bar_width, BAR_HEIGHT), span, left)
        y += ROW_HEIGHT
    notes = []
    if hidden:
        notes.append(f"… {plural(len(hidden), 'more extent')} with bytes in them are not shown")
    if empty:
        notes.append(f"empty: {extent_ranges(empty)}")
    for note in notes:
        parts.append(text(left, y + 11, note, classes="faint"))
        y += 18
    return Drawn(parts, y)


def bar(extent: ExtentView, box: Box, span: int, left: float) -> list[str]:
    """One extent: full up to the persisted pointer, hatched up to the pointer in memory, which a triangle marks."""
    persisted = min(extent.persisted_pointer_bytes, extent.pointer_bytes)
    is_root = extent.state == "reserved"
    if is_root:
        # The end of a root is found by following its chain of records: no pointer decides.
        persisted = extent.pointer_bytes
    solid = box._replace(width=round(box.width * min(1, persisted / span), 1))
    pending_end = round(box.width * min(1, extent.pointer_bytes / span), 1)
    pending = Box(solid.right, box.y, round(pending_end - solid.width, 1), box.height)
    shape = [rectangle(box, "page")]
    if solid.width:
        shape.append(rectangle(solid, "persistent"))
    if pending.width > 0:
        shape.append(hatching(pending))
    at, under = round(box.x + pending_end, 1), box.bottom
    shape += [
        rectangle(box, "line outline"),
        f'<path d="M{at:g},{box.y - 3:g} V{under + 1:g}" class="line thick"/>',
        f'<path d="M{at:g},{under:g} l-4,6 h8 z" class="head"/>',
    ]
    if extent.owner == "superblock":
        note = f"written to {extent.pointer_bytes:,}"
    elif persisted == extent.pointer_bytes:
        note = f"pointer {extent.pointer_bytes:,}"
    else:
        note = f"pointer {extent.pointer_bytes:,}, on disk {persisted:,}"
    name = shortened(extent_name(extent), SMALL, LABEL_WIDTH - 8)
    return [
        text(left, box.y + 12, name),
        group(
            f'class="extent" data-extent="{extent.number}" {box.text()}', f"extent {extent_name(extent)}: {note}", shape
        ),
        text(box.right + 12, box.y + 12, note, classes="faint"),
    ]


def states_legend(left: float, y: float, entries: Iterable[tuple[list[str], str]]) -> Drawn:
    """Signs and what they mean, in one line; the signs are drawn around 0, 0 and 26 wide."""
    parts, x = [], left
    for sign, words in entries:
        parts.append(f'<g transform="translate({x:g} {y:g})">{"".join(sign)}</g>')
        parts.append(text(x + 36, y + 11, words, classes="faint"))
        x += 36 + text_width(words, SMALL) + 22
    return Drawn(parts, y + 20)
