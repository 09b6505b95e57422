"""The page itself: one file of HTML that loads nothing, and runs no script and no style but its own.

All that comes from the inspected bytes is text: in the markup it is escaped by the template engine, for the script it
is JSON without a `<`, and the script makes text nodes of it. The page's policy lists its script and its style by hash.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from formats.catalog import Catalog
from formats.description.bytemap import static_map

from ..commands.output import one_line
from .model import STYLES, Content, Extent, Part, Row, Violation

#: Violations that are listed above the fields.
LISTED_MAXIMUM: Final = 100
#: The files of the script; each uses what those before it define.
SCRIPTS: Final = ("bytes", "fields", "panes", "rows", "choosing", "keys", "map", "begin")
#: Characters that could end a script element or a line of one, and what JSON writes for them.
UNSAFE: Final = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}
STYLE_NUMBERS: Final = {name: number for number, name in enumerate(STYLES)}


@dataclass
class Types:
    """Type and constraint of fields, each pair once; rows say its number."""

    catalog: Catalog
    listed: list[tuple[str, str]] = field(default_factory=list)
    _numbers: dict[tuple[str, str], int] = field(default_factory=dict)
    _maps: dict[str, Mapping[str, tuple[str, str]]] = field(default_factory=dict)

    def number(self, entry: str, pattern: str) -> int:
        """The number of what the byte map says of a field, -1 where it says nothing."""
        if entry not in self._maps:
            found = (one for one in self.catalog if f"{one.name}@{one.version}" == entry)
            self._maps[entry] = {
                row.path: (row.type, row.constraint) for one in found for row in static_map(one.layout)
            }
        pair = self._maps[entry].get(pattern)
        if pair is None:
            return -1
        if pair not in self._numbers:
            self._numbers[pair] = len(self.listed)
            self.listed.append(pair)
        return self._numbers[pair]


def page_of(
    content: Content, data: memoryview, *, name: str, catalog: Catalog, again: str, known: str, everything: bool
) -> str:
    """The text of the page.

    name: of the file; again: the command that made the page, without `--at` and `--all`; known: where the bytes were
    written and who says so, or empty; everything: no page can hold more.
    """
    environment = Environment(
        loader=PackageLoader("roundtrip.inspection_html", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["counted"] = counted
    style, script = text_of("page.css"), script_text()
    listed = [
        (number, index, where(part, content.extents), violation)
        for number, part in enumerate(content.parts)
        for index, violation in enumerate(part.violations)
    ]
    return environment.get_template("page.html.jinja").render(
        name=one_line(name),
        size=len(data),
        content=content,
        catalog=one_line(catalog.name),
        known=one_line(known),
        again=one_line(again),
        everything=everything,
        listed=listed[:LISTED_MAXIMUM],
        unlisted=max(0, len(listed) - LISTED_MAXIMUM),
        damage_count=len(listed) + sum(len(extent.faults) for extent in content.extents),
        held=sum(segment.end - segment.start for segment in content.segments),
        fields=sum(len(part.rows) for part in content.parts),
        policy=policy(style, script),
        style=style,
        script=script,
        json=script_json(plain(content, Types(catalog))),
        bytes=base64.b64encode(b"".join(data[one.start : one.end] for one in content.segments)).decode("ascii"),
    )


def where(part: Part, extents: Sequence[Extent]) -> str:
    """A part and its place, in words."""
    name = f"{part.title} ({part.label})" if part.label else part.title
    for extent in extents:
        if extent.start <= part.start < extent.start + extent.size:
            return f"{name} in extent {extent.number} at {part.start - extent.start:#x}"
    return f"{name} at {part.start:#x}"


def text_of(name: str) -> str:
    """A file that lies beside this module."""
    return files("roundtrip.inspection_html").joinpath(name).read_text(encoding="utf-8")


def script_text() -> str:
    """The script: its files in their order, in one block, so that none of its names is the browser's."""
    return '"use strict";\n{\n' + "\n".join(text_of(f"script/{name}.js") for name in SCRIPTS) + "}\n"


def counted(count: int, noun: str) -> str:
    """A number and what it counts."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def policy(style: str, script: str) -> str:
    """What the browser may do: run this script, apply this style, and nothing else at all."""
    return (
        f"default-src 'none'; script-src {source_hash(script)}; style-src {source_hash(style)}; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
    )


def source_hash(text: str) -> str:
    """How a policy names the content of an element."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def script_json(value: Any) -> str:
    """JSON that can stand in a script element."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(UNSAFE)


def plain(content: Content, types: Types) -> dict[str, Any]:
    """The content as the script takes it."""
    parts = [plain_part(part, types) for part in content.parts]
    return {
        "styles": list(STYLES.items()),
        "parts": parts,
        "extents": [plain_extent(extent) for extent in content.extents],
        "mapped": content.mapped,
        "segments": [[one.start, one.end, one.base, one.title] for one in content.segments],
        "types": types.listed,
    }


def plain_part(part: Part, types: Types) -> dict[str, Any]:
    """A part."""
    return {
        "title": part.title,
        "label": part.label,
        "start": part.start,
        "end": part.end,
        "verdict": part.verdict,
        "state": part.state,
        "sort": part.sort,
        "notes": part.notes,
        "rows": [plain_row(row, types) for row in part.rows],
        "violations": [plain_violation(violation) for violation in part.violations],
    }


def plain_row(row: Row, types: Types) -> list[int | str]:
    """A row, as short as it can be: there may be very many."""
    number = types.number(row.entry, row.pattern)
    return [row.depth, row.label, row.start, row.end, STYLE_NUMBERS[row.style], row.value, number]


def plain_violation(violation: Violation) -> dict[str, Any]:
    """A violation."""
    return {
        "row": violation.row,
        "path": violation.path,
        "position": violation.position,
        "rule": violation.rule,
        "expected": violation.expected,
        "found": violation.found,
        "meaning": violation.meaning,
    }


def plain_extent(extent: Extent) -> dict[str, Any]:
    """An extent."""
    return {
        "number": extent.number,
        "start": extent.start,
        "size": extent.size,
        "pointer": extent.pointer,
        "owner": extent.owner,
        "generation": extent.generation,
        "first": extent.first,
        "count": extent.count,
        "more": extent.more,
        "faults": [plain_violation(fault) for fault in extent.faults],
    }
