"""`shardproof corpus`: the kept files, what they are and whether every reader still says the same of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .exits import NOTHING_TESTED, PROVED, REFUTED, CommandError
from .options import catalog_option, json_option, load, together
from .output import note, one_line, progress_bar, write, write_json

if TYPE_CHECKING:
    from formats.catalog import Catalog

only_option = click.option("--only", metavar="ID", default="", help="Only these files: an identity, or how one begins.")


@click.group(short_help="Check every kept file with every reader.")
def command() -> None:
    """The kept files of a catalog: golden ones, which must be read, and rejected ones, which must be refused."""


@command.command("run", short_help="Read every kept file with every reader.")
@together(catalog_option, json_option, only_option)
def run(catalog_name: str | None, as_json: bool, only: str) -> int:
    """Read every kept file with every reader and compare with what its sidecar says.

    Exit codes: 0 as expected, 1 not as expected, 3 there is nothing to check.
    """
    from .kept import run_kept  # noqa: PLC0415  # heavy

    catalog = with_corpus(load(catalog_name), catalog_name)
    with progress_bar(quiet=as_json) as progress:
        report = run_kept(catalog, catalog_name, only=only, progress=progress)
    if as_json:
        write_json({**report.as_dict(), "catalog": catalog.name})
    else:
        write(report.text())
    return report.exit_code


@command.command("list", short_help="List the kept files.")
@together(catalog_option, json_option, only_option)
def list_command(catalog_name: str | None, as_json: bool, only: str) -> int:
    """List the kept files: identity, size in bytes, why each is kept."""
    from corpus.store import folder_of, scan, select  # noqa: PLC0415  # imports construct

    catalog = with_corpus(load(catalog_name), catalog_name)
    found = scan(folder_of(catalog), catalog)
    entries = select(found.entries, only) if only else found.entries
    if as_json:
        write_json(
            {
                "ok": bool(entries) and not found.problems,
                "catalog": catalog.name,
                "files": [entry.as_dict() for entry in entries],
                "problems": [problem.as_dict() for problem in found.problems],
            }
        )
    else:
        width = max((len(entry.identity) for entry in entries), default=0)
        for entry in entries:
            write(f"{entry.identity:<{width}}  {entry.sidecar.size_bytes:>7}  {one_line(entry.sidecar.why)}")
        for problem in found.problems:
            note(f"error: {one_line(str(problem))}")
    if found.problems:
        return REFUTED if entries else NOTHING_TESTED
    return PROVED if entries else NOTHING_TESTED


@command.command("regenerate", short_help="Make the files of our draft versions anew.")
@json_option
def regenerate_command(as_json: bool) -> int:
    """Make the files of our draft versions anew, from corpus/samples; frozen ones are never rewritten."""
    from corpus.golden import regenerate  # noqa: PLC0415  # imports construct
    from corpus.store import own_folder  # noqa: PLC0415

    folder = own_folder()
    if not isinstance(folder, Path):
        raise CommandError("the package is not installed as files, so nothing can be written into it")
    result = regenerate(load(None), folder)
    if as_json:
        write_json({"ok": True, "folder": str(folder), **result.as_dict()})
        return PROVED
    for sign, names in (("+", result.added), ("-", result.removed)):
        for name in names:
            write(f"{sign} {name}")
    write(f"{len(result.added)} added, {len(result.removed)} removed, {len(result.kept)} kept")
    return PROVED


def with_corpus(catalog: Catalog, catalog_name: str | None) -> Catalog:
    """The catalog, if it has kept files: ours has, a user's must name its folder."""
    if catalog_name is not None and catalog.corpus is None:
        message = f'catalog {catalog.name} has no kept files; name their folder: Catalog(..., corpus="folder")'
        raise CommandError(message, NOTHING_TESTED)
    return catalog
