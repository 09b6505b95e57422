"""Where a format is declared: the file and line that a person would edit.

Best is the line of the field in the schema, then the statement that makes the schema, then the catalog's entry for the
format, then the format's block in the lock. All of them are read off the source text; nothing is run.
"""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from formats.catalog import Catalog, Format
from formats.errors import Path as FieldPath

from ..evolution.report import Finding
from .judging import Spot


@cache
def tree_of(file: str) -> ast.Module | None:
    """The syntax tree of a source file; None where it cannot be read."""
    try:
        return ast.parse(Path(file).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None


def source_file(module: ModuleType) -> str | None:
    """The source file of a module, if it has one."""
    file = getattr(module, "__file__", None)
    return file if isinstance(file, str) and file.endswith(".py") else None


def holders_of(value: Any) -> Iterator[tuple[str, str]]:
    """Every module-level name that holds this very object: source file and name."""
    for module in list(sys.modules.values()):
        file = source_file(module)
        if file is None:
            continue
        for name, held in list(vars(module).items()):
            if held is value:
                yield file, name


def declared(value: Any) -> tuple[str, ast.stmt] | None:
    """The statement that makes an object and gives it a name: its file and the statement."""
    for file, name in holders_of(value):
        tree = tree_of(file)
        for statement in tree.body if tree is not None else ():
            targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
            if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                return file, statement
    return None


def field_line(tree: ast.AST, path: FieldPath) -> int | None:
    """The line where a field's name stands in a part of a module, `"name" / ...`; the innermost name that is there."""
    names = [part for part in path if isinstance(part, str)]
    found = {
        node.left.value: node.left.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and isinstance(node.left, ast.Constant)
    }
    return next((found[name] for name in reversed(names) if name in found), None)


def entry_line(file: str, name: str, version: int | None) -> int | None:
    """The line of a catalog's entry: a call with this name and version among its arguments, or a key of a mapping."""
    tree = tree_of(file)
    if tree is None:
        return None
    keys: list[int] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            constants = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
            if name in constants:
                if version is None or version in constants:
                    return node.lineno
                keys.append(node.lineno)
        elif isinstance(node, ast.Dict):
            keys += [key.lineno for key in node.keys if isinstance(key, ast.Constant) and key.value == name]
    return keys[0] if keys else None


def entry_spot(catalog: Catalog, name: str, version: int | None) -> Spot | None:
    """The catalog's entry for a format, in the modules that hold the catalog or its formats."""
    for value in (catalog, catalog.formats, *(entry.schema for entry in catalog)):
        lines = {file: line for file, _ in holders_of(value) if (line := entry_line(file, name, version)) is not None}
        if lines:
            # Many modules hold a schema such as Construct's Byte: the catalog's own stands beside its lock.
            folder = None if catalog.lock is None else Path(catalog.lock).parent
            file = next((file for file in lines if Path(file).parent == folder), next(iter(lines)))
            return Spot(shown(file), lines[file])
    return None


def shown(file: str) -> str:
    """A file as a person names it: relative to the working folder where it lies below it."""
    here, path = Path.cwd(), Path(os.path.abspath(file))  # noqa: PTH100  # resolve() would follow links to elsewhere
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def lock_spot(lock: Path | None, name: str, version: int | None) -> Spot | None:
    """The line of the lock where a version's block begins; the lock's first line where it has none."""
    if lock is None or not lock.is_file():
        return None
    lines = lock.read_text(encoding="utf-8", errors="replace").splitlines()
    titles = [number for number, line in enumerate(lines, 1) if line == f"format {name} {version}"]
    return Spot(shown(str(lock)), titles[0] if titles else 1)


def spots(catalog: Catalog, lock: Path | None) -> Callable[[Finding], Spot | None]:
    """The function that says where a finding stands. `lock`: the lock file beside the catalog, if there is one."""

    def declaration(entry: Format, finding: Finding) -> Spot | None:
        found = declared(entry.schema)
        if found is None:
            return None
        file, statement = found
        # A schema may be made of parts that have names of their own; the same module holds them.
        trees = (statement, tree_of(file) or statement)
        lines = (field_line(tree, change.path) for change in finding.fields for tree in trees)
        return Spot(shown(file), next((line for line in lines if line is not None), statement.lineno))

    def spot_of(finding: Finding) -> Spot | None:
        old, new = finding.versions
        entries = [entry for entry in catalog if entry.name == finding.format and entry.version == new]
        for entry in entries:
            spot = declaration(entry, finding)
            if spot is not None:
                return spot
        spot = entry_spot(catalog, finding.format, new) if entries else None
        return spot or lock_spot(lock, finding.format, old) or entry_spot(catalog, finding.format, None)

    return spot_of
