"""What a generated module holds beside its functions: imports, packed shapes, tables of names, record classes."""

from __future__ import annotations

from dataclasses import dataclass, field
from textwrap import wrap
from typing import Final

from ..errors import Path
from ..layout import Algorithm, Choice, Conditional, Digest, Enumeration, FlagSet, Layout, Node, Nothing, children
from .naming import GLOBALS, Names, class_name, constant_name
from .text import WIDTH, Lines, quoted

#: Names that every generated module defines or imports.
MODULE_NAMES: Final = frozenset(
    {
        "FORMAT",
        "VERSION",
        "SEED_FIELDS",
        "HEADER_SIZE",
        "Data",
        "Final",
        "Header",
        "HeaderTuple",
        "Literal",
        "NamedTuple",
    }
    | {"Record", "Struct", "TypeAlias"}
)
#: Shapes of one number have names of their own.
NUMBER_SHAPES: Final = {"B": "U8", "H": "U16", "I": "U32", "Q": "U64", "b": "S8", "h": "S16", "i": "S32", "q": "S64"}
#: A generated module keeps the shapes of so many counts.
SHAPES_KEPT: Final = 1024
FLOAT_SHAPES: Final = {"e": "F16", "f": "F32", "d": "F64"}


@dataclass(frozen=True)
class Trail:
    """Where a node stands: its path in the schema, and the words that name its class (branches have words too)."""

    path: Path = ()
    words: tuple[str, ...] = ()

    def named(self, name: str | None) -> Trail:
        """A member's trail."""
        return self if name is None else Trail((*self.path, name), (*self.words, name))

    def branch(self, label: str) -> Trail:
        """The trail of one branch of a choice."""
        return Trail(self.path, (*self.words, label)) if label else self

    @property
    def hint(self) -> tuple[str, ...]:
        """What a local variable for it may be called."""
        return tuple(str(part) for part in self.words)


def branches(node: Conditional | Choice) -> list[tuple[str, Node]]:
    """Every branch with the word that tells its class from the others."""
    if isinstance(node, Conditional):
        only = isinstance(node.then, Nothing) or isinstance(node.otherwise, Nothing)
        return [("" if only else "then", node.then), ("" if only else "otherwise", node.otherwise)]
    found = [(f"case_{value}" if isinstance(value, int) else str(value), case) for value, case in node.cases]
    return found if node.otherwise is None else [*found, ("otherwise", node.otherwise)]


@dataclass(frozen=True)
class Table:
    """The tables of an enumeration: number to name, name to number, and the type of the names."""

    names: str
    numbers: str
    alias: str


@dataclass(frozen=True)
class Typed:
    """The type of a node's value in records and in nested tuples; `simple`: it holds no other objects."""

    record: str
    tuple: str
    simple: bool = False


@dataclass(frozen=True)
class Sized:
    """A function of a module that gives the shape of columns, from their counts."""

    name: str
    parameters: tuple[str, ...]
    text: str
    is_typed: bool


@dataclass
class Record:
    """A record class: its fields with their types, in records and in nested tuples."""

    name: str
    fields: list[tuple[str, str, str]] = field(default_factory=list)
    plain_names: tuple[str, ...] = ()
    simple: bool = True
    summary: str = ""

    @property
    def tuple_name(self) -> str:
        """The name of the alias for the same value as a tuple."""
        return f"{self.name}Tuple"


