"""Arrows between boxes in rows, drawn in the free space between the rows: none crosses a box or lies on another.

An arrow leaves its box downwards (or upwards, where its target is higher), turns in a lane of its own, and enters the
target from the nearest side. One that has to pass other rows does so in the margin at the right.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from .canvas import Box, arrow_head

LANE: Final = 7.0
ROW_HEIGHT: Final = 38.0
#: Above and below the lanes of a free space.
SPACE: Final = 10.0


class End(NamedTuple):
    """Where an arrow begins or ends: a box in a row, and its name. Rows know how far down they are, boxes do not."""

    row: int
    box: Box
    name: str


class Route(NamedTuple):
    """An arrow."""

    source: End
    target: End

    def channels(self) -> tuple[int, int]:
        """The free spaces in which it leaves and enters; number n lies above row n."""
        source, target = self.source.row, self.target.row
        if source == target:
            return source + 1, source + 1
        return (source + 1, target) if source < target else (source, target + 1)

    def passes(self) -> bool:
        """Whether there are rows between its ends."""
        leaves, enters = self.channels()
        return leaves != enters


def lanes_of(routes: list[Route], rows: int) -> list[int]:
    """How many arrows run through each free space."""
    counts = [0] * (rows + 1)
    for route in routes:
        for channel in set(route.channels()):
            counts[channel] += 1
    return counts


def tops_of(counts: list[int], top: float) -> list[float]:
    """Where each row begins, and where what follows the last one does."""
    tops, y = [], top
    for count in counts:
        y += SPACE + LANE * count
        tops.append(y)
        y += ROW_HEIGHT
    return tops


def in_order(routes: list[Route]) -> list[Route]:
    """The arrows from the one that turns first: of those to the right the rightmost, of those to the left the leftmost.

    So the inner one of two arrows of one direction never meets the outer one.
    """

    def turn(route: Route) -> tuple[bool, float]:
        is_leftward = not route.passes() and route.target.box.centre < route.source.box.centre
        return is_leftward, route.source.box.x if is_leftward else -route.source.box.x

    return sorted(routes, key=turn)


def arrows(routes: list[Route], tops: list[float], margin: float) -> list[str]:
    """The arrows, each with lanes of its own; `margin` is where those turn that pass rows."""
    counts = lanes_of(routes, len(tops) - 1)
    used = [0] * len(counts)
    parts = []
    passing = 0

    def lane(channel: int) -> float:
        used[channel] += 1
        return tops[channel] - 8 - LANE * (counts[channel] - used[channel])

    for route in in_order(routes):
        source, target = route.source, route.target
        leaves, enters = route.channels()
        is_down = enters == target.row
        start = tops[source.row] + (ROW_HEIGHT if leaves > source.row else 0)
        end = tops[target.row] + (0 if is_down else ROW_HEIGHT)
        # Beside the middle, so that an arrow in and one out do not touch.
        out, into = round(source.box.centre - 6, 1), round(target.box.centre + 6, 1)
        steps = [f"M{out:g},{start:g} V{lane(leaves):g}"]
        if leaves != enters:
            steps.append(f"H{margin + LANE * passing:g} V{lane(enters):g}")
            passing += 1
        steps.append(f"H{into:g} V{end + (-5 if is_down else 5):g}")
        names = f'data-from="{source.name}" data-to="{target.name}"'
        parts.append(f'<path class="moving" {names} d="{" ".join(steps)}"/>')
        parts.append(arrow_head(into, end, "down" if is_down else "up", "moving-head"))
    return parts
