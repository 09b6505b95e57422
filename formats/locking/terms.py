"""Reads expressions: the inverse of `fingerprint.expression_text`.

expression := "(" unary " " expression ")" | "(" expression " " binary " " expression ")"
            | "size(" field ")" | field | constant
field      := "^"* name ("." name)*       one ^ for each struct that is left; "." in front where the name
                                           alone would read as a constant
"""

from __future__ import annotations

import re
from typing import Final

from ..expressions import BINARY, UNARY
from ..fingerprint import IDENTIFIER
from ..layout import Expression, Field, Literal, Operation, Size
from .lines import BYTES, CONSTANT, Cursor

#: How deep parentheses may nest. No schema that can be written needs more, and a reader must end.
NESTING_MAXIMUM: Final = 100

SYMBOLS: Final = "|".join(re.escape(symbol) for symbol in sorted(BINARY.values(), key=len, reverse=True))
BINARY_OPERATOR: Final = re.compile(rf" ({SYMBOLS}) ")
#: A field may be named like an operator: then an operator follows it.
UNARY_OPERATOR: Final = re.compile(rf"({'|'.join(UNARY.values())}) (?!(?:{SYMBOLS}) )")
UPS: Final = re.compile(r"\^*")


def expression_at(cursor: Cursor, depth: int = 0) -> Expression:
    """The expression that stands here."""
    if depth > NESTING_MAXIMUM:
        raise cursor.refused(f"at most {NESTING_MAXIMUM} parentheses inside one another")
    if cursor.take("("):
        operation = operation_at(cursor, depth + 1)
        cursor.expect(")")
        return operation
    if cursor.take("size("):
        size = Size(field_at(cursor))
        cursor.expect(")")
        return size
    rest = cursor.rest
    if rest.startswith(("^", ".")) or (IDENTIFIER.match(rest) and not BYTES.match(rest) and not CONSTANT.match(rest)):
        return field_at(cursor)
    value = cursor.value()
    if value is None:
        raise cursor.line.refused("an expression", "`none`")
    return Literal(value)


def operation_at(cursor: Cursor, depth: int) -> Operation:
    """What stands between two parentheses."""
    if (unary := cursor.match(UNARY_OPERATOR)) is not None:
        return Operation(unary[1], (expression_at(cursor, depth),))
    left = expression_at(cursor, depth)
    binary = cursor.match(BINARY_OPERATOR)
    if binary is None:
        raise cursor.refused("an operator between two spaces")
    return Operation(binary[1], (left, expression_at(cursor, depth)))


def field_at(cursor: Cursor) -> Field:
    """The field that stands here."""
    ups = cursor.match(UPS)
    up = 0 if ups is None else len(ups[0])
    if not up:
        cursor.take(".")
    names = [cursor.name()]
    while cursor.take("."):
        names.append(cursor.name())
    return Field(up, tuple(names))
