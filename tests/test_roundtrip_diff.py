"""What a difference promises: it is complete, it is empty where nothing differs, and an entry inserted is one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import construct as c
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from corpus.store import load, own_folder
from formats.catalog import CATALOG, Format
from formats.errors import SchemaRefused, ValueRefused, path_text
from formats.layout import Struct
from formats.place import Place
from formats.values import comparable
from roundtrip.catalogs import load_catalog
from roundtrip.diffing import (
    FrameDifference,
    FramePart,
    Rendering,
    Source,
    apply_differences,
    compare_frames,
    plain_of_tree,
    read_part,
)
from roundtrip.diffing.alignment import Alignment
from roundtrip.diffing.applying import flattened
from roundtrip.diffing.differences import Difference, Side
from roundtrip.diffing.files import PartDifference
from roundtrip.diffing.matching import Matching, matching
from roundtrip.diffing.nodes import Fields, Items, Node
from roundtrip.diffing.tables import tables_of
from roundtrip.generate import NoValue, generate
from roundtrip.inspection import Beside
from roundtrip.inspection.roles import node_at
from roundtrip.schemas import random_schema
from roundtrip.schemas.agreement import seeded
from roundtrip.strategies import damaged, frames, values

PLACE = Place(disk=b"D" * 16, extent=3, generation=2, offset=0, run=7)
KNOWN = Beside({"disk": PLACE.disk, "extent": 3, "generation": 2, "offset": 0, "run": 7})
#: Random schemas that are tried.
SCHEMAS = 200
LEVELDB = Path(__file__).parent.parent / "docs/examples/leveldb_log.py"
ITEM = c.Struct("name" / c.PascalString(c.Int8ub, "ascii"), "size" / c.Int16ub)
NUMBERS = c.PrefixedArray(c.Int8ub, c.Int16ub)
LISTS = Format("lists", 1, c.Struct("numbers" / NUMBERS, "items" / c.PrefixedArray(c.Int8ub, ITEM)))
SUBJECTS = (*CATALOG, *load_catalog(f"{LEVELDB}:CATALOG"), LISTS)
everywhere = pytest.mark.parametrize("entry", SUBJECTS, ids=lambda entry: entry.module_name)


def part_of(entry: Format, data: bytes, known: Beside = KNOWN) -> FramePart:
    """The frame that some bytes are."""
    found = read_part(Source("bytes", memoryview(data), known, [entry], entry), 0)
    assert isinstance(found, FramePart)
    return found


def encoded(entry: Format, value: Any) -> bytes:
    """The bytes of a value."""
    return entry.oracle.encode(value, entry.seed(PLACE) or 0)


def compared(
    entry: Format, old: bytes, new: bytes, known: Beside = KNOWN
) -> tuple[FramePart, FramePart, FrameDifference]:
    """Two frames and how they differ."""
    one, other = part_of(entry, old, known), part_of(entry, new, known)
    return one, other, compare_frames(one, other, (memoryview(old), memoryview(new)))


def listed(found: FrameDifference) -> list[Difference]:
    """Causes and consequences."""
    return [*found.differences, *found.consequences]


def facts(difference: Difference, *, swapped: bool = False) -> tuple[Any, ...]:
    """What a difference says, from one side or the other."""
    sides: list[Side] = [difference.old, difference.new]
    kinds = {"added": "removed", "removed": "added"} if swapped else {}
    places = [(path_text(one.path), one.start, one.end) for one in (sides[::-1] if swapped else sides)]
    return kinds.get(difference.kind, difference.kind), *places


def prove_difference(entry: Format, old: bytes, new: bytes, known: Beside = KNOWN) -> None:
    """The differences make the old value the new one, and swapped files give swapped sides."""
    one, other, found = compared(entry, old, new, known)
    assert comparable(apply_differences(one.tree, listed(found))) == comparable(plain_of_tree(other.tree))
    assert (found.verdict == "same") == (old == new)
    assert not any(difference.is_derived for difference in found.differences)
    *_, swapped = compared(entry, new, old, known)
    assert sorted(map(facts, found.differences)) == sorted(facts(one, swapped=True) for one in swapped.differences)
    assert sorted(map(facts, found.consequences)) == sorted(facts(one, swapped=True) for one in swapped.consequences)


@everywhere
@settings(max_examples=25)
@given(data=st.data())
def test_the_differences_applied_to_one_value_give_the_other(entry: Format, data: st.DataObject) -> None:
    old, new = (encoded(entry, data.draw(values(entry))) for _ in range(2))
    assume(old and new)
    prove_difference(entry, old, new, data.draw(st.sampled_from([KNOWN, Beside()])))


@everywhere
@settings(max_examples=25)
@given(data=st.data())
def test_a_tree_holds_the_value_and_a_frame_does_not_differ_from_itself(entry: Format, data: st.DataObject) -> None:
    value = data.draw(values(entry))
    frame = encoded(entry, value)
    assume(frame)
    one = part_of(entry, frame)
    assert comparable(plain_of_tree(one.tree)) == comparable(value)
    found = compare_frames(one, one, (memoryview(frame), memoryview(frame)), everything=True)
    assert (found.verdict, listed(found)) == ("same", [])
    assert found.unchanged == one.tree.leaf_count()


@pytest.mark.slow
def test_the_differences_of_any_format_are_complete(seed: int) -> None:
    proved = 0
    for number in range(SCHEMAS):
        source = seeded(seed, number)
        try:
            entry = Format("random", 1, random_schema(source))
            assert callable(entry.codec.probe), "it compiles"
            old, new = (encoded(entry, generate(entry.layout, source, size=8)) for _ in range(2))
        except (SchemaRefused, ValueRefused, NoValue):
            continue
        if not old or not new:
            continue
        try:
            prove_difference(entry, old, new)
        except Exception as error:
            raise AssertionError(f"schema {number} of seed {seed}: {error}") from error
        proved += 1
    assert proved > SCHEMAS * 0.7


def lists_in(node: Node, value: Any) -> Iterator[list[Any]]:
    """Every list in a value of the tree's form that something can be taken from."""
    if isinstance(node, Fields):
        for name, member in node.members.items():
            yield from lists_in(member, value[name])
    elif isinstance(node, Items) and len(value):
        yield value
        for element, inner in zip(node.elements(), value, strict=True):
            yield from lists_in(element, inner)


