"""Recovery: what a disk says, decided by reference.

    extent headers of the roots → superblock → tree metadata; runs and chunks are named by those and read on demand

Roots have no referrer, so their two copies decide, record by record: one good copy is enough; both bad ends the chain.
A record of which one copy is bad although a later record follows was acknowledged: that copy is rotten or a lost
write, and reported. Of the newest record the second copy may simply not have been written when the machine stopped.
This holds for at most one fault of the medium per pair and record, and for a sync that does not lie.

Reading changes nothing on disk. The store then writes both roots afresh to their other pair, which repairs them.
"""

from __future__ import annotations

from itertools import starmap
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from formats.generated import extent_header_v1, superblock_v1, tree_metadata_v1
from formats.seeds import extent_header_seed, life_seed, offset_seed

from .config import Shape
from .errors import ChunkRotten, NotAStore, UnsupportedStore
from .extents import HEADER_SIZE, METADATA_PAIRS, RESERVED_COUNT, SUPERBLOCK_PAIRS, unreadable
from .roots import resealed
from .superblock import CLEAN_CLOSE, READ_ONLY_COMPATIBLE
from .versions import INCOMPATIBLE

if TYPE_CHECKING:
    from .disk import Disk
    from .extents import Owner
    from .roots import Pair
    from .tree_metadata import RunTable

assert superblock_v1.HEADER_SIZE == tree_metadata_v1.HEADER_SIZE
assert superblock_v1.Header._fields[-2:] == ("entries_length", "entries_checksum")
assert tree_metadata_v1.Header._fields[-2:] == ("changes_length", "changes_checksum")
RECORD_HEADER_SIZE: Final = superblock_v1.HEADER_SIZE
#: Where the fields of a record's header have the length of its body.
LENGTH_AT: Final = -2
#: Roots are read by blocks of this size. It is a page of the operating system, which reads no less for a few bytes, so
#: a bad sector hurts what it would hurt anyway.
BLOCK_SIZE: Final = 4096
MAGIC: Final = extent_header_v1.LEAD[:3]
VERSION_AT: Final = 3


class RootHeader(NamedTuple):
    """What the header of a reserved extent says."""

    disk: bytes
    shape_sizes: tuple[int, int]
    generation: int


class Chain(NamedTuple):
    """The records of one pair. `torn`: the bad copy of the newest one, of which there may never have been a second."""

    pair: int
    records: tuple[Any, ...]
    damage: tuple[ChunkRotten, ...]
    torn: ChunkRotten | None
    end: int
    life: int


#: A life of a pair, and the seed of places in it by extent.
Life: TypeAlias = tuple[int, dict[int, int]]
#: A good copy of a record: its bytes, those of its body, and the record.
Copy: TypeAlias = tuple[bytes, bytes, Any]


class ExtentState(NamedTuple):
    """What the superblock says of an extent."""

    generation: int
    pointer: int
    owner: Owner


class Recovered(NamedTuple):
    """Everything that the roots say, and what is wrong with them."""

    uuid: bytes
    shape: Shape
    generations: dict[int, int]
    extents: dict[int, ExtentState]
    superblock_pair: int
    superblock_sequence: int
    masks: tuple[int, int, int]
    is_clean: bool
    metadata_pair: int
    metadata_sequence: int
    next_run: int
    runs: RunTable
    damage: tuple[ChunkRotten, ...]
    #: A record without which the index is older than what was reported persistent.
    lost: ChunkRotten | None

    def refuse_writing(self) -> None:
        """`UnsupportedStore` where a feature is in use beside which this release may only read, `ChunkRotten` where a
        record is lost, which writing would make final.
        """
        if self.lost is not None:
            raise self.lost
        unknown = self.masks[1] & ~READ_ONLY_COMPATIBLE
        if unknown:
            raise UnsupportedStore(
                f"the store uses features beside which this release may only read (mask {unknown:#x}); "
                "open it for reading only, or use a newer release"
            )


