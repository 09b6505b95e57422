"""The text of a lock: one form for each lock, and whatever else it is given is refused with the line."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import construct as c
import pytest
from construct import this
from hypothesis import given, settings
from hypothesis import strategies as st

from formats import primitives as p
from formats.catalog import CATALOG, Catalog, Format
from formats.errors import LockRefused, SchemaRefused
from formats.features import Feature
from formats.fingerprint import fingerprint, layout_text
from formats.frozen import FROZEN, own_lock, own_lock_text
from formats.layout import BitGroup, Choice, Enumeration, FlagSet, Node
from formats.locking import Lock, Locked, layout_of, lock_of, locked_of, read_lock, write_lock
from formats.translate import translate
from roundtrip.hostile.random_schemas import RandomSchema
from roundtrip.schemas import schemas

OWN = own_lock_text()
FOOTER = locked_of(CATALOG["lsm_page.footer"], since="0.1.0")
FOOTER_TEXT = write_lock(Lock((FOOTER,)))


def sorted_alike(node: Any) -> Any:
    """A node with what has no order on disk in one order."""
    if not hasattr(node, "__dataclass_fields__"):
        return tuple(map(sorted_alike, node)) if isinstance(node, tuple) else node
    parts = {name: sorted_alike(getattr(node, name)) for name in node.__dataclass_fields__}
    if isinstance(node, Enumeration | FlagSet):
        parts["members"] = tuple(sorted(node.members, key=lambda member: member[1]))
    if isinstance(node, Choice):
        parts["cases"] = tuple(sorted(parts["cases"], key=lambda case: (type(case[0]).__name__, case[0])))
    if "encoding" in parts:
        parts["encoding"] = parts["encoding"].replace("-", "")
    return type(node)(**parts)


def assert_reads_back(schema: Any) -> None:
    """The text of the schema's layout is read as that layout, and written again as that text."""
    try:
        layout = translate(schema)
    except SchemaRefused:
        return
    read = layout_of(layout_text(layout))
    assert layout_text(read) == layout_text(layout)
    assert repr(read) == repr(sorted_alike(layout))  # repr tells True from 1, which == does not


def refused(text: str) -> LockRefused:
    with pytest.raises(LockRefused) as caught:
        read_lock(text)
    return caught.value


# --- the lock that comes with the package ----------------------------------------------------------------------------


def test_own_lock_is_what_the_frozen_formats_of_the_catalog_give() -> None:
    frozen = [entry for entry in CATALOG if entry.frozen is not None]
    entries = [locked_of(entry, since=kept_since(entry)) for entry in frozen]
    assert write_lock(Lock(tuple(entries))) == OWN


def kept_since(entry: Format) -> str:
    kept = own_lock().get(entry.name, entry.version)
    assert kept is not None
    return kept.since


def test_own_lock_reads_back_as_it_is_written() -> None:
    assert write_lock(read_lock(OWN)) == OWN
    assert read_lock(write_lock(own_lock())) == own_lock()


def test_frozen_table_is_the_lock() -> None:
    assert {(entry.name, entry.version): entry.fingerprint for entry in own_lock()} == FROZEN


def test_block_holds_the_whole_layout_and_all_else_that_is_promised() -> None:
    footer = own_lock().get("lsm_page.footer", 1)
    assert footer is not None
    assert (footer.layout, footer.fingerprint) == (CATALOG["lsm_page.footer"].layout, FROZEN["lsm_page.footer", 1])
    assert (footer.since, footer.sealed, footer.feature, footer.shape) == ("0.1.0", ("*",), None, "frame")
    assert own_lock().get("lsm_page.footer", 9) is None


# --- one form --------------------------------------------------------------------------------------------------------

NAMES = st.sampled_from(["a", "b", "a.b", "a b", "1", "été", "-", "end", 'say "x"', "x\ny"])
FEATURES = st.builds(
    Feature, NAMES, st.sampled_from(["compatible", "read_only_compatible", "incompatible"]), st.integers(0, 63)
)


