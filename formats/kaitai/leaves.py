"""Kaitai attributes of nodes without parts: types, contents, validity, enumerations."""

from __future__ import annotations

from typing import Any, Final

from ..errors import Path, SchemaRefused
from ..layout import (
    Accepted,
    Bits,
    Boolean,
    Bounded,
    Captured,
    Constant,
    CountOf,
    Digest,
    Enumeration,
    FlagSet,
    Float,
    Integer,
    LengthOf,
    Node,
    PrefixOf,
    Raw,
    Rebuilt,
    Repeated,
    Text,
    Zeros,
)
from .naming import identifier
from .terms import Scope, Slot, Term, binary, literal_term, node_type, render

Spec = dict[str, Any]

WHOLE_SIZES: Final = frozenset({1, 2, 4, 8})
ENCODINGS: Final = {"utf8": "UTF-8", "ascii": "ASCII"}
#: Above this size in bytes zeros are checked one by one and not listed.
LISTED_SIZE_MAXIMUM: Final = 64


def plain_type(node: Node) -> str | None:
    """Kaitai's own name for the type of a number, where it has one."""
    match node:
        case Integer(size=size, signed=signed, little=little) if size in WHOLE_SIZES:
            return f"{'s' if signed else 'u'}{size}" + ("" if size == 1 or little else "be")
        case Float(size=4 | 8 as size, little=little):
            return f"f{size}" + ("" if little else "be")
        case _:
            return None


def base(node: Node) -> Node:
    """The number or bytes below names, bounds and roles."""
    match node:
        case Bounded() | LengthOf() | CountOf() | Rebuilt() | Digest() | Accepted() | Captured() | Constant():
            return base(node.node)
        case Enumeration() | FlagSet():
            return base(node.node)
        case _:
            return node


def needs_instance(node: Node) -> bool:
    """Whether a number is signed and of a width that Kaitai knows unsigned only: the sign is put on by an instance."""
    match base(node):
        case Bits(signed=True):
            return True
        case Integer(size=size, signed=True):
            return size not in WHOLE_SIZES
        case _:
            return False


