"""`shardproof store init`, `stat`, `verify` and `reclaim`: the store itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..storing.damage import damage_facts, damage_text
from ..storing.keys import bytes_text, counted, path_facts
from .exits import PROVED, REFUTED, CommandError
from .options import json_option
from .output import one_line, progress_bar, write, write_json, write_table
from .store_options import path_argument, size_bytes, versions_options

if TYPE_CHECKING:
    from engine import Store
    from engine.statistics import Statistics


@click.command("init", short_help="Make a new store.")
@path_argument
@json_option
@click.option(
    "--size", "size", callback=size_bytes, default="1GiB", show_default=True, metavar="SIZE", help="Of the whole disk."
)
@click.option(
    "--extent-size",
    "extent_size",
    callback=size_bytes,
    default="4MiB",
    show_default=True,
    metavar="SIZE",
    help="Of one extent: what is reclaimed at once.",
)
@click.option(
    "--page-size",
    "page_size",
    callback=size_bytes,
    default="4096",
    show_default=True,
    metavar="SIZE",
    help="After each open, writing goes on at a multiple of it.",
)
@versions_options
def init(
    path: str,
    as_json: bool,
    size: int,
    extent_size: int,
    page_size: int,
    chunk_version: int,
    page_version: int,
) -> int:
    """Make a new store in the directory PATH, which must be new or empty.

    The disk file is sparse: it takes room as the store fills, up to --size.
    """
    from engine import Limits, Shape, Store  # noqa: PLC0415  # imports crc32c

    if extent_size == 0 or size % extent_size:
        raise CommandError(f"--size {size} is no whole number of extents of {extent_size} bytes")
    shape = Shape(extent_count=size // extent_size, extent_size_bytes=extent_size, page_size_bytes=page_size)
    Store.create(path, shape, Limits(chunk_version=chunk_version, page_version=page_version)).close()
    if as_json:
        write_json({"ok": True, **path_facts("store", path), "size_bytes": size, **shape_facts(shape)})
    else:
        extents = f"{shape.extent_count} extents of {bytes_text(extent_size)}"
        write(f"new store in {one_line(path)}: {bytes_text(size)}, {extents}")
    return PROVED


def shape_facts(shape: Any) -> dict[str, int]:
    """The shape with stable keys."""
    return {
        "extent_count": shape.extent_count,
        "extent_size_bytes": shape.extent_size_bytes,
        "page_size_bytes": shape.page_size_bytes,
    }


@click.command("stat", short_help="Show what is in a store and how full it is.")
@path_argument
@json_option
def stat(path: str, as_json: bool) -> int:
    """Show the shape of the store in PATH, its extents by owner, how full it is, and its sorted runs.

    Keys are counted, which reads the whole index and no values.
    """
    from ..storing.sessions import reading  # noqa: PLC0415  # imports the engine

    with reading(path) as store, progress_bar(quiet=as_json) as progress:
        keys = value_bytes = 0
        for _key, size in store.items():  # noqa: PERF102  # a store is no dictionary: it has no values()
            keys, value_bytes = keys + 1, value_bytes + size
            if progress is not None and keys % 4096 == 0:
                progress(keys, 0, "keys")
        store.index.count_live()
        figures = figures_of(store, keys, value_bytes)
    if as_json:
        write_json({"ok": True, **path_facts("store", path), **figures})
        return PROVED
    write_table(rows_of(path, figures))
    return PROVED


def figures_of(store: Store, keys: int, value_bytes: int) -> dict[str, Any]:
    """The figures of a store with stable keys; `dead_bytes`: written, and named by nothing any more."""
    figures: Statistics = store.stats()
    live = (figures.live_bytes or 0) + figures.index_bytes
    owners = {
        owner: count for owner, count in figures.extents_by_owner.items() if owner not in {"superblock", "metadata"}
    }
    owners["free"] = figures.free_extents
    return {
        **shape_facts(store.shape),
        "size_bytes": figures.extent_count * figures.extent_size_bytes,
        "keys": keys,
        "value_bytes": value_bytes,
        "extents": {"reserved": figures.extent_count - sum(owners.values()), **owners},
        "reserve_extents": figures.reserve_extents,
        "written_bytes": figures.written_bytes,
        "live_bytes": live,
        "dead_bytes": max(0, figures.written_bytes - live),
        "index_bytes": figures.index_bytes,
        "runs": {str(level): entries for level, entries in sorted(figures.runs_by_level.items())},
        "features": list(figures.features),
        "root_damage": [damage_facts(damage) for damage in store.root_damage],
    }


def rows_of(path: str, figures: dict[str, Any]) -> list[tuple[str, ...]]:
    """The figures as a table."""

    extents = ", ".join(f"{count} {owner}" for owner, count in figures["extents"].items() if count)
    ordinary = figures["extent_count"] - figures["extents"]["reserved"]
    used = ordinary - figures["extents"]["free"]
    shape = f"{figures['extent_count']} extents of {bytes_text(figures['extent_size_bytes'])}"
    rows: list[tuple[str, ...]] = [
        ("store", one_line(path)),
        ("shape", f"{bytes_text(figures['size_bytes'])}: {shape}, pages of {bytes_text(figures['page_size_bytes'])}"),
        ("content", f"{counted(figures['keys'], 'key')}, {bytes_text(figures['value_bytes'])} of values"),
        ("extents", f"{extents} ({figures['reserve_extents']} of the free ones are kept for deletes and reclamation)"),
        ("fill", f"{used} of {ordinary} extents in use, {used / ordinary:.1%}"),
        ("live", f"{bytes_text(figures['live_bytes'])}, of which {bytes_text(figures['index_bytes'])} are index"),
        ("dead", f"{bytes_text(figures['dead_bytes'])}, to be had by reclamation"),
        ("features", ", ".join(figures["features"]) or "none: any release can open it"),
    ]
    for level, entries in figures["runs"].items():
        rows.append((f"level {level}", f"{counted(len(entries), 'run')}, {counted(sum(entries), 'entry', 'entries')}"))
    return rows


@click.command("verify", short_help="Read and check everything that a store holds.")
@path_argument
@json_option
def verify(path: str, as_json: bool) -> int:
    """Read every value, run and root record of the store in PATH and check it; nothing is changed.

    Each damage is named with its place, the rule that it breaks, and the key that it hurts.

    Exit codes: 0 all is whole, 1 there is damage.
    """
    from ..storing.sessions import reading  # noqa: PLC0415  # imports the engine

    with reading(path) as store, progress_bar(quiet=as_json) as progress:
        total = sum(sum(entries) for entries in store.stats().runs_by_level.values())
        watched = None if progress is None else lambda done: progress(min(done, total), total, "keys")
        report = store.scrub(watched)
    if as_json:
        write_json(
            {
                "ok": report.is_clean(),
                **path_facts("store", path),
                "keys": report.keys,
                "chunks": report.chunks,
                "payload_bytes": report.payload_bytes,
                "runs": report.runs,
                "root_records": report.root_records,
                "chunks_by_version": {str(version): count for version, count in report.chunks_by_version.items()},
                "pages_by_version": {str(version): count for version, count in report.pages_by_version.items()},
                "damage": [damage_facts(damage) for damage in report.damage],
            }
        )
        return PROVED if report.is_clean() else REFUTED
    for damage in report.damage:
        write(damage_text(damage))
    numbers = [(report.keys, "key"), (report.chunks, "chunk"), (report.runs, "run")]
    # A store that is open for reading only has its root records checked when it is opened.
    numbers += [(report.root_records, "root record")] if report.root_records else []
    found = ", ".join(counted(count, noun) for count, noun in numbers)
    verdict = "all whole" if report.is_clean() else counted(len(report.damage), "damaged place")
    write(f"{one_line(path)}: {found}, {bytes_text(report.payload_bytes)} read: {verdict}")
    newer = {**report.chunks_by_version, **report.pages_by_version}.keys() - {1}
    if newer:
        chunks, pages = (versions_text(each) for each in (report.chunks_by_version, report.pages_by_version))
        write(f"versions: chunks {chunks}; data pages {pages}")
    return PROVED if report.is_clean() else REFUTED


def versions_text(counts: dict[int, int]) -> str:
    """How many are of each version."""
    return ", ".join(f"{count:,} of version {version}" for version, count in counts.items()) or "none"


@click.command("reclaim", short_help="Make the room of deleted and replaced values free again.")
@path_argument
@json_option
@click.option(
    "--extents",
    "extents",
    type=click.IntRange(min=0),
    metavar="NUMBER",
    help="At most so many extents; all that hold anything dead without it.",
)
@click.option("--compact", "compact", is_flag=True, help="First merge all sorted runs into one.")
@versions_options
def reclaim(  # what can be chosen
    path: str, as_json: bool, extents: int | None, compact: bool, chunk_version: int, page_version: int
) -> int:
    """Copy what is alive out of the extents of the store in PATH that hold dead bytes, and free them.

    A store does this by itself where room runs short; by hand it gives back all that there is.
    """
    from ..storing.sessions import writing  # noqa: PLC0415  # imports the engine

    versions = (chunk_version, page_version)
    with writing(path, versions) as (store, interrupts), progress_bar(quiet=as_json) as progress:
        if compact:
            if progress is not None:
                progress(0, 0, "compacting")
            store.compact().wait()
            interrupts.check()
        if progress is not None:
            progress(0, 0, "reclaiming")
        report = store.reclaim(extents)
        free = store.stats().free_extents
    if as_json:
        write_json(
            {
                "ok": True,
                **path_facts("store", path),
                "extents": list(report.extents),
                "moved_chunks": report.moved_chunks,
                "moved_bytes": report.moved_bytes,
                "dropped_bytes": report.dropped_bytes,
                "free_extents": free,
            }
        )
        return PROVED
    moved = f"{counted(report.moved_chunks, 'chunk')} moved ({bytes_text(report.moved_bytes)})"
    write(
        f"{counted(len(report.extents), 'extent')} reclaimed: {moved}, {bytes_text(report.dropped_bytes)} dropped; "
        f"{counted(free, 'extent')} free"
    )
    return PROVED
