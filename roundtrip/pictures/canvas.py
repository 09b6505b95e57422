"""The canvas: boxes, lines and real text as SVG, in colours for light and dark pages.

State is told by shape, outline and a word, and by colour only on top of that, so pictures work in grey. Every box that
stands for something carries `data-box` (x, y, width, height), so that tests can measure what was drawn.
"""

from __future__ import annotations

from typing import Final, NamedTuple
from xml.sax.saxutils import escape, quoteattr

from formats.description.drawing import FONT, text_width

from .words import shortened, shown

#: Class -> (what it colours, on a light page, on a dark page). Text has a contrast of 4.5 : 1 or more on every fill
#: that it stands on; the steps of `live` go from faint to strong also in grey.
COLOURS: Final[dict[str, tuple[str, str, str]]] = {
    "page": ("fill", "#ffffff", "#0d1117"),
    "ink": ("fill", "#16202c", "#e6edf3"),
    "faint": ("fill", "#3f4957", "#c2cad4"),
    "strong-ink": ("fill", "#ffffff", "#0d1117"),
    "line": ("stroke", "#5b6673", "#8b96a3"),
    "rule": ("stroke", "#c3cad2", "#3f4956"),
    "arrow": ("stroke", "#4a5563", "#9aa5b1"),
    "head": ("fill", "#4a5563", "#9aa5b1"),
    "moving": ("stroke", "#9a3412", "#fdba74"),
    "moving-head": ("fill", "#9a3412", "#fdba74"),
    "panel": ("fill", "#f5f7f9", "#151b23"),
    "waiting": ("fill", "#ffffff", "#0d1117"),
    "issued": ("fill", "#fbe3a6", "#574508"),
    "persistent": ("fill", "#cdead6", "#164a2e"),
    "live": ("fill", "#cdead6", "#164a2e"),
    "dead": ("fill", "#e4e7eb", "#272e37"),
    "other": ("fill", "#cfe3fb", "#173a61"),
    "live-0": ("fill", "#f3f5f7", "#161c24"),
    "live-1": ("fill", "#d5e5f8", "#16304f"),
    "live-2": ("fill", "#a6c8ef", "#1f4a7d"),
    "live-3": ("fill", "#2f6cb3", "#6ea6e6"),
    "live-4": ("fill", "#123e75", "#b9d6f9"),
    "roots": ("fill", "#fbe3a6", "#574508"),
    "unknown": ("fill", "#e9dff5", "#3b2a57"),
}
#: What text may stand on, by the class of the text.
GROUNDS: Final[dict[str, tuple[str, ...]]] = {
    "ink": (
        "page",
        "panel",
        "waiting",
        "issued",
        "persistent",
        "live",
        "dead",
        "other",
        "live-0",
        "live-1",
        "live-2",
        "roots",
        "unknown",
    ),
    "faint": ("page", "panel", "waiting", "issued", "persistent", "live", "dead", "other", "live-0"),
    "strong-ink": ("live-3", "live-4"),
}
RULES: Final = """\
text { font-family: %(font)s; }
.bold { font-weight: bold; }
.outline { fill: none; stroke-width: 1.2; }
.thick { fill: none; stroke-width: 2.4; }
.dashed { fill: none; stroke-width: 1.2; stroke-dasharray: 5 3; }
.dotted { fill: none; stroke-width: 1.2; stroke-dasharray: 1.5 3; }
.arrow, .moving { fill: none; stroke-width: 1.3; }
.moving { stroke-width: 1.8; }
.struck { stroke-width: 1; }
"""
SMALL: Final = 11.5
NORMAL: Final = 13
LARGE: Final = 16


class Box(NamedTuple):
    """A rectangle, in pixels."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right side."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Its lower side."""
        return self.y + self.height

    @property
    def middle(self) -> float:
        """Half way down."""
        return self.y + self.height / 2

    @property
    def centre(self) -> float:
        """Half way across."""
        return self.x + self.width / 2

    def text(self) -> str:
        """The box as an attribute of an element."""
        return f'data-box="{self.x:g} {self.y:g} {self.width:g} {self.height:g}"'


def style_sheet() -> str:
    """Classes for fills, lines and text, with a dark variant."""
    light, dark = (
        " ".join(f".{name} {{ {colour[0]}: {colour[which]}; }}" for name, colour in COLOURS.items()) for which in (1, 2)
    )
    rules = RULES % {"font": FONT}
    return f"<style>\n{light}\n{rules}@media (prefers-color-scheme: dark) {{ {dark} }}\n</style>"


