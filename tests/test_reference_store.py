"""The reference store and the engine read the same from the same bytes: histories, crash states, and damage."""

from __future__ import annotations

import random
from collections.abc import Callable
from operator import itemgetter
from typing import Any, Final

import msgspec
import pytest

from engine import Limits, Shape, Store
from engine.crash_choice import Kept
from engine.errors import ChunkRotten, NotAStore, StoreFull, UnsupportedStore
from engine.memory_disk import MemoryDisk
from engine.recovery import recover
from engine.seams import Seams, SeededRandomness
from engine.zoned_disk import ZonedDisk
from roundtrip.reference import mapping, named_chunk, roots, store
from roundtrip.reference.store import NoStore, Rotten, StoreImage, ground, read_image, read_store

#: So small that every path runs within a few dozen operations.
SHAPE: Final = Shape(extent_count=28, extent_size_bytes=4096, page_size_bytes=512)
LIMITS: Final = Limits(
    memtable_entries=12,
    cache_bytes=0,
    buffer_pool_bytes=4096,
    write_bytes=1024,
    chunk_bytes=700,
    run_fanout=3,
    background=False,
)
#: Every fifth is so long that the index needs several pages.
KEYS: Final = tuple(b"key %02d" % number + b"-" * (900 if number % 5 == 0 else 0) for number in range(25))
SIZES: Final = (0, 1, 10, 100, 463, 699, 700, 701, 1500)
DISKS: Final = (MemoryDisk, ZonedDisk)
#: Stores at rest: see `images`.
STATES: Final = ("closed", "crashed", "mixed closed", "mixed crashed")
Place = tuple[str, int, int, int, bytes | None]


#: Histories from this seed on open the store with other format versions each time.
MIXED: Final = 100


