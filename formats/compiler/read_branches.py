"""Decoding of conditions and choices."""

from __future__ import annotations

from ..errors import SchemaRefused
from ..layout import (
    Choice,
    Conditional,
    Expression,
    Node,
)
from .expressions import Unbound, compiled
from .known import Bound, Spot
from .reader import Reader
from .tables import Trail, branches
from .text import Code, quoted


def read_branches(reader: Reader, node: Conditional | Choice, trail: Trail) -> Bound:
    """The branch that the condition or selector names; all branches leave their value in one local."""
    reader.flush()
    reader.announced = None
    conditions = conditions_of(reader, node, trail)
    local = reader.names.local(trail.hint)
    start, fills, proven = reader.spot, reader.fills, dict(reader.proven)
    reader.line(f"{local}: {branch_type(reader, node, trail)}")
    ends: list[tuple[int, int, Spot]] = []
    kinds: set[str] = set()
    for (label, case), condition in zip(branches(node), conditions, strict=False):
        with reader.block(condition):
            reader.spot, reader.fills, reader.proven = start, fills, dict(proven)
            inner = reader.read(reader, case, trail.branch(label))
            assert inner.code is not None
            kinds.add(inner.code.kind)
            reader.line(f"{local} = {inner.code.text}")
            reader.flush()
            ends.append((len(reader.lines.lines), reader.lines.depth, reader.spot))
    if len(conditions) > len(branches(node)):
        reader.lines.add("else:\n    return None")
    reader.proven, reader.filled = proven, None
    if len({spot for _, _, spot in ends}) == 1:
        reader.spot = ends[0][2]
    else:
        reader.spot = Spot(reader.names.local(trail.hint, "_end"))
        for position, depth, spot in reversed(ends):
            reader.lines.lines.insert(position, "    " * depth + f"{reader.spot} = {spot}")
    reader.proven[reader.spot.base] = max(reader.spot.offset, reader.proven.get(reader.spot.base, 0))
    kind = kinds.pop() if len(kinds) == 1 and kinds <= {"int", "str", "bytes", "bool", "float"} else "mixed"
    return Bound(node, Code(local, kind), start, reader.spot)


def conditions_of(reader: Reader, node: Conditional | Choice, trail: Trail) -> list[str]:
    """The headers of the branches, `else:` last; one more than there are branches where the rest is refused."""
    if isinstance(node, Conditional):
        return [f"if {truth(reader, node.condition, trail)}:", "else:"]
    selector = expression(reader, node.selector, trail)
    name = selector.text
    if not name.isidentifier() or selector.kind in ("str", "mixed"):
        name = reader.names.local(trail.hint, "_selector")
        reader.line(f"{name}{selector_type(selector)} = {selector.text}")
    headers = [f"{'elif' if index else 'if'} {name} == {quoted(value)}:" for index, (value, _) in enumerate(node.cases)]
    if not headers:
        raise SchemaRefused(trail.path, "a choice without cases")
    return [*headers, "else:"]


def selector_type(selector: Code) -> str:
    """The annotation of a selector's local; names are compared with names that their type may not have."""
    return ": object" if selector.kind in ("str", "mixed") else ""


def expression(reader: Reader, value: Expression, trail: Trail) -> Code:
    """The code of an expression whose fields must have been read."""
    try:
        return compiled(value, reader.context(trail))
    except Unbound as error:
        raise SchemaRefused(trail.path, str(error)) from None


def truth(reader: Reader, value: Expression, trail: Trail) -> str:
    """The text of a condition."""
    return expression(reader, value, trail).text


def branch_type(reader: Reader, node: Node, trail: Trail) -> str:
    """The annotation of the local that holds a node's value."""
    kind = reader.tables.types[id(node), trail.words]
    return kind.record if reader.records else kind.tuple
