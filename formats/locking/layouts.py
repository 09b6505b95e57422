"""From the canonical text of a layout back to the layout: the inverse of `fingerprint.layout_text`.

The text is read strictly: what is read is written again, and a text that differs from that in one character is
refused. So there is one text for each layout, and a fingerprint can be taken of either.

What has no order on disk (members of an enumeration, cases of a choice) stands in the order of the text afterwards, and
the spellings of one encoding (`utf-8`, `utf8`) are one.
"""

from __future__ import annotations

import re
from dataclasses import MISSING, Field, dataclass, fields
from itertools import zip_longest
from typing import Any, Final, Literal

from ..fingerprint import COUNTERS, IDENTIFIER, INSIDE, WORDS, layout_text
from ..layout import BitGroup, Layout, Member, Node, Struct
from .attributes import attribute_at, hints_of
from .lines import Cursor, Line, Value, lines_of, quoted

KINDS: Final[dict[str, type]] = {word: kind for kind, word in WORDS.items()}
INDENT: Final = "  "
#: Schemas nest at most 64 deep (`formats.translate`).
DEPTH_MAXIMUM: Final = 64
NAMED: Final = re.compile(IDENTIFIER.pattern + ": ")
UNNAMED: Final = "-: "
CASE: Final = "case "

#: The first of a pair says what a line is to the node around it: its only one, a member, a case.
Label = tuple[Literal["only", "name", "unnamed", "case"], Value]


@dataclass
class Row:
    """One line taken apart. `attributes`: where the value of each begins."""

    line: Line
    depth: int
    label: Label
    kind: type
    attributes: dict[str, Any]


def layout_of(text: str, *, source: str = "layout", first_line: int = 1) -> Layout:
    """The layout of a canonical text; `LockRefused` names the line. `first_line`: its number in `source`."""
    lines = lines_of(text, source, first_line)
    layout = LayoutReader(lines).layout()
    for line, canonical in zip_longest(lines, layout_text(layout).splitlines()):
        if line is None or line.text != canonical:
            raise (line or lines[-1]).refused("the end" if canonical is None else quoted(canonical.strip()))
    return layout


class LayoutReader:
    """Reads lines one after the other."""

    def __init__(self, lines: list[Line]) -> None:
        self.lines = lines
        self.position = 1
        self.next: Row | None = None

    def layout(self) -> Layout:
        """The whole layout."""
        cursor = Cursor(self.lines[0])
        cursor.expect("layout seed=")
        seed = attribute_at(cursor, hints_of(Layout)["seed"])
        cursor.finish()
        self.advance()
        root, row = self.node(0)
        if row.label[0] != "only":
            raise row.line.refused("the root, without a name")
        if self.next is not None:
            raise self.next.line.refused("the end: there is one root")
        return Layout(root, seed)

    def advance(self) -> Row | None:
        """The row that was next; the one behind it is next then."""
        row = self.next
        has_more = self.position < len(self.lines)
        self.next = row_of(self.lines[self.position]) if has_more else None
        self.position += 1
        return row

    def node(self, depth: int) -> tuple[Node, Row]:
        """The node that is next, with all that is inside it."""
        row = self.advance()
        if row is None:
            raise self.lines[-1].refused("a node behind this line", "the end")
        if row.depth != depth or depth > DEPTH_MAXIMUM:
            indent = f"{len(INDENT) * depth} spaces in front" if depth <= DEPTH_MAXIMUM else "fewer levels"
            raise row.line.refused(indent, f"{len(INDENT) * row.depth}")
        inner: dict[Label, tuple[Node, Row]] = {}
        unnamed: list[Any] = []
        while self.next is not None and self.next.depth > depth:
            node, inner_row = self.node(depth + 1)
            label: Label = ("unnamed", len(unnamed)) if inner_row.label[0] == "unnamed" else inner_row.label
            if (label[0], type(label[1]), label[1]) in {(kind, type(value), value) for kind, value in inner}:
                raise inner_row.line.refused("another name than one before", quoted(str(label[1])))
            unnamed += [node] if label[0] == "unnamed" else []
            inner[label] = (node, inner_row)
        return made(row, inner), row


