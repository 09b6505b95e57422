"""From a Construct schema to its layout tree.

Knows the strict vocabulary and the plain Construct classes that schemas are made of. Whatever else it meets it names,
with the path, and refuses: it never guesses.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final

import construct as c
from construct.lib import bits2bytes, bytes2bits
from crc32c import crc32c

from . import primitives as p
from .errors import Path, SchemaRefused
from .expressions import Scope, expression_of, field_names, field_of
from .layout import (
    Accepted,
    Algorithm,
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
    Field,
    FlagSet,
    Float,
    Integer,
    Layout,
    LengthOf,
    Member,
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
    digests,
    fixed_size,
    literal_int,
    minimum_size,
)

#: Struct codes of Construct's FormatField.
INTEGER_CODES: Final = {"b": 1, "h": 2, "l": 4, "i": 4, "q": 8}
FLOAT_CODES: Final = {"e": 2, "f": 4, "d": 8}
CRC32C: Final = Algorithm("crc32c", "crc32c")


def translate(schema: c.Construct[Any, Any]) -> Layout:
    """The layout tree of a schema; `SchemaRefused` names the first node that it does not know."""
    root = Translator((), ()).node(schema)
    seeds = {digest.seed for digest in digests(root) if digest.seed}
    if len(seeds) > 1:
        raise SchemaRefused((), f"checksums are seeded with different contexts: {sorted(seeds)}", "one context")
    return Layout(root, seeds.pop() if seeds else ())


class Translator:
    """Translates what stands at one path, inside the given scopes."""

    def __init__(self, path: Path, scopes: tuple[Scope, ...], depth: int = 0, *, in_frame: bool = False) -> None:
        self.path = path
        self.in_frame = in_frame
        self.scopes = scopes
        self.depth = depth
        if depth > 64:
            raise SchemaRefused(path, "the schema nests more than 64 deep, or contains itself")

    def below(self, name: str | None = None, scope: Scope | None = None, *, in_frame: bool = False) -> Translator:
        """A translator one level further in; `in_frame`: for the members of a frame."""
        path = self.path if name is None else (*self.path, name)
        scopes = self.scopes if scope is None else (*self.scopes, scope)
        return Translator(path, scopes, self.depth + 1, in_frame=in_frame)

    def node(self, schema: Any) -> Node:
        """The node of any construct."""
        handler = HANDLERS.get(type(schema))
        if handler is None:
            raise self.refused(schema)
        return handler(self, schema)

    def refused(self, schema: Any, reason: str = "") -> SchemaRefused:
        """The refusal of one construct, by its class."""
        return SchemaRefused(self.path, reason or f"{type(schema).__name__} cannot be compiled")

    def expression(self, value: Any) -> Any:
        """A `this` expression or literal, seen from here."""
        return expression_of(value, self.path, self.scopes)

    # --- names and scalars -------------------------------------------------------------------------------------------

    def renamed(self, schema: Any) -> Node:
        if schema.parsed is not None:
            raise self.refused(schema, "a parsed hook is code, which cannot be read or locked")
        name = schema.name if schema.name != schema.subcon.name else None
        return self.below(name, in_frame=self.in_frame).node(schema.subcon)

    def inner(self, schema: Any) -> Node:
        return self.below().node(schema.subcon)

    def format_field(self, schema: Any) -> Node:
        order, code = schema.fmtstr[0], schema.fmtstr[1]
        if order not in "<>":
            raise self.refused(schema, f"its byte order is that of the machine ({sys.byteorder} here): not a format")
        if code.lower() in INTEGER_CODES:
            return Integer(INTEGER_CODES[code.lower()], signed=code.islower(), little=order == "<")
        if code in FLOAT_CODES:
            return Float(FLOAT_CODES[code], little=order == "<")
        raise self.refused(schema, f"the format character {code!r} cannot be compiled")

    def bytes_integer(self, schema: Any) -> Node:
        length, swapped = schema.length, schema.swapped
        if not isinstance(length, int) or not 1 <= length <= 8 or callable(swapped):
            raise self.refused(schema, "an integer has 1 to 8 bytes, given as a literal")
        return Integer(length, signed=bool(schema.signed), little=bool(swapped))

    def bits_integer(self, schema: Any) -> Node:
        if not isinstance(schema.length, int) or not 1 <= schema.length <= 64 or schema.swapped:
            raise self.refused(schema, "a bit field has 1 to 64 bits, given as a literal, most significant first")
        return Bits(schema.length, signed=bool(schema.signed))

    def raw(self, schema: Any) -> Node:
        return Raw(self.expression(schema.length))

    def constant(self, schema: Any) -> Node:
        node = self.inner(schema)
        if not isinstance(schema.value, int | bytes | str) or not isinstance(node, Integer | Raw | Bits | Enumeration):
            raise self.refused(schema, f"a constant of {type(schema.subcon).__name__} cannot be compiled")
        return Constant(node, schema.value)

    def enumeration(self, schema: Any) -> Node:
        members = tuple((str(name), int(number)) for name, number in schema.encmapping.items())
        return Enumeration(self.integral(schema), members, closed=False)

    def flags_enumeration(self, schema: Any) -> Node:
        members = tuple((str(name), int(bit)) for name, bit in schema.flags.items())
        taken = 0
        for name, bit in members:
            if bit <= 0 or bit & (bit - 1) or bit & taken:
                raise self.refused(schema, f"the flag {name} is not a single bit of its own")
            taken |= bit
        return FlagSet(self.integral(schema), members, named=True)

    def integral(self, schema: Any) -> Node:
        """The integer or bit field below a mapping."""
        node = self.inner(schema)
        if not isinstance(node, Integer | Bits):
            raise self.refused(schema, f"{type(schema).__name__} stands over an integer, not {type(node).__name__}")
        return node

    def text(self, schema: Any) -> Node:
        node = self.inner(schema)
        if not isinstance(node, Raw | Prefixed) or (isinstance(node, Prefixed) and node.node != Raw(None)):
            raise self.refused(schema, "text is compiled over Bytes, GreedyBytes or a length prefix only")
        if schema.encoding.lower().replace("_", "-") not in ("utf8", "utf-8", "ascii"):
            raise self.refused(schema, f"the encoding {schema.encoding} cannot be compiled")
        return Text(node, schema.encoding)

    def validator(self, schema: Any) -> Node:
        """OneOf and NoneOf, the two validators that are data and not code."""
        try:
            function = schema._validate.__closure__[0].cell_contents
            (values,) = (cell.cell_contents for cell in function.__closure__)
        except (AttributeError, TypeError, ValueError):
            function, values = None, ()
        name = getattr(function, "__qualname__", "")
        if getattr(function, "__module__", "") != c.core.__name__ or not name.startswith(("OneOf.", "NoneOf.")):
            raise self.refused(schema, "a validator is code, which cannot be read or locked")
        return Accepted(self.inner(schema), tuple(sorted(values)), refused=name.startswith("NoneOf."))

    # --- composites --------------------------------------------------------------------------------------------------

    def struct(self, schema: Any) -> Node:
        return Struct(self.members(schema.subcons))

    def members(self, subcons: Any, *, in_frame: bool = False) -> tuple[Member, ...]:
        """The members of a struct; two of one name would hide each other."""
        scope, members = Scope(), []
        for member in subcons:
            node = self.below(scope=scope, in_frame=in_frame).node(member)
            members.append(Member(member.name or None, node))
        names = [member.name for member in members if member.name]
        for name in names:
            if names.count(name) > 1:
                raise SchemaRefused((*self.path, name), "two fields of one struct have this name")
        return tuple(members)

    def bit_struct(self, schema: Any) -> Node:
        if schema.decodefunc is not bytes2bits or schema.encodefunc is not bits2bytes:
            raise self.refused(schema, "a Transformed by an unknown function cannot be compiled")
        node = self.below().node(schema.subcon)
        if not isinstance(node, Struct):
            raise self.refused(schema, "bits are compiled inside a BitStruct only")
        members = tuple(Member(member.name, self.bit_field(schema, member.node)) for member in node.members)
        return BitGroup(schema.subcon.sizeof() // 8, members)

    def bit_field(self, schema: Any, node: Node) -> Node:
        """A field of a BitStruct: bits, flags, enumerations of bits, padding."""
        match node:
            case Boolean():
                return Bits(1, boolean=True)
            case Zeros(size=size):
                return Constant(Bits(literal_int(size) or 0), 0, "canonical")
            case Bits() | Enumeration(node=Bits()) | FlagSet(node=Bits()) | Constant(node=Bits()):
                return node
            case Bounded(node=Bits()):
                return node
        raise self.refused(schema, f"a {type(node).__name__} cannot be compiled inside a BitStruct")

    def array(self, schema: Any) -> Node:
        if schema.discard:
            raise self.refused(schema, "an Array that discards its elements cannot be compiled")
        return Array(self.expression(schema.count), self.inner(schema))

    def focused_sequence(self, schema: Any) -> Node:
        """PrefixedArray, which Construct makes of a FocusedSeq."""
        names = [member.name for member in schema.subcons]
        if schema.parsebuildfrom != "items" or names != ["count", "items"]:
            raise self.refused(schema)
        rebuild, array = (member.subcon for member in schema.subcons)
        if type(rebuild) is not c.Rebuild or type(array) is not c.Array or field_names(array.count) != ("count",):
            raise self.refused(schema)
        inner = self.below(scope=Scope(hidden=True))
        return CountedArray(inner.node(rebuild.subcon), inner.node(array.subcon))

    def prefixed(self, schema: Any) -> Node:
        return Prefixed(self.below().node(schema.lengthfield), self.inner(schema), bool(schema.includelength))

    def fixed_sized(self, schema: Any) -> Node:
        return Region(self.expression(schema.length), self.inner(schema), exact=False)

    def padded(self, schema: Any) -> Node:
        if schema.pattern != b"\x00":
            raise self.refused(schema, "padding is compiled with zeros only")
        size, node = self.expression(schema.length), self.inner(schema)
        return Zeros(size, "canonical") if node == Nothing() else Padded(size, node)

    def if_then_else(self, schema: Any) -> Node:
        then, otherwise = self.below().node(schema.thensubcon), self.below().node(schema.elsesubcon)
        return Conditional(self.expression(schema.condfunc), then, otherwise)

    def switch(self, schema: Any) -> Node:
        cases = []
        for value, case in schema.cases.items():
            if not isinstance(value, int | str | bytes):
                raise self.refused(schema, f"the case {value!r} is neither a number, nor text, nor bytes")
            cases.append((str(value) if isinstance(value, str) else value, self.below().node(case)))
        default = None if type(schema.default) is type(c.Error) else self.below().node(schema.default)
        return Choice(self.expression(schema.keyfunc), tuple(cases), default)

    def checksum(self, schema: Any) -> Node:
        names = field_names(schema.bytesfunc)
        if len(names) < 2 or names[-1] != "data":
            raise self.refused(schema, "a Checksum is compiled over this.<field>.data of a RawCopy only")
        whole = field_of(schema.bytesfunc, self.path, self.scopes)
        covered = Field(whole.up, whole.names[:-1])
        return Digest(self.below().node(schema.checksumfield), self.algorithm(schema), (covered,))

    def algorithm(self, schema: Any) -> Algorithm:
        """The import path of a checksum function; lambdas have none."""
        function = schema.hashfunc
        if function is crc32c:
            return CRC32C
        module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", "")
        if not module or getattr(sys.modules.get(module), name, None) is not function:
            raise self.refused(schema, f"its function {function!r} cannot be imported by name")
        return Algorithm(module, name)

    # --- the strict vocabulary ---------------------------------------------------------------------------------------

    def frame(self, schema: Any) -> Node:
        return Struct(self.members(schema.subcons, in_frame=True), header=schema.header)

    def column(self, schema: Any) -> Node:
        last = None if schema.last is None else self.expression(schema.last)
        node = self.inner(schema)
        if fixed_size(node) is None:
            raise self.refused(schema, "a column holds scalars of fixed width")
        if (schema.order and not isinstance(node, Integer | Bounded | Raw)) or (
            last is not None and not isinstance(node, Integer | Bounded)
        ):
            raise self.refused(schema, "an ordered column holds integers (or byte strings, where no last one is given)")
        return Array(self.expression(schema.count), node, schema.order, last)

    def ends(self, schema: Any) -> Node:
        node = self.inner(schema)
        if not isinstance(node, Integer):
            raise self.refused(schema, "ends are plain integers")
        return EndsOf(node, self.expression(schema.count), schema.of, schema.prefix)

    def slices(self, schema: Any) -> Node:
        return Slices(schema.ends, schema.minimum, schema.maximum, schema.order, schema.prefix, schema.total)

    def blocks(self, schema: Any) -> Node:
        node = self.inner(schema)
        if minimum_size(node) != schema.smallest:
            raise self.refused(schema, f"its smallest record has {minimum_size(node)} bytes, not {schema.smallest}")
        return Blocks(schema.size, node)

    def records(self, schema: Any) -> Node:
        node = self.inner(schema)
        if minimum_size(node) < 1:
            raise self.refused(schema, "a record of a stream has at least one byte")
        return Records(node)

    def frame_checksum(self, schema: Any) -> Node:
        if not self.in_frame:
            raise self.refused(schema, f"a {type(schema).__name__} is a field of a Frame, which verifies it")
        if isinstance(schema, p.Seal):
            return Digest(Integer(4), CRC32C, sealing=True, seed=schema.seed)
        covers = tuple(Field(0, (name,)) for name in schema.covers)
        return Digest(Integer(4), CRC32C, covers, masked=schema.is_masked)


Handler = Callable[[Translator, Any], Node]

HANDLERS: Final[dict[type, Handler]] = {
    c.Renamed: Translator.renamed,
    c.Hex: Translator.inner,
    c.HexDump: Translator.inner,
    c.Default: Translator.inner,
    c.FormatField: Translator.format_field,
    c.BytesInteger: Translator.bytes_integer,
    c.BitsInteger: Translator.bits_integer,
    c.Bytes: Translator.raw,
    type(c.GreedyBytes): lambda translator, schema: Raw(None),
    type(c.Flag): lambda translator, schema: Boolean(),
    type(c.Pass): lambda translator, schema: Nothing(),
    type(c.Terminated): lambda translator, schema: Nothing(end=True),
    c.StringEncoded: Translator.text,
    c.Const: Translator.constant,
    c.Enum: Translator.enumeration,
    c.FlagsEnum: Translator.flags_enumeration,
    c.ExprValidator: Translator.validator,
    c.Struct: Translator.struct,
    c.Transformed: Translator.bit_struct,
    c.Array: Translator.array,
    c.FocusedSeq: Translator.focused_sequence,
    c.Prefixed: Translator.prefixed,
    c.FixedSized: Translator.fixed_sized,
    c.Padded: Translator.padded,
    c.IfThenElse: Translator.if_then_else,
    c.Switch: Translator.switch,
    c.Computed: lambda translator, schema: Computed(translator.expression(schema.func)),
    c.Rebuild: lambda translator, schema: Rebuilt(translator.inner(schema), translator.expression(schema.func)),
    c.RawCopy: lambda translator, schema: Captured(translator.inner(schema)),
    c.Checksum: Translator.checksum,
    p.Magic: lambda translator, schema: Constant(Raw(expression_of(len(schema.value), (), ())), schema.value, "magic"),
    p.Kind: lambda translator, schema: Constant(Integer(1), schema.number, "kind"),
    p.Version: lambda translator, schema: Constant(Integer(1), schema.number, "version"),
    p.Reserved: lambda translator, schema: Zeros(expression_of(schema.size, (), ())),
    p.Bounded: lambda translator, schema: Bounded(translator.integral(schema), schema.minimum, schema.maximum),
    p.ClosedEnum: lambda translator, schema: Enumeration(translator.integral(schema), tuple(schema.members.items())),
    p.ClosedFlags: lambda translator, schema: FlagSet(translator.integral(schema), tuple(schema.members.items())),
    p.Length: lambda translator, schema: LengthOf(
        Bounded(translator.integral(schema), schema.minimum, schema.maximum), schema.of
    ),
    p.Count: lambda translator, schema: CountOf(
        Bounded(translator.integral(schema), schema.minimum, schema.maximum), schema.of
    ),
    p.Crc32c: Translator.frame_checksum,
    p.Seal: Translator.frame_checksum,
    p.Tag: lambda translator, schema: Repeated(schema.of, schema.size),
    p.Region: lambda translator, schema: Region(translator.expression(schema.size), translator.inner(schema)),
    p.Column: Translator.column,
    p.Ends: Translator.ends,
    p.PrefixOf: lambda translator, schema: PrefixOf(translator.expression(schema.size), schema.of),
    p.Slices: Translator.slices,
    p.Frame: Translator.frame,
    p.RecordsToEnd: Translator.records,
    p.Blocks: Translator.blocks,
}
