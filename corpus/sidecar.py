"""The sidecar: what stands beside every kept file and says what it is, why it is kept and what readers must say.

The JSON text is stable: sorted keys, one layout, no times and no machine, so that it reads well in a pull request and
two people who keep the same bytes write the same file.
"""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Final, Literal

import msgspec

from formats.errors import RULES
from formats.place import Place

from .plain import from_json, render, to_json

Kind = Literal["golden", "rejected"]
#: Every kind of kept file -> what readers must say of it.
KINDS: Final[dict[str, str]] = {"golden": "accepted", "rejected": "refused"}
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


class Sidecar(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is known of one kept file.

    fingerprint: of the layout that it was written with; writer: program, version and lane; place: where it was
    written, for seeded checksums; features: what it exercises (see `corpus.features`); why: one sentence.
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

    def __post_init__(self) -> None:
        verdict = "accepted" if isinstance(self.expected, Accepted) else "refused"
        if KINDS[self.kind] != verdict:
            raise ValueError(f"a {self.kind} file is {KINDS[self.kind]}, the sidecar says {verdict}")
        if isinstance(self.expected, Refused) and self.expected.rule not in RULES:
            raise ValueError(f"there is no rule {self.expected.rule!r}")

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
    if isinstance(sidecar.expected, Accepted):
        try:
            to_json(sidecar.expected.plain)
        except (TypeError, ValueError) as error:
            raise ValueError(f"the expected value cannot be read: {error}") from None
    return sidecar


def hashed(data: bytes) -> str:
    """The SHA-256 of bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
