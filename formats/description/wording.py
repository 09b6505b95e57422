"""Words for a layout: paths, numbers, expressions and types as people read them, alike wherever they are shown."""

from __future__ import annotations

from typing import Final

from ..layout import (
    Array,
    BitGroup,
    Bits,
    Blocks,
    Boolean,
    Captured,
    Choice,
    Computed,
    Conditional,
    Constant,
    CountedArray,
    Digest,
    EndsOf,
    Expression,
    Field,
    Float,
    Integer,
    Literal,
    Member,
    Node,
    Nothing,
    Operation,
    Prefixed,
    PrefixOf,
    Raw,
    Records,
    Region,
    Repeated,
    Size,
    Slices,
    Struct,
    Text,
    Zeros,
)

#: Paths (as text) of the enclosing structs, outermost first: what an expression's fields are relative to.
Scopes = tuple[str, ...]

#: How tightly an operator binds its operands; a looser one inside a tighter one takes parentheses.
PRECEDENCE: Final = {
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), 1),
    **dict.fromkeys(("<<", ">>"), 5),
    **dict.fromkeys(("*", "//", "%"), 7),
    **dict.fromkeys(("+", "-"), 6),
    **dict.fromkeys(("neg", "not"), 8),
    **{"|": 2, "^": 3, "&": 4},  # noqa: PIE800  # one line for each level, loosest last
}
INDEX_LETTERS: Final = "ijklmnopqrstuvwxyz"
#: Above this a number next to a power of two is written as one.
PLAIN_NUMBER_MAXIMUM: Final = 99_999
#: How far from a power of two: a page, which is what limits are rounded down by.
DISTANCE_MAXIMUM: Final = 4096


def joined(path: str, name: str) -> str:
    """The path one level further in: a name, or an index in brackets."""
    return f"{path}{name}" if not path or name.startswith("[") else f"{path}.{name}"


def index_of(path: str) -> str:
    """The index of an element of the array at a path: `[i]`, or a later letter inside another array."""
    return f"[{INDEX_LETTERS[path.count('[') % len(INDEX_LETTERS)]}]"


def labels(members: tuple[Member, ...]) -> tuple[str, ...]:
    """A label for every member: its name, or in parentheses what an unnamed one is, numbered from the second on."""
    found: list[str] = []
    seen: dict[str, int] = {}
    for member in members:
        word = member.name or noun(member.node)
        seen[word] = seen.get(word, 0) + (member.name is None)
        found.append(word if member.name else f"({word})" if seen[word] == 1 else f"({word} {seen[word]})")
    return tuple(found)


def noun(node: Node) -> str:
    """What an unnamed member is."""
    match node:
        case Constant(node=Bits(), value=0):
            return "padding"
        case Constant():
            return "constant"
        case Zeros(rule=rule):
            return "reserved" if rule == "reserved" else "padding"
        case Digest():
            return "checksum"
        case Captured(node=inner):
            return noun(inner)
        case _:
            return "unnamed"


def number_text(number: int) -> str:
    """A number as people write it; large ones next to a power of two as `2^28 - 4096`."""
    if abs(number) > PLAIN_NUMBER_MAXIMUM:
        power = (abs(number) - 1).bit_length()
        less = (1 << power) - abs(number)
        if less <= DISTANCE_MAXIMUM:
            return f"{'-' if number < 0 else ''}2^{power}" + (f" - {less}" if less else "")
    return str(number)


def literal_text(value: int | str | bytes | bool) -> str:
    """A literal as people write it; bytes in hexadecimal."""
    if isinstance(value, bytes):
        return value.hex(" ") or "no bytes"
    return number_text(value) if isinstance(value, int) and not isinstance(value, bool) else str(value)


def field_text(field: Field, scopes: Scopes) -> str:
    """The path, from the frame's root, of the field that an expression names."""
    scope = scopes[-1 - field.up] if field.up < len(scopes) else ""
    return joined(scope, ".".join(field.names))


def expression_text(expression: Expression, scopes: Scopes, outer: int = 0) -> str:
    """An expression with the fewest parentheses; `outer`: how tightly what surrounds it binds."""
    match expression:
        case Literal(value=value):
            return literal_text(value)
        case Field():
            return field_text(expression, scopes)
        case Size(of=of):
            return f"size of {field_text(of, scopes)}"
        case Operation(operator=operator, operands=(operand,)):
            sign = "-" if operator == "neg" else "not "
            return sign + expression_text(operand, scopes, PRECEDENCE[operator])
        case Operation(operator=operator, operands=(left, right)):
            binding = PRECEDENCE[operator]
            sides = expression_text(left, scopes, binding), expression_text(right, scopes, binding + 1)
            text = f"{sides[0]} {operator} {sides[1]}"
            return f"({text})" if binding < outer else text
    raise AssertionError(f"an operator has one or two operands: {expression}")


def type_text(node: Node) -> str:
    """The type of a node on disk: `u32 little-endian`, `bytes`, `array of u8`."""
    match node:
        case Integer(size=size, signed=signed, little=little):
            return f"{'i' if signed else 'u'}{8 * size}" + ("" if size == 1 else f" {byte_order(little=little)}")
        case Float(size=size, little=little):
            return f"f{8 * size} {byte_order(little=little)}"
        case Bits(width=width, signed=signed):
            return f"{'i' if signed else 'u'}{width}"
        case Text(encoding=encoding):
            return f"text {encoding.lower()}"
        case Array(node=inner) | CountedArray(node=inner) | EndsOf(node=inner):
            return f"array of {type_text(inner)}"
        case Region(node=inner) | Prefixed(node=inner) | Captured(node=inner):
            return "region" if isinstance(inner, Struct) else type_text(inner)
    return TYPE_WORDS.get(type(node)) or type_text(node.node)  # type: ignore[union-attr]  # the others wrap one node


#: Types that one word says.
TYPE_WORDS: Final[dict[type, str]] = {
    Boolean: "boolean",
    Raw: "bytes",
    PrefixOf: "bytes",
    Repeated: "bytes",
    Zeros: "zeros",
    Computed: "computed",
    Slices: "array of bytes",
    Struct: "struct",
    BitGroup: "bits",
    Records: "records",
    Blocks: "blocks",
    Conditional: "choice",
    Choice: "choice",
    Nothing: "nothing",
}


def byte_order(*, little: bool) -> str:
    """The name of a byte order."""
    return "little-endian" if little else "big-endian"


def listing(*parts: str) -> str:
    """The parts that say something, with commas between them."""
    return ", ".join(part for part in parts if part)
