"""What is compared: one version of one format as one side declares it, with its reader and its writer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from formats.catalog import Format
from formats.errors import FormatError, LaneDisagreement
from formats.fingerprint import fingerprint
from formats.place import Place
from formats.values import comparable

from .matching import matching
from .meaning import meaning, misreadings
from .overlay import stolen
from .verdicts import Agreement, Outcome, Refusal, Revision, Side


@dataclass(frozen=True)
class Kept:
    """A file that somebody kept: `version` is the one that wrote it; `name` is shown to people."""

    format: str
    version: int
    name: str
    data: bytes
    place: Place


@dataclass(frozen=True)
class Subject:
    """A revision and the format that it is."""

    revision: Revision
    entry: Format = field(compare=False)

    @property
    def seeded(self) -> bool:
        """Whether its checksums depend on the place."""
        return bool(self.entry.layout.seed)


def subjects_of(old: Iterable[Format], new: Iterable[Format]) -> dict[str, list[Subject]]:
    """Every revision by format name, in the order of versions, old ones first; equal ones once, as of both sides."""
    sides: dict[tuple[str, int, str], tuple[Side, Format]] = {}
    for side, entries in (("old", old), ("new", new)):
        for entry in entries:
            key = (entry.name, entry.version, fingerprint(entry.layout))
            # Of two equal ones the new side's object is run: its codec is the committed one.
            sides[key] = ("both" if key in sides else side, entry)  # type: ignore[assignment]  # one of the three
    found: dict[str, list[Subject]] = {}
    order = {"old": 0, "both": 1, "new": 2}
    for (name, version, digest), (side, entry) in sorted(
        sides.items(), key=lambda item: (item[0][0], item[0][1], order[item[1][0]])
    ):
        found.setdefault(name, []).append(Subject(Revision(name, version, side, digest), entry))
    return found


def decode(entry: Format, data: bytes, place: Place) -> Any:
    """The value that oracle and fast codec read; `FormatError` where both refuse; `LaneDisagreement` otherwise."""
    seed = entry.seed(place) or 0
    try:
        value = entry.oracle.decode(data, seed)
    except FormatError as error:
        if entry.codec.probe(data, seed) is not None:
            detail = f"only the fast codec accepts {data.hex()}"
            raise LaneDisagreement(f"{entry.name} v{entry.version}", "fast codec", "oracle", detail) from error
        raise
    record = entry.codec.probe(data, seed)
    if record is None or comparable(entry.codec.plain(record)) != comparable(value):
        what = "refuses" if record is None else "reads another value from"
        detail = f"the fast codec {what} {data.hex()}, which the oracle accepts"
        raise LaneDisagreement(f"{entry.name} v{entry.version}", "fast codec", "oracle", detail)
    return value


def outcome(writer: Format, reader: Format, data: bytes, place: Place, written: Any) -> Outcome:
    """What the reader makes of a file of the writer's, which holds the plain value `written`."""
    try:
        value = decode(reader, data, place)
    except FormatError as error:
        return Refusal(error.rule, error.path, error.offset, error.expected, error.found)
    match = matching(writer.layout, reader.layout)
    meant, read = meaning(writer.layout.root, written), meaning(reader.layout.root, value)
    for misreading in misreadings(match, meant, read):
        return misreading
    for misreading in stolen(match, writer, reader, data, (writer.seed(place) or 0, reader.seed(place) or 0)):
        return misreading
    return Agreement()


def named(subjects: Sequence[Subject], version: int, sides: Iterable[Side]) -> Subject | None:
    """The subject of one version that one of the sides declares."""
    wanted = set(sides)
    return next((one for one in subjects if one.revision.version == version and one.revision.side in wanted), None)
