"""The state of an encoder that is being written: the values it has, the bytes it has made, the checks it owes.

Fields are written when they are needed, not in their order: a length needs the bytes that it measures, a checksum
those that it covers. Each field becomes *pieces*: fixed-width numbers that are packed together where they lie side by
side, and byte strings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from ..errors import SchemaRefused, path_text
from ..layout import BitGroup, Captured, Field, Node, Struct
from .expressions import Context, compiled
from .naming import constant_name, identifier
from .scalars import ZEROS_MAXIMUM
from .tables import Tables, Trail
from .text import Code, Lines, quoted

JOIN: Final = 'b"".join('


@dataclass
class Piece:
    """Bytes of one field.

    code: its struct code, or empty for a byte string; count: how many of them, where only the encoder knows; values:
    the arguments of the pack call; text: the expression of its bytes, where there is one; size: text of the number of
    bytes.
    """

    size: str
    code: str = ""
    order: str = ""
    values: list[str] = field(default_factory=list)
    text: str = ""
    constant: bytes | None = None
    count: str = ""


@dataclass(eq=False)
class Slot:
    """A member of a struct: its value, what is below it, and, once it is written, its pieces.

    stored: the local of a heap's items as they are stored, where that is not the value.
    """

    node: Node
    trail: Trail
    value: str | None = None
    code: Code | None = None
    pieces: list[Piece] | None = None
    busy: bool = False
    fields: dict[str, Slot] = field(default_factory=dict)
    inner: WriteScope | None = None
    stored: str = ""


@dataclass(eq=False)
class WriteScope:
    """A struct that is being written."""

    node: Struct | BitGroup
    slots: list[Slot]
    names: dict[str, Slot]
    spans: dict[tuple[int, int], Piece] = field(default_factory=dict)

    def pieces(self, first: int, last: int) -> list[Piece]:
        """The pieces of some members; the bytes of a span that is in a local already are taken from there."""
        found: list[Piece] = []
        while first < last:
            end = max((end for start, end in self.spans if start == first and end <= last), default=0)
            found += [self.spans[first, end]] if end else self.slots[first].pieces or []
            first = end or first + 1
        return found


class Writer:
    """Writes one encoding function. `records`: values are records, not tuples."""

    def __init__(
        self, tables: Tables, *, records: bool, write: Callable[..., list[Piece]], opened: Callable[..., WriteScope]
    ) -> None:
        self.tables = tables
        self.records = records
        self.write = write
        self.open = opened
        self.lines = Lines()
        self.names = tables.locals()
        self.scopes: tuple[WriteScope, ...] = ()
        self.seeded = False
        self.loops = 0

    # --- checks ------------------------------------------------------------------------------------------------------

    def refuse(self, condition: str, trail: Trail, kind: str = "ValueError") -> None:
        """Raise under a condition, with the path of the field."""
        self.lines.add(f"if {condition}:\n    raise {kind}({quoted(path_text(trail.path))})")

    def context(self, trail: Trail) -> Context:
        """Where an expression stands."""
        return Context(trail.path, self.lookup, lambda condition: self.refuse(condition, trail), trusted=False)

    def local(self, text: str, trail: Trail, suffix: str = "") -> str:
        """A local with the value of an expression; the expression itself where it is one already."""
        if text.isidentifier() and not suffix:
            return text
        name = self.names.local(trail.hint, suffix)
        self.lines.add(f"{name} = {text}")
        return name

    # --- fields ------------------------------------------------------------------------------------------------------

    def slot(self, name: Field, trail: Trail) -> tuple[Slot, tuple[WriteScope, ...]]:
        """The slot of a field, and the scopes that it stands in."""
        if name.up >= len(self.scopes):
            raise SchemaRefused(trail.path, f"{'.'.join(name.names)} lies outside the schema's structs")
        scopes = self.scopes[: len(self.scopes) - name.up]
        found, fields = None, scopes[-1].names
        unwrapped = False
        for part in name.names:
            if found is not None and isinstance(found.node, Captured) and part == "value" and not unwrapped:
                unwrapped = True
                continue
            if found is not None and found.inner is not None:
                scopes = (*scopes, found.inner)
            found, unwrapped = fields.get(part), False
            if found is None:
                raise SchemaRefused(trail.path, f"there is no field {'.'.join(name.names)}")
            fields = found.inner.names if found.inner else found.fields
        assert found is not None
        return found, scopes

    def lookup(self, name: Field) -> Code:
        """The code of a field's value; a derived field is worked out first."""
        slot, scopes = self.slot(name, Trail())
        if slot.code is None:
            self.pieces(slot, scopes)
        if slot.code is None:
            raise SchemaRefused(slot.trail.path, "an expression over it cannot be compiled")
        return slot.code

    def expression(self, value: object, trail: Trail) -> Code:
        """The code of an expression."""
        return compiled(value, self.context(trail))  # type: ignore[arg-type]  # the nodes hold expressions

    def pieces(self, slot: Slot, scopes: tuple[WriteScope, ...]) -> list[Piece]:
        """The pieces of a member, written now if they are not yet."""
        if slot.pieces is None:
            if slot.busy:
                raise SchemaRefused(slot.trail.path, "it depends on itself")
            slot.busy = True
            before, self.scopes = self.scopes, scopes
            slot.pieces = self.write(self, slot.node, slot.trail, slot.value, slot)
            self.scopes = before
            slot.busy = False
        return slot.pieces

    # --- bytes -------------------------------------------------------------------------------------------------------

    def size(self, pieces: list[Piece]) -> str:
        """The number of bytes of some pieces, as text."""
        fixed = sum(int(piece.size) for piece in pieces if piece.size.isdigit())
        rest = [piece.size for piece in pieces if not piece.size.isdigit()]
        return " + ".join([*rest, str(fixed)] if fixed or not rest else rest)

    def joined(self, pieces: list[Piece], hint: tuple[str, ...]) -> str:
        """One expression of the bytes of some pieces."""
        parts = self.parts(pieces, hint)
        if len(parts) == 2:
            return " + ".join(parts)
        if len(parts) > 2:
            return f"{JOIN}({', '.join(parts)}))"
        return parts[0] if parts else 'b""'

    def gathered(self, scope: WriteScope, first: int, last: int, hint: tuple[str, ...], suffix: str = "_bytes") -> str:
        """The bytes of some written members in one local, from which they are taken from now on."""
        if (first, last) in scope.spans:
            return scope.spans[first, last].text
        pieces = scope.pieces(first, last)
        text, size = self.joined(pieces, hint), self.size(pieces)
        if not text.isidentifier():
            name = self.names.local(hint, suffix)
            self.lines.gap()
            self.assign(name, text)
            text = name
        scope.spans[first, last] = Piece(size if size.isdigit() else f"len({text})", text=text)
        return text

    def assign(self, name: str, text: str) -> None:
        """An assignment, over several lines where it is long."""
        self.lines.expression(f"{name} = ", text)

    def parts(self, pieces: list[Piece], hint: tuple[str, ...]) -> list[str]:
        """The expressions whose bytes, joined, are those of the pieces; numbers side by side become one pack call."""
        parts: list[str] = []
        group: list[Piece] = []
        for piece in merged(pieces):
            if not piece.code:
                parts += self.packed(group, hint)
                parts.append(piece.text)
                group = []
                continue
            order = next((other.order for other in group if other.order), "")
            if group and piece.order and order not in ("", piece.order):
                parts += self.packed(group, hint)
                group = []
            group.append(piece)
        return parts + self.packed(group, hint)

    def packed(self, group: list[Piece], hint: tuple[str, ...]) -> list[str]:
        """One pack call for pieces that have struct codes."""
        if not group:
            return []
        if len(group) == 1 and group[0].text:
            return [group[0].text]
        if all(piece.constant is not None for piece in group):
            return [quoted(b"".join(piece.constant or b"" for piece in group))]
        order = next((piece.order for piece in group if piece.order), "<")
        values = [self.tables.named(value) for piece in group for value in piece.values]
        if any(piece.count for piece in group):
            wanted = f"_{identifier('_'.join(hint or ('frame',))).lower()}_columns"
            shape = self.tables.sized_shape(wanted, order, [(piece.count, piece.code) for piece in group])
            return [f"{shape}.pack({', '.join(values)})"]
        code, comment = order + "".join(piece.code for piece in group), ""
        shape = self.tables.shape(code, constant_name(("_".join((*hint, "pack")),)) if hint else "FRAME_PACK", comment)
        return [f"{shape}.pack({', '.join(values)})"]

    @contextmanager
    def block(self, header: str) -> Iterator[None]:
        """Statements under a header."""
        with self.lines.block(header):
            yield


def merged(pieces: list[Piece]) -> list[Piece]:
    """The pieces without empty ones, adjacent constants made one."""
    found: list[Piece] = []
    for piece in pieces:
        if piece.size == "0":
            continue
        before = found[-1] if found else None
        if before and before.constant is not None and piece.constant is not None:
            found[-1] = constant_piece(before.constant + piece.constant)
        else:
            found.append(piece)
    return found


def constant_piece(data: bytes) -> Piece:
    """Bytes known at compile time; zeros are written as padding."""
    if not any(data) and len(data) > ZEROS_MAXIMUM:
        return Piece(str(len(data)), text=f"bytes({len(data)})")
    if not any(data):
        return Piece(str(len(data)), f"{len(data)}x", text=quoted(data), constant=data)
    text = quoted(data)
    return Piece(str(len(data)), f"{len(data)}s", values=[text], text=text, constant=data)
