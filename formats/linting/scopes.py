"""Where an expression stands: which fields it can see, and what is known there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..errors import Path
from .domains import ANY, Domain


class Scope:
    """The fields of one enclosing struct, as Construct's context holds them while it parses.

    `later` makes the domain of a field that has not been parsed yet: what is derived when written may use it.
    """

    def __init__(self, parent: Scope | None, repetition: int) -> None:
        self.parent = parent
        self.repetition = repetition
        self.known: dict[str, Domain] = {}
        self.later: dict[str, Callable[[], Domain]] = {}
        self.nodes: dict[str, Any] = {}

    def root(self) -> Scope:
        """The outermost struct."""
        return self if self.parent is None else self.parent.root()

    def lookup(self, name: str, *, building: bool) -> Domain | None:
        """The domain of a field, or None where there is no such field (yet)."""
        if name in self.known:
            return self.known[name]
        if not building or name not in self.later:
            return None
        make = self.later[name]
        self.later[name] = lambda: ANY  # two fields that are derived from each other
        try:
            return make()
        finally:
            self.later[name] = make


@dataclass(frozen=True)
class Place:
    """Where a node stands.

    path: field names; name: of the field, where the node is one; repetition: how many arrays are around it; is_bits:
    inside a BitStruct; is_closed: what is around it admits listed values only; in_frame: directly a field of a Frame;
    assumed: conditions that hold here, or do not.
    """

    path: Path = ()
    name: str | None = None
    scope: Scope | None = None
    repetition: int = 0
    is_bits: bool = False
    is_closed: bool = False
    in_frame: bool = False
    assumed: Mapping[str, bool] = field(default_factory=dict)

    def inside(self, **facts: Any) -> Place:
        """The place of a part: what held for the whole alone holds no more."""
        return replace(self, **{"name": None, "is_closed": False, "in_frame": False, **facts})

    def below(self, name: str | int | None) -> Path:
        """The path of a field."""
        return self.path if name is None else (*self.path, name)

    def assuming(self, condition: str, holds: bool) -> Place:
        """The place of a branch."""
        return self.inside(assumed={**self.assumed, condition: holds})
