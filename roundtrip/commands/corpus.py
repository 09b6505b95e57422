"""`shardproof corpus`: the kept files. What each command does is in the modules `corpus_…` beside this one."""

from __future__ import annotations

import click

from .corpus_add import add
from .corpus_coverage import coverage_command
from .corpus_export import export_command
from .corpus_image import image_command
from .corpus_import import import_command
from .corpus_list import list_command
from .corpus_minimize import minimize_command
from .corpus_promote import promote
from .corpus_regenerate import regenerate_command
from .corpus_run import run
from .corpus_show import show


@click.group(short_help="Check every kept file with every reader.")
def command() -> None:
    """The kept files of a catalog: evidence of what must be read, and of what must be refused, for ever."""


command.add_command(run)
command.add_command(list_command)
command.add_command(show)
command.add_command(add)
command.add_command(coverage_command)
command.add_command(promote)
command.add_command(image_command)
command.add_command(import_command)
command.add_command(export_command)
command.add_command(regenerate_command)
command.add_command(minimize_command)
