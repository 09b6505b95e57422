"""Generated codecs on disk: which files there are to be, and how they are written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import formats
from formats.catalog import Catalog

from ..pages import checkout_root, generated_documents
from ..storing.whole_files import write_all, write_whole
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
    for entry in catalog if format_name is None else catalog.versions(format_name):
        yield target / f"{entry.module_name}.py", entry.source
    root = checkout_root()
    if catalog is formats.CATALOG and root is not None and (format_name, folder) == (None, None):
        yield from generated_documents(root).items()


def write_file(path: Path, text: str) -> None:
    """Write a file as a whole or not at all; a device is written to as it is."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(os.fsencode(path), lambda file: write_all(file, text.encode()))
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror or error}") from error
