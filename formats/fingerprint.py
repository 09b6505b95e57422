"""The fingerprint of a layout, and the canonical text that it is taken of.

The text has one node a line, a member's name in front, what is inside it indented below. Everything that is on disk is
in it, names included; documentation is not. So it can be reviewed, compared line by line and kept in a lock file.

It must not change when this code does. So every node and attribute has its word here, apart from the Python names; an
attribute at its default is left out, so that a node may gain one; and what has no order on disk (members of an
enumeration, cases of a choice) is sorted.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import MISSING, fields
from typing import Any, Final

from .layout import (
    Accepted,
    Algorithm,
    Array,
    BitGroup,
    Bits,
    Blocks,
    Boolean,
    Bounded,
    Captured,
    Choice,
    Computed,
    Conditional,
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
    Layout,
    LengthOf,
    Literal,
    Node,
    Nothing,
    Operation,
    Padded,
    Prefixed,
    PrefixOf,
    Raw,
    Rebuilt,
    Records,
    Region,
    Repeated,
    Size,
    Slices,
    Struct,
    Text,
    Zeros,
)

#: The word for every node. Frozen: a fingerprint is made of them.
WORDS: Final[dict[type, str]] = {
    Accepted: "accepted",
    Array: "array",
    BitGroup: "bit_group",
    Bits: "bits",
    Blocks: "blocks",
    Boolean: "boolean",
    Bounded: "bounded",
    Captured: "captured",
    Choice: "choice",
    Computed: "computed",
    Conditional: "conditional",
    Constant: "constant",
    CountOf: "count_of",
    CountedArray: "counted_array",
    Digest: "digest",
    EndsOf: "ends_of",
    Enumeration: "enumeration",
    FlagSet: "flag_set",
    Float: "float",
    Integer: "integer",
    LengthOf: "length_of",
    Nothing: "nothing",
    Padded: "padded",
    PrefixOf: "prefix_of",
    Prefixed: "prefixed",
    Raw: "raw",
    Rebuilt: "rebuilt",
    Records: "records",
    Region: "region",
    Repeated: "repeated",
    Slices: "slices",
    Struct: "struct",
    Text: "text",
    Zeros: "zeros",
}
#: Attributes that hold nodes, and the label of the line for each; "" is the only node inside.
INSIDE: Final = {"node": "", "then": "then", "otherwise": "otherwise"}
#: The count in front of a counted array and the length in front of a prefixed node are nodes as well.
COUNTERS: Final = {CountedArray: "count", Prefixed: "length"}
IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
#: Constants that look like the name of a field.
CONSTANTS: Final = frozenset({"none", "true", "false"})


def fingerprint(layout: Layout) -> str:
    """The SHA-256, in hexadecimal, of the canonical text."""
    return hashlib.sha256(layout_text(layout).encode("utf-8")).hexdigest()


def layout_text(layout: Layout) -> str:
    """The canonical text: first the context that seeds checksums, then the tree. Every line ends in a newline."""
    lines = [f"layout seed={attribute_text('seed', layout.seed)}"]
    add(lines, layout.root, "", 0)
    return "\n".join(lines) + "\n"


def add(lines: list[str], node: Node, label: str, depth: int) -> None:
    """Add the lines of one node and of what is inside it."""
    words, inner = [WORDS[type(node)]], []
    for field in fields(node):
        value = getattr(node, field.name)
        if field.name == "members" and isinstance(node, Struct | BitGroup):
            inner += [(member_label(member.name), member.node) for member in value]
        elif field.name == "cases":
            inner += [(f"case {value_text(case)}", branch) for case, branch in sorted(value, key=case_order)]
        elif field.name in INSIDE or COUNTERS.get(type(node)) == field.name:
            inner += [] if value is None else [(INSIDE.get(field.name, field.name), value)]
        elif field.default is MISSING or value != field.default:
            words.append(f"{field.name}={attribute_text(field.name, value)}")
    lines.append("  " * depth + (f"{label}: " if label else "") + " ".join(words))
    for inner_label, inner_node in inner:
        add(lines, inner_node, inner_label, depth + 1)


def member_label(name: str | None) -> str:
    """The name of a member; `-` for none."""
    return "-" if name is None else name_text(name)


def name_text(name: str) -> str:
    """A name, in quotes where it is no identifier."""
    return name if IDENTIFIER.fullmatch(name) else json.dumps(name)


def case_order(case: tuple[Any, Node]) -> tuple[str, Any]:
    """Cases in the order of their values; values of different types cannot be compared."""
    return type(case[0]).__name__, case[0]


def attribute_text(name: str, value: Any) -> str:
    """The text of one attribute, without spaces outside quotes and parentheses."""
    match value:
        case Algorithm(module=module, name=function):
            return f"{module}.{function}"
        case Literal() | Field() | Operation() | Size():
            return expression_text(value)
        case tuple() if name == "members":
            numbered = sorted(value, key=lambda member: member[1])
            return ",".join(f"{name_text(member)}:{number}" for member, number in numbered)
        case tuple() if name == "covers":
            return ",".join(expression_text(covered) for covered in value)
        case tuple() if name == "values":
            return ",".join(value_text(item) for item in value)
        case tuple():
            return ",".join(name_text(item) for item in value)
        case str() if name != "value":
            return name_text(value.lower().replace("-", "").replace("_", "") if name == "encoding" else value)
        case _:
            return value_text(value)


def value_text(value: int | str | bytes | bool | None) -> str:
    """A constant: text in double quotes, bytes as `x"d3d0"`, numbers in decimal, `true`, `false`, `none`."""
    match value:
        case None:
            return "none"
        case bool():
            return "true" if value else "false"
        case bytes():
            return f'x"{value.hex()}"'
        case str():
            return json.dumps(value)
        case _:
            return str(int(value))


def expression_text(expression: Expression) -> str:
    """An expression with every parenthesis; a `^` in front of a field for each struct that is left."""
    match expression:
        case Literal(value=value):
            return value_text(value)
        case Field(up=up, names=names):
            is_plain = bool(IDENTIFIER.fullmatch(names[0])) and names[0] not in CONSTANTS
            # A dot in front tells the field "a b" from the text "a b", and the field true from the constant.
            return ("^" * up or ("" if is_plain else ".")) + ".".join(name_text(name) for name in names)
        case Size(of=of):
            return f"size({expression_text(of)})"
        case Operation(operator=operator, operands=(operand,)):
            return f"({operator} {expression_text(operand)})"
        case Operation(operator=operator, operands=operands):
            return f"({f' {operator} '.join(expression_text(operand) for operand in operands)})"
