"""Finds the catalog to work on: ours, or one named `package.module:NAME` or `path/to/file.py:NAME`.

A user's module is foreign code: what goes wrong in it is worded with its file and line. Its schemas are linted before
anything else runs: unsafe ones are refused, malleable ones are reported by the commands.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from formats.errors import SchemaRefused, ShardproofError, path_text

if TYPE_CHECKING:
    from formats.catalog import Catalog, Format
    from formats.linter import Finding


#: Files whose lines say nothing about the user's code.
CONTEXTLIB: Final = contextlib.__file__


class CatalogRefused(ShardproofError):
    """A catalog cannot be loaded: `name` is what was asked for, `reason` says what is wrong."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"catalog {name}: {reason}")
        self.name = name
        self.reason = reason


def load_catalog(name: str | None = None, *, lint: bool = True) -> Catalog:
    """The catalog of that name, ours for None; raises `CatalogRefused`. `lint`: refuse unsafe schemas."""
    if name is None:
        from formats.catalog import CATALOG  # noqa: PLC0415  # imports construct

        return CATALOG
    target, separator, attribute = name.rpartition(":")
    if not separator or not target or not attribute.isidentifier():
        raise CatalogRefused(name, "expected package.module:NAME or path/to/file.py:NAME")
    is_file = target.endswith(".py") or os.sep in target
    module = module_of_file(name, Path(target)) if is_file else module_of_name(name, target)
    if not hasattr(module, attribute):
        raise CatalogRefused(name, f"{target} has no {attribute}{suggestion(module)}")
    catalog = with_paths_found(as_catalog(name, attribute, getattr(module, attribute)), module)
    if lint:
        refuse_unsafe(name, catalog)
    return catalog


def module_of_name(name: str, dotted: str) -> ModuleType:
    """A module by its import name, looked for in the working folder too, as `python -m` does."""
    if not all(part.isidentifier() for part in dotted.split(".")):
        raise CatalogRefused(name, f"{dotted!r} is no module name; a file's name ends in .py")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)
    with foreign_code(name, None):
        try:
            return import_module(dotted)
        except ModuleNotFoundError as error:
            if error.name is not None and (dotted == error.name or dotted.startswith(error.name + ".")):
                raise CatalogRefused(name, f"there is no module {error.name!r}") from None
            raise


def module_of_file(name: str, path: Path) -> ModuleType:
    """A module by its file, loaded once and registered in `sys.modules`."""
    path = path.expanduser().absolute()
    if not path.is_file():
        reason = f"{path} is not a file" if path.exists() else f"there is no file {path}"
        raise CatalogRefused(name, reason)
    module_name = module_name_of(path)
    if module_name in sys.modules:
        return sys.modules[module_name]
    spec = spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise CatalogRefused(name, f"{path} is not a Python file (.py)")
    module = module_from_spec(spec)
    sys.modules[module_name] = module
    folder = str(path.parent)
    if folder not in sys.path:
        sys.path.append(folder)  # so that the file can import its neighbours
    try:
        with foreign_code(name, path):
            spec.loader.exec_module(module)
    except CatalogRefused:
        del sys.modules[module_name]
        raise
    return module


def module_name_of(path: Path) -> str:
    """The name that a file's module is registered under: that of the file, so that locks are alike on all machines.

    A layout names checksum functions by module. Where another module has the name already, a digest of the path makes
    it unique.
    """
    stem, known = path.stem, sys.modules.get(path.stem)
    if known is not None:
        is_free = getattr(known, "__file__", None) == str(path)
    else:
        spec = find_spec(stem) if stem.isidentifier() else None
        is_free = stem.isidentifier() and (spec is None or spec.origin == str(path))
    if is_free:
        return stem
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:8]
    return f"shardproof_catalog_{''.join(c if c.isalnum() else '_' for c in stem)}_{digest}"


@contextmanager
def foreign_code(name: str, path: Path | None) -> Iterator[None]:
    """Run a user's code: whatever it raises becomes `CatalogRefused`; what it prints goes to standard error."""
    try:
        with redirect_stdout(sys.stderr):
            yield
    except CatalogRefused:
        raise
    except (Exception, SystemExit) as error:
        raise CatalogRefused(name, import_problem(error, path)) from error


def import_problem(error: BaseException, path: Path | None) -> str:
    """What the import raised, and the file and line of the user's code that it came from."""
    what = f"{type(error).__name__}: {error}"
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}, line {error.lineno}: SyntaxError: {error.msg}"
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if "importlib" not in frame.filename and frame.filename not in {__file__, CONTEXTLIB}
    ]
    own = [frame for frame in frames if path is None or frame.filename == str(path)]
    if not own and not frames:
        return what
    frame = (own or frames)[-1]
    return f"{frame.filename}, line {frame.lineno}: {what}"


def suggestion(module: ModuleType) -> str:
    """The names in a module that hold a catalog, for people who mistyped."""
    from formats.catalog import Catalog  # noqa: PLC0415  # imports construct

    names = sorted(key for key, value in vars(module).items() if isinstance(value, Catalog))
    return f"; it has {', '.join(names)}" if names else "; it holds no catalog"


def as_catalog(name: str, attribute: str, value: Any) -> Catalog:
    """The catalog itself, or one made of a mapping of names to Construct schemas."""
    from construct import Construct  # noqa: PLC0415  # heavy

    from formats.catalog import Catalog, Format  # noqa: PLC0415  # imports construct

    if isinstance(value, Catalog):
        return value
    if not isinstance(value, Mapping):
        found = type(value).__name__
        raise CatalogRefused(name, f"{attribute} is a {found}, not a Catalog or a mapping of names to schemas")
    for key, schema in value.items():
        if not isinstance(key, str) or not isinstance(schema, Construct):
            found = f"{type(key).__name__} to {type(schema).__name__}"
            raise CatalogRefused(name, f"{attribute} maps a {found}, not a name to a Construct schema")
    return Catalog(attribute, tuple(Format(key, 1, schema) for key, schema in value.items()))


def with_paths_found(catalog: Catalog, module: ModuleType) -> Catalog:
    """The catalog with its folder of kept files and its lock, which are relative to the module, made absolute."""
    from formats.catalog import CATALOG  # noqa: PLC0415  # imports construct
    from formats.locking.blocks import LOCK_NAME  # noqa: PLC0415  # likewise

    if catalog is CATALOG or not getattr(module, "__file__", None):
        return catalog
    folder = Path(str(module.__file__)).absolute().parent
    kept = None if catalog.corpus is None else str(folder / catalog.corpus)
    lock = str(folder / (catalog.lock or LOCK_NAME))
    return catalog if (kept, lock) == (catalog.corpus, catalog.lock) else replace(catalog, corpus=kept, lock=lock)


def refuse_unsafe(name: str, catalog: Catalog) -> None:
    """Refuse a catalog with a schema that is unsafe, or that cannot be understood."""
    for finding, entry in lint_catalog(catalog):
        if finding.level == "unsafe":
            raise CatalogRefused(name, f"{entry.name}: {finding}")
    for entry in catalog:
        try:
            entry.layout  # noqa: B018  # translated once, and kept
        except SchemaRefused as error:
            raise CatalogRefused(name, f"{entry.name}: {path_text(error.path)}: {error.reason}") from error


def lint_catalog(catalog: Catalog) -> list[tuple[Finding, Format]]:
    """Every finding of the schema linter, each with its format."""
    from formats.linter import lint  # noqa: PLC0415  # imports construct

    return [(finding, entry) for entry in catalog for finding in lint(entry.schema)]
