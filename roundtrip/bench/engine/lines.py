"""A chart of lines, both axes logarithmic, as SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from ..rendering import figure

Point = tuple[float, float]

LEFT: Final = 60
RIGHT: Final = 370
TOP: Final = 34
BOTTOM: Final = 230
CHART_HEIGHT: Final = 260
#: Lines of text at the right must not lie on one another.
LABEL_HEIGHT: Final = 14


class Axis:
    """A logarithmic axis from one pixel to another."""

    def __init__(self, values: Sequence[float], start: int, end: int) -> None:
        self._low, self._high = math.log10(min(values)), math.log10(max(values))
        if self._high - self._low < 0.1:
            self._low, self._high = self._low - 0.5, self._high + 0.5
        self._start, self._end = start, end

    def at(self, value: float) -> float:
        """The pixel of a value."""
        return self._start + (self._end - self._start) * (math.log10(value) - self._low) / (self._high - self._low)

    def decades(self) -> list[float]:
        """The powers of ten on the axis."""
        return [10.0**power for power in range(math.ceil(self._low), math.floor(self._high) + 1)]


def chart(title: str, lines: Mapping[str, Sequence[Point]], colours: Mapping[str, str]) -> str:
    """A titled chart; each line has its name and last value at its right end."""
    drawn = {name: sorted(points) for name, points in lines.items() if points}
    points = [point for line in drawn.values() for point in line]
    across = Axis([x for x, _ in points], LEFT, RIGHT)
    upwards = Axis([y for _, y in points], BOTTOM, TOP)
    parts = [f'<text class="title" y="14">{escape(title)}, µs</text>']
    for value in across.decades():
        x = across.at(value)
        parts += [
            f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{BOTTOM}"/>',
            f'<text class="dim" x="{x:.1f}" y="{BOTTOM + 16}" text-anchor="middle">{value:,.0f}</text>',
        ]
    for value in upwards.decades():
        y = upwards.at(value)
        parts += [
            f'<line class="axis" x1="{LEFT}" x2="{RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>',
            f'<text class="dim" x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:,g}</text>',
        ]
    places = label_places({name: upwards.at(line[-1][1]) for name, line in drawn.items()})
    for name, line in drawn.items():
        colour = colours.get(name, "#1f2933")
        name_at, last = places[name] + 4, figure(line[-1][1])
        path = " ".join(f"{across.at(x):.1f},{upwards.at(y):.1f}" for x, y in line)
        parts += [
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>',
            *(f'<circle cx="{across.at(x):.1f}" cy="{upwards.at(y):.1f}" r="2.5" fill="{colour}"/>' for x, y in line),
            f'<text x="{RIGHT + 8}" y="{name_at:.1f}" fill="{colour}">{escape(name)} {last}</text>',
        ]
    return "\n".join(parts)


def label_places(wanted: Mapping[str, float]) -> dict[str, float]:
    """Where each name is written: beside the end of its line, or below the name above it."""
    places: dict[str, float] = {}
    lowest = -math.inf
    for name in sorted(wanted, key=lambda one: wanted[one]):
        lowest = max(wanted[name], lowest + LABEL_HEIGHT)
        places[name] = lowest
    return places