@st.composite
def locks(draw: st.DrawFn) -> Lock:
    """Locks of a few random layouts, with odd names and texts."""
    entries: dict[tuple[str, int], Locked] = {}
    for _ in range(draw(st.integers(0, 3))):
        try:
            layout = layout_of(layout_text(translate(draw(schemas()))))
        except SchemaRefused:
            continue
        entry = Locked(
            draw(NAMES),
            draw(st.integers(0, 3)),
            layout,
            draw(st.sampled_from(["0.1.0", "1.2.3-rc.1+x", "the first one"])),
            draw(st.text(max_size=8)),
            draw(st.sampled_from([None, (), ("*",), ("a", "entries.keys[3]")])),
            draw(st.none() | FEATURES),
        )
        entries[entry.name, entry.version] = entry
    return Lock(tuple(entries.values()))


@given(locks())
@settings(max_examples=60)
def test_every_lock_reads_back_as_it_is_written(lock: Lock) -> None:
    text = write_lock(lock)
    assert read_lock(text) == lock
    assert write_lock(read_lock(text)) == text


@given(schemas())
@settings(max_examples=100)
def test_every_layout_is_read_back_from_its_text(schema: Any) -> None:
    assert_reads_back(schema)


def test_layouts_of_careless_schemas_are_read_back_too() -> None:
    for number in range(1500):
        source = RandomSchema(number)
        try:
            schema = c.Struct(*source.fields(3))
        except (c.ConstructError, KeyError, TypeError, ValueError, ZeroDivisionError):
            continue
        assert_reads_back(schema)


@pytest.mark.parametrize("entry", CATALOG.formats, ids=lambda entry: entry.label)
def test_layouts_of_our_formats_are_read_back(entry: Format) -> None:
    assert layout_of(layout_text(entry.layout)) == sorted_alike(entry.layout)
    assert_reads_back(entry.schema)


def test_a_field_and_a_constant_never_have_one_text() -> None:
    """A field may be called `true`, or `a b`, which is how a constant is written."""
    for name, constant in (("a b", "a b"), ("true", True), ("x", "x")):
        field = c.Struct(name / c.Int8ub, "of" / c.Computed(this[name]))
        literal = c.Struct(name / c.Int8ub, "of" / c.Computed(constant))
        assert fingerprint(translate(field)) != fingerprint(translate(literal))
        assert_reads_back(field)
        assert_reads_back(literal)


def test_order_of_versions_is_that_of_numbers() -> None:
    lock = Lock(tuple(replace(FOOTER, version=version) for version in (10, 9, 2)))
    assert [entry.version for entry in lock] == [2, 9, 10]
    assert read_lock(write_lock(lock)) == lock


# --- refusals --------------------------------------------------------------------------------------------------------


def altered(old: str, new: str) -> str:
    assert FOOTER_TEXT.count(old) >= 1, old
    return FOOTER_TEXT.replace(old, new, 1)


#: What is wrong -> the text, the number of its line, and words of the message.
REFUSALS: dict[str, tuple[str, int, str]] = {
    "nothing at all": ("", 1, "found an empty text"),
    "another file": ("[project]\n", 1, "expected `formats lock 1`"),
    "no newline at the end": (FOOTER_TEXT[:-1], 32, "ends in a newline"),
    "line ends of another system": (FOOTER_TEXT.replace("\n", "\r\n"), 1, "carriage return"),
    "half a character": (altered("footer", "\ud800"), 3, "can be encoded"),
    "a merge that git left open": (
        altered("  since", "<<<<<<< ours\n  since"),
        4,
        "git's conflict marker `<<<<<<< ours`",
    ),
    "the middle of a merge": (altered("  since", "=======\n  since"), 4, "keep both blocks"),
    "a second block of a version": (FOOTER_TEXT + FOOTER_TEXT.split("\n", 1)[1], 34, "the first is in line 3"),
    "blocks out of order": (
        FOOTER_TEXT + FOOTER_TEXT.split("\n", 1)[1].replace("lsm_page.footer 1", "chunk 1"),
        34,
        "sort the blocks",
    ),
    "a layout that was edited": (altered("maximum=4294967295", "maximum=429496729"), 10, "never changes"),
    "a fingerprint that was edited": (re.sub(r"fingerprint ....", "fingerprint 0000", FOOTER_TEXT), 10, "next version"),
    "a word that nobody knows": (altered("  since", "  until"), 4, "unknown word `until`"),
    "a word that is missing": (altered("  shape frame\n", ""), 7, "expected `shape`"),
    "a release that says nothing": (altered("since 0.1.0", 'since ""'), 4, "a release"),
    "a summary without quotes": (altered('"where', "where"), 5, "double quotes"),
    "a summary with another escape": (altered('"where', '"\\u0077here'), 5, "expected"),
    "another shape than the layout has": (
        altered("shape frame", "shape stream"),
        7,
        "`shape frame`, as the layout says",
    ),
    "another context than the layout has": (
        altered("context disk,run", "context disk"),
        8,
        "`context disk,run,offset`",
    ),
    "a mask that no store has": (altered("feature none", "feature x optional bit 3"), 9, "read_only_compatible"),
    "a bit that no mask has": (altered("feature none", "feature x incompatible bit 64"), 9, "0..63"),
    "an end of another block": (
        altered("end lsm_page.footer 1", "end lsm_page.footer 2"),
        32,
        "`end lsm_page.footer 1`",
    ),
    "a block that is cut": (FOOTER_TEXT[: FOOTER_TEXT.index("      seal")], 29, "the end of the text"),
    "two empty lines": (altered("\n\nformat", "\n\n\nformat"), 3, "'format '"),
    "a space too many": (altered("since 0.1.0", "since  0.1.0"), 4, "a name"),
}


