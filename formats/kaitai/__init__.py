"""Export to Kaitai Struct: the layout of a format as a `.ksy` text, for decoders in many languages.

Kaitai says where fields lie, what constants, bounds, enumerations and flags they obey. It cannot verify checksums, nor
order, nor that nothing is left over; the text says so in its `doc`. What it cannot say at all is refused by path.
"""

from __future__ import annotations

from typing import Protocol

from ..layout import Layout
from .attributes import Exporter
from .naming import class_name, identifier, identifiers
from .yaml import yaml_text

__all__ = ["class_name", "identifier", "identifiers", "ksy", "ksy_tree"]


class HasLayout(Protocol):
    """What an export needs of a format."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def version(self) -> int:
        """Its version."""

    @property
    def layout(self) -> Layout:
        """Its layout tree."""


def ksy(entry: HasLayout) -> str:
    """The `.ksy` text of a format; `SchemaRefused` names the first node that Kaitai cannot say."""
    return yaml_text(ksy_tree(entry))


def ksy_tree(entry: HasLayout) -> dict[str, object]:
    """The same as nested mappings and lists, as a YAML parser would give them."""
    exporter = Exporter()
    body = exporter.root(entry.layout.root)
    meta = {
        "id": identifier(f"{entry.name}_v{entry.version}"),
        "title": f"{entry.name}, version {entry.version}",
        "ks-version": "0.11",
        "endian": "le",
        "bit-endian": "be",
    }
    doc = "Generated from the schema; change that instead."
    if exporter.notes:
        doc += f" Not checked here: {'; '.join(sorted(exporter.notes))}."
    return {"meta": meta, "doc": doc, **body}
