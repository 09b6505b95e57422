"""The extents of a store: a bar for each, or, where they are many, a map with a square for one or several of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.extents import HEADER_SIZE

from .canvas import (
    COLOURS,
    GROUNDS,
    LARGE,
    SMALL,
    Box,
    document,
    group,
    hatching,
    rectangle,
    text,
)
from .ground import extent_name, states_legend
from .words import plural, shortened, shown, size_text

if TYPE_CHECKING:
    from .ground import Drawn
    from .snapshot import ExtentView, Snapshot

MARGIN: Final = 24.0
#: More extents than this become a map.
BARS_MAXIMUM: Final = 64
LABEL_WIDTH: Final = 212.0
BAR_WIDTH: Final = 520.0
NOTE_WIDTH: Final = 330.0
BAR_HEIGHT: Final = 15.0
ROW_HEIGHT: Final = 28.0
COLUMNS: Final = 64
CELL: Final = 14.0
CELLS_MAXIMUM: Final = COLUMNS * 64
LETTERS: Final = {"data": "D", "index": "I", "metadata": "M", "superblock": "S", "free": "·"}
STEPS: Final = ("live-0", "live-1", "live-2", "live-3", "live-4")
assert all(step in COLOURS for step in STEPS)


class Cell(NamedTuple):
    """One square of the map: its letter and its colour."""

    letter: str
    fill: str


def extents_picture(snapshot: Snapshot, *, title: str, first: int = 0, last: int | None = None) -> str:
    """The picture of the extents from `first` to `last` (both included) as SVG text."""
    extents = snapshot.extents[first : None if last is None else last + 1]
    draw = bars if len(extents) <= BARS_MAXIMUM else heat_map
    lines = summary(extents)
    if len(extents) < len(snapshot.extents):
        lines.insert(0, f"Extents {extents[0].number:,} to {extents[-1].number:,} of {len(snapshot.extents):,}.")
    drawn, width = draw(extents, 62 + 17.0 * len(lines))
    room = width - 2 * MARGIN
    parts = [text(MARGIN, 34, shortened(shown(title), LARGE, room), size=LARGE, classes="ink bold")]
    parts += [
        text(MARGIN, 54 + 17.0 * number, shortened(line, SMALL, room), classes="faint")
        for number, line in enumerate(lines)
    ]
    return document(width, drawn.bottom + 14, title, " ".join(lines), [*parts, *drawn.parts])


def summary(extents: Sequence[ExtentView]) -> list[str]:
    """The extents in numbers."""
    owners = Counter(extent.owner for extent in extents)
    states = Counter(extent.state for extent in extents)
    written = sum(extent.pointer_bytes for extent in extents)
    size = extents[0].size_bytes if extents else 0
    counts = [f"{owners[owner]:,} {owner}" for owner in (*LETTERS, *sorted({*owners} - {*LETTERS})) if owners[owner]]
    whose = f"{plural(len(extents), 'extent')} of {size_text(size)}: {', '.join(counts)}."
    lines = [f"{whose} {states['open']:,} open, {states['resetting']:,} resetting."]
    counted = [extent for extent in extents if extent.live_bytes is not None and extent.pointer_bytes]
    live = sum(extent.live_bytes or 0 for extent in counted)
    total = sum(frame_bytes(extent) for extent in counted)
    share = f"; of {size_text(total)} of frames in {plural(len(counted), 'extent')} {percent(live, total)} are live"
    lines.append(f"{size_text(written)} written{share if counted else '; live bytes were not counted'}.")
    return lines


def frame_bytes(extent: ExtentView) -> int:
    """What is written behind the extent's header."""
    return max(0, extent.pointer_bytes - HEADER_SIZE)


def percent(part: int, whole: int) -> str:
    """A share in percent; 100 and 0 mean all and nothing."""
    if part >= whole:
        return "100 %"
    return f"{min(99, max(1 if part > 0 else 0, round(100 * part / whole)))} %"


