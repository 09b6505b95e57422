"""Needs: what must be true of a file for a field of it to show an aspect. Generators and proofs read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from formats.layout import Node


@dataclass(frozen=True)
class Number:
    """The field is a number in low..high."""

    low: int
    high: int


@dataclass(frozen=True)
class Size:
    """The field has low..high elements, bytes or characters; `high` None: any number from `low` on."""

    low: int
    high: int | None


@dataclass(frozen=True)
class ItemSize:
    """One of the items has this many bytes."""

    size: int


@dataclass(frozen=True)
class Exact:
    """The field has this value."""

    value: Any


@dataclass(frozen=True)
class Flagged:
    """The flags of these names are set (True) or clear."""

    flags: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, eq=False)
class Taken:
    """This very branch is taken. `selector`: the value that selects it, None where no single one does."""

    branch: Node
    selector: Any = None


@dataclass(frozen=True)
class Within:
    """One bit field of a group needs this."""

    name: str
    need: Need


Need = Number | Size | ItemSize | Exact | Flagged | Taken | Within
