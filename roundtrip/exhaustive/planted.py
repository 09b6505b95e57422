"""Bugs to plant under the exhaustive proofs: each names the part that must find it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from formats.codec import Codec
from formats.errors import ShardproofError

from ..images.planted import PLANTED as IMAGE_BUGS
from ..mutants import MUTANTS
from ..mutants.planting import Mutant, from_behaviour, from_source
from .outcome import CHECKSUMS, CONFUSION, DAMAGE, SYMBOLIC

#: The bit that the planted decoder puts right by itself.
REPAIRED_BYTE: Final = 40
REPAIRED_MASK: Final = 0x08


def repairing(codec: Codec) -> dict[str, Callable[..., Any]]:
    """A decoder that tries again with one bit turned, as if it knew better: that bit is checked no more."""
    right = codec.probe

    def probe(data: Any, seed: int = 0) -> Any:
        record = right(data, seed)
        if record is None and len(data) > REPAIRED_BYTE:
            turned = bytearray(data)
            turned[REPAIRED_BYTE] ^= REPAIRED_MASK
            record = right(bytes(turned), seed)
        return record

    return {"probe": probe}


def other_checksum(module: str, name: str) -> Callable[..., Any]:
    """The codec takes another function for its checksum."""
    return from_source(r"from crc32c import crc32c", f"from {module} import {name} as crc32c")


#: The part that must find it, and the bug.
PLANTED: Final[tuple[tuple[str, Mutant], ...]] = (
    (DAMAGE, Mutant("repaired-bit", "chunk", "one bit is turned back by the decoder, so its flips pass", "behaviour",
                    "D6", from_behaviour(repairing))),
    (CHECKSUMS, Mutant("crc32-of-zlib", "tree_metadata", "CRC-32 of zlib runs in place of CRC32C", "source",
                       "D6", other_checksum("zlib", "crc32"))),
    (CHECKSUMS, Mutant("adler32-for-crc32c", "tree_metadata", "Adler-32 runs in place of CRC32C", "source",
                       "D6", other_checksum("zlib", "adler32"))),
    (CONFUSION, Mutant("chunk-not-seeded", "chunk", "the seal does not depend on the place", "source",
                       "D9", from_source(r"crc32c\((data\[:37\]|header), seed\)", r"crc32c(\1)"))),
    (CONFUSION, Mutant("offset-not-told", "lsm_page.filter", "the upper half of the seed is dropped", "source",
                       "D9", from_source(r"crc32c\((\w+\[:28\]|\w+), seed\)", r"crc32c(\1, seed & 0xFFFF)"))),
    (SYMBOLIC, Mutant("index-error-at-17-bytes", "chunk", "the header's decoder reads behind a buffer of 17 bytes",
                      "source", "D1",
                      from_source(r"< 41:\n        return None\n    \(",
                                  "< 41:\n        return None if len(data) != 17 else data[17]\n    ("))),
    (SYMBOLIC, Mutant("struct-error-at-63-bytes", "superblock", "a header of 63 bytes is taken to be whole", "source",
                      "D1", from_source(r"if len\(data\) < 64:", "if len(data) < 63:"))),
    (SYMBOLIC, Mutant("length-believed", "chunk", "a payload length is believed beyond its maximum", "source",
                      "D5", from_source(r"\n        or payload_length > 268431360", ""))),
    (SYMBOLIC, Mutant("length-followed", "chunk@2", "the last byte of a frame is read before its length is checked",
                      "source", "D1",
                      from_source(r"(\n    )record = probe\(memory", r"\1data[size - 1]\1record = probe(memory"))),
)  # fmt: skip


def is_own(name: str | None) -> bool:
    """Whether a planted bug is one of these, which other commands do not know."""
    return any(mutant.name == name for _, mutant in PLANTED)


def planted_named(name: str) -> Mutant:
    """The bug of this name, of these or of `shardproof mutants`; `ShardproofError` names these."""
    known = {mutant.name: mutant for mutant in (*MUTANTS, *(mutant for _, mutant in PLANTED))}
    if name not in known:
        own = ", ".join((*(mutant.name for _, mutant in PLANTED), *IMAGE_BUGS))
        raise ShardproofError(f"there is no planted bug {name!r}; there are {own}, and those of `shardproof mutants`")
    return known[name]
