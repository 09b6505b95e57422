"""`shardproof store upgrade`: everything in a store to the newest format versions, now."""

from __future__ import annotations

import click

from ..storing.damage import damage_facts, damage_text
from ..storing.keys import counted, path_facts
from .exits import PROVED, REFUTED
from .options import json_option
from .output import one_line, progress_bar, write, write_json
from .store_options import path_argument

NEWEST = 2


@click.command("upgrade", short_help="Write everything anew in the newest format versions.")
@path_argument
@json_option
@click.option(
    "--chunk-version",
    "chunk_version",
    type=click.IntRange(1, NEWEST),
    default=NEWEST,
    show_default=True,
    metavar="VERSION",
    help="Of chunks; 1 leaves them as they are.",
)
@click.option(
    "--page-version",
    "page_version",
    type=click.IntRange(1, NEWEST),
    default=NEWEST,
    show_default=True,
    metavar="VERSION",
    help="Of data pages of sorted runs; 1 leaves them as they are.",
)
def upgrade(path: str, as_json: bool, chunk_version: int, page_version: int) -> int:
    """Write every value of the store in PATH that is of an older version anew, and merge the sorted runs.

    A store does this by itself, by and by, for what it moves and merges, when it is opened for newer versions. Releases
    that do not know the versions refuse the store from the start of this command on, and there is no way back. It
    can be stopped and repeated; what it did stays done. The room of the old copies comes back by reclamation.

    Exit codes: 0 nothing older is left, 1 something is damaged and was left as it is.
    """
    from ..storing.sessions import writing  # noqa: PLC0415  # imports the engine

    with writing(path, (chunk_version, page_version)) as (store, interrupts), progress_bar(quiet=as_json) as progress:

        def watch(done: int) -> None:
            interrupts.check()
            if progress is not None:
                progress(done, 0, "keys")

        report = store.upgrade(watch)
        features = store.stats().features
    if as_json:
        write_json(
            {
                "ok": not report.damage,
                **path_facts("store", path),
                "keys": report.keys,
                "values": report.values,
                "runs": report.runs,
                "features": list(features),
                "damage": [damage_facts(damage) for damage in report.damage],
            }
        )
        return REFUTED if report.damage else PROVED
    for damage in report.damage:
        write(damage_text(damage))
    left = f"; {counted(len(report.damage), 'damaged place')} left as they are" if report.damage else ""
    write(
        f"{one_line(path)}: {counted(report.values, 'value')} of {counted(report.keys, 'key')} written anew, "
        f"{counted(report.runs, 'run')} merged{left}"
    )
    return REFUTED if report.damage else PROVED
