"""Exports kept files as the folder of inputs that AFL++ or libFuzzer begins with, beside a dictionary of the format.

    FOLDER/queue/id:000000,time:0,execs:0,orig:0123456789abcdef    AFL++: afl-fuzz -i FOLDER -x FOLDER/dictionary.dict
    FOLDER/corpus/<SHA-1 of the contents>                          libFuzzer: target FOLDER/corpus -dict=FOLDER/dict…

A fuzz target reads one format version, so of several each gets a folder of its own, named by its label.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from corpus.entries import Entry, find
from corpus.sidecar import NAME_SIZE
from formats.catalog import Catalog, Format

from ..commands.exits import NOTHING_TESTED, CommandError
from .dictionary import dictionary_text
from .fuzz_folders import QUEUE, Layout

DICTIONARY: Final = "dictionary.dict"
FLAT: Final = "corpus"
#: AFL++ reads no more of an input than this, and none that is empty.
AFL_SIZE_MAXIMUM: Final = 2**20


@dataclass(frozen=True)
class Exported:
    """One folder that was written. cut: inputs longer than the tool reads, which it will cut or leave out."""

    label: str
    folder: Path
    inputs: int
    words: int
    cut: int

    def as_dict(self) -> dict[str, object]:
        """The same with stable keys."""
        return {
            "format": self.label,
            "folder": str(self.folder),
            "inputs": self.inputs,
            "dictionary_words": self.words,
            "longer_than_the_tool_reads": self.cut,
        }


def export(entries: Sequence[Entry], catalog: Catalog, folder: Path, layout: Layout) -> tuple[Exported, ...]:
    """Write every entry's bytes; `CommandError` where there are none, or the folder holds something already."""
    if not entries:
        raise CommandError("there is no kept file to export", NOTHING_TESTED)
    by_format: dict[tuple[str, int], list[Entry]] = {}
    for entry in entries:
        by_format.setdefault((entry.sidecar.format, entry.sidecar.version), []).append(entry)
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise CommandError(f"{folder}: it is there already and not empty; name a new folder")
        return tuple(write_all(by_format, catalog, folder, layout))
    except OSError as error:
        raise CommandError(f"{error.filename or folder}: {error.strerror or error}") from error


def write_all(
    by_format: dict[tuple[str, int], list[Entry]], catalog: Catalog, folder: Path, layout: Layout
) -> Iterator[Exported]:
    """A folder for every format version; the named one itself where there is one version alone."""
    for key, chosen in by_format.items():
        entry_format = find(catalog, *key)
        assert entry_format is not None, "a scan keeps no entry of an unknown format"
        target = folder if len(by_format) == 1 else folder / entry_format.label
        yield write_one(chosen, entry_format, target, layout)


def write_one(entries: Sequence[Entry], entry_format: Format, folder: Path, layout: Layout) -> Exported:
    """The inputs of one format version, the smallest first, and its dictionary."""
    contents = {entry.sidecar.sha256: entry.data for entry in entries}
    inputs = sorted(contents.values(), key=lambda data: (len(data), data))
    target = folder / (QUEUE if layout == "aflplusplus" else FLAT)
    target.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(inputs):
        (target / name_of(layout, number, data)).write_bytes(data)
    text = dictionary_text(entry_format)
    (folder / DICTIONARY).write_text(text, encoding="ascii")
    cut = sum(len(data) > AFL_SIZE_MAXIMUM or not data for data in inputs) if layout == "aflplusplus" else 0
    return Exported(entry_format.label, folder, len(inputs), text.count("\n") - 1, cut)


def name_of(layout: Layout, number: int, data: bytes) -> str:
    """What the tool itself would call an input."""
    if layout == "aflplusplus":
        return f"id:{number:06d},time:0,execs:0,orig:{hashlib.sha256(data).hexdigest()[:NAME_SIZE]}"
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()
