"""Reads the attributes of a node: the inverse of `fingerprint.attribute_text`.

What an attribute may hold is read off the dataclass of its node, so a node or attribute that is new needs no line here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from types import NoneType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from ..layout import Algorithm, Expression, Field, Node
from .lines import Cursor
from .terms import expression_at, field_at

Reader = Callable[[Cursor], Any]

IMPORT_PATH: Final = re.compile(r"([^\s\"=,]+)\.([^\s\"=,.]+)")
EXPRESSIONS: Final = frozenset(get_args(Expression))
NODES: Final = frozenset(get_args(Node))


@cache
def hints_of(kind: type) -> dict[str, Any]:
    """The types of the attributes of a node class."""
    return get_type_hints(kind)


def attribute_at(cursor: Cursor, hint: Any) -> Any:
    """The value of an attribute of this type, which stands here."""
    return reader_of(hint)(cursor)


@cache
def reader_of(hint: Any) -> Reader:
    """How an attribute of this type is read."""
    options = get_args(hint)
    if hint is str:
        return Cursor.name
    if hint is Algorithm:
        return algorithm_at
    if hint is Field:
        return field_at
    if get_origin(hint) is Literal:
        return lambda cursor: option_at(cursor, options)
    if get_origin(hint) is tuple and options[1:] == (...,):
        return lambda cursor: several_at(cursor, reader_of(options[0]))
    if get_origin(hint) is tuple:
        return lambda cursor: pair_at(cursor, options)
    if set(options) >= EXPRESSIONS:
        return lambda cursor: expression_or_none_at(cursor, is_optional=NoneType in options)
    kinds = options if isinstance(hint, UNION_TYPES) else (hint,)
    # Where several types may stand, as for the value of a constant, a truth value is a number.
    allowed = frozenset(kinds) | (frozenset({bool}) if len(kinds) > 1 and str in kinds else frozenset())
    return lambda cursor: constant_at(cursor, allowed)


UNION_TYPES: Final = (type(int | str), type(Union[int, str]))  # noqa: UP007  # both spellings of a union


def constant_at(cursor: Cursor, allowed: frozenset[type]) -> Any:
    """A constant of one of these types."""
    before = Cursor(cursor.line, cursor.offset)
    value = cursor.value()
    if type(value) not in allowed:
        words = sorted("none" if kind is NoneType else kind.__name__ for kind in allowed)
        raise before.refused(f"a value of type {' or '.join(words)}")
    return value


def expression_or_none_at(cursor: Cursor, *, is_optional: bool) -> Expression | None:
    """An expression, or `none` where that is allowed."""
    before = Cursor(cursor.line, cursor.offset)
    if is_optional and before.take("none") and before.rest[:1] in {"", " "}:
        cursor.offset = before.offset
        return None
    return expression_at(cursor)


def several_at(cursor: Cursor, read: Reader) -> tuple[Any, ...]:
    """Items with commas between them; none at the end of the attribute."""
    if cursor.rest[:1] in {"", " "}:
        return ()
    items = [read(cursor)]
    while cursor.take(","):
        items.append(read(cursor))
    return tuple(items)


def pair_at(cursor: Cursor, kinds: tuple[Any, ...]) -> tuple[Any, ...]:
    """The parts of one item with colons between them: `name:number`."""
    parts = [attribute_at(cursor, kinds[0])]
    for kind in kinds[1:]:
        cursor.expect(":")
        parts.append(attribute_at(cursor, kind))
    return tuple(parts)


def option_at(cursor: Cursor, options: tuple[Any, ...]) -> str:
    """One of a few words."""
    before = Cursor(cursor.line, cursor.offset)
    word = cursor.name()
    if word not in options:
        raise before.refused(f"one of {', '.join(option or '(nothing)' for option in options)}")
    return word


def algorithm_at(cursor: Cursor) -> Algorithm:
    """The import path of a function."""
    found = cursor.match(IMPORT_PATH)
    if found is None or not all(part.isidentifier() for part in (*found[1].split("."), found[2])):
        raise cursor.refused("the import path of a function: module.name")
    return Algorithm(found[1], found[2])
