"""Bugs planted in the judge: each must be caught by an edit whose judgement was decided by a person."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from itertools import zip_longest
from typing import Any, Final

from . import examining, matching
from .differences import differences
from .edit_table import edit_named
from .meaning import Named, Written
from .verdicts import Agreement, Misreading


@dataclass(frozen=True)
class Planted:
    """A bug: `attribute` of a module of this package becomes `wrong`. `edit` is what catches it, bumped or not."""

    name: str
    module: str
    attribute: str
    wrong: Any
    edit: str
    bumped: bool = False

    def examine(self) -> tuple[str, ...]:
        """What is wrong with the judgement of the edit."""
        examine = examining.examined_with_bump if self.bumped else examining.examined
        try:
            return examine(edit_named(self.edit))
        except AssertionError as error:
            return (f"the judge gives up: {error}",)


@contextmanager
def planted(bug: Planted) -> Iterator[None]:
    """Work with the bug."""
    owner: Any = import_module(f".{bug.module}", __package__)
    *around, name = bug.attribute.split(".")
    for part in around:
        owner = getattr(owner, part)
    right = getattr(owner, name)
    forget()
    setattr(owner, name, bug.wrong)
    try:
        yield
    finally:
        setattr(owner, name, right)
        forget()


def forget() -> None:
    """Drop what was worked out before."""
    matching.matching.cache_clear()
    differences.cache_clear()


def nothing(*_arguments: Any, **_keywords: Any) -> tuple[()]:
    """Nothing at all."""
    return ()


def never(*_arguments: Any, **_keywords: Any) -> None:
    """No answer."""


def by_position(_match: Any, written: Any, read: Any) -> Iterator[Misreading]:
    """Fields are compared in the order of their places, whatever their names."""
    pairs = zip_longest(leaves(written), leaves(read))
    yield from (Misreading((), (), one, other) for one, other in pairs if one != other)


def leaves(value: Any) -> list[Any]:
    """The values of a tree in order."""
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in leaves(item)]
    if isinstance(value, tuple):
        return [leaf for item in value for leaf in leaves(item)]
    return [value.number if isinstance(value, Named) else value.text if isinstance(value, Written) else value]


def first_file(_entry: Any, frame: Any, _shows: Callable[..., bool], *_more: Any) -> Any:
    """The simplest file there is, whatever it shows."""
    from .frames import simplest  # noqa: PLC0415  # only this bug needs it

    return simplest(_entry) or frame


def same_number(written: Named, read: Named) -> bool:
    """Members are the same if their numbers are."""
    return written.number == read.number


def agreed(*_arguments: Any) -> Agreement:
    """Whatever is accepted is read right."""
    return Agreement()


def unlike(*_arguments: Any) -> bool:
    """No name is that of the same field."""
    return False


PLANTED: Final[tuple[Planted, ...]] = (
    Planted("version-check-stays", "schemas", "unchecked", never, "two fields swapped", bumped=True),
    Planted("fields-compared-by-position", "subjects", "misreadings", by_position, "two fields swapped"),
    Planted("witness-not-rerun", "trials", "shrunk", first_file, "maximum lowered"),
    Planted("renames-are-removals", "matching", "renamed", nothing, "field renamed"),
    Planted("foreign-bytes-unseen", "subjects", "stolen", nothing, "two fields become one of another name"),
    Planted("nothing-aims-at-a-change", "judging", "targeted", nothing, "length bound raised"),
    Planted("members-compared-by-number", "meaning", "same_member", same_number, "members renumbered"),
    Planted("no-search-behind-refusals", "judging", "climbed", nothing, "guarded by another number and swapped"),
    Planted("files-of-both-untried", "judging", "shared", nothing, "guarded by four letters and swapped"),
    Planted("values-not-compared", "subjects", "misreadings", nothing, "number turned around"),
    Planted("bounds-unnamed", "leaves", "bounds", never, "maximum lowered"),
    Planted("derivations-unnamed", "changes", "At.same_name", unlike, "field renamed"),
)
