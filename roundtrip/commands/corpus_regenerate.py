"""`shardproof corpus regenerate`: the files of our draft versions, made anew from `corpus/samples`."""

from __future__ import annotations

from pathlib import Path

import click

from .exits import PROVED, CommandError
from .options import json_option, load
from .output import write, write_json


@click.command("regenerate", short_help="Make the files of our draft versions anew.")
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