def prove_insertion(entry: Format, longer: Any, data: st.DataObject) -> None:
    """A value from whose lists one element, drawn here, is taken: to have it again is one insertion."""
    frame = encoded(entry, longer)
    assume(frame)
    tree = part_of(entry, frame).tree
    value = tree.plain()
    lists = list(lists_in(tree, value))
    assume(lists)
    chosen = data.draw(st.sampled_from(range(len(lists))))
    del lists[chosen][data.draw(st.integers(0, len(lists[chosen]) - 1))]
    if "(blocks)" in value:
        value["(blocks)"] = (len(value["(records)"]),)
    try:
        shorter = encoded(entry, flattened(value))
    except ValueRefused:
        assume(False)
    assume(shorter)
    *_, found = compared(entry, shorter, frame)
    assert [difference.kind for difference in found.differences] == ["added"]
    *_, swapped = compared(entry, frame, shorter)
    assert [difference.kind for difference in swapped.differences] == ["removed"]


#: Formats without anything to insert into.
FLAT = ("chunk", "extent_header", "lsm_page.footer")
LISTED = [entry for entry in SUBJECTS if entry.name not in FLAT]


@pytest.mark.parametrize("entry", LISTED, ids=lambda entry: entry.module_name)
@settings(max_examples=25)
@given(data=st.data())
def test_an_entry_inserted_anywhere_is_one_insertion(entry: Format, data: st.DataObject) -> None:
    prove_insertion(entry, data.draw(values(entry, size=10)), data)


