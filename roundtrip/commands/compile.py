"""`shardproof compile`: the engine compiled ahead of time, for `shardproof --compiled ...`."""

from __future__ import annotations

import click

from .exits import PROVED
from .options import json_option, together
from .output import note, progress_bar, write, write_json


@click.command(short_help="Compile the engine, for `shardproof --compiled COMMAND`.")
@click.option("--again", is_flag=True, help="Also where these sources are compiled already.")
@together(json_option)
def command(again: bool, as_json: bool) -> int:
    """Compile the engine of these sources with mypyc and the system's C compiler, which takes about a minute. It lies
    in the Python environment; `shardproof --compiled COMMAND` runs any command with it.

    Exit codes: 0 there is a compiled engine now, 2 it could not be made.
    """
    from ..compiled.build import build  # noqa: PLC0415  # heavy
    from ..compiled.modules import build_folder, read_build  # noqa: PLC0415  # likewise

    if not as_json and (again or read_build(build_folder()) is None):
        note("compiling takes about a minute")
    with progress_bar(quiet=as_json) as progress:
        folder, made, is_new = build(again=again, watch=progress)
    if as_json:
        facts = {"sources": made.sources, "interpreter": made.interpreter, "compiler": made.compiler}
        write_json({"ok": True, "folder": str(folder), "new": is_new, "modules": len(made.modules) - 1, **facts})
    else:
        what = f"compiled in {made.seconds:.0f} s" if is_new else "compiled already"
        write(f"{len(made.modules) - 1} modules, {what} by {made.compiler} for {made.interpreter}: {folder}")
    return PROVED
