"""Differences of two scalars: what they are stored as, and every check that stands over them, one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from formats.layout import (
    Accepted,
    Bits,
    Boolean,
    Bounded,
    Constant,
    CountOf,
    Digest,
    EndsOf,
    Enumeration,
    FlagSet,
    Float,
    Integer,
    LengthOf,
    Node,
    Nothing,
    PrefixOf,
    Raw,
    Rebuilt,
    Repeated,
    Text,
    Zeros,
    literal_int,
)
from roundtrip.generation.domains import number_bounds

from .changes import At
from .members import compare_enumerations, compare_flags

#: Checks over a scalar, outermost first.
LAYERS: Final = (Digest, LengthOf, CountOf, Rebuilt, Constant, Accepted, Bounded, Enumeration, FlagSet)
ORDER_WORDS: Final = {"": "in any order", "ascending": "never falling", "strict": "always rising"}


def layers(node: Node) -> tuple[dict[type, Any], Node]:
    """The checks over a scalar, by class, and the scalar itself."""
    found: dict[type, Any] = {}
    while isinstance(node, LAYERS):
        found[type(node)] = node
        node = node.node
    return found, node


def compare_layers(at: At, old: tuple[dict[type, Any], Node], new: tuple[dict[type, Any], Node]) -> None:
    """Every check that both sides have, or only one of them."""
    (old_layers, old_core), (new_layers, new_core) = old, new
    around = {**old_layers, **new_layers}
    for kind in LAYERS:
        before, after = old_layers.get(kind), new_layers.get(kind)
        if before is None and after is None:
            continue
        if kind is Bounded:
            bounds(at, before or old_core, after or new_core, around)
        elif before is not None and after is not None:
            PARAMETERS[kind](at, before, after)
        else:
            only_one(at, before, after)


def only_one(at: At, before: Any, after: Any) -> None:
    """A check that one side only has."""
    present = before or after
    is_new = after is not None
    match present:
        case Digest():
            words = "is a checksum now" if is_new else "is no checksum any more"
            at.add("checksum-added" if is_new else "checksum-removed", words)
        case LengthOf() | CountOf():
            name = ".".join(counted(present))
            words = f"is derived from {name} now" if is_new else f"is no longer derived from {name}"
            at.add("derivation-changed", words)
        case Rebuilt():
            at.add("computed-changed", "is computed now" if is_new else "is no longer computed")
        case Constant(value=value, rule=rule):
            words = f"must be {value!r} now" if is_new else f"may be something else than {value!r}"
            constant_rule = {"magic": "magic-changed", "kind": "kind-changed"}.get(rule)
            at.add(constant_rule or ("constraint-tightened" if is_new else "constraint-loosened"), words)
        case Accepted(values=values, refused=refused):
            listed = ", ".join(repr(value) for value in values)
            words = f"{'may not be' if refused else 'must be'} one of {listed}"
            rule = "constraint-tightened" if is_new else "constraint-loosened"
            exposing = values if refused else ()
            told = f"{words} now" if is_new else f"need not obey any more: {words}"
            at.add(rule, told, old=exposing if is_new else (), new=() if is_new else exposing)
        case Enumeration(members=members):
            at.add("field-retyped", "is an enumeration now" if is_new else "is no enumeration any more",
                   new=tuple(name for name, _ in members) if is_new else ())  # fmt: skip
        case FlagSet():
            at.add("field-retyped", "is a set of flags now" if is_new else "is no set of flags any more")


# --- parameters of checks that both sides have ---------------------------------------------------------------------


def digest(at: At, old: Digest, new: Digest) -> None:
    """Range, seed, algorithm."""
    same_range = len(old.covers) == len(new.covers) and all(
        at.same_expression(one, other) for one, other in zip(old.covers, new.covers, strict=True)
    )
    if old.sealing != new.sealing or not same_range:
        at.add("checksum-range", f"covers {covered(new)} and no longer {covered(old)}")
    if old.seed != new.seed:
        at.add("checksum-seed", f"continues from {seed_words(new)} and no longer from {seed_words(old)}")
    if old.algorithm != new.algorithm or old.masked != new.masked:
        at.add("checksum-algorithm", f"is {algorithm(new)} and no longer {algorithm(old)}")


def covered(node: Digest) -> str:
    """What a checksum covers, in words."""
    if node.sealing:
        return "everything before it"
    return ", ".join(".".join(cover.names) for cover in node.covers) or "nothing"


def seed_words(node: Digest) -> str:
    """What a checksum starts from, in words."""
    return f"({', '.join(node.seed)})" if node.seed else "nothing"


def algorithm(node: Digest) -> str:
    """The function, in words."""
    return f"{'masked ' if node.masked else ''}{node.algorithm.module}.{node.algorithm.name}"


def counted(node: LengthOf | CountOf) -> tuple[str, ...]:
    """The names of what a length or count is of."""
    return node.names if isinstance(node, LengthOf) else node.of


def derivation(at: At, old: LengthOf | CountOf, new: LengthOf | CountOf) -> None:
    """What a length or count is of."""
    before, after = counted(old), counted(new)
    if not at.same_name(before, after):
        at.add("derivation-changed", f"counts {'.'.join(after)} and no longer {'.'.join(before)}")


def rebuilt(at: At, old: Rebuilt, new: Rebuilt) -> None:
    """The expression."""
    if not at.same_expression(old.expression, new.expression):
        at.add("computed-changed", "is computed otherwise")


def constant(at: At, old: Constant, new: Constant) -> None:
    """The value, and the rule that a wrong one breaks."""
    if old.value != new.value:
        special = {"magic": "magic-changed", "kind": "kind-changed", "version": "version-constant"}
        at.add(special.get(new.rule, "constant-changed"), f"is {new.value!r} and no longer {old.value!r}")
    elif old.rule != new.rule:
        at.add("layout-changed", f"breaks the rule {new.rule} and no longer {old.rule}")


def accepted(at: At, old: Accepted, new: Accepted) -> None:
    """The values that are accepted or refused."""
    sides = [(set(node.values), node.refused) for node in (old, new)]
    named = sides[0][0] | sides[1][0]
    before, after = ({value for value in named if (value in values) != refused} for values, refused in sides)
    gone, fresh = before - after, after - before
    if gone or (old.refused and not new.refused):
        at.add("constraint-tightened", f"may no longer be {listing(gone)}", old=tuple(sorted(gone, key=repr)))
    if fresh or (new.refused and not old.refused):
        at.add("constraint-loosened", f"may be {listing(fresh)} now", new=tuple(sorted(fresh, key=repr)))


def listing(values: set[Any]) -> str:
    """Values in words."""
    return ", ".join(repr(value) for value in sorted(values, key=repr)) or "others"


def bounds(at: At, old: Node, new: Node, around: dict[type, Any]) -> None:
    """Minimum and maximum, as far as the width of the number lets them matter."""
    before, after = number_bounds(old), number_bounds(new)
    if before is None or after is None or before == after:
        if isinstance(old, Bounded) != isinstance(new, Bounded) or (before == after and stated(old) != stated(new)):
            at.add("constraint-loosened", f"states its bounds otherwise: {range_text(after)}")
        return
    tighter = after[0] > before[0] or after[1] < before[1]
    looser = after[0] < before[0] or after[1] > before[1]
    rule = "length-bound-changed" if LengthOf in around else "count-bound-changed" if CountOf in around else ""
    words = f"may be {range_text(after)} and no longer {range_text(before)}"
    lost, gained = outside(before, after), outside(after, before)
    if rule:
        at.add(rule, words, old=lost, new=gained, size=size_to_show(before, after))
        return
    if tighter:
        at.add("constraint-tightened", words, old=lost)
    if looser:
        at.add("constraint-loosened", words, new=gained)


def stated(node: Node) -> tuple[int, int] | None:
    """The bounds as they are written."""
    return (node.minimum, node.maximum) if isinstance(node, Bounded) else None


def range_text(limits: tuple[int, int] | None) -> str:
    """Bounds in words."""
    return "anything" if limits is None else f"{limits[0]}..{limits[1]}"


def outside(wide: tuple[int, int], narrow: tuple[int, int]) -> tuple[int, ...]:
    """Numbers in one range and not in the other, next to its ends first."""
    below = [narrow[0] - 1, wide[0]] if wide[0] < narrow[0] else []
    above = [narrow[1] + 1, wide[1]] if wide[1] > narrow[1] else []
    return tuple(dict.fromkeys(number for number in below + above if wide[0] <= number <= wide[1]))


def size_to_show(before: tuple[int, int], after: tuple[int, int]) -> int:
    """The least number of elements or bytes of a file that only one side accepts."""
    least = [number for number in (*outside(before, after), *outside(after, before)) if number >= 0]
    return min(least, default=0)


PARAMETERS: Final[dict[type, Callable[[At, Any, Any], None]]] = {
    Digest: digest,
    LengthOf: derivation,
    CountOf: derivation,
    Rebuilt: rebuilt,
    Constant: constant,
    Accepted: accepted,
    Enumeration: compare_enumerations,
    FlagSet: compare_flags,
}


# --- what is below all checks --------------------------------------------------------------------------------------


def integers(at: At, old: Integer, new: Integer) -> None:
    """Size, sign, order of bytes."""
    if old.size != new.size:
        high = tuple(1 << 8 * min(old.size, new.size) + shift for shift in (0, 1))
        grows = new.size > old.size
        words = f"takes {new.size} bytes and no longer {old.size}"
        at.add("field-resized", words, old=() if grows else high, new=high if grows else ())
    if old.signed != new.signed:
        words = "is signed now" if new.signed else "is unsigned now"
        high = (1 << 8 * min(old.size, new.size) - 1, (1 << 8 * min(old.size, new.size)) - 1)
        at.add("field-signedness", words, old=(-1,) if old.signed else high, new=(-1,) if new.signed else high)
    if old.little != new.little:
        words = f"has its {'lowest' if new.little else 'highest'} byte first now"
        at.add("field-endianness", words, old=(1,), new=(1,))


def floats(at: At, old: Float, new: Float) -> None:
    """Size and order of bytes."""
    if old.size != new.size:
        at.add("field-resized", f"takes {new.size} bytes and no longer {old.size}")
    if old.little != new.little:
        at.add("field-endianness", f"has its {'lowest' if new.little else 'highest'} byte first now")


def bits(at: At, old: Bits, new: Bits) -> None:
    """Width, sign, and whether it is a truth value."""
    if old.width != new.width:
        at.add("bits-changed", f"takes {new.width} bits and no longer {old.width}")
    if old.signed != new.signed:
        at.add("field-signedness", "is signed now" if new.signed else "is unsigned now")
    if old.boolean != new.boolean:
        at.add("field-retyped", "is a truth value now" if new.boolean else "is a number now")


def raws(at: At, old: Raw, new: Raw) -> None:
    """How many bytes."""
    before, after = literal_int(old.size), literal_int(new.size)
    if before is not None and after is not None:
        if before != after:
            at.add("field-resized", f"takes {after} bytes and no longer {before}")
    elif not at.same_expression(old.size, new.size):
        at.add("field-resized", "gets its size otherwise")


def zeros(at: At, old: Zeros, new: Zeros) -> None:
    """How many, and by which rule."""
    if not at.same_expression(old.size, new.size):
        rule = "padding-changed" if old.rule == new.rule == "canonical" else "reserved-changed"
        before, after = literal_int(old.size), literal_int(new.size)
        at.add(rule, f"takes {after} bytes and no longer {before}" if None not in (before, after) else "changes size")
    if old.rule != new.rule:
        rule = "malleability-changed" if new.rule == "canonical" else "layout-changed"
        at.add(rule, f"breaks the rule {new.rule} and no longer {old.rule}")


def ends(at: At, old: EndsOf, new: EndsOf) -> None:
    """The column's numbers, how many there are, and what they cut."""
    integers(at, old.node, new.node)
    if not at.same_expression(old.count, new.count):
        at.add("derivation-changed", "has as many elements as something else")
    if not at.same_name((old.of,), (new.of,)):
        at.add("derivation-changed", f"cuts {new.of} and no longer {old.of}")
    prefixes(at, old.prefix, new.prefix)