class RootBlocks:
    """Reads the extents of the roots by blocks, and holds the last one of each."""

    __slots__ = ("_held", "disk")

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        #: By extent: where the block starts, and its bytes.
        self._held: dict[int, tuple[int, bytes]] = {}

    def rest(self, number: int, offset: int) -> bytes:
        """The bytes from an offset of an extent to the end of the block that it lies in."""
        at = offset % BLOCK_SIZE
        start = offset - at
        held = self._held.get(number)
        if held is None or held[0] != start:
            size = min(BLOCK_SIZE, self.disk.extent_size_bytes - start)
            held = self._held[number] = start, self.read(number, start, size)
        return held[1][at:]

    def read(self, number: int, offset: int, length: int) -> bytes:
        """Exactly these bytes; `DiskFailed` says where the disk refused."""
        try:
            return self.disk.read(number, offset, length)
        except OSError as error:
            raise unreadable(error, number, offset, length) from error


def read_root_header(data: bytes, extent: int) -> RootHeader | None:
    """The header of a reserved extent, or None."""
    header = extent_header_v1.probe_header(data, extent_header_seed(extent))
    if header is None or header[0] != ("superblock" if extent < METADATA_PAIRS[0][0] else "metadata"):
        return None
    _owner, disk, extent_size, page_size, generation = header
    return RootHeader(disk, (extent_size, page_size), generation)


def describe_start(data: bytes) -> str:
    """What the first bytes of a file look like, for people."""
    if not data:
        return "an empty file"
    if not any(data):
        return "zeros"
    return f"bytes that begin with {data[:8].hex(' ')}"


def refuse(data: bytes) -> NotAStore | UnsupportedStore:
    """Why the first bytes of a disk are no extent header of ours."""
    if data[: len(MAGIC)] == MAGIC and len(data) > VERSION_AT and data[VERSION_AT] != extent_header_v1.VERSION:
        return UnsupportedStore(
            f"the extent header has version {data[VERSION_AT]}; this release reads version {extent_header_v1.VERSION}: "
            "use the release that wrote the store, or a newer one"
        )
    return NotAStore(
        f"expected an extent header at the start of one of the superblock's extents, found {describe_start(data)}"
    )


def recover(disk: Disk) -> Recovered:
    """Read the roots of a disk. Raises `NotAStore`, `UnsupportedStore`, `DiskFailed`."""
    if disk.extent_count < RESERVED_COUNT:
        raise NotAStore(
            f"expected at least the {RESERVED_COUNT} reserved extents, found {disk.extent_count} whole ones of "
            f"{disk.extent_size_bytes} bytes: the disk file was cut short; restore it from a replica"
        )
    numbers = [number for pair in (*SUPERBLOCK_PAIRS, *METADATA_PAIRS) for number in pair]
    blocks = RootBlocks(disk)
    headers = {number: read_root_header(blocks.rest(number, 0), number) for number in numbers}
    known = [(header.disk, header.shape_sizes) for header in headers.values() if header is not None]
    if not known:
        raise refuse(blocks.read(0, 0, HEADER_SIZE))
    # Each once: most often there is one.
    uuid, (extent_size, page_size) = max(dict.fromkeys(known), key=known.count)
    generations = {number: header.generation for number, header in headers.items() if header and header.disk == uuid}
    if extent_size != disk.extent_size_bytes:
        raise NotAStore(f"the store has extents of {extent_size} bytes, the disk of {disk.extent_size_bytes}")
    superblock = newest_chain(blocks, uuid, generations, SUPERBLOCK_PAIRS, superblock_v1)
    if not superblock.records:
        raise NotAStore("the superblock has no record: creating the store was never finished")
    last = superblock.records[-1]
    masks = (last.compatible, last.read_only_compatible, last.incompatible)
    if last.incompatible & ~INCOMPATIBLE:
        raise UnsupportedStore(
            f"the store uses features that this release does not know (incompatible mask {last.incompatible:#x}); "
            "use the release that wrote it, or a newer one"
        )
    if last.extent_count != disk.extent_count:
        raise NotAStore(
            f"expected the {last.extent_count} extents of {extent_size} bytes that the store has, found "
            f"{disk.extent_count}: the disk file was cut or joined with something; restore it from a replica"
        )
    metadata = newest_chain(blocks, uuid, generations, METADATA_PAIRS, tree_metadata_v1)
    if not metadata.records:
        raise NotAStore("tree metadata has no record: creating the store was never finished")
    # Both copies of the mark are durable when a close is done; of one that broke off there may be one.
    is_clean = bool(last.flags & CLEAN_CLOSE) and superblock.torn is None
    extents = extents_of(superblock.records)
    return Recovered(
        uuid=uuid,
        shape=Shape(extent_count=last.extent_count, extent_size_bytes=extent_size, page_size_bytes=page_size),
        generations=generations,
        extents=extents,
        superblock_pair=superblock.pair,
        superblock_sequence=last.sequence,
        masks=masks,
        is_clean=is_clean,
        metadata_pair=metadata.pair,
        metadata_sequence=metadata.records[-1].sequence,
        next_run=metadata.records[-1].next_run,
        runs=runs_of(metadata.records),
        damage=(*superblock.damage, *metadata.damage, *((metadata.torn,) if is_clean and metadata.torn else ())),
        lost=missing_record(metadata, extents) if is_clean else None,
    )


