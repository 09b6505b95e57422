"""The ledger of docs/examples/ledger.py in its next release: version 2 of an entry has a currency.

Version 1 stays as it was, beside version 2: its files are still on disks, and this release reads both.
"""

from __future__ import annotations

from construct import Bytes, Int8ul, Int32ul, Int64ul

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

ENTRY_2 = Frame(
    "magic" / Magic(b"LG"),
    "version" / Version(2),
    "kind" / ClosedEnum(Int8ul, transfer=1, fee=2),
    "debit" / Int32ul,
    "credit" / Int32ul,
    "amount" / Int64ul,
    "currency" / Bytes(3),
    "checksum" / Crc32c(covers=("kind", "debit", "credit", "amount", "currency")),
)

CATALOG = Catalog(
    "ledger",
    (
        Format("entry", 1, ENTRY, "one movement of money"),
        Format("entry", 2, ENTRY_2, "the same, with its currency"),
    ),
    corpus="kept",
)
