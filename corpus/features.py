"""Features: what of a format a file exercises, computed from the layout and from what was read.

A feature is `<path>=<aspect>`, with `[]` for every index: `owner=shard`, `part=maximum`, `entries.keys[]=longest`. So a
sidecar's claim can be checked, and what no file exercises can be named.

A refused file exercises its refusal: `rule=bounds`, `field=part`, and whether the checksums that are all there match:
`checksums=match` for resealed damage (and for bytes cut off or added), `checksums=stale` for damage by chance. A number
just outside its range is a feature too: `key_length=maximum+1`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final, TypeGuard

from formats.catalog import Format
from formats.errors import FormatError, Path, path_text
from formats.layout import (
    DERIVED,
    Accepted,
    Array,
    BitGroup,
    Blocks,
    Bounded,
    Choice,
    Conditional,
    CountedArray,
    CountOf,
    Enumeration,
    FlagSet,
    Layout,
    LengthOf,
    Node,
    Prefixed,
    Records,
    Struct,
    Text,
    children,
)
from formats.reseal import reseal
from formats.walking import Walk

from .aspects import Aspect, aspects, outside
from .needs import Taken

#: How a path without any part is written.
WHOLE: Final = "(whole)"
#: What stands around a captured value.
CAPTURED: Final = frozenset({"data", "value", "offset1", "offset2", "length"})
#: Nodes that show all that is inside them themselves.
SHOWN_WHOLE: Final = (BitGroup, FlagSet, Enumeration, Accepted, Bounded, CountOf, LengthOf, Text)
#: Layouts whose aspects are remembered, the oldest first.
REMEMBERED_MAXIMUM: Final = 256
REMEMBERED: Final[dict[int, tuple[Layout, Mapping[int, tuple[Aspect, ...]]]]] = {}


@dataclass(frozen=True)
class Guard:
    """A branch that must be taken for a feature to show: the deciding node, where it stands, and which branch.

    scopes: the paths of the structs around it, outermost first, for the fields that its decision reads.
    """

    node: Conditional | Choice
    path: str
    branch: Node
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Feature:
    """One thing that a file of a layout could show: an aspect of the field at a path."""

    path: str
    aspect: Aspect
    guards: tuple[Guard, ...] = ()

    @property
    def text(self) -> str:
        """As sidecars write it."""
        return self.path + self.aspect.name

    @property
    def field(self) -> str:
        """What shows it: the path, and the bit field or flag behind it."""
        return self.path + self.aspect.name.partition("=")[0]


def pattern(path: Path) -> str:
    """A path without its indices: `entries.keys[]`."""
    text = "".join("[]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def exercised(entry_format: Format, data: bytes, seed: int) -> tuple[str, ...]:
    """Every feature of accepted bytes, sorted."""
    found: set[str] = set()
    shown_by = aspects_by_node(entry_format.layout)
    for step in Walk(entry_format.oracle, data, seed).steps():
        own = shown_by.get(id(step.node))
        value = uncaptured(step.value)
        if own and value is not None:
            prefix = pattern(step.path)
            found.update(prefix + aspect.name for aspect in own if aspect.holds(value))
    return tuple(sorted(found))


def uncaptured(value: Any) -> Any:
    """A value without the offsets and bytes that Construct's RawCopy puts around it."""
    while isinstance(value, dict) and value.keys() >= CAPTURED:
        value = value["value"]
    return value


def refused_for(entry_format: Format, data: bytes, seed: int) -> tuple[str, ...]:
    """Every feature of bytes that the oracle refuses, sorted; none where it accepts them."""
    oracle = entry_format.oracle
    try:
        oracle.decode(data, seed)
    except FormatError as error:
        match = "match" if reseal(oracle, data, seed) == data else "stale"
        own = (f"checksums={match}", f"field={path_text(error.path)}", f"rule={error.rule}")
        just_outside = overstepped(entry_format, data, seed, error.path) if error.rule == "bounds" else ()
        return tuple(sorted((*own, *just_outside)))
    return ()


def overstepped(entry_format: Format, data: bytes, seed: int, path: Path) -> Iterator[str]:
    """The feature of a number that is just outside its range: the least or the greatest that is refused."""
    for step in Walk(entry_format.oracle, data, seed).steps():
        if step.path == path:
            yield from (pattern(path) + name for name, number in outside(step.node) if step.value == number)


def refusal_of(rule: str, field: str, *, match: bool) -> str:
    """The feature of one whole verdict: rule, field (without indices) and checksums together."""
    return f"{field or WHOLE}=refused: {rule}, checksums {'match' if match else 'stale'}"