def missing_record(metadata: Chain, extents: dict[int, ExtentState]) -> ChunkRotten | None:
    """The newest record of tree metadata, if it is gone; only after a clean close does the superblock know its end.

    The pairs are opened in turn, the first one first: so the newest life is the greatest, and of equals the second's.
    """
    known = [
        (extents[number].generation, index, number)
        for index, pair in enumerate(METADATA_PAIRS)
        for number in pair
        if number in extents and extents[number].owner == "metadata"
    ]
    generation, index, number = max(known, default=(0, 0, -1))
    if not known or (generation, index) < (metadata.life, metadata.pair):
        return None
    end = metadata.end if (generation, index) == (metadata.life, metadata.pair) else 0
    if extents[number].pointer <= end:
        return None
    rule = "the newest record is gone, and what it says of the index"
    return ChunkRotten("tree_metadata", extent=number, generation=generation, offset=end, rule=rule)


def newest_chain(
    blocks: RootBlocks, uuid: bytes, generations: dict[int, int], pairs: tuple[Pair, Pair], codec: Any
) -> Chain:
    """The chain of the pair that was written last.

    A pair is opened when the other one takes no more records, so their first records tell which that is. The other one
    is only followed where that first record turns out to be torn.
    """
    lives = [life_of(uuid, generations, pair) for pair in pairs]
    first, second = (first_sequence(blocks, seeds, codec) for _, seeds in lives)
    for sequence, (_, seeds) in zip((first, second), lives, strict=True):
        if not sequence and len(seeds) == len(pairs[0]):
            refuse_newer(blocks, seeds, codec)
    newest = int(second > first)
    chain = follow_chain(blocks, newest, pairs[newest], lives[newest], codec)
    if chain.records:
        return chain
    return follow_chain(blocks, 1 - newest, pairs[1 - newest], lives[1 - newest], codec)


def life_of(uuid: bytes, generations: dict[int, int], pair: Pair) -> Life:
    """The newest life of a pair, and the seeds of places in those of its extents that are in it."""
    life = max(generations.get(number, 0) for number in pair)
    return life, {number: life_seed(uuid, number, life) for number in pair if generations.get(number) == life}


def refuse_newer(blocks: RootBlocks, seeds: dict[int, int], codec: Any) -> None:
    """`UnsupportedStore` where both copies of a pair's first record say that they are of another version.

    A release with another version opens a pair with it. To go on with the other pair would be to go back in time.
    """
    leads = [blocks.read(number, HEADER_SIZE, VERSION_AT + 1) for number in seeds]
    if all(lead[:VERSION_AT] == codec.LEAD[:VERSION_AT] and lead[VERSION_AT] != codec.VERSION for lead in leads):
        raise UnsupportedStore(
            f"the newest records of {codec.FORMAT} have version {leads[0][VERSION_AT]}; this release reads version "
            f"{codec.VERSION}: use the release that wrote the store, or a newer one"
        )


