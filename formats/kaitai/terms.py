"""Expressions in Kaitai's language, with their types: Kaitai does not mix numbers and truth values as Python does."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

from ..errors import Path, SchemaRefused
from ..layout import (
    Accepted,
    Array,
    Bits,
    Boolean,
    Bounded,
    Captured,
    Computed,
    Constant,
    CountedArray,
    CountOf,
    Digest,
    EndsOf,
    Enumeration,
    Expression,
    Field,
    FlagSet,
    Float,
    Integer,
    LengthOf,
    Literal,
    Node,
    Operation,
    Padded,
    Prefixed,
    PrefixOf,
    Raw,
    Rebuilt,
    Region,
    Repeated,
    Size,
    Slices,
    Text,
)

COMPARISONS: Final = frozenset({"==", "!=", "<", "<=", ">", ">="})
OF_TRUTHS: Final = {"&": "and", "|": "or", "^": "!="}


@dataclass
class Slot:
    """What an expression reaches by a field's name: how to write it, what it is, and the fields inside it."""

    text: str
    node: Node
    fields: dict[str, Slot] = field(default_factory=dict)
    enum: str = ""


def captured(node: Node, inner: Slot) -> Slot:
    """A captured field: expressions reach its value as `value`, as Construct's do."""
    return Slot(inner.text, node, {"value": Slot("", inner.node, inner.fields, inner.enum)}, inner.enum)


@dataclass
class Scope:
    """One Kaitai type being made: what has been put into it, and the type around it.

    is_struct: it stands for a struct of the layout; others only wrap a single field, `value`.
    """

    path: Path
    parent: Scope | None = None
    is_struct: bool = True
    seq: list[dict[str, Any]] = field(default_factory=list)
    instances: dict[str, dict[str, Any]] = field(default_factory=dict)
    slots: dict[str, Slot] = field(default_factory=dict)

    def taken(self) -> set[str]:
        """The identifiers in use."""
        return {attribute["id"] for attribute in self.seq} | set(self.instances)

    def tree(self) -> dict[str, Any]:
        """The body of the type."""
        return {"seq": self.seq} | ({"instances": self.instances} if self.instances else {})

    def find(self, wanted: Field, path: Path) -> Slot:
        """The field that an expression names, with the way up to it."""
        scope, way, left = self, "", wanted.up
        while left or not scope.is_struct:
            left -= scope.is_struct
            if scope.parent is None:
                raise SchemaRefused(path, f"there is no field {'.'.join(wanted.names)} around it")
            scope, way = scope.parent, f"{way}_parent."
        slot = scope.slots.get(wanted.names[0])
        text = f"{way}{slot.text}" if slot else ""
        for name in wanted.names[1:]:
            slot = slot.fields.get(name) if slot else None
            text += f".{slot.text}" if slot and slot.text else ""
        if slot is None:
            raise SchemaRefused(path, f"{'.'.join(wanted.names)} is not read before it, as Kaitai needs")
        return Slot(text, slot.node, slot.fields, slot.enum)


@dataclass(frozen=True)
class Term:
    """An expression's text and type: int, float, bool, str, bytes, enum, array; or "" for what has none."""

    text: str
    type: str
    slot: Slot | None = None

    def as_int(self) -> str:
        """The same as a number."""
        if self.type == "bool":
            return f"({self.text} ? 1 : 0)"
        return f"{self.text}.to_i" if self.type == "enum" else self.text

    def as_bool(self) -> str:
        """The same as a truth value."""
        if self.type == "bool":
            return self.text
        return f"({self.text}.length != 0)" if self.type in {"str", "bytes"} else f"({self.as_int()} != 0)"


def node_type(node: Node) -> str:
    """The type that Kaitai gives a field."""
    match node:
        case Integer() | Boolean() | FlagSet():
            return "int"
        case Bits(width=width, signed=signed):
            return "bool" if width == 1 and not signed else "int"
        case Float():
            return "float"
        case Raw() | PrefixOf() | Repeated():
            return "bytes"
        case Text():
            return "str"
        case Enumeration():
            return "enum"
        case Array() | CountedArray() | EndsOf() | Slices():
            return "array"
        case Bounded() | LengthOf() | CountOf() | Rebuilt() | Digest() | Accepted() | Captured() | Constant():
            return node_type(node.node)
        case Padded() | Region() | Prefixed():
            return node_type(node.node)
        case _:
            return ""


