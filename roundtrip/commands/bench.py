"""`shardproof bench`: what the codecs and the engine cost, beside their peers."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from .exits import CommandError
from .options import catalog_option, chosen_seed, json_option, seed_option, together
from .output import progress_bar, rich_console, write_json

#: Named here as well, so that `--help` imports no engine; a test compares.
ENGINES: Final = ("shardproof", "leveldb", "rocksdb", "lmdb", "sqlite")
OPERATIONS: Final = ("put", "put_batch", "put_durable", "read", "overwrite")
PLANTS: Final = ("slow-put", "slow-get")
VALUE_MAXIMUM: Final = 64 * 2**20


@click.group(short_help="Measure what the codecs and the engine cost, beside their peers.")
def command() -> None:
    """Measure what the codecs and the engine cost, beside their peers."""


@command.command("codecs", short_help="Measure encoding and decoding, beside peers.")
@together(catalog_option, json_option, seed_option)
@click.option(
    "--compare",
    metavar="NAME",
    is_flag=False,
    flag_value="baseline",
    help="Compare with a saved run, `baseline` without a name; one that does not exist yet is no error.",
)
@click.option("--save", metavar="NAME", help="Keep this run in .benchmarks/NAME.json, or in a file of that path.")
@click.option("--histogram", metavar="FILE", help="Draw the run as an SVG picture.")
@click.option("--quick", is_flag=True, help="A few milliseconds for each benchmark, and no verdict on thresholds.")
def codecs(
    catalog_name: str | None,
    as_json: bool,
    seed: int | None,
    compare: str | None,
    save: str | None,
    histogram: str | None,
    quick: bool,
) -> int:
    """Measure encoding and decoding of every format in every lane, beside hand-written code and other libraries.

    Exit codes: 0 every threshold kept, 1 one was missed or a saved run was faster, 3 nothing was measured: the
    packages of the bench extra are not installed, and the report says how to install them.
    """
    from ..bench import run  # noqa: PLC0415  # heavy

    chosen, console = chosen_seed(seed), rich_console()
    if not as_json:
        console.print(f"seed {chosen}", highlight=False)
        console.file.flush()
    with progress_bar(quiet=as_json) as progress:

        def report_progress(what: str, done: int, total: int) -> None:
            if progress is not None:
                progress(done, total, what)

        report = run(
            catalog_name,
            seed=chosen,
            save_as=save,
            compare_with=compare,
            histogram=None if histogram is None else Path(histogram),
            quick=quick,
            progress=report_progress,
        )
    if as_json:
        write_json(report.as_dict())
    else:
        report.render(console)
    return report.exit_code


@command.command("engine", short_help="Measure our engine, beside LevelDB, RocksDB, LMDB and SQLite.")
@together(json_option, seed_option)
@click.option(
    "--size",
    "sizes",
    type=click.IntRange(1, VALUE_MAXIMUM),
    multiple=True,
    metavar="BYTES",
    help="Only values of this size; may be repeated. [100, 4096, 65536, 1048576]",
)
@click.option("--engine", "engines", type=click.Choice(ENGINES), multiple=True, help="Only this one; may be repeated.")
@click.option(
    "--operation", "operations", type=click.Choice(OPERATIONS), multiple=True, help="Only this one; may be repeated."
)
@click.option("--rounds", type=click.IntRange(1, 1000), metavar="NUMBER", help="How often all take their turn. [3]")
@click.option("--growth", is_flag=True, help="Instead: ten thousand to a million keys with values of 100 bytes.")
@click.option("--plot", metavar="FILE", help="Draw the run as an SVG picture.")
@click.option("--directory", metavar="FOLDER", help="Make the stores here; they are removed again.")
@click.option("--quick", is_flag=True, help="Tiny stores in one round, and no verdict on promises.")
@click.option("--plant", type=click.Choice(PLANTS), help="Make these calls slow first; promises must then be missed.")
def engine(
    as_json: bool,
    seed: int | None,
    sizes: tuple[int, ...],
    engines: tuple[str, ...],
    operations: tuple[str, ...],
    rounds: int | None,
    growth: bool,
    plot: str | None,
    directory: str | None,
    quick: bool,
    plant: str | None,
) -> int:
    """Measure our engine beside others, and judge what it promises.

    Exit codes: 0 every promise kept, 1 one was missed or an engine failed, 3 nothing was measured. An engine whose
    package is not installed is named in the report.
    """
    if growth and (sizes or operations):
        raise CommandError("--growth measures operations and a value size of its own; leave out --size and --operation")
    from ..bench.engine import run  # noqa: PLC0415  # heavy
    from ..bench.engine.selection import Selection  # noqa: PLC0415  # likewise

    chosen, console = chosen_seed(seed), rich_console()
    if not as_json:
        console.print(f"seed {chosen}", highlight=False)
        console.file.flush()
    with progress_bar(quiet=as_json) as progress:

        def report_progress(what: str, done: int, total: int) -> None:
            if progress is not None:
                progress(done, total, what)

        report = run(
            seed=chosen,
            selection=Selection(engines, operations, sizes),
            rounds=rounds,
            quick=quick,
            growth=growth,
            plant=plant,
            directory=None if directory is None else Path(directory),
            plot=None if plot is None else Path(plot),
            progress=report_progress,
        )
    if as_json:
        write_json(report.as_dict())
    else:
        report.render(console)
    return report.exit_code
