"""What a writer of our layouts must work out itself, for peers that do not derive it: counts, ends of keys."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

from formats.layout import CountOf, Layout, Struct, is_value


def region_name(layout: Layout) -> str | None:
    """The name of the region of columns, where the format has one."""
    assert isinstance(layout.root, Struct)
    names = [member.name for member in layout.root.members if member.name in ("entries", "changes")]
    return names[0] if names else None


def counts_of(layout: Layout, plain: dict[str, Any]) -> dict[str, int]:
    """The counts in a format's header."""
    assert isinstance(layout.root, Struct)
    counts = {}
    for member in layout.root.members:
        count = member.node
        while not isinstance(count, CountOf) and hasattr(count, "node"):
            count = count.node
        if isinstance(count, CountOf):
            value: Any = plain
            for name in count.of:
                value = value[name]
            counts[member.name or ""] = len(value)
    return counts


def ends_of(content: dict[str, Any]) -> dict[str, Any]:
    """The ends of the keys in their heap, where there are keys."""
    return {"key_ends": tuple(accumulate(map(len, content["keys"])))} if "keys" in content else {}


def header_values(layout: Layout, plain: dict[str, Any], bodies: tuple[str, ...]) -> dict[str, Any]:
    """The fields of a header that are values."""
    assert isinstance(layout.root, Struct)
    members = layout.root.members
    return {m.name: plain[m.name] for m in members if m.name and is_value(m.node) and m.name not in bodies}
