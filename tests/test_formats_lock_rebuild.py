"""A format made again from its layout alone is the format: codec, oracle, generator, byte map."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from importlib import import_module, invalidate_caches
from pathlib import Path
from random import Random
from typing import Any, get_args

import construct as c
import pytest
from construct import this

from formats import generated
from formats.catalog import CATALOG, Format
from formats.description.bytemap import static_map
from formats.errors import FormatError, FunctionMissing, RebuildRefused, SchemaRefused
from formats.fingerprint import layout_text
from formats.layout import (
    Algorithm,
    Bounded,
    Captured,
    Constant,
    CountOf,
    Digest,
    Enumeration,
    Field,
    Integer,
    Layout,
    LengthOf,
    Member,
    Node,
    Raw,
    Records,
    Struct,
    Text,
    Zeros,
)
from formats.locking import Lock, Locked, locked_of, read_lock, schema_of, write_lock
from formats.locking.rebuild import MAKERS
from formats.translate import translate
from roundtrip.catalogs import load_catalog
from roundtrip.generate import RandomSource, generate
from roundtrip.schemas import random_schema
from roundtrip.schemas.agreement import Agreement, Effort, Tally, seeded

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = int(os.environ.get("SHARDPROOF_SCHEMAS", "250"))
#: Random schemas whose codec lists members of an enumeration, or cases of a choice, in another order than its lock.
REORDERED_PERCENT_MAXIMUM = 5


def rebuilt(entry: Format) -> Format:
    """The format after its lock has been written and read."""
    lock = read_lock(write_lock(Lock((locked_of(entry, since="0.1.0"),))))
    return lock.formats()[0]


def field_struct(node: Any, *before: Member) -> Layout:
    return Layout(Struct((*before, Member("field", node))))


def why(layout: Layout) -> RebuildRefused:
    with pytest.raises(RebuildRefused) as caught:
        schema_of(layout)
    return caught.value


def test_every_node_can_be_made_again() -> None:
    assert set(MAKERS) == set(get_args(Node))


@pytest.mark.parametrize("entry", CATALOG.formats, ids=lambda entry: entry.label)
def test_rebuilt_format_has_the_very_codec_that_is_committed(entry: Format) -> None:
    again = rebuilt(entry)
    assert (again.name, again.version, again.summary, again.sealed) == (
        entry.name,
        entry.version,
        entry.summary,
        entry.sealed,
    )
    committed = Path(str(generated.__file__)).with_name(f"{entry.module_name}.py")
    assert again.source == committed.read_text(encoding="utf-8")
    assert again.schema is not entry.schema


@pytest.mark.parametrize("entry", CATALOG.formats, ids=lambda entry: entry.label)
def test_rebuilt_format_has_the_same_byte_map_and_makes_the_same_values(entry: Format, seed: int) -> None:
    again = rebuilt(entry)
    assert static_map(again.layout) == static_map(entry.layout)
    value, other = (generate(one.layout, RandomSource(Random(seed))) for one in (entry, again))
    assert value == other
    assert again.codec.encode(again.codec.record(value)) == entry.oracle.encode(value) == again.oracle.encode(value)


def test_rebuilt_format_is_frozen_with_its_fingerprint() -> None:
    again = rebuilt(CATALOG["superblock"])
    assert (again.status, again.frozen) == ("frozen", locked_of(CATALOG["superblock"], since="0.1.0").fingerprint)


def test_leveldbs_log_is_read_by_a_format_that_its_lock_alone_has_made() -> None:
    (entry,) = load_catalog(f"{ROOT}/docs/examples/leveldb_log.py:CATALOG")
    again, data = rebuilt(entry), (ROOT / "docs/examples/000003.log").read_bytes()
    value = again.codec.plain(again.codec.decode(data))
    assert value == entry.oracle.decode(data) == again.oracle.decode(data)
    assert again.codec.encode(again.codec.record(value)) == data
    with pytest.raises(FormatError) as caught:
        again.codec.decode(data[:-1])
    assert caught.value.rule == "truncated"


@pytest.mark.slow
def test_rebuilt_oracles_of_random_schemas_agree_with_codecs_of_the_schemas(seed: int) -> None:
    tried, reordered = 0, 0
    for number in range(SCHEMAS):
        source = seeded(seed, "rebuilt", number)
        entry = Format("random", 1, random_schema(source))
        try:
            codec = entry.codec
        except SchemaRefused:
            continue
        again = rebuilt(entry)
        assert layout_text(again.layout) == layout_text(entry.layout)
        reordered += again.source != entry.source
        Agreement(again, codec, Tally()).check(source, Effort())
        tried += 1
    assert tried > SCHEMAS * 9 // 10
    assert reordered * 100 <= tried * REORDERED_PERCENT_MAXIMUM


# --- spellings -------------------------------------------------------------------------------------------------------


def test_a_checksum_over_a_captured_field_stays_a_plain_checksum() -> None:
    """The vocabulary's own reads the same; but then no frame would be needed."""
    plain = c.Struct(
        "body" / c.RawCopy(c.Int16ub), "check" / c.Checksum(c.Int32ul, sys.modules["crc32c"].crc32c, this.body.data)
    )
    assert isinstance(schema_of(translate(plain)), c.Struct)


