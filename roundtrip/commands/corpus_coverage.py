"""`shardproof corpus coverage`: which features of every format the kept files show, and which are missing, why."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .corpus_options import with_corpus
from .exits import NOTHING_TESTED, PROVED, REFUTED
from .options import catalog_option, format_option, json_option, load, together
from .output import note, on_terminal, one_line, rich_console, write, write_json

if TYPE_CHECKING:
    from formats.catalog import Catalog, Format

pairs_option = click.option(
    "--pairs/--no-pairs", default=True, help="Pairs of features of different fields too (the default), or not."
)


@click.command("coverage", short_help="What the kept files show, and what is missing.")
@together(format_option, pairs_option)
@click.option("--all", "every", is_flag=True, help="Name each refusal and pair that a proof excludes, too.")
@click.option("--folder", metavar="FOLDER", help="The folder of kept files; that of the catalog if not given.")
@together(catalog_option, json_option)
def coverage_command(
    format_name: str | None,
    pairs: bool,
    every: bool,
    folder: str | None,
    catalog_name: str | None,
    as_json: bool,
) -> int:
    """Which features of every format version the kept files show: boundary values, sizes, members, flags, branches and
    refusals, and pairs of them. What is missing is named with its reason.

    Exit codes: 0 all is shown, or its absence has a reason; 1 something is missing without a reason, or a reason is
    stale; 3 there is no kept file.
    """
    from corpus import store  # noqa: PLC0415  # imports construct
    from corpus.coverage import coverage  # noqa: PLC0415

    from ..covering import Explaining  # noqa: PLC0415  # heavy
    from ..covering.showing import lines, summary, table  # noqa: PLC0415

    catalog = load(catalog_name)
    chosen = versions(catalog, format_name)
    where = store.folder_of(with_corpus(catalog, catalog_name)) if folder is None else Path(folder)
    if not where.is_dir():
        note(f"error: {one_line(str(where))}: there is no such folder; `shardproof corpus add --missing` makes one")
        return NOTHING_TESTED
    entries = store.load(where, catalog)
    found = coverage(entries, catalog, pairs=pairs, formats=chosen, explain=Explaining(entries))
    if as_json:
        write_json(found.as_dict())
    else:
        rich_console().print(table(found), soft_wrap=not on_terminal(sys.stdout))
        for line in lines(found, every=every):
            write(one_line(line))
        write("\n" + summary(found))
    if not found.files:
        return NOTHING_TESTED
    return PROVED if found.ok else REFUTED


def versions(catalog: Catalog, format_name: str | None) -> tuple[Format, ...]:
    """The format versions of a name, every one for None; `ShardproofError` where there is none."""
    if format_name is None:
        return tuple(catalog)
    catalog[format_name]
    return catalog.versions(format_name)
