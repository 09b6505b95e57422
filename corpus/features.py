"""Features: what of a format a file exercises, computed from the layout and from what was read.

A feature is `<path>=<aspect>`, with `[]` for every index: `owner=shard`, `part=maximum`, `entries.keys[]=longest`. So a
sidecar's claim can be checked, and what no file exercises can be named.

A refused file exercises its refusal: `rule=bounds`, `field=part`, and whether the checksums that are all there match:
`checksums=match` for resealed damage (and for bytes cut off or added), `checksums=stale` for damage by chance.
"""

from __future__ import annotations

from collections.abc import Iterator

from formats.catalog import Format
from formats.errors import FormatError, Path, path_text
from formats.layout import (
    DERIVED,
    Array,
    Blocks,
    Choice,
    Conditional,
    CountedArray,
    CountOf,
    LengthOf,
    Node,
    Prefixed,
    Records,
    Struct,
    children,
)
from formats.reseal import reseal
from formats.walking import Walk

from .aspects import aspects


def pattern(path: Path) -> str:
    """A path without its indices: `entries.keys[]`."""
    text = "".join("[]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def exercised(entry_format: Format, data: bytes, seed: int) -> tuple[str, ...]:
    """Every feature of accepted bytes, sorted."""
    found: set[str] = set()
    for step in Walk(entry_format.oracle, data, seed).steps():
        if step.value is not None:
            prefix = pattern(step.path)
            found.update(prefix + aspect.name for aspect in aspects(step.node) if aspect.holds(step.value))
    return tuple(sorted(found))


def refused_for(entry_format: Format, data: bytes, seed: int) -> tuple[str, ...]:
    """Every feature of bytes that the oracle refuses, sorted; none where it accepts them."""
    oracle = entry_format.oracle
    try:
        oracle.decode(data, seed)
    except FormatError as error:
        match = "match" if reseal(oracle, data, seed) == data else "stale"
        return (f"checksums={match}", f"field={path_text(error.path)}", f"rule={error.rule}")
    return ()


def possible(node: Node, path: str = "") -> Iterator[str]:
    """Every feature that a file of this layout could exercise by its looks, in the order of the layout."""
    if isinstance(node, DERIVED) and not isinstance(node, CountOf | LengthOf):
        return
    own = tuple(path + aspect.name for aspect in aspects(node))
    yield from own
    match node:
        case Struct(members=members):
            for member in members:
                deeper = path if member.name is None else f"{path}.{member.name}".removeprefix(".")
                yield from possible(member.node, deeper)
        case Array(node=element) | CountedArray(node=element) | Records(node=element):
            yield from possible(element, f"{path}[]")
        case Blocks(node=element):
            yield from possible(element, f"{path}[][]")
        case Prefixed(node=content):
            yield from possible(content, path)
        case _ if not own or isinstance(node, Choice | Conditional):
            for _, child in children(node):
                yield from possible(child, path)
