"""Promotion: a failure becomes a kept file, so that every later run of the corpus tries it again.

The sidecar holds what the oracle says. As long as another lane says otherwise, `shardproof corpus run` is red, and
rightly so; once the bug is mended the file stays and keeps it away.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from corpus.entries import ANNOTATION, annotated
from corpus.keeping import entry_of
from corpus.sidecar import NAME_SIZE
from corpus.store import add

from .files import UNKNOWN, text

if TYPE_CHECKING:
    from pathlib import Path

    from corpus.store import Entry

    from ..failure import Failure
    from ..target import Target
    from .files import Origin


def promote(target: Target, failure: Failure, folder: Path, origin: Origin = UNKNOWN) -> Entry:
    """Keep a failure in a folder of kept files, as one of kind `found`; the answer is the entry.

    Bytes that are kept already stay as they are. Raises `CorpusError` where the folder cannot be written.
    """
    entry = found_entry(target, failure, origin)
    add(folder, entry)
    return entry


def found_entry(target: Target, failure: Failure, origin: Origin = UNKNOWN) -> Entry:
    """The entry: bytes, sidecar and annotated text."""
    field = failure.field or "the whole frame"
    entry = entry_of(
        target.format,
        failure.data,
        why=f"broke the law `{failure.law}` at {field}: {failure.where} parted",
        writer=f"shardproof {version('shardproof')}, fuzz",
        place=failure.place,
        found=True,
    )
    name = entry.sidecar.sha256[:NAME_SIZE] + ANNOTATION
    return annotated(entry, text(failure, target, origin, name))
