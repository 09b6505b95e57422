"""Bugs in the declaration: oracle and codec agree, and only the reference decoders can tell."""

from __future__ import annotations

from typing import Any

import construct as c
from construct import this

from formats import superblock
from formats.lead import EXTENT_PLACE
from formats.primitives import ClosedEnum, ClosedFlags, Column, Crc32c, Seal
from formats.primitives import Region as RegionOf

from .planting import (
    Mutant,
    from_schema,
    with_member,
)


def schema_mutants() -> list[Mutant]:
    """Bugs in the declaration: the reference decoders are there for these."""

    def mutant(name: str, entry: str, what: str, law: str, member: str, construct: Any) -> Mutant:
        return Mutant(
            name, entry, what, "schema", law, from_schema(lambda schema: with_member(schema, member, construct))
        )

    return [
        mutant("schema-place-forgotten", "extent_header", "the seal is declared without the place", "D9",
               "seal", Seal()),
        mutant("schema-generation-forgotten", "chunk", "the seal is declared without disk and generation", "D9",
               "seal", Seal(seed=EXTENT_PLACE)),
        mutant("schema-extra-owner", "chunk", "an owner is declared that the layout does not know", "D10", "owner",
               ClosedEnum(c.Int8ul, shard=1, run=2, ghost=3)),
        mutant("schema-extra-flag", "superblock", "a flag is declared that the layout does not know", "D10", "flags",
               ClosedFlags(c.Int8ul, clean_close=1, dirty=2)),
        mutant("schema-checksum-masked", "chunk", "the payload's checksum is declared with LevelDB's mask", "D10",
               "payload_checksum", Crc32c(covers="payload", is_masked=True)),
        mutant("schema-order-forgotten", "superblock", "extents are declared in any order", "D10", "entries",
               RegionOf(this.entries_length, c.Struct(
                   "extents" / Column(this._.entry_count, c.Int32ul),
                   "generations" / Column(this._.entry_count, c.Int32ul),
                   "write_pointers" / Column(this._.entry_count, c.Int32ul),
                   "owners" / Column(this._.entry_count, ClosedEnum(c.Int8ul, **superblock.OWNERS))))),
    ]  # fmt: skip
