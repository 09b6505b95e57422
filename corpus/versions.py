"""Kept files and the readers of other versions: one version's bytes must not be taken for another's.

Every accepted file of a format is read by every other version of that format in the catalog. What they say must be one
of these, else the file is *misread*:

- they refuse it;
- they give what its sidecar states of them (`readers`);
- nothing is stated, neither version has a version field that would tell them apart, and they give the very same value:
  versions of a user's format that are compatible in this direction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from formats.catalog import Catalog, Format
from formats.description.rulebook import rules_of

from .checks import Answer, Lanes, Reader, Tally, difference, shown
from .entries import Entry
from .plain import identical, to_json
from .report import OTHER_VERSION
from .sidecar import Accepted, RefusedBy

#: The rule of a version field.
VERSION_RULE = "version"


@dataclass(frozen=True)
class OtherVersion:
    """Another version of a format, as a file of the first meets it. told_apart: one of the two has a version field."""

    format: Format
    lanes: Lanes
    told_apart: bool

    @property
    def name(self) -> str:
        """How sidecars name it: `v2`."""
        return f"v{self.format.version}"


def other_versions(entry_format: Format, catalog: Catalog, lanes: Mapping[int, Lanes]) -> tuple[OtherVersion, ...]:
    """The other versions of a format. `lanes`: who reads, by version."""
    return tuple(
        OtherVersion(other, lanes[other.version], told_apart(entry_format, other))
        for other in catalog
        if other.name == entry_format.name and other.version != entry_format.version
    )


def told_apart(one: Format, other: Format) -> bool:
    """Whether a version field tells files of two versions apart."""
    return any(use.rule == VERSION_RULE for side in (one, other) for use in rules_of(side.layout))


def check_versions(entry: Entry, others: tuple[OtherVersion, ...], tally: Tally) -> None:
    """What the readers of other versions say of one file, against what they must say."""
    stated = entry.sidecar.readers
    for name in sorted(stated.keys() - {other.name for other in others}):
        tally.report("readers", entry.identity, name, f"version {name} of the format in the catalog", "none")
    for other in others:
        expected = stated.get(other.name)
        if expected is None and not isinstance(entry.sidecar.expected, Accepted):
            continue
        seed = seed_of(entry, other.format)
        for name, reader in other.lanes.readers.items():
            check_reader(entry, other, f"{name}{OTHER_VERSION}{other.format.version}", reader, seed, expected, tally)


def seed_of(entry: Entry, other: Format) -> int:
    """The seed that another version reads a file with; 0 where it wants a place and the file was written without."""
    place = entry.sidecar.place
    return other.seed(None if place is None else place.place) or 0


def check_reader(
    entry: Entry,
    other: OtherVersion,
    name: str,
    reader: Reader,
    seed: int,
    expected: Accepted | RefusedBy | None,
    tally: Tally,
) -> None:
    """Compare one reader of another version with what the sidecar states, or with what is right where it is silent."""
    tally.readers[name] += 1
    try:
        answer = reader(entry.data, seed)
    except Exception as error:  # noqa: BLE001  # whatever a reader raises is a finding of this file
        tally.report("raised", entry.identity, name, wording(expected), f"{type(error).__name__}: {error}"[:300])
        return
    verdict, detail = answer
    if expected is None:
        own = entry.sidecar.expected
        assert isinstance(own, Accepted)
        if verdict == "accepted" and (other.told_apart or not identical(detail, own.plain)):
            tally.report("misread", entry.identity, name, f"refused, or stated: {statement(other, answer)}", "accepted")
    elif verdict != ("accepted" if isinstance(expected, Accepted) else "refused"):
        tally.report("misread", entry.identity, name, wording(expected), said(answer))
    elif isinstance(expected, RefusedBy):
        if detail is not None and detail != expected.rule:
            tally.report("rule", entry.identity, name, expected.rule, str(detail))
    elif not identical(detail, expected.plain):
        tally.report("value", entry.identity, name, *difference(expected.plain, detail))


def wording(expected: Accepted | RefusedBy | None) -> str:
    """What a reader must say, in a few words."""
    if expected is None:
        return "refused"
    return "accepted" if isinstance(expected, Accepted) else f"refused ({expected.rule})"


def said(answer: Answer) -> str:
    """What a reader said, in a few words."""
    verdict, detail = answer
    return f"accepted: {shown(detail)}" if verdict == "accepted" else f"refused ({detail})"


def statement(other: OtherVersion, answer: Answer) -> str:
    """What a person writes into the sidecar who finds that this reader is right."""
    return f'"readers": {{"{other.name}": {{"verdict": "accepted", "value": {shown(answer[1])}}}}}'


def stated_now(
    data: bytes, seeds: Mapping[str, int], others: tuple[OtherVersion, ...], own: Accepted | None
) -> dict[str, Accepted | RefusedBy]:
    """What a new sidecar states of other versions: those that accept the bytes, where silence would not be enough.

    seeds: by name of the version; own: what the version itself gives, None where it refuses.
    """
    found: dict[str, Accepted | RefusedBy] = {}
    for other in others:
        verdict, detail = other.lanes.readers["oracle"](data, seeds[other.name])
        if own is not None and verdict == "accepted" and (other.told_apart or not identical(detail, own.plain)):
            found[other.name] = Accepted(to_json(detail))
    return found
