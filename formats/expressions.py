"""Construct's `this` expressions as data, and their evaluation over plain values.

Lambdas are refused: no lock file can keep them and no compiler can read them.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from construct.expr import BinExpr, FuncPath, Path, UniExpr

from .errors import Path as FieldPath
from .errors import SchemaRefused
from .layout import Expression, Field, Literal, Operation, Size

BINARY: Final[dict[Callable[..., Any], str]] = {
    operator.add: "+",
    operator.sub: "-",
    operator.mul: "*",
    operator.floordiv: "//",
    operator.mod: "%",
    operator.lshift: "<<",
    operator.rshift: ">>",
    operator.and_: "&",
    operator.or_: "|",
    operator.xor: "^",
    operator.eq: "==",
    operator.ne: "!=",
    operator.lt: "<",
    operator.le: "<=",
    operator.gt: ">",
    operator.ge: ">=",
}
UNARY: Final[dict[Callable[..., Any], str]] = {operator.neg: "neg", operator.not_: "not"}
OPERATORS: Final = {symbol: function for table in (BINARY, UNARY) for function, symbol in table.items()}


@dataclass(frozen=True)
class Scope:
    """An enclosing context of Construct; `hidden` ones (a PrefixedArray's own) hold no field a schema may name."""

    hidden: bool = False


def expression_of(value: Any, path: FieldPath, scopes: tuple[Scope, ...]) -> Expression:
    """The expression that a Construct parameter stands for; `SchemaRefused` for lambdas and unknown operators."""
    match value:
        case bool() | int() | str() | bytes():
            return Literal(value)
        case Path():
            return field_of(value, path, scopes)
        case BinExpr() | UniExpr():
            return operation_of(value, path, scopes)
        case FuncPath():
            return size_of(value, path, scopes)
    raise SchemaRefused(path, f"{value!r} is code, which cannot be read or locked", "an expression over `this`")


def operation_of(value: Any, path: FieldPath, scopes: tuple[Scope, ...]) -> Expression:
    """An operator over operands."""
    symbol = BINARY.get(value.op) or UNARY.get(value.op)
    if symbol is None:
        raise SchemaRefused(path, f"the operator of {value} is not supported", "+ - * // % << >> & | ^ or a comparison")
    operands = (value.operand,) if symbol in UNARY.values() else (value.lhs, value.rhs)
    return Operation(symbol, tuple(expression_of(operand, path, scopes) for operand in operands))


def size_of(function: Any, path: FieldPath, scopes: tuple[Scope, ...]) -> Expression:
    """`len_(this.field)`."""
    if getattr(function, "_FuncPath__func", None) is not len:
        raise SchemaRefused(path, f"{function!r} is not supported", "len_(this.field)")
    return Size(field_of(getattr(function, "_FuncPath__operand", None), path, scopes))


def field_names(value: Any) -> tuple[str, ...]:
    """The names along a `this` path: `this._.a.b` gives ("_", "a", "b")."""
    names: list[str] = []
    while (parent := getattr(value, "_Path__parent", None)) is not None:
        names.append(value.__getfield__())
        value = parent
    return tuple(reversed(names))


def field_of(value: Any, path: FieldPath, scopes: tuple[Scope, ...]) -> Field:
    """The field that `this.a`, `this._.a`, `this._root.a` names, seen from the innermost scope."""
    if not isinstance(value, Path) or getattr(value, "_Path__name", "") != "this":
        raise SchemaRefused(path, f"{value!r} does not name a field", "this.field")
    names = field_names(value)
    ups = 0
    while ups < len(names) and names[ups] == "_":
        ups += 1
    if names[ups : ups + 1] == ("_root",):
        ups, names = len(scopes) - 1, ("_",) * (len(scopes) - 1) + names[ups + 1 :]
    rest = names[ups:]
    if not rest or not all(isinstance(name, str) for name in rest) or any(name.startswith("_") for name in rest):
        raise SchemaRefused(path, f"{value!s} does not name a field", "this.field")
    if ups >= len(scopes) or scopes[-1 - ups].hidden:
        raise SchemaRefused(path, f"{value!s} leads outside the schema's structs", "a field of an enclosing struct")
    passed = scopes[len(scopes) - ups :]
    return Field(sum(not scope.hidden for scope in passed), rest)


class Unknown(Exception):
    """An expression has no value: it divides by zero or asks for what is not there."""


def evaluate(expression: Expression, environment: list[dict[str, Any]]) -> Any:
    """The value of an expression; `environment`: the plain values of the enclosing structs, outermost first."""
    match expression:
        case Literal():
            return expression.value
        case Size(of=field):
            return len(evaluate(field, environment))
        case Field(up=up, names=names):
            value: Any = environment[-1 - up]
            for name in names:
                if not isinstance(value, dict) or name not in value:
                    raise Unknown(f"there is no field {name!r}")
                value = value[name]
            return value
        case Operation(operator=symbol, operands=operands):
            values = [evaluate(operand, environment) for operand in operands]
            try:
                return OPERATORS[symbol](*values)
            except (ZeroDivisionError, ValueError, TypeError) as error:
                raise Unknown(str(error)) from None
