"""Our formats as plain Construct schemas, in the idiom of its documentation: RawCopy, Checksum, Const, Enum, Rebuild.

Bounds, flags and order are not checked. A checksum that lies before what it covers is a Checksum over a Computed
field. The columns of pages and records are schemas of their own, because their bytes must be there before the header
can be built. `Keys` is an adapter of ours, as fast as Python allows, which flatters Construct.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import construct as c
from construct import Array, Bytes, Computed, Const, Int8ul, Int16ul, Int32ul, Int64ul, Rebuild, this
from crc32c import crc32c

OWNERS: Final = {"free": 1, "data": 2, "index": 3, "metadata": 4, "superblock": 5}


if TYPE_CHECKING:
    AnyAdapter = c.Adapter[Any, Any, Any, Any]
else:
    AnyAdapter = c.Adapter

#: `this`, for what its type stubs do not know: slices, and the parameters of the outermost call.
context: Any = this


class Keys(AnyAdapter):
    """A heap of keys, cut by the column `key_ends`."""

    def _decode(self, obj: bytes, context: Any, path: str) -> list[bytes]:  # noqa: ARG002  # Construct's signature
        start, keys = 0, []
        for end in context.key_ends:
            keys.append(obj[start:end])
            start = end
        return keys

    def _encode(self, obj: list[bytes], context: Any, path: str) -> bytes:  # noqa: ARG002  # likewise
        return b"".join(obj)


def frame(kind: int, *fields: Any, body: tuple[Any, ...] = (), version: int = 1) -> Any:
    """A header under its seal, then the body, then nothing."""
    lead = ("magic" / Const(b"\xd3\xd0"), "kind" / Const(kind, Int8ul), "version" / Const(version, Int8ul))
    header = c.Struct(*lead, *fields)
    seal = c.Checksum(Int32ul, lambda sealed: crc32c(*sealed), lambda this: (this.header.data, this["_params"].seed))
    return c.Struct("header" / c.RawCopy(header), "seal" / seal, *body, c.Terminated)


def checksum(of: str) -> Any:
    """The check of a body field against its checksum in the header."""
    return c.Checksum(Computed(this.header.value[f"{of}_checksum"]), crc32c, this[of])


def region(of: str) -> tuple[Any, ...]:
    """A body of columns."""
    return (of / Bytes(this.header.value[f"{of}_length"]), checksum(of))


def extent_header() -> Any:
    """All of it."""
    owners = {name: number for name, number in OWNERS.items() if name != "free"}
    return frame(
        1,
        "owner" / c.Enum(Int8ul, **owners),
        "reserved_1" / Const(bytes(3)),
        "disk" / Bytes(16),
        "extent_size" / Int32ul,
        "page_size" / Int32ul,
        "generation" / Int32ul,
        "reserved_2" / Const(bytes(24)),
    )


def chunk(*more: Any, version: int = 1) -> Any:
    """All of it; `more`: what a later version has before the seal."""
    return frame(
        2,
        "owner" / c.Enum(Int8ul, shard=1, run=2),
        "key_length" / Rebuild(Int16ul, c.len_(this._.key)),
        "part" / Int16ul,
        "uuid" / Bytes(16),
        "payload_length" / Rebuild(Int32ul, c.len_(this._.payload)),
        "key_checksum" / Int32ul,
        "payload_checksum" / Int32ul,
        *more,
        version=version,
        body=(
            "key" / Bytes(this.header.value.key_length),
            checksum("key"),
            "payload" / Bytes(this.header.value.payload_length),
            checksum("payload"),
            "tag" / Rebuild(Bytes(8), context.header.value.uuid[:8]),
            c.Check(context.tag == context.header.value.uuid[:8]),
        ),
    )


def superblock() -> Any:
    """The header."""
    return frame(
        3,
        "record" / c.Enum(Int8ul, full=1, delta=2),
        "flags" / Int8ul,
        "reserved_1" / Const(bytes(2)),
        "sequence" / Int64ul,
        "compatible" / Int64ul,
        "read_only_compatible" / Int64ul,
        "incompatible" / Int64ul,
        "extent_count" / Int32ul,
        "entry_count" / Int32ul,
        "entries_length" / Rebuild(Int32ul, c.len_(this._.entries)),
        "entries_checksum" / Int32ul,
        "reserved_2" / Const(bytes(4)),
        body=region("entries"),
    )


def tree_metadata() -> Any:
    """The header."""
    return frame(
        4,
        "record" / c.Enum(Int8ul, full=1, delta=2),
        "reserved_1" / Const(bytes(3)),
        "sequence" / Int64ul,
        "next_run" / Int32ul,
        "added_count" / Int32ul,
        "chunk_count" / Int32ul,
        "removed_count" / Int32ul,
        "changes_length" / Rebuild(Int32ul, c.len_(this._.changes)),
        "changes_checksum" / Int32ul,
        "reserved_2" / Const(bytes(20)),
        body=region("changes"),
    )


def page(kind: int, *fields: Any, reserved: int = 12, after: tuple[Any, ...] = ()) -> Any:
    """The header of a page."""
    return frame(
        kind,
        *fields,
        "entries_length" / Rebuild(Int32ul, c.len_(this._.entries)),
        "entries_checksum" / Int32ul,
        *after,
        "reserved" / Const(bytes(reserved)),
        body=region("entries"),
    )


def footer() -> Any:
    """All of it."""
    return frame(
        8,
        "run" / Int32ul,
        "entry_count" / Int64ul,
        "tombstone_count" / Int64ul,
        "index_offset" / Int32ul,
        "index_length" / Int32ul,
        "filter_offset" / Int32ul,
        "filter_length" / Int32ul,
        "reserved" / Const(bytes(4)),
    )


def columns(*specification: tuple[str, str, Any], keys: bool = False) -> Any:
    """Columns (name, the parameter that holds their count, element), and the keys behind them."""
    fields = [name / Array(context["_params"][count], element) for name, count, element in specification]
    return c.Struct(*fields, *(["keys" / Keys(c.GreedyBytes)] if keys else []), c.Terminated)


LOCATORS: Final = ("extents", "generations", "offsets", "lengths", "checksums")

FRAMES: Final = {
    "extent_header": extent_header(),
    "chunk": chunk(),
    "chunk@2": chunk("value_checksum" / Int64ul, version=2),
    "superblock": superblock(),
    "tree_metadata": tree_metadata(),
    "lsm_page.data": page(5, "entry_count" / Int16ul, "locator_count" / Int16ul),
    "lsm_page.index": page(6, "entry_count" / Int32ul),
    "lsm_page.filter": page(7, "word_count" / Int32ul, after=("probes" / Int8ul,), reserved=11),
    "lsm_page.footer": footer(),
}

COLUMNS: Final = {
    "superblock": columns(
        ("extents", "entry_count", Int32ul),
        ("generations", "entry_count", Int32ul),
        ("write_pointers", "entry_count", Int32ul),
        ("owners", "entry_count", c.Enum(Int8ul, **OWNERS)),
    ),
    "tree_metadata": columns(
        ("added", "added_count", Int32ul),
        ("levels", "added_count", Int8ul),
        ("chunk_ends", "added_count", Int32ul),
        *((name, "chunk_count", Int32ul) for name in LOCATORS),
        ("removed", "removed_count", Int32ul),
    ),
    "lsm_page.data": columns(
        ("key_ends", "entry_count", Int16ul),
        ("locator_ends", "entry_count", Int16ul),
        *((name, "locator_count", Int32ul) for name in LOCATORS),
        keys=True,
    ),
    "lsm_page.index": columns(
        ("key_ends", "entry_count", Int32ul),
        ("page_offsets", "entry_count", Int32ul),
        ("page_lengths", "entry_count", Int32ul),
        keys=True,
    ),
    "lsm_page.filter": columns(("words", "word_count", Int64ul)),
}
