"""The sidecar: what stands beside every kept file and says what it is, why it is kept and what readers must say.

The JSON text is stable: sorted keys, one layout, no times and no machine, so that it reads well in a pull request and
two people who keep the same bytes write the same file.
"""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Final

import msgspec

from formats.errors import RULES
from formats.place import Place

from .kinds import KINDS, Kind
from .plain import from_json, render, to_json

#: How many hexadecimal digits of the hash name a file.
NAME_SIZE: Final = 16

Hexadecimal = Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{2})*$")]
Number = Annotated[int, msgspec.Meta(ge=0, lt=2**32)]
Sentence = Annotated[str, msgspec.Meta(min_length=8)]


class Location(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The place of `formats.place` in JSON: disk in hexadecimal, offset in bytes."""

    disk: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]
    extent: Number = 0
    generation: Number = 0
    offset: Number = 0
    run: Number = 0

    @classmethod
    def of(cls, place: Place) -> Location:
        """The location of a place."""
        return cls(
            disk=place.disk.hex(),
            extent=place.extent,
            generation=place.generation,
            offset=place.offset,
            run=place.run,
        )

    @property
    def place(self) -> Place:
        """The place of this location."""
        return Place(
            disk=bytes.fromhex(self.disk),
            extent=self.extent,
            generation=self.generation,
            offset=self.offset,
            run=self.run,
        )


class Accepted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="verdict", tag="accepted"):
    """Every reader gives this value (as `corpus.plain` writes it), and every writer gives the bytes back."""

    value: Any

    @property
    def plain(self) -> Any:
        """The plain value."""
        return from_json(self.value)


class Refused(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="verdict", tag="refused"):
    """Every reader refuses; those that diagnose name the rule, and the oracle the path too."""

    rule: str
    path: str


class RefusedBy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="verdict", tag="refused"):
    """The readers of another version refuse; those that diagnose name the rule."""

    rule: str


#: A version of the format as sidecars name it.
VersionName = Annotated[str, msgspec.Meta(pattern="^v[1-9][0-9]*$")]


class Sidecar(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """What is known of one kept file.

    fingerprint: of the layout that it was written with; writer: program, version and lane; place: where it was
    written, for seeded checksums; features: what it exercises (see `corpus.features`); why: one sentence; readers:
    what readers of other versions of the format say, for those of which it is known (`v2`). It is left out of the text
    where it is empty, so that the texts of files kept before there was such a field stay what they are.
    """

    kind: Kind
    format: str
    version: int
    fingerprint: str
    writer: str
    why: Sentence
    place: Location | None
    features: tuple[str, ...]
    expected: Accepted | Refused
    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    size_bytes: Annotated[int, msgspec.Meta(ge=0)]
    readers: dict[VersionName, Accepted | RefusedBy] = {}

    def __post_init__(self) -> None:
        if self.verdict not in KINDS[self.kind]:
            raise ValueError(f"a {self.kind} file is {KINDS[self.kind][0]}, the sidecar says {self.verdict}")
        for said in (self.expected, *self.readers.values()):
            if not isinstance(said, Accepted) and said.rule not in RULES:
                raise ValueError(f"there is no rule {said.rule!r}")
        if f"v{self.version}" in self.readers:
            raise ValueError(f"what readers of v{self.version} say is `expected`; `readers` is for other versions")

    @property
    def verdict(self) -> str:
        """What readers of its own version must say: `accepted` or `refused`."""
        return "accepted" if isinstance(self.expected, Accepted) else "refused"

    @property
    def identity(self) -> str:
        """Where the file stands in its folder, without suffix."""
        return f"{self.kind}/{self.format}/v{self.version}/{self.sha256[:NAME_SIZE]}"

    def text(self) -> str:
        """The stable JSON text, with a newline at its end."""
        return render(json.loads(msgspec.json.encode(self))) + "\n"


def parse(text: bytes) -> Sidecar:
    """The sidecar of a JSON text; `ValueError` says what is wrong with it."""
    try:
        sidecar = msgspec.json.decode(text, type=Sidecar)
    except msgspec.DecodeError as error:  # a ValidationError too; both name the field
        raise ValueError(str(error)) from None
    for said in (sidecar.expected, *sidecar.readers.values()):
        if isinstance(said, Accepted):
            try:
                to_json(said.plain)
            except (TypeError, ValueError) as error:
                raise ValueError(f"the expected value cannot be read: {error}") from None
    return sidecar


def hashed(data: bytes) -> str:
    """The SHA-256 of bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
