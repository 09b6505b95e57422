"""Scalable pictures as text: boxes, labels that fit into them, and colours for light and dark pages.

Widths of text are estimated from above for monospaced fonts, so that no label leaves its box.
"""

from __future__ import annotations

from typing import Final
from xml.sax.saxutils import escape, quoteattr

#: Estimated width of a character as a share of the font size; the widest common monospaced fonts have 0.602.
CHARACTER_WIDTH: Final = 0.61

#: Colours: name -> (on a light page, on a dark page). Text on every fill has a contrast of 5 : 1 or more.
PALETTE: Final[dict[str, tuple[str, str]]] = {
    "page": ("#ffffff", "#0d1117"),
    "ink": ("#16202c", "#e6edf3"),
    "faint": ("#3f4957", "#c2cad4"),
    "line": ("#7b8794", "#6b7683"),
    "value": ("#cfe3fb", "#173a61"),
    "derived": ("#eceef1", "#262c34"),
    "check": ("#fbe3a6", "#574508"),
    "open": ("#fbd3cf", "#6a2420"),
}
FONT: Final = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"


def styles() -> str:
    """The style sheet: classes for fills and text, with a dark variant."""
    dark = " ".join(rule(name, colours[1]) for name, colours in PALETTE.items())
    lines = [
        f"text {{ font-family: {FONT}; }}",
        *(rule(name, colours[0]) for name, colours in PALETTE.items()),
        ".edge { fill: none; stroke-width: 1.2; }",
        ".derived-name { font-style: italic; }",
        ".check-name { font-weight: bold; }",
        f"@media (prefers-color-scheme: dark) {{ {dark} }}",
    ]
    return "<style>\n" + "\n".join(lines) + "\n</style>"


def rule(name: str, colour: str) -> str:
    """One rule of the style sheet."""
    return f".{name} {{ {'stroke' if name == 'line' else 'fill'}: {colour}; }}"


def text_width(text: str, size: float) -> float:
    """The width of a text in a font size, estimated from above."""
    return len(text) * size * CHARACTER_WIDTH


def fits(text: str, size: float, width: float) -> bool:
    """Whether a text fits into a width with some air on both sides."""
    return text_width(text, size) + 6 <= width


def split_name(name: str, size: float, width: float) -> list[str] | None:
    """A name in one line, or in two broken behind an underscore; None where it fits in neither."""
    if fits(name, size, width):
        return [name]
    places = [place + 1 for place, letter in enumerate(name) if letter == "_" and 0 < place < len(name) - 1]
    pairs = [[name[:place], name[place:]] for place in places]
    good = [pair for pair in pairs if all(fits(part, size, width) for part in pair)]
    return min(good, key=lambda pair: max(map(len, pair)), default=None)


def label(x: float, y: float, text: str, size: float, classes: str = "ink", anchor: str = "middle") -> str:
    """A line of text on the baseline y."""
    place = f'x="{x:g}" y="{y:g}" font-size="{size:g}" text-anchor="{anchor}"'
    return f"<text {place} class={quoteattr(classes)}>{escape(text)}</text>"


def polygon(points: list[tuple[float, float]], classes: str) -> str:
    """A filled shape with an outline."""
    shape = " ".join(f"{x:g},{y:g}" for x, y in points)
    return f'<polygon points="{shape}" class="{classes}"/><polygon points="{shape}" class="line edge"/>'


def path_line(points: list[tuple[float, float]]) -> str:
    """An open line."""
    shape = " ".join(f"{x:g},{y:g}" for x, y in points)
    return f'<polyline points="{shape}" class="line edge"/>'


def document(width: float, height: float, title: str, description: str, parts: list[str]) -> str:
    """The whole picture as SVG text, with a title and a description for those who do not see it."""
    size = f'width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}"'
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title description">',
        f'<title id="title">{escape(title)}</title>',
        f'<desc id="description">{escape(description)}</desc>',
        styles(),
        f'<rect width="{width:g}" height="{height:g}" rx="8" class="page"/>',
    ]
    return "\n".join([*head, *parts, "</svg>"]) + "\n"
