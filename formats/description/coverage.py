"""Which checksum of a layout vouches for which field, and which fields only check others."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..layout import Array, Blocks, CountedArray, Digest, Layout, Node, Prefixed, Records, Repeated, Struct, children
from .wording import index_of, joined, labels


@dataclass
class Coverage:
    """checks: paths of checksums and closing tags; covered: path of a field -> path of the checksum over it.

    A field covered by a checksum covers all that is inside it.
    """

    checks: dict[str, Digest | Repeated] = field(default_factory=dict)
    covered: dict[str, str] = field(default_factory=dict)

    def over(self, path: str) -> str | None:
        """The checksum over a field: its own, or that of the innermost field around it."""
        while path and path not in self.covered:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self.covered.get(path)


def coverage(layout: Layout) -> Coverage:
    """What the checksums of a layout cover, by the paths of the static byte map."""
    found = Coverage()
    collect(found, layout.root, "", ())
    return found


def collect(found: Coverage, node: Node, path: str, scopes: tuple[str, ...]) -> None:
    """Note the checksums in a node; `scopes`: paths of the enclosing structs."""
    if not isinstance(node, Struct):
        if isinstance(node, Array | CountedArray | Records | Blocks):
            path = joined(path, index_of(path))
        if isinstance(node, Blocks):
            path = joined(path, index_of(path))
        inner = [child for _, child in children(node)]
        for child in inner[1:] if isinstance(node, CountedArray | Prefixed) else inner:
            collect(found, child, path, scopes)
        return
    before: list[str] = []
    for label, member in zip(labels(node.members), node.members, strict=True):
        here = joined(path, label)
        match member.node:
            case Digest(sealing=True):
                found.checks[here] = member.node
                found.covered.update(dict.fromkeys(before, here))
            case Digest(covers=covers):
                found.checks[here] = member.node
                inside = (*scopes, path)
                for covered in covers:
                    if covered.up < len(inside):
                        found.covered[joined(inside[-1 - covered.up], ".".join(covered.names))] = here
            case Repeated():
                found.checks[here] = member.node
            case _:
                collect(found, member.node, here, (*scopes, path))
        before.append(here)
