"""What samples are made of: values that must be accepted, and damage to them that must be refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from formats.place import Place

#: Where samples are written unless they say otherwise. The disk spells "shardproof disk".
PLACE: Final = Place(disk=b"shardproof disk\0", extent=7, generation=3, offset=4096, run=12)


@dataclass(frozen=True)
class Sample:
    """A value that must be accepted. `claims`: features that it is made for."""

    why: str
    value: Mapping[str, Any]
    claims: tuple[str, ...] = ()
    place: Place = PLACE


@dataclass(frozen=True)
class Put:
    """Write bytes over the beginning of a field. `text`: hexadecimal, as it stands on disk."""

    path: str
    text: str


@dataclass(frozen=True)
class Flip:
    """Turn the lowest bit of a field's first byte."""

    path: str


@dataclass(frozen=True)
class Insert:
    """Put bytes in behind a field."""

    path: str
    data: bytes


@dataclass(frozen=True)
class Keep:
    """Keep the first `size` bytes only; negative: all but the last so many."""

    size: int


@dataclass(frozen=True)
class Append:
    """Put bytes behind the frame."""

    data: bytes


@dataclass(frozen=True)
class Become:
    """Have quite other bytes."""

    data: bytes


Edit = Put | Flip | Insert | Keep | Append | Become


@dataclass(frozen=True)
class Flaw:
    """Damage that must be refused by `rule`, blamed on `field`.

    resealed: checksums are made to match afterwards, so that the rule itself must catch it. base: the value that is
    damaged, where it is not the format's first sample. written_at: where the bytes were written, when that is not
    where they are read.
    """

    rule: str
    field: str
    why: str
    edits: tuple[Edit, ...] = ()
    resealed: bool = False
    base: Sample | None = None
    written_at: Place | None = None


@dataclass(frozen=True)
class Samples:
    """All samples of one format version. The first golden one is what flaws damage.

    absent: features that no file here exercises -> the reason.
    """

    golden: tuple[Sample, ...]
    flaws: tuple[Flaw, ...]
    absent: Mapping[str, str] = field(default_factory=dict)


def both(rule: str, path: str, text: str, why: str, *, stale: str = "seal") -> tuple[Flaw, Flaw]:
    """The same damage twice: resealed, refused by its rule, and raw, refused by the checksum field `stale`."""
    edits = (Put(path, text),)
    stale_rule = "header_checksum" if stale == "seal" else "checksum"
    by_chance = f"By chance, so the checksum must catch it: {why[0].lower()}{why[1:]}"
    return resealed(rule, path, text, why), Flaw(stale_rule, stale, by_chance, edits)


def resealed(rule: str, path: str, text: str, why: str, *, blamed: str = "") -> Flaw:
    """One field overwritten, with checksums that match. `blamed`: the field at which it shows, where it is another."""
    return Flaw(rule, blamed or path, why, (Put(path, text),), resealed=True)


def identity_flaws(*, kind: int, header_size: int, context: tuple[str, ...], version: int = 1) -> Iterator[Flaw]:
    """What every format of ours must refuse: too little, too much, other formats, other versions, other places."""
    other = kind % 8 + 1
    whole = "(whole)"
    yield Flaw("truncated", whole, "No bytes at all are the beginning of a frame, not a frame.", (Keep(0),))
    yield Flaw("truncated", whole, "The header lacks its last byte.", (Keep(header_size - 1),))
    yield Flaw("magic", "magic", "A sector of zeros never parses, at any offset.", (Become(bytes(512)),))
    yield resealed("magic", "magic", "53 50", 'The letters "SP" without their high bits: text is no frame.')
    yield Flaw("kind", "kind", "The kind of another structure, by chance.", (Put("kind", f"{other:02x}"),))
    yield resealed("kind", "kind", f"{other:02x}", "A frame of one kind must not parse as another, seal or no seal.")
    yield Flaw("version", "version", "Version 0 does not exist: zeros are never a version.", (Put("version", "00"),))
    later = f"{version + 1:02x}"
    yield resealed("version", "version", later, "A reader must not guess what a later version means.")
    for earlier in range(1, version):
        why = f"A frame of version {version} that says it is of version {earlier}, whose layout is another."
        yield resealed("version", "version", f"{earlier:02x}", why)
    yield Flaw("header_checksum", "seal", "One bit of the seal itself is wrong.", (Flip("seal"),))
    yield Flaw("trailing", whole, "One more byte, zero as padding would be.", (Append(b"\0"),))
    for name in context:
        why = f"Written for another {name}: whole and sealed, but in the wrong place."
        yield Flaw("header_checksum", "seal", why, written_at=elsewhere(PLACE, name))


def elsewhere(place: Place, name: str) -> Place:
    """The place with one field changed by as little as a real mistake would."""
    if name == "disk":
        return Place(place.disk[:-1] + b"\1", place.extent, place.generation, place.offset, place.run)
    changed = {
        "extent": place.extent,
        "generation": place.generation,
        "offset": place.offset,
        "run": place.run,
    }
    changed[name] += 4096 if name == "offset" else 1
    return Place(place.disk, **changed)
