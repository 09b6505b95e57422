"""A table of schema edits: what names each, and what either side makes of the other's files.

Every verdict here was decided by a person from the meaning of the edit, not copied from the judge. The tests hold the
judge to it, and planted bugs in the judge are caught by it.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any, Final

import construct as c
from construct import Bytes, Const, Int8ul, Int16sl, Int16ub, Int16ul, Int32sl, Int32ul, Int64ul, Struct, this

from formats import primitives as p
from formats.catalog import CATALOG, Format

from .edits import with_added, with_field, with_members, with_renamed, with_swapped, with_version, without
from .verdicts import Verdict

#: Sealed and checksummed, like ours.
RECORD: Final = p.Frame(
    "magic" / p.Magic(b"\xabT"),
    "kind" / p.Kind(9),
    "version" / p.Version(1),
    "state" / p.ClosedEnum(Int8ul, new=1, live=2, dead=3),
    "flags" / p.ClosedFlags(Int8ul, sync=1, cold=2),
    "reserved" / p.Reserved(4),
    "left" / Int16ul,
    "right" / Int16ul,
    "level" / p.Bounded(Int8ul, 1, 7),
    "size" / p.Length(Int16ul, of="body", maximum=64),
    "count" / p.Count(Int8ul, of="items", maximum=16),
    "check" / p.Crc32c(covers="body"),
    "seal" / p.Seal(seed=("extent", "offset")),
    "body" / Bytes(this.size),
    "items" / p.Column(this.count, Int16ul, order="ascending"),
    "end" / Const(b"\xee"),
)
#: Plain Construct, without a checksum: whatever moves is misread.
PLAIN: Final = Struct(
    "version" / Const(1, Int8ul),
    "first" / Int16ul,
    "second" / Int16ul,
    "third" / Int32ul,
    "mode" / c.Enum(Int8ul, off=0, on=1),
    "choice" / Int8ul,
    "body" / c.Switch(this.choice, {1: Int16ul, 2: Bytes(2)}, default=c.Error),
    "extra" / c.If(this.mode == "on", Int8ul),
    "items" / c.PrefixedArray(Int8ul, Int16ul),
    "text" / c.PascalString(Int8ul, "utf8"),
    "blob" / c.FixedSized(8, c.Prefixed(Int8ul, c.GreedyBytes)),
    "bits" / c.BitStruct("high" / c.BitsInteger(3), "low" / c.BitsInteger(5)),
    "sum" / c.Computed(this.first + this.second),
)
#: Numbers, and then whatever is left.
FLAT: Final = Struct(
    "version" / Const(1, Int8ul),
    "small" / Int16ul,
    "large" / Int32ul,
    "shown" / Int8ul,
    "extra" / c.If(this.shown > 9, Int8ul),
    "items" / c.PrefixedArray(Int8ul, Int8ul),
    "rest" / c.GreedyBytes,
)
#: Two numbers of which either may be a guard.
NUMBERED: Final = Struct(
    "version" / Const(1, Int8ul), "one" / Int16ul, "two" / Int16ul, "left" / Int16ul, "right" / Int16ul
)
#: A guard of any four bytes before two numbers.
GUARDED: Final = Struct("version" / Const(1, Int8ul), "guard" / Bytes(4), "left" / Int16ul, "right" / Int16ul)
#: A stream, which ends wherever its bytes end.
STREAM: Final = Struct(
    "version" / Const(1, Int8ul), "records" / p.RecordsToEnd(Struct("key" / Int8ul, "value" / Int8ul))
)
#: A frame that repeats part of itself at its end.
TAGGED: Final = p.Frame(
    "version" / p.Version(1),
    "uuid" / Bytes(4),
    "other" / Bytes(4),
    "data" / c.RawCopy(Bytes(3)),
    "tag" / p.Tag(of="uuid", size=2),
)
CHECKED: Final = Struct(
    "version" / Const(1, Int8ul),
    "body" / c.RawCopy(Struct("a" / Int8ul, "b" / Int8ul)),
    "check" / c.Checksum(Int32ul, zlib.crc32, this.body.data),
)
HEAP: Final = p.Frame(
    "version" / p.Version(1),
    "count" / p.Count(Int8ul, of="page.keys", maximum=20),
    "length" / p.Length(Int16ul, of="page", maximum=500),
    "page"
    / p.Region(
        this.length,
        Struct("ends" / p.Ends(this._.count, Int8ul, of="keys"), "keys" / p.Slices(ends="ends", minimum=1, maximum=9)),
    ),
)
#: Edits that one rule alone does not tell.
ALSO: Final[dict[str, set[str]]] = {
    "array becomes a stream": {"field-resized"},
    "two fields become one of another name": {"field-removed"},
    "guarded by four letters and swapped": {"field-reordered"},
    "guarded by another number and swapped": {"constraint-loosened", "field-reordered"},
    "checksum moved": {"field-reordered"},
    "ours: wider run numbers": {"constraint-loosened"},
}
FULL, REFUSE, MISREAD = Verdict.FULL, Verdict.REFUSE, Verdict.MISREAD


@dataclass(frozen=True)
class Edit:
    """An edit of one schema: `rule` names it; forward: the old reader on new files; backward: the new on old ones."""

    name: str
    old: Any
    new: Any
    rule: str
    forward: Verdict
    backward: Verdict


def column(schema: Any, **changes: Any) -> Any:
    """The items of a record, ordered otherwise."""
    return with_field(schema, "items", p.Column(this.count, Int16ul, **changes))


def slices(**changes: Any) -> Any:
    """The keys of a heap, bounded or ordered otherwise."""
    arguments: dict[str, Any] = {"ends": "ends", "minimum": 1, "maximum": 9} | changes
    return with_field(HEAP, "page.keys", p.Slices(**arguments))


def reserved_used(members: list[Any]) -> list[Any]:
    """Two of four reserved bytes become a field."""
    at = [member.name for member in members].index("reserved")
    return [*members[:at], "owner" / Int16ul, "reserved" / p.Reserved(2), *members[at + 1 :]]


def joined(members: list[Any]) -> list[Any]:
    """The last two numbers of two bytes become one of four, under a new name."""
    at = [member.name for member in members].index("left")
    return [*members[:at], "both" / Int32ul, *members[at + 2 :]]


def body(cases: dict[int, Any], default: Any = c.Error) -> Any:
    """The choice of the plain schema with other cases."""
    return with_field(PLAIN, "body", c.Switch(this.choice, cases, default=default))


def bits(*members: Any) -> Any:
    """The bit fields of the plain schema, divided otherwise."""
    return with_field(PLAIN, "bits", c.BitStruct(*members))


EDITS: Final[tuple[Edit, ...]] = (
    # fields
    Edit("field added to a sealed header", RECORD, with_added(RECORD, "", "fresh" / Int32ul, before="size"),
         "field-added", REFUSE, REFUSE),
    Edit("field appended to a stream's record", STREAM,
         with_added(STREAM, "records", "more" / Int8ul), "field-added", MISREAD, MISREAD),
    Edit("field appended at the end", PLAIN, with_added(PLAIN, "", "fresh" / Int8ul), "field-added", REFUSE, REFUSE),
    Edit("field added before a choice", PLAIN, with_added(PLAIN, "", "fresh" / Int8ul, before="third"),
         "field-added", MISREAD, MISREAD),
    Edit("guarded by another number and swapped", with_field(NUMBERED, "one", c.OneOf(Int16ul, [4660])),
         with_field(with_swapped(NUMBERED, "left", "right"), "two", c.OneOf(Int16ul, [22136])),
         "constraint-tightened", MISREAD, MISREAD),
    Edit("guarded by four letters and swapped", GUARDED,
         with_field(with_swapped(GUARDED, "left", "right"), "guard", c.OneOf(Bytes(4), [b"WXYZ"])),
         "constraint-tightened", MISREAD, MISREAD),
    Edit("two fields become one of another name", RECORD, with_members(RECORD, "", joined),
         "field-added", MISREAD, MISREAD),
    Edit("field added before others", FLAT, with_added(FLAT, "", "fresh" / Int8ul, before="large"),
         "field-added", MISREAD, MISREAD),
    Edit("field removed", FLAT, without(FLAT, "large"), "field-removed", MISREAD, MISREAD),
    Edit("last field removed", RECORD, without(RECORD, "end"), "field-removed", REFUSE, REFUSE),
    Edit("two fields swapped", RECORD, with_swapped(RECORD, "left", "right"), "field-reordered", MISREAD, MISREAD),
    Edit("fields of other widths swapped", PLAIN, with_swapped(PLAIN, "first", "third"),
         "field-reordered", MISREAD, MISREAD),
    Edit("bit fields swapped", PLAIN, bits("low" / c.BitsInteger(5), "high" / c.BitsInteger(3)),
         "field-reordered", MISREAD, MISREAD),
    Edit("bit fields divided otherwise", PLAIN, bits("high" / c.BitsInteger(4), "low" / c.BitsInteger(4)),
         "bits-changed", MISREAD, MISREAD),
    Edit("field grows in a sealed header", RECORD, with_field(RECORD, "left", Int32ul),
         "field-resized", REFUSE, REFUSE),
    Edit("field grows without a checksum", FLAT, with_field(FLAT, "small", Int32ul),
         "field-resized", MISREAD, MISREAD),
    Edit("number becomes bytes", RECORD, with_field(RECORD, "left", Bytes(2)), "field-retyped", MISREAD, MISREAD),
    Edit("number becomes a floating point number", PLAIN, with_field(PLAIN, "third", c.Float32l),
         "field-retyped", MISREAD, MISREAD),
    Edit("number becomes an enumeration", RECORD,
         with_field(RECORD, "left", p.ClosedEnum(Int16ul, one=1, two=2)), "field-retyped", FULL, REFUSE),
    Edit("number becomes a struct", FLAT, with_field(FLAT, "small", Struct("low" / Int8ul, "high" / Int8ul)),
         "field-retyped", MISREAD, MISREAD),
    Edit("field renamed", RECORD, with_renamed(RECORD, "left", "port"), "field-renamed", FULL, FULL),
    Edit("struct renamed", STREAM, with_renamed(STREAM, "records", "entries"), "field-renamed", FULL, FULL),
    Edit("number becomes signed", RECORD, with_field(RECORD, "left", Int16sl), "field-signedness", MISREAD, MISREAD),
    Edit("wide number becomes signed", PLAIN, with_field(PLAIN, "third", Int32sl),
         "field-signedness", MISREAD, MISREAD),
    Edit("number turned around", RECORD, with_field(RECORD, "right", Int16ub), "field-endianness", MISREAD, MISREAD),
    # enumerations and flags
    Edit("member added", RECORD, with_field(RECORD, "state", p.ClosedEnum(Int8ul, new=1, live=2, dead=3, lost=4)),
         "enum-member-added", REFUSE, FULL),
    Edit("member removed", RECORD, with_field(RECORD, "state", p.ClosedEnum(Int8ul, new=1, live=2)),
         "enum-member-removed", FULL, REFUSE),
    Edit("members renumbered", RECORD, with_field(RECORD, "state", p.ClosedEnum(Int8ul, new=1, live=3, dead=2)),
         "enum-member-renumbered", MISREAD, MISREAD),
    Edit("member gets a number of its own", RECORD,
         with_field(RECORD, "state", p.ClosedEnum(Int8ul, new=1, live=2, dead=9)),
         "enum-member-renumbered", REFUSE, REFUSE),
    Edit("member renamed", RECORD, with_field(RECORD, "state", p.ClosedEnum(Int8ul, new=1, live=2, gone=3)),
         "enum-member-renamed", FULL, FULL),
    Edit("member of an open enumeration added", PLAIN, with_field(PLAIN, "mode", c.Enum(Int8ul, off=0, on=1, auto=2)),
         "enum-member-added", FULL, FULL),
    Edit("flag added", RECORD, with_field(RECORD, "flags", p.ClosedFlags(Int8ul, sync=1, cold=2, big=4)),
         "flag-added", REFUSE, FULL),
    Edit("flag removed", RECORD, with_field(RECORD, "flags", p.ClosedFlags(Int8ul, sync=1)),
         "flag-removed", FULL, REFUSE),
    Edit("flags renumbered", RECORD, with_field(RECORD, "flags", p.ClosedFlags(Int8ul, sync=2, cold=1)),
         "flag-renumbered", MISREAD, MISREAD),
    Edit("flag renamed", RECORD, with_field(RECORD, "flags", p.ClosedFlags(Int8ul, sync=1, frozen=2)),
         "flag-renamed", FULL, FULL),
    # constraints
    Edit("maximum lowered", RECORD, with_field(RECORD, "level", p.Bounded(Int8ul, 1, 5)),
         "constraint-tightened", FULL, REFUSE),
    Edit("maximum raised", RECORD, with_field(RECORD, "level", p.Bounded(Int8ul, 1, 9)),
         "constraint-loosened", REFUSE, FULL),
    Edit("bound added to a number", RECORD, with_field(RECORD, "left", p.Bounded(Int16ul, 0, 40000)),
         "constraint-tightened", FULL, REFUSE),
    Edit("value forbidden", PLAIN, with_field(PLAIN, "third", c.NoneOf(Int32ul, [7])),
         "constraint-tightened", FULL, REFUSE),
    Edit("enumeration closed", PLAIN, with_field(PLAIN, "mode", c.OneOf(c.Enum(Int8ul, off=0, on=1), ["off", "on"])),
         "constraint-tightened", FULL, REFUSE),
    Edit("length bound lowered", RECORD, with_field(RECORD, "size", p.Length(Int16ul, of="body", maximum=40)),
         "length-bound-changed", FULL, REFUSE),
    Edit("length bound raised", RECORD, with_field(RECORD, "size", p.Length(Int16ul, of="body", maximum=900)),
         "length-bound-changed", REFUSE, FULL),
    Edit("count bound lowered", RECORD, with_field(RECORD, "count", p.Count(Int8ul, of="items", maximum=10)),
         "count-bound-changed", FULL, REFUSE),
    Edit("count bound raised", RECORD, with_field(RECORD, "count", p.Count(Int8ul, of="items", maximum=20)),
         "count-bound-changed", REFUSE, FULL),
    Edit("items may be longer", HEAP, slices(maximum=12), "length-bound-changed", REFUSE, FULL),
    Edit("order asked for", HEAP, slices(order="strict"), "order-changed", FULL, REFUSE),
    Edit("order made strict", RECORD, column(RECORD, order="strict"), "order-changed", FULL, REFUSE),
    Edit("order given up", RECORD, column(RECORD), "order-changed", REFUSE, FULL),
    Edit("column must end with a field", RECORD, column(RECORD, order="ascending", last=this.left),
         "order-changed", FULL, REFUSE),
    Edit("text encoding", PLAIN, with_field(PLAIN, "text", c.PascalString(Int8ul, "ascii")),
         "text-encoding-changed", FULL, REFUSE),
    # reserved bytes, framing
    Edit("reserved bytes used", RECORD, with_members(RECORD, "", reserved_used), "reserved-used", REFUSE, FULL),
    Edit("reserved bytes added", RECORD, with_field(RECORD, "reserved", p.Reserved(8)),
         "reserved-changed", REFUSE, REFUSE),
    Edit("region must be full", PLAIN,
         with_field(PLAIN, "blob", p.Region(8, c.Prefixed(Int8ul, c.GreedyBytes))),
         "exactness-changed", FULL, REFUSE),
    Edit("padding grows", PLAIN, with_field(PLAIN, "blob", c.FixedSized(9, c.Prefixed(Int8ul, c.GreedyBytes))),
         "padding-changed", REFUSE, REFUSE),
    Edit("count of an array grows", FLAT, with_field(FLAT, "items", c.PrefixedArray(Int16ul, Int8ul)),
         "field-resized", MISREAD, MISREAD),
    Edit("length counts itself", PLAIN,
         with_field(PLAIN, "blob", c.FixedSized(8, c.Prefixed(Int8ul, c.GreedyBytes, includelength=True))),
         "framing-changed", MISREAD, MISREAD),
    Edit("array becomes a stream", PLAIN,
         with_field(PLAIN, "blob", c.FixedSized(8, Bytes(8))), "framing-changed", MISREAD, MISREAD),
    # checksums, identity, derived values
    Edit("checksum over another field", RECORD, with_field(RECORD, "check", p.Crc32c(covers="items")),
         "checksum-range", REFUSE, REFUSE),
    Edit("checksum masked", RECORD, with_field(RECORD, "check", p.Crc32c(covers="body", is_masked=True)),
         "checksum-algorithm", REFUSE, REFUSE),
    Edit("checksum of another polynomial", CHECKED,
         with_field(CHECKED, "check", c.Checksum(Int32ul, zlib.adler32, this.body.data)),
         "checksum-algorithm", REFUSE, REFUSE),
    Edit("seed of the seal", RECORD, with_field(RECORD, "seal", p.Seal(seed=("offset", "extent"))),
         "checksum-seed", REFUSE, REFUSE),
    Edit("seal without a seed", RECORD, with_field(RECORD, "seal", p.Seal()), "checksum-seed", REFUSE, REFUSE),
    Edit("checksum moved", RECORD, with_swapped(RECORD, "count", "check"), "checksum-moved", REFUSE, REFUSE),
    Edit("checksum removed", CHECKED, without(CHECKED, "check"), "checksum-removed", REFUSE, REFUSE),
    Edit("checksum becomes a number", CHECKED, with_field(CHECKED, "check", Int32ul),
         "checksum-removed", REFUSE, FULL),
    Edit("magic changed", RECORD, with_field(RECORD, "magic", p.Magic(b"\xabU")), "magic-changed", REFUSE, REFUSE),
    Edit("kind changed", RECORD, with_field(RECORD, "kind", p.Kind(8)), "kind-changed", REFUSE, REFUSE),
    Edit("constant changed", RECORD, with_field(RECORD, "end", Const(b"\xef")), "constant-changed", REFUSE, REFUSE),
    Edit("computed otherwise", PLAIN, with_field(PLAIN, "sum", c.Computed(this.first - this.second)),
         "computed-changed", MISREAD, MISREAD),
    Edit("closing tag of another field", TAGGED, with_field(TAGGED, "tag", p.Tag(of="other", size=2)),
         "derivation-changed", REFUSE, REFUSE),
    Edit("raw bytes no longer kept", TAGGED, with_field(TAGGED, "data", Bytes(3)), "framing-changed", FULL, FULL),
    # branches
    Edit("case added", PLAIN, body({1: Int16ul, 2: Bytes(2), 3: Int32ul}), "case-added", REFUSE, FULL),
    Edit("case removed", PLAIN, body({1: Int16ul}), "case-removed", FULL, REFUSE),
    Edit("any other selector taken", PLAIN, body({1: Int16ul, 2: Bytes(2)}, c.Pass), "case-added", REFUSE, FULL),
    Edit("condition turned around", FLAT, with_field(FLAT, "extra", c.If(this.shown <= 9, Int8ul)),
         "condition-changed", MISREAD, MISREAD),
    # ours
    Edit("ours: two addresses swapped", CATALOG["lsm_page.footer"].schema,
         with_swapped(CATALOG["lsm_page.footer"].schema, "index_offset", "filter_offset"),
         "field-reordered", MISREAD, MISREAD),
    Edit("ours: an owner of extents removed", CATALOG["extent_header"].schema,
         with_field(CATALOG["extent_header"].schema, "owner", p.ClosedEnum(Int8ul, data=2, index=3, metadata=4)),
         "enum-member-removed", FULL, REFUSE),
    Edit("ours: columns swapped", CATALOG["superblock"].schema,
         with_swapped(CATALOG["superblock"].schema, "entries.generations", "entries.write_pointers"),
         "field-reordered", MISREAD, MISREAD),
    Edit("ours: wider run numbers", CATALOG["tree_metadata"].schema,
         with_field(CATALOG["tree_metadata"].schema, "next_run", p.Bounded(Int64ul, 1, 2**64 - 1)),
         "field-resized", REFUSE, REFUSE),
)  # fmt: skip


def formats(edit: Edit, *, bumped: bool = False) -> tuple[Format, Format]:
    """The old and the new format of an edit; `bumped`: the new one says that it is version 2."""
    new = with_version(edit.new, 2) if bumped else edit.new
    return Format("subject", 1, edit.old), Format("subject", 2 if bumped else 1, new)


def edit_named(name: str) -> Edit:
    """One edit."""
    return next(edit for edit in EDITS if edit.name == name)
