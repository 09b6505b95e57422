"""From layout nodes to Kaitai attributes: sequences, types and enumerations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ..description.prefixes import split_prefix
from ..errors import Path
from ..layout import (
    Accepted,
    Array,
    BitGroup,
    Blocks,
    Captured,
    Choice,
    Computed,
    Conditional,
    CountedArray,
    EndsOf,
    Expression,
    Field,
    Node,
    Nothing,
    Padded,
    Prefixed,
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
    minimum_size,
)
from .leaves import Leaves, needs_instance, plain_type
from .naming import identifier, identifiers
from .terms import Scope, Slot, Term, captured, enumeration_of, render

Spec = dict[str, Any]

#: What takes several attributes, or repeats on its own.
SEVERAL: Final = (
    Array | Blocks | Choice | Computed | Conditional | CountedArray | EndsOf | Nothing | Prefixed | Records | Repeated
    | Slices | Zeros
)  # fmt: skip


def is_single(node: Node) -> bool:
    """Whether one attribute can say the node, so that it can be repeated without a type around it."""
    match node:
        case Captured(node=inner):
            return is_single(inner)
        case _:
            return not isinstance(node, SEVERAL) and not needs_instance(node) and split_prefix(node) is None


def takes_rest(node: Node) -> bool:
    """Whether a node is the bytes of its region, or text made of them, checked or not."""
    match node:
        case Raw(size=None):
            return True
        case Text(node=inner) | Accepted(node=inner) | Rebuilt(node=inner):
            return takes_rest(inner)
        case _:
            return False


def fills_region(node: Node) -> bool:
    """Whether a node can stand directly in a region, without a type around it."""
    return (
        fills_region(node.node)
        if isinstance(node, Captured)
        else isinstance(node, Struct | BitGroup) or takes_rest(node)
    )


def is_case(node: Node) -> bool:
    """Whether a node can be a case of a switch, without a type around it."""
    match node:
        case Captured(node=inner):
            return is_case(inner)
        case Struct() | BitGroup():
            return True
        case _:
            return plain_type(node) is not None


class Exporter(Leaves):
    """Makes the whole export; `types` and `enums` collect what is named, `notes` what Kaitai does not check."""

    def root(self, node: Node) -> dict[str, Any]:
        """The body of the export."""
        scope = Scope(())
        if isinstance(node, Captured):
            node = node.node
        if isinstance(node, Struct):
            self.members(node, scope)
        else:
            scope.is_struct = False
            self.place(node, "value", scope, ())
        return {**scope.tree(), "types": self.types, "enums": self.enums}

    def members(self, node: Struct, scope: Scope) -> dict[str, Slot]:
        """Put the members of a struct into its type."""
        for member, name in zip(node.members, identifiers(node.members), strict=True):
            slot = self.place(member.node, name, scope, (*scope.path, member.name or name))
            if slot is not None and member.name is not None:
                scope.slots[member.name] = slot
        return scope.slots

    def new_type(self, path: Path, scope: Scope, *, is_struct: bool) -> tuple[str, Scope]:
        """A new type inside another one."""
        words = [part for part in path if isinstance(part, str)]
        name = identifier("_".join(words) or "value", {*self.types, *self.enums})
        self.types[name] = {}
        return name, Scope(path, scope, is_struct)

    def place(self, node: Node, name: str, scope: Scope, path: Path) -> Slot | None:
        """Put a node into a type under a name; returns how expressions reach it."""
        match node:
            case Nothing():
                return None
            case Captured(node=inner):
                held = self.place(inner, name, scope, path)
                return None if held is None else captured(node, held)
            case Computed(expression=expression):
                scope.instances[name] = {"value": render(expression, scope, path).text}
            case Array() | EndsOf() | CountedArray() | Records():
                self.array(node, name, scope, path)
            case Blocks():
                self.blocks(node, name, scope, path)
            case Slices(ends=ends, prefix=prefix):
                self.slices(scope.find(Field(0, (ends,)), path).text, name, scope)
                if prefix:
                    self.notes.add(f"that {prefix} is the longest prefix of {name}, which are read without it")
            case _ if split := split_prefix(node):
                return self.prefixed(*split, name, scope, path)
            case Conditional() | Choice():
                self.branches(node, name, scope, path)
            case Zeros() | Repeated():
                scope.seq.append({"id": name, **self.leaf(node, scope, path)})
            case _ if needs_instance(node):
                self.signed(node, name, scope, path)
            case _:
                spec, found = self.spec(node, scope, path)
                scope.seq.append({"id": name, **spec})
                return Slot(name + found.text, found.node, found.fields, found.enum)
        return Slot(name, node)

    def spec(self, node: Node, scope: Scope, path: Path) -> tuple[Spec, Slot]:
        """One attribute without its name, and how expressions go on from it."""
        match node:
            case Captured(node=inner):
                spec, slot = self.spec(inner, scope, path)
                return spec, captured(node, slot)
            case Struct():
                name, inside = self.new_type(path, scope, is_struct=True)
                fields = self.members(node, inside)
                self.types[name] = inside.tree()
                return {"type": name}, Slot("", node, fields)
            case BitGroup():
                name, inside = self.new_type(path, scope, is_struct=True)
                for member, label in zip(node.members, identifiers(node.members), strict=True):
                    bits = self.place(member.node, label, inside, (*path, member.name or label))
                    if bits is not None and member.name is not None:
                        inside.slots[member.name] = bits
                self.types[name] = inside.tree()
                return {"type": name}, Slot("", node, inside.slots)
            case Region(size=size) | Padded(size=size):
                self.notes.add("that regions are filled exactly, or with zeros")
                return self.sized(node.node, self.number(size, scope, path), scope, path)
            case _ if is_single(node):
                return self.leaf(node, scope, path), Slot("", node, enum=self.enum_name(node, path))
        return self.wrapped(node, scope, path)

    def wrapped(self, node: Node, scope: Scope, path: Path) -> tuple[Spec, Slot]:
        """A node in a type of its own, as the field `value`."""
        name, inside = self.new_type(path, scope, is_struct=False)
        slot = self.place(node, "value", inside, path)
        self.types[name] = inside.tree()
        return {"type": name}, Slot(".value", node) if slot is None else Slot(
            f".{slot.text}", slot.node, slot.fields, slot.enum
        )

    def sized(self, node: Node, size: str, scope: Scope, path: Path) -> tuple[Spec, Slot]:
        """A node in a region of so many bytes."""
        match node:
            case Captured(node=inner):
                spec, slot = self.sized(inner, size, scope, path)
                return spec, captured(node, slot)
            case _ if takes_rest(node):
                spec = {key: value for key, value in self.leaf(node, scope, path).items() if key != "size-eos"}
                slot = Slot("", node)
            case _ if fills_region(node):
                spec, slot = self.spec(node, scope, path)
            case _:
                spec, slot = self.wrapped(node, scope, path)
        return {"size": number_or_text(size), **spec}, slot

    def array(self, node: Array | EndsOf | CountedArray | Records, name: str, scope: Scope, path: Path) -> None:
        """Elements of one kind: so many, or up to the end."""
        if isinstance(node, Records):
            return self.repeated(node.node, name, scope, path, {"repeat": "eos"})
        if isinstance(node, Array) and (node.order or node.last):
            self.notes.add("order in arrays")
        number = (
            self.counter(node.count, f"{name}_count", scope, path)
            if isinstance(node, CountedArray)
            else self.number(node.count, scope, path)
        )
        return self.repeated(node.node, name, scope, path, {"repeat": "expr", "repeat-expr": number})

    def repeated(self, node: Node, name: str, scope: Scope, path: Path, repeat: Spec) -> None:
        """Elements one after the other."""
        spec, _ = self.spec(node, scope, (*path, "item"))
        scope.seq.append({"id": name, **spec, **{key: number_or_text(value) for key, value in repeat.items()}})

    def counter(self, node: Node, name: str, scope: Scope, path: Path) -> str:
        """A count or length in front of what it counts; returns its name."""
        unique = identifier(name, scope.taken())
        scope.seq.append({"id": unique, **self.leaf(node, scope, path)})
        return unique

    def prefixed(self, prefix: Prefixed, inner: Node, name: str, scope: Scope, path: Path) -> Slot:
        size = self.counter(prefix.length, f"{name}_length", scope, path)
        if prefix.inclusive:
            size = f"{size} - {fixed_size(prefix.length)}"
        spec, slot = self.sized(inner, size, scope, path)
        scope.seq.append({"id": name, **spec})
        return Slot(name + slot.text, slot.node, slot.fields, slot.enum)

    def slices(self, ends: str, name: str, scope: Scope) -> None:
        """Byte strings cut by a column of ends."""
        size = f"_index == 0 ? {ends}[0] : {ends}[_index] - {ends}[_index - 1]"
        scope.seq.append({"id": name, "size": size, "repeat": "expr", "repeat-expr": f"{ends}.size"})
        self.notes.add("order and sizes of byte strings in a heap")

    def blocks(self, node: Blocks, name: str, scope: Scope, path: Path) -> None:
        """Blocks of one size, the last one shorter; in each as many records as fit, and zeros."""
        kind, inside = self.new_type((*path, "block"), scope, is_struct=False)
        left = "_io.size - _io.pos"
        smallest = minimum_size(node.node)
        self.repeated(node.node, "records", inside, path, {"repeat": "until", "repeat-until": f"{left} < {smallest}"})
        inside.seq.append({"id": "trailer", "type": "u1", "repeat": "eos", "valid": 0})
        self.types[kind] = inside.tree()
        size = f"{left} < {node.size} ? {left} : {node.size}"
        scope.seq.append({"id": name, "type": kind, "size": size, "repeat": "eos"})

    def number(self, expression: Expression, scope: Scope, path: Path) -> str:
        """A size or count."""
        return render(expression, scope, path).as_int()

    # --- branches ----------------------------------------------------------------------------------------------------

    def branches(self, node: Conditional | Choice, name: str, scope: Scope, path: Path) -> None:
        """A field that is there under a condition, or whose type depends on another field."""
        if isinstance(node, Conditional):
            condition = render(node.condition, scope, path).as_bool()
            if isinstance(node.otherwise, Nothing):
                return self.guarded(node.then, name, scope, path, condition)
            if isinstance(node.then, Nothing):
                return self.guarded(node.otherwise, name, scope, path, f"not {condition}")
            cases = [("1", node.then), ("0", node.otherwise)]
            return self.switch(f"{condition} ? 1 : 0", cases, None, name, scope, path)
        if node.otherwise is None:
            self.notes.add("that a choice has a case for its selector")
        selector, found = self.selection(node, render(node.selector, scope, path))
        absent = [value for value, case in found if isinstance(case, Nothing)]
        present = [(value, case) for value, case in found if not isinstance(case, Nothing)]
        if not absent or node.otherwise is None or isinstance(node.otherwise, Nothing):
            return self.switch(selector, present, node.otherwise, name, scope, path)
        condition = " and ".join(f"({selector}) != {value}" for value in absent)
        return self.switch(selector, present, node.otherwise, name, scope, path, condition)

    def selection(self, node: Choice, selector: Term) -> tuple[str, list[tuple[str, Node]]]:
        """The selector and the values of its cases, as Kaitai compares them."""
        values = [value for value, _ in node.cases]
        nodes = [case for _, case in node.cases]
        if selector.type == "enum" and selector.slot is not None:
            members = enumeration_of(selector.slot.node)
            known = [isinstance(value, str) and value in members for value in values]
            if all(known):
                names = [
                    f"{selector.slot.enum}::{self.member(selector.slot.enum, members[str(value)])}" for value in values
                ]
                return selector.text, list(zip(names, nodes, strict=True))
        if selector.type == "int" and all(type(value) is int for value in values):
            return selector.text, list(zip(map(str, values), nodes, strict=True))
        text = str(len(values))
        for number in range(len(values) - 1, -1, -1):
            test = self.equal(selector, values[number])
            text = f"{test} ? {number} : ({text})"
        return text, [(str(number), case) for number, case in enumerate(nodes)]

    def guarded(self, node: Node, name: str, scope: Scope, path: Path, condition: str) -> None:
        """A node that is there under a condition only."""
        place, before = len(scope.seq), set(scope.instances)
        self.place(node, name, scope, path)
        for attribute in scope.seq[place:]:
            attribute["if"] = f"({condition}) and ({attribute['if']})" if "if" in attribute else condition
        for added in set(scope.instances) - before:
            instance = scope.instances[added]
            instance["if"] = f"({condition}) and ({instance['if']})" if "if" in instance else condition

    def switch(
        self,
        selector: str,
        cases: Sequence[tuple[str, Node]],
        otherwise: Node | None,
        name: str,
        scope: Scope,
        path: Path,
        condition: str = "",
    ) -> None:
        """A field whose type is chosen by a selector; branches that hold nothing have no case."""
        types: dict[Any, str] = {}
        for value, case in cases:
            types[int(value) if value.lstrip("-").isdecimal() else value] = self.case_type(case, scope, path)
        if otherwise is not None and not isinstance(otherwise, Nothing):
            types["_"] = self.case_type(otherwise, scope, path)
        if not types:
            return
        attribute: Spec = {"id": name, "type": {"switch-on": selector, "cases": types}}
        scope.seq.append(attribute | ({"if": condition} if condition else {}))

    def case_type(self, node: Node, scope: Scope, path: Path) -> str:
        """The type of one case."""
        if not is_case(node):
            return str(self.wrapped(node, scope, (*path, "case"))[0]["type"])
        plain = plain_type(node)
        return plain if plain is not None else str(self.spec(node, scope, (*path, "case"))[0]["type"])


def number_or_text(text: str) -> int | str:
    """A number where the text is one."""
    return int(text) if text.isdecimal() else text