def text(x: float, y: float, words: str, *, size: float = SMALL, classes: str = "ink", anchor: str = "start") -> str:
    """One line of text on the baseline y."""
    place = f'x="{x:g}" y="{y:g}" font-size="{size:g}"' + ("" if anchor == "start" else f' text-anchor="{anchor}"')
    return f"<text {place} class={quoteattr(classes)}>{escape(shown(words))}</text>"


def text_in(box: Box, words: str, *, size: float = SMALL, classes: str = "ink") -> str:
    """A line of text in the middle of a box, shortened to fit."""
    short = shortened(shown(words), size, box.width - 2)
    return text(
        round(box.centre, 2), round(box.middle + size * 0.35, 2), short, size=size, classes=classes, anchor="middle"
    )


def group(attributes: str, hint: str, parts: list[str]) -> str:
    """Elements that belong together, with a hint that a browser shows on them."""
    return f"<g {attributes}><title>{escape(shown(hint))}</title>{''.join(parts)}</g>"


def rectangle(box: Box, classes: str, radius: float = 0) -> str:
    """A rectangle."""
    rounded = f' rx="{radius:g}"' if radius else ""
    size = f'x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}"'
    return f'<rect {size}{rounded} class="{classes}"/>'


def state_shape(box: Box, state: str) -> str:
    """What says how far something is: dashed, with cut corners, or round with a thick outline."""
    if state == "persistent":
        return rectangle(box, "persistent", 9) + rectangle(box, "line thick", 9)
    if state == "issued":
        cut = 8
        x, y, right, bottom = box.x, box.y, box.right, box.bottom
        corners = (
            (x + cut, y),
            (right - cut, y),
            (right, y + cut),
            (right, bottom - cut),
            (right - cut, bottom),
            (x + cut, bottom),
            (x, bottom - cut),
            (x, y + cut),
        )
        points = " ".join(f"{a:g},{b:g}" for a, b in corners)
        return f'<polygon points="{points}" class="issued"/><polygon points="{points}" class="line outline"/>'
    return rectangle(box, "waiting") + rectangle(box, "line dashed")


def state_mark(x: float, y: float, state: str) -> str:
    """The small sign beside the word: an empty, half full or full circle."""
    circle = f'<circle cx="{x:g}" cy="{y:g}" r="4" class="line outline"/>'
    if state == "persistent":
        return circle + f'<circle cx="{x:g}" cy="{y:g}" r="4" class="head"/>'
    if state == "issued":
        return circle + f'<path d="M{x:g},{y - 4:g} a4,4 0 0 0 0,8 z" class="head"/>'
    return circle


def hatching(box: Box, classes: str = "line", step: float = 7) -> str:
    """Slanting lines over a box."""
    lines = []
    at = step
    while at < box.width + box.height:
        left, top = max(0.0, at - box.height), min(at, box.height)
        right, bottom = min(at, box.width), max(0.0, at - box.width)
        lines.append(f"M{box.x + left:g},{box.y + top:g} L{box.x + right:g},{box.y + bottom:g}")
        at += step
    return f'<path d="{" ".join(lines)}" class="{classes} struck"/>' if lines else ""


def arrow_head(x: float, y: float, direction: str, classes: str = "head") -> str:
    """The tip of an arrow that ends at a point."""
    wings = {
        "right": (-7, -3.5, -7, 3.5),
        "left": (7, -3.5, 7, 3.5),
        "down": (-3.5, -7, 3.5, -7),
        "up": (-3.5, 7, 3.5, 7),
    }
    a, b, c, d = wings[direction]
    return f'<path d="M{x:g},{y:g} L{x + a:g},{y + b:g} L{x + c:g},{y + d:g} z" class="{classes}"/>'


def document(width: float, height: float, title: str, description: str, parts: list[str]) -> str:
    """The whole picture as SVG text, with a title and a description for those who do not see it."""
    size = f'width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}"'
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title description">',
        f'<title id="title">{escape(shown(title))}</title>',
        f'<desc id="description">{escape(shown(description))}</desc>',
        style_sheet(),
        f'<rect width="{width:g}" height="{height:g}" rx="8" class="page"/>',
    ]
    return "\n".join([*head, *(part for part in parts if part), "</svg>"]) + "\n"


__all__ = [
    "COLOURS",
    "GROUNDS",
    "LARGE",
    "NORMAL",
    "SMALL",
    "Box",
    "arrow_head",
    "document",
    "group",
    "hatching",
    "rectangle",
    "state_mark",
    "state_shape",
    "text",
    "text_in",
    "text_width",
]
