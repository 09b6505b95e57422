"""The head of a PNG file: its signature and the IHDR chunk, the first 33 bytes of every PNG file there is."""

from zlib import crc32

from construct import Checksum, Const, Enum, Flag, Int8ub, Int32ub, OneOf, RawCopy, Struct, this

from formats import Catalog, Format

IHDR = Struct(
    "type" / Const(b"IHDR"),
    "width" / Int32ub,
    "height" / Int32ub,
    "bit_depth" / OneOf(Int8ub, [1, 2, 4, 8, 16]),
    "colour" / Enum(Int8ub, grey=0, rgb=2, palette=3, grey_alpha=4, rgb_alpha=6),
    "compression" / Const(0, Int8ub),
    "filter" / Const(0, Int8ub),
    "interlaced" / Flag,
)
HEAD = Struct(
    "signature" / Const(b"\x89PNG\r\n\x1a\n"),
    "length" / Const(13, Int32ub),
    "header" / RawCopy(IHDR),
    "checksum" / Checksum(Int32ub, crc32, this.header.data),
)

CATALOG = Catalog("png", (Format("head", 1, HEAD, "the first 33 bytes of a PNG file"),), corpus="kept")
