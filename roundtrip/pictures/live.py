"""Looks at a live store and says what is there, as a `Snapshot`.

An observer remembers the nodes that it has seen. A node that is persistent keeps nothing alive, so a store alone could
show only what still waits; the observer keeps what became persistent, with its edges, in the picture.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Final

from engine.extents import HEADER_SIZE, Segment
from engine.frames import CHUNK_HEADER_SIZE, EXTRA_SIZE, TAG_SIZE, probe_frame
from engine.superblock import PointerUpdate, Reset
from engine.tree_metadata import TreeUpdate

from .snapshot import NodeView, RunView, Snapshot
from .survey import extent_views, frame_views
from .words import MORE, key_text, run_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine import Dependency, Store
    from engine.dependency import GraphNode

    from .snapshot import NodeKind, NodeState

#: Lines about what is in one node; one more line says that there is more.
CONTENTS_MAXIMUM: Final = 8


def snapshot_of(store: Store, *, frames: bool = False) -> Snapshot:
    """What a store looks like now.

    frames: also say what lies in the extents, which reads them all, and hands bytes that may go out to the disk first.
    """
    return Observer(store).snapshot(frames=frames)


class Observer:
    """Takes snapshots of one store, one after the other. It holds on to every node that it has seen."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._numbers = count(1)
        self._identities: dict[GraphNode, int] = {}
        self._views: dict[GraphNode, NodeView] = {}
        self._edges: dict[tuple[int, int], None] = {}
        #: Edges that stand for a run that is not written yet.
        self._planned: dict[tuple[int, int], None] = {}
        self._puts: list[NodeView] = []
        self._dependencies: list[Dependency] = []

    def put(self, key: bytes, dependency: Dependency) -> None:
        """Show a put from now on, by its key. Call it before the dependency is asked or waited for."""
        identity = next(self._numbers)
        for node in dependency.nodes:
            self._see(node)
            self._edges[identity, self._identities[node]] = None
        self._puts.append(NodeView(identity, "put", f"put {key_text(key)}", -1, 0, 0, "waiting"))
        self._dependencies.append(dependency)

    def snapshot(self, *, frames: bool = False) -> Snapshot:
        """What the store looks like now."""
        store = self.store
        with store.writeback.lock:
            self._look()
            runs = tuple(
                RunView(run.number, run.level, run.entry_count, tuple((chunk[0], chunk[2]) for chunk in run.chunks))
                for run in store.index.runs
            )
            tables = (store.index.active, *store.index.frozen)
            keys = tuple(sorted({key for table in tables for key in table.entries}))
            extents = extent_views(store)
            nodes = (*self._put_views(), *self._views.values())
            edges = tuple(self._edges | self._planned)
        return Snapshot(
            disk=store.extents.uuid,
            extents=extents,
            nodes=nodes,
            edges=edges,
            memtable_keys=keys,
            runs=runs,
            frames=tuple(frame_views(store)) if frames else None,
        )

    def _put_views(self) -> list[NodeView]:
        views = []
        for view, dependency in zip(self._puts, self._dependencies, strict=True):
            state: NodeState = "persistent" if dependency.is_persistent() else "waiting"
            views.append(NodeView(view.identity, "put", view.label, -1, 0, 0, state))
        return views

    def _look(self) -> None:
        """Meet every node that can be reached, and describe all that were ever met. The lock is held."""
        store = self.store
        index = store.index
        self._planned.clear()
        for memtable in (index.active, *index.frozen):
            if memtable.entries:
                self._see(memtable.update)
                # The run that will stand between them does not exist yet.
                for node in memtable.data:
                    self._see(node)
                    self._planned[self._identities[memtable.update], self._identities[node]] = None
        for node in (*store.metadata.queue, *store.superblock.resets):
            self._see(node)
        for extent in store.extents.pending.values():
            for segment in extent.segments:
                self._see(segment)
        for node in list(self._identities):
            self._views[node] = self._view(node)

    def _see(self, node: GraphNode) -> None:
        """Remember a node, and all that must come before it."""
        waiting = [node]
        while waiting:
            node = waiting.pop()
            identity = self._identity(node)
            for before in node.after:
                edge = identity, self._identity(before)
                if edge not in self._edges:
                    self._edges[edge] = None
                    waiting.append(before)

    def _identity(self, node: GraphNode) -> int:
        if node not in self._identities:
            self._identities[node] = next(self._numbers)
        return self._identities[node]

    def _view(self, node: GraphNode) -> NodeView:
        """A node as it is now; what it forgot is what it was when it was last seen."""
        former = self._views.get(node)
        state = self._state(node)
        if former is not None and state != "waiting":
            # What a record said is gone with the record.
            return NodeView(
                former.identity,
                former.kind,
                former.label,
                former.extent,
                former.start,
                former.end,
                state,
                former.contents,
            )
        kind, label, contents = self._words(node)
        place = (node.extent.number, node.start, node.end) if isinstance(node, Segment) else (-1, 0, 0)
        return NodeView(self._identities[node], kind, label, *place, state, capped(contents))

    def _state(self, node: GraphNode) -> NodeState:
        """How far a node is."""
        if node.persistent:
            return "persistent"
        store = self.store
        if isinstance(node, Segment):
            is_waiting = node in node.extent.segments
        elif isinstance(node, TreeUpdate):
            memtables = (store.index.active, *store.index.frozen)
            is_waiting = node in store.metadata.queue or any(node is memtable.update for memtable in memtables)
        elif isinstance(node, Reset):
            is_waiting = node in store.superblock.resets
        else:
            is_waiting = self._is_next_record(node)
        return "waiting" if is_waiting else "issued"

    def _is_next_record(self, node: GraphNode) -> bool:
        """Whether a superblock record has not been built yet; to ask for the next one would make one."""
        return node is self.store.superblock._next  # noqa: SLF001  # a look must not change what it looks at

    def _words(self, node: GraphNode) -> tuple[NodeKind, str, tuple[str, ...]]:
        """Kind, label and contents of a node."""
        if isinstance(node, Segment):
            return self._segment_words(node)
        if isinstance(node, TreeUpdate):
            added = tuple(f"adds run {number}, level {level}" for number, (level, _) in sorted(node.added.items()))
            removed = tuple(f"removes run {number}" for number in node.removed)
            return "metadata", "tree metadata", (*added, *removed) or ("the memtable's run, to be",)
        if isinstance(node, Reset):
            return "reset", f"reset of extent {node.extent.number}", (f"generation {node.generation}",)
        assert isinstance(node, PointerUpdate), "there is no other kind of node"
        extents = self.store.extents
        pointers = (extents.all[number] for number in sorted(extents.changed))
        return (
            "superblock",
            "superblock record",
            tuple(f"extent {extent.number} → {extent.pointer:,}" for extent in pointers),
        )

    def _segment_words(self, segment: Segment) -> tuple[NodeKind, str, tuple[str, ...]]:
        """What a segment holds: the chunks in its buffers, or on the disk once that has them."""
        # A chunk is three buffers at most: header and key, payload, tag; an extent's header comes before them.
        data = b"".join(segment.buffers[: 3 * (CONTENTS_MAXIMUM + 1) + 1])
        if not data:
            size = segment.end - segment.start
            data = self.store.extents.read_issued(segment.extent.number, segment.start, size)
        chunks = list(chunks_in(segment, data))
        kind: NodeKind = "run" if segment.extent.owner == "index" else "data"
        if not chunks:
            return kind, "extent header", ()
        lines = []
        for owner, key, part, length in chunks:
            if owner == "run":
                number = int.from_bytes(key, "little")
                entries = [run.entry_count for run in self.store.index.runs if run.number == number]
                lines.append(f"{run_text(key)}: {entries[0]} entries" if entries else run_text(key))
            else:
                lines.append(f"{key_text(key)}{f' #{part + 1}' if part else ''}: {length:,} bytes")
        return kind, "index entries" if kind == "run" else "data", tuple(dict.fromkeys(lines))


def capped(lines: tuple[str, ...]) -> tuple[str, ...]:
    """The first lines, and one that says whether there are more."""
    return lines if len(lines) <= CONTENTS_MAXIMUM else (*lines[:CONTENTS_MAXIMUM], MORE)


def chunks_in(segment: Segment, data: bytes) -> Iterator[tuple[str, bytes, int, int]]:
    """Owner, key, part and payload length of the first chunks whose frames begin the bytes of a segment."""
    at = HEADER_SIZE if segment.start == 0 else 0
    for _ in range(CONTENTS_MAXIMUM + 1):
        longest = CHUNK_HEADER_SIZE + EXTRA_SIZE
        header = probe_frame(data[at : at + longest], segment.extent.place_seed(segment.start + at))
        if header is None:
            return
        key_at = at + header.size
        payload_at = key_at + header.key_length
        yield header.owner, data[key_at:payload_at], header.part, header.length
        at = payload_at + header.length + TAG_SIZE
