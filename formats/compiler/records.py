"""Record classes and the types of values, worked out in one pass over the layout before any code is written."""

from __future__ import annotations

from typing import Final

from ..errors import SchemaRefused, path_text
from ..layout import (
    Array,
    BitGroup,
    Bits,
    Blocks,
    Boolean,
    Choice,
    Computed,
    Conditional,
    Constant,
    CountedArray,
    EndsOf,
    Enumeration,
    Expression,
    Field,
    FlagSet,
    Float,
    Integer,
    Literal,
    Node,
    Nothing,
    Operation,
    PrefixOf,
    Raw,
    Records,
    Repeated,
    Slices,
    Struct,
    Text,
    Zeros,
    is_value,
    value_members,
)
from .expressions import COMPARISONS
from .naming import class_name, field_names, plain_text
from .tables import Record, Tables, Trail, Typed, branches
from .text import Lines, quoted

#: Types that follow from the class of a node.
SIMPLE_TYPES: Final[dict[type, str]] = {
    Integer: "int",
    Float: "float",
    Boolean: "bool",
    Raw: "bytes",
    PrefixOf: "bytes",
    Repeated: "bytes",
    Text: "str",
    Zeros: "None",
    Nothing: "None",
}
#: Types whose values hold no other objects: a record of these alone need not be tracked by the garbage collector.
SIMPLE = frozenset({"int", "bytes", "str", "bool", "float", "None"})


Scopes = tuple[Struct | BitGroup, ...]


def typed(tables: Tables, node: Node, trail: Trail, scopes: Scopes = ()) -> Typed:
    """The type of a node's value; classes and tables that it needs are made on the way."""
    key = (id(node), trail.words)
    if key not in tables.types:
        tables.types[key] = type_of(tables, node, trail, scopes)
    return tables.types[key]


def type_of(tables: Tables, node: Node, trail: Trail, scopes: Scopes) -> Typed:
    """The type of a node that has not been met at this place."""
    found = SIMPLE_TYPES.get(type(node))
    if found:
        return plain(found)
    match node:
        case Bits(boolean=True):
            return plain("bool")
        case Constant(value=value):
            return plain(type(value).__name__)
        case Enumeration(closed=closed):
            alias = tables.enumeration(node, trail).alias
            name = alias if closed else f"{alias} | int"
            return Typed(name, name, simple=True)
        case FlagSet(named=True):
            return Typed("frozenset[str]", "frozenset[str]")
        case EndsOf() | Slices():
            return many(plain("int" if isinstance(node, EndsOf) else "bytes"))
        case Struct() | BitGroup():
            return structure(tables, node, trail, scopes)
        case Array(node=element) | CountedArray(node=element) | Records(node=element):
            return many(typed(tables, element, trail, scopes))
        case Blocks(node=element):
            return many(many(typed(tables, element, trail, scopes)))
        case Conditional() | Choice():
            return either([typed(tables, case, trail.branch(label), scopes) for label, case in branches(node)])
        case Computed(expression=expression):
            return plain(computed_type(tables, expression, trail, scopes))
    below: Node | None = getattr(node, "node", None)
    return plain("int") if below is None else typed(tables, below, trail, scopes)


def record_name(tables: Tables, wanted: str) -> str:
    """A class name that is free, and free with `Tuple` behind it for the alias."""
    while f"{wanted}Tuple" in tables.names.taken:
        wanted += "_"
    name = tables.names.take(wanted)
    tables.names.take(Record(name).tuple_name)
    return name


def plain(name: str) -> Typed:
    """A type that is the same in records and tuples."""
    return Typed(name, name, name in SIMPLE)


def many(element: Typed) -> Typed:
    """A tuple of any number of these."""
    return Typed(f"tuple[{element.record}, ...]", f"tuple[{element.tuple}, ...]")


def either(kinds: list[Typed]) -> Typed:
    """The union of types, each once, None last."""

    def union(names: list[str]) -> str:
        parts = dict.fromkeys(part for name in names for part in split_union(name))
        return " | ".join(sorted(parts, key="None".__eq__)) or "None"

    return Typed(
        union([kind.record for kind in kinds]), union([kind.tuple for kind in kinds]), all(k.simple for k in kinds)
    )


