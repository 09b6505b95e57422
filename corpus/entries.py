"""One kept file: its bytes, its sidecar, for a found one its annotated text; and everything that can be wrong with it.

<stem>.bin    the bytes
<stem>.json   the sidecar
<stem>.txt    for a found file: the bytes as people read them, field by field. Its first line holds their SHA-256,
              so that a text cannot stand beside bytes that it was not written of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from formats.catalog import Catalog, Format

from .errors import CorpusError
from .sidecar import Sidecar, hashed

DATA: Final = ".bin"
SIDECAR: Final = ".json"
ANNOTATION: Final = ".txt"
#: Nothing larger is kept: it goes into version control and into every run.
KEPT_SIZE_MAXIMUM: Final = 64 * 2**20
#: The kind whose files may have an annotated text.
ANNOTATED_KIND: Final = "found"


@dataclass(frozen=True)
class Entry:
    """One kept file: its sidecar, its bytes and, for a found one, its annotated text (empty for none)."""

    sidecar: Sidecar
    data: bytes
    annotation: str = ""

    @property
    def identity(self) -> str:
        """Where it stands, without suffix: `golden/chunk/v1/0123456789abcdef`."""
        return self.sidecar.identity

    def files(self) -> dict[str, bytes]:
        """What stands in the folder: contents by suffix, the sidecar last."""
        text = {ANNOTATION: self.annotation.encode()} if self.annotation else {}
        return {DATA: self.data, **text, SIDECAR: self.sidecar.text().encode()}

    def as_dict(self) -> dict[str, object]:
        """One line of a listing, with stable keys."""
        sidecar = self.sidecar
        return {
            "id": self.identity,
            "kind": sidecar.kind,
            "format": sidecar.format,
            "version": sidecar.version,
            "size_bytes": sidecar.size_bytes,
            "why": sidecar.why,
            "features": list(sidecar.features),
        }


def annotated(entry: Entry, text: str) -> Entry:
    """The entry with an annotated text for people, under the line that says of which bytes it is."""
    return replace(entry, annotation=f"{head(entry.sidecar)}\n{text.rstrip()}\n")


def head(sidecar: Sidecar) -> str:
    """The first line of an annotated text."""
    return f"annotation of {sidecar.size_bytes} bytes with SHA-256 {sidecar.sha256}"


def find(catalog: Catalog, name: str, version: int) -> Format | None:
    """One version of a format, or None."""
    return next((entry for entry in catalog if (entry.name, entry.version) == (name, version)), None)


def check(entry: Entry, stem: str, catalog: Catalog) -> Iterator[CorpusError]:
    """Everything that is wrong with an entry that stands at `stem`."""
    sidecar, data_path, sidecar_path = entry.sidecar, stem + DATA, stem + SIDECAR
    restore = "bring it back from version control: kept files never change"
    if len(entry.data) != sidecar.size_bytes:
        expected, found = f"{sidecar.size_bytes} bytes", f"{len(entry.data)} bytes"
        yield CorpusError("size", data_path, expected=expected, found=found, instead=restore)
    digest = hashed(entry.data)
    if digest != sidecar.sha256:
        yield CorpusError("hash", data_path, expected=sidecar.sha256, found=digest, instead=restore)
    if sidecar.identity != stem:
        instead = "move both files there"
        yield CorpusError("misfiled", sidecar_path, expected=sidecar.identity, found=stem, instead=instead)
    entry_format = find(catalog, sidecar.format, sidecar.version)
    if entry_format is None:
        known = ", ".join(f"{one.name} v{one.version}" for one in catalog)
        found = f"{sidecar.format} v{sidecar.version}"
        instead = "keep the format in the catalog as long as there are files of it"
        yield CorpusError("unknown_format", sidecar_path, expected=known, found=found, instead=instead)
    elif entry_format.layout.seed and sidecar.place is None:
        expected = f"the place ({', '.join(entry_format.layout.seed)})"
        yield CorpusError("place", sidecar_path, expected=expected, found="none", instead="write it into the sidecar")
    yield from check_annotation(entry, stem + ANNOTATION)


def check_annotation(entry: Entry, path: str) -> Iterator[CorpusError]:
    """What is wrong with the annotated text: of other bytes, or beside a file that has none."""
    if not entry.annotation:
        return
    if entry.sidecar.kind != ANNOTATED_KIND:
        expected = f"an annotated text beside {ANNOTATED_KIND} files alone"
        found = f"one beside a {entry.sidecar.kind} file"
        yield CorpusError("stray", path, expected=expected, found=found, instead="move it away")
    elif entry.annotation.split("\n", 1)[0] != head(entry.sidecar):
        found = entry.annotation.split("\n", 1)[0][:120]
        instead = "annotate the bytes anew (`shardproof corpus promote`), or remove it"
        yield CorpusError("annotation", path, expected=head(entry.sidecar), found=found, instead=instead)
