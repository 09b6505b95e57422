"""Decoding functions: `probe`, `probe_tuple`, `probe_prefix`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ..errors import SchemaRefused
from ..layout import (
    Accepted,
    Array,
    BitGroup,
    Bits,
    Blocks,
    Boolean,
    Bounded,
    Captured,
    Choice,
    Computed,
    Conditional,
    Constant,
    CountedArray,
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
    Padded,
    Prefixed,
    PrefixOf,
    Raw,
    Rebuilt,
    Records,
    Region,
    Repeated,
    Slices,
    Struct,
    Text,
    Zeros,
    fixed_size,
)
from . import read_bits, read_branches, read_columns, read_composites, read_derived, read_scalars, read_streams
from .expressions import Unbound
from .known import Bound, Spot
from .reader import Reader
from .tables import Tables, Trail
from .text import Code, Lines

READERS: Final[dict[type, Callable[..., Bound]]] = {
    Integer: read_scalars.read_integer,
    Float: read_scalars.read_float,
    Boolean: read_scalars.read_boolean,
    Bits: read_bits.read_bits,
    Raw: read_scalars.read_raw,
    Text: read_scalars.read_text,
    Constant: read_scalars.read_constant,
    Enumeration: read_scalars.read_enumeration,
    FlagSet: read_scalars.read_flags,
    Bounded: read_scalars.read_bounded,
    Accepted: read_scalars.read_accepted,
    Zeros: read_scalars.read_zeros,
    Rebuilt: read_derived.read_rebuilt,
    LengthOf: read_derived.read_length,
    CountOf: read_derived.read_count,
    EndsOf: read_streams.read_ends,
    PrefixOf: read_streams.read_prefix,
    Digest: read_derived.read_digest,
    Repeated: read_derived.read_repeated,
    Nothing: read_composites.read_nothing,
    Struct: read_composites.read_struct,
    BitGroup: read_bits.read_bit_group,
    Array: read_columns.read_array,
    CountedArray: read_columns.read_counted,
    Prefixed: read_composites.read_prefixed,
    Region: read_composites.read_region,
    Padded: read_composites.read_padded,
    Slices: read_streams.read_slices,
    Conditional: read_branches.read_branches,
    Choice: read_branches.read_branches,
    Computed: read_composites.read_computed,
    Captured: read_composites.read_captured,
    Records: read_streams.read_records,
    Blocks: read_streams.read_blocks,
}


def read(reader: Reader, node: Node, trail: Trail) -> Bound:
    """Write the decoding of a node at the reader's spot; what is known of it afterwards."""
    reader.here = trail.path
    function = READERS.get(type(node))
    if function is None:
        raise SchemaRefused(trail.path, f"a {type(node).__name__} cannot be compiled")
    try:
        bound = function(reader, node, trail)
    except Unbound as error:
        raise SchemaRefused(trail.path, str(error)) from None
    if isinstance(node, BitGroup):
        bound.code = read_composites.composed(reader, node, trail, bound.fields)
    return bound


def decoder(tables: Tables, name: str, root: Node, *, records: bool, exact: bool = True) -> list[str]:
    """The lines of one decoding function."""
    reader = Reader(tables, records=records, exact=exact, dispatch=read)
    header = name == "probe_header"
    size = fixed_size(root)
    begin = ["end = len(data)"]
    reader.fills = exact
    if exact and size is not None:
        begin = [f"if len(data) != {size}:", "    return None"]
        reader.limit, reader.input_size = Spot("", size), size
    elif size is not None:
        begin = [f"if len(data) < {size}:", "    return None"]
        reader.limit = Spot("", size)
    if exact and not isinstance(root, Struct):
        reader.freeze()
    bound = read(reader, root, Trail())
    reader.flush()
    if exact and reader.spot not in (reader.limit, reader.filled):
        reader.check_end(reader.spot)
        reader.flush()
    assert bound.code is not None
    if exact and bound.code.kind in ("int", "float", "bytes", "str") and bound.code.text.isidentifier():
        reader.lines.add(f"value: {tables.types[id(root), ()].record} = {bound.code.text}")
        bound.code = Code("value", bound.code.kind)
    text, last = bound.code.text, reader.lines.lines[-1] if reader.lines.lines else ""
    if last.startswith(f"    {text} = "):
        del reader.lines.lines[-1]
        text = last.partition(" = ")[2]
    reader.lines.expression("return ", text, "" if exact or header else f", {reader.spot}")
    kind = tables.types[id(root), ()]
    result = kind.record if records else kind.tuple
    result = f"{result} | None" if exact or header else f"tuple[{result}, int] | None"
    unused = "" if reader.seeded else "  # noqa: ARG001"
    lines = Lines(0)
    lines.add(f"def {name}(data: Data, seed: int = 0) -> {result}:{unused}")
    lines.add(f'    """{SUMMARIES[name]}"""')
    return [*lines.lines, *["    " + line for line in begin], *reader.lines.lines]


SUMMARIES: Final[dict[str, Any]] = {
    "probe": "The record of a whole frame, or None where any check fails.",
    "probe_tuple": "The values of a whole frame as nested tuples, or None where any check fails.",
    "probe_prefix": "The record of the frame that the bytes begin with and its size in bytes, or None.",
    "probe_header": "The fields of a valid header at the start of the bytes, as `Header` orders them, or None.",
}
