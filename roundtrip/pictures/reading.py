"""Reads a picture back, so that what was drawn can be compared with what there was to draw."""

from __future__ import annotations

import re
from itertools import combinations
from typing import TYPE_CHECKING, Final, NamedTuple
from xml.etree import ElementTree as ET

from formats.description.drawing import text_width

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .snapshot import Snapshot

SVG: Final = "{http://www.w3.org/2000/svg}"
#: Pixels by which what only touches may seem to overlap: coordinates are rounded.
TOLERANCE: Final = 0.2
#: Points of a curve that are looked at.
CURVE_STEPS: Final = 20


class Rectangle(NamedTuple):
    """The sides of a box, in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Rectangle) -> bool:
        """Whether they share more than a side."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return across > TOLERANCE and down > TOLERANCE

    def contains(self, other: Rectangle) -> bool:
        """Whether the other one lies inside."""
        return (
            self.left <= other.left + TOLERANCE
            and self.top <= other.top + TOLERANCE
            and other.right <= self.right + TOLERANCE
            and other.bottom <= self.bottom + TOLERANCE
        )

    def holds(self, x: float, y: float) -> bool:
        """Whether a point lies inside, not on a side."""
        return self.left + TOLERANCE < x < self.right - TOLERANCE and self.top + TOLERANCE < y < self.bottom - TOLERANCE


class Picture:
    """What was drawn. Raises `xml.etree.ElementTree.ParseError` where the text is no XML."""

    def __init__(self, text: str) -> None:
        self.root = ET.fromstring(text)  # noqa: S314  # a picture of our own
        _, _, width, height = map(float, self.root.attrib["viewBox"].split())
        self.page = Rectangle(0, 0, width, height)

    def groups(self, kind: str) -> list[ET.Element]:
        """The groups of a class, in drawing order."""
        return [one for one in self.root.iter(f"{SVG}g") if one.get("class") == kind]

    def boxes(self, kind: str) -> list[Rectangle]:
        """The boxes of a class, in drawing order."""
        return [rectangle(one) for one in self.groups(kind)]

    def nodes(self) -> dict[str, Rectangle]:
        """The boxes of nodes by their number in the picture."""
        return {one.attrib["data-node"]: rectangle(one) for one in self.groups("node")}

    def arrows(self) -> list[ET.Element]:
        """The lines of all arrows."""
        return [one for one in self.root.iter(f"{SVG}path") if "data-from" in one.attrib]

    def edges(self) -> list[tuple[str, str]]:
        """Where arrows come from and lead to."""
        return [(one.attrib["data-from"], one.attrib["data-to"]) for one in self.arrows()]

    def words(self) -> str:
        """All text, a line each."""
        return "\n".join(one.text or "" for one in self.root.iter(f"{SVG}text"))

    def texts(self) -> list[Rectangle]:
        """About where each line of text stands; its width is estimated from above."""
        found = []
        for one in self.root.iter(f"{SVG}text"):
            if " " in one.attrib["x"]:
                continue  # each letter has a place of its own
            x, y, size = (float(one.attrib[name]) for name in ("x", "y", "font-size"))
            width = text_width(one.text or "", size)
            left = x - width * {"middle": 0.5, "end": 1.0}.get(one.get("text-anchor", ""), 0.0)
            found.append(Rectangle(left, y - size, left + width, y))
        return found

    def missing_edges(self, snapshot: Snapshot) -> set[tuple[int, int]]:
        """Edges of the snapshot that have no arrow; for a picture in which every node has a box of its own."""
        names = {one.attrib["data-node"]: int(one.attrib["data-members"]) for one in self.groups("node")}
        return set(snapshot.edges) - {(names[upper], names[lower]) for upper, lower in self.edges()}

    def crossed(self, boxes: Iterable[Rectangle]) -> list[tuple[str, Rectangle]]:
        """Arrows that enter a box, each with the box."""
        paths = [(one.attrib["d"], list(points_of(one.attrib["d"]))) for one in self.arrows()]
        return [(path, box) for box in boxes for path, points in paths if any(box.holds(*point) for point in points)]


def rectangle(element: ET.Element) -> Rectangle:
    """The box of a group."""
    x, y, width, height = map(float, element.attrib["data-box"].split())
    return Rectangle(x, y, x + width, y + height)


def overlapping(boxes: Iterable[Rectangle]) -> list[tuple[Rectangle, Rectangle]]:
    """Every two boxes that overlap."""
    return [pair for pair in combinations(boxes, 2) if pair[0].overlaps(pair[1])]


def points_of(path: str) -> Iterator[tuple[float, float]]:
    """Points along a path of lines and curves, close to one another."""
    x = y = 0.0
    for command, text in re.findall(r"([MHVC])([^MHVC]*)", path):
        numbers = [float(one) for one in re.findall(r"-?[\d.]+", text)]
        start = x, y
        if command == "H":
            x = numbers[0]
        elif command == "V":
            y = numbers[0]
        else:
            x, y = numbers[-2:]
        if command == "M":
            continue
        a, b = (numbers[0:2], numbers[2:4]) if command == "C" else (start, (x, y))
        steps = CURVE_STEPS if command == "C" else 1 + int(abs(x - start[0]) + abs(y - start[1]))
        for step in range(steps + 1):
            share = step / steps
            weights = (1 - share) ** 3, 3 * (1 - share) ** 2 * share, 3 * (1 - share) * share**2, share**3
            if command != "C":
                weights = 1 - share, 0, 0, share
            corners = (start, a, b, (x, y))
            yield (
                sum(weight * corner[0] for weight, corner in zip(weights, corners, strict=True)),
                sum(weight * corner[1] for weight, corner in zip(weights, corners, strict=True)),
            )