PAGE: dict[str, Any] = {
    "keys": (b"a", b"b", b"c", b"d"),
    "locator_ends": (1, 1, 3, 4),
    **dict.fromkeys(("extents", "generations", "offsets", "lengths", "checksums"), (1, 2, 3, 4)),
}


def page(**changes: Any) -> bytes:
    """A page with some of its columns replaced."""
    return encoded(CATALOG["lsm_page.data"], {"entries": {**PAGE, **changes}})


def test_a_key_is_inserted_with_its_locators() -> None:
    columns = {name: (1, 8, 9, 2, 3, 4) for name in PAGE if name not in {"keys", "locator_ends"}}
    new = page(keys=(b"a", b"b", b"bb", b"c", b"d"), locator_ends=(1, 1, 3, 5, 6), **columns)
    *_, found = compared(CATALOG["lsm_page.data"], page(), new)
    (added,) = found.differences
    assert (added.kind, path_text(added.path), added.new.part_count()) == ("added", "entries.keys[2]", 1 + 2 * 5)
    assert {path_text(one.path) for one in found.consequences} >= {"entry_count", "entries_checksum", "seal"}
    assert "entries.locator_ends" in {path_text(one.path) for one in found.consequences}


def test_a_locator_is_added_to_a_key_without_its_row_being_replaced() -> None:
    columns = {name: (1, 7, 2, 3, 4) for name in PAGE if name not in {"keys", "locator_ends"}}
    *_, found = compared(CATALOG["lsm_page.data"], page(), page(locator_ends=(1, 2, 4, 5), **columns))
    (added,) = found.differences
    assert (added.kind, path_text(added.path), added.row) == (
        "added",
        "entries.extents[1]",
        (("entries", "keys", 1), b"b"),
    )


def test_a_changed_cell_is_named_with_the_key_of_its_row() -> None:
    *_, found = compared(CATALOG["lsm_page.data"], page(), page(lengths=(1, 2, 30, 4)))
    (changed,) = found.differences
    assert (path_text(changed.path), changed.old.value, changed.new.value) == ("entries.lengths[2]", 3, 30)
    assert changed.row == (("entries", "keys", 2), b"c")
    assert {one.because for one in found.consequences if path_text(one.path) == "seal"} == {("entries_checksum",)}


def test_rows_that_have_nothing_in_common_stand_in_the_order_of_their_keys() -> None:
    *_, found = compared(CATALOG["lsm_page.data"], page(), page(keys=(b"aa", b"bb", b"cc", b"dd")))
    places = {path_text(one.new.path): one.old.path[-1] for one in found.differences if one.kind == "added"}
    assert places == {f"entries.keys[{number}]": number + 1 for number in range(4)}


def index(*keys: bytes) -> bytes:
    """An index of pages of one size, by their last keys."""
    columns = {"page_offsets": tuple(4096 * number for number in range(len(keys))), "page_lengths": (4096,) * len(keys)}
    return encoded(CATALOG["lsm_page.index"], {"entries": {**columns, "keys": keys}})


def test_rows_are_known_by_their_names_unless_most_of_these_are_others() -> None:
    entry, old = CATALOG["lsm_page.index"], index(b"a", b"b", b"c", b"d")
    *_, found = compared(entry, old, index(b"a", b"aa", b"b", b"c"))
    kinds = [(one.kind, path_text(one.path)) for one in found.differences]
    assert kinds[:2] == [("added", "entries.keys[1]"), ("removed", "entries.keys[3]")]
    assert {path for _, path in kinds[2:]} == {"entries.page_offsets[1]", "entries.page_offsets[2]"}
    *_, found = compared(entry, old, index(b"e", b"f", b"g", b"h"))
    assert {(one.kind, one.path[1]) for one in found.differences} == {("changed", "keys")}


