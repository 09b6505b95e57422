"""Fingerprints: the same for the same bytes on disk, another for every change of them."""

from __future__ import annotations

import subprocess
import sys
import typing
from typing import Any

import construct as c
import pytest
from construct import this
from hypothesis import given, settings

from formats import primitives as p
from formats.catalog import CATALOG
from formats.errors import SchemaRefused
from formats.fingerprint import WORDS, fingerprint, layout_text
from formats.layout import Node
from formats.translate import translate
from roundtrip.schemas import schemas

SMALL = c.Struct("size" / c.Int16ul, "owner" / c.Enum(c.Int8ub, shard=1, run=2), "data" / c.Bytes(this.size))
SMALL_TEXT = """\
layout seed=
struct
  size: integer size=2
  owner: enumeration members=shard:1,run:2 closed=false
    integer size=1 little=false
  data: raw size=size
"""


def of(schema: Any) -> str:
    return fingerprint(translate(schema))


def frame(seal: Any = None, **changed: Any) -> Any:
    """A small frame with one of its fields changed."""
    fields = {
        "magic": p.Magic(b"SP"),
        "kind": p.Kind(1),
        "version": p.Version(1),
        "owner": p.ClosedEnum(c.Int8ul, shard=1, run=2),
        "flags": p.ClosedFlags(c.Int8ul, closed=1),
        "length": p.Length(c.Int16ul, of="body", minimum=1, maximum=9),
        "checksum": p.Crc32c(covers="body"),
        "reserved": p.Reserved(3),
        "seal": seal or p.Seal(seed=("disk", "extent")),
        "body": c.Bytes(this.length),
        **changed,
    }
    return p.Frame(*(name / field for name, field in fields.items() if field is not None))


def test_canonical_text_is_one_node_a_line() -> None:
    assert layout_text(translate(SMALL)) == SMALL_TEXT


def test_fingerprint_is_frozen() -> None:
    """It is kept in sidecars and lock files: a change of this code must not change it."""
    assert of(SMALL) == "05a04e8c7954a0033dc307c9108938ce90f0af8aee1b288812c647839a2f2654"


def test_fingerprint_does_not_see_documentation() -> None:
    documented = c.Struct(
        "size" / c.Int16ul * "how many bytes follow",
        "owner" / c.Enum(c.Int8ub, shard=1, run=2) * "whose it is",
        "data" / c.Hex(c.Bytes(this.size)) * "the bytes",
    )
    assert of(documented) == of(SMALL)


def test_fingerprint_does_not_see_the_order_of_names_for_numbers() -> None:
    turned = frame(owner=p.ClosedEnum(c.Int8ul, run=2, shard=1))
    assert of(turned) == of(frame())
    cases = {1: c.Int8ub, 2: c.Int16ub}
    first, second = (
        c.Struct("n" / c.Int8ub, "x" / c.Switch(this.n, dict(items)))
        for items in (cases.items(), reversed(cases.items()))
    )
    assert of(first) == of(second)


CHANGES: dict[str, Any] = {
    "magic": frame(magic=p.Magic(b"SQ")),
    "kind": frame(kind=p.Kind(2)),
    "version": frame(version=p.Version(2)),
    "member's number": frame(owner=p.ClosedEnum(c.Int8ul, shard=1, run=3)),
    "member's name": frame(owner=p.ClosedEnum(c.Int8ul, shard=1, page=2)),
    "flag": frame(flags=p.ClosedFlags(c.Int8ul, closed=1, clean=2)),
    "width": frame(flags=p.ClosedFlags(c.Int16ul, closed=1)),
    "byte order": frame(length=p.Length(c.Int16ub, of="body", minimum=1, maximum=9)),
    "minimum": frame(length=p.Length(c.Int16ul, of="body", minimum=0, maximum=9)),
    "maximum": frame(length=p.Length(c.Int16ul, of="body", minimum=1, maximum=8)),
    "mask": frame(checksum=p.Crc32c(covers="body", is_masked=True)),
    "reserved size": frame(reserved=p.Reserved(4)),
    "context": frame(seal=p.Seal(seed=("disk", "generation"))),
    "order of context": frame(seal=p.Seal(seed=("extent", "disk"))),
    "size of the body": frame(body=c.Bytes(this.length * 1)),
    "field added": frame(added=c.Int8ul),
    "field dropped": frame(reserved=None),
}


@pytest.mark.parametrize("change", CHANGES)
def test_fingerprint_sees_a_change_of(change: str) -> None:
    assert of(CHANGES[change]) != of(frame())


def test_all_changes_have_fingerprints_of_their_own() -> None:
    found = [of(schema) for schema in CHANGES.values()]
    assert len(set(found)) == len(found)


def test_field_names_are_part_of_the_fingerprint() -> None:
    renamed = c.Struct("size" / c.Int16ul, "owned_by" / c.Enum(c.Int8ub, shard=1, run=2), "data" / c.Bytes(this.size))
    assert of(renamed) != of(SMALL)


def test_a_truth_value_is_not_the_number_one() -> None:
    selector = "n" / c.Flag
    first = c.Struct(selector, "x" / c.Computed(1))
    second = c.Struct(selector, "x" / c.Computed(True))
    assert of(first) != of(second)


def test_every_node_has_a_word_of_its_own() -> None:
    assert set(WORDS) == set(typing.get_args(Node))
    assert len(set(WORDS.values())) == len(WORDS)


@given(schemas())
@settings(max_examples=80)
def test_canonical_text_holds_no_trace_of_python(schema: Any) -> None:
    try:
        text = layout_text(translate(schema))
    except SchemaRefused:
        return
    assert " object at 0x" not in text
    assert "<" not in text.replace("<<", "").replace("(<", "").replace(" < ", "").replace(" <= ", "")
    assert text == layout_text(translate(schema))


def test_fingerprints_are_alike_in_another_process() -> None:
    code = "from formats.catalog import CATALOG; from formats.fingerprint import fingerprint as f\n"
    code += "import sys; sys.stdout.write(' '.join(f(entry.layout) for entry in CATALOG))"
    for hash_seed in ("1", "2"):
        made = subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert made.stdout.split(" ") == [fingerprint(entry.layout) for entry in CATALOG]
