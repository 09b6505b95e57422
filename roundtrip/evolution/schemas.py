"""Construct schemas, rewritten node by node: how the version check of a reader is disabled, and edits are tried.

A schema is never changed in place. `change` is asked about every construct, outer ones first, with the names that lead
to it; what it returns takes the construct's place, None lets it be.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import construct as c

from formats import primitives as p
from formats.catalog import Format
from formats.layout import Constant, Layout, Node, children

from .matching import Names

Rewrite = Callable[[Names, Any], Any]

#: How a version field is called where no `Version` marks it.
VERSION_NAMES: Final = frozenset({"version", "format_version", "layout_version"})
#: Attributes of constructs that hold constructs.
PARTS: Final = ("subcon", "lengthfield", "countfield", "checksumfield", "thensubcon", "elsesubcon", "default")


def rewritten(schema: Any, change: Rewrite, names: Names = ()) -> Any:
    """A schema with some constructs replaced; the very same object where none is."""
    replaced = change(names, schema)
    if replaced is not None:
        return replaced
    if isinstance(schema, c.Renamed):
        inner = rewritten(schema.subcon, change, (*names, schema.name) if schema.name else names)
        return schema if inner is schema.subcon else schema.name / inner
    parts: dict[str, Any] = {}
    for name in PARTS:
        part = getattr(schema, name, None)
        if isinstance(part, c.Construct):
            inner = rewritten(part, change, names)
            if inner is not part:
                parts[name] = inner
    members = getattr(schema, "subcons", None)
    if isinstance(members, list):
        inside = [rewritten(member, change, names) for member in members]
        if any(one is not other for one, other in zip(inside, members, strict=True)):
            parts["subcons"] = inside
    cases = getattr(schema, "cases", None)
    if isinstance(cases, Mapping):
        rewritten_cases = {value: rewritten(case, change, names) for value, case in cases.items()}
        if any(rewritten_cases[value] is not case for value, case in cases.items()):
            parts["cases"] = rewritten_cases
    return with_parts(schema, parts)


def with_parts(schema: Any, parts: dict[str, Any]) -> Any:
    """A copy of a construct with some of its parts replaced."""
    if not parts:
        return schema
    if isinstance(schema, p.Frame):
        return p.Frame(*parts["subcons"])
    if type(schema) is c.Struct:
        return c.Struct(*parts["subcons"])
    changed = copy.copy(schema)
    for name, value in parts.items():
        setattr(changed, name, value)
    return changed


def constants(node: Node, names: Names = ()) -> Iterator[tuple[Names, Constant]]:
    """Every constant of a layout, with its names."""
    if isinstance(node, Constant):
        yield names, node
        return
    for name, child in children(node):
        yield from constants(child, names if name is None else (*names, name))


def versions(layout: Layout) -> dict[Names, int]:
    """The version fields of a layout: names -> the number that they must hold."""
    found = {}
    for names, constant in constants(layout.root):
        is_named = bool(names) and names[-1].lower() in VERSION_NAMES
        if (constant.rule == "version" or is_named) and isinstance(constant.value, int):
            found[names] = constant.value
    return found


def unchecked(reader: Format, writer: Format) -> Format | None:
    """The reader with its version fields expecting the writer's numbers; None where that changes nothing."""
    own, theirs = versions(reader.layout), versions(writer.layout)
    changed = {names: theirs[names] for names, number in own.items() if theirs.get(names, number) != number}
    if not changed:
        return None

    def change(names: Names, schema: Any) -> Any:
        number = changed.get(names)
        if number is not None and isinstance(schema, p.Version):
            return p.Version(number)
        if number is not None and isinstance(schema, c.Const):
            return c.Const(number, schema.subcon)
        return None

    return Format(reader.name, reader.version, rewritten(reader.schema, change), reader.summary)


def defaults(schema: Any) -> dict[Names, Any]:
    """The defaults that a schema states: names -> value."""
    found: dict[Names, Any] = {}

    def note(names: Names, construct: Any) -> None:
        if isinstance(construct, c.Default):
            found[names] = construct.value

    rewritten(schema, note)
    return found
