"""The dependency graph: what must be persistent before what, and whether it is.

A node is something that becomes persistent as a whole: a segment of an extent, a record of the superblock or of tree
metadata. `after` are the nodes that must be persistent before the node may be handed to the disk, so a persistent
node has no `after` left. Callers hold a `Dependency`, a set of nodes.

1. Whatever is written names its `after` when it is written: `Extents.append` and `RootLog` are the only ways to write.
2. A node turns persistent once, and never back.
3. A node that is persistent keeps nothing alive: its `after` is dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .writeback import Writeback


class GraphNode:
    """Something that becomes persistent as a whole.

    `when_demanded`: what is missing beside syncs, to be called when somebody waits and the store's lock is not held.
    """

    __slots__ = ("after", "persistent", "when_demanded", "writeback")

    def __init__(self, writeback: Writeback, after: tuple[GraphNode, ...] = ()) -> None:
        self.writeback = writeback
        self.after = after
        self.persistent = False
        self.when_demanded: Callable[[], None] | None = None

    def is_ready(self) -> bool:
        """Whether everything that must come before is persistent."""
        for node in self.after:
            if not node.persistent:
                return False
        self.after = ()
        return True

    def demand(self) -> None:
        """Make sure that nothing but syncs is missing: somebody waits. The store's lock is not held."""
        demanded = self.when_demanded
        if demanded is not None:
            demanded()

    def settle(self) -> None:
        """A sync made it durable. The store's lock is held."""
        self.persistent = True
        self.after = ()


class Dependency:
    """What a mutating call gives back: persistent once every write that the call needs is.

    Dependencies of one store or of several are joined with `&`. They outlive the store: after a clean `close` all are
    persistent, after a crash those that were not stay so.
    """

    __slots__ = ("nodes",)

    def __init__(self, nodes: tuple[GraphNode, ...] = ()) -> None:
        self.nodes = nodes

    def __and__(self, other: Dependency) -> Dependency:
        """Persistent when both are."""
        joined = dict.fromkeys((*self.nodes, *other.nodes))
        return Dependency(tuple(node for node in joined if not node.persistent))

    def is_persistent(self) -> bool:
        """Whether a crash right now would leave what the call did in place; once true, true for ever."""
        for node in self.nodes:
            if not node.persistent:
                return False
        self.nodes = ()
        return True

    def wait(self, timeout: float | None = None) -> None:
        """Make it persistent, together with whatever else waits; at most three levels of sync.

        timeout: seconds; None waits for as long as it takes. Raises `WaitTimeout`, `DiskFailed` (the writes are kept
        and tried again at the next wait), `StorePoisoned`, `StoreClosed` when the store crashed or was abandoned.
        """
        for writeback, nodes in by_writeback(self.nodes).items():
            writeback.persist(nodes, timeout)


def by_writeback(nodes: Iterable[GraphNode]) -> dict[Writeback, tuple[GraphNode, ...]]:
    """The nodes that are not persistent, by the writeback that can make them so."""
    groups: dict[Writeback, list[GraphNode]] = {}
    for node in nodes:
        if not node.persistent:
            groups.setdefault(node.writeback, []).append(node)
    return {writeback: tuple(group) for writeback, group in groups.items()}


def unpersisted(nodes: Collection[GraphNode]) -> tuple[GraphNode, ...]:
    """Those of the nodes that are not persistent yet, each once."""
    if len(nodes) == 1:
        (node,) = nodes
        return () if node.persistent else (node,)
    return tuple([node for node in dict.fromkeys(nodes) if not node.persistent]) if nodes else ()
