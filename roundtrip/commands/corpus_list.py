"""`shardproof corpus list`: what is kept, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .corpus_options import formats_option, kinds_option, known_formats, only_option, with_corpus
from .exits import NOTHING_TESTED, PROVED, REFUTED
from .options import catalog_option, json_option, load, together
from .output import note, one_line, write, write_json

if TYPE_CHECKING:
    from corpus.errors import CorpusError


@click.command("list", short_help="List what is kept.")
@together(catalog_option, json_option, only_option, kinds_option, formats_option)
def list_command(
    catalog_name: str | None, as_json: bool, only: str, kinds: tuple[str, ...], formats: tuple[str, ...]
) -> int:
    """List what is kept: identity, size in bytes, why. Of our own catalog, store images and histories too."""
    from corpus.regression import Selection  # noqa: PLC0415  # imports construct
    from corpus.store import folder_of, scan  # noqa: PLC0415

    from ..keeping.running import FILE_KINDS, chosen_kinds  # noqa: PLC0415  # heavy

    catalog = with_corpus(load(catalog_name), catalog_name)
    selection = Selection(only, kinds, known_formats(catalog, formats))
    wanted = chosen_kinds(selection)
    found = scan(folder_of(catalog), catalog)
    lines: list[dict[str, Any]] = []
    if set(wanted) & set(FILE_KINDS):
        lines += [entry.as_dict() for entry in selection.of_files().of(found.entries)]
    problems = found.problems
    if catalog_name is None:
        more, wrong = others(wanted, only)
        lines += more
        problems += wrong
    if as_json:
        write_json(
            {
                "ok": bool(lines) and not problems,
                "catalog": catalog.name,
                "files": lines,
                "problems": [problem.as_dict() for problem in problems],
            }
        )
    else:
        width = max((len(line["id"]) for line in lines), default=0)
        for line in lines:
            write(f"{line['id']:<{width}}  {line['size_bytes']:>7}  {one_line(line['why'])}")
        for problem in problems:
            note(f"error: {one_line(str(problem))}")
    if problems:
        return REFUTED if lines else NOTHING_TESTED
    return PROVED if lines else NOTHING_TESTED


def others(kinds: tuple[str, ...], only: str) -> tuple[list[dict[str, Any]], tuple[CorpusError, ...]]:
    """Images and histories of these kinds whose identity begins so, and problems; without such kinds, no engine."""
    from ..keeping.running import OTHER_KINDS  # noqa: PLC0415  # heavy

    if not set(kinds) & set(OTHER_KINDS):
        return [], ()
    from ..keeping.others import listed  # noqa: PLC0415  # imports the engine

    lines, problems = listed(kinds)
    return [line for line in lines if str(line["id"]).startswith(only)], problems
