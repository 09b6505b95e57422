"""Expressions over fields parsed before: what sizes, counts and conditions are made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Literal:
    """A constant."""

    value: int | str | bytes | bool


@dataclass(frozen=True)
class Field:
    """The value of a field parsed before: go `up` enclosing structs (0 = the one this stands in), then down `names`."""

    up: int
    names: tuple[str, ...]


@dataclass(frozen=True)
class Operation:
    """An operator over operands: + - * // % << >> & | ^ == != < <= > >= (binary), neg, not (unary)."""

    operator: str
    operands: tuple[Expression, ...]


@dataclass(frozen=True)
class Size:
    """The number of elements (of bytes, for byte strings) of a field: Construct's `len_`."""

    of: Field


Expression = Literal | Field | Operation | Size