class Tables:
    """Collects the parts of one module; everything is named once and written in order of appearance."""

    def __init__(self, name: str, layout: Layout) -> None:
        self.name = name
        self.layout = layout
        self.names = Names(MODULE_NAMES)
        self.imports: dict[str, set[str]] = {}
        self.shapes: dict[str, tuple[str, str]] = {}
        self.sized: dict[tuple[str, bool], Sized] = {}
        self.constants: dict[str, tuple[str, str]] = {}
        self.enumerations: dict[tuple[object, ...], Table] = {}
        self.records: dict[tuple[str, ...], Record] = {}
        self.header: Record | None = None
        self.keep: list[Node] = []
        self.types: dict[tuple[int, tuple[str, ...]], Typed] = {}
        self.functions(layout.root)

    def need(self, module: str, name: str) -> str:
        """Import a name from a module."""
        self.imports.setdefault(module, set()).add(name)
        return name

    def functions(self, node: Node) -> None:
        """Import every checksum function below a node, before any local takes its name."""
        if isinstance(node, Digest):
            self.function(node.algorithm)
        for _, child in children(node):
            self.functions(child)

    def locals(self) -> Names:
        """The names that the locals of one function may take."""
        imported = {name.split(" as ")[-1] for names in self.imports.values() for name in names}
        return Names(GLOBALS | imported)

    def function(self, algorithm: Algorithm) -> str:
        """The local name of a checksum function."""
        for taken, names in [*self.imports.items(), ("crc32c", GLOBALS)]:
            if algorithm.name in names and taken != algorithm.module:
                alias = f"{algorithm.module.replace('.', '_')}_{algorithm.name}"
                self.need(algorithm.module, f"{algorithm.name} as {alias}")
                return alias
        return self.need(algorithm.module, algorithm.name)

    def shape(self, text: str, wanted: str, comment: str = "") -> str:
        """The constant that holds `struct.Struct(text)`."""
        if text not in self.shapes:
            code = text.lstrip("<>")
            simple = {**NUMBER_SHAPES, **FLOAT_SHAPES}.get(code)
            if simple:
                wanted, comment = simple + ("" if text[0] == "<" or code in "bB" else "_BIG"), ""
            self.shapes[text] = (self.names.take(wanted), comment)
        return self.shapes[text][0]

    def column(self, code: str, order: str, count: str) -> str:
        """The shape of a column of numbers in a decoder, whose count is only known then."""
        name = NUMBER_SHAPES[code].lower() + ("_big" if order == ">" else "")
        return self.sized_shape(f"_{name}_column", order or "<", [(count, code)], is_typed=False)

    def sized_shape(self, wanted: str, order: str, parts: list[tuple[str, str]], *, is_typed: bool = True) -> str:
        """The call that gives the shape of some parts (count, struct code), of which some counts are expressions.

        No local begins with an underscore, so none hides the function. Typed: a count comes from a caller, who may
        give True where 1 was seen before.
        """
        counts = list(dict.fromkeys(count for count, _ in parts if count))
        places = {count: f"{{{place}}}" for place, count in enumerate(counts)}
        key = order + "".join(places.get(count, "") + code for count, code in parts), is_typed
        if key not in self.sized:
            own = Names()
            names = [own.take(count if count.isidentifier() and len(counts) > 1 else "count") for count in counts]
            text = key[0].format(*(f"{{{name}}}" for name in names))
            self.sized[key] = Sized(self.names.take(wanted), tuple(names), text, is_typed)
            self.need("functools", "lru_cache")
            self.need("struct", "Struct")
        return f"{self.sized[key].name}({', '.join(counts)})"

    def sized_functions(self) -> list[list[str]]:
        """The functions that give shapes. Each keeps the shapes of some counts, for to make one takes longer."""
        functions = []
        for sized in self.sized.values():
            lines = Lines(0)
            lines.add(f"@lru_cache(maxsize={SHAPES_KEPT}{', typed=True' if sized.is_typed else ''})")
            lines.add(f"def {sized.name}({', '.join(f'{name}: int' for name in sized.parameters)}) -> Struct:")
            lines.add('    """The shape of columns of so many numbers."""')
            lines.add(f'    return Struct(f"{sized.text}")')
            functions.append(lines.lines)
        return functions

    def constant(self, wanted: str, text: str, annotation: str = "", comment: str = "") -> str:
        """A module constant with this text; equal ones are shared."""
        key = f"{annotation}={text}"
        if key not in self.constants:
            name = self.names.take(wanted)
            kind = annotation if annotation == "TypeAlias" else f"Final[{annotation}]" if annotation else "Final"
            self.constants[key] = (name, f"{name}: {kind} = {text}{'  # ' + comment if comment else ''}")
        return self.constants[key][0]

    def named(self, text: str) -> str:
        """The constant that holds what this text says, or the text."""
        return self.constants[f"={text}"][0] if f"={text}" in self.constants else text

    def enumeration(self, node: Enumeration, trail: Trail) -> Table:
        """The tables of an enumeration; where two names have one number the last is its name."""
        key = (node.members, node.closed)
        if key not in self.enumerations:
            words = trail.words or ("value",)
            base = constant_name(words[-1:])
            if f"{base}_NAMES" in self.names.taken:
                base = constant_name(words)
            names = {number: name for name, number in node.members}
            choice = f"Literal[{', '.join(quoted(name) for name in names.values())}]" if names else "str"
            alias = self.constant(class_name((self.name, *words)), choice, self.need("typing", "TypeAlias"))
            forward = ", ".join(f"{number}: {quoted(name)}" for number, name in names.items())
            backward = ", ".join(f"{quoted(name)}: {number}" for number, name in names.items())
            self.enumerations[key] = Table(
                self.constant(f"{base}_NAMES", f"{{{forward}}}", f"dict[int, {alias}]"),
                self.constant(f"{base}_NUMBERS", f"{{{backward}}}", "dict[str, int]"),
                alias,
            )
            if names:
                self.need("typing", "Literal")
        return self.enumerations[key]

    def flags(self, node: FlagSet, trail: Trail) -> str:
        """The constant that maps the names of flags to their bits."""
        text = "{" + ", ".join(f"{quoted(name)}: {bit:#x}" for name, bit in node.members) + "}"
        return self.constant(f"{constant_name(trail.words[-1:])}_BITS", text, "dict[str, int]")

    def write(self, lines: Lines) -> None:
        """The constants of the module, shapes first."""
        for text, (name, comment) in self.shapes.items():
            for line in wrap(comment, WIDTH - 2):
                lines.add(f"# {line}")
            lines.add(f'{name}: Final = Struct("{text}")')
        if self.shapes and self.constants:
            lines.add()
        for _, line in self.constants.values():
            lines.add(line)
