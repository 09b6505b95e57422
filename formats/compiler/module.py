"""A whole generated module, from its docstring to its last function."""

from __future__ import annotations

import linecache
import re
import sys
from types import ModuleType

from ..errors import SchemaRefused
from ..layout import Layout, Struct, fixed_size
from .decoder import decoder
from .encoder import encoder
from .headers import header_functions, prefix_function
from .naming import plain_text
from .pages import page_functions
from .reach import greedy
from .records import typed, write_records
from .tables import Tables, Trail
from .text import Lines, call, quoted


def generate(name: str, version: int, layout: Layout) -> str:
    """The Python text of the fast codec of a format; `SchemaRefused` names what cannot be compiled."""
    tables = Tables(name, layout)
    kind = typed(tables, layout.root, Trail())
    if kind.record == "None":
        raise SchemaRefused((), "the format has no value")
    functions = [
        decoder(tables, "probe", layout.root, records=True),
        decoder(tables, "probe_tuple", layout.root, records=False),
    ]
    if not greedy(layout.root):
        prefix = prefix_function(tables, layout.root, kind.record)
        functions.append(prefix or decoder(tables, "probe_prefix", layout.root, records=True, exact=False))
    headers = header_functions(tables, layout.root)
    functions += headers[:1]
    functions.append(encoder(tables, "encode", layout.root, records=True))
    functions.append(encoder(tables, "encode_tuple", layout.root, records=False))
    functions += headers[1:] + page_functions(tables, layout.root)
    return assembled(tables, name, version, functions)


def assembled(tables: Tables, name: str, version: int, functions: list[list[str]]) -> str:
    """The text of a module with these functions."""
    shown = plain_text(name)
    body = Lines(0)
    write_records(tables, body)
    head = Lines(0)
    head.add(f'"""Codec of `{shown}`, version {version}: generated from its schema, not edited by hand.')
    head.add()
    head.add("Regenerate it with `shardproof formats generate`. `probe` and its kin answer None to whatever they")
    head.add("refuse, without a diagnosis; `encode` and its kin raise on values that have no encoding.")
    head.add('"""')
    head.add("\nfrom __future__ import annotations\n")
    write_imports(tables, head)
    head.add()
    head.add(f"FORMAT: Final = {quoted(name)}")
    head.add(f"VERSION: Final = {version}")
    fields = call("", [quoted(field) for field in tables.layout.seed])
    head.add("#: The fields of the place whose CRC32C seeds the checksums.")
    head.add(f"SEED_FIELDS: Final[tuple[str, ...]] = {fields}")
    if tables.header and isinstance(tables.layout.root, Struct):
        size = sum(fixed_size(member.node) or 0 for member in tables.layout.root.members[: tables.layout.root.header])
        head.add("#: Size of the sealed header in bytes.")
        head.add(f"HEADER_SIZE: Final = {size}")
    head.add("\nData: TypeAlias = bytes | bytearray | memoryview\n")
    tables.write(head)
    functions = [*tables.sized_functions(), *functions]
    text = "\n".join([*head.lines, *body.lines, *(line for function in functions for line in ("", "", *function))])
    return re.sub(r"\n{4,}", "\n\n\n", text) + "\n"


def write_imports(tables: Tables, lines: Lines) -> None:
    """The import statements, in the order that the import sorter wants."""
    for name in ("Final", "TypeAlias"):
        tables.need("typing", name)
    if tables.shapes:
        tables.need("struct", "Struct")
    own = [(module, names) for module, names in sorted(tables.imports.items()) if module in sys.stdlib_module_names]
    others = [
        (module, names) for module, names in sorted(tables.imports.items()) if module not in sys.stdlib_module_names
    ]
    for module, names in own:
        lines.add(f"from {module} import {', '.join(sorted(names, key=import_order))}")
    if tables.records or others:
        lines.add()
    if tables.records:
        lines.add("import msgspec")
    for module, names in others:
        lines.add(f"from {module} import {', '.join(sorted(names, key=import_order))}")


def import_order(name: str) -> tuple[int, str]:
    """Constants, then classes, then functions, as the import sorter has it."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def load(source: str, name: str) -> ModuleType:
    """The module that a generated source text makes; tracebacks show its lines."""
    file = f"<shardproof {name}>"
    module = ModuleType(name)
    module.__file__ = file
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    # msgspec looks a class's module up by name to tell its ClassVar from its fields.
    before = sys.modules.get(name)
    sys.modules[name] = module
    try:
        exec(compile(source, file, "exec"), module.__dict__)  # noqa: S102  # it is our own text
    finally:
        if before is None:
            del sys.modules[name]
        else:
            sys.modules[name] = before
    return module
