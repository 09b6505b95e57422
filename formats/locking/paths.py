"""From expressions back to Construct's `this`: the inverse of `formats.expressions`."""

from __future__ import annotations

from typing import Any

from construct import len_, this
from construct.expr import BinExpr, UniExpr

from ..errors import Path, RebuildRefused
from ..expressions import BINARY, OPERATORS, Scope
from ..layout import Expression, Field, Literal, Operation, Size


def term_of(expression: Expression, path: Path, scopes: tuple[Scope, ...]) -> Any:
    """What Construct takes as a parameter: a constant, or an expression over `this` as seen from inside the scopes."""
    match expression:
        case Literal(value=value):
            return value
        case Field():
            return field_term(expression, path, scopes)
        case Size(of=field):
            return len_(field_term(field, path, scopes))
        case Operation(operator=symbol, operands=operands):
            terms = [term_of(operand, path, scopes) for operand in operands]
            kind = BinExpr if symbol in BINARY.values() else UniExpr
            return kind(OPERATORS[symbol], *terms)


def field_term(field: Field, path: Path, scopes: tuple[Scope, ...]) -> Any:
    """The path to a field: up by as many contexts as Construct has, hidden ones too, then down."""
    visible = [number for number, scope in enumerate(reversed(scopes)) if not scope.hidden]
    if field.up >= len(visible):
        raise RebuildRefused(path, f"the field {'.'.join(field.names)} is said to be {field.up} structs further out")
    term: Any = this
    for name in ("_",) * visible[field.up] + field.names:
        term = term[name]
    return term
