"""How an extent is reclaimed, panel by panel: the paper's Figure 1 of a live engine.

Each panel shows the extents that change, frame by frame, and what the index says at that moment. Arrows lead from a
frame to its copy, through the free space between the rows. Frames that are too many for a row are put together
with their neighbours of the same state, with their number.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

from .canvas import (
    LARGE,
    NORMAL,
    SMALL,
    Box,
    document,
    group,
    hatching,
    rectangle,
    text,
    text_in,
)
from .ground import Drawn, chips, extent_name, states_legend
from .moves import Story
from .routes import LANE, ROW_HEIGHT, End, Route, arrows, lanes_of, tops_of
from .words import ELLIPSIS, plural, shortened, shown

if TYPE_CHECKING:
    from .moves import Place, Spot
    from .snapshot import ExtentView, Snapshot

MARGIN: Final = 24.0
LABEL_WIDTH: Final = 200.0
STRIP_WIDTH: Final = 640.0
NOTE_WIDTH: Final = 130.0
FRAME_WIDTH: Final = 54.0
#: The free end of an extent, however little is left, if anything is.
FREE_WIDTH: Final = 40.0
ROWS_MAXIMUM: Final = 6
FRAMES_MAXIMUM: Final = 9
PADDING: Final = 14.0
MEANINGS: Final = {
    "live": "live",
    "moves": "live, to be moved",
    "unnamed": "copy that nothing names yet",
    "copy": "copy that counts",
    "dead": "dead (moved: its copy counts)",
}


class Cell(NamedTuple):
    """One box of a row: a frame, or several together."""

    name: str
    status: str
    size_bytes: int
    places: tuple[Place, ...]


class Row(NamedTuple):
    """One extent of a panel."""

    extent: ExtentView
    cells: tuple[Cell, ...]


def reclaim_picture(panels: Sequence[tuple[str, Snapshot]], *, title: str) -> str:
    """The picture as SVG text; every snapshot must have been taken with frames."""
    story = Story([snapshot for _, snapshot in panels])
    touched = story.touched()
    numbers, left_out = touched[:ROWS_MAXIMUM], len(touched[ROWS_MAXIMUM:])
    drawn = [Panel(story, number, numbers, MARGIN + PADDING) for number in range(len(panels))]
    # Wide enough for the arrows that pass a row, in the panel that has most of them.
    lanes = max((sum(route.passes() for route in panel.routes) for panel in drawn), default=0)
    width = 2 * (MARGIN + PADDING) + LABEL_WIDTH + STRIP_WIDTH + NOTE_WIDTH + LANE * (lanes + 1)
    parts = [text(MARGIN, 34, shortened(shown(title), LARGE, width - 2 * MARGIN), size=LARGE, classes="ink bold")]
    y = 52.0
    for number, (panel, (heading, _)) in enumerate(zip(drawn, panels, strict=True)):
        ground = Box(MARGIN, y, width - 2 * MARGIN, 0)
        elements, bottom = panel.draw(f"{number + 1}. {heading}", ground)
        ground = ground._replace(height=bottom - y)
        parts.append(f'<g class="panel-ground" {ground.text()}>{rectangle(ground, "panel", 8)}</g>')
        parts += elements
        y = bottom + 12
    notes = [f"{ELLIPSIS} {plural(left_out, 'more extent')} that change are not shown."] if left_out else []
    notes.append(
        "Places are extent:offset. Widths are not to scale. Extents of the roots, and those that stay as they are, are "
        "left out."
    )
    for note in notes:
        parts.append(text(MARGIN, y + 10, note, classes="faint"))
        y += 18
    signs = [(frame_shape(Box(0, 0, 26, 15), status), meaning) for status, meaning in MEANINGS.items()]
    legend = states_legend(MARGIN, y + 4, signs)
    words = " ".join(panel_words(story, number, heading) for number, (heading, _) in enumerate(panels))
    return document(width, legend.bottom + 14, title, words, [*parts, *legend.parts])


def panel_words(story: Story, number: int, heading: str) -> str:
    """A panel in words."""
    counts: dict[tuple[int, str], int] = {}
    for spot in story.spots(number):
        if spot.status not in {"header", "record"}:
            counts[spot.place[0], spot.status] = counts.get((spot.place[0], spot.status), 0) + 1
    touched = story.touched()[:ROWS_MAXIMUM]
    facts = [
        f"extent {extent} holds {plural(count, f'{status} frame')}"
        for (extent, status), count in sorted(counts.items())
        if extent in touched
    ]
    return f"{number + 1}. {heading}: {'; '.join(facts) or 'nothing'}."


def cells_of(spots: list[Spot]) -> tuple[Cell, ...]:
    """The boxes of a row."""
    cells = [Cell(spot.name, spot.status, spot.frame.size_bytes, (spot.place,)) for spot in spots]
    if len(cells) <= FRAMES_MAXIMUM:
        return tuple(cells)
    joined = [join(list(members)) for _, members in groupby(cells, key=lambda cell: cell.status)]
    if len(joined) > FRAMES_MAXIMUM:
        rest = joined[FRAMES_MAXIMUM - 1 :]
        places = tuple(place for cell in rest for place in cell.places)
        count = sum(cell.size_bytes for cell in rest)
        joined = [*joined[: FRAMES_MAXIMUM - 1], Cell(f"{ELLIPSIS} {len(places)} more", "mixed", count, places)]
    return tuple(joined)


def join(cells: list[Cell]) -> Cell:
    """Neighbours of one status as one box."""
    if len(cells) == 1:
        return cells[0]
    places = tuple(place for cell in cells for place in cell.places)
    return Cell(plural(len(cells), "frame"), cells[0].status, sum(cell.size_bytes for cell in cells), places)


def frame_shape(box: Box, status: str) -> list[str]:
    """What says whether a frame is live: filled, filled with a thick outline, hatched, round."""
    if status in {"dead", "moved", "debris"}:
        return [rectangle(box, "dead"), hatching(box, "rule"), rectangle(box, "line outline")]
    if status == "moves":
        return [rectangle(box, "live"), rectangle(box, "moving")]
    if status == "unnamed":
        return [rectangle(box, "page", 8), rectangle(box, "line dashed", 8)]
    if status == "copy":
        return [rectangle(box, "live", 8), rectangle(box, "moving", 8)]
    if status in {"header", "record", "mixed"}:
        return [rectangle(box, "page"), rectangle(box, "line outline")]
    return [rectangle(box, "live"), rectangle(box, "line outline")]


class Panel:
    """One moment: its rows, the boxes in them (which do not know yet how far down they are), and its arrows."""

    def __init__(self, story: Story, number: int, numbers: list[int], left: float) -> None:
        self.story = story
        self.number = number
        self.left = left
        self.strip = left + LABEL_WIDTH
        extents = {extent.number: extent for extent in story.snapshots[number].extents}
        spots: dict[int, list[Spot]] = {}
        for spot in story.spots(number):
            spots.setdefault(spot.place[0], []).append(spot)
        self.rows = [Row(extents[one], cells_of(spots.get(one, []))) for one in numbers]
        self.columns = [self.boxes(row) for row in self.rows]
        self.routes = self.find_routes()

    def draw(self, heading: str, ground: Box) -> Drawn:
        """Everything in the panel, but for its ground, which is as high as it turns out."""
        room = ground.width - 2 * PADDING
        words = shortened(shown(heading), NORMAL, room)
        parts = [text(self.left, ground.y + 22, words, size=NORMAL, classes="ink bold")]
        y = ground.y + 34
        named = self.story.named(self.number)
        if named:
            names = [f"{name} → {where(places)}" for name, places in named.items()]
            drawn = chips(names, "key", self.strip, y, self.left + room)
            parts += [text(self.left, y + 15, "the index says", classes="faint"), *drawn.parts]
            y = drawn.bottom + 4
        # How many arrows run between two rows decides how far these are apart.
        tops = tops_of(lanes_of(self.routes, len(self.rows)), y)
        for row, boxes, top in zip(self.rows, self.columns, tops[:-1], strict=True):
            parts += self.draw_row(row, [box._replace(y=top) for box in boxes], top, self.left + room)
        parts += arrows(self.routes, tops, self.strip + STRIP_WIDTH + LANE)
        return Drawn(parts, tops[-1] + 4)

    def boxes(self, row: Row) -> list[Box]:
        """The boxes of a row: each wide enough for its words, and wider the more bytes it has."""
        total = sum(cell.size_bytes for cell in row.cells)
        free = max(0, row.extent.size_bytes - total)
        spare = STRIP_WIDTH - FRAME_WIDTH * len(row.cells) - (FREE_WIDTH if free else 0)
        boxes, x = [], self.strip
        for cell in row.cells:
            width = FRAME_WIDTH + spare * cell.size_bytes / max(1, total + free)
            boxes.append(Box(round(x, 1), 0, round(width, 1), ROW_HEIGHT))
            x += width
        return boxes

    def draw_row(self, row: Row, boxes: list[Box], top: float, right: float) -> list[str]:
        """One extent: its name, its frames, its write pointer."""
        extent = row.extent
        strip = Box(self.strip, top, STRIP_WIDTH, ROW_HEIGHT)
        parts = [
            text(self.left, top + 16, shortened(extent_name(extent), SMALL, LABEL_WIDTH - 6)),
            text(self.left, top + 31, extent.state, classes="faint"),
            f'<g class="extent" data-extent="{extent.number}" {strip.text()}>{rectangle(strip, "line dotted")}</g>',
        ]
        for cell, box in zip(row.cells, boxes, strict=True):
            upper, lower = (
                box._replace(height=box.height / 2 + 2),
                box._replace(y=box.middle - 2, height=box.height / 2),
            )
            shape = [*frame_shape(box, cell.status), text_in(upper, cell.name)]
            if cell.status not in {"header", "record"}:
                shape.append(text_in(lower, cell.status, classes="faint"))
            offset = cell.places[0][2]
            hint = f"{cell.name}, {cell.status}: extent {extent.number}, offset {offset:,}, {cell.size_bytes:,} bytes"
            places = f'data-offset="{offset}" data-status="{cell.status}"'
            parts.append(group(f'class="frame" {places} {box.text()}', hint, shape))
        at = boxes[-1].right if boxes else strip.x
        parts.append(f'<path d="M{at:g},{top - 4:g} V{top + ROW_HEIGHT + 4:g}" class="line thick"/>')
        note = "empty" if not extent.pointer_bytes else f"pointer {extent.pointer_bytes:,}"
        parts.append(text(right, top + ROW_HEIGHT / 2 + 4, note, classes="faint", anchor="end"))
        return parts

    def find_routes(self) -> list[Route]:
        """The arrows of the panel between boxes that are shown, each once."""
        home: dict[Place, End] = {}
        for number, (row, boxes) in enumerate(zip(self.rows, self.columns, strict=True)):
            for cell, box in zip(row.cells, boxes, strict=True):
                home.update(dict.fromkeys(cell.places, End(number, box, where([cell.places[0]]))))
        moves = self.story.moves(self.number)
        found = [Route(home[one.source], home[one.target]) for one in moves if {one.source, one.target} <= home.keys()]
        return list(dict.fromkeys(found))


def where(places: list[Place]) -> str:
    """Places as extent and offset."""
    return " + ".join(f"{extent}:{offset}" for extent, _, offset in places)
