"""A snapshot: what a live store looked like at one moment, as plain data, for pictures and for people.

Nothing here refers back to the store, so a snapshot may be kept, compared and sent elsewhere. It costs one small
record for each extent, node and run; frames cost a read of the extents and are left out unless somebody asks.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

ExtentState: TypeAlias = Literal["open", "sealed", "free", "reserved", "resetting"]
NodeKind: TypeAlias = Literal["put", "index_entry", "data", "run", "metadata", "superblock", "reset"]
NodeState: TypeAlias = Literal["waiting", "issued", "persistent"]
FrameKind: TypeAlias = Literal["extent_header", "chunk", "run", "superblock", "tree_metadata", "debris"]


class ExtentView(msgspec.Struct, frozen=True):
    """One extent. Sizes and pointers in bytes.

    `owner`: free, data, index, metadata or superblock; the reserved extents are their root's, in use or not.
    `pointer_bytes`: where the next append goes. `persisted_pointer_bytes`: the pointer that the newest superblock
    record states; of the reserved ones it says nothing. `live_bytes`: of frames that something names; None where nobody
    counted. `state`: open (a stream appends to it), sealed (written, and nothing is appended), free, reserved (for the
    roots), resetting (a reset is queued and not persistent).
    """

    number: int
    owner: str
    generation: int
    pointer_bytes: int
    persisted_pointer_bytes: int
    size_bytes: int
    live_bytes: int | None
    state: ExtentState


class FrameView(msgspec.Struct, frozen=True):
    """One frame of an extent, or a stretch of debris between frames. `offset` and `size_bytes` are bytes.

    `structure`: what it is; a `run` is a chunk that holds a part of a sorted run. `key`: of the shard, or the number of
    the run (4 bytes, little-endian); empty for the rest. `live`: whether something names exactly this place; None where
    that is not asked (headers, root records). `uuid`: the chunk's, which it keeps when it is moved: what tells a
    copy from another value of the same key.
    """

    extent: int
    offset: int
    size_bytes: int
    structure: FrameKind
    key: bytes
    live: bool | None
    part: int = 0
    uuid: bytes = b""


class NodeView(msgspec.Struct, frozen=True):
    """One node of the dependency graph: something that becomes persistent as a whole.

    `identity` names the node in every snapshot of this store: it is never given to another. `label`: a few words for
    people. `extent`, `start`, `end`: the bytes that it writes; `extent` is -1 where that is not known yet. `state`:
    waiting, issued (the disk has the bytes, no sync has followed), persistent. `contents`: what is in it, one line
    each: keys of chunks, entries of a run, pointers that a superblock record states; the last may say: … more.
    """

    identity: int
    kind: NodeKind
    label: str
    extent: int
    start: int
    end: int
    state: NodeState
    contents: tuple[str, ...] = ()


class RunView(msgspec.Struct, frozen=True):
    """One sorted run of the tree. `chunks`: (extent, offset in bytes) of each of its chunks, in order."""

    number: int
    level: int
    entry_count: int
    chunks: tuple[tuple[int, int], ...]


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A store at one moment.

    `disk`: its UUID. `extents`: all, by number. `frames`: by extent and offset, None where nobody asked. An edge
    (a, b) says that node a requires node b; both are in `nodes`. `memtable_keys`: keys that no run holds yet, in order,
    deleted ones included. `runs`: newest first.
    """

    disk: bytes
    extents: tuple[ExtentView, ...]
    nodes: tuple[NodeView, ...] = ()
    edges: tuple[tuple[int, int], ...] = ()
    memtable_keys: tuple[bytes, ...] = ()
    runs: tuple[RunView, ...] = ()
    frames: tuple[FrameView, ...] | None = None