def limits_of(seed: int, opening: int) -> Limits:
    """The limits of the so many-th opening."""
    versions = (1 + opening % 2, 1 + opening // 2 % 2) if seed >= MIXED else (1, 1)
    return msgspec.structs.replace(LIMITS, chunk_version=versions[0], page_version=versions[1])


class History:
    """A store under random operations; what it holds is the engine's business."""

    def __init__(self, seed: int, kind: type[MemoryDisk]) -> None:
        self.random = random.Random(seed)
        self.seed, self.openings = seed, 0
        self.seams = Seams(randomness=SeededRandomness(seed))
        self.disk = kind(SHAPE.extent_count, SHAPE.extent_size_bytes)
        self.store = Store.create_on(self.disk, SHAPE, limits_of(seed, 0), self.seams)

    def step(self) -> None:
        chance, key = self.random.random(), self.random.choice(KEYS)
        try:
            if chance < 0.55:
                self.store.put(key, self.random.randbytes(self.random.choice(SIZES)))
            elif chance < 0.75:
                self.store.delete(key)
            elif chance < 0.85:
                self.store.flush().wait()
            elif chance < 0.92:
                self.store.reclaim(self.random.choice((1, 2, None)))
            else:
                self.store.compact()
        except StoreFull:
            self.store.abandon()
            self.open(self.disk.crash())

    def close(self) -> None:
        """Close cleanly where there is room for it."""
        try:
            self.store.close()
        except StoreFull:
            self.store.abandon()

    def open(self, disk: MemoryDisk) -> None:
        self.disk = disk
        self.openings += 1
        self.store = Store.open_on(disk, limits_of(self.seed, self.openings), self.seams)

    def crashed(self) -> MemoryDisk:
        """What a crash now may leave: of each write nothing, all, its start, or all but a sector."""
        kept = []
        for index, write in enumerate(self.disk.unsynced):
            fate = self.random.randrange(4) if write.data else self.random.randrange(2)
            length = self.random.randrange(len(write.data)) if fate == 2 else None
            sector = self.random.choice(write.sectors()) if fate == 3 else None
            kept += [Kept(index, length, sector)] if fate else []
        return self.disk.crash(self.disk.possible(tuple(kept)))


def read(disk: MemoryDisk) -> StoreImage:
    return read_store(disk.fork().read, disk.extent_count, disk.extent_size_bytes)


def agreed(disk: MemoryDisk) -> StoreImage:
    """What the reference reads from a whole store, after the engine agreed with all of it."""
    image, found = read(disk), recover(disk.fork())
    expect("rotten", (*image.rotten, *image.unreadable), found.damage)
    expect("clean", image.is_clean, found.is_clean)
    states = {number: (state.owner, state.generation, state.pointer) for number, state in found.extents.items()}
    expect("extents", image.extents, states)
    expect("runs", {run.number: (run.level, run.chunks) for run in image.runs}, found.runs)
    expect("next run", image.next_run, found.next_run)
    numbers = (found.superblock_sequence, found.metadata_sequence)
    expect("sequences", (image.superblock_sequence, image.metadata_sequence), numbers)
    opened = Store.open_on(disk.fork(), LIMITS)
    expect("values", image.values, {key: opened.get(key) for key in opened.scan()})
    opened.abandon()
    return image


class Disagreement(AssertionError):
    """The reference and the engine say different things of the same bytes."""


def expect(what: str, reference: object, engine: object) -> None:
    if reference != engine:
        raise Disagreement(f"{what}: the reference says {reference!r}, the engine {engine!r}")


def run(seed: int, kind: type[MemoryDisk], rounds: int) -> History:
    """Rounds of operations, each ended by a clean close or a crash, after which both must agree."""
    history = History(seed, kind)
    for number in range(rounds):
        for _ in range(history.random.randrange(25)):
            history.step()
        if number % 2:
            history.close()
            history.open(history.disk.crash())
        else:
            for _ in range(3):
                agreed(history.crashed())
            disk = history.crashed()
            history.store.abandon()
            history.open(disk)
        agreed(history.disk.crash())
    return history


@pytest.mark.parametrize("seed", [*range(6), *range(MIXED, MIXED + 6)])
@pytest.mark.parametrize("kind", DISKS)
def test_reference_agrees_with_the_engine_after_crashes_and_reopens(seed: int, kind: type[MemoryDisk]) -> None:
    run(seed, kind, 12)


@pytest.mark.parametrize("seed", [*range(3), *range(MIXED, MIXED + 3)])
@pytest.mark.parametrize("kind", DISKS)
def test_reference_reads_what_was_put_before_a_clean_close(seed: int, kind: type[MemoryDisk]) -> None:
    history = run(seed, kind, 4)
    for _ in range(40):
        history.step()
    expected = {key: history.store.get(key) for key in history.store.scan()}
    history.close()
    image = agreed(history.disk.crash())
    assert (image.is_clean, image.values) == (True, expected)
    assert read_image(history.disk.crash().image(), SHAPE.extent_size_bytes) == image


@pytest.fixture(scope="module")
def images() -> dict[str, MemoryDisk]:
    """Disks with replaced values, tombstones, torn writes, several runs: closed, crashed, both with mixed versions.

    In the mixed ones an index page lies in two chunks.
    """
    return images_of(26, "") | images_of(MIXED + 35, "mixed ")


def images_of(seed: int, prefix: str) -> dict[str, MemoryDisk]:
    history = run(seed, MemoryDisk, 3)
    for _ in range(30):
        history.step()
    history.store.put(KEYS[1], b"x" * 1500).wait()
    history.store.put(KEYS[2], b"y" * 10).wait()
    found = {f"{prefix}crashed": history.disk.crash()}
    history.close()
    return found | {f"{prefix}closed": history.disk.crash()}


def flipped(disk: MemoryDisk, extent: int, offset: int, bit: int = 1) -> MemoryDisk:
    hurt = disk.fork()
    hurt.damage(extent, offset, bytes([hurt.read(extent, offset, 1)[0] ^ bit]))
    return hurt


def engine_damage(disk: MemoryDisk) -> tuple[set[Place], dict[bytes, bytes | Place]]:
    """What the engine finds damaged, and what it answers for each key that it can name."""
    try:
        opened = Store.open_on(disk.fork(), LIMITS, read_only=True)
    except ChunkRotten as error:
        return {place_of(error)}, {}
    answers: dict[bytes, bytes | Place] = {}
    for key in KEYS:
        try:
            value = opened.get(key)
        except ChunkRotten as error:
            answers[key] = (error.structure, error.extent, error.generation, error.offset, error.key)
        else:
            answers |= {} if value is None else {key: value}
    return {place_of(error) for error in opened.scrub().damage}, answers


def place_of(damage: ChunkRotten | Rotten) -> Place:
    return damage.structure, damage.extent, damage.generation, damage.offset, damage.key


def agree_on_damage(disk: MemoryDisk) -> StoreImage:
    """The same places are damaged, and each key has the same value or is hurt at the same place."""
    image = read(disk)
    places = {place_of(rotten) for rotten in image.rotten}
    damage, answers = engine_damage(disk)
    expect("damage", sorted(damage - places, key=str), [])
    # The engine names a bad page only where it did not name its chunk, and nothing more where it cannot open a run.
    chunks = {place[1:3] for place in damage}
    rest = {place for place in places - damage if place[1:3] not in chunks}
    if not answers:
        # The index page of a run may lie in two chunks: the engine stops at the page, and names where it begins.
        rest = {place for place in rest if place[0] != "chunk" or place[4] is not None}
    expect("further damage", rest, set())
    if answers:
        expect("values", image.values, {key: value for key, value in answers.items() if isinstance(value, bytes)})
        hurt = {key: place for key, place in answers.items() if not isinstance(place, bytes)}
        for key, rotten in image.unreadable.items():
            expect(f"damage of {key!r}", place_of(rotten)[:4], hurt.get(key, ())[:4])
    return image


def spots(disk: MemoryDisk, kind: str, count: int, seed: int) -> list[tuple[int, int]]:
    """Some bytes of this kind, each an extent and an offset in it; the first of every stretch is among them."""
    stretches = [
        (number, stretch)
        for number, found in ground(disk.fork().read, read(disk)).items()
        for stretch in found
        if stretch.kind == kind
    ]
    source = random.Random(seed)
    drawn = source.choices(stretches, k=count)
    chosen = [(number, source.randrange(one.start, one.end)) for number, one in drawn]
    return [(number, one.start) for number, one in stretches] + chosen


@pytest.mark.parametrize("state", STATES)
def test_a_flip_in_a_named_frame_is_found_where_the_engine_finds_it(
    images: dict[str, MemoryDisk], state: str, seed: int
) -> None:
    disk = images[state]
    whole = read(disk)
    for extent, offset in spots(disk, "named", 50, seed):
        hurt = flipped(disk, extent, offset)
        image = agree_on_damage(hurt)
        assert image.rotten != whole.rotten or image.torn != whole.torn, (extent, offset)
        assert image.values.items() <= whole.values.items(), (extent, offset)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("kind", ["dead", "debris"])
def test_a_flip_in_a_dead_frame_or_in_debris_changes_nothing(
    images: dict[str, MemoryDisk], state: str, kind: str, seed: int
) -> None:
    disk = images[state]
    whole, damage = read(disk), engine_damage(disk)
    for extent, offset in spots(disk, kind, 40, seed):
        hurt = flipped(disk, extent, offset)
        assert read(hurt) == whole, (extent, offset)
        assert engine_damage(hurt) == damage


def test_ground_covers_every_byte_below_the_pointers(images: dict[str, MemoryDisk]) -> None:
    for disk in images.values():
        image = read(disk)
        found = ground(disk.fork().read, image)
        for number, stretches in found.items():
            ends = [0, *(stretch.end for stretch in stretches)]
            assert [stretch.start for stretch in stretches] == ends[:-1]
            assert ends[-1] == (image.root_ends[number] if number < 8 else image.extents[number].pointer)
        assert {stretch.kind for each in found.values() for stretch in each} == {"named", "dead", "debris"}


def test_a_newest_index_record_that_both_copies_lost_is_damage(images: dict[str, MemoryDisk]) -> None:
    disk = images["closed"]
    last = [frame for frame in read(disk).named if frame.structure == "tree_metadata"][-2:]
    assert last[0].offset == last[1].offset
    for frame in last:
        disk = flipped(disk, frame.extent, frame.offset)
    image = read(disk)
    found = recover(disk.fork())
    assert found.lost is not None
    assert [place_of(rotten) for rotten in image.rotten if rotten.rule == "missing"] == [place_of(found.lost)]


def test_one_lost_copy_of_the_clean_mark_is_a_close_that_a_crash_broke_off(images: dict[str, MemoryDisk]) -> None:
    disk = images["closed"]
    frame = next(frame for frame in reversed(read(disk).named) if frame.structure == "superblock")
    image = agree_on_damage(flipped(disk, frame.extent, frame.offset))
    assert (image.is_clean, [torn[1:4:2] for torn in image.torn]) == (False, [(frame.extent, frame.offset)])


def refused(disk: MemoryDisk, error: type[Exception]) -> str:
    """The rule by which the reference refuses, after the engine refused with this error."""
    with pytest.raises(error):
        recover(disk.fork())
    with pytest.raises(NoStore) as caught:
        read(disk)
    return caught.value.rule


def test_bytes_that_are_no_store_are_refused(images: dict[str, MemoryDisk]) -> None:
    size = SHAPE.extent_size_bytes
    image = images["closed"].image()
    assert refused(MemoryDisk(28, size), NotAStore) == "magic"
    assert refused(MemoryDisk(7, size), NotAStore) == "extents"
    assert refused(MemoryDisk.from_image(image + bytes(size), size), NotAStore) == "extents"
    assert refused(MemoryDisk.from_image(image, size // 2), NotAStore) == "extent_size"
    assert refused(MemoryDisk.from_image(image[: 4 * size] + bytes(24 * size), size), NotAStore) == "tree_metadata"
    empty = b"".join(image[at : at + 64] + bytes(size - 64) for at in range(0, 28 * size, size))
    assert refused(MemoryDisk.from_image(empty, size), NotAStore) == "superblock"


def test_another_version_is_refused_by_its_name(images: dict[str, MemoryDisk]) -> None:
    disk = images["closed"]
    for extent in range(8):
        disk = flipped(disk, extent, 3, 1 ^ 2)
    assert refused(disk, UnsupportedStore) == "version"


def ignores_tombstones(patch: pytest.MonkeyPatch) -> None:
    true = mapping.newest_entries

    def bug(contents: Any) -> Any:
        return true([one._replace(entries=dict(filter(itemgetter(1), one.entries.items()))) for one in contents])

    patch.setattr(store, "newest_entries", bug)


def takes_the_older_run(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(store, "newest_entries", lambda contents: mapping.newest_entries(contents[::-1]))


def takes_the_older_chain(patch: pytest.MonkeyPatch) -> None:
    true = roots.Roots.newest_chain

    def bug(self: roots.Roots, structure: str) -> Any:
        newest, other = true(self, structure)
        return (other, newest) if other.steps else (newest, other)

    patch.setattr(roots.Roots, "newest_chain", bug)


def trusts_one_torn_copy_as_clean(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(roots.Chain, "torn", ())


def takes_what_is_there_unverified(patch: pytest.MonkeyPatch) -> None:
    true = named_chunk.named_chunk

    def bug(*arguments: Any, **names: Any) -> Any:
        return true(*arguments, **names)._replace(fault=None)

    patch.setattr(mapping, "named_chunk", bug)


@pytest.mark.parametrize(
    "bug",
    [
        ignores_tombstones,
        takes_the_older_run,
        takes_the_older_chain,
        trusts_one_torn_copy_as_clean,
        takes_what_is_there_unverified,
    ],
)
def test_a_reference_with_a_planted_bug_is_found_out(
    bug: Callable[[pytest.MonkeyPatch], None], images: dict[str, MemoryDisk], monkeypatch: pytest.MonkeyPatch
) -> None:
    named = read(images["closed"]).named
    value = next(frame for frame in reversed(named) if frame.structure == "chunk")
    mark = next(frame for frame in reversed(named) if frame.structure == "superblock")
    bug(monkeypatch)
    with pytest.raises((Disagreement, NoStore)):
        compare_all([flipped(images["closed"], frame.extent, frame.offset + 10) for frame in (value, mark)])


def compare_all(hurt: list[MemoryDisk]) -> None:
    """Everything that the reference is compared with the engine by, in short."""
    for seed in range(3):
        run(seed, MemoryDisk, 8)
    for disk in hurt:
        agree_on_damage(disk)
        expect("clean", read(disk).is_clean, recover(disk.fork()).is_clean)