def bytes_text(value: bytes) -> str:
    """A byte array."""
    return "[" + ", ".join(f"{byte:#04x}" for byte in value) + "]" if value else "[].as<bytes>"


def literal_term(value: int | str | bytes | bool) -> Term:
    """A constant."""
    if isinstance(value, bool):
        return Term("true" if value else "false", "bool")
    if isinstance(value, bytes):
        return Term(bytes_text(value), "bytes")
    return Term(str(value), "int") if isinstance(value, int) else Term(json.dumps(value), "str")


def render(expression: Expression, scope: Scope, path: Path) -> Term:
    """An expression as a term; `SchemaRefused` for what Kaitai's language lacks."""
    match expression:
        case Literal(value=value):
            return literal_term(value)
        case Field():
            slot = scope.find(expression, path)
            computed = isinstance(slot.node, Computed)
            inner = render(slot.node.expression, scope, path).type if isinstance(slot.node, Computed) else ""
            return Term(slot.text, inner if computed else node_type(slot.node), slot)
        case Size(of=of):
            slot = scope.find(of, path)
            kind = node_type(slot.node)
            return Term(f"{slot.text}.{'size' if kind == 'array' else 'length'}", "int")
        case Operation(operator="neg", operands=(operand,)):
            return Term(f"(-{render(operand, scope, path).as_int()})", "int")
        case Operation(operator="not", operands=(operand,)):
            return Term(f"(not {render(operand, scope, path).as_bool()})", "bool")
        case Operation(operator=operator, operands=(left, right)):
            return binary(operator, render(left, scope, path), render(right, scope, path))
    raise SchemaRefused(path, "an operator has one or two operands")


def binary(operator: str, left: Term, right: Term) -> Term:
    """Two terms under an operator."""
    if operator in {"==", "!="}:
        return equality(operator, left, right)
    if operator in COMPARISONS:
        same = left.type == right.type and left.type in {"str", "bytes", "float"}
        pair = (left.text, right.text) if same else (left.as_int(), right.as_int())
        return Term(f"({pair[0]} {operator} {pair[1]})", "bool")
    if left.type == right.type == "bool" and operator in OF_TRUTHS:
        return Term(f"({left.text} {OF_TRUTHS[operator]} {right.text})", "bool")
    kind = "float" if "float" in {left.type, right.type} else "str" if left.type == right.type == "str" else "int"
    sign = "/" if operator == "//" else operator
    return Term(f"({left.as_int()} {sign} {right.as_int()})", kind)


def equality(operator: str, left: Term, right: Term) -> Term:
    """`==` and `!=`: also of an enumeration with a member's name, and of terms that can never be equal."""
    if right.type == "enum" != left.type:
        left, right = right, left
    never = Term("false" if operator == "==" else "true", "bool")
    if left.type == "enum" and right.type == "str" and left.slot is not None:
        number = enumeration_of(left.slot.node).get(json.loads(right.text) if right.text[:1] == '"' else "")
        return never if number is None else Term(f"({left.as_int()} {operator} {number})", "bool")
    if left.type == "enum" and right.type == "int" and left.slot is not None:
        known = right.text in {str(number) for number in enumeration_of(left.slot.node).values()}
        return never if known else Term(f"({left.as_int()} {operator} {right.text})", "bool")
    numbers = {"int", "bool", "enum"}
    if left.type != right.type and {left.type, right.type} <= numbers:
        return Term(f"({left.as_int()} {operator} {right.as_int()})", "bool")
    if left.type != right.type and "float" not in {left.type, right.type}:
        return never
    return Term(f"({left.text} {operator} {right.text})", "bool")


def enumeration_of(node: Node) -> dict[str, int]:
    """The members of the enumeration that a node is, or wraps."""
    while not isinstance(node, Enumeration):
        node = node.node  # type: ignore[union-attr]  # its type is "enum", so one is inside
    return dict(node.members)
