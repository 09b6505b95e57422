"""The examination of a store whose medium decayed: place by place, the verdict is the atlas's.

It opens the store for reading, asks for every key, scrubs, opens it for writing where a root was hit, and reclaims
where something was hit that nobody names. Exact in both directions: a key of which a byte was hit must be refused, with
its place, and one that was not must be answered; what is reported is what was hit.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

from engine.errors import ChunkRotten, StoreFull

from ..histories.mismatch import Mismatch, shown
from .atlas import (
    DATA_PAGE,
    DEAD_FRAME,
    DEBRIS,
    EXTENT_HEADER,
    METADATA_NEWEST,
    METADATA_NEWEST_CRASHED,
    METADATA_RECORD,
    ROOT_HEADER,
    RUN_END,
    RUN_FRAME,
    SUPERBLOCK_NEWEST,
    SUPERBLOCK_RECORD,
    VALUE_FRAME,
)

if TYPE_CHECKING:
    from engine import Store
    from engine.memory_disk import MemoryDisk

    from .places import Place
    from .rest import Image

ROOTS: Final = frozenset(
    {SUPERBLOCK_RECORD, SUPERBLOCK_NEWEST, METADATA_RECORD, METADATA_NEWEST, METADATA_NEWEST_CRASHED, ROOT_HEADER}
)
#: Reports of damage: structure, extent and offset.
Report: TypeAlias = tuple[str, int, int]


class Verdict(msgspec.Struct):
    """What an examination saw. `reports`: of an open and a scrub, together; `refused`: keys, each with its error."""

    reports: set[Report] = msgspec.field(default_factory=set)
    refused: dict[bytes, ChunkRotten] = msgspec.field(default_factory=dict)
    not_opened: ChunkRotten | None = None


def examine(image: Image, disk: MemoryDisk, hit: list[Place]) -> list[tuple[Place, str]]:
    """What the store makes of the damage, place by place. Raises `Mismatch` where it is not what it owes."""
    verdict = look(image, disk)
    check_answers(image, verdict, hit)
    check_reports(verdict, hit)
    if verdict.not_opened is None:
        if any(place.where in ROOTS for place in hit):
            check_repair(image, disk.fork(), hit)
        elif all(place.where in {DEAD_FRAME, DEBRIS} for place in hit):
            check_upkeep(image, disk.fork())
    # What an open would have told of other places, nobody knows where it was refused.
    told = [place for place in hit if verdict.not_opened is None or place.where == RUN_END]
    return [(place, outcome_of(place, verdict)) for place in told]


def look(image: Image, disk: MemoryDisk) -> Verdict:
    """Open for reading, ask for everything, scrub."""
    verdict = Verdict()
    try:
        store = image.open(disk.fork(), read_only=True)
    except ChunkRotten as error:
        verdict.not_opened = error
        return verdict
    with store:
        for key in (*image.values, *(key for key in image.preset.keys if key not in image.values)):
            try:
                found = store.get(key)
            except ChunkRotten as error:
                verdict.refused[key] = error
            else:
                if found != image.values.get(key):
                    expected = shown(image.values.get(key))
                    raise Mismatch("never wrong data", f"{expected} under {shown(key)}, or a refusal", shown(found))
        verdict.reports = {report_of(one) for one in (*store.root_damage, *store.scrub().damage)}
    return verdict


def report_of(error: ChunkRotten) -> Report:
    """Structure and place of a report."""
    return error.structure, error.extent, error.offset


def check_answers(image: Image, verdict: Verdict, hit: list[Place]) -> None:
    """A key is refused if and only if something that its answer needs was hit."""
    # Where the header of a run's chunk is damaged, too, nobody knows where in it a page lies: the chunk is named.
    chunks_at = {(place.extent, place.reported_at) for place in hit if place.where == RUN_FRAME}
    ends = [place for place in hit if place.where == RUN_END]
    if ends or verdict.not_opened is not None:
        error = verdict.not_opened
        if error is None or (error.extent, error.offset) not in {*chunks_at, *(place.page_at for place in ends)}:
            raise Mismatch("damage is located", f"an open refused with one of {ends}", repr(error))
        return
    pages = [place for place in hit if place.where == DATA_PAGE]
    frames: dict[bytes | None, list[Place]] = {}
    for place in hit:
        if place.where == VALUE_FRAME:
            frames.setdefault(place.key, []).append(place)
    for key in image.values:
        error = verdict.refused.get(key)
        if key in frames and not pages:
            starts = {(place.extent, place.start) for place in frames[key]}
            if error is None or (error.extent, error.offset) not in starts or error.key != key:
                raise Mismatch("every byte is verified", f"{shown(key)} refused, with one of {starts}", repr(error))
    for key, error in verdict.refused.items():
        if (error.extent, error.offset) not in {*chunks_at, *(place.page_at for place in pages)} and key not in frames:
            raise Mismatch("isolation", f"{shown(key)} is read: nothing of it was hit", repr(error))


def check_reports(verdict: Verdict, hit: list[Place]) -> None:
    """Open and scrub report what was hit and is reported, and nothing else."""
    if verdict.not_opened is not None:
        return
    owed: set[Report] = {(place.structure, place.extent, place.reported_at) for place in hit if place.structure}
    headers = {place.extent for place in hit if place.where == ROOT_HEADER}
    is_hidden = any(place.where == DATA_PAGE for place in hit)
    missing = {
        (place.structure, place.extent, place.reported_at)
        for place in hit
        if place.structure and not (is_hidden and place.where in {VALUE_FRAME, EXTENT_HEADER})
    } - verdict.reports
    # A page that goes over from one chunk into the next is named where it begins.
    owed |= {("lsm_page.data", *place.page_at) for place in hit if place.where == DATA_PAGE}
    beyond = {one for one in verdict.reports - owed if one[1] not in headers}
    if missing or beyond:
        raise Mismatch("damage is located", f"reports of {sorted(owed)}", f"{sorted(verdict.reports)}")


def check_repair(image: Image, disk: MemoryDisk, hit: list[Place]) -> None:
    """An open for writing answers everything; the open after it finds whole roots."""
    is_readable = not any(place.where in {VALUE_FRAME, DATA_PAGE} for place in hit)
    damage: tuple[ChunkRotten, ...] = ()
    for _ in range(2):
        store = image.open(disk, read_only=False)
        found = mapping_of(store) if is_readable else None
        if found is not None and found != image.values:
            raise Mismatch("never wrong data", "the whole mapping behind a damaged root", "another one")
        damage = store.root_damage
        store.close()
        disk = disk.crash(())
    if damage:
        raise Mismatch("a root is repaired", "whole roots at the second open", str(damage[0]))


def check_upkeep(image: Image, disk: MemoryDisk) -> None:
    """Compaction and reclamation go on beside debris that changed."""
    store = image.open(disk, read_only=False)
    with suppress(StoreFull):
        store.compact().wait()
        store.reclaim()
    if mapping_of(store) != image.values:
        raise Mismatch("never wrong data", "the same mapping after a reclaim beside decayed debris", "another one")
    report = store.scrub()
    if not report.is_clean():
        raise Mismatch("debris is never reported", "a clean scrub", str(report.damage[0]))
    store.abandon()


def mapping_of(store: Store) -> dict[bytes, bytes | None]:
    """Every key with its value."""
    return {key: store.get(key) for key in store.scan()}


def outcome_of(place: Place, verdict: Verdict) -> str:
    """The atlas's word for what was seen."""
    if verdict.not_opened is not None:
        return "not opened"
    mine = (place.structure, place.extent, place.reported_at)
    if place.where == VALUE_FRAME or (
        place.where == DATA_PAGE
        and any((error.extent, error.offset) == place.page_at for error in verdict.refused.values())
    ):
        return "refused"
    if place.where == ROOT_HEADER:
        return "repaired" if any(report[1] == place.extent for report in verdict.reports) else "masked"
    if not place.structure or mine not in verdict.reports:
        return "masked"
    return "repaired" if place.where in ROOTS else "reported"
