"""What every reader says of some bytes now: of their own version, and of the other versions of the format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from corpus.checks import Lanes
from corpus.entries import Entry
from formats.catalog import Catalog, Format
from formats.errors import FormatError, path_text

from .readers import lanes_of


@dataclass(frozen=True)
class Opinion:
    """What one reader says. version: of its format; rule: why it refuses, None where it does not tell, or accepts.

    path: of the field at fault, from the oracle alone; value: the plain value; error: what it raised, if anything.
    """

    reader: str
    version: int
    verdict: str
    rule: str | None = None
    path: str = ""
    value: Any = None
    error: str = ""

    @property
    def words(self) -> str:
        """In a few words."""
        if self.error:
            return f"raised {self.error}"
        if self.verdict == "accepted":
            return "accepted"
        return "refused" + (f": {self.rule}" if self.rule else "") + (f" at {self.path}" if self.path else "")

    def as_dict(self) -> dict[str, object]:
        """The same with stable keys, without the value: the sidecar and the fields show that."""
        return {
            "reader": self.reader,
            "version": self.version,
            "verdict": self.verdict,
            "rule": self.rule,
            "path": self.path or None,
            "error": self.error or None,
        }


def opinions(entry: Entry, entry_format: Format, catalog: Catalog) -> tuple[Opinion, ...]:
    """What every reader says of an entry's bytes at its place: those of its own version first."""
    others = [one for one in catalog.versions(entry_format.name) if one.version != entry_format.version]
    return tuple(opinion for one in (entry_format, *others) for opinion in of_version(entry, one, lanes_of(one)))


def of_version(entry: Entry, version: Format, lanes: Lanes) -> Iterator[Opinion]:
    """What the readers of one version say."""
    place = entry.sidecar.place
    seed = version.seed(None if place is None else place.place) or 0
    for name, reader in lanes.readers.items():
        try:
            verdict, detail = reader(entry.data, seed)
        except Exception as error:  # noqa: BLE001  # whatever a reader raises is what it says
            yield Opinion(name, version.version, "raised", error=f"{type(error).__name__}: {error}"[:300])
            continue
        if verdict == "accepted":
            yield Opinion(name, version.version, verdict, value=detail)
        else:
            path = path_at_fault(version, entry.data, seed) if name == "oracle" else ""
            yield Opinion(name, version.version, verdict, rule=detail, path=path)


def path_at_fault(version: Format, data: bytes, seed: int) -> str:
    """The field at which the oracle refuses."""
    try:
        version.oracle.decode(data, seed)
    except FormatError as error:
        return path_text(error.path)
    return ""


def version_for(catalog: Catalog, name: str, data: bytes, seeds: dict[int, int]) -> Format:
    """The version of a format that bytes are of: of a bare name the newest that accepts them, else the newest whose
    refusal is not about the version, else the newest. `ShardproofError` for a format that the catalog has not.

    seeds: of the place, by version.
    """
    catalog[name]
    versions = sorted(catalog.versions(name), key=lambda one: -one.version)
    refusals: dict[int, str] = {}
    for one in versions:
        try:
            one.oracle.decode(data, seeds[one.version])
        except FormatError as error:
            refusals[one.version] = error.rule
            continue
        return one
    return next((one for one in versions if refusals[one.version] != "version"), versions[0])
