"""A picture of a layout: the fixed part byte by byte, eight bytes a row; what varies in size as bands below it.

Colours, and letters alike, tell values from what is derived and from what checks other fields; the margin says which
checksum vouches for what.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from ..layout import Digest, Layout
from .bytemap import Row, static_map
from .coverage import Coverage, coverage
from .document import balanced, common_order, is_slice
from .drawing import document, fits, label, path_line, polygon, split_name, text_width

ROW_BYTES: Final = 8
CELL_WIDTH: Final = 88
ROW_HEIGHT: Final = 46
BAND_HEIGHT: Final = 40
INDENT: Final = 22
LEFT: Final = 52
GRID_WIDTH: Final = ROW_BYTES * CELL_WIDTH
RIGHT: Final = LEFT + GRID_WIDTH
MARGIN: Final = 208
WIDTH: Final = RIGHT + MARGIN
NAME_SIZE: Final = 13
SMALL_SIZE: Final = 11.5
#: A fixed field of more bytes than this is a band.
CELL_BYTES_MAXIMUM: Final = 32

KINDS: Final = {
    "value": "value, vouched for by a checksum",
    "open": "value that no checksum vouches for",
    "derived": "derived: follows from the rest",
    "check": "checks other fields",
}


def picture(title: str, layout: Layout) -> str:
    """The picture as SVG text; `title` names the format and its version."""
    rows = [row for row in static_map(layout) if not is_slice(row) and row.size != 0]
    number = leading(rows)
    note, suffix = common_order(rows)
    drawn = Drawing(coverage(layout), suffix)
    drawn.top(title, note)
    drawn.cells(rows[:number])
    drawn.bands(rows[number:])
    drawn.legend()
    fields = ", ".join(f"{row.path} ({row.size} bytes)" for row in rows)
    return document(WIDTH, drawn.y, f"Layout of {title}", f"Fields in order: {fields}.", drawn.parts)


def leading(rows: list[Row]) -> int:
    """How many rows, from the first on, make up the fixed part that is drawn byte by byte."""
    end = 0
    for number, row in enumerate(rows):
        simple = row.type not in {"struct", "region", "bits"} and "where " not in row.constraint
        if row.offset != end or not isinstance(row.size, int) or row.size > CELL_BYTES_MAXIMUM or not simple:
            return number
        end += row.size
    return len(rows)


def is_inside(path: str, outer: str) -> bool:
    """Whether a field lies in another one."""
    return path.startswith((f"{outer}.", f"{outer}["))


def count_inside(outer: str, rows: list[Row]) -> int:
    """How many of the rows, from the first on, lie in a field."""
    return sum(1 for _ in takewhile(lambda row: is_inside(row.path, outer), rows))


@dataclass
class Drawing:
    """A picture being drawn from top to bottom; `y` is where the next thing goes."""

    coverage: Coverage
    suffix: str

    def __post_init__(self) -> None:
        self.parts: list[str] = []
        self.y = 0.0
        self.kinds: set[str] = set()
        self.numbered: list[str] = []

    def kind(self, row: Row, inner: int = 0) -> str:
        """The colour of a row; one that only holds `inner` others, and that no checksum covers, has none."""
        if inner and not self.coverage.over(row.path):
            return "page"
        kind = "value" if self.coverage.over(row.path) else "open"
        if row.path in self.coverage.checks:
            kind = "check"
        elif row.derived:
            kind = "derived"
        self.kinds.add(kind)
        return kind

    def top(self, title: str, note: str) -> None:
        """The heading."""
        self.parts.append(label(LEFT, 28, title, 16, "ink check-name", "start"))
        self.parts.append(label(RIGHT, 28, note, SMALL_SIZE, "faint", "end"))
        self.y = 44

    # --- the fixed part ----------------------------------------------------------------------------------------------

    def cells(self, rows: list[Row]) -> None:
        """The fixed part, eight bytes a row, with the offsets beside and above."""
        if not rows:
            return
        end = sum(int(row.size) for row in rows)
        for byte in range(min(end, ROW_BYTES)):
            self.parts.append(label(LEFT + (byte + 0.5) * CELL_WIDTH, self.y + 12, f"+{byte}", SMALL_SIZE, "faint"))
        self.y += 20
        lines = -(-end // ROW_BYTES)
        for line in range(lines):
            y = self.y + line * ROW_HEIGHT + ROW_HEIGHT / 2 + 4
            self.parts.append(label(LEFT - 10, y, str(line * ROW_BYTES), SMALL_SIZE, "faint", "end"))
        for row in rows:
            self.cell(row)
        self.seals(rows)
        self.y += lines * ROW_HEIGHT

    def cell(self, row: Row) -> None:
        """One field: its shape over one or several rows, its name, and below that what it holds."""
        start = int(row.offset)
        end = start + int(row.size)
        kind = self.kind(row)
        self.parts.append(polygon(self.outline(start, end), kind))
        column, first = start % ROW_BYTES, start // ROW_BYTES
        last = (end - 1) // ROW_BYTES
        whole = [line for line in range(first, last + 1) if line * ROW_BYTES >= start and (line + 1) * ROW_BYTES <= end]
        if whole:
            left, width, top, bottom = 0, ROW_BYTES, whole[0], whole[-1] + 1
        else:
            in_first = min(end, (first + 1) * ROW_BYTES) - start
            left, width, top = column, in_first, first
            if end - start - in_first > in_first:
                left, width, top = 0, end - start - in_first, last
            bottom = top + 1
        middle = self.y + (top + bottom) * ROW_HEIGHT / 2
        self.words(row, kind, LEFT + (left + width / 2) * CELL_WIDTH, middle, width * CELL_WIDTH)

    def outline(self, start: int, end: int) -> list[tuple[float, float]]:
        """The corners of the bytes start..end, clockwise from the upper left."""
        first, column = divmod(start, ROW_BYTES)
        last, stop = divmod(end - 1, ROW_BYTES)
        stop += 1
        x = [LEFT + column * CELL_WIDTH, LEFT + stop * CELL_WIDTH]
        y = [self.y + line * ROW_HEIGHT for line in (first, first + 1, last, last + 1)]
        if first == last:
            return [(x[0], y[0]), (x[1], y[0]), (x[1], y[3]), (x[0], y[3])]
        upper = [(x[0], y[0]), (RIGHT, y[0]), (RIGHT, y[2]), (x[1], y[2])]
        return [*upper, (x[1], y[3]), (LEFT, y[3]), (LEFT, y[1]), (x[0], y[1])]

    def words(self, row: Row, kind: str, x: float, y: float, width: float) -> None:
        """Name and content of a field around a point; a name that does not fit becomes a number in the legend."""
        lines = split_name(row.path, NAME_SIZE, width)
        if lines is None:
            self.numbered.append(row.path)
            lines = [f"({len(self.numbered)})"]
        short = row.type.removesuffix(self.suffix)
        full = f"{short}: {row.constraint}" if row.constraint and short != "zeros" else row.constraint or short
        options = (full, row.constraint, short)
        content = next((text for text in options if text and fits(text, SMALL_SIZE, width)), "")
        if len(lines) == 2:
            content = ""
        y -= 8 * (len(lines) - 1 + bool(content)) - 4.5
        for number, text in enumerate(lines):
            self.parts.append(label(x, y + 15 * number, text, NAME_SIZE, f"ink {kind}-name"))
        if content:
            self.parts.append(label(x, y + 16, content, SMALL_SIZE, "faint"))

    def seals(self, rows: list[Row]) -> None:
        """A bracket beside what the seal of the fixed part covers."""
        for row in rows:
            check = self.coverage.checks.get(row.path)
            if not isinstance(check, Digest) or not check.sealing:
                continue
            top, bottom = self.y + 4, self.y + (int(row.offset) // ROW_BYTES + 1) * ROW_HEIGHT - 4
            x = RIGHT + 10
            self.parts.append(path_line([(x, top), (x + 7, top), (x + 7, bottom), (x, bottom)]))
            self.beside(f"{row.path}: {row.constraint}", (top + bottom) / 2)

    def beside(self, text: str, middle: float) -> None:
        """A note in the right margin, in as many lines as it needs."""
        lines = balanced(text, int((MARGIN - 36) / text_width("n", SMALL_SIZE)))
        for number, line in enumerate(lines):
            y = middle + 15 * (number - (len(lines) - 1) / 2) + 4
            self.parts.append(label(RIGHT + 26, y, line, SMALL_SIZE, "faint", "start"))

    # --- what varies -------------------------------------------------------------------------------------------------

    def bands(self, rows: list[Row]) -> None:
        """The fields behind the fixed part, one band each; one that holds others encloses them on the left."""
        if rows and self.y > ROW_HEIGHT:
            self.y += 10
        parents: list[str] = []
        noted = ""
        for number, row in enumerate(rows):
            while parents and not is_inside(row.path, parents[-1]):
                parents.pop()
            inner = count_inside(row.path, rows[number + 1 :])
            name = row.path.removeprefix(parents[-1]).lstrip(".") if parents else row.path
            self.band(row, len(parents), name, inner)
            check = self.coverage.over(row.path) or ""
            if check and (not parents or check != noted):
                self.beside(f"checked by {check}", self.y - BAND_HEIGHT / 2)
            noted = check
            if inner:
                parents.append(row.path)

    def band(self, row: Row, depth: int, name: str, inner: int) -> None:
        """One band, with a spine down the `inner` bands in it; a torn right edge says that its size varies."""
        left, top, bottom = LEFT + depth * INDENT, self.y, self.y + BAND_HEIGHT
        kind = self.kind(row, inner)
        right: list[tuple[float, float]] = [(RIGHT, top), (RIGHT, bottom)]
        if isinstance(row.size, str) and "bit" not in row.size:
            right = [(RIGHT - 7 * (step % 2), top + step * BAND_HEIGHT / 6) for step in range(7)]
        end = bottom + inner * BAND_HEIGHT
        spine = [(left + INDENT, bottom), (left + INDENT, end)] if inner else []
        self.parts.append(polygon([(left, top), *right, *spine, (left, end)], kind))
        middle = top + BAND_HEIGHT / 2 + 4.5
        if isinstance(row.offset, int) and not depth:
            self.parts.append(label(LEFT - 10, middle, str(row.offset), SMALL_SIZE, "faint", "end"))
        self.parts.append(label(left + 10, middle, name, NAME_SIZE, f"ink {kind}-name", "start"))
        room = RIGHT - 34 - left - text_width(name, NAME_SIZE)
        for text in self.facts(row):
            lines = balanced(text, int(room / text_width("n", SMALL_SIZE)))
            if len(lines) <= 2 and all(fits(line, SMALL_SIZE, room) for line in lines):
                for number, line in enumerate(lines):
                    y = middle + 15 * (number - (len(lines) - 1) / 2)
                    self.parts.append(label(RIGHT - 14, y, line, SMALL_SIZE, "faint", "end"))
                break
        self.y = bottom

    def facts(self, row: Row) -> list[str]:
        """What a band says of its field, the longest text first."""
        size = f"{row.size} byte{'' if row.size == 1 else 's'}"
        if isinstance(row.size, str):
            plain = "bit" in row.size or row.size.startswith("rest of ")
            size = row.size if plain else "the rest" if " - " in row.size else size
        short = row.type.removesuffix(self.suffix)
        brief = size if short in {"bytes", "bits", "zeros"} else f"{short}, {size}"
        return [f"{brief}: {row.constraint}" if row.constraint else brief, brief]

    def legend(self) -> None:
        """What the colours mean, and the names that had no room."""
        self.y += 22
        x = float(LEFT)
        for kind in (kind for kind in KINDS if kind in self.kinds):
            width = 23 + text_width(KINDS[kind], SMALL_SIZE)
            if x + width > WIDTH - 10:
                x, self.y = LEFT, self.y + 20
            self.parts.append(polygon([(x, self.y), (x + 16, self.y), (x + 16, self.y + 12), (x, self.y + 12)], kind))
            self.parts.append(label(x + 23, self.y + 10.5, KINDS[kind], SMALL_SIZE, f"ink {kind}-name", "start"))
            x += width + 22
        for number, name in enumerate(self.numbered, 1):
            self.y += 18
            self.parts.append(label(LEFT, self.y + 10.5, f"({number}) {name}", SMALL_SIZE, "ink", "start"))
        self.y += 30
