"""What fields are used for, read off a layout once: sizes must stay small, selectors must select.

A field is known by the names of the struct members that lead to it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from formats.layout import (
    Accepted,
    Array,
    BitGroup,
    Bounded,
    Captured,
    Choice,
    Computed,
    Conditional,
    Constant,
    EndsOf,
    Enumeration,
    Expression,
    Field,
    FlagSet,
    Literal,
    Node,
    Operation,
    Padded,
    PrefixOf,
    Raw,
    Rebuilt,
    Region,
    Slices,
    Struct,
    Zeros,
    children,
)

from .domains import fields_in

Names = tuple[str, ...]


@dataclass
class Hints:
    """sizing: fields that counts and sizes follow; wanted: values that make a difference; required: per choice
    without a default, the values that it has a case for."""

    sizing: set[Names] = field(default_factory=set)
    wanted: dict[Names, list[Any]] = field(default_factory=dict)
    required: dict[Names, list[tuple[Any, ...]]] = field(default_factory=dict)


def boundaries(node: Node) -> tuple[int, ...]:
    """Numbers next to what a layout forbids or names: bounds, members, accepted values and literals, and their
    neighbours."""
    numbers: set[int] = set()
    stack: list[Any] = [node]
    while stack:
        one = stack.pop()
        match one:
            case Bounded(minimum=minimum, maximum=maximum) | Slices(minimum=minimum, maximum=maximum):
                numbers |= {minimum, maximum}
            case Enumeration(members=members) | FlagSet(members=members):
                numbers |= {number for _, number in members}
            case Accepted(values=values):
                numbers |= {value for value in values if isinstance(value, int)}
            case Constant(value=int(value)) | Literal(value=int(value)):
                numbers.add(value)
        if isinstance(one, tuple):
            stack.extend(one)
        elif is_dataclass(one):
            stack.extend(getattr(one, part.name) for part in fields(one))
    return tuple(sorted({near for number in numbers for near in (number - 1, number, number + 1)}))


def hints_of(root: Node) -> Hints:
    """The hints of a layout."""
    hints = Hints()
    collect(root, (), (), hints)
    return hints


def collect(node: Node, names: Names, scopes: tuple[Names, ...], hints: Hints) -> None:
    """Add what this node and all below it use; `scopes`: where the enclosing structs are, outermost first."""
    match node:
        case Raw(size=size) | Zeros(size=size) | Region(size=size) | Padded(size=size) | PrefixOf(size=size):
            use_size(size, scopes, hints)
        case Array(count=count, last=last):
            use_size(count, scopes, hints)
            use_size(last, scopes, hints)
        case EndsOf(count=count):
            use_size(count, scopes, hints)
        case Conditional(condition=expression) | Computed(expression=expression) | Rebuilt(expression=expression):
            use_value(expression, scopes, hints)
        case Choice(selector=selector, cases=cases, otherwise=otherwise):
            use_value(selector, scopes, hints)
            path = resolved(selector, scopes)
            if path is not None:
                hints.wanted.setdefault(path, []).extend(value for value, _ in cases)
                if otherwise is None:
                    hints.required.setdefault(path, []).append(tuple(value for value, _ in cases))
    if isinstance(node, Struct):
        scopes = (*scopes, names)
    if isinstance(node, Struct | BitGroup):
        for member in node.members:
            collect(member.node, names if member.name is None else (*names, member.name), scopes, hints)
        return
    for _, child in children(node):
        collect(child, (*names, "value") if isinstance(node, Captured) else names, scopes, hints)


def resolved(expression: Expression | None, scopes: tuple[Names, ...]) -> Names | None:
    """The field that an expression is, from the root."""
    if isinstance(expression, Field) and expression.up < len(scopes):
        return (*scopes[-1 - expression.up], *expression.names)
    return None


def use_size(expression: Expression | None, scopes: tuple[Names, ...], hints: Hints) -> None:
    """A count or size follows this expression."""
    for name in fields_in(expression):
        path = resolved(name, scopes)
        if path is not None:
            hints.sizing.add(path)


def use_value(expression: Expression, scopes: tuple[Names, ...], hints: Hints) -> None:
    """A decision follows this expression: the literals it compares with, and their neighbours, matter."""
    if not isinstance(expression, Operation):
        return
    for operand in expression.operands:
        use_value(operand, scopes, hints)
    literals = [operand.value for operand in expression.operands if isinstance(operand, Literal)]
    for operand in expression.operands:
        path = resolved(operand, scopes)
        if path is None:
            continue
        for value in literals:
            near = [value - 1, value, value + 1] if type(value) is int else [value]
            hints.wanted.setdefault(path, []).extend(near)
