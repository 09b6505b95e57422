"""The catalog: every format by name, with all that is derived from its schema. The only place that knows them all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from types import ModuleType
from typing import Any, Literal

import construct as c

from . import chunk, compiler, extent_header, lsm_page, superblock, tree_metadata
from .codec import Codec
from .errors import ShardproofError
from .features import CHUNK_V2, PAGE_V2, Feature
from .frozen import FROZEN
from .layout import Layout
from .oracle import Oracle
from .place import Place
from .translate import translate

#: Every byte is covered by a checksum, or checked against one that is.
EVERYTHING = ("*",)


@dataclass(frozen=True)
class Format:
    """One version of one format.

    sealed: paths of the fields that checksums protect (`"*"`: every byte; `None`: derived from the checksums in the
    schema). frozen: the fingerprint of the layout that must never change again; None while the version is a draft.
    generated: the committed codec is used; a user's format is compiled in memory.
    feature: the bit that a store sets while it holds frames of this version; None where every reader knows them.
    """

    name: str
    version: int
    schema: c.Construct[Any, Any]
    summary: str = ""
    sealed: tuple[str, ...] | None = None
    frozen: str | None = None
    generated: bool = False
    feature: Feature | None = None

    @property
    def status(self) -> Literal["draft", "frozen"]:
        """A *draft* may still change, a *frozen* version never."""
        return "draft" if self.frozen is None else "frozen"

    @property
    def label(self) -> str:
        """How reports, files and `Catalog[...]` tell versions apart: `chunk` is version 1, `chunk@2` version 2."""
        return self.name if self.version == 1 else f"{self.name}@{self.version}"

    @property
    def family(self) -> str:
        """The format's name without the structure: `lsm_page` for `lsm_page.data`."""
        return self.name.split(".")[0]

    @property
    def module_name(self) -> str:
        """The name of the generated module."""
        return f"{self.name.replace('.', '_')}_v{self.version}"

    @cached_property
    def layout(self) -> Layout:
        """The layout tree; `SchemaRefused` where the schema holds what cannot be compiled."""
        return translate(self.schema)

    @cached_property
    def source(self) -> str:
        """The Python text of the fast codec, generated now."""
        return compiler.generate(self.name, self.version, self.layout)

    @cached_property
    def oracle(self) -> Oracle:
        """The interpreted schema."""
        return Oracle(self.name, self.version, self.schema, self.layout)

    @cached_property
    def codec(self) -> Codec:
        """The fast codec."""
        module: ModuleType
        if self.generated:
            module = import_module(f"formats.generated.{self.module_name}")
        else:
            module = compiler.load(self.source, self.module_name)
        return Codec(self.oracle, module, self.source)

    def seed(self, place: Place | None) -> int | None:
        """The seed for a place; None where the format needs one and there is none."""
        if not self.layout.seed:
            return 0
        return None if place is None else place.seed(self.layout.seed)


@dataclass(frozen=True)
class Catalog:
    """Formats that belong together.

    Paths are relative to the module that declares the catalog. `corpus`: the folder of kept files, if any; `lock`: the
    file of frozen versions, `formats.lock` beside the module where none is named.
    """

    name: str
    formats: tuple[Format, ...]
    corpus: str | None = None
    lock: str | None = None

    def __post_init__(self) -> None:
        names = [(entry.name, entry.version) for entry in self.formats]
        if len(set(names)) != len(names):
            raise ShardproofError(f"catalog {self.name}: two formats have one name and version")
        if not names:
            raise ShardproofError(f"catalog {self.name}: it holds no format")

    def __iter__(self) -> Iterator[Format]:
        return iter(self.formats)

    def __len__(self) -> int:
        return len(self.formats)

    def __getitem__(self, name: str) -> Format:
        """The newest version of a format, or that of `name@version`; `ShardproofError` names what there is."""
        found = self.versions(name)
        if not found:
            names = ", ".join(sorted({entry.name for entry in self.formats}))
            raise ShardproofError(f"catalog {self.name} has no format {name!r}; it has {names}")
        return max(found, key=lambda entry: entry.version)

    def labelled(self, label: str) -> Format:
        """The format version of a label, as reports name it; of a name without a version 1, the newest.

        `ShardproofError` names the formats that there are.
        """
        return next((entry for entry in self.formats if entry.label == label), None) or self[label]

    def versions(self, name: str) -> tuple[Format, ...]:
        """Every version of a format, or the one of `name@version`, in the catalog's order; none where there is none."""
        found = tuple(entry for entry in self.formats if entry.name == name)
        return found or tuple(entry for entry in self.formats if f"{entry.name}@{entry.version}" == name)


def _own(
    name: str, schema: c.Construct[Any, Any], summary: str, version: int = 1, feature: Feature | None = None
) -> Format:
    frozen = FROZEN.get((name, version))
    return Format(name, version, schema, summary, sealed=EVERYTHING, frozen=frozen, generated=True, feature=feature)


CATALOG = Catalog(
    "shardproof",
    (
        _own("extent_header", extent_header.SCHEMA, "opens an extent: owner, disk, geometry, generation"),
        _own("chunk", chunk.SCHEMA, "the frame around every payload"),
        _own("chunk", chunk.SCHEMA_V2, "the same, with the checksum of the value up to its end", 2, CHUNK_V2),
        _own("superblock", superblock.SCHEMA, "extents: owners, generations, write pointers"),
        _own("tree_metadata", tree_metadata.SCHEMA, "the sorted runs of the LSM tree"),
        _own("lsm_page.data", lsm_page.DATA, "keys and their locators"),
        _own("lsm_page.data", lsm_page.DATA_V2, "the same, with the prefix that keys share stored once", 2, PAGE_V2),
        _own("lsm_page.index", lsm_page.INDEX, "the data pages of a run by last key"),
        _own("lsm_page.filter", lsm_page.FILTER, "the blocked bloom filter of a run"),
        _own("lsm_page.footer", lsm_page.FOOTER, "where the parts of a run lie"),
    ),
)
