"""Bugs in what came with version 2 of chunks and data pages: checksums of whole values, declared features, upgrades."""

from __future__ import annotations

from typing import Final

from engine import assembly
from engine.assembly import StoreParts
from engine.chunk_reader import ChunkReader
from engine.chunks import ChunkStore
from engine.reclamation import Reclamation
from engine.run_reader import Run
from engine.store import Store
from engine.store_reads import StoreReads

from .expected import CRASHED_VERSIONS, VERSIONS
from .planting import Bug, edit, lines

VERSION_BUGS: Final[tuple[Bug, ...]] = (
    Bug(
        "feature-bit-set-late",
        "a store that is told to write version 2 declares it when it is closed, and not before it does so",
        "superblock",
        CRASHED_VERSIONS,
        (
            edit(
                StoreParts,
                "__init__",
                ("incompatible=self.versions.declared,\n", "incompatible=recovered.masks[2],\n"),
            ),
            edit(
                StoreParts,
                "_close_cleanly",
                (
                    "self.superblock.clean_close = True",
                    lines(
                        "self.superblock.clean_close = True",
                        "                masks = self.superblock.masks",
                        "                self.superblock.masks = (*masks[:2], self.versions.declared)",
                    ),
                ),
            ),
        ),
    ),
    Bug(
        "feature-bit-forgotten",
        "a store that is opened for version 1 takes back what it declared",
        "superblock",
        VERSIONS,
        (edit(assembly, "versions_of", ("if not read_only:", "if not read_only:\n        declared = 0")),),
    ),
    Bug(
        "pages-not-declared",
        "data pages of version 2 are written, and only chunks of version 2 declared",
        "superblock",
        VERSIONS,
        (edit(assembly, "versions_of", ("| (PAGE_V2.value if page == 2 else 0)", "")),),
    ),
    Bug(
        "value-checksum-restarts",
        "each part of a value carries its own checksum, and not that of the value up to its end",
        "chunk store",
        VERSIONS,
        (edit(ChunkStore, "append_piece", ("crc64nvme(payload, number)", "crc64nvme(payload)")),),
    ),
    Bug(
        "upgrade-sums-the-part",
        "a later part that reclamation upgrades gets the checksum of that part alone",
        "reclamation",
        VERSIONS,
        (edit(Reclamation, "_value_checksum", ("else crc64nvme(payload, before)", "else crc64nvme(payload)")),),
    ),
    Bug(
        "evacuation-downgrades",
        "reclamation copies chunks of version 2 as version 1, and the checksum of the value is lost",
        "reclamation",
        VERSIONS,
        (edit(Reclamation, "_value_checksum", ("        return number\n", "        return None\n")),),
    ),
    Bug(
        "stream-checksum-ignored",
        "the checksum that comes with a stream is not compared",
        "store",
        VERSIONS,
        (edit(Store, "_append_pieces", ("expect_checksum(key, checksum, pieces.checksum)", "pass")),),
    ),
    Bug(
        "stored-checksum-of-first-part",
        "the checksum of a value is taken from its first chunk",
        "store",
        VERSIONS,
        (
            edit(
                StoreReads,
                "checksum_of",
                ("stored_checksum(entry[-1], key, len(entry) - 1)", "stored_checksum(entry[0], key, 0)"),
            ),
        ),
    ),
    Bug(
        "moved-run-read-at-its-former-offset",
        "a run's chunk that was upgraded is read as if its payload began where it did in version 1",
        "run reader",
        VERSIONS,
        (edit(Run, "moved", ("if chunks[at] == former:", "if former:")),),
    ),
    Bug(
        "longer-header-not-counted",
        "whether a frame of version 2 fits into an extent is reckoned with the header of version 1",
        "chunk store",
        VERSIONS,
        (edit(ChunkStore, "__init__", ("overhead_of(NEWEST if versions.mixed_chunks else 1)", "overhead_of(1)")),),
    ),
    Bug(
        "read-as-version-1",
        "where both versions may be, a chunk is read with as many bytes as one of version 1 has",
        "chunk store",
        VERSIONS,
        (
            edit(
                ChunkReader,
                "_frame",
                ("longer = max(size, min(size + EXTRA_SIZE, extent.pointer - offset))", "longer = size"),
            ),
        ),
    ),
)
