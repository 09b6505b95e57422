"""Generated codecs on disk: which files there are to be, and how they are written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import formats
from formats.catalog import Catalog

from ..pages import checkout_root, generated_documents
from .exits import CommandError


def generated_folder(folder: str | None) -> Path:
    """Where codecs are written: the named folder, or the one in our package."""
    if folder is not None:
        return Path(folder)
    assert formats.__file__ is not None
    return Path(formats.__file__).parent / "generated"


def files_of(catalog: Catalog, format_name: str | None, folder: str | None) -> Iterator[tuple[Path, str]]:
    """Every file that follows from a catalog's schemas, and its text: codecs and, for ours, the documents."""
    if format_name is not None:
        catalog[format_name]
    target = generated_folder(folder)
    for entry in catalog:
        if format_name in {None, entry.name}:
            yield target / f"{entry.module_name}.py", entry.source
    root = checkout_root()
    if catalog is formats.CATALOG and root is not None and (format_name, folder) == (None, None):
        yield from generated_documents(root).items()


def write_file(path: Path, text: str) -> None:
    """Write a file as a whole or not at all."""
    name = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            name = file.name
            file.write(text)
        Path(name).chmod(0o666 & ~current_umask())
        Path(name).replace(path)
        name = ""
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror or error}") from error
    finally:
        if name:
            Path(name).unlink(missing_ok=True)


def current_umask() -> int:
    """The permissions that new files do without."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
