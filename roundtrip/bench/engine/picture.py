"""The picture of a run as an SVG file: bars for each operation and value size, or lines over the number of keys."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Final

from formats.errors import ShardproofError

from ..figures import quartiles
from ..picture import BAR_WIDTH, HEAD_HEIGHT, LABEL_WIDTH, MARGIN, PANEL_WIDTH, ROW_HEIGHT, STYLE, TITLE_HEIGHT, Scale
from ..rendering import factor, figure
from .figures import Series
from .lines import CHART_HEIGHT, chart
from .names import size_name
from .registry import OURS
from .report import EngineReport

COLOURS: Final = {
    OURS: "#0b6e4f",
    "leveldb": "#d08c2f",
    "rocksdb": "#5c7fb5",
    "lmdb": "#8d6a9f",
    "sqlite": "#8d99ae",
}
OTHER_COLOUR: Final = "#c3c9d1"
NOTE: Final = "median of rounds in µs, logarithmic, and its multiple of ours; thin line: middle half of the rounds"
GROWTH_NOTE: Final = "median of rounds in µs over the number of keys, both logarithmic"


def write_picture(path: Path, report: EngineReport) -> None:
    """Write the picture; `ShardproofError` where the file cannot be written."""
    try:
        path.write_text(picture(report), encoding="utf-8")
    except OSError as error:
        raise ShardproofError(f"the picture cannot be written to {path}: {error.strerror}") from None


def picture(report: EngineReport) -> str:
    """The SVG text: two panels in a row."""
    title = f"shardproof bench engine{' --growth' if report.growth else ''}, seed {report.seed}"
    drawn = list(charts(report) if report.growth else bars(report))
    panels, top = [], HEAD_HEIGHT
    for first in range(0, len(drawn), 2):
        row = drawn[first : first + 2]
        for column, (text, _) in enumerate(row):
            panels.append(f'<g transform="translate({MARGIN + column * (PANEL_WIDTH + MARGIN)} {top})">{text}</g>')
        top += max(height for _, height in row) + MARGIN
    width = 2 * PANEL_WIDTH + 3 * MARGIN
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {top}" width="{width}">',
            f"<title>{escape(title)}</title>",
            f"<style>{STYLE}</style>",
            f'<rect width="{width}" height="{top}" fill="#ffffff"/>',
            f'<text class="head" x="{MARGIN}" y="28">{escape(title)}</text>',
            f'<text class="dim" x="{MARGIN}" y="46">{GROWTH_NOTE if report.growth else NOTE}</text>',
            *panels,
            "</svg>\n",
        )
    )


def bars(report: EngineReport) -> Iterator[tuple[str, int]]:
    """A panel for each operation and value size, with its height."""
    groups: dict[tuple[str, int], list[Series]] = {}
    for one in report.series:
        groups.setdefault((one.operation, one.value_size), []).append(one)
    for (operation, size), members in groups.items():
        yield panel(f"{operation.replace('_', ' ')} {size_name(size)}", members)


def panel(title: str, members: list[Series]) -> tuple[str, int]:
    """One operation on values of one size: a bar for each engine."""
    spreads = [quartiles(one.rounds) for one in members]
    scale = Scale([spread[0] for spread in spreads], [spread[2] for spread in spreads])
    ours = next((one.microseconds for one in members if one.engine == OURS), None)
    lines = [f'<text class="title" y="14">{escape(title)}</text>']
    height = TITLE_HEIGHT + ROW_HEIGHT * len(members)
    for decade in scale.decades():
        at = scale.x(decade)
        lines.append(f'<line class="axis" x1="{at:.1f}" x2="{at:.1f}" y1="{TITLE_HEIGHT - 8}" y2="{height - 8}"/>')
    for number, (one, (low, middle, high)) in enumerate(zip(members, spreads, strict=True)):
        row = TITLE_HEIGHT + ROW_HEIGHT * number - 4
        multiple = "" if ours is None or one.engine == OURS else f" · {factor(one.microseconds / ours)}"
        left, right, length = scale.x(low), scale.x(high), min(BAR_WIDTH, scale.x(middle) - LABEL_WIDTH)
        colour = COLOURS.get(one.engine, OTHER_COLOUR)
        value = f'{figure(one.microseconds)}<tspan class="dim">{multiple}</tspan>'
        lines += [
            f'<text x="{LABEL_WIDTH - 8}" y="{row + 9}" text-anchor="end">{escape(one.engine)}</text>',
            f'<rect x="{LABEL_WIDTH}" y="{row - 2}" width="{length:.1f}" height="14" rx="2" fill="{colour}"/>',
            f'<line class="spread" x1="{left:.1f}" x2="{right:.1f}" y1="{row + 5}" y2="{row + 5}"/>',
            f'<text x="{right + 6:.1f}" y="{row + 9}">{value}</text>',
        ]
    return "\n".join(lines), height


def charts(report: EngineReport) -> Iterator[tuple[str, int]]:
    """A chart for each operation: a line for each engine."""
    for operation in dict.fromkeys(one.operation for one in report.series):
        lines = {
            engine: [
                (float(one.keys or 1), one.microseconds)
                for one in report.series
                if (one.engine, one.operation) == (engine, operation)
            ]
            for engine in dict.fromkeys(one.engine for one in report.series)
        }
        yield chart(operation.replace("_", " "), lines, COLOURS), CHART_HEIGHT
