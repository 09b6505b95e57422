"""A small format of one's own: the entries of a ledger. docs/validate.md changes it, and shows what comes of that.

    entry := magic: "LG"  version: uint8  kind: uint8  debit: uint32  credit: uint32  amount: uint64  checksum: uint32

Little-endian; the checksum is the CRC32C of everything from kind to amount.
"""

from __future__ import annotations

from construct import Int8ul, Int32ul, Int64ul

from formats import Catalog, Format
from formats.primitives import ClosedEnum, Crc32c, Frame, Magic, Version

ENTRY = Frame(
    "magic" / Magic(b"LG"),
    "version" / Version(1),
    "kind" / ClosedEnum(Int8ul, transfer=1, fee=2),
    "debit" / Int32ul,
    "credit" / Int32ul,
    "amount" / Int64ul,
    "checksum" / Crc32c(covers=("kind", "debit", "credit", "amount")),
)

CATALOG = Catalog("ledger", (Format("entry", 1, ENTRY, "one movement of money"),), corpus="kept")
