"""LevelDB's log format as a catalog: what a user writes to bring a format of their own.

The specification is LevelDB's own documentation, doc/log_format.md:

    block  := record* trailer?         32 KiB; a trailer of at most six zero bytes
    record := checksum: uint32         masked CRC32C of type and data
              length:   uint16
              type:     uint8          FULL 1, FIRST 2, MIDDLE 3, LAST 4
              data:     uint8[length]

Run it over log files with

    shardproof check --catalog docs/examples/leveldb_log.py:CATALOG
    shardproof inspect 000003.log --catalog docs/examples/leveldb_log.py:CATALOG
"""

from __future__ import annotations

from construct import Bytes, Int8ul, Int16ul, this

from formats import Catalog, Format
from formats.primitives import Blocks, ClosedEnum, Crc32c, Frame, Length

BLOCK_SIZE = 32 * 1024
HEADER_SIZE = 4 + 2 + 1

RECORD = Frame(
    "checksum" / Crc32c(covers=("type", "data"), is_masked=True),
    "length" / Length(Int16ul, of="data", maximum=BLOCK_SIZE - HEADER_SIZE),
    "type" / ClosedEnum(Int8ul, full=1, first=2, middle=3, last=4),
    "data" / Bytes(this.length),
)

LOG = Blocks(BLOCK_SIZE, RECORD, smallest=HEADER_SIZE)

CATALOG = Catalog("leveldb", (Format("log", 1, LOG, "LevelDB's write-ahead log"),))
