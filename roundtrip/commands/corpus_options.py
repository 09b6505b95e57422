"""What the `corpus` commands share: options, and which catalog has kept files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from .exits import NOTHING_TESTED, CommandError

if TYPE_CHECKING:
    from formats.catalog import Catalog

#: Kinds of kept files, and of what else is kept: those of `corpus.kinds`, which is heavy to import; a test compares.
FILE_KINDS: Final = ("golden", "rejected", "resealed", "found")
OTHER_KINDS: Final = ("image", "history")

only_option = click.option("--only", metavar="ID", default="", help="Only these files: an identity, or how one begins.")
kinds_option = click.option(
    "--kind",
    "kinds",
    type=click.Choice((*FILE_KINDS, *OTHER_KINDS)),
    multiple=True,
    help="Only this kind; may be repeated.",
)
formats_option = click.option(
    "--format",
    "formats",
    metavar="NAME",
    multiple=True,
    help="Only files of this format (every version, or NAME@VERSION); may be repeated.",
)
workers_option = click.option(
    "--workers",
    type=click.IntRange(1, 256),
    metavar="NUMBER",
    help="Processes that read at once; one for each core if not given.",
)


def with_corpus(catalog: Catalog, catalog_name: str | None) -> Catalog:
    """The catalog, if it has kept files: ours has, a user's must name its folder."""
    if catalog_name is not None and catalog.corpus is None:
        message = f'catalog {catalog.name} has no kept files; name their folder: Catalog(..., corpus="folder")'
        raise CommandError(message, NOTHING_TESTED)
    return catalog


def known_formats(catalog: Catalog, names: tuple[str, ...]) -> tuple[str, ...]:
    """The names of formats that were asked for; `ShardproofError` for one that the catalog has not."""
    for name in names:
        catalog[name]
    return names
