"""What the linter thinks of every class and macro of Construct 2.10.70: one decision each, as data.

A name that is missing here is of a class that the linter has never seen, which is `foreign_class`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from construct import core, debug

from .. import primitives


@dataclass(frozen=True)
class Decision:
    """`always`: the rule that every use breaks, or None; `may`: rules that some uses break; `note`: why it is so."""

    always: str | None = None
    may: tuple[str, ...] = ()
    note: str = ""


def refused(rule: str) -> Decision:
    """A class that is never right; its parts are linted all the same."""
    return Decision(always=rule)


def checked(*rules: str, note: str = "") -> Decision:
    """A class that is right where its use breaks none of these rules."""
    return Decision(may=rules, note=note)


def fine(note: str) -> Decision:
    """A class without a way to be wrong."""
    return Decision(note=note)


def made_of(*names: str) -> Decision:
    """A macro: decided by the classes that it returns."""
    return Decision(note="made of " + ", ".join(names))


#: The rules of an expression that must be an integer.
COUNT: Final = (
    "foreign_code",
    "long_expression",
    "operator",
    "unknown_name",
    "wrong_type",
    "zero_division",
    "shift",
    "growth",
)
#: The rules of any expression.
EXPRESSION: Final = (*COUNT, "repeated_work", "foreign_value")

CLASSES: Final[dict[str, Decision]] = {
    "Construct": refused("foreign_class"),
    "Subconstruct": refused("foreign_class"),
    "Adapter": refused("foreign_class"),
    "SymmetricAdapter": refused("foreign_class"),
    "Validator": refused("foreign_class"),
    "Tunnel": refused("foreign_class"),
    "Compiled": refused("compiled"),
    # --- bytes and numbers ---
    "Bytes": checked(*COUNT),
    "GreedyBytes": fine("takes what is left of its region, in one step"),
    "FormatField": checked("native_order", "float", "flag"),
    "BytesInteger": checked("wide_integer", "native_order", *COUNT),
    "BitsInteger": checked("wide_integer", "bits_outside", *COUNT),
    "VarInt": refused("variable_integer"),
    "ZigZag": refused("variable_integer"),
    "StringEncoded": checked("lenient_text"),
    "Flag": checked("flag", note="strict among bits"),
    "Enum": checked("open_enum", "aliases", "wrong_type", "foreign_value"),
    "FlagsEnum": checked("dropped_flags", "aliases", "wrong_type", "foreign_value"),
    "Mapping": checked("aliases", "foreign_value", note="refuses what is not in it"),
    # --- structures ---
    "Struct": checked("field_name", "duplicate_name", "unnamed"),
    "Sequence": checked("field_name", "duplicate_name"),
    "FocusedSeq": checked("field_name", "duplicate_name", "unnamed", "focus"),
    "Array": checked("zero_width", "discarded", *COUNT),
    "GreedyRange": refused("greedy_range"),
    "RepeatUntil": refused("repeat_until"),
    "Renamed": checked("hook", "field_name"),
    # --- derived ---
    "Const": checked("foreign_value", note="its content is linted; it closes an Enum"),
    "Computed": checked("copies", *EXPRESSION),
    "Index": fine("the number of the element"),
    "Rebuild": checked("unchecked_rebuild", *EXPRESSION),
    "Default": checked(*EXPRESSION),
    "Check": checked(*EXPRESSION),
    "Error": fine("always refuses, with an error of Construct"),
    "Pickled": refused("serialized_object"),
    "Numpy": refused("serialized_object"),
    "NamedTuple": refused("named_tuple"),
    "TimestampAdapter": refused("timestamp"),
    "Hex": fine("a way to print"),
    "HexDump": fine("a way to print"),
    # --- choices ---
    "Union": refused("union"),
    "Select": refused("select"),
    "IfThenElse": checked(*EXPRESSION),
    "Switch": checked("open_switch", *EXPRESSION, note="an unknown selector reads nothing, and keeps its number"),
    "StopIf": refused("stop_if"),
    # --- alignment, position ---
    "Padded": checked("padding", *COUNT),
    "Aligned": checked("padding", *COUNT),
    "Pointer": refused("reposition"),
    "Peek": refused("peek"),
    "OffsettedEnd": checked("offsetted_end", *COUNT),
    "Seek": refused("reposition"),
    "Tell": fine("reads nothing"),
    "Pass": fine("reads nothing"),
    "Terminated": fine("refuses what follows"),
    # --- tunnels ---
    "RawCopy": fine("reads its own bytes twice, and no more"),
    "Prefixed": checked("inner_trailing", "wrong_type"),
    "FixedSized": checked("inner_trailing", *COUNT),
    "NullTerminated": refused("null_terminated"),
    "NullStripped": checked("stripped"),
    "RestreamData": refused("restream_data"),
    "Transformed": checked("transform", "inner_trailing", note="the transformations of Construct, over a fixed size"),
    "Restreamed": refused("restreamed"),
    "ProcessXor": refused("scrambled"),
    "ProcessRotateLeft": refused("scrambled"),
    "Checksum": checked("checksum_function", "checksum_bytes", *COUNT),
    "Compressed": refused("compressed"),
    "CompressedLZ4": refused("compressed"),
    "EncryptedSym": refused("encrypted"),
    "EncryptedSymAead": refused("encrypted"),
    "Rebuffered": refused("rebuffered"),
    # --- lazy ---
    "Lazy": refused("lazy"),
    "LazyStruct": refused("lazy"),
    "LazyArray": refused("lazy"),
    "LazyBound": refused("late_bound"),
    # --- adapters ---
    "ExprAdapter": refused("adapter_code"),
    "ExprSymmetricAdapter": refused("adapter_code"),
    "ExprValidator": checked("adapter_code", "foreign_value", "wrong_type", note="OneOf and NoneOf are data"),
    "Slicing": checked("slicing", "wrong_type", "foreign_value"),
    "Indexing": refused("indexing"),
    # --- construct.debug ---
    "Probe": refused("debugging"),
    "Debugger": refused("debugging"),
}

MACROS: Final[dict[str, Decision]] = {
    "Bitwise": made_of("Transformed", "Restreamed"),
    "Bytewise": made_of("Transformed", "Restreamed"),
    "BitStruct": made_of("Transformed", "Restreamed", "Struct"),
    "ByteSwapped": made_of("Transformed"),
    "BitsSwapped": made_of("Transformed", "Restreamed"),
    "PaddedString": made_of("StringEncoded", "FixedSized", "NullStripped", "GreedyBytes"),
    "PascalString": made_of("StringEncoded", "Prefixed", "GreedyBytes"),
    "CString": made_of("StringEncoded", "NullTerminated", "GreedyBytes"),
    "GreedyString": made_of("StringEncoded", "GreedyBytes"),
    "PrefixedArray": made_of("FocusedSeq", "Rebuild", "Array"),
    "Optional": made_of("Select", "Pass"),
    "If": made_of("IfThenElse", "Pass"),
    "Padding": made_of("Padded", "Pass"),
    "AlignedStruct": made_of("Struct", "Aligned"),
    "Timestamp": made_of("TimestampAdapter"),
    "OneOf": made_of("ExprValidator"),
    "NoneOf": made_of("ExprValidator"),
    "Filter": made_of("ExprSymmetricAdapter"),
}

#: Construct's ready-made integers, floats and bits are FormatField, BytesInteger and BitsInteger objects.
DECISIONS: Final[dict[str, Decision]] = {**CLASSES, **MACROS}


def class_named(name: str) -> type[Any]:
    """The class of that name; Construct puts a single object in the place of some of its classes."""
    found = getattr(debug if name in ("Probe", "Debugger") else core, name)
    return found if isinstance(found, type) else type(found)


#: The same, by class.
BY_CLASS: Final[dict[type[Any], Decision]] = {class_named(name): decision for name, decision in CLASSES.items()}


#: Our own strict classes, by identity: a foreign class that only has such a name is foreign.
VOCABULARY: Final = frozenset(
    kind for kind in (getattr(primitives, name) for name in primitives.__all__) if isinstance(kind, type)
)