def test_a_choice_between_numbers_and_truth_values_keeps_their_types() -> None:
    schema = c.Struct("on" / c.Flag, "then" / c.Switch(this.on, {True: c.Int8ub, False: c.Int16ub}))
    again = rebuilt(Format("one", 1, schema))
    assert again.oracle.decode(b"\0\1\2") == {"on": False, "then": 258}


def test_members_of_any_name_come_back() -> None:
    """Construct takes names as keywords, and `self` is one of its own."""
    members = ((name, number) for number, name in enumerate(("self", "subcon", "a b", "1"), 1))
    layout = Layout(Enumeration(Integer(1), tuple(members), closed=False))
    assert translate(schema_of(layout)) == layout


# --- refusals --------------------------------------------------------------------------------------------------------

#: What is wrong -> a layout that no schema has, and words of the message.
IMPOSSIBLE: dict[str, tuple[Layout, str]] = {
    "a field further out than there are structs": (field_struct(Raw(Field(3, ("size",)))), "3 structs further out"),
    "reserved bytes of a size that varies": (field_struct(Zeros(Field(0, ("size",)))), "no constant"),
    "a length without bounds": (field_struct(LengthOf(Integer(2), "body")), "has bounds"),
    "a count of a field whose name holds a dot": (field_struct(CountOf(Bounded(Integer(1), 0, 9), ("a.b",))), "field"),
    "a constant of a rule that none breaks": (field_struct(Constant(Integer(1), 1, "bounds")), "'bounds'"),
    "a magic of zeros": (field_struct(Constant(Raw(None), b"\0\0", "magic")), "a magic must hold"),
    "a closed enumeration of zero": (field_struct(Enumeration(Integer(1), (("none", 0),))), "0 is reserved"),
    "bounds that hold nothing": (field_struct(Bounded(Integer(1), 2, 1)), "minimum 2 is above maximum 1"),
    "text over a number": (field_struct(Text(Integer(1), "utf8")), "text is compiled over Bytes"),
    "an integer of nine bytes": (field_struct(Integer(9)), "1 to 8 bytes"),
    "records without bytes": (Layout(Records(Raw(Field(0, ("size",))))), "0 structs further out"),
    "a checksum of two captured fields": (
        field_struct(Digest(Integer(4), Algorithm("zlib", "crc32"), (Field(0, ("a",)), Field(0, ("b",))))),
        "covers one captured field",
    ),
    "a header without a seal": (Layout(Struct((Member("field", Integer(1)),), header=1)), "made again as `struct`"),
    "a context that no checksum continues from": (replace(field_struct(Integer(1)), seed=("disk",)), "layout seed="),
}


@pytest.mark.parametrize("wrong", IMPOSSIBLE)
def test_layout_that_no_schema_has_is_refused(wrong: str) -> None:
    layout, words = IMPOSSIBLE[wrong]
    assert words in str(why(layout))


def test_layout_that_nests_without_end_is_refused() -> None:
    node: Any = Integer(1)
    for _ in range(200):
        node = Struct((Member("inner", node),))
    assert "deep" in str(why(Layout(node)))


def checked_by(module: str, function: str) -> Layout:
    digest = Digest(Integer(4), Algorithm(module, function), (Field(0, ("body",)),))
    return field_struct(digest, Member("body", Captured(Integer(1))))


@pytest.mark.parametrize(
    ("module", "function", "reason"),
    [
        ("no_such_module_here", "checksum", "ModuleNotFoundError: No module named 'no_such_module_here'"),
        ("zlib", "no_such_function", "there is none"),
        ("sys", "maxsize", "it is a int"),
    ],
)
def test_missing_checksum_function_is_named_with_its_module(module: str, function: str, reason: str) -> None:
    error = why(checked_by(module, function))
    assert isinstance(error, FunctionMissing)
    assert (error.module, error.function, error.path) == (module, function, ("field",))
    assert reason in str(error)
    assert f"make {module} importable" in str(error)


def test_module_that_cannot_be_loaded_is_one_typed_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "broken_checksums_of_user.py").write_text("raise RuntimeError('half installed')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "RuntimeError: half installed" in str(why(checked_by("broken_checksums_of_user", "checksum")))


def test_lock_is_read_without_the_module_of_a_checksum_and_only_rebuilding_needs_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "checksums_of_user.py").write_text("def total(data):\n    return sum(data) & 0xFFFF\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    total = import_module("checksums_of_user").total
    schema = c.Struct("body" / c.RawCopy(c.Int32ub), "sum" / c.Checksum(c.Int16ub, total, this.body.data))
    text = write_lock(Lock((locked_of(Format("mine", 1, schema), since="1"),)))
    assert "algorithm=checksums_of_user.total covers=body" in text
    assert read_lock(text).formats()[0].oracle.decode(b"\0\0\1\2\0\3") == {"body": 258}
    monkeypatch.delitem(sys.modules, "checksums_of_user")
    (tmp_path / "checksums_of_user.py").unlink()
    invalidate_caches()
    locked: Locked = read_lock(text).entries[0]
    with pytest.raises(FunctionMissing, match=r"checksums_of_user\.total"):
        locked.format  # noqa: B018  # it is made now