def first_sequence(blocks: RootBlocks, seeds: dict[int, int], codec: Any) -> int:
    """What the header of a pair's first record has for a sequence number, whole or not; 0 where there is none."""
    for number, seed in seeds.items():
        fields = codec.probe_header(blocks.rest(number, HEADER_SIZE), offset_seed(HEADER_SIZE, seed))
        if fields is not None:
            return int(codec.Header(*fields).sequence)
    return 0


def read_chain(  # where to read what
    disk: Disk, uuid: bytes, generations: dict[int, int], index: int, pair: Pair, codec: Any
) -> Chain:
    """The records of one pair, as far as one copy of each is good."""
    return follow_chain(RootBlocks(disk), index, pair, life_of(uuid, generations, pair), codec)


def follow_chain(blocks: RootBlocks, index: int, pair: Pair, of_life: Life, codec: Any) -> Chain:
    """The same, with blocks that may have been read before."""
    life, seeds = of_life
    records: list[Any] = []
    suspects: list[ChunkRotten] = []
    offset = HEADER_SIZE
    torn_at = -1
    while seeds:
        good: Copy | None = None
        bad: list[int] = []
        for number in pair:
            found = read_copy(blocks, number, offset, seeds[number], codec, good) if number in seeds else None
            if found is None:
                bad.append(number)
            elif good is None:
                good = found
        if good is None:
            break
        record = good[2]
        if record.sequence != records[-1].sequence + 1 if records else record.record != "full":
            break
        if bad:
            torn_at = len(records)
            suspects += [ChunkRotten(codec.FORMAT, extent=number, generation=life, offset=offset) for number in bad]
        records.append(record)
        offset += len(good[0])
    is_torn = bool(records) and torn_at == len(records) - 1
    # The newest record's second copy may never have been written; that of any other was.
    torn = suspects.pop() if is_torn else None
    return Chain(index, tuple(records), tuple(suspects), torn, offset, life)


def read_copy(  # where to read what
    blocks: RootBlocks, number: int, offset: int, seed: int, codec: Any, other: Copy | None
) -> Copy | None:
    """One copy of the record at an offset, or None where none is whole. other: that of the other extent, if it is."""
    extent_size = blocks.disk.extent_size_bytes
    if offset + RECORD_HEADER_SIZE > extent_size:
        return None
    place_seed = offset_seed(offset, seed)
    data = blocks.rest(number, offset)
    expected = None if other is None else resealed(codec, other[0], place_seed)
    if expected is not None and data.startswith(expected):
        return other
    if len(data) < RECORD_HEADER_SIZE:
        data = blocks.read(number, offset, RECORD_HEADER_SIZE)
    fields = codec.probe_header(data, place_seed)
    if fields is None:
        return None
    size = RECORD_HEADER_SIZE + fields[LENGTH_AT]
    if len(data) < size:
        if offset + size > extent_size:
            return None
        data = blocks.read(number, offset, size)
    data = data[:size]
    if data == expected:
        return other
    record = codec.probe(data, place_seed)
    return None if record is None else (data, data[RECORD_HEADER_SIZE:], record)


def since_full(records: tuple[Any, ...]) -> tuple[Any, ...]:
    """The records from the newest full one on."""
    start = max(at for at, record in enumerate(records) if record.record == "full")
    return records[start:]


def extents_of(records: tuple[Any, ...]) -> dict[int, ExtentState]:
    """What the superblock's records say of each extent."""
    state: dict[int, ExtentState] = {}
    for record in since_full(records):
        entries = record.entries
        columns = zip(entries.generations, entries.write_pointers, entries.owners, strict=True)
        state.update(zip(entries.extents, starmap(ExtentState, columns), strict=True))
    return state


def runs_of(records: tuple[Any, ...]) -> RunTable:
    """The runs that tree metadata's records name: what a record removes goes before what it adds."""
    table: RunTable = {}
    for record in since_full(records):
        changes = record.changes
        for number in changes.removed:
            table.pop(number, None)
        locators = tuple(
            zip(changes.extents, changes.generations, changes.offsets, changes.lengths, changes.checksums, strict=True)
        )
        start = 0
        for number, level, end in zip(changes.added, changes.levels, changes.chunk_ends, strict=True):
            table[number] = (level, locators[start:end])
            start = end
    return table