def broken(entry_format: Format, data: bytes, seed: int) -> tuple[str, ...]:
    """What refused bytes show besides their claims: the verdict as a whole, and which other laws they break too.

    Of two laws broken at once, every reader that diagnoses must name the first.
    """
    oracle = entry_format.oracle
    try:
        oracle.decode(data, seed)
    except FormatError as error:
        match = reseal(oracle, data, seed) == data
        first = refusal_of(error.rule, pattern(error.path), match=match)
        own = error.rule, pattern(error.path) or WHOLE
        damage = oracle.trace(data, seed, lenient=True).damage
        others = {(other.rule, pattern(other.path) or WHOLE) for other in damage} - {own}
        return (first, *(f"{own[1]}=before: {own[0]}, then {rule} at {path}" for rule, path in sorted(others)))
    return ()


def levels_in(layout: Layout) -> Mapping[str, Node]:
    """The elements of arrays and streams by their path, `items[]`; none where two branches have arrays of one path."""
    found: dict[str, Node | None] = {}
    pending: list[tuple[Node, str]] = [(layout.root, "")]
    while pending:
        node, path = pending.pop()
        match node:
            case Struct(members=members):
                pending += [
                    (one.node, path if one.name is None else f"{path}.{one.name}".removeprefix(".")) for one in members
                ]
            case Array(node=element) | CountedArray(node=element) | Records(node=element) | Blocks(node=element):
                deeper = f"{path}[][]" if isinstance(node, Blocks) else f"{path}[]"
                found[deeper] = None if deeper in found else element
                pending.append((element, deeper))
            case _:
                pending += [(child, path) for _, child in children(node)]
    return {path: element for path, element in found.items() if element is not None}


@lru_cache(maxsize=256)
def features_in(layout: Layout) -> tuple[Feature, ...]:
    """Every feature that an accepted file of this layout could show by its looks, in the order of the layout.

    Two branches of one choice may hold a field of one name: then either may show it.
    """
    found: dict[str, Feature] = {}
    for feature, _ in visited(layout.root, "", (), ()):
        known = found.setdefault(feature.text, feature)
        if known is not feature and known.guards != feature.guards:
            common = tuple(guard for guard in known.guards if guard in feature.guards)
            found[feature.text] = replace(known, guards=common)
    return tuple(found.values())


def possible(node: Node) -> Iterator[str]:
    """The texts of `features_in` a layout of this root."""
    return (feature.text for feature in features_in(Layout(node)))


def aspects_by_node(layout: Layout) -> Mapping[int, tuple[Aspect, ...]]:
    """What every node of a layout can show, by the identity of the node.

    Equal layouts have other nodes, so what is remembered goes by the layout's identity as well, and holds on to it.
    """
    known = REMEMBERED.get(id(layout))
    if known is not None and known[0] is layout:
        return known[1]
    named: dict[int, dict[str, Aspect]] = {}
    for feature, node in visited(layout.root, "", (), ()):
        named.setdefault(id(node), {})[feature.aspect.name] = feature.aspect
    found = {identity: tuple(own.values()) for identity, own in named.items()}
    while len(REMEMBERED) >= REMEMBERED_MAXIMUM:
        REMEMBERED.pop(next(iter(REMEMBERED)))
    REMEMBERED[id(layout)] = layout, found
    return found


def is_branching(node: Node) -> TypeGuard[Conditional | Choice]:
    """Whether a node takes one of several branches."""
    return isinstance(node, Conditional | Choice)


def visited(
    node: Node, path: str, guards: tuple[Guard, ...], scopes: tuple[str, ...], own: tuple[Aspect, ...] | None = None
) -> Iterator[tuple[Feature, Node]]:
    """Every feature of a node and of all below it, with the node that a walk shows it at.

    own: its aspects, where what stands around it says more than the node itself.
    """
    if isinstance(node, DERIVED) and not isinstance(node, CountOf | LengthOf):
        return
    if own is None:
        own = () if isinstance(node, Prefixed) else tuple(aspects(node))
    for aspect in own:
        need = aspect.need
        decided = (Guard(node, path, need.branch, scopes),) if isinstance(need, Taken) and is_branching(node) else ()
        yield Feature(path, aspect, (*guards, *decided)), node
    if not own or not isinstance(node, SHOWN_WHOLE):
        yield from visited_below(node, path, guards, scopes)


def visited_below(
    node: Node, path: str, guards: tuple[Guard, ...], scopes: tuple[str, ...]
) -> Iterator[tuple[Feature, Node]]:
    """The same of what is inside a node."""
    match node:
        case Struct(members=members):
            for member in members:
                deeper = path if member.name is None else f"{path}.{member.name}".removeprefix(".")
                yield from visited(member.node, deeper, guards, (*scopes, path))
        case Array(node=element) | CountedArray(node=element) | Records(node=element):
            yield from visited(element, f"{path}[]", guards, scopes)
        case Blocks(node=element):
            yield from visited(element, f"{path}[][]", guards, scopes)
        case Prefixed(node=content):
            yield from visited(content, path, guards, scopes, tuple(aspects(node)) or None)
        case Conditional() | Choice():
            for _, child in children(node):
                yield from visited(child, path, (*guards, Guard(node, path, child, scopes)), scopes)
        case _:
            for _, child in children(node):
                yield from visited(child, path, guards, scopes)