def step_of(live: int, written: int) -> str:
    """The colour of a share: a fifth each."""
    return STEPS[min(4, max(0, 5 * live // written))] if written else STEPS[4]


# --- bars ------------------------------------------------------------------------------------------------------------


def bars(extents: Sequence[ExtentView], top: float) -> tuple[Drawn, float]:
    """A bar for each extent: how much of it is live, dead, free, and the write pointer."""
    parts: list[str] = []
    y = top
    for extent in extents:
        parts += extent_bar(extent, Box(MARGIN + LABEL_WIDTH, y, BAR_WIDTH, BAR_HEIGHT))
        y += ROW_HEIGHT
    sample = Box(0, 0, 26, 14)
    outline = rectangle(sample, "line outline")
    legend = states_legend(
        MARGIN,
        y + 8,
        [
            ([rectangle(sample, "live"), outline], "live"),
            ([rectangle(sample, "dead"), hatching(sample), outline], "dead"),
            ([rectangle(sample, "roots"), outline], "roots"),
            ([rectangle(sample, "unknown"), outline], "not counted"),
            (['<path d="M13,0 V13" class="line thick"/><path d="M13,11 l-4,6 h8 z" class="head"/>'], "write pointer"),
        ],
    )
    note = text(MARGIN, legend.bottom + 12, "Live and dead are shares, not places.", classes="faint")
    width = 2 * MARGIN + LABEL_WIDTH + BAR_WIDTH + NOTE_WIDTH
    return legend._replace(parts=[*parts, *legend.parts, note], bottom=legend.bottom + 16), width


def extent_bar(extent: ExtentView, box: Box) -> list[str]:
    """One extent."""
    written = extent.pointer_bytes
    filled = box._replace(width=round(box.width * written / extent.size_bytes, 1))
    shape = [rectangle(box, "page")]
    note = f"pointer {written:,}"
    if extent.persisted_pointer_bytes != written and extent.state != "reserved":
        note += f" (on disk {extent.persisted_pointer_bytes:,})"
    if extent.state == "reserved":
        shape.append(rectangle(filled, "roots"))
    elif extent.live_bytes is None:
        shape.append(rectangle(filled, "unknown"))
        note += ", live bytes not counted" if written else ""
    elif frames := frame_bytes(extent):
        live = filled._replace(width=round(filled.width * min(1, extent.live_bytes / frames), 1))
        dead = Box(live.right, box.y, round(filled.right - live.right, 1), box.height)
        shape += [rectangle(live, "live"), rectangle(dead, "dead"), hatching(dead)]
        note += f", {percent(extent.live_bytes, frames)} live"
    at = filled.right
    shape.append(rectangle(box, "line outline"))
    if written:
        shape.append(f'<path d="M{at:g},{box.y - 3:g} V{box.bottom + 1:g}" class="line thick"/>')
        shape.append(f'<path d="M{at:g},{box.bottom:g} l-4,6 h8 z" class="head"/>')
    else:
        note = "not in use" if extent.state == "reserved" else "empty"
    name = extent_name(extent)
    if extent.state in {"open", "resetting"}:
        note += f", {extent.state}"
    return [
        text(MARGIN, box.y + 12, shortened(name, SMALL, LABEL_WIDTH - 6)),
        group(f'class="extent" data-extent="{extent.number}" {box.text()}', f"extent {name}: {note}", shape),
        text(box.right + 12, box.y + 12, shortened(note, SMALL, NOTE_WIDTH - 12), classes="faint"),
    ]


# --- the map ---------------------------------------------------------------------------------------------------------


def heat_map(extents: Sequence[ExtentView], top: float) -> tuple[Drawn, float]:
    """A square for each extent, or for several: a letter says the owner, the colour how much is live."""
    per_cell = 1
    while len(extents) > per_cell * CELLS_MAXIMUM:
        per_cell *= 2
    left = MARGIN + 64
    parts: list[str] = []
    y = top
    per_row = per_cell * COLUMNS
    for start in range(0, len(extents), per_row):
        members = extents[start : start + per_row]
        cells = [cell_of(members[at : at + per_cell]) for at in range(0, len(members), per_cell)]
        parts.append(text(left - 8, y + 11, f"{members[0].number:,}", classes="faint", anchor="end"))
        hint = ", ".join(f"{count:,} {owner}" for owner, count in Counter(one.owner for one in members).most_common())
        row = Box(left, y, CELL * len(cells), CELL)
        names = f'class="row" data-first="{members[0].number}" data-count="{len(members)}" {row.text()}'
        parts.append(group(names, f"extents {members[0].number:,}-{members[-1].number:,}: {hint}", squares(cells, row)))
        y += CELL
    rows = -(-len(extents) // per_row)
    lines = [f"M{left:g},{top + CELL * row:g} h{CELL * COLUMNS:g}" for row in range(rows + 1)]
    lines += [f"M{left + CELL * column:g},{top:g} V{y:g}" for column in range(0, COLUMNS + 1, 8)]
    parts.append(f'<path d="{" ".join(lines)}" class="rule struck"/>')
    y += 12
    if per_cell > 1:
        parts.append(
            text(
                MARGIN,
                y + 8,
                f"A square is {per_cell} extents; a small letter: not all of them have this owner.",
                classes="faint",
            )
        )
        y += 20
    drawn = legend(y)
    return drawn._replace(parts=[*parts, *drawn.parts]), 2 * MARGIN + 64 + CELL * COLUMNS


def legend(y: float) -> Drawn:
    """Letters and colours."""
    letters = ", ".join(f"{letter} {owner}" for owner, letter in LETTERS.items())
    parts = [text(MARGIN, y + 10, f"Owner: {letters}. Colour: the share of the written bytes that is live.")]
    sample = Box(0, 0, 26, 14)
    outline = rectangle(sample, "line outline")
    fills = [(step, f"{20 * number}-{20 * number + 20} %") for number, step in enumerate(STEPS)]
    fills += [("roots", "roots"), ("unknown", "not counted"), ("page", "free")]
    signs = [(fill, [rectangle(sample, fill), outline], words) for fill, words in fills]
    drawn = states_legend(
        MARGIN,
        y + 20,
        [
            ([*sign, hatching(sample, "rule", CELL)] if fill == "unknown" else sign, words)
            for fill, sign, words in signs
        ],
    )
    return drawn._replace(parts=[*parts, *drawn.parts])


def cell_of(extents: Sequence[ExtentView]) -> Cell:
    """One square."""
    owners = Counter(extent.owner for extent in extents if extent.owner != "free")
    if not owners:
        return Cell(LETTERS["free"], "page")
    owner = owners.most_common(1)[0][0]
    letter = LETTERS.get(owner, "?")
    if owners[owner] < len(extents):
        letter = letter.lower()
    written = [extent for extent in extents if extent.owner != "free" and extent.state != "reserved"]
    if not written:
        return Cell(letter, "roots")
    counted = [(extent.live_bytes, frame_bytes(extent)) for extent in written if extent.live_bytes is not None]
    if not counted:
        return Cell(letter, "unknown")
    return Cell(letter, step_of(sum(live for live, _ in counted), sum(size for _, size in counted)))


def squares(cells: Sequence[Cell], row: Box) -> list[str]:
    """The squares of a row: neighbours of one colour as one rectangle, and the letters over them."""
    parts = []
    at = 0
    for fill, members in groupby(cells, key=lambda cell: cell.fill):
        count = len(list(members))
        box = Box(row.x + CELL * at, row.y, CELL * count, CELL)
        parts.append(rectangle(box, fill))
        if fill == "unknown":
            parts.append(hatching(box, "rule", CELL))
        at += count
    for classes in ("ink", "strong-ink"):
        chosen = [
            (number, cell)
            for number, cell in enumerate(cells)
            if (cell.fill in GROUNDS["strong-ink"]) is (classes != "ink")
        ]
        if chosen:
            places = " ".join(f"{row.x + CELL * (number + 0.5) - 3.5:g}" for number, _ in chosen)
            letters = "".join(cell.letter for _, cell in chosen)
            parts.append(f'<text x="{places}" y="{row.y + 10.5:g}" font-size="10" class="{classes}">{letters}</text>')
    return parts
