"""Makes a store image to keep: runs a history on the engine, leaves the disk as asked, and has both readers read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, cast

import msgspec

from corpus.images import SIZE_MAXIMUM, ImageSidecar, KeptImage
from corpus.sidecar import hashed
from engine import Limits
from engine.config import AS_DECLARED
from engine.file_disk import FileDisk
from engine.memory_disk import MemoryDisk
from engine.store_directory import DISK_FILE, find_extent_size, lock_of
from formats.errors import ShardproofError

from ..compiled.loading import refuse_compiled
from ..faults.atlas import DATA_PAGE, RUN_END, SUPERBLOCK_RECORD, VALUE_FRAME
from ..faults.places import places_of
from ..histories.operations import Crash, Cut, PowerCut, parse_operation
from ..histories.power import UNCOUNTED, PowerFailed, drawn_survivors
from ..histories.session import Session
from ..reference.store import ground, read_store
from .reading import disagreement, engine_verdict, look, reference_reading
from .recipes import CLOSED, RECIPES, Recipe, image_preset
from .remembering import RememberingDisk

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ..faults.places import Place
    from ..histories.presets import Preset

#: Words of a recipe for what is turned, in the words of the fault atlas.
TURNED: Final = {"value": VALUE_FRAME, "page": DATA_PAGE, "footer": RUN_END, "root": SUPERBLOCK_RECORD}
PLACEMENT: Final = "counter"
RANDOM_PLACEMENT: Final = "seeded"


class NoImage(ShardproofError):
    """An image cannot be made as asked."""


def recipe_named(name: str) -> Recipe:
    """The recipe of this name. Raises `NoImage`."""
    if name not in RECIPES:
        raise NoImage(f"recipe: expected one of {', '.join(RECIPES)}, found {name[:40]!r}")
    return RECIPES[name]


def made_by(recipe: Recipe, *, writer: str) -> KeptImage:
    """The image of a recipe, as the engine writes it today. Raises `NoImage` where the readers disagree about it."""
    preset = image_preset(recipe.preset)
    placement = RANDOM_PLACEMENT if recipe.name.startswith("random") else PLACEMENT
    disk, limits = left_by(recipe, preset, placement)
    earlier = cast("RememberingDisk", disk).earlier() if recipe.remembers else b""
    disk = MemoryDisk.from_image(disk.image(), disk.extent_size_bytes)
    damage = turned(disk, limits, recipe.turned)
    made = Made(
        recipe.name, recipe.why, writer, recipe.preset, placement, tuple(recipe.history.splitlines()), recipe.left
    )
    return image_of(disk, limits, made, preset.keys, damage=damage, earlier=earlier)


class Made(NamedTuple):
    """Where an image comes from, for its sidecar: see there."""

    name: str
    why: str
    writer: str
    preset: str
    placement: str
    history: tuple[str, ...]
    left: str


def image_of(
    disk: MemoryDisk,
    limits: Limits,
    made: Made,
    keys: Iterable[bytes] = (),
    *,
    damage: tuple[str, ...] = (),
    earlier: bytes = b"",
) -> KeptImage:
    """The image of a disk, with what both readers say of it; `NoImage` where they disagree.

    keys: that are to be asked for beside those that the store names, such as deleted ones.
    """
    data = disk.image()
    found = look(disk.fork(), limits, keys)
    reference = read_store(disk.fork().read, disk.extent_count, disk.extent_size_bytes)
    if wrong := disagreement(found, reference):
        raise NoImage(f"{made.name}: the readers disagree: {wrong}; mend that first")
    used = sum(stretches[-1].end for stretches in ground(disk.fork().read, reference).values())
    sidecar = ImageSidecar(
        name=made.name,
        why=made.why,
        writer=made.writer,
        preset=made.preset,
        placement=made.placement,
        history=made.history,
        left=made.left,
        damage=damage,
        sha256=hashed(data),
        size_bytes=len(data),
        used_bytes=used,
        extent_size_bytes=disk.extent_size_bytes,
        earlier_sha256=hashed(earlier) if earlier else "",
        limits=msgspec.to_builtins(limits),
        engine=engine_verdict(found),
        reference=reference_reading(reference),
    )
    return KeptImage(sidecar, data, earlier)


def left_by(recipe: Recipe, preset: Preset, placement: str) -> tuple[MemoryDisk, Limits]:
    """The disk as the history leaves it, and the limits of its last opening. May raise `NotCompiled`."""
    if recipe.remembers:
        refuse_compiled("a disk that remembers")
    kind = RememberingDisk if recipe.remembers else MemoryDisk
    disk = kind(preset.shape.extent_count, preset.shape.extent_size_bytes)
    session = Session(preset, placement, disk)
    operations = [parse_operation(line) for line in recipe.history.splitlines()]
    verb = recipe.left.split()[0]
    last = operations.pop() if verb == Cut.verb else None
    for operation in operations:
        session.apply(operation)
    limits = preset.limits_at(session.openings)
    if recipe.left == CLOSED:
        session.store.close()
        return session.disk.crash(), limits
    how = parse_operation(recipe.left)
    if isinstance(how, Cut):
        remaining = how.after

        def count_down(verb: str, _extent: int, _offset: int, _length: int) -> None:
            nonlocal remaining
            if verb in UNCOUNTED:
                return
            if not remaining:
                raise PowerFailed
            remaining -= 1

        session.disk.faults = session.faults = count_down
        try:
            assert last is not None, "a cut is in the midst of an operation"
            session.apply(last)
        except PowerFailed:
            pass
        else:
            raise NoImage(f"{recipe.name}: the last operation ended before `{recipe.left}`; cut it earlier")
        session.disk.faults = session.faults = None
    session.store.abandon()
    left = session.disk
    if isinstance(how, PowerCut):
        return left.crash(how.kept), limits
    assert isinstance(how, Crash | Cut), "so is every disk left"
    return left.crash(drawn_survivors(left, how.draw)), limits


def turned(disk: MemoryDisk, limits: Limits, what: str) -> tuple[str, ...]:
    """Turn the bit that a recipe asks for: the middle one of the so many-th place of its kind; how to do it again."""
    if not what:
        return ()
    word, number = what.split()
    places: list[Place] = [one for one in places_of(disk, limits) if one.where == TURNED[word]]
    if word == "footer":
        places = places[2:]
    place = places[int(number)]
    at = (place.start + place.end) // 2
    disk.damage(place.extent, at, bytes([disk.read(place.extent, at, 1)[0] ^ 16]))
    return (f"{place.extent} {at} 4",)


def image_of_store(directory: Path, *, name: str, why: str, writer: str) -> KeptImage:
    """The image of a store in a directory, as it lies there. The store is locked meanwhile, and not changed.

    Raises `NoImage` where it is too large to be kept, or the readers disagree, and what opening a store raises.
    """
    file = directory / DISK_FILE
    if not file.is_file():
        raise NoImage(f"{directory}: expected the directory of a store, found no disk file in it")
    if file.stat().st_size > SIZE_MAXIMUM:
        raise NoImage(
            f"{file}: expected at most {SIZE_MAXIMUM:,} bytes, found {file.stat().st_size:,}; keep a smaller store"
        )
    lock = lock_of(directory, read_only=True)
    try:
        lock.hold(file)
        disk = FileDisk.open(file, read_only=True)
        try:
            size = find_extent_size(disk)
            disk.divide(size)
            data = b"".join(disk.read(extent, 0, size) for extent in range(disk.extent_count))
        finally:
            disk.close()
    finally:
        lock.release()
    limits = Limits(background=False, chunk_version=AS_DECLARED, page_version=AS_DECLARED)
    made = Made(name, why, writer, preset="", placement="", history=(), left="on disk")
    return image_of(MemoryDisk.from_image(data, size), limits, made)
