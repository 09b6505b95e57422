"""The layout of a format as a table: fixed-width text for docstrings, Markdown for pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from ..layout import Layout
from .bytemap import Row, static_map
from .wording import byte_order

#: Columns of a docstring's line, its indentation included.
TEXT_WIDTH: Final = 100
INDENT: Final = "    "
HEADINGS: Final = ("offset", "size", "field", "type", "constraint")
CONSTRAINT: Final = HEADINGS.index("constraint")
#: Below this width a constraint is not broken into lines: the table is made wider instead.
CONSTRAINT_WIDTH_MINIMUM: Final = 24
#: The offset of a field in an element that begins anywhere.
RELATIVE: Final = re.compile(r"start of \S+(?: \+ (\d+))?")
#: The parts of a path: names (those in parentheses may hold blanks) and indices.
PATH_PARTS: Final = re.compile(r"\(.*?\)|\[\w\]|[^.\[\]()]+")


def text_table(layout: Layout) -> str:
    """The layout as lines of text, each indented and without trailing blanks, ending in a newline.

    An offset that depends on other fields is shown as `then` (behind the row before), one inside a record of a stream
    as `+4` (from its start), a size that is left over by others as `the rest`; the Markdown table has all in full.
    """
    rows = [row for row in static_map(layout) if not is_slice(row)]
    note, suffix = common_order(rows)
    cells = [HEADINGS, *(text_cells(row, suffix) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(CONSTRAINT)]
    room = max(TEXT_WIDTH - len(INDENT) - sum(widths) - 2 * len(widths), CONSTRAINT_WIDTH_MINIMUM)
    lines = [f"{note}\n"] if note else []
    for line in cells:
        for number, piece in enumerate(wrapped(line[CONSTRAINT], room)):
            start = line if not number else ("",) * CONSTRAINT
            padded = [
                start[0].rjust(widths[0]),
                *(start[column].ljust(widths[column]) for column in range(1, CONSTRAINT)),
            ]
            lines.append("  ".join([*padded, piece]).rstrip())
    return "".join(f"{INDENT}{line}".rstrip(" ") + "\n" for line in lines)


def markdown_table(layout: Layout) -> str:
    """The layout as a Markdown table, sizes and offsets in full; derived fields in italics."""
    rows = static_map(layout)
    note, suffix = common_order(rows)
    lines = ["| offset | size | field | type | constraint |", "|---|---|---|---|---|"]
    for row in rows:
        field = f"*`{row.path}`*" if row.derived else f"`{row.path}`"
        cells = (code(row.offset), code(row.size), field, row.type.removesuffix(suffix), escaped(row.constraint))
        lines.append("| " + " | ".join(cells) + " |")
    legend = "Fields in *italics* follow from the rest and are no part of the value."
    return "\n".join(lines) + f"\n\n{note + ' ' if note else ''}{legend}\n"


def docstring_block(name: str, layout: Layout) -> str:
    """What stands between the markers of a format (`chunk@2`: its version 2) in a docstring, markers included."""
    return f"<!-- layout: {name} -->\n\n{text_table(layout)}\n<!-- end of layout -->"


#: A block of any format, or a marker that no table has been put behind yet.
BLOCK: Final = re.compile(r"<!-- layout: ([\w.@]+) -->(?:\n\n(?:    [^\n]*\n|\n)*<!-- end of layout -->)?")


def with_tables(text: str, layouts: Mapping[str, Layout]) -> str:
    """A text with every marked table made anew; markers of formats that are not given stay as they are."""

    def table(found: re.Match[str]) -> str:
        name, whole = str(found[1]), str(found[0])
        return docstring_block(name, layouts[name]) if name in layouts else whole

    return BLOCK.sub(table, text)


def without_tables(text: str) -> str:
    """A text without its marked tables."""
    return re.sub(r"\n{3,}", "\n\n", BLOCK.sub("", text)).strip() + "\n"


def common_order(rows: Iterable[Row]) -> tuple[str, str]:
    """A sentence about the byte order that all numbers have, and the words it spares; empty where they differ."""
    orders = [byte_order(little=little) for little in (True, False)]
    found = {order for row in rows for order in orders if row.type.endswith(order)}
    if len(found) != 1:
        return "", ""
    (order,) = found
    return f"Numbers are {order}.", f" {order}"


def text_cells(row: Row, suffix: str) -> tuple[str, ...]:
    """The cells of one row in a text table."""
    number, _, bits = str(row.offset).partition(" bit")
    inside = RELATIVE.fullmatch(number)
    place = number if number.isdecimal() else f"+{inside[1] or 0}" if inside else "" if bits else "then"
    offset = place + (f" bit{bits}" if bits else "")
    size = "the rest" if isinstance(row.size, str) and " - " in row.size else str(row.size)
    return offset.strip(), size, text_name(row.path), row.type.removesuffix(suffix), row.constraint


def text_name(path: str) -> str:
    """The last part of a path, indented by the parts before it; a count or length stands beside what it counts."""
    parts: list[str] = PATH_PARTS.findall(path) or [path]
    *outer, last = parts
    if last in {"(count)", "(length)"} and outer:
        *outer, last = *outer[:-1], f"{outer[-1]}.{last}"
    return "  " * len(outer) + last


def is_slice(row: Row) -> bool:
    """Whether a row describes one of the byte strings that an array of ends cuts."""
    return row.path.endswith("]") and row.type == "bytes" and isinstance(row.size, str) and " - 1]" in row.size


def wrapped(text: str, width: int) -> list[str]:
    """A text in lines of at most `width` columns, broken between words."""
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def balanced(text: str, width: int) -> list[str]:
    """A text in as few lines of at most `width` columns as it needs, of about the same length."""
    lines = wrapped(text, width)
    while width > 1 and len(narrower := wrapped(text, width - 1)) == len(lines):
        lines, width = narrower, width - 1
    return lines


def code(value: int | str) -> str:
    """A number as it is, an expression as code."""
    return str(value) if isinstance(value, int) else f"`{value}`"


def escaped(text: str) -> str:
    """Text that Markdown shows as it is, inside a table."""
    return re.sub(r"([|*_<>`^])", r"\\\1", text)