def split_union(name: str) -> list[str]:
    """The members of a union at its top level."""
    return name.split(" | ") if "[" not in name else [name]


def structure(tables: Tables, node: Struct | BitGroup, trail: Trail, scopes: Scopes, name: str = "") -> Typed:
    """A struct's record class."""
    for member in node.members:
        if member.name is None and is_value(member.node) and not isinstance(member.node, Computed):
            raise SchemaRefused(
                trail.path, f"an unnamed {type(member.node).__name__} carries a value that nothing keeps", "a name"
            )
    record = Record(name or record_name(tables, class_name((tables.name, *trail.words))))
    members = value_members(node)
    for member, field in zip(members, field_names(node), strict=True):
        kind = typed(tables, member.node, trail.named(member.name), (*scopes, node))
        record.fields.append((field, kind.record, kind.tuple))
        record.simple = record.simple and kind.simple
    names = tuple(member.name or "" for member in members)
    if names != field_names(node):
        record.plain_names = names
    whole = f"a `{plain_text(tables.name)}`"
    shown = plain_text(path_text(trail.path))
    record.summary = f"`{shown}` of {whole}." if trail.path else f"The value of {whole}."
    tables.records[trail.words] = record
    return Typed(record.name, record.tuple_name)


def computed_type(tables: Tables, expression: Expression, trail: Trail, scopes: Scopes) -> str:
    """The type of a computed value."""
    match expression:
        case Literal(value=value):
            return type(value).__name__
        case Operation(operator=symbol) if symbol in COMPARISONS or symbol == "not":
            return "bool"
        case Operation(operands=operands):
            kinds = {computed_type(tables, operand, trail, scopes) for operand in operands}
            return (
                "float"
                if "float" in kinds
                else "bool"
                if kinds == {"bool"} and len(operands) == 2 and expression.operator in "&|^"
                else "int"
            )
        case Field(up=up, names=names) if up < len(scopes):
            node: Node | None = scopes[-1 - up]
            inner = scopes[: len(scopes) - up]
            for name in names:
                node = member_node(node, name)
            return "int" if node is None else typed(Tables(tables.name, tables.layout), node, Trail(), inner).record
        case _:
            return "int"


def member_node(node: Node | None, name: str) -> Node | None:
    """The member of a struct, also of one inside a region and the like."""
    while node is not None and not isinstance(node, Struct | BitGroup):
        node = getattr(node, "node", None)
    return None if node is None else next((member.node for member in node.members if member.name == name), None)


def write_records(tables: Tables, lines: Lines) -> None:
    """The record classes, inner ones first, each followed by the alias of the same value as a tuple."""
    for record in tables.records.values():
        lines.add(f"\n\nclass {record.name}(msgspec.Struct, frozen=True{', gc=False' if record.simple else ''}):")
        lines.add(f'    """{record.summary}"""')
        if record.plain_names:
            names = ", ".join(quoted(name) for name in record.plain_names)
            lines.add(f"\n    PLAIN_NAMES = ({names},)")
        if record.fields:
            lines.add()
        for field, annotation, _ in record.fields:
            lines.add(f"    {field}: {annotation}")
    for index, record in enumerate(tables.records.values()):
        lines.add("\n" if not index else "")
        kinds = [kind for _, _, kind in record.fields] or ["()"]
        lines.statement(f"{record.tuple_name}: TypeAlias = tuple[", kinds, "]")
    if tables.header:
        lines.add(f"\n\nclass {tables.header.name}(NamedTuple):")
        lines.add(
            '    """The named fields of the fixed header: what it says itself, and what it says of the body."""\n'
        )
        tables.need("typing", "NamedTuple")
        for field, _, annotation in tables.header.fields:
            lines.add(f"    {field}: {annotation}")
        kinds = [annotation for _, _, annotation in tables.header.fields] or ["()"]
        lines.add("\n")
        lines.statement(f"{tables.header.tuple_name}: TypeAlias = tuple[", kinds, "]")
