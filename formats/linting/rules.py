"""The linter's rules, as data. Every claim in a reason is shown by a schema in `roundtrip.hostile_schemas`."""

from __future__ import annotations

from typing import Final

from .findings import Rule

#: Rule identifier -> rule. Unsafe ones are refused everywhere.
UNSAFE: Final[dict[str, Rule]] = {
    # --- errors swallowed ---
    "greedy_range": Rule(
        "unsafe",
        "takes the first damaged element for the end and returns what came before it, and never ends over an element "
        "without bytes",
        "RecordsToEnd(record), or a count and an Array",
    ),
    "select": Rule(
        "unsafe",
        "takes every error in a branch, a failed checksum too, for the wrong branch",
        "a tag field and Switch(this.tag, cases, default=Error), or If(this.flag, field)",
    ),
    "peek": Rule("unsafe", "turns a refusal into None and reads bytes that it does not own", "a tag field and Switch"),
    "stop_if": Rule(
        "unsafe",
        "ends the nearest Struct without a word, with fields missing from its value",
        "If(this.flag, field) for each field that may be absent",
    ),
    "outside_frame": Rule(
        "unsafe",
        "is read but never verified or derived: only the Frame that holds it directly does that",
        "Frame(...) around the field and what it covers",
    ),
    # --- unbounded time, memory or recursion ---
    "zero_width": Rule(
        "unsafe",
        "repeats an element that may take no bytes, as often as a number in the bytes says",
        "an element of at least one byte, or a count of at most 64",
    ),
    "repeat_until": Rule("unsafe", "lets code decide where the elements end", "a count and an Array, or RecordsToEnd"),
    "null_terminated": Rule(
        "unsafe",
        "is read byte by byte, in time that grows with the square of the length",
        "PascalString(length, encoding), or a length and Bytes",
    ),
    "variable_integer": Rule(
        "unsafe",
        "has no longest form, is decoded in time that grows with the square of its length, and has many encodings of "
        "one number",
        "an integer of fixed width",
    ),
    "wide_integer": Rule(
        "unsafe",
        "is as wide as the bytes say: sums over it take as long as they like, and it is too long to print",
        "an integer of 1 to 8 bytes, or Bytes",
    ),
    "compressed": Rule(
        "unsafe",
        "expands a few bytes to gigabytes before anything is checked",
        "Bytes, and decompression with a limit after the frame has been verified",
    ),
    "encrypted": Rule("unsafe", "runs a foreign cipher, whose errors leak", "Bytes, and decryption after the frame"),
    "serialized_object": Rule(
        "unsafe", "hands the bytes to a loader that runs code or believes the sizes in them", "fields, or Bytes"
    ),
    "lazy": Rule(
        "unsafe",
        "puts the reading off: bad bytes are accepted, and refused some time later, or never",
        "the plain field; the compiled codec is fast enough",
    ),
    "late_bound": Rule(
        "unsafe",
        "is a schema that code makes while reading, usually itself: nested input ends in a RecursionError",
        "a flat list of records with a depth or parent number",
    ),
    "recursion": Rule(
        "unsafe",
        "contains itself: nested input ends in a RecursionError",
        "a flat list of records with a depth or parent number",
    ),
    "nesting": Rule("unsafe", "nests more than 64 constructs deep, which overflows the stack", "fewer levels"),
    "explosion": Rule(
        "unsafe",
        "counts more than 10,000 constructs when written out: shared parts multiply",
        "an Array, or fewer copies of the part",
    ),
    "copies": Rule(
        "unsafe",
        "makes a field that repeats a whole structure or list: a few of them multiply a value beyond any memory",
        "Computed of a number, a text or bytes",
    ),
    "repeated_work": Rule(
        "unsafe",
        "walks through a list or bytes from outside for every element of an array: time grows with the square",
        "the same expression once, before the array, in a Computed",
    ),
    "long_expression": Rule(
        "unsafe",
        "is an expression that nests more than 64 deep or has more than 500 parts when written out",
        "a few Computed fields",
    ),
    # --- bytes read out of order, twice, or through functions ---
    "reposition": Rule(
        "unsafe",
        "moves to a place that the bytes name: they are read twice, endlessly, or by nobody",
        "fields in the order of their bytes",
    ),
    "union": Rule(
        "unsafe",
        "reads the same bytes as several fields, of which one is written, and leaks a KeyError",
        "one Struct, and Computed views of it",
    ),
    "restream_data": Rule(
        "unsafe", "parses bytes that another field has read already", "Prefixed or Region around the field"
    ),
    "restreamed": Rule(
        "unsafe",
        "feeds bytes of no fixed number through a buffer and leaks a ValueError for what is left of them",
        "a BitStruct whose fields all have a fixed width",
    ),
    "rebuffered": Rule("unsafe", "waits forever for bytes that never come, and keeps old ones", "the plain field"),
    "transform": Rule(
        "unsafe",
        "turns bytes into others by a function that no lock can keep, or that refuses them with a foreign error",
        "BitStruct, Bitwise, BitsSwapped or ByteSwapped over fields of fixed width",
    ),
    "scrambled": Rule(
        "unsafe",
        "allocates by a group size in the bytes, or leaks a ValueError for a pad above 255",
        "Bytes, unscrambled after the frame has been verified",
    ),
    # --- foreign errors ---
    "indexing": Rule("unsafe", "drops the other elements, and leaks an IndexError for a short list", "the whole Array"),
    "named_tuple": Rule("unsafe", "leaks a TypeError where the fields are not those of the tuple", "the plain Struct"),
    "timestamp": Rule("unsafe", "leaks an error for a date that does not exist", "the integer, converted by readers"),
    "focus": Rule("unsafe", "returns a field that it does not have: an error leaks", "the name of one of its fields"),
    "field_name": Rule(
        "unsafe",
        "is a name that Construct itself uses, or that is no Python name, in generated code and in expressions",
        "a Python identifier that does not begin with an underscore",
    ),
    "unknown_name": Rule(
        "unsafe",
        "asks for something that is not a field read before it (KeyError), or is not in the bytes at all",
        "this.<field> of a field that stands before, in this Struct or one around it",
    ),
    "wrong_type": Rule(
        "unsafe",
        "does with a value what, for some bytes, its type cannot do: a TypeError, IndexError or ValueError leaks",
        "an expression over integers that are always there",
    ),
    "zero_division": Rule(
        "unsafe", "divides by a number that can be zero", "a divisor that is Bounded(integer, 1, maximum)"
    ),
    "shift": Rule(
        "unsafe", "shifts by a number that can be negative or above 63", "a number that is Bounded(integer, 0, 63)"
    ),
    "growth": Rule(
        "unsafe",
        "makes numbers of more than 128 bits, or joins or repeats bytes: a few steps exhaust the memory",
        "+ and * over Bounded integers",
    ),
    "operator": Rule(
        "unsafe",
        "uses an operator whose result can be anything (**, /, in, or one of its own)",
        "+ - * // % << >> & | ^ or a comparison",
    ),
    # --- code ---
    "adapter_code": Rule(
        "unsafe",
        "runs functions that no lock can keep, whose errors leak",
        "OneOf, NoneOf, Enum, Mapping, or Check(this...) beside the field",
    ),
    "foreign_code": Rule("unsafe", "is a function, which no lock can keep", "an expression over `this`"),
    "foreign_value": Rule("unsafe", "is an object whose meaning is code", "a number, text, bytes, or a tuple of these"),
    "foreign_class": Rule(
        "unsafe",
        "is a class, or carries methods, of which the linter knows nothing",
        "the classes of Construct and of formats.primitives",
    ),
    "hook": Rule("unsafe", "runs a function after every parse (`field * function`)", "the field alone"),
    "debugging": Rule("unsafe", "prints, or stops for a debugger, while it parses", "the field alone"),
    "compiled": Rule("unsafe", "is Construct's compiled form, which leaves checks out", "the schema itself"),
    "checksum_function": Rule(
        "unsafe",
        "computes its checksum by a function that no lock can keep: a lambda, an object, or one that is no checksum",
        "a function defined with a name in a module, such as zlib.crc32, or Crc32c in a Frame",
    ),
    "checksum_bytes": Rule(
        "unsafe",
        "covers something else than bytes that were read",
        "RawCopy(...) around what it covers, and this.<field>.data",
    ),
    "native_order": Rule(
        "unsafe",
        "has the byte order of the machine that runs it, so the same bytes mean two things",
        "the little-endian (Int32ul) or big-endian (Int32ub) integer",
    ),
}

