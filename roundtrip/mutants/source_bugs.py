"""Bugs of an editing hand: checks forgotten and lengths mistaken in the text of a generated codec."""

from __future__ import annotations

from typing import Final

from .planting import (
    Mutant,
    from_source,
)

#: A comparison with a CRC32C in generated code.
CRC_CHECK: Final = r"\w+ != crc32c\((?:[^()]|\[[^\]]*\])*\)"


def source_mutants() -> list[Mutant]:
    """Checks forgotten and lengths mistaken in generated code."""

    def mutant(name: str, entry: str, what: str, law: str, pattern: str, replacement: str) -> Mutant:
        return Mutant(name, entry, what, "source", law, from_source(pattern, replacement))

    return [
        mutant("length-one-short", "chunk", "the payload is taken one byte shorter than its length says", "D10",
               r"key_end \+ payload_length", "key_end + payload_length - 1"),
        mutant("length-one-long", "chunk", "the key is taken one byte longer than its length says", "D10",
               r"41 \+ key_length", "41 + key_length + 1"),
        mutant("unchecked-payload-checksum", "chunk", "the payload's checksum is not compared", "D6",
               r"payload_checksum != crc32c\(payload\)", "False"),
        mutant("unchecked-seal", "extent_header", "the header's checksum is not compared", "D6", CRC_CHECK, "False"),
        mutant("checksums-recomputed-at-parse", "superblock", "no checksum is compared, all are computed anew", "D6",
               CRC_CHECK, "False"),
        mutant("unchecked-reserved-byte", "superblock", "a reserved byte of the header may hold anything", "D5",
               r"or reserved_1\b", "or False"),
        mutant("unchecked-closing-tag", "chunk", "the closing tag is not compared", "D6",
               r"tag != uuid\[:8\]", "False"),
        mutant("unchecked-kind", "lsm_page.data", "the kind byte is not compared", "D9",
               r"lead != LEAD", "lead[:2] != LEAD[:2] or lead[3:] != LEAD[3:]"),
        mutant("unchecked-version", "extent_header", "the version byte is not compared", "D9",
               r"lead != LEAD", "lead[:3] != LEAD[:3]"),
        mutant("unchecked-magic", "chunk", "the magic bytes are not compared", "D10",
               r"lead != LEAD", "lead[2:] != LEAD[2:]"),
        mutant("region-not-filled", "superblock", "bytes behind the last column pass", "D5",
               r"entries_end != owners_end", "entries_end < owners_end"),
        mutant("place-not-seeded", "lsm_page.footer", "the seal does not depend on the place", "D10", r", seed\)", ")"),
        mutant("seal-over-shorter-range", "chunk", "the seal covers one byte less of the header", "D10",
               r"data\[:37\]", "data[:36]"),
    ]  # fmt: skip
