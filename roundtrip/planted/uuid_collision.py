"""Issue 10 of the ShardStore paper: after a crash, a UUID collision makes reclamation forget chunks.

The published frame has a magic, a length and a UUID that its closing tag repeats. A frame is torn at a page border, so
that it lacks the end of its tag; the next chunk is appended at the border, and begins with the magic. Where just that
is missing, the torn frame looks whole: the scan goes on at its end, within the next chunk, which is then forgotten.
"""

from __future__ import annotations

from typing import Final

from engine.assembly import StoreParts
from engine.chunk_reader import ChunkReader
from engine.reclamation import Reclamation

from .planting import Bug, edit, lines

#: Reclamation that trusts its scan alone.
SCAN_ALONE: Final = ("if sum(sizes) < expected:", "if not sizes and expected < 0:")
#: In a method of the store: whether the disk has hard write pointers, which no append can go back behind.
HAS_ZONES: Final = "hasattr(self.disk, 'hard_pointer')"
#: Whether the extent's header was lost in the crash; the published system had none.
HAS_NO_HEADER: Final = "not any(self.disk.read(number, 60, 4))"

UUID_COLLISION: Final = Bug(
    "uuid-collision-forgets-chunks",
    "the published frame check: magic, a length that is believed, a closing tag that repeats the UUID; appends go "
    "on at a page border after a crash, and reclamation trusts its scan",
    "chunk store",
    ("crash-pages", "crash", "crash-versions"),
    (
        edit(
            ChunkReader,
            "chunk_at",
            (
                "probe_frame(window.take(offset, CHUNK_HEADER_SIZE + EXTRA_SIZE), extent.place_seed(offset))",
                lines(
                    "window.take(offset, CHUNK_HEADER_SIZE).ljust(CHUNK_HEADER_SIZE, b'?')",
                    "    from formats.generated import chunk_v1",
                    "    header = chunk_v1.HEADER.unpack(header)",
                    "    owner = chunk_v1.OWNER_NAMES.get(header[1], 'shard')",
                    "    fields = (owner, *header[2:8], None, CHUNK_HEADER_SIZE)",
                    "    is_first = header[0] == chunk_v1.LEAD",
                    "    data = window.take(offset, CHUNK_HEADER_SIZE + EXTRA_SIZE)",
                    "    header = FrameHeader(*fields) if is_first else probe_frame(data, extent.place_seed(offset))",
                ),
            ),
            (
                "if end > window.end or crc32c(key) != key_checksum:",
                "if end > window.end or window.take(end - TAG_SIZE, TAG_SIZE) != uuid[:TAG_SIZE]:",
            ),
        ),
        edit(Reclamation, "_evacuate", SCAN_ALONE),
        edit(
            StoreParts,
            "_restore",
            (
                "if not recovered.is_clean and",
                f"if not recovered.is_clean and (owner != 'data' or {HAS_ZONES} or {HAS_NO_HEADER}) and",
            ),
        ),
        edit(
            StoreParts,
            "_opened",
            (
                "            if recovered.is_clean:\n                # Only",
                lines(
                    "            self = store",
                    f"            if recovered.is_clean or not {HAS_ZONES}:",
                    "                # Only",
                ),
            ),
        ),
        edit(
            StoreParts,
            "_go_on_in",
            (
                "self.extents.append(extent, (bytes(gap),), gap)",
                lines(
                    f"if {HAS_ZONES}: self.extents.append(extent, (bytes(gap),), gap)",
                    "                else: extent.pointer = extent.issued = extent.pointer + gap",
                ),
            ),
        ),
    ),
    issue=10,
)
