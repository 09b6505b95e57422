"""One structural change between two layouts, and where the comparison stands when it finds one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from formats.layout import Expression, Node

from .matching import Matching, Names, absolute

#: Changes after which whatever follows lies elsewhere, so that any difference of the two readings may be theirs.
SHIFTING: Final = frozenset(
    {"field-added", "field-removed", "field-reordered", "field-moved", "field-resized", "field-retyped", "bits-changed",
     "reserved-changed", "reserved-used", "padding-changed", "framing-changed", "checksum-moved", "checksum-added",
     "checksum-removed", "checksum-range", "checksum-seed", "derivation-changed", "condition-changed",
     "computed-changed", "layout-changed", "trailing-changed", "exactness-changed", "magic-changed", "kind-changed",
     "constant-changed", "count-bound-changed", "length-bound-changed", "case-added", "case-removed"}
)  # fmt: skip


@dataclass(frozen=True)
class Change:
    """rule: an id of `RULES`; old, new: the names of the field on each side, None where it has none; words: what
    changed, as a sentence without its subject. wanted: values that may expose it, by side: ("old", names, value) is to
    be written by the old side. size: elements or bytes that a file must hold to expose it, 0 for any.
    """

    rule: str
    old: Names | None
    new: Names | None
    words: str
    wanted: tuple[tuple[str, Names, Any], ...] = ()
    size: int = 0

    @property
    def key(self) -> tuple[str, Names | None, Names | None]:
        """What tells two changes apart."""
        return self.rule, self.old, self.new


@dataclass(frozen=True)
class At:
    """Where two trees are compared: names and enclosing structs on both sides, and the fields that are the same."""

    old: Names
    new: Names
    old_scopes: tuple[Names, ...]
    new_scopes: tuple[Names, ...]
    match: Matching
    changes: list[Change] = field(default_factory=list)

    def below(self, old: str | None, new: str | None) -> At:
        """One member further in."""
        names = self.old if old is None else (*self.old, old), self.new if new is None else (*self.new, new)
        return replace(self, old=names[0], new=names[1])

    def inside(self) -> At:
        """Inside a struct that stands here."""
        return replace(self, old_scopes=(*self.old_scopes, self.old), new_scopes=(*self.new_scopes, self.new))

    def add(
        self,
        rule: str,
        words: str,
        *,
        old: tuple[Any, ...] = (),
        new: tuple[Any, ...] = (),
        size: int = 0,
        only: Literal["", "old", "new"] = "",
    ) -> None:
        """Note a change here. `old` and `new`: values of this field that may expose it when that side writes them;
        `only`: the one side that has the field."""
        wanted = (*(("old", self.old, value) for value in old), *(("new", self.new, value) for value in new))
        names = None if only == "new" else self.old, None if only == "old" else self.new
        self.changes.append(Change(rule, *names, words, wanted, size))

    def same_expression(self, old: Expression | None, new: Expression | None) -> bool:
        """Whether two expressions are over the same fields, renamed ones included."""
        return bool(absolute(old, self.old_scopes, self.match.first) == absolute(new, self.new_scopes))

    def same_name(self, old: tuple[str, ...], new: tuple[str, ...]) -> bool:
        """Whether names of siblings name the same fields."""
        scope_old = self.old_scopes[-1] if self.old_scopes else ()
        scope_new = self.new_scopes[-1] if self.new_scopes else ()
        return self.match.first.get((*scope_old, *old), (*scope_old, *old)) == (*scope_new, *new)


Compare = Callable[[At, Node, Node], None]
