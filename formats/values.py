"""Plain values: what a format says, free of any library's types.

A mapping for a struct (value members only), a tuple for an array, the name for an enumeration, an int or a frozenset
of names for flags, and bytes, int, float, bool, str or None. Every lane's value is brought to this form to be compared.
"""

from __future__ import annotations

from typing import Any

import msgspec

from .common_prefix import common_prefix
from .expressions import Unknown, evaluate
from .layout import (
    Array,
    BitGroup,
    Bits,
    Blocks,
    Boolean,
    Captured,
    Choice,
    Conditional,
    Constant,
    CountedArray,
    CountOf,
    Enumeration,
    FlagSet,
    LengthOf,
    Node,
    Padded,
    Prefixed,
    PrefixOf,
    Raw,
    Rebuilt,
    Records,
    Region,
    Slices,
    Struct,
    value_members,
)

Environment = list[dict[str, Any]]


def branch(node: Conditional | Choice, environment: Environment) -> Node | None:
    """The branch that the environment selects; None where no case matches and there is no other."""
    if isinstance(node, Conditional):
        return node.then if evaluate(node.condition, environment) else node.otherwise
    selector = evaluate(node.selector, environment)
    for value, case in node.cases:
        if value == selector:
            return case
    return node.otherwise


def plain_of(node: Node, value: Any, environment: Environment | None = None) -> Any:
    """The plain form of what Construct parsed for this node."""
    environment = environment or []
    match node:
        case Struct() | BitGroup():
            inner = [*environment, value]
            return {member.name: plain_of(member.node, value[member.name], inner) for member in value_members(node)}
        case Array(node=element) | CountedArray(node=element) | Records(node=element):
            return tuple(plain_of(element, item, environment) for item in value)
        case Blocks(node=element):
            return tuple(tuple(plain_of(element, item, environment) for item in block) for block in value)
        case Slices():
            return tuple(value)
        case Enumeration():
            return str(value) if isinstance(value, str) else int(value)
        case FlagSet(members=members, named=True):
            return frozenset(name for name, _ in members if value[name])
        case Conditional() | Choice():
            chosen = branch(node, environment)
            return None if chosen is None else plain_of(chosen, value, environment)
        case Captured(node=inner_node):
            return plain_of(inner_node, value["value"], environment)
        case Prefixed(node=inner_node) | Region(node=inner_node) | Padded(node=inner_node):
            return plain_of(inner_node, value, environment)
        case Boolean() | Bits(boolean=True):
            return bool(value)
        case _:
            return undressed(value)


def undressed(value: Any) -> Any:
    """A scalar without the class that Construct's Hex, HexDump and Enum dress it in."""
    if type(value) in (int, bool):
        return value
    if isinstance(value, bytes):
        return bytes(value)
    return str(value) if isinstance(value, str) else int(value) if isinstance(value, int) else value


def construct_of(node: Node, plain: Any, environment: Environment | None = None) -> Any:
    """What Construct wants in order to build this plain value; `KeyError`, `TypeError` where it has another shape."""
    environment = environment or []
    match node:
        case Struct() | BitGroup():
            members = value_members(node)
            unknown = set(plain) - {member.name for member in members}
            if unknown:
                raise KeyError(f"there is no field {min(unknown)!r}")
            values = derive(node, plain, environment)
            inner = [*environment, values]
            # Derived fields go along: an adapter (Hex) over one leaves None in Construct's context otherwise.
            built = {member.name: values[member.name] for member in node.members if member.name in values}
            return built | {member.name: construct_of(member.node, plain[member.name], inner) for member in members}
        case Array(node=element) | CountedArray(node=element) | Records(node=element):
            return [construct_of(element, item, environment) for item in plain]
        case Blocks(node=element):
            return [[construct_of(element, item, environment) for item in block] for block in plain]
        case FlagSet(members=members_, named=True):
            unknown = set(plain) - {name for name, _ in members_}
            if unknown:
                raise KeyError(f"there is no flag {min(unknown)!r}")
            return {name: name in plain for name, _ in members_}
        case Conditional() | Choice():
            chosen = branch(node, environment)
            return None if chosen is None else construct_of(chosen, plain, environment)
        case Captured(node=inner_node):
            return {"value": construct_of(inner_node, plain, environment)}
        case Prefixed(node=inner_node) | Region(node=inner_node) | Padded(node=inner_node):
            return construct_of(inner_node, plain, environment)
        case _:
            return plain


def derive(node: Struct | BitGroup, plain: dict[str, Any], environment: Environment) -> dict[str, Any]:
    """The values of a struct as expressions see them: with its derived fields (constants, lengths, counts)."""
    values = dict(plain)
    for member in value_members(node):
        add_derived(node, values, environment)
        name = member.name or ""
        values[name] = seen(member.node, plain[name], [*environment, values])
    add_derived(node, values, environment)
    return values


def add_derived(node: Struct | BitGroup, values: dict[str, Any], environment: Environment) -> None:
    """Add the derived fields that follow from the values known by now."""
    raw = {member.name for member in node.members if isinstance(member.node, Raw)}
    for member in node.members:
        if isinstance(member.node, LengthOf) and len(member.node.names) == 1 and member.node.of not in raw:
            continue  # the length of its encoding is not that of its value
        if member.name is not None and member.name not in values:
            try:
                values[member.name] = derived_value(member.node, values, environment)
            except (Unknown, KeyError, TypeError):
                continue


def seen(node: Node, plain: Any, environment: Environment) -> Any:
    """What expressions see of a plain value: derived fields too, and what is captured under `value`."""
    match node:
        case Struct() | BitGroup():
            return derive(node, plain, environment)
        case FlagSet(members=members, named=True):
            return {name: name in plain for name, _ in members}
        case Captured(node=inner):
            return {"value": seen(inner, plain, environment)}
        case Prefixed(node=inner) | Region(node=inner) | Padded(node=inner):
            return seen(inner, plain, environment)
        case Conditional() | Choice():
            chosen = branch(node, environment)
            return None if chosen is None else seen(chosen, plain, environment)
        case _:
            return plain


def derived_value(node: Node, values: dict[str, Any], environment: Environment) -> Any:
    """The value of one derived field, given its siblings."""
    match node:
        case Constant():
            return node.value
        case Rebuilt(expression=expression):
            return evaluate(expression, [*environment, values])
        case CountOf(of=names):
            array: Any = values
            for name in names:
                array = array[name]
            return len(array)
        case LengthOf():
            measured: Any = values
            for name in node.names:
                measured = measured[name]
            return len(measured)
        case PrefixOf(of=of):
            return common_prefix(values[of])
        case Padded(node=inner):
            return derived_value(inner, values, environment)
    raise Unknown("it follows from bytes, not from values")


def plain_of_record(record: Any) -> Any:
    """The plain form of a record of the fast lane."""
    if isinstance(record, msgspec.Struct):
        names = getattr(record, "PLAIN_NAMES", record.__struct_fields__)
        return {
            name: plain_of_record(getattr(record, field))
            for name, field in zip(names, record.__struct_fields__, strict=True)
        }
    if isinstance(record, tuple):
        return tuple(plain_of_record(item) for item in record)
    return record


def comparable(plain: Any) -> Any:
    """The same value so that == tells apart what Python calls equal: 1 and True, 0.0 and -0.0; NaN equals itself."""
    if isinstance(plain, dict):
        return {name: comparable(value) for name, value in plain.items()}
    if isinstance(plain, tuple):
        return tuple(comparable(value) for value in plain)
    return (type(plain).__name__, repr(plain)) if isinstance(plain, bool | float) else plain
