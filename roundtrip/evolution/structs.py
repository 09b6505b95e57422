"""Differences of the members of two structs: added, removed, reordered, renamed, or using what was reserved."""

from __future__ import annotations

from collections.abc import Callable

from formats.layout import Bits, Digest, Member, Node, Zeros, fixed_size

from .changes import At
from .matching import Pairing, common, pairing

Compare = Callable[[At, Node, Node], None]


def offsets(members: tuple[Member, ...]) -> list[int | None]:
    """Where each member begins, in bits from the start of the struct; None behind a member of variable size."""
    found: list[int | None] = []
    here: int | None = 0
    for member in members:
        found.append(here)
        size = size_in_bits(member.node)
        here = None if here is None or size is None else here + size
    return found


def size_in_bits(node: Node) -> int | None:
    """The size of a member that always has the same."""
    inner: Node | None = node
    while inner is not None:
        if isinstance(inner, Bits):
            return inner.width
        inner = getattr(inner, "node", None)
    size = fixed_size(node)
    return None if size is None else 8 * size


def compare_members_of(at: At, old: tuple[Member, ...], new: tuple[Member, ...], compare: Compare) -> None:
    """Add every difference; `at` stands inside the struct, `compare` compares two nodes."""
    pairs = pairing(old, new)
    swapped = out_of_order(pairs)
    opened = reserved_bits(old, new, pairs)
    for i, j in pairs.both:
        here = at.below(old[i].name, new[j].name)
        if old[i].name != new[j].name:
            here.add("field-renamed", f"is called {new[j].name} and no longer {old[i].name}")
        if (i, j) in swapped:
            rule = "checksum-moved" if isinstance(new[j].node, Digest) else "field-reordered"
            here.add(rule, f"comes {ordinal(j)} and no longer {ordinal(i)} in its struct")
        if opened and isinstance(old[i].node, Zeros) and isinstance(new[j].node, Zeros):
            continue  # told as `reserved-used` of the fields that took the bytes
        compare(here, old[i].node, new[j].node)
    for i in pairs.first:
        removed(at.below(old[i].name, None), old[i], took_reserved=bool(opened))
    for j in pairs.second:
        added(at.below(None, new[j].name), new[j], took_reserved=j in opened)


def ordinal(index: int) -> str:
    """A place in words."""
    return ("first", "second", "third")[index] if index < 3 else f"{index + 1}th"


def out_of_order(pairs: Pairing) -> set[tuple[int, int]]:
    """The pairs that changed places among all pairs: two that swapped are both named."""
    second = [j for _, j in pairs.both]
    steady = {k for k, _ in common(second, sorted(second))}
    moved = {pair for k, pair in enumerate(pairs.both) if k not in steady}
    if len(moved) == 1:
        one, other = next(iter(moved))
        moved |= {(i, j) for i, j in pairs.both if abs(i - one) == 1 and (i < one) != (j < other)}
    return moved


def reserved_bits(old: tuple[Member, ...], new: tuple[Member, ...], pairs: Pairing) -> set[int]:
    """The positions of new members whose bits were reserved before."""
    before, after = offsets(old), offsets(new)
    reserved = [
        (start, start + (size_in_bits(member.node) or 0))
        for member, start in zip(old, before, strict=True)
        if isinstance(member.node, Zeros) and start is not None
    ]
    found = set()
    for j in pairs.second:
        start, size = after[j], size_in_bits(new[j].node)
        if isinstance(new[j].node, Zeros) or start is None or not size:
            continue
        if any(low <= start and start + size <= high for low, high in reserved):
            found.add(j)
    return found


def removed(at: At, member: Member, *, took_reserved: bool) -> None:
    """A member that the new side does not have."""
    match member.node:
        case Digest():
            at.add("checksum-removed", "is gone", only="old")
        case Zeros(rule=rule):
            if not took_reserved:
                at.add("padding-changed" if rule == "canonical" else "reserved-changed", "is gone", only="old")
        case _:
            at.add("field-removed", "is gone", only="old")


def added(at: At, member: Member, *, took_reserved: bool) -> None:
    """A member that the old side does not have."""
    match member.node:
        case Digest():
            at.add("checksum-added", "is new", only="new")
        case Zeros(rule=rule):
            at.add("padding-changed" if rule == "canonical" else "reserved-changed", "is new", only="new")
        case _ if took_reserved:
            at.add("reserved-used", "takes bytes that were reserved", only="new")
        case _:
            at.add("field-added", "is new", only="new")
