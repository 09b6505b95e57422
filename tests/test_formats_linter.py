from __future__ import annotations

import inspect
import time
import zlib
from collections import Counter
from typing import Any

import construct as c
import pytest
from construct import core, debug
from construct.core import TimestampAdapter
from construct.expr import BinExpr
from crc32c import crc32c

from formats import chunk, extent_header, lsm_page, superblock, tree_metadata
from formats import primitives as p
from formats.errors import SchemaRefused
from formats.linter import DECISIONS, HANDLERS, RULES, Finding, lint, require_safe, rules_table
from roundtrip.hostile.random_schemas import verdict
from roundtrip.hostile_schemas import HOSTILE_SCHEMAS, HostileSchema

#: The stubs know the types of fields; these schemas have none that fit.
this: Any = c.this
EVERY = pytest.mark.parametrize("entry", HOSTILE_SCHEMAS.values(), ids=HOSTILE_SCHEMAS)
SHOWN = [entry for entry in HOSTILE_SCHEMAS.values() if entry.proof is not None]
OURS: dict[str, Any] = {
    "chunk": chunk.SCHEMA,
    "extent_header": extent_header.SCHEMA,
    "superblock": superblock.SCHEMA,
    "tree_metadata": tree_metadata.SCHEMA,
    "lsm_page.data": lsm_page.DATA,
    "lsm_page.index": lsm_page.INDEX,
    "lsm_page.filter": lsm_page.FILTER,
    "lsm_page.footer": lsm_page.FOOTER,
}
#: Schemas that a careful user writes; nothing is wrong with them.
BENIGN: dict[str, Any] = {
    "integers": c.Struct("a" / c.Int8ul, "b" / c.Int16ub, "c" / c.Int24ul, "d" / c.Int64sb, "e" / c.BytesInteger(5)),
    "one byte has no order": c.Struct("a" / c.Int8un),
    "constants": c.Struct(c.Const(b"SP"), "version" / c.Const(1, c.Int8ul), c.Const("a", c.Enum(c.Byte, a=1))),
    "length and bytes": c.Struct("size" / c.Int32ul, "data" / c.Bytes(this.size)),
    "derived length": c.Struct("size" / c.Rebuild(c.Int32ul, c.len_(this.data)), "data" / c.Bytes(this.size)),
    "derived count": c.Struct("count" / c.Rebuild(c.Byte, c.len_(this.items)), "items" / c.Int16ul[this.count]),
    "prefixed bytes": c.Prefixed(c.Int32ul, c.GreedyBytes),
    "prefixed and terminated": c.Prefixed(c.Int32ul, c.Struct("a" / c.Byte, c.Terminated)),
    "prefixed array": c.PrefixedArray(c.Int32ul, c.Struct("key" / c.PascalString(c.Byte, "utf8"), "at" / c.Int64ul)),
    "text": c.Struct("a" / c.PascalString(c.Int16ul, "ascii"), "b" / c.GreedyString("utf-16-le")),
    "closed enumeration": c.Struct("a" / c.OneOf(c.Enum(c.Byte, x=1, y=2), ["x", "y"])),
    "enumeration of every bit pattern": c.BitStruct("a" / c.Enum(c.BitsInteger(1), x=0, y=1), "b" / c.BitsInteger(7)),
    "flags of every bit": c.BitStruct("a" / c.FlagsEnum(c.BitsInteger(2), x=1, y=2), "b" / c.BitsInteger(6)),
    "bits": c.BitStruct("a" / c.Flag, "b" / c.BitsInteger(3), "c" / c.Const(0, c.BitsInteger(4))),
    "swapped": c.Struct("a" / c.ByteSwapped(c.Struct("x" / c.Int16ul)), "b" / c.BitsSwapped(c.Bytes(2))),
    "complete switch": c.Struct(
        "tag" / c.OneOf(c.Enum(c.Byte, x=1, y=2), ["x", "y"]),
        "body" / c.Switch(this.tag, {"x": c.Int32ul, "y": c.Bytes(2)}),
    ),
    "switch that refuses": c.Struct("tag" / c.Byte, "body" / c.Switch(this.tag, {1: c.Int32ul}, default=c.Error)),
    "switch on our enumeration": c.Struct(
        "tag" / p.ClosedEnum(c.Byte, x=1, y=2), "body" / c.Switch(this.tag, {"x": c.Int32ul, "y": c.Pass})
    ),
    "condition that returns": c.Struct(
        "has" / c.BitStruct("size" / c.Flag, "rest" / c.BitsInteger(7)),
        "size" / c.If(this.has.size, c.Byte),
        "data" / c.If(this.has.size, c.Bytes(this.size)),
    ),
    "checksum": c.Struct(
        "body" / c.RawCopy(c.Struct("a" / c.Int32ul)),
        "checksum" / c.Checksum(c.Int32ul, zlib.crc32, this.body.data),
        "again" / c.Checksum(c.Int32ul, crc32c, this.body.data),
    ),
    "division by a bounded number": c.Struct("unit" / p.Bounded(c.Byte, 1, 9), "n" / c.Computed(100 // this.unit)),
    "division by a number that is not zero": c.Struct(
        "unit" / c.NoneOf(c.Byte, [0]), "n" / c.Computed(100 // this.unit)
    ),
    "small shift": c.Struct("bits" / p.Bounded(c.Byte, 0, 20), "size" / c.Computed(1 << this.bits)),
    "names from outside": c.Struct("n" / c.Byte, "inner" / c.Struct("data" / c.Bytes(this._.n + this["_root"].n))),
    "check": c.Struct("a" / c.Byte, "b" / c.Byte, c.Check(this.a <= this.b)),
    "index in an array": c.Struct("items" / c.Array(4, c.Struct("n" / c.Computed(this["_index"] + 1), "a" / c.Byte))),
    "padding of no bytes": c.Struct("a" / c.Padded(4, c.Int32ul), "b" / c.Aligned(2, c.Int16ul)),
    "fixed region": c.Struct("a" / c.FixedSized(4, c.Int32ul), "b" / c.FixedSized(8, c.GreedyBytes)),
    "documented": c.Struct("a" / c.Int8ul * "what it is", "b" / c.Hex(c.Int32ul), "c" / c.HexDump(c.Bytes(4))),
    "mapping": c.Struct("a" / c.Mapping(c.Byte, {"x": 1, "y": 2})),
    "sequence": c.Sequence(c.Byte, "n" / c.Byte, c.Bytes(this.n)),
    "few nothings": c.Array(3, c.Computed(1)),
    "records to the end": p.RecordsToEnd(c.Struct("n" / c.Byte, "data" / c.Bytes(this.n))),
    "log": p.Blocks(32768, c.Struct("n" / c.Int16ul, "data" / c.Bytes(this.n)), smallest=2),
    "default": c.Struct("a" / c.Default(c.Byte, 7), "b" / c.Tell),
}


@EVERY
def test_linter_gives_a_hostile_schema_its_one_finding(entry: HostileSchema) -> None:
    found = [(finding.rule, finding.path) for finding in lint(entry.make())]
    assert found == [(entry.rule, entry.path)]


@pytest.mark.parametrize("entry", SHOWN, ids=lambda entry: entry.name)
def test_plain_construct_does_the_harm(entry: HostileSchema) -> None:
    assert entry.proof is not None
    assert entry.proof(entry.make(), entry.data), entry.outcome


@pytest.mark.parametrize("name", BENIGN)
def test_linter_lets_a_careful_schema_pass(name: str) -> None:
    assert lint(BENIGN[name]) == []


@pytest.mark.parametrize("name", OURS)
def test_our_formats_have_no_finding(name: str) -> None:
    assert require_safe(OURS[name], canonical=True) == ()


def test_every_rule_refuses_some_schema() -> None:
    assert {entry.rule for entry in HOSTILE_SCHEMAS.values()} == set(RULES)


def test_most_of_the_harm_is_shown_and_not_only_told() -> None:
    assert len(SHOWN) >= 100


def construct_names() -> set[str]:
    """Every class and macro of Construct that makes a node, by name."""
    classes = {
        kind.__name__
        for module in (core, debug)
        for kind in (value if inspect.isclass(value) else type(value) for value in vars(module).values())
        if issubclass(kind, c.Construct)
    }
    macros = {
        name
        for name, value in vars(core).items()
        if inspect.isfunction(value) and value.__module__ == core.__name__ and name[0].isupper()
    }
    return classes | macros


def test_every_class_and_macro_of_construct_has_a_decision() -> None:
    assert set(DECISIONS) == construct_names()


def test_decisions_name_rules_that_exist() -> None:
    named = {rule for decision in DECISIONS.values() for rule in (decision.always, *decision.may) if rule}
    assert named <= set(RULES)


def test_every_class_is_refused_or_handled() -> None:
    handled = {kind.__name__ for kind in HANDLERS}
    refused = {name for name, decision in DECISIONS.items() if decision.always}
    macros = {name for name, decision in DECISIONS.items() if decision.note.startswith("made of")}
    vocabulary = set(p.__all__)
    assert handled - vocabulary == set(DECISIONS) - refused - macros
    assert vocabulary <= handled


def test_a_rule_says_why_and_what_instead() -> None:
    for rule in RULES.values():
        assert rule.reason
        assert rule.instead
        assert not rule.reason.endswith(".")
    assert rules_table().count("\n") == len(RULES) + 2


def test_a_finding_fits_in_one_line() -> None:
    (finding,) = lint(c.Struct("head" / c.Struct("size" / c.VarInt)))
    assert str(finding).startswith("unsafe variable_integer: head.size: VarInt has no longest form")
    assert "\n" not in str(finding)


def test_a_long_expression_does_not_make_a_long_finding() -> None:
    (finding,) = lint(c.Struct("a" / c.Computed(this.b + 10**100_000)))
    assert len(finding.node) < 120


def test_every_field_is_linted_in_order() -> None:
    schema = c.Struct(
        "a" / c.Flag,
        "b" / c.Struct("c" / c.GreedyRange(c.Struct("d" / c.Padding(1), "e" / c.Enum(c.Byte)))),
        "f" / c.VarInt,
    )
    found = [(finding.rule, finding.path) for finding in lint(schema)]
    assert found == [
        ("flag", ("a",)),
        ("greedy_range", ("b", "c")),
        ("padding", ("b", "c", "d")),
        ("open_enum", ("b", "c", "e")),
        ("variable_integer", ("f",)),
    ]


def test_one_mistake_is_one_finding() -> None:
    schema = c.Struct("n" / c.Computed(this.nothing), "a" / c.Array(this.n * 2 // this.n, c.Bytes(this.n)))
    assert [finding.rule for finding in lint(schema)] == ["unknown_name"]


def test_unsafe_schemas_are_refused_with_path_and_replacement() -> None:
    with pytest.raises(SchemaRefused) as refused:
        require_safe(c.Struct("a" / c.Flag, "b" / c.CString("utf8")))
    assert refused.value.path == ("b",)
    assert "PascalString" in refused.value.instead


def test_malleable_schemas_are_refused_where_they_must_be_canonical() -> None:
    schema = c.Struct("a" / c.Flag)
    assert [finding.rule for finding in require_safe(schema)] == ["flag"]
    with pytest.raises(SchemaRefused):
        require_safe(schema, canonical=True)


def test_a_class_that_is_named_like_ours_is_foreign() -> None:
    forged = type("Bounded", (c.Subconstruct,), {"__module__": p.Bounded.__module__})
    assert [finding.rule for finding in lint(forged(c.Byte))] == ["foreign_class"]


def test_a_class_derived_from_ours_is_foreign() -> None:
    derived = type("Looser", (p.Bounded,), {})
    assert [finding.rule for finding in lint(derived(c.Byte, 0, 1))] == ["foreign_class"]


def test_a_timestamp_of_construct_is_known() -> None:
    made = type("EpochTimestampAdapter", (TimestampAdapter,), {"__module__": core.__name__})
    assert [finding.rule for finding in lint(made(c.Int64ul))] == ["timestamp"]


@pytest.mark.parametrize(
    ("schema", "rule"),
    [
        (c.Computed(type("Sly", (type(this),), {"__call__": lambda *_: 1 // 0})("this")), "foreign_code"),
        (c.OneOf(c.Byte, "abc"), "foreign_value"),
        (c.OneOf(c.Byte, range(3)), None),
        (c.Struct("a" / c.Byte, "b" / c.Array(this[0], c.Byte)), "unknown_name"),
        (c.Struct("a" / c.Bytes(3), "b" / c.Computed(this.a[this.a])), "wrong_type"),
        (c.Struct("a" / c.Byte, "b" / c.Computed(BinExpr({}, this.a, 1))), "operator"),  # type: ignore[arg-type]
        (c.Struct("a" / c.Prefixed(c.Struct(), c.GreedyBytes)), "wrong_type"),  # type: ignore[arg-type]
        (c.Struct("a" / p.Reserved(this.b)), "foreign_value"),
        (c.Struct("a" / c.Array(this._.n, c.Byte)), "unknown_name"),
        (c.Struct("a" / c.Computed(this)), "unknown_name"),
        (c.Array(this.n, c.Byte), "unknown_name"),
        (p.Frame("n" / p.Length(c.Byte, of="missing", maximum=9)), "unknown_name"),
        (p.Frame("n" / p.Count(c.Byte, of="body.missing", maximum=9), "body" / c.Struct("a" / c.Byte)), "unknown_name"),
        (p.Frame("a" / p.Tag(of="b", size=2), "b" / c.Bytes(2)), "unknown_name"),
        (c.Struct("a" / p.Column(2, c.Struct("x" / c.Byte), order="strict")), "wrong_type"),
        (c.Struct("items" / p.Slices(ends="ends", minimum=0, maximum=9)), "unknown_name"),
    ],
)
def test_linter_sees_through(schema: Any, rule: str | None) -> None:
    assert [finding.rule for finding in lint(schema)] == ([] if rule is None else [rule])


def test_linter_survives_cycles_of_every_kind() -> None:
    array: Any = c.Array(2, c.Byte)
    array.subcon = c.Struct("a" / array)
    switch = c.Switch(this.a, {})
    switch.cases[1] = c.Prefixed(c.Byte, switch)
    expression: Any = this.a & 1
    expression.lhs = expression
    assert [finding.rule for finding in lint(array)] == ["recursion"]
    assert [finding.rule for finding in lint(switch)] == ["recursion"]
    assert [finding.rule for finding in lint(c.Struct("a" / c.Byte, c.Check(expression)))] == ["long_expression"]


def test_linter_is_quick_on_large_schemas() -> None:
    fields = [f"field{number}" / c.Rebuild(c.Byte, c.len_(this[f"field{number + 1}"])) for number in range(1500)]
    start = time.perf_counter()
    lint(c.Struct(*fields, f"field{len(fields)}" / c.Bytes(1)))
    assert time.perf_counter() - start < 2


def test_what_the_linter_lets_pass_does_no_harm() -> None:
    verdicts = Counter(verdict(seed) for seed in range(1200))
    assert set(verdicts) == {"impossible", "unsafe", "malleable", "clean"}
    assert min(verdicts["unsafe"], verdicts["malleable"], verdicts["clean"]) > 30


def test_findings_are_values() -> None:
    first, second = lint(c.VarInt), lint(c.VarInt)
    assert first == second
    assert len({*first, *second}) == 1
    assert isinstance(first[0], Finding)
