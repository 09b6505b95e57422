"""Schema edits by path: what people do to formats, as functions from schema to schema.

A path is the names of the fields that lead there, with dots; "" is the root. A rename does not follow the expressions
that read the field. An edit that finds nothing to do raises `LookupError`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import construct as c

from formats import primitives as p

from .matching import Names
from .schemas import rewritten

Members = list[Any]


def names_of(path: str) -> Names:
    """The names along a path."""
    return tuple(path.split(".")) if path else ()


def with_field(schema: Any, path: str, construct: Any) -> Any:
    """The field is something else; `construct` may be a function from what it was."""
    wanted = names_of(path)

    def change(names: Names, found: Any) -> Any:
        if names != wanted or isinstance(found, c.Renamed):
            return None
        return construct(found) if callable(construct) and not isinstance(construct, c.Construct) else construct

    return changed(schema, change, path)


def with_members(schema: Any, path: str, edit: Callable[[Members], Sequence[Any]]) -> Any:
    """The struct at a path has other members."""
    wanted = names_of(path)

    def change(names: Names, found: Any) -> Any:
        if names == wanted and type(found) in (c.Struct, p.Frame):
            return type(found)(*edit(list(found.subcons)))
        return None

    return changed(schema, change, path)


def changed(schema: Any, change: Callable[[Names, Any], Any], path: str) -> Any:
    """The rewritten schema; `LookupError` where the path leads nowhere."""
    found = rewritten(schema, change)
    if found is schema:
        raise LookupError(f"there is nothing to edit at {path or 'the root'}")
    return found


def position(members: Members, name: str) -> int:
    """Where a member stands."""
    names = [member.name for member in members]
    if name not in names:
        raise LookupError(f"there is no field {name}")
    return names.index(name)


def without(schema: Any, path: str) -> Any:
    """The field is gone."""
    *around, name = names_of(path)
    return with_members(schema, ".".join(around), lambda members: [member for member in members if member.name != name])


def with_added(schema: Any, path: str, member: Any, *, before: str = "") -> Any:
    """A new member in the struct at a path, before one of its fields or at its end."""

    def edit(members: Members) -> Members:
        at = position(members, before) if before else len(members)
        return [*members[:at], member, *members[at:]]

    return with_members(schema, path, edit)


def with_swapped(schema: Any, first: str, second: str) -> Any:
    """Two fields of one struct in each other's place."""
    *around, one = names_of(first)
    other = names_of(second)[-1]

    def edit(members: Members) -> Members:
        i, j = position(members, one), position(members, other)
        members[i], members[j] = members[j], members[i]
        return members

    return with_members(schema, ".".join(around), edit)


def with_renamed(schema: Any, path: str, name: str) -> Any:
    """The field has another name."""
    *around, old = names_of(path)

    def edit(members: Members) -> Members:
        at = position(members, old)
        members[at] = name / members[at].subcon
        return members

    return with_members(schema, ".".join(around), edit)


def with_version(schema: Any, number: int, path: str = "version") -> Any:
    """The version field holds another number."""

    def edit(found: Any) -> Any:
        return p.Version(number) if isinstance(found, p.Version) else c.Const(number, found.subcon)

    return with_field(schema, path, edit)
