"""The reference store: reads a whole disk from its bytes alone, by docs/formats/store.md and the pages beside it.

    headers of the root extents → superblock → tree metadata → runs → chunks

It is what the engine must agree with: after every clean close, in every crash state, on every image. It uses the
reference decoders, and nothing of the engine, of the formats, or of a CRC library.
"""

from __future__ import annotations

from typing import Any, Final

from . import extent_header
from .context import seed_of
from .ground import Stretch, ground
from .image import ExtentState, Frame, Locator, NoStore, Read, Rotten, Run, StoreImage
from .mapping import Values, newest_entries
from .named_chunk import CHUNK_2, PAGE_2, Medium
from .refusal import Refusal
from .roots import HEADER_SIZE_BYTES, RESERVED_COUNT, Chain, Geometry, Roots
from .runs import read_run
from .states import extent_states, missing_record, tree

#: The features that a reader of this store must know, and that this one knows: chunks and data pages of version 2.
INCOMPATIBLE_KNOWN: Final = CHUNK_2 | PAGE_2

__all__ = [
    "ExtentState",
    "Frame",
    "Locator",
    "NoStore",
    "Read",
    "Rotten",
    "Run",
    "StoreImage",
    "Stretch",
    "ground",
    "read_image",
    "read_store",
    "reader_of",
]


def reader_of(image: bytes, extent_size_bytes: int) -> Read:
    """Reads from the bytes of a whole disk."""

    def read(extent: int, offset: int, length: int) -> bytes:
        start = extent * extent_size_bytes + offset
        return image[start : start + length]

    return read


def read_image(image: bytes, extent_size_bytes: int) -> StoreImage:
    """What the bytes of a whole disk say; bytes behind the last whole extent are none of it. Raises NoStore."""
    return read_store(reader_of(image, extent_size_bytes), len(image) // extent_size_bytes, extent_size_bytes)


def read_store(read: Read, extent_count: int, extent_size_bytes: int) -> StoreImage:
    """What a disk of so many extents of so many bytes says. Raises NoStore, and whatever `read` raises."""
    if extent_count < RESERVED_COUNT:
        raise NoStore("extents", f"{extent_count} extents, fewer than the {RESERVED_COUNT} of the roots")
    roots = Roots(read, extent_size_bytes)
    if roots.geometry.extent_size != extent_size_bytes:
        raise NoStore("extent_size", f"extents have {roots.geometry.extent_size} bytes, not {extent_size_bytes}")
    superblock, old_superblock = _chains(roots, "superblock")
    last = superblock.steps[-1].record
    _refuse_unknown(last, extent_count)
    metadata, old_metadata = _chains(roots, "tree_metadata")
    extents = extent_states(superblock)
    # A close that is done has synced both copies of its mark.
    is_clean = bool(last["flags"]) and not superblock.torn
    rotten = [*superblock.rotten, *metadata.rotten]
    torn = [*superblock.torn]
    (rotten if is_clean else torn).extend(metadata.torn)
    if is_clean:
        rotten += missing_record(metadata, extents)

    medium = Medium(read, roots.geometry.disk, extent_count, extent_size_bytes, extents, last["incompatible"])
    runs = tree(metadata)
    contents = [read_run(medium, run) for run in runs]
    values = Values(medium)
    for key, entry in sorted(newest_entries(contents).items()):
        values.take(key, entry)
    for content in contents:
        rotten += content.rotten
    rotten += values.rotten
    chunks = [frame for content in contents for frame in content.frames] + values.frames
    headers, header_faults = headers_of(read, roots.geometry, extents, chunks)
    chains = (superblock, old_superblock, metadata, old_metadata)
    return StoreImage(
        disk=roots.geometry.disk,
        extent_count=extent_count,
        extent_size_bytes=extent_size_bytes,
        page_size_bytes=roots.geometry.page_size,
        masks=(last["compatible"], last["read_only_compatible"], last["incompatible"]),
        superblock_sequence=superblock.newest,
        metadata_sequence=metadata.newest,
        next_run=metadata.steps[-1].record["next_run"],
        is_clean=is_clean,
        extents=extents,
        runs=runs,
        values=values.whole,
        unreadable=values.unreadable,
        rotten=(*rotten, *header_faults),
        torn=tuple(torn),
        named=(*_root_frames(superblock, torn), *_root_frames(metadata, torn), *headers, *chunks),
        root_ends={number: chain.end if number in chain.whole else 0 for chain in chains for number in chain.pair},
    )


def _chains(roots: Roots, structure: str) -> tuple[Chain, Chain]:
    """The chain of a root that counts, and the other one; a store has at least one record of each root."""
    newest, other = roots.newest_chain(structure)
    if not newest.steps:
        raise NoStore(structure, "there is no record of it: creating the store was never finished")
    return newest, other


def _refuse_unknown(last: dict[str, Any], extent_count: int) -> None:
    """NoStore where the newest superblock record is one that must not be read on."""
    unknown = last["incompatible"] & ~INCOMPATIBLE_KNOWN
    if unknown:
        detail = (
            f"features {unknown:#x} are in use, this reader knows {INCOMPATIBLE_KNOWN:#x}: read it with a newer one"
        )
        raise NoStore("incompatible", detail)
    if last["extent_count"] != extent_count:
        raise NoStore("extents", f"{extent_count} extents, and the store has {last['extent_count']}")


def headers_of(
    read: Read, geometry: Geometry, extents: dict[int, ExtentState], chunks: list[Frame]
) -> tuple[list[Frame], list[Rotten]]:
    """The headers of the extents in which something is named, and those of them that are not right."""
    frames, faults = [], []
    for number in sorted({frame.extent for frame in chunks}):
        state = extents[number]
        frames.append(Frame("extent_header", number, 0, HEADER_SIZE_BYTES))
        rule = ""
        try:
            header, _ = extent_header.decode_prefix(
                read(number, 0, HEADER_SIZE_BYTES), seed_of(extent_header.CONTEXT, b"", number, 0, 0, 0)
            )
        except Refusal as refusal:
            rule = refusal.rule
        else:
            claim = Geometry(header["disk"], header["extent_size"], header["page_size"])
            if (header["owner"], header["generation"], claim) != (state.owner, state.generation, geometry):
                rule = "identity"
        if rule:
            faults.append(Rotten("extent_header", number, state.generation, 0, rule))
    return frames, faults


def _root_frames(chain: Chain, torn: list[Rotten]) -> list[Frame]:
    """Headers and records of the chain that counts; a copy that a crash may have torn is no frame that is named."""
    lost = {(fault.extent, fault.offset) for fault in torn}
    frames = [Frame("extent_header", number, 0, HEADER_SIZE_BYTES) for number in chain.whole]
    for step in chain.steps:
        frames += [
            Frame(chain.structure, number, step.offset, step.size)
            for number in chain.pair
            if (number, step.offset) not in lost
        ]
    return frames