def prove_pages() -> None:
    """The claims above on a page, a page with an entry more, and one whose first entry has another key."""
    entry, names = CATALOG["lsm_page.data"], PAGE.keys() - {"keys", "locator_ends"}
    fewer = page(keys=(b"b", b"c", b"d"), locator_ends=(0, 2, 3), **dict.fromkeys(names, (2, 3, 4)))
    renamed = page(keys=(b"aa", b"b", b"c", b"d"), lengths=(1, 2, 3, 40))
    for old, new, kinds in ((fewer, page(), ["added"]), (page(), renamed, ["added", "changed", "removed"])):
        prove_difference(entry, old, new)
        *_, found = compared(entry, old, new)
        assert sorted(one.kind for one in found.differences) == kinds


def test_pages_without_a_planted_bug_prove() -> None:
    prove_pages()


def ignores_keys(old: Any, new: Any) -> Matching:
    return Matching(Alignment(tuple((index, index) for index in range(min(len(old), len(new))))))


def forgets_the_last_row(old: Any, new: Any) -> Matching:
    found = matching(old, new)
    return Matching(Alignment(found.alignment.pairs[:-1]), found.keys)


def loses_removals(*_: Any) -> None:
    return


def looks_at_no_matched_row(*_: Any) -> None:
    return


def swaps_places(found: Any, key: int, stretch: Any) -> Any:
    return stretch.new_end if found.keys and key >= 0 else stretch.new_start


def takes_all_for_causes(differences: Any) -> Any:
    return list(differences), []


@pytest.mark.parametrize(
    ("target", "planted"),
    [
        ("comparing.matching", ignores_keys),
        ("comparing.matching", forgets_the_last_row),
        ("comparing.Comparison.remove", loses_removals),
        ("comparing.Comparison.compare_matched", looks_at_no_matched_row),
        ("matching.Matching.place_in_new", swaps_places),
        ("frames.divided", takes_all_for_causes),
    ],
)
def test_a_bug_planted_in_the_comparison_is_found(target: str, planted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"roundtrip.diffing.{target}", planted)
    with pytest.raises((AssertionError, IndexError)):
        prove_pages()


@everywhere
@settings(max_examples=25)
@given(data=st.data())
def test_whatever_the_damage_it_is_compared_and_named(entry: Format, data: st.DataObject) -> None:
    whole, broken = data.draw(frames(entry, PLACE)).data, data.draw(damaged(entry, PLACE)).data
    assume(whole and broken)
    one, other = part_of(entry, whole), part_of(entry, broken)
    files = memoryview(whole), memoryview(broken)
    found = compare_frames(one, other, files)
    assert (other.verdict == "damaged") == bool(other.violations)
    assert (found.verdict == "same") == (whole[: one.end] == broken[: other.end])
    text = "\n".join(Rendering(files).part(PartDifference("changed", one, other, found)))
    assert all(violation.rule in text for violation in other.violations[:1])
    swapped = compare_frames(other, one, files[::-1])
    assert sorted(map(facts, found.differences)) == sorted(facts(one, swapped=True) for one in swapped.differences)


def test_regression_columns_of_a_page_without_its_keys_make_no_rows() -> None:
    struct = node_at(CATALOG["lsm_page.data"].layout.root, ("entries",))
    assert isinstance(struct, Struct)
    assert len(tables_of(struct, PAGE)) == 1
    assert tables_of(struct, {name: values for name, values in PAGE.items() if name != "keys"}) == ()


@pytest.mark.parametrize("name", sorted({entry.name for entry in CATALOG}))
def test_kept_files_differ_by_what_their_values_say(name: str) -> None:
    kept = [one for one in load(own_folder(), CATALOG) if one.sidecar.kind == "golden" and one.sidecar.format == name]
    versions = {entry.version: entry for entry in CATALOG if entry.name == name}
    for version, entry in versions.items():
        data = [one.data for one in kept if one.sidecar.version == version]
        for old, new in pairwise(data):
            prove_difference(entry, old, new, Beside())
