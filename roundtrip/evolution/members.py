"""Differences of two enumerations, or of two sets of flags: members by name, then by number."""

from __future__ import annotations

from formats.layout import Enumeration, FlagSet

from .changes import At


def compare_enumerations(at: At, old: Enumeration, new: Enumeration) -> None:
    """Members added, removed, renumbered, renamed; closed or open."""
    before, after = dict(old.members), dict(new.members)
    compare_members(at, before, after, "enum-member")
    if old.closed and not new.closed:
        at.add("constraint-loosened", "may hold numbers without a name now")
    if new.closed and not old.closed:
        at.add("constraint-tightened", "may no longer hold numbers without a name")


def compare_flags(at: At, old: FlagSet, new: FlagSet) -> None:
    """Flags added, removed, renumbered, renamed; read as a mask or as names."""
    before, after = dict(old.members), dict(new.members)
    compare_members(at, before, after, "flag", named=(old.named, new.named))
    if old.named != new.named:
        at.add("field-retyped", "is read as names now" if new.named else "is read as a mask now")


def compare_members(
    at: At, before: dict[str, int], after: dict[str, int], what: str, named: tuple[bool, bool] | None = None
) -> None:
    """Note every difference; a new name for a number whose own name is gone is a rename."""
    gone = {number: name for name, number in before.items() if name not in after}
    fresh = {number: name for name, number in after.items() if name not in before}

    def value(side: int, name: str, number: int) -> object:
        if named is None:
            return name
        return frozenset({name}) if named[side] else number

    for name in sorted(before.keys() & after.keys()):
        if before[name] != after[name]:
            words = f"numbers {name} {after[name]:#x} and no longer {before[name]:#x}"
            written, read = value(0, name, before[name]), value(1, name, after[name])
            at.add(f"{what}-renumbered", words, old=(written,), new=(read,))
    for number in sorted(gone.keys() & fresh.keys()):
        at.add(f"{what}-renamed", f"calls {number:#x} {fresh[number]} and no longer {gone[number]}")
    for number in sorted(gone.keys() - fresh.keys()):
        words = f"no longer knows {gone[number]} ({number:#x})"
        at.add(f"{what}-removed", words, old=(value(0, gone[number], number),))
    for number in sorted(fresh.keys() - gone.keys()):
        at.add(f"{what}-added", f"knows {fresh[number]} ({number:#x})", new=(value(1, fresh[number], number),))
