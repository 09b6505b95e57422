"""What a page shows: parts with their rows, the extents of a store, the bytes, and what was left out.

    Content ── extents ── parts ── rows        a store: every extent, its frames, their fields
            └─ parts ── rows                   any other file

Every `start` and `end` counts bytes from the start of the file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from ..inspection.report import Verdict

Style = Literal[
    "group", "constant", "derived", "value", "checksum", "unverified", "unnamed", "suspect", "missing", "broken"
]
#: "": of a file that is no store; the others as docs/formats/store.md tells them apart.
State = Literal["", "named", "dead", "debris"]
#: What the map shows of a part by a letter, a colour and a word.
Sort = Literal["", "header", "superblock", "metadata", "data", "index", "debris"]

#: Style -> what it means, in the words of the page's legend and details.
STYLES: Final[dict[Style, str]] = {
    "group": "holds other fields",
    "constant": "constant",
    "derived": "derived",
    "value": "value",
    "checksum": "checksum",
    "unverified": "checksum, not checked: the place is not known",
    "unnamed": "no field reads it",
    "suspect": "covered by a checksum that does not match",
    "missing": "not there",
    "broken": "damaged",
}


@dataclass(frozen=True)
class Limits:
    """How much one page holds: bytes in hexadecimal, frames, fields, extents; violations of one frame."""

    size_bytes: int = 2**20
    frames: int = 1_000
    fields: int = 40_000
    extents: int = 1_024
    violations: int = 100


#: What a page holds without `--all`, and with it. Browsers show no page of any size.
USUAL: Final = Limits()
LARGEST: Final = Limits(size_bytes=2**23, frames=20_000, fields=400_000, extents=16_384, violations=10_000)


@dataclass(frozen=True)
class Row:
    """A field, or bytes that no field reads.

    pattern: its path with `[i]` for every index, empty where it has none; entry: the format that it belongs to.
    """

    depth: int
    label: str
    start: int
    end: int
    style: Style
    value: str
    pattern: str = ""
    entry: str = ""


@dataclass(frozen=True)
class Violation:
    """A broken rule: `row` is the number of the row that it is shown at, -1 for the whole part."""

    row: int
    path: str
    position: int
    rule: str
    expected: str
    found: str
    meaning: str


@dataclass(frozen=True)
class Part:
    """A frame, or a stretch that is none."""

    title: str
    start: int
    end: int
    verdict: Verdict | Literal[""]
    label: str = ""
    state: State = ""
    sort: Sort = ""
    rows: tuple[Row, ...] = ()
    violations: tuple[Violation, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Extent:
    """An extent of a store: its parts are `count` of the page's from number `first` on; `more`: parts left out."""

    number: int
    start: int
    size: int
    pointer: int
    owner: str
    generation: int
    first: int = 0
    count: int = 0
    more: int = 0
    faults: tuple[Violation, ...] = ()


@dataclass(frozen=True)
class Segment:
    """Bytes start..end that the page holds; `base`: what its offsets count from; `title`: empty, or what they are."""

    start: int
    end: int
    base: int = 0
    title: str = ""


@dataclass(frozen=True)
class Content:
    """All that one page shows.

    words: the outcome in numbers; extents: those of a store in which anything is written; extent_count: all that it
    has; mapped: of these, how many the map speaks of, from the first one on; facts: name and text.
    """

    verdict: Verdict
    words: str
    parts: tuple[Part, ...]
    segments: tuple[Segment, ...]
    extents: tuple[Extent, ...] = ()
    extent_count: int = 0
    mapped: int = 0
    facts: tuple[tuple[str, str], ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class LeftOut:
    """What the page does not hold, in words, and the byte to begin at to see it; None: a larger page does."""

    words: str
    start: int | None

    def option(self, *, everything: bool) -> str:
        """The option that shows more; empty where the page is as large as it can be."""
        if self.start is not None:
            return f"--at {self.start:#x}"
        return "" if everything else "--all"


@dataclass
class Budget:
    """What is left of the limits while a page is filled."""

    limits: Limits
    size_bytes: int = field(init=False)
    frames: int = field(init=False)
    fields: int = field(init=False)
    #: Fields that were left out.
    fields_over: int = 0
    #: Fields of one frame, so that large ones leave room for the others.
    fields_each: int = field(init=False)

    def __post_init__(self) -> None:
        self.size_bytes, self.frames, self.fields = self.limits.size_bytes, self.limits.frames, self.limits.fields
        self.fields_each = self.limits.fields

    @property
    def is_spent(self) -> bool:
        """Whether nothing more fits."""
        return min(self.size_bytes, self.frames, self.fields) <= 0