def prefixes(at: At, old: str, new: str) -> None:
    """The field that holds what all items begin with, "" for none."""
    if bool(old) != bool(new):
        words = f"leaves out the prefix that {new} holds" if new else "holds whole items again"
        at.add("derivation-changed", words)
    elif old and not at.same_name((old,), (new,)):
        at.add("derivation-changed", f"leaves out the prefix that {new} holds and no longer that of {old}")


def prefix_of(at: At, old: PrefixOf, new: PrefixOf) -> None:
    """Its size, and whose prefix it is."""
    if not at.same_expression(old.size, new.size):
        at.add("field-resized", "gets its size otherwise")
    if not at.same_name((old.of,), (new.of,)):
        at.add("derivation-changed", f"is the prefix of {new.of} and no longer of {old.of}")


def repeated(at: At, old: Repeated, new: Repeated) -> None:
    """What a closing tag repeats, and how much of it."""
    if not at.same_name((old.of,), (new.of,)):
        at.add("derivation-changed", f"repeats {new.of} and no longer {old.of}")
    if old.size != new.size:
        at.add("field-resized", f"takes {new.size} bytes and no longer {old.size}")


def nothings(at: At, old: Nothing, new: Nothing) -> None:
    """Whether the region must end."""
    if old.end != new.end:
        at.add("trailing-changed", "must be the end now" if new.end else "need not be the end any more")


def texts(at: At, old: Text, new: Text) -> None:
    """The encoding; what is below is compared by the caller."""
    if old.encoding.lower().replace("-", "").replace("_", "") != new.encoding.lower().replace("-", "").replace("_", ""):
        at.add("text-encoding-changed", f"is {new.encoding} and no longer {old.encoding}")


def booleans(_at: At, _old: Boolean, _new: Boolean) -> None:
    """All are alike."""
