"""`shardproof exhaust`: proofs that leave nothing out, each within a stated bound."""

from __future__ import annotations

import os
from contextlib import nullcontext

import click

from .exits import CommandError
from .options import catalog_option, chosen_seed, duration, format_option, json_option, load, seed_option, together
from .output import progress_bar, rich_console, write_json

PART_NAMES = ("damage", "checksums", "confusion", "symbolic", "images")


@click.command(short_help="Prove completely, within stated bounds: flips, checksums, places, decoders.")
@click.argument("parts", metavar="[PART]...", nargs=-1)
@together(catalog_option, json_option, seed_option, format_option)
@click.option("--only", default="", metavar="TEXT", help="Only golden files whose identity contains this.")
@click.option(
    "--budget", callback=duration, metavar="TIME", help="Begin nothing after this time, and name what is left."
)
@click.option(
    "--workers", type=click.IntRange(1, 256), metavar="NUMBER", help="Processes; one for each core if not given."
)
@click.option(
    "--each", callback=duration, default="20s", metavar="TIME", show_default=True, help="For one decoder (symbolic)."
)
@click.option(
    "--beyond",
    type=click.IntRange(0, 4096),
    default=1,
    metavar="BYTES",
    show_default=True,
    help="Explore decoders of frames up to so many bytes beyond the smallest frame (symbolic).",
)
@click.option(
    "--image",
    metavar="NAME",
    help="The kept store image to damage; the large one if images is named, else a small one.",
)
@click.option(
    "--one-in",
    type=click.IntRange(1, 10**9),
    metavar="NUMBER",
    help="Of the damages of the store image try one in so many; all if images is named (a quarter of an hour).",
)
@click.option("--plant", metavar="BUG", help="Plant this bug first: the proof must fail.")
def command(
    parts: tuple[str, ...],
    catalog_name: str | None,
    as_json: bool,
    seed: int | None,
    format_name: str | None,
    only: str,
    budget: float | None,
    workers: int | None,
    each: float,
    beyond: int,
    image: str | None,
    one_in: int | None,
    plant: str | None,
) -> int:
    """Prove completely, each part within the bound that its table states. PART: damage (every flip of a bit and every
    truncation of every golden file), checksums (how many wrong bits and which bursts are always noticed), confusion
    (every structure as every other one and at every foreign place), symbolic (decoders on every buffer up to a size,
    with CrossHair), images (every bit and every sector of a whole store, by the engine and the reference store). All of
    them if none is named, of images a sample then.

    Exit codes: 0 proved, 1 refuted, 3 a part tried nothing.
    """
    unknown = [part for part in parts if part not in PART_NAMES]
    if unknown:
        raise CommandError(f"there is no part {unknown[0]!r}; there are {', '.join(PART_NAMES)}")
    from formats.frozen import refuse_changed  # noqa: PLC0415  # imports construct

    from ..compiled.loading import refuse_compiled  # noqa: PLC0415  # rarely asked for
    from ..exhaustive import Wanted, exhaust, planted_named  # noqa: PLC0415  # heavy
    from ..exhaustive.reporting import write_exhaustive  # noqa: PLC0415
    from ..images.planted import PLANTED as IMAGE_BUGS  # noqa: PLC0415
    from ..reporting import write_seed  # noqa: PLC0415

    catalog, chosen = load(catalog_name), chosen_seed(seed)
    image_bug = IMAGE_BUGS.get(plant or "")
    bug = None if plant is None or image_bug is not None else planted_named(plant)
    if plant is not None:
        refuse_compiled("planting a bug")
    if bug is not None:
        catalog.labelled(bug.format)
    refuse_changed(catalog)
    if format_name is not None:
        catalog[format_name]
    every = tuple(part for part in PART_NAMES if part in parts or not parts)
    if image is None and image_bug is not None:
        image = image_bug.image
    wanted = Wanted(every, chosen, format_name, only, beyond, each, named=parts, one_in=one_in, image=image)
    console = rich_console()
    if not as_json:
        write_seed(console, chosen)
        console.file.flush()
    with progress_bar(quiet=as_json) as progress, nullcontext() if image_bug is None else image_bug.plant():
        report = exhaust(
            catalog,
            wanted,
            catalog_name=catalog_name,
            plant=bug,
            plant_name=plant,
            budget_seconds=budget,
            workers=len(os.sched_getaffinity(0)) if workers is None else workers,
            progress=progress,
        )
    if as_json:
        write_json(report.as_dict())
    else:
        write_exhaustive(console, report)
    return report.exit_code
