"""What is said of one reader and one writer: verdicts, and the file that shows each.

A pair's verdict is the worst that a legal file of the writer can cause: misread > refuse > read-only > full. A pair
that refuses some files and reads the others is `refuse`; the counts beside it tell "some" from "every".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from formats.errors import Path, path_text
from formats.place import Place

Side = Literal["old", "new", "both"]


class Verdict(StrEnum):
    """What a reader makes of a writer's files, from harmless to harmful."""

    FULL = "full"
    READ_ONLY = "read-only"
    REFUSE = "refuse"
    MISREAD = "misread"

    @property
    def harm(self) -> int:
        """0 for full up to 3 for misread."""
        return list(Verdict).index(self)


def worst(*verdicts: Verdict) -> Verdict:
    """The most harmful of some verdicts; full for none."""
    return max(verdicts, key=lambda verdict: verdict.harm, default=Verdict.FULL)


@dataclass(frozen=True, order=True)
class Revision:
    """One version of one format as one side declares it; `both`: old and new declare the same layout.

    fingerprint: of the layout, in hexadecimal.
    """

    name: str
    version: int
    side: Side
    fingerprint: str = ""

    def __str__(self) -> str:
        return f"{self.name} v{self.version}" + ("" if self.side == "both" else f" ({self.side})")

    def as_dict(self) -> dict[str, object]:
        """The same with stable keys, for `--json`."""
        return {
            "format": self.name,
            "version": self.version,
            "side": self.side,
            "fingerprint": self.fingerprint,
        }


@dataclass(frozen=True)
class Agreement:
    """The reader reads what the writer wrote."""


@dataclass(frozen=True)
class Refusal:
    """The reader refuses, typed: the rule of `formats.errors.RULES`, the field, the byte."""

    rule: str
    path: Path
    offset: int
    expected: str = ""
    found: str = ""

    def __str__(self) -> str:
        text = f"refused at {path_text(self.path)}, byte {self.offset}: {self.rule}"
        return text + (f" (expected {self.expected}, found {self.found})" if self.expected or self.found else "")


@dataclass(frozen=True)
class Misreading:
    """The reader accepts, and the field is something else to it.

    path: as the writer names the field; reader_path: as the reader names it; written: what the writer wrote there;
    read: what the reader made of it. sources: paths of the writer's fields whose bytes the reader took for a field
    that the writer does not have (written is None then).
    """

    path: Path
    reader_path: Path
    written: Any
    read: Any
    sources: tuple[Path, ...] = ()

    def __str__(self) -> str:
        if self.sources:
            fields = ", ".join(path_text(path) for path in self.sources)
            return f"{path_text(self.reader_path)} is read as {self.read!r:.80} out of the bytes of {fields}"
        name = path_text(self.path)
        name += "" if self.path == self.reader_path else f" (now {path_text(self.reader_path)})"
        return f"{name} was written as {self.written!r:.80} and is read as {self.read!r:.80}"


Outcome = Agreement | Refusal | Misreading


@dataclass(frozen=True)
class Witness:
    """A file that the writer really wrote and the reader was really run on, by oracle and by fast codec.

    data: the file's bytes, as small as could be found; place: where it was written (it seeds the checksums);
    written: the writer's plain value; outcome: what the reader made of it; version_checked: False where the reader ran
    with the version check disabled; kept: the name of the kept file that it is, else empty.
    """

    data: bytes
    place: Place
    writer: Revision
    reader: Revision
    written: Any
    outcome: Outcome
    version_checked: bool = True
    kept: str = ""


@dataclass(frozen=True)
class PairVerdict:
    """What a reader makes of a writer's files.

    unchecked: the verdict with the version check disabled, None where both have one version on disk (it would be the
    same). frames, refused, misread: how many files were tried, and how many of them were refused and misread;
    witness: of `verdict`, unless it is full; unchecked_witness: of `unchecked`, likewise. feature: why a refusal is
    read-only or full, in words, else empty.
    """

    writer: Revision
    reader: Revision
    verdict: Verdict
    unchecked: Verdict | None = None
    witness: Witness | None = None
    unchecked_witness: Witness | None = None
    frames: int = 0
    refused: int = 0
    misread: int = 0
    feature: str = ""
    lanes: tuple[str, ...] = field(default=())

    @property
    def some(self) -> bool:
        """Whether only some of the files tried cause the verdict, and others are read."""
        return 0 < self.refused + self.misread < self.frames

    @property
    def direction(self) -> str:
        """Which way: "old reads new", "new reads old", or "" between versions that one side declares."""
        sides = (self.reader.side, self.writer.side)
        reads = {("old", "new"): "old reads new", ("new", "old"): "new reads old"}
        if sides in reads:
            return reads[sides]
        if "new" in sides:
            return "old reads new" if self.writer.side == "new" else "new reads old"
        if "old" in sides:
            return "new reads old" if self.writer.side == "old" else "old reads new"
        return ""
