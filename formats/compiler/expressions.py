"""Expressions over fields, as Python text that cannot fail and whose size is bounded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ..errors import Path, SchemaRefused
from ..layout import Expression, Field, Literal, Operation, Size
from .text import Code, literal

#: A shift to the left by more bits than this would build numbers of unbounded size.
SHIFT_MAXIMUM: Final = 4096
#: Longest expression, in characters of generated code.
LENGTH_MAXIMUM: Final = 1000
COMPARISONS: Final = frozenset({"==", "!=", "<", "<=", ">", ">="})
NUMBERS: Final = frozenset({"int", "bool"})


class Unbound(Exception):
    """The expression names a field that has not been read yet."""


@dataclass(frozen=True)
class Context:
    """Where an expression is compiled.

    lookup: the code of a field, or `Unbound`; refuse: writes a refusal under a condition; trusted: the bounds of
    fields hold already (in a decoder), so that guards which follow from them can be left out.
    """

    path: Path
    lookup: Callable[[Field], Code]
    refuse: Callable[[str], None]
    trusted: bool = True


def compiled(expression: Expression, context: Context) -> Code:
    """The code of an expression; guards against division by zero and wild shifts are written before it."""
    match expression:
        case Literal(value=value):
            return literal(value)
        case Field():
            return context.lookup(expression)
        case Size(of=field):
            code = context.lookup(field)
            if code.kind not in ("bytes", "tuple", "str"):
                raise SchemaRefused(context.path, f"len_ of {'.'.join(field.names)}, which has no length")
            return Code(f"len({code.text})", "int", 0, None)
        case Operation(operator=symbol, operands=(operand,)):
            return unary(symbol, compiled(operand, context), context)
        case Operation(operator=symbol, operands=(left, right)):
            return binary(symbol, compiled(left, context), compiled(right, context), context)
    raise SchemaRefused(context.path, f"the expression {expression!r} cannot be compiled")


def size_of(expression: Expression, context: Context) -> Code:
    """The code of a size or count; an integer by its type, perhaps negative."""
    code = compiled(expression, context)
    if code.kind not in NUMBERS:
        raise SchemaRefused(context.path, f"a size or count that is {code.kind}, not an integer")
    return code


def unary(symbol: str, operand: Code, context: Context) -> Code:
    """`-x` and `not x`."""
    if symbol == "not":
        return Code(f"not {operand.atom}", "bool", 0, 1)
    if symbol != "neg" or operand.kind not in NUMBERS | {"float"}:
        raise SchemaRefused(context.path, f"{symbol} of {operand.kind} cannot be compiled")
    low = None if operand.high is None else -operand.high
    high = None if operand.low is None else -operand.low
    return Code(f"-{operand.atom}", "float" if operand.kind == "float" else "int", low, high)


def binary(symbol: str, left: Code, right: Code, context: Context) -> Code:
    """An operator between two expressions, as far as their types allow it."""
    text = f"{left.atom} {symbol} {right.atom}"
    if len(text) > LENGTH_MAXIMUM:
        raise SchemaRefused(context.path, "an expression of more operators than anybody can read")
    kinds = {"int" if code.kind == "bool" else code.kind for code in (left, right)}
    if symbol in COMPARISONS:
        ordered = kinds in ({"int"}, {"float"}, {"str"}, {"bytes"}, {"int", "float"})
        if symbol not in ("==", "!=") and not ordered:
            raise SchemaRefused(context.path, f"{left.kind} {symbol} {right.kind} cannot be ordered")
        return Code(text, "bool", 0, 1)
    if symbol in ("&", "|", "^") and {left.kind, right.kind} == {"bool"}:
        return Code(text, "bool", 0, 1)
    if kinds != {"int"}:
        raise SchemaRefused(context.path, f"{left.kind} {symbol} {right.kind} cannot be compiled")
    if (
        symbol in ("//", "%")
        and (right.low is None or right.low < 1)
        and not (right.high is not None and right.high < 0)
    ):
        context.refuse(f"{right.atom} == 0")
    if symbol in ("<<", ">>"):
        guard_shift(symbol, right, context)
    low, high = interval(symbol, left, right)
    return Code(text, "int", low, high)


def guard_shift(symbol: str, amount: Code, context: Context) -> None:
    """Refuse negative shifts, and at compile time those that may be wild."""
    if symbol == "<<" and (amount.high is None or amount.high > SHIFT_MAXIMUM):
        raise SchemaRefused(
            context.path, f"<< by up to {amount.high or 'any number of'} bits", "a smaller or bounded field"
        )
    if amount.low is None or amount.low < 0 or not context.trusted:
        context.refuse(f"{amount.atom} < 0")
    if symbol == "<<" and not context.trusted:
        context.refuse(f"{amount.atom} > {amount.high}")


def interval(symbol: str, left: Code, right: Code) -> tuple[int | None, int | None]:
    """Bounds of the result, None where they are not known."""
    if left.low is None or left.high is None or right.low is None or right.high is None:
        positive = (left.low or -1) >= 0 and (right.low or -1) >= 0 and symbol in "+*&|^"
        return (0 if positive else None), None
    corners: list[int] = []
    for first in (left.low, left.high):
        for second in (right.low, right.high):
            match symbol:
                case "+":
                    corners.append(first + second)
                case "-":
                    corners.append(first - second)
                case "*":
                    corners.append(first * second)
                case "//" if right.low >= 1:
                    corners.append(first // second)
                case "<<" | ">>" if second >= 0 and second <= SHIFT_MAXIMUM:
                    corners.append(first << second if symbol == "<<" else first >> second)
    if corners:
        return min(corners), max(corners)
    if symbol == "%" and right.low >= 1:
        return 0, right.high - 1
    if symbol in "&|^" and left.low >= 0 and right.low >= 0:
        return 0, (1 << max(left.high.bit_length(), right.high.bit_length())) - 1
    return None, None
