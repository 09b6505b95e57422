"""Every difference of two layouts, named by the rules. Two layouts that differ never give nothing.

The trees are walked side by side, as `matching` pairs their fields. What the walk does not know how to name, it still
reports, as `layout-changed`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import lru_cache
from typing import Any, Final

from formats.fingerprint import fingerprint
from formats.layout import (
    Array,
    BitGroup,
    Bits,
    Blocks,
    Boolean,
    Captured,
    Choice,
    Computed,
    Conditional,
    CountedArray,
    EndsOf,
    Float,
    Integer,
    Layout,
    Node,
    Nothing,
    Padded,
    Prefixed,
    PrefixOf,
    Raw,
    Records,
    Region,
    Repeated,
    Slices,
    Struct,
    Text,
    Zeros,
    literal_int,
)

from . import leaves
from .changes import At, Change
from .matching import matching
from .structs import compare_members_of

FRAMES: Final = (Array, CountedArray, Prefixed, Region, Padded, Captured, Text, Records, Blocks)


@lru_cache(maxsize=512)
def differences(old: Layout, new: Layout) -> tuple[Change, ...]:
    """What changed from one layout to the other, in the order of the fields; empty only for equal fingerprints."""
    if fingerprint(old) == fingerprint(new):
        return ()
    at = At((), (), (), (), matching(old, new))
    compare(at, old.root, new.root)
    unique = {(*change.key, change.words): change for change in at.changes}
    if not unique:
        return (Change("layout-changed", (), (), "differs, in a way that has no name"),)
    return tuple(moved_apart([*unique.values()]))


def moved_apart(changes: list[Change]) -> list[Change]:
    """The changes, with a field that left one struct and is in another under the same name told once."""
    found = list(changes)
    for gone in [change for change in changes if change.new is None and change.rule == "field-removed"]:
        for come in [change for change in found if change.old is None and change.rule == "field-added"]:
            if gone.old and come.new and gone.old[-1] == come.new[-1] and gone.old[:-1] != come.new[:-1]:
                place = ".".join(come.new[:-1]) or "the top"
                found[found.index(gone)] = Change("field-moved", gone.old, come.new, f"moved to {place}")
                found.remove(come)
                break
    return found


def compare(at: At, old: Node, new: Node) -> None:
    """Add the differences of two nodes that stand for the same field."""
    old_layers, old_core = leaves.layers(old)
    new_layers, new_core = leaves.layers(new)
    if type(old_core) is not type(new_core):
        compare_kinds(at, old_core, new_core)
        return
    leaves.compare_layers(at, (old_layers, old_core), (new_layers, new_core))
    before = len(at.changes)
    handler = COMPARE.get(type(old_core))
    if handler is not None:
        handler(at, old_core, new_core)
    if len(at.changes) == before and unnamed_difference(old_core, new_core):
        at.add("layout-changed", f"differs as {kind_words(new_core)}, in a way that has no name")


def unnamed_difference(old: Node, new: Node) -> bool:
    """Whether two nodes of one kind differ in a plain attribute, which their handler did not report."""
    plain = (int, bool, type(None))
    values = [(getattr(old, part.name), getattr(new, part.name)) for part in fields(old)]
    return type(old) not in COMPARE or any(
        one != other for one, other in values if isinstance(one, plain) and isinstance(other, plain)
    )


def compare_kinds(at: At, old: Node, new: Node) -> None:
    """Two nodes of different kinds."""
    if isinstance(old, Zeros):
        at.add("reserved-used", f"is {kind_words(new)} now, where bytes were reserved")
    elif isinstance(new, Zeros):
        at.add("field-removed", "is reserved bytes now")
    elif isinstance(old, Conditional | Choice) or isinstance(new, Conditional | Choice):
        at.add("condition-changed", f"is {kind_words(new)} now and was {kind_words(old)}")
    elif isinstance(old, FRAMES) or isinstance(new, FRAMES):
        at.add("framing-changed", f"is {kind_words(new)} now and was {kind_words(old)}")
        before, after = unframed(old), unframed(new)
        if type(before) is type(after):
            compare(at, before, after)
    elif isinstance(old, Nothing | Computed) or isinstance(new, Nothing | Computed):
        at.add("framing-changed", f"is {kind_words(new)} now and was {kind_words(old)}")
    else:
        at.add("field-retyped", f"is {kind_words(new)} now and was {kind_words(old)}")


def unframed(node: Node) -> Node:
    """What is inside all framing."""
    while isinstance(node, FRAMES):
        node = node.node
    return leaves.layers(node)[1] if not isinstance(node, Struct | BitGroup) else node


KIND_WORDS: Final[dict[type, str]] = {
    Float: "a floating point number", Boolean: "a truth value", Bits: "bits", Raw: "bytes", Zeros: "zeros",
    EndsOf: "a column of ends", PrefixOf: "a common prefix", Repeated: "a closing tag",
    Nothing: "nothing", Struct: "a struct",
    BitGroup: "a group of bit fields", Array: "an array", CountedArray: "an array behind its count",
    Prefixed: "a part behind its length", Region: "a region", Padded: "a padded part", Slices: "a heap of byte strings",
    Conditional: "there under a condition", Choice: "a choice", Computed: "a computed value",
    Captured: "a captured part", Records: "a stream of records", Blocks: "a stream in blocks", Text: "text",
}  # fmt: skip


def kind_words(node: Node) -> str:
    """What a node is, in words."""
    if isinstance(node, Integer):
        order = "" if node.size == 1 else ", lowest byte first" if node.little else ", highest byte first"
        return f"a {'signed ' if node.signed else ''}number of {node.size} bytes{order}"
    return KIND_WORDS.get(type(node), type(node).__name__)


# --- composites ----------------------------------------------------------------------------------------------------


def structs(at: At, old: Struct, new: Struct) -> None:
    """Members, and how many of them make up the sealed header."""
    before = len(at.changes)
    compare_members_of(at.inside(), old.members, new.members, compare)
    if len(at.changes) == before and old.header != new.header:
        at.add("checksum-range", f"has {new.header} fields in its sealed header and no longer {old.header}")


def bit_groups(at: At, old: BitGroup, new: BitGroup) -> None:
    """Members, and the size of the group."""
    if old.size != new.size:
        at.add("field-resized", f"takes {new.size} bytes and no longer {old.size}")
    compare_members_of(at.inside(), old.members, new.members, compare)


def arrays(at: At, old: Array, new: Array) -> None:
    """Count, order, last element, element."""
    if not at.same_expression(old.count, new.count):
        before, after = literal_int(old.count), literal_int(new.count)
        known = f"holds {after} elements and no longer {before}"
        at.add("field-resized", "gets its number of elements otherwise" if None in (before, after) else known)
    ordering(at, old.order, new.order)
    if not at.same_expression(old.last, new.last):
        at.add("order-changed", "must end otherwise")
    compare(at, old.node, new.node)


def ordering(at: At, old: str, new: str) -> None:
    """The order that elements stand in."""
    if old != new:
        at.add("order-changed", f"stands {leaves.ORDER_WORDS[new]} and no longer {leaves.ORDER_WORDS[old]}")


def counted_arrays(at: At, old: CountedArray, new: CountedArray) -> None:
    """The count, and the element."""
    compare(at.below("(count)", "(count)"), old.count, new.count)
    compare(at, old.node, new.node)


def prefixed(at: At, old: Prefixed, new: Prefixed) -> None:
    """The length, what it counts, and the content."""
    compare(at.below("(length)", "(length)"), old.length, new.length)
    if old.inclusive != new.inclusive:
        words = "counts itself in its length now" if new.inclusive else "no longer counts itself in its length"
        at.add("framing-changed", words)
    compare(at, old.node, new.node)


def regions(at: At, old: Region, new: Region) -> None:
    """Size, exactness, content."""
    if not at.same_expression(old.size, new.size):
        at.add("padding-changed", "has a region of another size")
    if old.exact != new.exact:
        words = "must fill its region" if new.exact else "may leave zeros at the end of its region"
        at.add("exactness-changed", f"{words} now")
    compare(at, old.node, new.node)


def padded(at: At, old: Padded, new: Padded) -> None:
    """Size and content."""
    if not at.same_expression(old.size, new.size):
        at.add("padding-changed", "is padded to another size")
    compare(at, old.node, new.node)


def slices(at: At, old: Slices, new: Slices) -> None:
    """The column of ends, the length of an item, the order."""
    if not at.same_name((old.ends,), (new.ends,)):
        at.add("derivation-changed", f"is cut by {new.ends} and no longer by {old.ends}")
    before, after = (old.minimum, old.maximum), (new.minimum, new.maximum)
    if before != after:
        words = f"has items of {leaves.range_text(after)} bytes and no longer of {leaves.range_text(before)}"
        at.add("length-bound-changed", words, size=leaves.size_to_show(before, after))
    ordering(at, old.order, new.order)
    leaves.prefixes(at, old.prefix, new.prefix)
    if old.prefix and new.prefix and old.total != new.total:
        at.add("length-bound-changed", f"takes up to {new.total} bytes in all and no longer {old.total}")


def conditionals(at: At, old: Conditional, new: Conditional) -> None:
    """The condition and both branches."""
    if not at.same_expression(old.condition, new.condition):
        at.add("condition-changed", "is there under another condition")
    for before, after in ((old.then, new.then), (old.otherwise, new.otherwise)):
        branch(at, before, after, "a branch")


def branch(at: At, old: Node, new: Node, name: str) -> None:
    """One branch of a choice, which may be empty."""
    empty = Nothing()
    if old == empty and new != empty:
        at.add("case-added", f"has {kind_words(leaves.layers(new)[1])} in {name} that was empty")
    elif new == empty and old != empty:
        at.add("case-removed", f"has nothing any more in {name}")
    else:
        compare(at, old, new)


def choices(at: At, old: Choice, new: Choice) -> None:
    """The selector, and every case."""
    if not at.same_expression(old.selector, new.selector):
        at.add("condition-changed", "is chosen by another selector")
    before, after = dict(old.cases), dict(new.cases)
    for value, node in before.items():
        if value not in after:
            at.add("case-removed", f"has no case {value!r} any more")
        else:
            compare(at, node, after[value])
    for value in after:
        if value not in before:
            at.add("case-added", f"has a case {value!r} now")
    if old.otherwise is None and new.otherwise is not None:
        at.add("case-added", "takes every other selector now")
    elif old.otherwise is not None and new.otherwise is None:
        at.add("case-removed", "no longer takes every other selector")
    elif old.otherwise is not None and new.otherwise is not None:
        compare(at, old.otherwise, new.otherwise)


def computed(at: At, old: Computed, new: Computed) -> None:
    """The expression."""
    if not at.same_expression(old.expression, new.expression):
        at.add("computed-changed", "is computed otherwise")


def inner(at: At, old: Any, new: Any) -> None:
    """What has nothing of its own that could differ."""
    compare(at, old.node, new.node)


def blocks(at: At, old: Blocks, new: Blocks) -> None:
    """The size of a block, and the record."""
    if old.size != new.size:
        at.add("framing-changed", f"is cut into blocks of {new.size} bytes and no longer of {old.size}")
    compare(at, old.node, new.node)


def texts(at: At, old: Text, new: Text) -> None:
    """The encoding, and the bytes."""
    leaves.texts(at, old, new)
    compare(at, old.node, new.node)


COMPARE: Final[dict[type, Callable[[At, Any, Any], None]]] = {
    Integer: leaves.integers,
    Float: leaves.floats,
    Boolean: leaves.booleans,
    Bits: leaves.bits,
    Raw: leaves.raws,
    Zeros: leaves.zeros,
    EndsOf: leaves.ends,
    PrefixOf: leaves.prefix_of,
    Repeated: leaves.repeated,
    Nothing: leaves.nothings,
    Text: texts,
    Struct: structs,
    BitGroup: bit_groups,
    Array: arrays,
    CountedArray: counted_arrays,
    Prefixed: prefixed,
    Region: regions,
    Padded: padded,
    Slices: slices,
    Conditional: conditionals,
    Choice: choices,
    Computed: computed,
    Captured: inner,
    Records: inner,
    Blocks: blocks,
}
