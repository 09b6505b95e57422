"""The histogram: one panel for each benchmark, one bar for each lane, as an SVG file that needs nothing else."""

from __future__ import annotations

import math
from html import escape
from pathlib import Path
from typing import Final

from formats.errors import ShardproofError

from .figures import RATES, Series, quartiles
from .lanes import FAST
from .rendering import factor, figure

PANEL_WIDTH: Final = 470
LABEL_WIDTH: Final = 128
BAR_WIDTH: Final = 225
ROW_HEIGHT: Final = 20
TITLE_HEIGHT: Final = 34
MARGIN: Final = 24
HEAD_HEIGHT: Final = 64
COLOURS: Final = {"fast": "#0b6e4f", "fast_tuple": "#3a9d7c", "oracle": "#8d99ae", "handwritten": "#d08c2f"}
#: What every format has.
PAIR: Final = ("decode", "encode")
PEER_COLOUR: Final = "#5c7fb5"
STYLE: Final = (
    "text{font:12px system-ui,sans-serif;fill:#1f2933}.title{font-weight:600;font-size:13px}"
    ".head{font-weight:600;font-size:17px}.dim{fill:#6b7785}.axis{stroke:#d5dbe1}.spread{stroke:#1f2933;stroke-width:1.2}"
)


def write_picture(path: Path, series: list[Series], *, title: str) -> None:
    """Write the picture; `ShardproofError` where the file cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(picture(series, title=title), encoding="utf-8")
    except OSError as error:
        raise ShardproofError(f"the picture cannot be written to {path}: {error.strerror}") from None


def picture(series: list[Series], *, title: str) -> str:
    """The SVG text: two panels in a row, decoding beside encoding, what only some formats have at the end."""
    groups: dict[tuple[str, str], list[Series]] = {}
    for one in series:
        if one.operation not in RATES:
            groups.setdefault((one.format, one.operation), []).append(one)
    ordered = sorted(groups, key=lambda key: key[1] not in PAIR)
    panels, top = [], HEAD_HEIGHT
    for first in range(0, len(ordered), 2):
        row = ordered[first : first + 2]
        for column, key in enumerate(row):
            panels.append(panel(" ".join(key), groups[key], MARGIN + column * (PANEL_WIDTH + MARGIN), top))
        top += TITLE_HEIGHT + ROW_HEIGHT * max(len(groups[key]) for key in row) + MARGIN
    width, height = 2 * PANEL_WIDTH + 3 * MARGIN, top
    note = (
        "median of rounds in µs, logarithmic, and its multiple of the fast lane; thin line: middle half of the rounds"
    )
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}">',
            f"<title>{escape(title)}</title>",
            f"<style>{STYLE}</style>",
            f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
            f'<text class="head" x="{MARGIN}" y="28">{escape(title)}</text>',
            f'<text class="dim" x="{MARGIN}" y="46">{note}</text>',
            *panels,
            "</svg>\n",
        )
    )


def panel(title: str, members: list[Series], x: int, y: int) -> str:
    """One benchmark."""
    spreads = [quartiles(one.rounds) for one in members]
    scale = Scale([spread[0] for spread in spreads], [spread[2] for spread in spreads])
    fast = next((one.microseconds for one in members if one.lane == FAST), None)
    lines = [f'<g transform="translate({x} {y})">', f'<text class="title" y="14">{escape(title)}</text>']
    for decade in scale.decades():
        at, top, bottom = scale.x(decade), TITLE_HEIGHT - 8, TITLE_HEIGHT - 8 + ROW_HEIGHT * len(members)
        lines.append(f'<line class="axis" x1="{at:.1f}" x2="{at:.1f}" y1="{top}" y2="{bottom}"/>')
    for number, (one, spread) in enumerate(zip(members, spreads, strict=True)):
        row = TITLE_HEIGHT + ROW_HEIGHT * number
        colour = COLOURS.get(one.lane, PEER_COLOUR)
        multiple = "" if fast is None or one.lane == FAST else f" · {factor(one.microseconds / fast)}"
        left, right, length = scale.x(spread[0]), scale.x(spread[2]), scale.x(spread[1]) - LABEL_WIDTH
        value = f'{figure(one.microseconds)}<tspan class="dim">{multiple}</tspan>'
        lines += [
            f'<text x="{LABEL_WIDTH - 8}" y="{row + 9}" text-anchor="end">{escape(one.lane.replace("_", " "))}</text>',
            f'<rect x="{LABEL_WIDTH}" y="{row - 2}" width="{length:.1f}" height="14" rx="2" fill="{colour}"/>',
            f'<line class="spread" x1="{left:.1f}" x2="{right:.1f}" y1="{row + 5}" y2="{row + 5}"/>',
            f'<text x="{right + 6:.1f}" y="{row + 9}">{value}</text>',
        ]
    return "\n".join((*lines, "</g>"))


class Scale:
    """A logarithmic axis, from below the shortest bar to the longest; times in seconds."""

    def __init__(self, lows: list[float], highs: list[float]) -> None:
        self.low, self.high = math.log10(min(lows) / 2), math.log10(max(highs))

    def x(self, seconds: float) -> float:
        """Where a time lies, in pixels from the panel's left edge."""
        return LABEL_WIDTH + BAR_WIDTH * (math.log10(seconds) - self.low) / (self.high - self.low)

    def decades(self) -> list[float]:
        """The powers of ten on the axis."""
        return [10.0**power for power in range(math.ceil(self.low), math.floor(self.high) + 1)]
