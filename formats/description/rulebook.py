"""Which rules a format checks, in their order, and at which fields; and the limits that it states for numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ..errors import RULES
from ..layout import (
    Accepted,
    Array,
    Blocks,
    Boolean,
    Bounded,
    Choice,
    Constant,
    CountedArray,
    CountOf,
    Digest,
    EndsOf,
    Enumeration,
    FlagSet,
    Layout,
    LengthOf,
    Node,
    Padded,
    Prefixed,
    PrefixOf,
    Rebuilt,
    Region,
    Repeated,
    Slices,
    Struct,
    Text,
    Zeros,
    children,
)
from .wording import joined, labels, number_text


@dataclass(frozen=True)
class RuleUse:
    """One rule as a format uses it; `fields`: the paths that can break it, none for the frame as a whole."""

    rule: str
    meaning: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class ContentRules:
    """One field of a region, or at last the region itself, and the rules that it can break, in their order."""

    path: str
    rules: tuple[str, ...]


@dataclass(frozen=True)
class Limit:
    """The least and the most that a number may be, as text; `of`: what it is the length or the number of."""

    path: str
    minimum: str
    maximum: str
    of: str


def rules_of(layout: Layout) -> tuple[RuleUse, ...]:
    """The rules of a format, those of a frame's regions aside, in the order in which a frame checks them."""
    found: dict[str, list[str]] = {"truncated": [], "trailing": []}
    regions = region_paths(layout)
    for path, node in walked(layout.root, ""):
        for rule in () if any(is_inside(path, region) for region in regions) else rules_at(node):
            fields = found.setdefault(rule, [])
            if path and path not in fields and path not in regions:
                fields.append(path)
    kept = (rule for rule in RULES if rule in found and (found[rule] or rule in {"truncated", "trailing"}))
    return tuple(RuleUse(rule, RULES[rule], tuple(found[rule])) for rule in kept)


def content_of(layout: Layout) -> tuple[ContentRules, ...]:
    """What a frame checks last: the regions behind its checksums, one field after the other."""
    found: dict[str, list[str]] = {}
    for region in region_paths(layout):
        for path, node in walked(layout.root, ""):
            if is_inside(path, region):
                extent = ("length",) if isinstance(node, Array | EndsOf | PrefixOf) else ()
                rules = found.setdefault(path, [])
                rules += [
                    rule for rule in (*extent, *sorted(rules_at(node), key=CONTENT_ORDER.index)) if rule not in rules
                ]
        found[region] = ["length"]
    return tuple(ContentRules(path, tuple(rules)) for path, rules in found.items() if rules)


def region_paths(layout: Layout) -> tuple[str, ...]:
    """The regions of a frame, which it reads when its checksums have been verified; none where it is no frame."""
    root = layout.root
    if not isinstance(root, Struct) or not root.header:
        return ()
    named = zip(labels(root.members), root.members, strict=True)
    return tuple(label for label, member in named if isinstance(member.node, Region))


def is_inside(path: str, outer: str) -> bool:
    """Whether a path leads into a field."""
    return path.startswith(f"{outer}.")


def limits_of(layout: Layout) -> tuple[Limit, ...]:
    """Every bounded number, in the order of the bytes; then what bounds the items of heaps."""
    limits: dict[str, Limit] = {}
    for path, node in walked(layout.root, ""):
        match node:
            case LengthOf(node=Bounded() as bounds, of=of):
                limits[path] = limit(path, bounds, f"length of {of} in bytes")
            case CountOf(node=Bounded() as bounds, of=names):
                limits[path] = limit(path, bounds, f"number of {'.'.join(names)}")
            case Bounded() if path not in limits:
                limits[path] = limit(path, node, "")
            case Slices(minimum=minimum, maximum=maximum, total=total):
                item = f"{path}[i]"
                if total is not None:
                    limits[path] = Limit(path, "0", number_text(total), "length of all in bytes, each with the prefix")
                limits[item] = Limit(item, number_text(minimum), number_text(maximum), "length of one in bytes")
    return tuple(limits.values())


def limit(path: str, bounds: Bounded, of: str) -> Limit:
    """One limit."""
    return Limit(path, number_text(bounds.minimum), number_text(bounds.maximum), of)


def walked(node: Node, path: str) -> Iterator[tuple[str, Node]]:
    """Every node of a layout with its path; the elements of an array have the path of the array."""
    yield path, node
    if isinstance(node, Struct):
        for label, member in zip(labels(node.members), node.members, strict=True):
            yield from walked(member.node, joined(path, label))
        return
    for name, child in children(node):
        yield from walked(child, path if name is None else joined(path, name))


#: In which order one field of a region is checked.
CONTENT_ORDER: Final = (
    "constant",
    "reserved",
    "length",
    "bounds",
    "enum",
    "flags",
    "text",
    "canonical",
    "order",
    "invalid",
)

#: The rules that nodes of a class can break, whatever is in them.
RULES_OF_CLASS: Final[dict[type, tuple[str, ...]]] = {
    Accepted: ("invalid",),
    Blocks: ("reserved",),
    Boolean: ("canonical",),
    Bounded: ("bounds",),
    CountedArray: ("length",),
    Padded: ("canonical",),
    Prefixed: ("length",),
    Rebuilt: ("canonical",),
    Repeated: ("closing_tag",),
    Text: ("text",),
}


def rules_at(node: Node) -> tuple[str, ...]:
    """The rules that a node itself can break."""
    match node:
        case Constant(rule=rule) | Zeros(rule=rule) | Digest(rule=rule):
            return (rule,)
        case Enumeration(closed=True):
            return ("enum",)
        case FlagSet(named=named):
            return ("canonical",) if named else ("flags",)
        case Choice(otherwise=None):
            return ("choice",)
        case Array(order=order, last=last):
            return ("order",) if order or last is not None else ()
        case Slices(order=order, prefix=prefix):
            return ("length", "bounds", *("canonical",) * bool(prefix), *("order",) * bool(order))
        case Region(exact=exact):
            return ("length",) if exact else ("length", "canonical")
        case _:
            return RULES_OF_CLASS.get(type(node), ())