@pytest.mark.parametrize("wrong", REFUSALS)
def test_lock_is_refused_by_line_for(wrong: str) -> None:
    text, line, words = REFUSALS[wrong]
    error = refused(text)
    assert (error.line, words in str(error)) == (line, True), str(error)
    assert error.expected
    assert error.found
    assert error.instead


FOOTER_LAYOUT = layout_text(FOOTER.layout)

#: What is wrong in a layout's text -> old, new, the number of the line, and words of the message.
LAYOUT_REFUSALS: dict[str, tuple[str, str, int, str]] = {
    "a node that nobody knows": ("bounded", "limited", 9, "the word of a node"),
    "an attribute that nobody knows": ("bounded minimum", "bounded least", 9, "another attribute of `bounded`"),
    "an attribute given twice": ("minimum=1 ", "minimum=1 minimum=1 ", 9, "each once"),
    "an attribute that is missing": ("minimum=1 ", "", 9, "the attribute `minimum=`"),
    "an attribute at its default": ("size=4", "size=4 little=true", 10, "expected `integer size=4`"),
    "a number with a zero in front": ("minimum=1 ", "minimum=01 ", 9, "expected `run: bounded minimum=1"),
    "a number of another type": ("minimum=1 ", "minimum=true ", 9, "a value of type int"),
    "a truth value of another type": ("sealing=true", "sealing=1", 19, "a value of type bool"),
    "a function without a module": ("crc32c.crc32c", "crc32c", 19, "module.name"),
    "a name given twice": ("  index_length", "  index_offset", 15, "another name"),
    "a node too deep": ("    integer size=4", "      integer size=4", 10, "4 spaces in front"),
    "half an indent": ("  run", "   run", 9, "2 spaces for each level"),
    "nothing inside": ("    integer size=4\n", "", 9, "a node inside"),
    "something inside a number": (
        "    integer size=4\n",
        "    integer size=4\n      raw size=1\n",
        11,
        "`integer` holds",
    ),
    "a root with a name": ("struct", "root: struct", 2, "the root, without a name"),
    "another context word": ("layout seed", "layout seeds", 1, "'layout seed='"),
    "no node at all": ("\n" + FOOTER_LAYOUT.split("\n", 1)[1], "\n", 1, "a node behind this line"),
}


@pytest.mark.parametrize("wrong", LAYOUT_REFUSALS)
def test_layout_text_is_refused_by_line_for(wrong: str) -> None:
    old, new, line, words = LAYOUT_REFUSALS[wrong]
    assert old in FOOTER_LAYOUT
    with pytest.raises(LockRefused) as caught:
        layout_of(FOOTER_LAYOUT.replace(old, new, 1))
    assert (caught.value.line, words in str(caught.value)) == (line, True), str(caught.value)


def test_layout_texts_that_nest_without_end_are_refused() -> None:
    nested = "".join("  " * depth + "captured\n" for depth in range(200))
    for text in (
        f"layout seed=\n{nested}",
        f"layout seed=\nraw size={'(neg ' * 5000}",
        "layout seed=\nraw size=" + "9" * 5000,
    ):
        with pytest.raises(LockRefused):
            layout_of(text + "\n")