#: Refused in our own formats, reported in a user's.
MALLEABLE: Final[dict[str, Rule]] = {
    "padding": Rule("malleable", "accepts any bytes as padding and rewrites them", "Reserved(size), or Const"),
    "flag": Rule("malleable", "accepts 255 bytes as true and writes 1", "OneOf(Int8ul, [0, 1]), or ClosedFlags"),
    "open_enum": Rule("malleable", "lets numbers pass that have no name", "ClosedEnum, or OneOf around it"),
    "dropped_flags": Rule("malleable", "drops bits that have no name", "ClosedFlags, or a name for every bit"),
    "aliases": Rule("malleable", "gives one number two names, so one of them comes back as the other", "one name each"),
    "inner_trailing": Rule(
        "malleable",
        "drops the bytes behind its content",
        "Region(size, content), or a content that takes all bytes or ends in Terminated",
    ),
    "stripped": Rule("malleable", "cannot tell padding from content that ends like it", "PascalString, or Bytes"),
    "float": Rule("malleable", "has many encodings of NaN, and two of zero", "an integer in a stated unit"),
    "lenient_text": Rule(
        "malleable",
        "is an encoding with several byte strings for one text",
        "utf8, ascii, latin1, or utf_16_le and its like with a stated byte order",
    ),
    "open_switch": Rule(
        "malleable",
        "reads nothing, without an error, for a selector that has no case",
        "Switch(..., default=Error), or a case for every value of a closed selector",
    ),
    "unchecked_rebuild": Rule(
        "malleable",
        "is derived when written and not checked when read",
        "Length or Count in a Frame, PrefixedArray, or an Array whose count is this field",
    ),
    "unnamed": Rule("malleable", "is read and dropped, because the field has no name", "a name, or Const or Reserved"),
    "duplicate_name": Rule("malleable", "hides an earlier field of the same name", "two names"),
    "discarded": Rule("malleable", "drops its elements after reading them", "the Array without discard=True"),
    "slicing": Rule("malleable", "drops the elements outside the slice", "the whole Array"),
    "bits_outside": Rule(
        "malleable",
        "reads one byte for each bit and accepts other bytes than 0 and 1",
        "BitStruct or Bitwise around it",
    ),
    "offsetted_end": Rule("malleable", "depends on how many bytes follow the frame", "a length and Region"),
}

#: Rule identifier -> rule, unsafe ones first.
RULES: Final[dict[str, Rule]] = {**UNSAFE, **MALLEABLE}


def rules_table() -> str:
    """All rules as a Markdown table, for the documentation."""
    rows = ["| rule | level | why | instead |", "|---|---|---|---|"]
    for identifier, rule in RULES.items():
        cells = (f"`{identifier}`", rule.level, rule.reason, rule.instead)
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows) + "\n"
