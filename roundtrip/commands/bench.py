"""`shardproof bench`: what the codecs cost, beside their peers."""

from __future__ import annotations

from pathlib import Path

import click

from .options import catalog_option, chosen_seed, json_option, seed_option, together
from .output import progress_bar, rich_console, write_json


@click.group(short_help="Measure what the codecs cost, beside their peers.")
def command() -> None:
    """Measure what the codecs cost, beside their peers."""


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
