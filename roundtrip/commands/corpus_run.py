"""`shardproof corpus run`: every kept file, read by every reader there is."""

from __future__ import annotations

import click

from .corpus_options import (
    formats_option,
    kinds_option,
    known_formats,
    only_option,
    with_corpus,
    workers_option,
)
from .options import catalog_option, json_option, load, together
from .output import progress_bar, write, write_json


@click.command("run", short_help="Read every kept file with every reader.")
@together(catalog_option, json_option, only_option, kinds_option, formats_option, workers_option)
def run(
    catalog_name: str | None,
    as_json: bool,
    only: str,
    kinds: tuple[str, ...],
    formats: tuple[str, ...],
    workers: int | None,
) -> int:
    """Read every kept file with every reader and compare with what its sidecar says. For our own catalog, check the
    kept store images and replay the kept histories, too.

    Exit codes: 0 as expected, 1 not as expected, 3 there is nothing to check.
    """
    from corpus.regression import Selection  # noqa: PLC0415  # heavy

    from ..keeping.running import run_all  # noqa: PLC0415  # heavy

    catalog = with_corpus(load(catalog_name), catalog_name)
    selection = Selection(only, kinds, known_formats(catalog, formats))
    with progress_bar(quiet=as_json) as progress:
        report = run_all(catalog, catalog_name, selection=selection, workers=workers, progress=progress)
    if as_json:
        write_json({**report.as_dict(), "catalog": catalog.name})
    else:
        write(report.text())
    return report.exit_code
