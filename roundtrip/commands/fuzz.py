"""`shardproof fuzz`: mutated frames by the million, through every lane."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from .exits import CommandError
from .options import catalog_option, chosen_seed, duration, json_option, load, seed_option, together
from .output import write
from .store_options import not_empty

if TYPE_CHECKING:
    from formats.catalog import Catalog, Format

ENGINES: Final = ("mutate", "atheris", "hypothesis")
DEFAULT_SECONDS: Final = 10.0
FOLDER: Final = ".shardproof/fuzz"


@click.command(short_help="Mutate frames by the million, and show them to every lane.")
@together(catalog_option, json_option, seed_option)
@click.option("--format", "names", multiple=True, metavar="NAME", help="Only this format; may be repeated.")
@click.option(
    "--engine", type=click.Choice(ENGINES), default=ENGINES[0], show_default=True, help="Who makes the inputs."
)
@click.option("--budget", callback=duration, metavar="TIME", help="Begin nothing after this time; 10s if not given.")
@click.option("--inputs", type=click.IntRange(min=1), metavar="NUMBER", help="How many, shared by the formats.")
@click.option(
    "--workers", type=click.IntRange(0, 256), metavar="NUMBER", help="Child processes; one for each core if not given."
)
@click.option(
    "--out",
    callback=not_empty,
    default=FOLDER,
    show_default=True,
    metavar="FOLDER",
    help="What it works in, and resumes.",
)
@click.option("--promote/--no-promote", default=True, show_default=True, help="Keep findings in the catalog's corpus.")
@click.option("--plant", metavar="BUG", help="Fuzz for this planted bug instead, or for `all`, from generated frames.")
@click.option("--rates", is_flag=True, help="Measure instead: inputs a second, beside mutation without structure.")
def command(
    catalog_name: str | None,
    as_json: bool,
    seed: int | None,
    names: tuple[str, ...],
    engine: str,
    budget: float | None,
    inputs: int | None,
    workers: int | None,
    out: str,
    promote: bool,
    plant: str | None,
    rates: bool,
) -> int:
    """Mutate frames by field and by byte, checksums made again or not, and hold what the lanes say of each against the
    laws. Every input goes through the fast lane; the accepted ones and a share of the refused through all.

    It stops after ten seconds, unless --budget or --inputs says otherwise, and goes on where it stopped when it is run
    again with the same --out. A bug is planted first in every format: a run that misses one proves nothing, and is red.
    Each finding is made smaller and written to FOLDER/findings, for `shardproof replay`.

    Exit codes: 0 nothing found, 1 findings or a canary that was missed, 3 nothing was tested.
    """
    folder = Path(out)
    seconds = DEFAULT_SECONDS if budget is None and inputs is None else budget
    count = len(os.sched_getaffinity(0)) if workers is None else workers
    if plant is not None:
        if catalog_name is not None or names or engine != ENGINES[0]:
            raise CommandError("--plant plants bugs in our own formats: leave out --catalog, --format and --engine")
        from .fuzz_planted import show_planted  # noqa: PLC0415  # heavy

        chosen = told_seed(chosen_seed(seed), as_json=as_json)
        return show_planted(plant, chosen, seconds=budget, workers=count, as_json=as_json)
    catalog = load(catalog_name)
    if rates:
        from .fuzz_rates import show_rates  # noqa: PLC0415  # heavy

        chosen = told_seed(chosen_seed(seed), as_json=as_json)
        return show_rates(chosen_formats(catalog, names), chosen, inputs, as_json=as_json)
    formats = chosen_formats(catalog, names)
    if engine != ENGINES[0]:
        from .fuzz_engines import run_engine  # noqa: PLC0415  # heavy

        chosen = told_seed(chosen_seed(seed), as_json=as_json)
        return run_engine(
            engine, catalog, catalog_name, formats, chosen,
            seconds=seconds, inputs=inputs, folder=folder, promote=promote, as_json=as_json,
        )  # fmt: skip
    from .fuzz_mutate import run_mutate  # noqa: PLC0415  # heavy

    return run_mutate(
        catalog, catalog_name, formats, seed,
        seconds=seconds, inputs=inputs, workers=count, folder=folder, promote=promote, as_json=as_json,
    )  # fmt: skip


def told_seed(seed: int, *, as_json: bool) -> int:
    """The seed, printed first so that whatever follows can be repeated."""
    if not as_json:
        write(f"seed {seed}")
        sys.stdout.flush()
    return seed


def chosen_formats(catalog: Catalog, names: tuple[str, ...]) -> tuple[Format, ...]:
    """The formats of these names, or all; `ShardproofError` for a name that there is none of."""
    chosen = {}
    for name in names:
        found = catalog.versions(name) or (catalog.labelled(name),)
        chosen.update({entry.label: entry for entry in found})
    return tuple(chosen.values()) or tuple(catalog)