EDITS: tuple[Callable[[str, int, str], str], ...] = (
    lambda text, at, piece: text[:at] + piece + text[at:],
    lambda text, at, piece: text[:at] + text[at + len(piece) :],
    lambda text, at, piece: text[:at] + piece + text[at + len(piece) :],
    lambda text, at, _piece: text[:at],
)
PIECES = st.text("\n\r \"'=:,.()^-x0179aez\\\u00e9", min_size=1, max_size=4) | st.sampled_from(
    ["none", "true", "  ", "\n\n", "format chunk 2\n", "end chunk 1\n", "- ", "case 1: ", "size(", "\ud800", "{", "[1]"]
)


@given(st.data())
@settings(max_examples=300)
def test_damaged_text_is_refused_or_is_another_lock_in_its_one_form(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([FOOTER_TEXT, FOOTER_LAYOUT]))
    damaged = data.draw(st.sampled_from(EDITS))(text, data.draw(st.integers(0, len(text))), data.draw(PIECES))
    line = 0
    try:
        again = write_lock(read_lock(damaged)) if text is FOOTER_TEXT else layout_text(layout_of(damaged))
    except LockRefused as error:
        line, again = error.line, damaged
    assert again == damaged
    assert 0 <= line <= damaged.count("\n") + 1


# --- what is locked --------------------------------------------------------------------------------------------------


def test_lock_of_two_formats_of_one_name_and_version_is_refused() -> None:
    with pytest.raises(LockRefused, match=r"one block of lsm_page\.footer 1"):
        lock_of([CATALOG["lsm_page.footer"], CATALOG["lsm_page.footer"]], since="0.1.0")


def test_lock_of_a_format_needs_the_release() -> None:
    with pytest.raises(LockRefused, match="name the release"):
        locked_of(CATALOG["chunk"], since="")


def test_feature_is_kept_and_comes_back_with_the_format() -> None:
    feature = Feature("value_checksums", "read_only_compatible", 5)
    entry = replace(CATALOG["chunk"], feature=feature)
    locked = read_lock(write_lock(lock_of([entry], since="0.2.0"))).entries[0]
    assert (locked.feature, locked.format.feature, feature.value) == (feature, feature, 32)


@pytest.mark.parametrize(("mask", "bit"), [("optional", 1), ("compatible", 64), ("compatible", -1)])
def test_feature_is_a_bit_of_a_mask_that_stores_have(mask: Any, bit: int) -> None:
    with pytest.raises(ValueError, match="feature x"):
        Feature("x", mask, bit)


def test_version_1_needs_no_feature() -> None:
    assert {entry.feature for entry in CATALOG if entry.version == 1} == {None}


def test_extended_lock_keeps_what_there_was() -> None:
    second = replace(FOOTER, version=2)
    lock = own_lock().extended([second])
    assert len(lock) == len(own_lock()) + 1
    assert set(own_lock()) < set(lock)


def test_catalog_of_a_lock_is_one() -> None:
    assert len(Catalog("rebuilt", own_lock().formats())) == len(own_lock())


def test_sorting_for_this_test_knows_every_node_with_members() -> None:
    """A node that is new and has members without order would need a line in `sorted_alike`."""
    kinds = [kind for kind in Node.__args__ if {"members", "cases"} & set(kind.__dataclass_fields__)]
    assert {kind.__name__ for kind in kinds} == {"Enumeration", "FlagSet", "Choice", "Struct", BitGroup.__name__}


def test_lock_in_the_documents_is_that_of_the_format_it_speaks_of() -> None:
    page = (Path(__file__).resolve().parent.parent / "docs/formats/lock.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"^```\n(formats lock 1\n.*?)^```$", page, re.DOTALL | re.MULTILINE)
    schema = c.Struct(
        "sensor" / p.ClosedEnum(c.Int8ul, inside=1, outside=2),
        "count" / p.Bounded(c.Int8ul, 1, 60),
        "values" / p.Column(this.count, c.Int16sl),
    )
    entry = Format("reading", 1, schema, "what a sensor has measured")
    assert write_lock(lock_of([entry], since="2.4.0")) == text