class Leaves:
    """Makes the attributes of leaves. `types`, `enums`: what has been named; `notes`: what Kaitai does not check."""

    def __init__(self) -> None:
        self.types: dict[str, dict[str, Any]] = {}
        self.enums: dict[str, dict[int, str]] = {}
        self.notes: set[str] = set()
        self.named: dict[tuple[int, Path], str] = {}

    def leaf(self, node: Node, scope: Scope, path: Path) -> Spec:
        """The attribute of a node without parts, name aside."""
        match node:
            case Integer() | Float() | Bits():
                return {"type": self.number_type(node, path)}
            case Boolean():
                return {"type": "u1", "valid": {"max": 1}}
            case Raw(size=None):
                return {"size-eos": True}
            case Raw(size=size) if size is not None:
                return {"size": self.size(render(size, scope, path))}
            case Text(node=inner, encoding=encoding):
                return {"type": "str", **self.leaf(inner, scope, path), "encoding": self.encoding(encoding)}
            case Enumeration():
                return self.enumeration(node, scope, path)
            case FlagSet(node=inner, members=members):
                mask = sum(bit for _, bit in members)
                unknown = ~mask & ((1 << self.width(inner)) - 1)
                return self.checked(inner, scope, path, {"expr": f"(_ & {unknown}) == 0"})
            case Bounded(node=inner, minimum=minimum, maximum=maximum):
                return self.checked(inner, scope, path, {"min": minimum, "max": maximum})
            case Accepted():
                return self.accepted(node, scope, path)
            case Captured(node=inner):
                return self.leaf(inner, scope, path)
            case _:
                return self.derived(node, scope, path)

    def derived(self, node: Node, scope: Scope, path: Path) -> Spec:
        """The attribute of a field that follows from others."""
        match node:
            case Constant(node=inner, value=value):
                return self.constant(inner, value, scope, path)
            case Zeros(size=size):
                return self.zeros(render(size, scope, path))
            case Rebuilt(node=inner, expression=expression):
                return self.rebuilt(inner, expression, scope, path)
            case LengthOf(node=inner) | CountOf(node=inner):
                return self.leaf(inner, scope, path)
            case Digest(node=inner):
                self.notes.add("checksums")
                return self.leaf(inner, scope, path)
            case PrefixOf(size=expression):
                return {"size": self.size(render(expression, scope, path))}
            case Repeated(of=of, size=size):
                slot = scope.slots.get(of)
                if slot is None or node_type(slot.node) != "bytes":
                    return {"size": size}
                return {"type": "u1", "repeat": "expr", "repeat-expr": size, "valid": f"{slot.text}[_index]"}
        raise SchemaRefused(path, f"Kaitai has no word for a {type(node).__name__}")

    def size(self, term: Term) -> int | str:
        """A size: a number where it is one."""
        text = term.as_int()
        return int(text) if text.isdecimal() else text

    def width(self, node: Node) -> int:
        """The width of an integer in bits."""
        found = base(node)
        return found.width if isinstance(found, Bits) else 8 * found.size  # type: ignore[union-attr,operator]  # Integer

    def number_type(self, node: Integer | Float | Bits, path: Path) -> str:
        """The type of a number; those of odd width are bit fields of so many whole bytes."""
        plain = plain_type(node)
        if plain is not None:
            return plain
        match node:
            case Integer(size=size, little=little):
                return f"b{8 * size}{'le' if little else 'be'}"
            case Bits(width=width):
                return f"b{width}"
        raise SchemaRefused(path, "Kaitai has no number of two bytes with a fraction", "a Float of 4 or 8 bytes")

    def encoding(self, name: str) -> str:
        """Kaitai's name of an encoding."""
        return ENCODINGS[name.lower().replace("-", "").replace("_", "")]

    def checked(self, node: Node, scope: Scope, path: Path, valid: Any) -> Spec:
        """A node's attribute with another check in place of its own."""
        return {**self.leaf(node, scope, path), "valid": valid}

    def is_truth(self, node: Node) -> bool:
        """Whether Kaitai reads the field as a truth value: a single bit."""
        return node_type(node) == "bool"

    def value_text(self, node: Node, value: Any, path: Path) -> str:
        """A value that a field is compared with."""
        match node:
            case Enumeration(members=members):
                number = dict(members)[value] if isinstance(value, str) else int(value)
                name = self.enum_name(node, path)
                return f"{name}::{self.member(name, number)}"
            case _ if self.is_truth(base(node)):
                return "true" if value else "false"
            case _:
                return literal_term(value).text

    def constant(self, node: Node, value: Any, scope: Scope, path: Path) -> Spec:
        if isinstance(value, bytes):
            return {"contents": list(value)} if value else {"size": 0}
        text = self.value_text(node, value, path)
        number = text.lstrip("-").isdecimal()
        return self.checked(node, scope, path, int(text) if number else text)

    def zeros(self, size: Term) -> Spec:
        """Bytes that are zero."""
        text = size.as_int()
        if text.isdecimal() and 0 < int(text) <= LISTED_SIZE_MAXIMUM:
            return {"contents": [0] * int(text)}
        return {"type": "u1", "repeat": "expr", "repeat-expr": self.size(size), "valid": 0}

    def rebuilt(self, node: Node, expression: Any, scope: Scope, path: Path) -> Spec:
        """A field that equals an expression; checked where that names only what was read before."""
        spec = self.leaf(node, scope, path)
        try:
            term = render(expression, scope, path)
        except SchemaRefused:
            self.notes.add("fields that follow from later ones")
            return spec
        if isinstance(base(node), Boolean):
            return {**spec, "valid": f"({term.as_bool()} ? 1 : 0)"}
        return {**spec, "valid": term.as_int() if node_type(node) == "int" else term.text}

    def accepted(self, node: Accepted, scope: Scope, path: Path) -> Spec:
        """A field with a list of values that it may, or must not, have."""
        kind = node_type(node.node)
        if kind not in {"enum", "bool"} and not node.refused:
            return self.checked(node.node, scope, path, {"any-of": [literal_term(value).text for value in node.values]})
        term = Term("_", kind, Slot("_", node.node, enum=self.enum_name(node.node, path)))
        sign, word, none = ("!=", " and ", "true") if node.refused else ("==", " or ", "false")
        tests = [binary(sign, term, literal_term(value)).text for value in node.values]
        return self.checked(node.node, scope, path, {"expr": word.join(tests) or none})

    # --- enumerations ------------------------------------------------------------------------------------------------

    def enumeration(self, node: Enumeration, scope: Scope, path: Path) -> Spec:
        spec = {**self.leaf(node.node, scope, path), "enum": self.enum_name(node, path)}
        return {**spec, "valid": {"in-enum": True}} if node.closed else spec

    def enum_name(self, node: Node, path: Path) -> str:
        """The name of the enumeration of a field, which is made when it is first asked for; "" where it is none."""
        while not isinstance(node, Enumeration):
            inner = getattr(node, "node", None)
            if inner is None or isinstance(node, Text):
                return ""
            node = inner
        key = (id(node), path)
        if key not in self.named:
            words = [part for part in path if isinstance(part, str)]
            name = identifier("_".join(words) or "value", {*self.types, *self.enums})
            members: dict[int, str] = {}
            for member, number in node.members:
                members.pop(number, None)
                members[number] = identifier(member, members.values())
            self.enums[name] = members
            self.named[key] = name
        return self.named[key]

    def member(self, enum: str, number: int) -> str:
        """The name of a member of an enumeration."""
        return self.enums[enum][number]

    def equal(self, selector: Term, value: Any) -> str:
        """A test whether a selector has a value."""
        return binary("==", selector, literal_term(value)).text

    # --- signs -------------------------------------------------------------------------------------------------------

    def signed(self, node: Node, name: str, scope: Scope, path: Path) -> None:
        """A signed number of a width that Kaitai reads without sign: the raw bits, and an instance with the sign."""
        found = base(node)
        if not isinstance(node, Integer | Bits) and not isinstance(
            node, Bounded | Rebuilt | Digest | LengthOf | CountOf
        ):
            raise SchemaRefused(
                path, "Kaitai cannot put names or lists on a signed number of this width", "an unsigned one"
            )
        width = self.width(found)
        raw = identifier(f"{name}_bits", scope.taken())
        kind = f"b{width}" + (("le" if found.little else "be") if isinstance(found, Integer) else "")
        scope.seq.append({"id": raw, "type": kind})
        if width == 1:
            scope.instances[name] = {"value": f"{raw} ? -1 : 0"}
        else:
            scope.instances[name] = {"value": f"{raw} >= {1 << width - 1} ? {raw} - {1 << width} : {raw}"}
        self.notes.add("bounds of signed numbers of odd width")
