"""Expressions over fields, as Python text that cannot fail and whose size is bounded."""

from __future__ import annotations

from ast import literal_eval
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
            if code.text.startswith(('"', 'b"')):
                text, _, times = code.text.partition('" * ')
                return literal(len(literal_eval(f'{text}"' if times else text)) * int(times or 1))
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
    if amount.low is None or amount.low < 0 or not (context.trusted or amount.text.isdigit()):
        context.refuse(f"{amount.atom} < 0")
    if symbol == "<<" and not context.trusted and not amount.text.isdigit():
        context.refuse(f"{amount.atom} > {amount.high}")


def interval(symbol: str, left: Code, right: Code) -> tuple[int | None, int | None]:
    """Bounds of the result, None where they are not known."""
    if symbol in "&|^":
        return masked(symbol, left, right)
    if left.low is None or left.high is None or right.low is None or right.high is None:
        positive = (left.low or -1) >= 0 and (right.low or -1) >= 0 and symbol in "+*"
        return (0 if positive else None), None
    if symbol == "%":
        return (0, right.high - 1) if right.low >= 1 else (None, None)
    if symbol == "//" and right.low < 1:
        return None, None
    corners = [corner(symbol, first, second) for first in (left.low, left.high) for second in (right.low, right.high)]
    return min(corners), max(corners)


def masked(symbol: str, left: Code, right: Code) -> tuple[int | None, int | None]:
    """Bounds of a bitwise operation. One operand that is never negative bounds `&` alone."""
    highs = [code.high for code in (left, right) if code.low is not None and code.low >= 0]
    known = [high for high in highs if high is not None]
    if symbol == "&" and known:
        return 0, min(known)
    if len(highs) < 2:
        return None, None
    return 0, (1 << max(known).bit_length()) - 1 if len(known) == 2 else None


def corner(symbol: str, first: int, second: int) -> int:
    """The result for two bounds; shifts are refused where they are negative or wild, so their bounds are drawn in."""
    match symbol:
        case "+":
            return first + second
        case "-":
            return first - second
        case "*":
            return first * second
        case "//":
            return first // second
    amount = min(max(second, 0), SHIFT_MAXIMUM)
    return first << amount if symbol == "<<" else first >> amount