def made(row: Row, inner: dict[Label, tuple[Node, Row]]) -> Any:
    """The node of one row and of the nodes inside it; refuses what is missing and what is left."""
    values: dict[str, Any] = {}
    left, attributes = dict(inner), dict(row.attributes)
    for field in fields(row.kind):
        if field.name == "members" and row.kind in (Struct, BitGroup):
            chosen = [label for label in left if label[0] in {"name", "unnamed"}]
            values["members"] = tuple(Member(member_name(label), left.pop(label)[0]) for label in chosen)
        elif field.name == "cases":
            chosen = [label for label in left if label[0] == "case"]
            values["cases"] = tuple((label[1], left.pop(label)[0]) for label in chosen)
        elif field.name in INSIDE or COUNTERS.get(row.kind) == field.name:
            values[field.name] = inside(row, field, left)
        elif field.name in attributes:
            values[field.name] = attributes.pop(field.name)
        elif field.default is MISSING:
            raise row.line.refused(f"the attribute `{field.name}=`")
    if left:
        unexpected = next(iter(left.values()))[1]
        raise unexpected.line.refused(f"what a node `{WORDS[row.kind]}` holds")
    return row.kind(**values)


def member_name(label: Label) -> str | None:
    """The name of a member, of its label."""
    return str(label[1]) if label[0] == "name" else None


def inside(row: Row, field: Field[Any], left: dict[Label, tuple[Node, Row]]) -> Any:
    """The node inside that fills a field; None where there is none and need be none."""
    word, hint = INSIDE.get(field.name, field.name), hints_of(row.kind)[field.name]
    label: Label = ("name", word) if word else ("only", None)
    node, inner_row = left.pop(label, (None, row))
    if not isinstance(node, hint):
        expected = f"a node as its `{word}`" if word else "a node inside"
        kinds = getattr(hint, "__name__", "")
        raise inner_row.line.refused(expected + (f", `{WORDS[hint]}`" if kinds and hint in WORDS else ""))
    return node


def row_of(line: Line) -> Row:
    """One line taken apart."""
    text = line.text.lstrip(" ")
    spaces = len(line.text) - len(text)
    depth, odd = divmod(spaces, len(INDENT))
    if odd:
        raise line.refused(f"{len(INDENT)} spaces for each level", f"{spaces} spaces")
    cursor = Cursor(line, spaces)
    label = label_at(cursor)
    kind = KINDS.get(cursor.name()) if IDENTIFIER.match(cursor.rest) else None
    if kind is None:
        raise line.refused("the word of a node", instead="read it with the release that wrote it, or a newer one")
    attributes: dict[str, Any] = {}
    hints = hints_of(kind)
    while cursor.rest:
        cursor.expect(" ")
        before = Cursor(line, cursor.offset)
        name = cursor.name()
        if name not in hints or name in attributes or not is_attribute(kind, name):
            raise before.refused(f"another attribute of `{WORDS[kind]}`, each once")
        cursor.expect("=")
        attributes[name] = attribute_at(cursor, hints[name])
    return Row(line, depth, label, kind, attributes)


def is_attribute(kind: type, name: str) -> bool:
    """Whether a field of a node is written in its line, and not below it."""
    below = name in INSIDE or COUNTERS.get(kind) == name or name == "cases"
    return not below and not (name == "members" and kind in (Struct, BitGroup))


def label_at(cursor: Cursor) -> Label:
    """What stands in front of the word of a node."""
    if cursor.take(UNNAMED):
        return "unnamed", None
    if cursor.take(CASE):
        value = cursor.value()
        cursor.expect(": ")
        return "case", value
    if cursor.rest.startswith('"') or NAMED.match(cursor.rest):
        name = cursor.name()
        cursor.expect(": ")
        return "name", name
    return "only", None
