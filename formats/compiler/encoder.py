"""Encoding functions: `encode`, `encode_tuple`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

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
    value_members,
)
from . import write_bits, write_columns, write_composites, write_derived, write_scalars
from .tables import Tables, Trail
from .text import Lines
from .writer import Piece, Slot, Writer

WRITERS: Final[dict[type, Callable[..., list[Piece]]]] = {
    Integer: write_scalars.write_integer,
    Float: write_scalars.write_float,
    Boolean: write_scalars.write_boolean,
    Bits: write_bits.write_bits,
    Raw: write_scalars.write_raw,
    Text: write_scalars.write_text,
    Constant: write_scalars.write_constant,
    Enumeration: write_scalars.write_enumeration,
    FlagSet: write_scalars.write_flags,
    Bounded: write_scalars.write_bounded,
    Accepted: write_scalars.write_accepted,
    Zeros: write_scalars.write_zeros,
    Rebuilt: write_derived.write_rebuilt,
    LengthOf: write_derived.write_length,
    CountOf: write_derived.write_count,
    EndsOf: write_derived.write_ends,
    PrefixOf: write_derived.write_prefix,
    Digest: write_derived.write_digest,
    Repeated: write_derived.write_repeated,
    Nothing: write_composites.write_nothing,
    Struct: write_composites.write_struct,
    BitGroup: write_bits.write_bit_group,
    Array: write_columns.write_array,
    CountedArray: write_columns.write_counted,
    Prefixed: write_composites.write_prefixed,
    Region: write_composites.write_region,
    Padded: write_composites.write_padded,
    Slices: write_columns.write_slices,
    Conditional: write_composites.write_branches,
    Choice: write_composites.write_branches,
    Computed: write_composites.write_computed,
    Captured: write_composites.write_captured,
    Records: write_columns.write_records,
    Blocks: write_columns.write_blocks,
}


def write(writer: Writer, node: Node, trail: Trail, value: str | None, slot: Slot) -> list[Piece]:
    """Write the encoding of a node; its pieces. `value`: its value's expression, None for derived nodes."""
    function = WRITERS.get(type(node))
    if function is None:
        raise SchemaRefused(trail.path, f"a {type(node).__name__} cannot be compiled")
    return function(writer, node, trail, value, slot)


def encoder(tables: Tables, name: str, root: Node, *, records: bool) -> list[str]:
    """The lines of one encoding function."""
    writer = Writer(tables, records=records, write=write, opened=write_composites.open_struct)
    trail = Trail()
    if isinstance(root, Struct | BitGroup) and not records:
        kinds = [kind for _, _, kind in tables.records[()].fields]
        parameters = [writer.names.local((member.name or "",)) for member in value_members(root)]
    else:
        kinds = [tables.types[id(root), ()].record if records else tables.types[id(root), ()].tuple]
        parameters = ["value"]
    slot = Slot(root, trail, parameters[0] if parameters else None)
    if isinstance(root, Struct | BitGroup):
        own = None if records else parameters
        slot.inner = write_composites.open_struct(writer, root, trail, parameters[0] if records else None, own)
    pieces = write(writer, root, trail, slot.value, slot)
    text = writer.joined(pieces, trail.hint)
    last = writer.lines.lines[-1] if writer.lines.lines else ""
    if last.startswith(f"    {text} = "):
        del writer.lines.lines[-1]
        text = last.partition(" = ")[2]
    writer.lines.gap()
    writer.lines.expression("return ", text)
    lines = Lines(0)
    typed = [f"{parameter}: {kind}" for parameter, kind in zip(parameters, kinds, strict=True)]
    if writer.seeded:
        lines.statement(f"def {name}(", [*typed, "seed: int = 0"], ") -> bytes:")
    else:
        lines.add(f"def {name}(")
        for parameter in typed:
            lines.add(f"    {parameter},")
        lines.add("    seed: int = 0,  # noqa: ARG001\n) -> bytes:")
    lines.add(f'    """{SUMMARIES[name]}"""')
    return [*lines.lines, *writer.lines.lines]


SUMMARIES: Final[dict[str, str]] = {
    "encode": "The bytes of a record; raises where a field is outside its constraint.",
    "encode_tuple": "The bytes of a frame's values; those of structs and arrays inside are tuples.",
    "encode_header": "The bytes of a header with these fields, sealed.",
}
